//! Growth: the same questions to a small clinic and to large ones.
//!
//! A clinic grows by practices: two who give care, two hundred in their care, ten thousand visits and as many entries in records, over
//! the years. So a larger clinic has more of everything, but a doctor's day and a patient's record are as full as in a small one, and
//! every answer is equally long: what takes longer takes longer because of the others.
//!
//! Nothing is asserted but that every answer is there. The aim is a ratio.

mod asking;
mod booking;
mod care;
mod changes;
mod chart;
mod diary;
mod entries;
mod filling;
mod hiring;
mod intake;
mod names;
mod practice;
mod questions;
mod report;
mod trail;
mod visits;

use super::client::Connection;
use super::people::Person;
use super::report::{say, warn_if_unoptimised};
use super::stage::Stage;
use super::{Repetition, Servers};
use anyhow::{Result, ensure};
use clap::Args;
use practice::{ACCOUNTS, Practice, VISITS};
use questions::Scene;
use report::Round;

/// The most visits: each practice is a place, and practitioners keeps five hundred of them.
const MOST_VISITS: u32 = 400 * VISITS;

/// `caregraph bench growth`.
#[derive(Debug, Clone, Args)]
pub struct Growth {
    /// How often.
    #[command(flatten)]
    pub repetition: Repetition,
    /// Seconds for which each question is asked in each round, by one person at a time, after a warm-up of a fifth of that.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,
    /// Visits, and entries of records, in each of the clinics: multiples of 10,000.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000_u32, 100_000, 1_000_000])]
    pub sizes: Vec<u32>,
    /// Where the data are kept; embedded when nothing is said.
    #[command(flatten)]
    pub servers: Servers,
}

impl Growth {
    /// What the others are compared with.
    fn smallest(&self) -> u32 {
        self.sizes.iter().copied().min().unwrap_or_default()
    }
}

/// A clinic of some size.
struct Grown {
    size: u32,
    stage: Stage,
    practices: Vec<Practice>,
    auditor: Person,
}

/// Measures and reports.
pub async fn run(arguments: &Growth) -> Result<()> {
    warn_if_unoptimised();
    for size in &arguments.sizes {
        ensure!(
            (VISITS..=MOST_VISITS).contains(size) && size.is_multiple_of(VISITS),
            "a clinic has a multiple of {VISITS} visits, at most {MOST_VISITS}: {size}"
        );
    }
    let mut clinics = Vec::new();
    let measured = Box::pin(grow_and_measure(arguments, &mut clinics)).await;
    let engines = clinics.first().map(|clinic| clinic.stage.engines());
    for clinic in clinics {
        clinic.stage.clear_away().await;
    }
    report::report(arguments, &engines.unwrap_or_default(), &measured?)
}

/// All clinics are there before anything is measured, so that they take turns.
async fn grow_and_measure(arguments: &Growth, clinics: &mut Vec<Grown>) -> Result<Vec<Round>> {
    for size in &arguments.sizes {
        clinics.push(Box::pin(grow(arguments, *size)).await?);
    }
    let mut rounds = Vec::new();
    for number in 0..arguments.repetition.runs {
        for clinic in &*clinics {
            say(&format!("round {}, {} visits", number + 1, clinic.size));
            rounds.push(Box::pin(round(clinic, arguments.seconds, number)).await?);
        }
    }
    Ok(rounds)
}

async fn grow(arguments: &Growth, size: u32) -> Result<Grown> {
    let practices = usize::try_from(size / VISITS)?;
    let stage = Stage::fill(&arguments.servers, practices * ACCOUNTS, 0).await?;
    say(&format!("letting a clinic grow to {size} visits"));
    match Box::pin(filling::fill(&stage, practices)).await {
        Ok((practices, auditor)) => Ok(Grown {
            size,
            stage,
            practices,
            auditor,
        }),
        Err(error) => {
            stage.clear_away().await;
            Err(error)
        }
    }
}

/// One process: visits are booked and called off, and everybody asks. What is written of who looked comes last, and the next round waits
/// until everybody has heard of it.
async fn round(clinic: &Grown, seconds: u64, number: u32) -> Result<Round> {
    let program = clinic.stage.serve().await?;
    let scene = Scene {
        practices: &clinic.practices,
        desk: &clinic.stage.people.nurse,
        auditor: &clinic.auditor,
    };
    let mut connection = Connection::open(program.address).await?;
    let questions = scene.questions(&mut connection).await?;
    for question in &questions {
        question.check(&mut connection).await?;
    }
    // Whoever stops waits for open connections.
    drop(connection);
    let mut measured = Vec::with_capacity(questions.len() + 2);
    measured.extend(booking::measure(program.address, &scene, number).await?);
    for question in &questions {
        measured.push(question.measure(program.address, seconds).await?);
    }
    program.stop().await?;
    clinic.stage.let_everybody_hear().await?;
    Ok(Round {
        number,
        size: clinic.size,
        measured,
    })
}
