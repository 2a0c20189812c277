//! A clinic of some size: people through the program's use cases, what they did over the years straight into the stores. A million
//! visits would take hours through the graph.

use super::care;
use super::chart::{self, ENTRIES};
use super::diary::{self, Planned};
use super::entries::{self, Note};
use super::hiring;
use super::practice::{DOCTORS, PANEL, Practice};
use super::trail::Trail;
use super::visits::{self, Happened};
use crate::bench::people::Person;
use crate::bench::report::say;
use crate::bench::stage::Stage;
use crate::clinic::Foundations;
use crate::settings::Settings;
use anyhow::Result;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::UserId;
use caregraph_kit::Clock;
use caregraph_kit::config::Secret;
use caregraph_kit::documents::Commit;
use caregraph_kit::subgraph::{DocumentGround, Ground};
use chrono::{DateTime, Utc};
use std::process::Command;

/// Rows that are written in one transaction, about.
const BATCH: usize = 250;

/// Whoever waits hears of each batch of so many.
const NEWS: usize = 100_000;

/// So that every clinic of one size gets the same identifiers on one day.
const SEED: u64 = 0x6772_6F77;

/// Domains that get rows. Identity and practitioners have theirs from hiring.
const FILLED: [Domain; 4] = [
    Domain::Scheduling,
    Domain::Patients,
    Domain::Records,
    Domain::Administration,
];

/// Lets so many practices open on a stage and grow old, and waits until everybody has heard of everything. Gives them, with somebody
/// who reads the audit trail.
pub async fn fill(stage: &Stage, practices: usize) -> Result<(Vec<Practice>, Person)> {
    let settings = settings(stage);
    let (practices, auditor) = Box::pin(hiring::open(&settings, &stage.people, practices)).await?;
    let foundations = Foundations::lay(&settings, Clock::system(), &FILLED).await?;
    let written = Box::pin(write(&foundations, &practices, stage.people.nurse.id)).await;
    foundations.close().await;
    written?;
    stage.let_everybody_hear().await?;
    Ok((practices, auditor))
}

async fn write(foundations: &Foundations, practices: &[Practice], desk: UserId) -> Result<()> {
    let midnight = diary::midnight(Clock::system().now())?;
    let books = Books {
        scheduling: foundations.ground(Domain::Scheduling)?,
        patients: foundations.ground(Domain::Patients)?,
        records: foundations.document_ground(Domain::Records)?,
        trail: Trail::new(foundations.ground(Domain::Administration)?),
        ids: Clock::manual(midnight, SEED),
        desk,
    };
    books.write_visits(practices, midnight).await?;
    books.write_entries(practices, midnight).await
}

/// Where a stage keeps its data, as it tells the programs that it starts.
fn settings(stage: &Stage) -> Settings {
    let command = stage.command(&[]);
    let mut settings = Settings {
        data_dir: stage.folder().to_owned(),
        ..Settings::default()
    };
    settings.database.url = Secret::new(told(&command, "CAREGRAPH_DATABASE__URL"));
    settings.documents.url = Secret::new(told(&command, "CAREGRAPH_DOCUMENTS__URL"));
    // The smallest cost that Argon2 takes: nobody signs in here.
    settings.identity.password.memory_kib = 64;
    settings.identity.password.iterations = 1;
    settings
}

/// What a command is told by a variable.
fn told(command: &Command, variable: &str) -> String {
    let mut told = command.get_envs().filter(|(name, _)| *name == variable);
    let value = told.next().and_then(|(_, value)| value?.to_str());
    value.unwrap_or_default().to_owned()
}

/// Where everything is written down.
struct Books {
    scheduling: Ground,
    patients: Ground,
    records: DocumentGround,
    trail: Trail,
    /// Identifiers begin with the time at which something happened, as they do in a clinic that has grown old.
    ids: Clock,
    desk: UserId,
}

impl Books {
    /// Visits of all practices in the order of time, as they came: rows of one practice lie among those of all others.
    async fn write_visits(&self, practices: &[Practice], midnight: DateTime<Utc>) -> Result<()> {
        let visits = diary::visits(midnight);
        let mut visits = visits.flat_map(|planned| practices.iter().map(move |practice| (practice, planned)));
        let mut progress = Progress::of("visits");
        loop {
            let batch: Vec<(&Practice, Planned)> = visits.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return Ok(());
            }
            let happened: Result<Vec<Happened>> = batch
                .iter()
                .map(|(practice, planned)| self.happen(practice, planned))
                .collect();
            let happened = happened?;
            let tx = self.scheduling.database.begin().await?;
            visits::keep(&tx, &self.scheduling.cipher, &happened).await?;
            tx.commit().await?;
            let tx = self.patients.database.begin().await?;
            care::insert(&tx, happened.iter().map(|one| &one.appointment)).await?;
            tx.commit().await?;
            self.trail.append(&happened, &self.ids).await?;
            progress.add(batch.len());
        }
    }

    fn happen(&self, practice: &Practice, planned: &Planned) -> Result<Happened> {
        self.ids.set(planned.start - diary::BEFORE);
        Happened::of(practice, planned, self.desk, self.ids.new_id())
    }

    /// Entries of everybody's record in the order of time.
    async fn write_entries(&self, practices: &[Practice], midnight: DateTime<Utc>) -> Result<()> {
        let mut notes = (0..ENTRIES).flat_map(|number| {
            practices.iter().flat_map(move |practice| {
                (0..DOCTORS * PANEL).map(move |place| (number, practice, place % DOCTORS, place / DOCTORS))
            })
        });
        let mut progress = Progress::of("entries");
        loop {
            let batch: Vec<(u32, &Practice, usize, usize)> = notes.by_ref().take(BATCH / 2).collect();
            if batch.is_empty() {
                return Ok(());
            }
            let mut commit = Commit::new();
            for (number, practice, doctor, patient) in &batch {
                let written = chart::written(midnight, *number);
                let by = practice.practitioner(*doctor);
                self.ids.set(written);
                let note = Note {
                    id: self.ids.new_id(),
                    patient: practice.patient(*doctor, *patient),
                    content: chart::content(*number, by, written)?,
                    by: by.as_user(),
                    written,
                };
                entries::write(&mut commit, &self.records.cipher, &note)?;
            }
            self.records.documents.commit(commit).await?;
            progress.add(batch.len());
        }
    }
}

/// Tells whoever waits how far it is.
struct Progress {
    what: &'static str,
    done: usize,
}

impl Progress {
    fn of(what: &'static str) -> Self {
        Self { what, done: 0 }
    }

    fn add(&mut self, more: usize) {
        let before = self.done / NEWS;
        self.done += more;
        if self.done / NEWS > before {
            say(&format!("{} {} are written", self.done, self.what));
        }
    }
}
