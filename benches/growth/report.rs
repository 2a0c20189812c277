//! What was measured, as tables.

use super::Growth;
use super::asking::Measured;
use crate::bench::report::{Report, Table, median, millis, say};
use anyhow::Result;
use serde_json::{Value, json};

/// What was measured of one clinic in one round.
pub struct Round {
    /// Which round.
    pub number: u32,
    /// How many visits the clinic has.
    pub size: u32,
    /// Every question, in the order in which they were asked.
    pub measured: Vec<Measured>,
}

/// Prints and writes everything.
pub fn report(arguments: &Growth, engines: &str, rounds: &[Round]) -> Result<()> {
    let failures = rounds.iter().flat_map(|round| &round.measured);
    for failure in failures.filter_map(|measured| measured.first_failure.as_ref()) {
        say(&format!("a request failed: {failure}"));
    }
    let raw: Vec<Value> = rounds.iter().flat_map(raw).collect();
    Report {
        bench: "growth",
        settings: json!({
            "sizes": arguments.sizes,
            "seconds": arguments.seconds,
            "runs": arguments.repetition.runs,
            "engines": engines,
        }),
        results: raw.into(),
        tables: vec![table(arguments, engines, rounds)],
    }
    .publish(arguments.repetition.json.as_deref())
}

fn table(arguments: &Growth, engines: &str, rounds: &[Round]) -> Table {
    let mut table = Table::new(
        format!("One question at a time (medians of the rounds), {engines}"),
        &[
            "question",
            "visits",
            "p50 ms",
            "p99 ms",
            "p50 ratio",
            "answers",
            "failures",
        ],
    );
    let names = rounds.first().map(|round| &round.measured);
    for (place, name) in names.into_iter().flatten().map(|one| one.name).enumerate() {
        for size in &arguments.sizes {
            let of = |size: u32| -> Vec<&Measured> {
                let rounds = rounds.iter().filter(|round| round.size == size);
                rounds.filter_map(|round| round.measured.get(place)).collect()
            };
            let (all, smallest) = (of(*size), of(arguments.smallest()));
            table.row(row((name, *size), &all, &smallest));
        }
    }
    table
}

fn row((name, size): (&str, u32), all: &[&Measured], smallest: &[&Measured]) -> Vec<String> {
    let quantile = |quantile| median(all.iter().map(|one| at(one, quantile)));
    // Both were measured in the same round.
    let pairs = all.iter().zip(smallest);
    let ratio = median(pairs.map(|(one, other)| at(one, 0.5) / at(other, 0.5)));
    let answers: u64 = all.iter().map(|one| one.latency.len()).sum();
    let failures: u64 = all.iter().map(|one| one.failures).sum();
    vec![
        name.to_owned(),
        size.to_string(),
        format!("{:.2}", quantile(0.5)),
        format!("{:.2}", quantile(0.99)),
        format!("{ratio:.2}"),
        answers.to_string(),
        failures.to_string(),
    ]
}

fn at(measured: &Measured, quantile: f64) -> f64 {
    millis(measured.latency.value_at_quantile(quantile))
}

fn raw(round: &Round) -> impl Iterator<Item = Value> {
    round.measured.iter().map(|one| {
        json!({
            "round": round.number,
            "visits": round.size,
            "question": one.name,
            "answers": one.latency.len(),
            "p50Ms": at(one, 0.5),
            "p99Ms": at(one, 0.99),
            "failures": one.failures,
            "firstFailure": one.first_failure,
        })
    })
}
