//! `caregraph bench`: how fast the program is, measured by itself.
//!
//! Compiled in with the feature `bench` only, and run on demand: `cargo run --release --features bench -- bench federation`. What is
//! measured runs in processes of its own, started from this very binary; the load comes from this process, on the same machine.
//! Variants take turns within one run, every number is a median of several rounds, and nothing that a clock says is ever asserted:
//! only what must hold whatever the speed, such as "nothing is booked twice". `docs/performance.md` says what the numbers mean.
//!
//! | module | what it knows |
//! |---|---|
//! | [`federation`] | what the router costs: our program, a stock router over HTTP, one schema without federation |
//! | [`storm`] | a hundred times that everybody wants at once |
//! | [`day`], [`work`] | a day's work: who asks what how often, and whether all of it is there afterwards |
//! | [`durability`] | what it costs that every answer survives a power cut |
//! | [`soak`] | the same work while a process is killed every minute |
//! | [`fanout`] | thousands who follow what is theirs, and are cut off |
//! | [`growth`] | the same questions to a clinic that grows |
//! | [`start`] | how soon the program is ready, and how large it is |
//! | [`stage`], [`people`] | a clinic filled for measuring, and its people with their tokens |
//! | [`program`], [`variants`] | processes, and the three ways of serving the same graph |
//! | [`plain`], [`stock`] | the two ways that are not ours |
//! | [`load`], [`client`] | virtual users and their connections |
//! | [`report`] | tables, JSON, medians |
//!
//! It reads `/proc` and sends signals, so it is for Linux.

mod client;
mod day;
mod durability;
mod fanout;
mod federation;
mod growth;
mod load;
mod people;
mod plain;
mod program;
mod report;
mod soak;
mod stage;
mod start;
mod stock;
mod storm;
mod variants;
mod work;

use crate::cli::{Sources, Storage};
use crate::settings::Settings;
use anyhow::Result;
use clap::{Args, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What federation costs: our program, the same subgraphs over HTTP behind a stock hive-router, and one plain schema on the same
    /// stores.
    Federation(Federation),
    /// A booking storm: many people want the same 100 free times at once.
    Storm(Storm),
    /// A day's work: patients, nurses and doctors who read, search and write, all at once.
    Day(day::Day),
    /// What durability costs: bookings a second with each setting of the store's synchronisation.
    Durability(durability::Durability),
    /// A soak: a day's work on processes of their own, of which one is killed every minute; nothing may be lost or doubled.
    Soak(soak::Soak),
    /// Live fan-out: thousands of people follow what is theirs, are cut off, and miss nothing.
    Fanout(fanout::Fanout),
    /// Growth: the same questions to clinics of ten thousand, a hundred thousand and a million visits.
    Growth(growth::Growth),
    /// How long until the program is ready, how much memory it takes at rest, how large it is.
    Start(Start),
    /// One async-graphql schema on the stores of the clinic, without federation; for `bench federation`.
    #[command(hide = true)]
    Plain(Plain),
    /// hive-router as it comes, configured by `ROUTER_CONFIG_FILE_PATH`; for `bench federation`.
    #[command(hide = true)]
    StockRouter,
}

/// How often and how long.
#[derive(Debug, Clone, Args)]
pub struct Repetition {
    /// Rounds; the medians of them are reported.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: u32,
    /// Write everything that was measured to this file as well.
    #[arg(long, value_name = "FILE", value_parser = report::writable)]
    pub json: Option<PathBuf>,
}

/// `caregraph bench federation`.
#[derive(Debug, Clone, Args)]
pub struct Federation {
    /// How often.
    #[command(flatten)]
    pub repetition: Repetition,
    /// Seconds for which each variant answers each query in each round, after a warm-up of a fifth of that.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,
    /// People who ask at the same time, each waiting for the answer before asking again.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub users: u32,
    /// Let the plain schema batch lookups of several requests together, as our subgraphs do, instead of within each request only.
    #[arg(long)]
    pub shared_loaders: bool,
}

/// `caregraph bench storm`.
#[derive(Debug, Clone, Args)]
pub struct Storm {
    /// How often; each time with another practitioner.
    #[command(flatten)]
    pub repetition: Repetition,
    /// Attempts in each round.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub attempts: u32,
    /// Where the data is kept; embedded when nothing is said.
    #[command(flatten)]
    pub servers: Servers,
}

/// Database servers instead of embedded stores. Every run makes databases of its own.
#[derive(Debug, Clone, Default, Args)]
pub struct Servers {
    /// PostgreSQL or MariaDB, with `{domain}` in the name: `postgres://postgres@127.0.0.1/bench_{domain}`. The databases are dropped
    /// in the end.
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// MongoDB, with `{domain}` in the name: `mongodb://127.0.0.1/bench_{domain}?replicaSet=rs0`. The databases stay behind.
    #[arg(long, value_name = "URL")]
    pub documents: Option<String>,
}

/// `caregraph bench start`.
#[derive(Debug, Clone, Args)]
pub struct Start {
    /// How often.
    #[command(flatten)]
    pub repetition: Repetition,
    /// Seconds between readiness and the look at the memory.
    #[arg(long, default_value_t = 5)]
    pub seconds: u64,
    /// The program to start [default: this one, which is larger by what `bench` needs].
    #[arg(long, value_name = "FILE")]
    pub program: Option<PathBuf>,
}

/// `caregraph bench plain`.
#[derive(Debug, Clone, Args)]
pub struct Plain {
    /// Where the data is.
    #[command(flatten)]
    pub storage: Storage,
    /// Address to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// One set of loaders for all requests.
    #[arg(long)]
    pub shared_loaders: bool,
}

/// Measures what was asked for.
pub async fn run(sources: &Sources, command: &Command) -> Result<ExitCode> {
    match command {
        Command::Federation(arguments) => Box::pin(federation::run(arguments)).await?,
        Command::Storm(arguments) => Box::pin(storm::run(arguments)).await?,
        Command::Day(arguments) => Box::pin(day::run(arguments)).await?,
        Command::Durability(arguments) => Box::pin(durability::run(arguments)).await?,
        Command::Soak(arguments) => Box::pin(soak::run(arguments)).await?,
        Command::Fanout(arguments) => Box::pin(fanout::run(arguments)).await?,
        Command::Growth(arguments) => Box::pin(growth::run(arguments)).await?,
        Command::Start(arguments) => Box::pin(start::run(arguments)).await?,
        Command::Plain(arguments) => {
            let mut settings = Settings::load(sources)?;
            settings.apply(&arguments.storage);
            Box::pin(plain::serve(settings, arguments)).await?;
        }
        Command::StockRouter => stock::serve().await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// How long to warm up before something is measured for `measured`.
fn warm_up(measured: Duration) -> Duration {
    (measured / 5).max(Duration::from_secs(1))
}
