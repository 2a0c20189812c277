//! What came of the rounds.

use super::{Day, Round};
use crate::bench::Repetition;
use crate::bench::load::Answers;
use crate::bench::report::{Report, Table, median, millis, number, rate};
use crate::bench::work::Crowd;
use crate::bench::work::kinds::{self, Sort};
use crate::bench::work::quiet::Left;
use anyhow::Result;
use serde_json::{Value, json};
use std::borrow::Cow;

/// What is wanted, for the head line.
const AIMS: &str = "wanted: 5,000 req/s with a p99 of 50 ms embedded, 2,000 req/s on PostgreSQL and MongoDB";

/// Prints the tables and writes the file.
pub(super) fn publish(arguments: &Day, (engines, crowd): (&str, Crowd), rounds: &[Round]) -> Result<()> {
    let Repetition { runs, json } = &arguments.repetition;
    let people = format!(
        "{} patients, {} nurses, {} doctors",
        crowd.patients, crowd.nurses, crowd.doctors
    );
    Report {
        bench: "day",
        settings: json!({
            "users": arguments.users, "seconds": arguments.seconds, "runs": runs, "seed": arguments.seed,
            "patients": crowd.patients, "nurses": crowd.nurses, "doctors": crowd.doctors, "engines": engines,
        }),
        results: rounds.iter().map(raw).collect(),
        tables: vec![by_kind(&people, engines, rounds), by_round(rounds)],
    }
    .publish(json.as_deref())
}

/// Medians of the rounds, for each kind of answer, each sort, and all.
fn by_kind(people: &str, engines: &str, rounds: &[Round]) -> Table {
    let mut table = Table::new(
        format!("{people}; {engines} (medians of the rounds); {AIMS}"),
        &["answers", "share %", "req/s", "p50 ms", "p99 ms", "failures"],
    );
    for sort in Sort::ALL {
        for (kind, _) in kinds::ALL.iter().filter(|(_, of)| *of == sort) {
            table.row(row(kind, rounds, |round| {
                round.outcome.answers.get(*kind).map(measure).unwrap_or_default()
            }));
        }
    }
    for sort in Sort::ALL {
        table.row(row(sort.name(), rounds, |round| (of_sort(round, sort), None)));
    }
    let mut all = row("all", rounds, |round| measure(&round.outcome.all()));
    if let Some(failures) = all.last_mut() {
        *failures = rounds
            .iter()
            .map(|round| round.outcome.failures)
            .sum::<u64>()
            .to_string();
    }
    table.row(all);
    table
}

/// How many answers, and in which time half and 99 of 100 of them came, in milliseconds.
type Measured = (u64, Option<(f64, f64)>);

fn measure(answers: &Answers) -> Measured {
    let quantile = |quantile: f64| millis(answers.latency.value_at_quantile(quantile));
    (answers.latency.len(), Some((quantile(0.5), quantile(0.99))))
}

fn of_sort(round: &Round, sort: Sort) -> u64 {
    let kinds = kinds::ALL.iter().filter(|(_, of)| *of == sort);
    kinds.map(|(kind, _)| round.outcome.count(kind)).sum()
}

fn row(name: &str, rounds: &[Round], measured: impl Fn(&Round) -> Measured) -> Vec<String> {
    let share = rounds.iter().map(|round| {
        let all = round.outcome.all().latency.len();
        100.0 * number(measured(round).0) / number(all.max(1))
    });
    let rates = rounds
        .iter()
        .map(|round| rate(measured(round).0, round.outcome.elapsed));
    let quantiles: Vec<(f64, f64)> = rounds.iter().filter_map(|round| measured(round).1).collect();
    let quantile = |of: fn(&(f64, f64)) -> f64| {
        if quantiles.is_empty() {
            return String::new();
        }
        format!("{:.2}", median(quantiles.iter().map(of)))
    };
    vec![
        name.to_owned(),
        format!("{:.1}", median(share)),
        format!("{:.0}", median(rates)),
        quantile(|(half, _)| *half),
        quantile(|(_, most)| *most),
        String::new(),
    ]
}

/// What must hold in every round, and what was still to be heard when it was over.
fn by_round(rounds: &[Round]) -> Table {
    let mut table = Table::new(
        "Rounds; bookings with those of the warm-up",
        &[
            "round",
            "req/s",
            "p99 ms",
            "failures",
            "booked",
            "found",
            "lost",
            "doubled",
            "events left",
            "jobs left",
            "caught up s",
        ],
    );
    for (number, round) in rounds.iter().enumerate() {
        let all = round.outcome.all().latency;
        table.row(vec![
            (number + 1).to_string(),
            format!("{:.0}", rate(all.len(), round.outcome.elapsed)),
            format!("{:.2}", millis(all.value_at_quantile(0.99))),
            round.outcome.failures.to_string(),
            round.bookings.answered.to_string(),
            round.bookings.found.to_string(),
            round.bookings.lost.len().to_string(),
            round.bookings.doubled.len().to_string(),
            left(round, |left| left.events),
            left(round, |left| left.jobs),
            format!("{:.1}", round.caught_up.as_secs_f64()),
        ]);
    }
    table
}

fn left(round: &Round, of: fn(Left) -> i64) -> String {
    round
        .left
        .map_or_else(|| "?".to_owned(), |left| of(left).to_string())
}

fn raw(round: &Round) -> Value {
    let outcome = &round.outcome;
    let all = outcome.all().latency;
    let one = |(kind, answers): (&Cow<'static, str>, &Answers)| {
        let latency = &answers.latency;
        json!({
            "kind": kind, "answers": latency.len(), "perSecond": rate(latency.len(), outcome.elapsed),
            "p50Ms": millis(latency.value_at_quantile(0.5)), "p99Ms": millis(latency.value_at_quantile(0.99)),
        })
    };
    let kinds: Vec<Value> = outcome.answers.iter().map(one).collect();
    json!({
        "perSecond": rate(all.len(), outcome.elapsed),
        "p50Ms": millis(all.value_at_quantile(0.5)),
        "p99Ms": millis(all.value_at_quantile(0.99)),
        "failures": outcome.failures,
        "firstFailure": outcome.first_failure,
        "kinds": kinds,
        "booked": round.bookings.answered,
        "found": round.bookings.found,
        "lost": round.bookings.lost.len(),
        "doubled": round.bookings.doubled.len(),
        "eventsLeft": round.left.map(|left| left.events),
        "jobsLeft": round.left.map(|left| left.jobs),
        "caughtUpSeconds": round.caught_up.as_secs_f64(),
    })
}
