//! `caregraph migrate`.

use crate::clinic::{migrate_domain, open_documents};
use crate::settings::Settings;
use anyhow::Result;
use caregraph_contracts::Domain;
use caregraph_contracts::events::StoreKind;
use caregraph_kit::Clock;
use caregraph_kit::database::Database;
use std::process::ExitCode;

/// Brings every domain's store to the schema of this version.
#[expect(clippy::print_stdout, reason = "whoever migrates wants to see what was done")]
pub async fn run(settings: &Settings) -> Result<ExitCode> {
    for domain in Domain::ALL {
        let label = match domain.store() {
            StoreKind::Relational => {
                let url = settings.database_url(*domain)?;
                let database = Database::open(&url, &settings.database.pool).await?;
                migrate_domain(*domain, &database).await?;
                let label = database.label().to_string();
                database.close().await?;
                label
            }
            StoreKind::Documents => {
                let documents = open_documents(settings, &Clock::system(), *domain).await?;
                let label = documents.label();
                documents.close().await?;
                label
            }
        };
        println!("{domain}: up to date ({label})");
    }
    Ok(ExitCode::SUCCESS)
}
