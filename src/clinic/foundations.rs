//! The ground under the subgraphs: stores, keys, events, one bus.

use crate::settings::Settings;
use anyhow::{Context, Result};
use caregraph_contracts::Domain;
use caregraph_contracts::events::StoreKind;
use caregraph_kit::Clock;
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::database::{Database, migrate};
use caregraph_kit::documents::{Documents, Foundation};
use caregraph_kit::events::{
    DeadLetter, DeadLetters, EventBus, EventError, EventLog, EventStore, Offsets, RedisStreams,
    StreamSettings,
};
use caregraph_kit::subgraph::{DocumentGround, Ground};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Grounds of the hosted domains.
pub struct Foundations {
    tables: BTreeMap<Domain, Ground>,
    documents: BTreeMap<Domain, DocumentGround>,
    bus: EventBus,
    cipher: FieldCipher,
    /// Events between processes, where there is Redis.
    streams: Option<RedisStreams>,
}

/// A store, to see whether it answers.
#[derive(Clone)]
pub enum Store {
    /// Of tables, with the domain's events.
    Tables(Database, EventStore),
    /// Of documents.
    Documents(Documents),
}

impl Store {
    /// Whether it answers.
    pub async fn answers(&self) -> bool {
        match self {
            Self::Tables(database, _) => database.ping().await.is_ok(),
            Self::Documents(documents) => documents.ping().await.is_ok(),
        }
    }

    /// Events that the domain's handlers gave up on: the oldest first, at most `limit`.
    pub async fn parked(&self, cipher: &FieldCipher, limit: u64) -> Result<Vec<DeadLetter>, EventError> {
        match self {
            Self::Tables(database, _) => {
                let letters = DeadLetters::new(database.clone(), cipher.clone());
                letters.list(limit).await
            }
            Self::Documents(documents) => documents.dead_letters(limit).await,
        }
    }

    /// The domain's events, and where its handlers remember how far they have read.
    pub fn log(&self) -> (Arc<dyn EventLog>, Arc<dyn Offsets>) {
        match self {
            Self::Tables(database, events) => (Arc::new(events.clone()), Arc::new(database.clone())),
            Self::Documents(documents) => (documents.events(), Arc::new(documents.clone())),
        }
    }
}

impl Foundations {
    /// Opens (and, where wanted, migrates) the stores of `domains`.
    pub async fn lay(settings: &Settings, clock: Clock, domains: &[Domain]) -> Result<Self> {
        let cipher = FieldCipher::new(settings.key_ring()?);
        let streams = settings
            .redis()?
            .map(|redis| RedisStreams::new(redis, cipher.clone(), StreamSettings::default()));
        let bus = match &streams {
            Some(streams) => EventBus::over(Arc::new(streams.clone()), cipher.clone(), clock.clone()),
            None => EventBus::in_process(cipher.clone(), clock.clone()),
        };
        let mut foundations = Self {
            tables: BTreeMap::new(),
            documents: BTreeMap::new(),
            bus,
            cipher: cipher.clone(),
            streams,
        };
        for domain in domains {
            match domain.store() {
                StoreKind::Relational => {
                    let ground = foundations.lay_tables(settings, &clock, &cipher, *domain).await?;
                    foundations.tables.insert(*domain, ground);
                }
                StoreKind::Documents => {
                    let documents = open_documents(settings, &clock, *domain).await?;
                    let bus = foundations.bus.clone();
                    let mut ground =
                        DocumentGround::lay(documents, bus, cipher.clone(), clock.clone()).await?;
                    ground.retention = settings.privacy;
                    foundations.documents.insert(*domain, ground);
                }
            }
        }
        Ok(foundations)
    }

    async fn lay_tables(
        &self,
        settings: &Settings,
        clock: &Clock,
        cipher: &FieldCipher,
        domain: Domain,
    ) -> Result<Ground> {
        let database = Database::open(&settings.database_url(domain)?, &settings.database.pool).await?;
        if settings.database.migrate_on_start {
            migrate_domain(domain, &database).await?;
        }
        let mut ground = Ground::lay(domain, database, self.bus.clone(), cipher.clone(), clock.clone())
            .await
            .with_context(|| format!("the schema of {domain} is not up to date; run `caregraph migrate`"))?;
        ground.retention = settings.privacy;
        Ok(ground)
    }

    /// The ground of a hosted domain that keeps tables.
    pub fn ground(&self, domain: Domain) -> Result<Ground> {
        self.tables
            .get(&domain)
            .cloned()
            .with_context(|| format!("{domain} is not hosted in this process"))
    }

    /// The ground of a hosted domain that keeps documents.
    pub fn document_ground(&self, domain: Domain) -> Result<DocumentGround> {
        self.documents
            .get(&domain)
            .cloned()
            .with_context(|| format!("{domain} is not hosted in this process"))
    }

    /// Stops the event machinery and closes the stores.
    pub async fn close(self) {
        self.bus.shut_down().await;
        for (domain, ground) in self.tables {
            if let Err(error) = ground.database.clone().close().await {
                tracing::warn!(%domain, %error, "the store did not close well");
            }
        }
        for (domain, ground) in self.documents {
            if let Err(error) = ground.documents.clone().close().await {
                tracing::warn!(%domain, %error, "the store did not close well");
            }
        }
    }

    /// What seals.
    pub fn cipher(&self) -> &FieldCipher {
        &self.cipher
    }

    /// What carries events between processes, where there is something.
    pub fn streams(&self) -> Option<&RedisStreams> {
        self.streams.as_ref()
    }

    /// All stores, for looking how they are.
    pub fn stores(&self) -> Vec<(Domain, Store)> {
        let tables = self.tables.iter().map(|(domain, ground)| {
            (
                *domain,
                Store::Tables(ground.database.clone(), ground.events.clone()),
            )
        });
        let documents = self
            .documents
            .iter()
            .map(|(domain, ground)| (*domain, Store::Documents(ground.documents.clone())));
        tables.chain(documents).collect()
    }
}

/// Brings one domain's tables to the schema of this version.
pub async fn migrate_domain(domain: Domain, database: &Database) -> Result<()> {
    use caregraph_migrations::{administration, identity, patients, practitioners, scheduling};
    match domain {
        Domain::Identity => migrate::<identity::Migrator>(database).await,
        Domain::Patients => migrate::<patients::Migrator>(database).await,
        Domain::Practitioners => migrate::<practitioners::Migrator>(database).await,
        Domain::Scheduling => migrate::<scheduling::Migrator>(database).await,
        // Documents are brought up to date when their store is opened.
        Domain::Records | Domain::Notifications => Ok(()),
        Domain::Administration => migrate::<administration::Migrator>(database).await,
    }
    .with_context(|| format!("cannot migrate {domain}"))
}

/// Opens one domain's documents, and brings collections and indexes to what this version declares.
pub async fn open_documents(settings: &Settings, clock: &Clock, domain: Domain) -> Result<Documents> {
    let declarations = match domain {
        Domain::Records => caregraph_records::declarations(),
        Domain::Notifications => caregraph_notifications::declarations(),
        Domain::Identity
        | Domain::Patients
        | Domain::Practitioners
        | Domain::Scheduling
        | Domain::Administration => Vec::new(),
    };
    let foundation = Foundation {
        domain,
        cipher: FieldCipher::new(settings.key_ring()?),
        clock: clock.clone(),
    };
    Documents::open(&settings.documents_location(domain)?, foundation, declarations)
        .await
        .with_context(|| format!("cannot open the documents of {domain}"))
}
