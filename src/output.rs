//! Results and errors on standard output and standard error, for people or as JSON; and the exit status.

use std::process::ExitCode;

use serde_json::{Value, json};

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// A rule said no: the service's or our own. Carries the problem document.
    Refused(Value),
    /// Something is broken or unreachable.
    Fault(anyhow::Error),
    /// A verification found something wrong.
    NotVerified(Value),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

/// How results are shown.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// One JSON value on standard output instead of text.
    pub json: bool,
}

impl Output {
    /// Prints a result: `value` for machines, `text` for people.
    #[allow(clippy::print_stdout)] // the one place that prints results
    pub fn result(self, value: &Value, text: impl FnOnce() -> String) {
        if self.json {
            println!("{value:#}");
        } else {
            let text = text();
            println!("{}", text.trim_end());
        }
    }

    /// Prints a failure and gives its exit status.
    #[allow(clippy::print_stdout)]
    pub fn failure(self, failure: &Failure) -> ExitCode {
        let (status, value, text) = match failure {
            Failure::Refused(problem) => (1, json!({"refused": problem}), describe(problem)),
            Failure::Fault(error) => (
                3,
                json!({"fault": format!("{error:#}")}),
                format!("{error:#}"),
            ),
            Failure::NotVerified(report) => (
                4,
                json!({"not_verified": report}),
                describe_findings(report),
            ),
        };
        if self.json {
            println!("{value:#}");
        } else {
            eprintln!("{}", text.trim_end());
        }
        ExitCode::from(status)
    }
}

/// A refusal in both languages, with a line for every field.
fn describe(problem: &Value) -> String {
    let text = |key: &str| {
        problem
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut lines = format!("✗ {} {}\n  {}", text("code"), text("zh"), text("en"));
    for field in problem
        .get("fields")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let text = |key: &str| {
            field
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        lines.push_str(&format!(
            "\n  - {} {}: {} / {}",
            text("code"),
            text("field"),
            text("zh"),
            text("en")
        ));
    }
    lines
}

fn describe_findings(report: &Value) -> String {
    let mut lines = "✗ 验证未通过 / verification failed".to_owned();
    for finding in report
        .get("findings")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let text = |key: &str| finding.get(key).and_then(Value::as_str).unwrap_or_default();
        lines.push_str(&format!(
            "\n  {} {}: {}",
            text("code"),
            text("place"),
            text("what")
        ));
    }
    if let Some(error) = report.get("error").and_then(Value::as_str) {
        lines.push_str(&format!("\n  {error}"));
    }
    lines
}

/// A table with columns as wide as their contents; Chinese characters count two.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |text: &str| {
        text.chars()
            .map(|c| if u32::from(c) >= 0x1100 { 2 } else { 1 })
            .sum::<usize>()
    };
    let mut widths: Vec<usize> = header.iter().map(|cell| width(cell)).collect();
    for row in rows {
        for (max, cell) in widths.iter_mut().zip(row) {
            *max = (*max).max(width(cell));
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for (cell, max) in cells.zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', max - width(cell) + 2));
        }
        line.trim_end().to_owned() + "\n"
    };
    let mut text = line(&mut header.iter().copied());
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text
}

/// A table of the rows of an answer: header and member of each column.
pub fn listing<'a>(rows: impl Iterator<Item = &'a Value>, columns: &[(&str, &str)]) -> String {
    let line = |row| columns.iter().map(|(_, key)| cell(row, key)).collect();
    let lines: Vec<Vec<String>> = rows.map(line).collect();
    let header: Vec<&str> = columns.iter().map(|(header, _)| *header).collect();
    table(&header, &lines)
}

/// The rows of an answer: the array itself, or the array under `key`.
pub fn rows_of<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(key)
        .unwrap_or(value)
        .as_array()
        .into_iter()
        .flatten()
}

/// A member as text.
pub fn cell(row: &Value, key: &str) -> String {
    match row.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}
