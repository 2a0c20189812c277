//! `caregraph schema`.

use crate::cli::SchemaCommand;
use anyhow::{Context, Result};
use caregraph_contracts::Domain;
use std::{path::Path, process::ExitCode};

/// A subgraph's schema as it is committed.
pub fn sdl(domain: Domain) -> String {
    let sdl = match domain {
        Domain::Identity => caregraph_identity::sdl(),
        Domain::Patients => caregraph_patients::sdl(),
        Domain::Practitioners => caregraph_practitioners::sdl(),
        Domain::Scheduling => caregraph_scheduling::sdl(),
        Domain::Records => caregraph_records::sdl(),
        Domain::Notifications => caregraph_notifications::sdl(),
        Domain::Administration => caregraph_administration::sdl(),
    };
    format!("{}\n", sdl.trim_end())
}

/// Writes or compares the files.
#[expect(
    clippy::print_stdout,
    reason = "whoever exports wants to see what was written"
)]
pub fn run(command: &SchemaCommand) -> Result<ExitCode> {
    match command {
        SchemaCommand::Export { dir } => {
            std::fs::create_dir_all(dir)?;
            for domain in Domain::ALL {
                let path = dir.join(format!("{domain}.graphql"));
                std::fs::write(&path, sdl(*domain)).with_context(|| path.display().to_string())?;
                println!("wrote {}", path.display());
            }
            Ok(ExitCode::SUCCESS)
        }
        SchemaCommand::Check { dir } => Ok(check(dir)),
    }
}

#[expect(clippy::print_stdout, reason = "whoever checks wants to see what differs")]
fn check(dir: &Path) -> ExitCode {
    let mut fresh = true;
    for domain in Domain::ALL {
        let path = dir.join(format!("{domain}.graphql"));
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        if committed != sdl(*domain) {
            println!(
                "{} is out of date; run `caregraph schema export` and compose again",
                path.display()
            );
            fresh = false;
        }
    }
    if fresh {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
