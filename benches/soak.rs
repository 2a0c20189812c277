//! A soak: the mix of a day's work on processes of their own, of which one is killed every minute.
//!
//! Whoever gets no answer asks again with the same key until there is one. In the end everything that was answered must be there, and
//! once: visits, confirmations, vital signs, encounters with each of their versions, and one message to the patient for each visit.

mod cluster;
mod deaths;
mod found;
mod memory;
mod proof;
mod report;
mod users;

use super::Servers;
use super::client::Connection;
use super::report::{say, warn_if_unoptimised};
use super::stage::Stage;
use super::work::{Cast, Crowd, quiet, staff};
use anyhow::{Context, Result, ensure};
use caregraph_kit::redis::Redis;
use clap::Args;
use cluster::Cluster;
use deaths::Watched;
use proof::Effects;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use users::Tally;

/// What names of everything new begin with.
const TAG: &str = "soak";

/// Visits that each patient has before it begins.
const VISITS: usize = 2;

/// How long the handlers may take to hear of everything in the end.
const CATCHING_UP: Duration = Duration::from_mins(30);

/// `caregraph bench soak`.
#[derive(Debug, Clone, Args)]
pub struct Soak {
    /// How long people work, and how many processes are killed.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=720))]
    pub minutes: u64,
    /// People who work.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(10..=200))]
    pub users: u32,
    /// Milliseconds between an answer and the next request of somebody, on average.
    #[arg(long, default_value_t = 250, value_name = "MILLISECONDS")]
    pub pause: u64,
    /// From which follow everybody's choices, and who dies when.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Redis, between the processes. What the soak keeps there stays behind, under a prefix of its own.
    #[arg(long, value_name = "URL", default_value = "redis://127.0.0.1:6379")]
    pub redis: String,
    /// Where the data is kept; embedded when nothing is said, and then scheduling is one process only.
    #[command(flatten)]
    pub servers: Servers,
    /// Folder for the logs of the processes [default: they go with the data].
    #[arg(long, value_name = "FOLDER")]
    pub logs: Option<PathBuf>,
    /// Write everything that was measured to this file as well.
    #[arg(long, value_name = "FILE", value_parser = super::report::writable)]
    pub json: Option<PathBuf>,
}

/// What came of it.
struct Story {
    tally: Tally,
    watched: Watched,
    effects: Vec<Effects>,
    /// Events that handlers gave up.
    letters: i64,
    /// How long the handlers took to hear of everything.
    caught_up: Duration,
    /// What the keys in Redis begin with.
    prefix: String,
}

/// Measures, reports, and fails when something was lost or took place twice.
pub async fn run(arguments: &Soak) -> Result<()> {
    warn_if_unoptimised();
    // Nobody wants to wait for a clinic to be filled to learn this.
    let redis = Redis::new(&arguments.redis, TAG).context("the address of Redis")?;
    redis.ping().await.context("Redis does not answer")?;
    let crowd = Crowd::of(arguments.users)?;
    let stage = Stage::fill(&arguments.servers, crowd.patients, VISITS).await?;
    let story = Box::pin(live_through(&stage, arguments, crowd)).await;
    let engines = stage.engines();
    stage.clear_away().await;
    let story = story?;
    report::publish(arguments, &engines, &story)?;
    proof::judge(&story.effects, &story.tally)?;
    ensure!(story.letters == 0, "handlers gave up {} events", story.letters);
    let ends: u32 = story.watched.fates.values().map(|fate| fate.ends).sum();
    ensure!(ends == 0, "processes ended by themselves, {ends} times");
    Ok(())
}

async fn live_through(stage: &Stage, arguments: &Soak, crowd: Crowd) -> Result<Story> {
    let cast = prepare(stage, arguments, crowd).await?;
    say("starting the processes");
    let mut cluster = Cluster::start(stage, arguments).await?;
    let keepers = cluster.keepers();
    quiet::wait(&keepers, CATCHING_UP).await?;
    let [router, _] = cluster.routers;
    let before = proof::told(&mut Connection::open(router).await?, &cast).await?;
    cast.begin(TAG);
    say(&format!("{} minutes begin", arguments.minutes));
    let end = Instant::now() + Duration::from_secs(60 * arguments.minutes);
    let pause = Duration::from_millis(arguments.pause);
    let routers = cluster.routers;
    let (tally, watched) = tokio::try_join!(
        users::work(&cast, routers, (end, pause)),
        deaths::watch(&mut cluster, stage, (arguments.seed, arguments.minutes)),
    )?;
    say("letting everybody hear of it");
    let begun = Instant::now();
    let left = quiet::wait(&keepers, CATCHING_UP).await?;
    let caught_up = begun.elapsed();
    say("looking for everything that was answered");
    let mut connection = Connection::open(router).await?;
    let effects = proof::look(&mut connection, &cast, (TAG, &before)).await?;
    drop(connection);
    let prefix = cluster.prefix.clone();
    cluster.stop().await?;
    Ok(Story {
        tally,
        watched,
        effects,
        letters: left.letters,
        caught_up,
        prefix,
    })
}

/// Brings everybody together, in one process without Redis.
async fn prepare(stage: &Stage, arguments: &Soak, crowd: Crowd) -> Result<Cast> {
    let hired = Box::pin(staff::hire(stage, crowd.nurses - 1)).await?;
    let program = stage.serve().await?;
    let people = (&stage.people, hired);
    let cast = Cast::assemble(program.address, people, crowd, arguments.seed).await?;
    quiet::wait(&[program.address], CATCHING_UP).await?;
    program.stop().await?;
    Ok(cast)
}
