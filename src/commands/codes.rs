//! `caregraph codes`.

use crate::cli::{CodeSystem, CodesCommand};
use crate::clinic::open_documents;
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use caregraph_contracts::Domain;
use caregraph_kit::Clock;
use caregraph_records::icd10::{Icd10, OrderFile, Release, Unreadable};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

/// Largest file that is read, in bytes; published ones have 15 MB.
const MOST_BYTES: u64 = 64 << 20;

/// How many unreadable lines are named one by one.
const MOST_NAMED: usize = 20;

/// Manages code systems.
pub async fn run(mut settings: Settings, command: CodesCommand) -> Result<ExitCode> {
    match command {
        CodesCommand::Import {
            storage,
            system: CodeSystem::Icd10cm,
            file,
            release,
        } => {
            settings.apply(&storage);
            let read = read(&file)?;
            let label = release.unwrap_or_else(|| name_of(&file));
            let release = import(&settings, &read, &label).await?;
            report(&release, &read);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn read(path: &Path) -> Result<OrderFile> {
    let named = || path.display().to_string();
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(named)?;
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .with_context(named)?;
    if bytes.len() as u64 > MOST_BYTES {
        bail!("{}: the file has more than {} MiB", named(), MOST_BYTES >> 20);
    }
    OrderFile::read(&bytes).with_context(named)
}

fn name_of(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default();
    name.to_string_lossy().chars().take(100).collect()
}

async fn import(settings: &Settings, file: &OrderFile, label: &str) -> Result<Release> {
    let clock = Clock::system();
    let documents = open_documents(settings, &clock, Domain::Records).await?;
    let imported = match Icd10::new(&documents, clock) {
        Ok(icd10) => icd10.import(file, label).await.context("nothing was changed"),
        Err(fault) => Err(fault.into()),
    };
    documents.close().await?;
    imported
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn report(release: &Release, file: &OrderFile) {
    let billable = file.entries.iter().filter(|entry| entry.billable).count();
    println!(
        "icd10cm {}: {} codes, {billable} of them can be billed",
        release.label, release.codes
    );
    if file.unreadable.is_empty() {
        return;
    }
    println!(
        "{} lines could not be read and were left out:",
        file.unreadable.len()
    );
    for Unreadable { line, reason } in file.unreadable.iter().take(MOST_NAMED) {
        println!("  line {line}: {reason}");
    }
    if file.unreadable.len() > MOST_NAMED {
        println!("  and {} more", file.unreadable.len() - MOST_NAMED);
    }
}
