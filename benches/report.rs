//! What was measured: tables for people, JSON for machines.

use anyhow::{Context, Result};
use caregraph_kit::Clock;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Rows under headings.
pub struct Table {
    title: String,
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    pub fn new(title: impl Into<String>, heads: &[&'static str]) -> Self {
        Self {
            title: title.into(),
            heads: heads.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; it has as many cells as there are headings.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// In Markdown, so that it can go into the document as it is.
    fn markdown(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let cells = cells.map(|cell| cell.chars().count());
            cells
                .chain([self.heads[column].chars().count()])
                .max()
                .unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.heads.len()).map(width).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let padded: Vec<String> = cells
                .zip(widths.iter().copied())
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            format!("| {} |\n", padded.join(" | "))
        };
        let mut text = format!("\n{}\n\n", self.title);
        text.push_str(&line(&mut self.heads.iter().copied()));
        let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        text.push_str(&line(&mut rules.iter().map(String::as_str)));
        for row in &self.rows {
            text.push_str(&line(&mut row.iter().map(String::as_str)));
        }
        text
    }
}

/// Everything about one measurement.
pub struct Report {
    /// Which one.
    pub bench: &'static str,
    /// How it was done.
    pub settings: Value,
    /// Every single number.
    pub results: Value,
    /// What people look at.
    pub tables: Vec<Table>,
}

impl Report {
    /// Prints the tables, and writes everything to a file when one is wanted.
    pub fn publish(&self, file: Option<&Path>) -> Result<()> {
        let machine = machine();
        println!("\n{}: {machine}", self.bench);
        for table in &self.tables {
            print!("{}", table.markdown());
        }
        if let Some(file) = file {
            let all = json!({
                "bench": self.bench,
                "machine": machine,
                "settings": self.settings,
                "results": self.results,
            });
            std::fs::write(file, format!("{all:#}\n")).with_context(|| file.display().to_string())?;
        }
        Ok(())
    }
}

/// A file that can be written, made if need be: whoever measures for hours is told at once where nothing can be kept.
pub fn writable(file: &str) -> Result<PathBuf, std::io::Error> {
    std::fs::File::options().create(true).append(true).open(file)?;
    Ok(PathBuf::from(file))
}

/// Where and when it was measured.
fn machine() -> Value {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    json!({
        "cores": cores,
        "processor": line_of("/proc/cpuinfo", "model name"),
        "memory": line_of("/proc/meminfo", "MemTotal"),
        "kernel": std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
        "version": env!("CARGO_PKG_VERSION"),
        "optimised": !cfg!(debug_assertions),
        "date": Clock::system().now().to_rfc3339(),
    })
}

/// The value behind the first `name:` of a file under `/proc`.
pub fn line_of(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let mut values = text.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    });
    values.next()
}

/// Tells whoever waits what is going on.
#[expect(
    clippy::print_stderr,
    reason = "tables go to standard output; what is on the way is for whoever watches"
)]
pub fn say(text: &str) {
    eprintln!("bench: {text}");
}

/// Numbers of an unoptimised build say nothing about the program.
pub fn warn_if_unoptimised() {
    if cfg!(debug_assertions) {
        say("this is no release build: the numbers mean nothing");
    }
}

/// The middle one, or the mean of the two in the middle. NaN when there is none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.len() % 2, sorted.get(middle)) {
        (_, None) => f64::NAN,
        (0, Some(upper)) => f64::midpoint(sorted[middle - 1], *upper),
        (_, Some(middle)) => *middle,
    }
}

/// A count as a number to calculate with. Counts here stay far below what it can hold.
pub fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// How many a second.
pub fn rate(count: u64, elapsed: Duration) -> f64 {
    number(count) / elapsed.as_secs_f64()
}

/// Microseconds as milliseconds.
pub fn millis(micros: u64) -> f64 {
    number(micros) / 1_000.0
}
