//! A day's work: people of a clinic who read, search and write, all at once, as fast as the answers come.
//!
//! What is asserted is not the speed but the promise: whoever was told that a visit is booked has it, and none was booked twice.

mod report;

use super::client::Connection;
use super::load::{self, Outcome};
use super::report::{say, warn_if_unoptimised};
use super::stage::Stage;
use super::work::{Cast, Comparison, Crowd, kinds, quiet, staff, visits};
use super::{Repetition, Servers, warm_up};
use anyhow::{Result, ensure};
use clap::Args;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Visits that each patient has before the day begins.
const VISITS: usize = 2;

/// How long the handlers may take to hear of all that was done in a round.
const CATCHING_UP: Duration = Duration::from_mins(30);

/// `caregraph bench day`.
#[derive(Debug, Clone, Args)]
pub struct Day {
    /// How often.
    #[command(flatten)]
    pub repetition: Repetition,
    /// Seconds of each round, after a warm-up of a fifth of that.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,
    /// People who work at the same time, each waiting for the answer before asking again.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(10..=200))]
    pub users: u32,
    /// From which everybody's choices follow.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where the data is kept; embedded when nothing is said.
    #[command(flatten)]
    pub servers: Servers,
}

/// One round.
struct Round {
    outcome: Outcome,
    /// Bookings of the round and of its warm-up.
    bookings: Comparison,
    /// What handlers had not dealt with when the round was over, if the program said so in time.
    left: Option<quiet::Left>,
    /// How long they took for it.
    caught_up: Duration,
}

/// Measures and reports.
pub async fn run(arguments: &Day) -> Result<()> {
    warn_if_unoptimised();
    let crowd = Crowd::of(arguments.users)?;
    let stage = Stage::fill(&arguments.servers, crowd.patients, VISITS).await?;
    let (engines, rounds) = (stage.engines(), rounds(&stage, arguments, crowd).await);
    stage.clear_away().await;
    report::publish(arguments, (&engines, crowd), &rounds?)
}

async fn rounds(stage: &Stage, arguments: &Day, crowd: Crowd) -> Result<Vec<Round>> {
    let hired = Box::pin(staff::hire(stage, crowd.nurses - 1)).await?;
    let program = stage.serve().await?;
    let address = program.address;
    let cast = Cast::assemble(address, (&stage.people, hired), crowd, arguments.seed).await?;
    quiet::wait(&[address], CATCHING_UP).await?;
    let patience = Duration::from_secs(arguments.seconds);
    let mut rounds = Vec::new();
    for number in 1..=arguments.repetition.runs {
        say(&format!("round {number}"));
        rounds.push(round(address, &cast, &format!("day{number}"), patience).await?);
    }
    program.stop().await?;
    Ok(rounds)
}

async fn round(address: SocketAddr, cast: &Cast, tag: &str, patience: Duration) -> Result<Round> {
    cast.begin(tag);
    let warm = load::run(address, cast.users(), Some(warm_up(patience))).await?;
    let outcome = load::run(address, cast.users(), Some(patience)).await?;
    let left = quiet::Left::at(&[address]).await.ok();
    for failure in [&warm, &outcome]
        .iter()
        .filter_map(|outcome| outcome.first_failure.as_ref())
    {
        say(&format!("a request failed: {failure}"));
    }
    let begun = Instant::now();
    quiet::wait(&[address], CATCHING_UP).await?;
    let caught_up = begun.elapsed();
    let bookings = bookings(address, cast, tag).await?;
    let unclear = usize::try_from(warm.failures + outcome.failures)?;
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
    ensure!(
        // Whoever got no answer may have a visit all the same.
        bookings.unanswered <= unclear,
        "{} visits are there that nobody was told of",
        bookings.unanswered
    );
    ensure!(outcome.count(kinds::BOOK) > 0, "nothing was booked");
    Ok(Round {
        outcome,
        bookings,
        left,
        caught_up,
    })
}

/// What was answered, against what the front desk finds.
async fn bookings(address: SocketAddr, cast: &Cast, tag: &str) -> Result<Comparison> {
    let mut connection = Connection::open(address).await?;
    let found = visits::find(&mut connection, &cast.desk).await?;
    let ledger = cast.take_ledger();
    Ok(Comparison::of(&ledger.booked, &visits::by_name(&found, tag)))
}
