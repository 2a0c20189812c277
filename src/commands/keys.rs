//! `caregraph keys`.

use crate::cli::KeysCommand;
use crate::clinic::open_documents;
use crate::settings::Settings;
use anyhow::{Context, Result};
use caregraph_contracts::Domain;
use caregraph_contracts::events::StoreKind;
use caregraph_kit::Clock;
use caregraph_kit::crypto::{FieldCipher, Renewal};
use caregraph_kit::database::{Database, SealedColumn};
use caregraph_kit::documents::SealedPath;
use caregraph_kit::events::EVENT_SEALS;
use std::process::ExitCode;

/// Makes and changes keys.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub async fn run(mut settings: Settings, command: &KeysCommand) -> Result<ExitCode> {
    match command {
        KeysCommand::New { storage } => {
            settings.apply(storage);
            println!("{}", settings.key_ring()?.another());
            Ok(ExitCode::SUCCESS)
        }
        KeysCommand::Rotate { storage } => {
            settings.apply(storage);
            let cipher = FieldCipher::new(settings.key_ring()?);
            println!("sealing with {}", cipher.ring().newest());
            let mut unreadable = 0;
            for domain in Domain::ALL {
                let renewal = rotate(&settings, &cipher, *domain)
                    .await
                    .with_context(|| format!("{domain}: not everything is sealed anew; begin again"))?;
                println!(
                    "{domain}: {} sealed anew, {} cannot be opened",
                    renewal.renewed, renewal.unreadable
                );
                unreadable += renewal.unreadable;
            }
            Ok(if unreadable == 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
    }
}

async fn rotate(settings: &Settings, cipher: &FieldCipher, domain: Domain) -> Result<Renewal> {
    if domain.store() == StoreKind::Documents {
        let documents = open_documents(settings, &Clock::system(), domain).await?;
        let renewal = documents.renew_seals(documents_of(domain)).await?;
        documents.close().await?;
        return Ok(renewal);
    }
    let database = Database::open(&settings.database_url(domain)?, &settings.database.pool).await?;
    let mut renewal = database.renew_seals(cipher, EVENT_SEALS).await?;
    renewal += database.renew_seals(cipher, columns_of(domain)).await?;
    database.close().await?;
    Ok(renewal)
}

fn columns_of(domain: Domain) -> &'static [SealedColumn] {
    match domain {
        Domain::Identity => caregraph_identity::SEALS,
        Domain::Patients => caregraph_patients::SEALS,
        Domain::Practitioners => caregraph_practitioners::SEALS,
        Domain::Scheduling => caregraph_scheduling::SEALS,
        Domain::Administration => caregraph_administration::SEALS,
        Domain::Records | Domain::Notifications => &[],
    }
}

fn documents_of(domain: Domain) -> &'static [SealedPath] {
    match domain {
        Domain::Records => caregraph_records::SEALS,
        Domain::Notifications => caregraph_notifications::SEALS,
        Domain::Identity
        | Domain::Patients
        | Domain::Practitioners
        | Domain::Scheduling
        | Domain::Administration => &[],
    }
}
