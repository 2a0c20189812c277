//! What was measured.

use super::Fanout;
use super::follower::Follower;
use super::ledger::Faults;
use super::scene::{AWAY, Admission, Comeback, Measured, Scene};
use crate::bench::report::{Report, Table, median, millis, rate, say};
use anyhow::Result;
use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// Heading and key of each column about changes.
const CHANGES: [(&str, &str); 7] = [
    ("changes/s", "changesPerSecond"),
    ("told/s", "toldPerSecond"),
    ("p50 ms", "p50Ms"),
    ("p99 ms", "p99Ms"),
    ("most ms", "mostMs"),
    ("processor s", "processorSeconds"),
    ("KiB each", "kibEach"),
];

/// Heading and key of each column about coming back.
const RETURN: [(&str, &str); 8] = [
    ("connected s", "connectedSeconds"),
    ("missed", "missed"),
    ("caught up s", "caughtUpSeconds"),
    ("ended", "ended"),
    ("gaps", "gaps"),
    ("doubles", "doubles"),
    ("strays", "strays"),
    ("disorder", "disorder"),
];

/// One round.
pub struct Round {
    admission: Admission,
    measured: Measured,
    comeback: Comeback,
    /// From happening to being told, in microseconds, of those changes that were measured.
    lateness: Histogram<u64>,
    /// Connections that ended although nobody cut them, and why the first did.
    troubles: (usize, Option<String>),
    /// What is wrong with what was told.
    pub faults: Faults,
}

impl Round {
    /// What came of a round, as its followers remember it.
    pub fn of(
        admission: Admission,
        measured: Measured,
        comeback: Comeback,
        (scene, followers): (&Scene, &[Follower]),
    ) -> Result<Self> {
        let mut lateness = Histogram::new(3)?;
        let mut faults = Faults::default();
        for follower in followers {
            let told = follower.told.iter();
            for told in told.filter(|told| measured.positions.contains(&told.position)) {
                lateness.record(told.late)?;
            }
            faults = faults.and(scene.ledger.judge(follower.topic, &follower.positions()));
        }
        Ok(Self {
            admission,
            measured,
            comeback,
            lateness,
            troubles: scene.field.troubles(),
            faults,
        })
    }
}

/// Tables and JSON.
pub fn report(arguments: &Fanout, rounds: &[Round]) -> Result<()> {
    let raw: Vec<Value> = rounds.iter().map(raw).collect();
    for round in rounds {
        if let Some(failure) = &round.measured.made.first_failure {
            say(&format!("a change failed: {failure}"));
        }
        if let Some(trouble) = &round.troubles.1 {
            say(&format!("a connection ended: {trouble}"));
        }
    }
    let Fanout {
        subscribers, topics, ..
    } = arguments;
    let changes = format!(
        "{subscribers} subscribers, {topics} topics, {} changes/s wanted: from happening to being told",
        arguments.rate
    );
    let coming_back = format!("Everybody is cut off, and comes back after {} s", AWAY.as_secs());
    let tables = vec![table(changes, &CHANGES, &raw), table(coming_back, &RETURN, &raw)];
    Report {
        bench: "fanout",
        settings: json!({
            "subscribers": subscribers,
            "topics": topics,
            "rate": arguments.rate,
            "seconds": arguments.seconds,
            "runs": arguments.repetition.runs,
            "awaySeconds": AWAY.as_secs(),
        }),
        results: raw.into(),
        tables,
    }
    .publish(arguments.repetition.json.as_deref())
}

fn table(title: String, columns: &[(&'static str, &'static str)], rounds: &[Value]) -> Table {
    let heads: Vec<&'static str> = ["round"]
        .into_iter()
        .chain(columns.iter().map(|(head, _)| *head))
        .collect();
    let mut table = Table::new(title, &heads);
    for (number, round) in rounds.iter().enumerate() {
        let cells = columns.iter().map(|(_, key)| cell(&round[*key]));
        table.row([(number + 1).to_string()].into_iter().chain(cells).collect());
    }
    let medians = columns.iter().map(|(_, key)| {
        let is_measured = rounds.iter().any(|round| round[*key].is_f64());
        let value = median(rounds.iter().filter_map(|round| round[*key].as_f64()));
        // Of what is counted, the median would hide the one round in which it went wrong.
        if is_measured {
            format!("{value:.1}")
        } else {
            String::new()
        }
    });
    table.row(["median".to_owned()].into_iter().chain(medians).collect());
    table
}

fn cell(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if value.is_f64() => format!("{number:.1}"),
        Some(_) | None => value.to_string(),
    }
}

fn raw(round: &Round) -> Value {
    let Round {
        admission,
        measured,
        comeback,
        lateness,
        troubles,
        faults,
    } = round;
    let made = &measured.made;
    // It cannot be more than fit into a few days.
    let answered = u64::try_from(made.answered).unwrap_or(u64::MAX);
    json!({
        "changesPerSecond": rate(answered, made.elapsed),
        "toldPerSecond": rate(lateness.len(), made.elapsed),
        "p50Ms": millis(lateness.value_at_quantile(0.5)),
        "p99Ms": millis(lateness.value_at_quantile(0.99)),
        "mostMs": millis(lateness.max()),
        "processorSeconds": measured.processor.as_secs_f64(),
        "kibEach": admission.each_kib,
        "connectedSeconds": admission.connected.as_secs_f64(),
        "missed": comeback.missed,
        "caughtUpSeconds": comeback.caught_up.as_secs_f64(),
        "ended": troubles.0,
        "firstEnd": troubles.1,
        "gaps": faults.gaps,
        "doubles": faults.doubles,
        "strays": faults.strays,
        "disorder": faults.disorder,
        "failures": made.failures,
        "firstFailure": made.first_failure,
    })
}
