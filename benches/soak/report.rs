//! What came of it.

use super::memory::Growth;
use super::{Soak, Story};
use crate::bench::report::{Report, Table, millis, number};
use anyhow::Result;
use serde_json::{Value, json};

/// Prints the tables and writes the file.
pub(super) fn publish(arguments: &Soak, engines: &str, story: &Story) -> Result<()> {
    let growth = story.watched.memory.growth();
    let raw = raw(story, &growth);
    Report {
        bench: "soak",
        settings: json!({
            "minutes": arguments.minutes, "users": arguments.users, "pause": arguments.pause,
            "seed": arguments.seed, "engines": engines, "redisPrefix": story.prefix,
        }),
        results: raw,
        tables: vec![
            requests(arguments, engines, story),
            effects(story),
            deaths(story),
            memory(&growth),
        ],
    }
    .publish(arguments.json.as_deref())
}

fn requests(arguments: &Soak, engines: &str, story: &Story) -> Table {
    let tally = &story.tally;
    let mut table = Table::new(
        format!(
            "{} minutes, {} people, seed {}, {engines}; keys in Redis stay behind: {}:*",
            arguments.minutes, arguments.users, arguments.seed, story.prefix
        ),
        &["what", "measured"],
    );
    let mut row = |what: &str, measured: String| table.row(vec![what.to_owned(), measured]);
    row("requests", tally.requests.to_string());
    row("failed, and sent again", tally.failed.to_string());
    row("failed, of 100", format!("{:.3}", error_rate(story)));
    row("given up after five minutes", tally.given_up.to_string());
    row("refused", tally.refused.to_string());
    row("time taken by somebody else", tally.taken.to_string());
    let quantile = |quantile: f64| format!("{:.2}", millis(tally.latency.value_at_quantile(quantile)));
    row("p50 ms of those answered", quantile(0.5));
    row("p99 ms of those answered", quantile(0.99));
    row(
        "longest outage of one person, s",
        seconds(tally.longest_outage.as_secs_f64()),
    );
    row(
        "longest time without any answer, s",
        seconds(tally.longest_silence.as_secs_f64()),
    );
    row(
        "until all handlers had heard, s",
        seconds(story.caught_up.as_secs_f64()),
    );
    row("events given up by handlers", story.letters.to_string());
    if let Some(failure) = &tally.first_failure {
        row("first failure", one_line(failure));
    }
    if let Some(refusal) = &tally.first_refusal {
        row("first refusal", one_line(refusal));
    }
    table
}

fn effects(story: &Story) -> Table {
    let mut table = Table::new(
        "Effects",
        &["what", "answered", "found", "unanswered", "lost", "doubled"],
    );
    for effects in &story.effects {
        let comparison = &effects.comparison;
        table.row(vec![
            effects.what.to_owned(),
            comparison.answered.to_string(),
            comparison.found.to_string(),
            comparison.unanswered.to_string(),
            comparison.lost.len().to_string(),
            comparison.doubled.len().to_string(),
        ]);
    }
    table
}

fn deaths(story: &Story) -> Table {
    let mut table = Table::new(
        "Deaths",
        &["process", "kills", "ended by itself", "longest until ready s"],
    );
    for (name, fate) in &story.watched.fates {
        table.row(vec![
            name.clone(),
            fate.kills.to_string(),
            fate.ends.to_string(),
            seconds(fate.longest.as_secs_f64()),
        ]);
    }
    table
}

fn memory(growth: &[Growth]) -> Table {
    let mut table = Table::new(
        "Memory (VmRSS) in the longest time between two deaths of a process, the first two minutes after its start left out",
        &["process", "minutes", "from MiB", "to MiB", "MiB per hour"],
    );
    let resident =
        |mebibytes: Option<f64>| mebibytes.map_or_else(String::new, |mebibytes| format!("{mebibytes:.1}"));
    for one in growth {
        let slope = one.per_hour.map(|slope| format!("{slope:+.1}"));
        table.row(vec![
            one.name.clone(),
            format!("{:.1}", one.minutes),
            resident(one.from),
            resident(one.to),
            slope.unwrap_or_else(|| "too short".to_owned()),
        ]);
    }
    table
}

fn raw(story: &Story, growth: &[Growth]) -> Value {
    let tally = &story.tally;
    let effects = story.effects.iter().map(|effects| {
        let comparison = &effects.comparison;
        json!({
            "what": effects.what, "answered": comparison.answered, "found": comparison.found,
            "unanswered": comparison.unanswered, "lost": comparison.lost, "doubled": comparison.doubled,
        })
    });
    let deaths = story.watched.fates.iter().map(|(name, fate)| {
        json!({
            "process": name, "kills": fate.kills, "endedByItself": fate.ends,
            "longestUntilReadySeconds": fate.longest.as_secs_f64(),
        })
    });
    let memory = growth.iter().map(|one| {
        json!({
            "process": one.name, "minutes": one.minutes, "fromMib": one.from, "toMib": one.to,
            "mibPerHour": one.per_hour,
        })
    });
    json!({
        "requests": tally.requests,
        "failed": tally.failed,
        "failedPercent": error_rate(story),
        "givenUp": tally.given_up,
        "refused": tally.refused,
        "taken": tally.taken,
        "p50Ms": millis(tally.latency.value_at_quantile(0.5)),
        "p99Ms": millis(tally.latency.value_at_quantile(0.99)),
        "longestOutageSeconds": tally.longest_outage.as_secs_f64(),
        "longestSilenceSeconds": tally.longest_silence.as_secs_f64(),
        "caughtUpSeconds": story.caught_up.as_secs_f64(),
        "deadLetters": story.letters,
        "firstFailure": tally.first_failure,
        "firstRefusal": tally.first_refusal,
        "effects": effects.collect::<Vec<Value>>(),
        "deaths": deaths.collect::<Vec<Value>>(),
        "memory": memory.collect::<Vec<Value>>(),
    })
}

fn error_rate(story: &Story) -> f64 {
    100.0 * number(story.tally.failed) / number(story.tally.requests.max(1))
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.1}")
}

/// For a cell of a table.
fn one_line(text: &str) -> String {
    let shown: String = text.chars().take(160).collect();
    shown.replace(['\n', '|'], " ")
}
