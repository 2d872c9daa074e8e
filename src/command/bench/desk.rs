//! The officers' desk over a demonstration of given size: the time to the first byte of its pages and searches, asked one
//! by one, and with many officers at once, each with a session and a connection of their own.

mod browser;
mod questions;

use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use self::browser::Browser;
use self::questions::{Asked, Questions};
use super::issue::Temporary;
use super::service::{Service, processor_seconds};
use crate::cli::{DeskBench, Founding};
use crate::config::Config;
use crate::data::DataDirectory;
use crate::found;
use crate::output::{Failure, Output};
use crate::serve::Bases;

/// Numbers of the demonstration's officers: entry, review, production, auditor, RA administrator.
const OFFICERS: [&str; 5] = ["OP-0001", "OP-0002", "OP-0003", "OP-0004", "OP-0005"];
/// Who works among many officers at once, by position: most enter and review, an auditor is rare.
const AT_WORK: [usize; 20] = [0, 1, 0, 2, 0, 1, 0, 4, 1, 0, 1, 2, 0, 1, 0, 2, 1, 0, 3, 0];
/// Sign-ins of one officer: fewer than a minute allows. Others at the desk of the same officer share these sessions.
const SESSIONS: usize = 100;
/// Longest latency that is told apart: microseconds.
const LONGEST: u64 = 60_000_000;

/// Latencies of one kind of request, microseconds.
struct Row {
    name: String,
    first_byte: Histogram<u64>,
    bytes: usize,
}

/// Runs it.
#[allow(clippy::disallowed_methods)] // a bench measures time
pub async fn run(options: &DeskBench, output: Output) -> Result<(), Failure> {
    let temporary = Temporary::new();
    let folder = options.keep.as_ref().unwrap_or(&temporary.0);
    let data = DataDirectory::new(&folder.join("data"));
    let started = Instant::now();
    let fresh = !data.is_founded();
    if fresh {
        std::fs::create_dir_all(folder)?;
        let founding = Founding {
            demo_holders: Some(options.holders),
            ..Founding::default()
        };
        let public = Bases {
            portal: "http://127.0.0.1:8080".into(),
            machines: "http://127.0.0.1:8081".into(),
        };
        found::if_needed(&Config::default(), &data, &founding, &public, true).await?;
    }
    let filling = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let service = Service::at(folder).await?;
    let start = started.elapsed().as_secs_f64();
    let portal = service.running.portal.clone().unwrap_or_default();
    let host = portal.trim_start_matches("http://").to_owned();

    let mut rows = Vec::new();
    let mut browsers = Vec::new();
    for officer in OFFICERS {
        browsers.push(Browser::sign_in(&host, officer).await?);
    }
    let questions = Questions::find(&mut browsers, options.holders).await?;
    for asked in questions.one_by_one() {
        let browser = &mut browsers[asked.officer];
        rows.push(one_by_one(browser, asked, options.requests.clamp(1, 10_000)).await?);
    }
    let together = together(&host, &service, Arc::new(questions), options).await?;
    service.end().await?;

    let value = json!({
        "bench": "desk", "holders": options.holders,
        "founded_seconds": fresh.then_some(filling), "start_seconds": start,
        "requests_each": options.requests,
        "pages": rows.iter().map(Row::json).collect::<Vec<_>>(),
        "together": together.json(options),
    });
    output.result(&value, || {
        let mut text = format!("{} holders", options.holders);
        if fresh {
            let rate = f64::from(options.holders) / filling;
            text.push_str(&format!(
                ", founded in {filling:.0} s ({rate:.0} holders/s)"
            ));
        }
        text.push_str(&format!("; service ready in {start:.1} s\n"));
        text.push_str(
            "time to first byte, ms                          p50      p95      max    bytes\n",
        );
        for row in &rows {
            text.push_str(&row.line());
        }
        text.push_str(&together.line(options));
        text
    });
    Ok(())
}

/// One kind of request, again and again.
async fn one_by_one(browser: &mut Browser, asked: &Asked, requests: usize) -> anyhow::Result<Row> {
    let mut row = Row::new(&asked.name)?;
    // The first one of each fills caches that every later one finds full.
    browser.ask(asked.question(0)).await?;
    for number in 0..requests {
        let answer = browser.ask(asked.question(number)).await?;
        anyhow::ensure!(answer.status == 200, "{}: {}", asked.name, answer.status);
        row.record(answer.first_byte)?;
        row.bytes = row.bytes.max(answer.body.len());
    }
    Ok(row)
}

/// What many officers at once saw.
struct Together {
    row: Row,
    /// What came instead of answers.
    errors: Vec<String>,
    answers: u64,
    seconds: f64,
    /// Of the service.
    processor: Option<f64>,
}

#[allow(clippy::disallowed_methods)] // a bench measures time
async fn together(
    host: &str,
    service: &Service,
    questions: Arc<Questions>,
    options: &DeskBench,
) -> anyhow::Result<Together> {
    let officers = options.officers.clamp(1, 1_000);
    let pause = Duration::try_from_secs_f64(options.pause.clamp(0.0, 600.0))?;
    let mut browsers: Vec<(usize, Browser)> = Vec::with_capacity(officers);
    for number in 0..officers {
        let officer = AT_WORK[number % AT_WORK.len()];
        let own = browsers.iter().filter(|(other, _)| *other == officer);
        let browser = match own.clone().count() {
            0..SESSIONS => Browser::sign_in(host, OFFICERS[officer]).await?,
            count => match own.clone().nth(count % SESSIONS) {
                Some((_, other)) => other.beside().await?,
                None => Browser::sign_in(host, OFFICERS[officer]).await?,
            },
        };
        browsers.push((officer, browser));
    }
    let pid = service.running.pid;
    let before = processor_seconds(pid);
    let started = Instant::now();
    let end = started + Duration::from_secs(options.seconds.clamp(1, 3_600));
    let mut tasks = JoinSet::new();
    for (number, (officer, mut browser)) in browsers.into_iter().enumerate() {
        let questions = Arc::clone(&questions);
        tasks.spawn(async move {
            let mut row = Row::new("")?;
            let (mut errors, mut answers) = (Vec::new(), 0_u64);
            // They do not begin in one moment, and none waits exactly as long as another.
            let share = (number * 7919 % 1000) as f64 / 1000.0;
            tokio::time::sleep(pause.mul_f64(share)).await;
            for turn in 0.. {
                if Instant::now() >= end {
                    break;
                }
                let question = questions.turn(officer, number, turn);
                match browser.ask(question).await {
                    Ok(answer) if answer.status == 200 => {
                        answers += 1;
                        row.record(answer.first_byte)?;
                    }
                    Ok(answer) => errors.push(answer.status.to_string()),
                    Err(error) => {
                        errors.push(error.to_string());
                        browser = browser.beside().await?;
                    }
                }
                tokio::time::sleep(pause.mul_f64(0.5 + share)).await;
            }
            anyhow::Ok((row, errors, answers))
        });
    }
    let mut all = Together {
        row: Row::new(&format!("{officers} officers at once"))?,
        errors: Vec::new(),
        answers: 0,
        seconds: 0.0,
        processor: None,
    };
    while let Some(done) = tasks.join_next().await {
        let (row, errors, answers) = done??;
        all.row.first_byte.add(row.first_byte)?;
        all.errors.extend(errors);
        all.answers += answers;
    }
    all.seconds = started.elapsed().as_secs_f64();
    let used = before.zip(processor_seconds(pid));
    all.processor = used.map(|(before, after)| after - before);
    Ok(all)
}

impl Row {
    fn new(name: &str) -> anyhow::Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            first_byte: Histogram::new_with_bounds(1, LONGEST, 3)?,
            bytes: 0,
        })
    }

    fn record(&mut self, latency: Duration) -> anyhow::Result<()> {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(LONGEST);
        Ok(self.first_byte.record(micros.clamp(1, LONGEST))?)
    }

    /// The latency that the given share stayed under, milliseconds.
    fn percentile(&self, share: f64) -> f64 {
        self.first_byte.value_at_quantile(share) as f64 / 1000.0
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name, "p50_ms": self.percentile(0.5), "p95_ms": self.percentile(0.95),
            "max_ms": self.percentile(1.0), "bytes": self.bytes,
        })
    }

    fn line(&self) -> String {
        format!(
            "{:42} {:>8.1} {:>8.1} {:>8.1} {:>8}\n",
            self.name,
            self.percentile(0.5),
            self.percentile(0.95),
            self.percentile(1.0),
            self.bytes
        )
    }
}

impl Together {
    fn rate(&self) -> f64 {
        self.answers as f64 / self.seconds
    }

    fn json(&self, options: &DeskBench) -> Value {
        let mut value = self.row.json();
        if let Some(object) = value.as_object_mut() {
            object.remove("bytes");
            object.insert("officers".into(), json!(options.officers));
            object.insert("pause_seconds".into(), json!(options.pause));
            object.insert("p99_ms".into(), json!(self.row.percentile(0.99)));
            object.insert("answers".into(), json!(self.answers));
            object.insert("answers_per_second".into(), json!(self.rate()));
            object.insert("errors".into(), json!(self.errors.len()));
            object.insert("first_error".into(), json!(self.errors.first()));
            object.insert("processor_seconds".into(), json!(self.processor));
        }
        value
    }

    fn line(&self, options: &DeskBench) -> String {
        format!(
            "{}, a page every {} s: {:.0} pages/s, p50 {:.1}  p95 {:.1}  p99 {:.1} ms, errors {}, {:.2} processors\n",
            self.row.name,
            options.pause,
            self.rate(),
            self.row.percentile(0.5),
            self.row.percentile(0.95),
            self.row.percentile(0.99),
            self.errors.len(),
            self.processor.unwrap_or(0.0) / self.seconds
        )
    }
}
