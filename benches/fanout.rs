//! Live fan-out: thousands of people follow what is theirs, and hear of every change that concerns them.
//!
//! A topic is somebody in care with a visit, and is heard by up to ten people who act for them; each is an account of its own with a
//! WebSocket of its own. The visit's practitioner changes a note of it again and again through the graph, so that every change goes
//! the whole way: commit, outbox, relay, live log, subscription, client.
//!
//! What is asserted is not the speed but the promise: whoever was cut off and comes back with the last cursor misses nothing, and
//! nobody hears anything twice, out of order, or of somebody else.

mod crowd;
mod driver;
mod families;
mod figures;
mod follower;
mod ledger;
mod scene;
mod sockets;

use super::report::{say, warn_if_unoptimised};
use super::stage::Stage;
use super::{Repetition, Servers};
use anyhow::{Result, ensure};
use clap::Args;
use families::{MOST_GUARDIANS, Topic};
use figures::Round;
use follower::Follower;
use ledger::Faults;
use scene::Scene;
use std::sync::Arc;

/// `caregraph bench fanout`.
#[derive(Debug, Clone, Args)]
pub struct Fanout {
    /// How often; each time in a fresh process.
    #[command(flatten)]
    pub repetition: Repetition,
    /// People who follow, each with an account and a connection of their own.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub subscribers: u32,
    /// People in care whose visits change. Each is followed by an equal share of the subscribers, at most ten.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub topics: u32,
    /// Changes that are begun in each second, of all topics in turn. Where the program makes fewer, the table says how many.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: u32,
    /// Seconds for which changes are measured in each round, after a warm-up of a fifth of that.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,
}

/// Measures and reports.
pub async fn run(arguments: &Fanout) -> Result<()> {
    warn_if_unoptimised();
    let subscribers = usize::try_from(arguments.subscribers)?;
    let topics = usize::try_from(arguments.topics)?;
    ensure!(
        topics <= subscribers && subscribers <= topics * MOST_GUARDIANS,
        "a topic is followed by 1 to {MOST_GUARDIANS} people: {subscribers} cannot follow {topics}"
    );
    sockets::allow(subscribers)?;
    let stage = Stage::fill(&Servers::default(), subscribers, 0).await?;
    say("putting families on record and booking their visits");
    let topics = Box::pin(families::gather(&stage, topics)).await?;
    let mut rounds = Vec::new();
    for number in 0..arguments.repetition.runs {
        // Messages and the audit trail follow changes at their own pace, and must not be at it when the next round begins.
        stage.let_everybody_hear().await?;
        say(&format!("round {}", number + 1));
        rounds.push(Box::pin(round(&stage, &topics, arguments, number)).await?);
    }
    figures::report(arguments, &rounds)?;
    for (number, round) in rounds.iter().enumerate() {
        let faults = round.faults;
        ensure!(faults == Faults::default(), "round {}: {faults}", number + 1);
    }
    Ok(())
}

/// One process: everybody comes, changes are measured, everybody is cut off and comes back.
async fn round(stage: &Stage, topics: &Arc<[Topic]>, arguments: &Fanout, number: u32) -> Result<Round> {
    let followers = Follower::all(&stage.people.patients, topics.len())?;
    let mut scene = Scene::set(stage, topics, (arguments.rate, number)).await?;
    let (crowd, admission) = scene.admit(followers).await?;
    scene.greet().await?;
    let measured = scene.measure(arguments.seconds).await?;
    say("cutting everybody off");
    let (followers, comeback) = scene.cut_off_and_return(crowd).await?;
    let round = Round::of(admission, measured, comeback, (&scene, &followers))?;
    scene.end().await?;
    Ok(round)
}
