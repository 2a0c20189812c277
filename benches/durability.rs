//! What it costs that every answer survives a power cut: bookings a second with each setting that a store's address can choose.
//!
//! PostgreSQL's `synchronous_commit` can be chosen for a connection, so both are measured on the same server and the same data. SQLite's
//! `synchronous` stands in the program, and what MariaDB waits for in the server's own configuration: these are measured as they are.

use super::client::Connection;
use super::load::{self, Outcome};
use super::program::Program;
use super::report::{Report, Table, median, millis, rate, say, warn_if_unoptimised};
use super::stage::Stage;
use super::work::staff::{DATABASE, told};
use super::work::{Cast, Comparison, kinds, quiet, visits};
use super::{Repetition, Servers, warm_up};
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};
use std::time::Duration;

/// How long the handlers may take to hear of all that was booked.
const CATCHING_UP: Duration = Duration::from_mins(30);

/// `caregraph bench durability`.
#[derive(Debug, Clone, Args)]
pub struct Durability {
    /// How often.
    #[command(flatten)]
    pub repetition: Repetition,
    /// Seconds of booking with each setting in each round, after a warm-up of a fifth of that.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,
    /// Patients who book at the same time, each waiting for the answer before booking again.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub users: u32,
    /// From which everybody's choices follow.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where the data is kept; embedded when nothing is said.
    #[command(flatten)]
    pub servers: Servers,
}

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Setting {
    name: &'static str,
    /// What the database's address says in addition.
    option: Option<&'static str>,
}

/// What was measured with one setting in one round.
struct Measured {
    setting: Setting,
    round: u32,
    outcome: Outcome,
}

/// Measures and reports.
pub async fn run(arguments: &Durability) -> Result<()> {
    warn_if_unoptimised();
    let settings = settings(arguments.servers.database.as_deref());
    let stage = Stage::fill(&arguments.servers, usize::try_from(arguments.users)?, 0).await?;
    let (engines, measured) = (stage.engines(), measure(&stage, arguments, &settings).await);
    stage.clear_away().await;
    report(arguments, &engines, (&settings, &measured?))
}

fn settings(database: Option<&str>) -> Vec<Setting> {
    match database {
        Some(url) if url.starts_with("postgres") => vec![
            Setting {
                name: "synchronous_commit = on",
                option: Some("options=-c%20synchronous_commit%3Don"),
            },
            Setting {
                name: "synchronous_commit = off",
                option: Some("options=-c%20synchronous_commit%3Doff"),
            },
        ],
        Some(_) => vec![Setting {
            name: "as the server is set",
            option: None,
        }],
        None => vec![Setting {
            name: "synchronous = FULL",
            option: None,
        }],
    }
}

async fn measure(stage: &Stage, arguments: &Durability, settings: &[Setting]) -> Result<Vec<Measured>> {
    let program = stage.serve().await?;
    let cast = Cast::bookers(program.address, &stage.people, arguments.seed).await?;
    program.stop().await?;
    let mut measured = Vec::new();
    for round in 1..=arguments.repetition.runs {
        for (number, setting) in settings.iter().enumerate() {
            say(&format!("round {round}, {}", setting.name));
            let program = start(stage, *setting).await?;
            let tag = format!("book{round}x{number}");
            let outcome = book(&program, &cast, &tag, Duration::from_secs(arguments.seconds)).await?;
            program.stop().await?;
            measured.push(Measured {
                setting: *setting,
                round,
                outcome,
            });
        }
    }
    Ok(measured)
}

async fn start(stage: &Stage, setting: Setting) -> Result<Program> {
    let mut command = stage.command(&["serve", "--listen", "127.0.0.1:0"]);
    if let Some(option) = setting.option {
        let url = told(&command, DATABASE).context("the stage has no database")?;
        let separator = if url.contains('?') { '&' } else { '?' };
        command.env(DATABASE, format!("{url}{separator}{option}"));
    }
    Program::start(command).await
}

/// Lets everybody book, and sees that what was answered is there.
async fn book(program: &Program, cast: &Cast, tag: &str, patience: Duration) -> Result<Outcome> {
    let address = program.address;
    // What was booked before must not be under way when this is measured.
    quiet::wait(&[address], CATCHING_UP).await?;
    cast.begin(tag);
    load::run(address, cast.users(), Some(warm_up(patience))).await?;
    let outcome = load::run(address, cast.users(), Some(patience)).await?;
    if let Some(failure) = &outcome.first_failure {
        say(&format!("a request failed: {failure}"));
    }
    let mut connection = Connection::open(address).await?;
    let found = visits::find(&mut connection, &cast.desk).await?;
    let bookings = Comparison::of(&cast.take_ledger().booked, &visits::by_name(&found, tag));
    ensure!(
        bookings.doubled.is_empty(),
        "booked twice: {:?}",
        bookings.doubled
    );
    ensure!(
        bookings.lost.is_empty(),
        "answered, and not there: {:?}",
        bookings.lost
    );
    Ok(outcome)
}

fn report(
    arguments: &Durability,
    engines: &str,
    (settings, measured): (&[Setting], &[Measured]),
) -> Result<()> {
    let Repetition { runs, json } = &arguments.repetition;
    let mut table = Table::new(
        format!(
            "{} patients book, {engines} (medians of the rounds)",
            arguments.users
        ),
        &[
            "setting",
            "bookings/s",
            "least",
            "most",
            "of the first",
            "p50 ms",
            "p99 ms",
            "failures",
        ],
    );
    let first: Vec<f64> = of(measured, settings.first().copied())
        .map(bookings_per_second)
        .collect();
    for setting in settings {
        let rounds = || of(measured, Some(*setting));
        let speeds: Vec<f64> = rounds().map(bookings_per_second).collect();
        let ratios = speeds.iter().zip(&first).map(|(speed, first)| speed / first);
        let quantile = |quantile: f64| {
            let latencies = rounds().filter_map(|one| one.outcome.answers.get(kinds::BOOK));
            median(latencies.map(|answers| millis(answers.latency.value_at_quantile(quantile))))
        };
        let failures: u64 = rounds().map(|one| one.outcome.failures).sum();
        table.row(vec![
            setting.name.to_owned(),
            format!("{:.0}", median(speeds.iter().copied())),
            format!("{:.0}", speeds.iter().copied().fold(f64::INFINITY, f64::min)),
            format!("{:.0}", speeds.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
            format!("{:.2}", median(ratios)),
            format!("{:.2}", quantile(0.5)),
            format!("{:.2}", quantile(0.99)),
            failures.to_string(),
        ]);
    }
    Report {
        bench: "durability",
        settings: json!({
            "users": arguments.users, "seconds": arguments.seconds, "runs": runs, "seed": arguments.seed,
            "engines": engines,
        }),
        results: measured.iter().map(raw).collect(),
        tables: vec![table],
    }
    .publish(json.as_deref())
}

fn of(measured: &[Measured], setting: Option<Setting>) -> impl Iterator<Item = &Measured> {
    measured.iter().filter(move |one| Some(one.setting) == setting)
}

fn bookings_per_second(one: &Measured) -> f64 {
    rate(one.outcome.count(kinds::BOOK), one.outcome.elapsed)
}

fn raw(one: &Measured) -> Value {
    let latency = one
        .outcome
        .answers
        .get(kinds::BOOK)
        .map(|answers| &answers.latency);
    let quantile = |quantile: f64| latency.map(|latency| millis(latency.value_at_quantile(quantile)));
    json!({
        "setting": one.setting.name,
        "round": one.round,
        "bookingsPerSecond": bookings_per_second(one),
        "p50Ms": quantile(0.5),
        "p99Ms": quantile(0.99),
        "taken": one.outcome.count(kinds::SLOT_TAKEN),
        "failures": one.outcome.failures,
        "firstFailure": one.outcome.first_failure,
    })
}
