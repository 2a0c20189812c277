//! `caregraph events`.

use crate::cli::EventsCommand;
use crate::clinic::{Clinic, Parked};
use crate::settings::Settings;
use anyhow::Result;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::Id;
use caregraph_kit::Clock;
use caregraph_kit::telemetry::chain;
use std::process::ExitCode;
use uuid::Uuid;

/// Lists what is parked, or hands it over once more.
pub async fn run(mut settings: Settings, command: EventsCommand) -> Result<ExitCode> {
    let (EventsCommand::Parked { storage } | EventsCommand::Replay { storage, .. }) = &command;
    settings.apply(storage);
    let clinic = Clinic::build(&settings, Clock::system(), Domain::ALL).await?;
    let done = match command {
        EventsCommand::Parked { .. } => list(&clinic).await,
        EventsCommand::Replay { handler, event, .. } => replay(&clinic, handler.as_deref(), event).await,
    };
    clinic.close().await;
    done
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
async fn list(clinic: &Clinic) -> Result<ExitCode> {
    for Parked { domain, letter } in clinic.parked().await? {
        println!(
            "{domain}\t{}\t{}\t{}\t{}\t{}\t{}",
            letter.handler,
            letter.event_id,
            letter.name,
            letter.attempts,
            letter.parked_at.to_rfc3339(),
            one_line(&letter.error)
        );
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
async fn replay(clinic: &Clinic, handler: Option<&str>, event: Option<Uuid>) -> Result<ExitCode> {
    let (mut done, mut failed) = (0, 0);
    for parked in clinic.parked().await? {
        let letter = &parked.letter;
        let is_meant = handler.is_none_or(|name| name == letter.handler)
            && event.is_none_or(|event| event == letter.event_id.uuid());
        if !is_meant {
            continue;
        }
        match clinic.replay(&parked).await {
            Ok(true) => done += 1,
            // Somebody else was faster.
            Ok(false) => {}
            Err(error) => {
                failed += 1;
                let error = one_line(&chain(&error));
                println!(
                    "{}\t{}\t{}\t{error}",
                    letter.handler, letter.event_id, letter.name
                );
            }
        }
    }
    println!("{done} handled, {failed} failed again");
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}
