//! What a run is called and how it is shown: as a line, as JSON, and its latencies as CSV.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::load::Load;

/// One run.
pub struct Row {
    /// Who answered what.
    pub name: String,
    /// The result.
    pub load: Load,
    /// Processor time of the server while it ran, seconds, where it is ours to see.
    pub server_seconds: Option<f64>,
}

impl Row {
    /// Answers per second of processor time of the server.
    pub fn by_server_second(&self) -> Option<f64> {
        self.server_seconds
            .filter(|seconds| *seconds > 0.0)
            .map(|seconds| self.load.answers as f64 / seconds)
    }

    /// For machines. `beside` is the rate and the rate by server second of nginx in the same run.
    pub fn json(&self, beside: Option<&Row>) -> Value {
        let load = &self.load;
        let mut value = json!({
            "name": self.name, "answers_per_second": load.rate(), "answers": load.answers, "errors": load.errors,
            "p50_ms": load.percentile(0.5), "p90_ms": load.percentile(0.9), "p99_ms": load.percentile(0.99),
            "p999_ms": load.percentile(0.999), "max_ms": load.latencies.max() as f64 / 1000.0,
        });
        if let Some(object) = value.as_object_mut() {
            if let Some(rate) = self.by_server_second() {
                object.insert("answers_by_server_second".into(), json!(rate));
            }
            if let Some((wall, processor)) = beside.map(|other| self.ratios(other)) {
                object.insert("ratio_to_static".into(), json!(wall));
                if let Some(processor) = processor {
                    object.insert("ratio_to_static_by_server_second".into(), json!(processor));
                }
            }
        }
        value
    }

    /// For people.
    pub fn line(&self, beside: Option<&Row>) -> String {
        let load = &self.load;
        let mut line = format!(
            "{:34} {:>8.0}/s   p50 {:.2}  p99 {:.2}  p99.9 {:.2} ms   errors {}",
            self.name,
            load.rate(),
            load.percentile(0.5),
            load.percentile(0.99),
            load.percentile(0.999),
            load.errors
        );
        if let Some(rate) = self.by_server_second() {
            let _ = write!(line, "   {rate:.0} by server second");
        }
        if let Some((wall, processor)) = beside.map(|other| self.ratios(other)) {
            let _ = write!(line, "   {wall:.2} x static");
            if let Some(processor) = processor {
                let _ = write!(line, " ({processor:.2} by processor time)");
            }
        }
        line
    }

    /// The latency distribution: one line for each value that occurred, cumulative.
    pub fn write_csv(&self, path: &Path) -> anyhow::Result<()> {
        let mut text = String::from("microseconds,answers,share_up_to\n");
        let total = self.load.latencies.len().max(1) as f64;
        let mut below = 0;
        for value in self.load.latencies.iter_recorded() {
            below += value.count_at_value();
            let _ = writeln!(
                text,
                "{},{},{:.6}",
                value.value_iterated_to(),
                value.count_at_value(),
                below as f64 / total
            );
        }
        std::fs::write(path, text).with_context(|| path.display().to_string())
    }

    fn ratios(&self, other: &Self) -> (f64, Option<f64>) {
        let processor = self.by_server_second().zip(other.by_server_second());
        (
            self.load.rate() / other.load.rate(),
            processor.map(|(ours, theirs)| ours / theirs),
        )
    }
}
