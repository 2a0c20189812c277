//! Documents in a MongoDB database: a collection per collection, with what documents are found by beside them.
//!
//! A stored document has four parts: `version`, `body` (the document itself), `keys` (what stands at the declared paths)
//! and `shape` (which declaration the keys follow). Filters and indexes see `keys` only.

mod body;
mod inbox;
mod log;
mod query;
mod renewal;
mod schema;
mod transact;
mod write;

use super::DocumentError;
use super::declaration::Declaration;
use super::filter::Condition;
use super::query::Order;
use super::store::{Backend, Batch, Raw};
use crate::clock::Clock;
use crate::config::Secret;
use crate::crypto::{FieldCipher, Renewal};
use crate::events::{DeadLetter, EventLog, Offsets};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::ids::EventId;
use chrono::{DateTime, Utc};
use log::MongoLog;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::{Error, ErrorKind, WriteFailure};
use mongodb::options::{ClientOptions, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern};
use mongodb::{Client, Database};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// One domain's database.
pub(super) struct Mongo {
    client: Client,
    database: Database,
    log: MongoLog,
}

impl Mongo {
    pub(super) async fn open(
        url: &Secret,
        connections: u32,
        domain: Domain,
        cipher: &FieldCipher,
        clock: &Clock,
        declarations: &[Arc<Declaration>],
    ) -> Result<Self, DocumentError> {
        let url = url
            .reveal()
            .map_err(|error| DocumentError::Open(error.to_string()))?;
        let mut options = ClientOptions::parse(&url).await?;
        let Some(name) = options.default_database.clone() else {
            return Err(DocumentError::Open("the address names no database".to_owned()));
        };
        options
            .app_name
            .get_or_insert_with(|| format!("caregraph-{domain}"));
        options.max_pool_size.get_or_insert(connections);
        options
            .server_selection_timeout
            .get_or_insert(Duration::from_secs(10));
        // What was answered survives the loss of a server, and what is read was not taken back by one.
        options.write_concern = Some(
            WriteConcern::builder()
                .w(mongodb::options::Acknowledgment::Majority)
                .journal(true)
                .build(),
        );
        options.read_concern = Some(ReadConcern::majority());
        options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
        let client = Client::with_options(options)?;
        let database = client.database(&name);
        let hello = database.run_command(doc! { "hello": 1 }).await?;
        if !hello.contains_key("setName") && !hello.get_str("msg").is_ok_and(|kind| kind == "isdbgrid") {
            return Err(DocumentError::Open(
                "MongoDB must run as a replica set (of one member at least), because commits need transactions"
                    .to_owned(),
            ));
        }
        schema::bring_up(&database, declarations).await?;
        let log = MongoLog::new(
            domain,
            client.clone(),
            database.clone(),
            cipher.clone(),
            clock.clone(),
        );
        Ok(Self {
            client,
            database,
            log,
        })
    }
}

#[async_trait]
impl Backend for Mongo {
    fn label(&self) -> String {
        format!("mongodb {}", self.database.name())
    }

    async fn get(&self, of: &Declaration, ids: &[Uuid]) -> Result<Vec<Raw>, DocumentError> {
        query::get(&self.database, of, ids).await
    }

    async fn select(
        &self,
        of: &Declaration,
        condition: &Condition,
        order: &Order,
        limit: u64,
    ) -> Result<Vec<Raw>, DocumentError> {
        query::select(&self.database, of, condition, order, limit).await
    }

    async fn count(&self, of: &Declaration, condition: &Condition) -> Result<u64, DocumentError> {
        query::count(&self.database, of, condition).await
    }

    async fn apply(&self, batch: &Batch) -> Result<bool, DocumentError> {
        write::apply(&self.client, &self.database, &self.log, batch).await
    }

    fn log(&self) -> Arc<dyn EventLog> {
        Arc::new(self.log.clone())
    }

    fn offsets(&self) -> Arc<dyn Offsets> {
        Arc::new(inbox::MongoOffsets::new(self.database.clone()))
    }

    async fn letters(&self, limit: u64) -> Result<Vec<DeadLetter>, DocumentError> {
        inbox::letters(&self.database, limit).await
    }

    async fn sealed_letter(&self, handler: &str, event: EventId) -> Result<Option<String>, DocumentError> {
        inbox::sealed_letter(&self.database, handler, event).await
    }

    async fn forget_handled(&self, before: DateTime<Utc>) -> Result<u64, DocumentError> {
        Ok(inbox::forget_handled(&self.database, before).await?)
    }

    async fn renew_events(&self, cipher: &FieldCipher) -> Result<Renewal, DocumentError> {
        self.renew_sealed_events(cipher).await
    }

    async fn ping(&self) -> Result<(), DocumentError> {
        self.database.run_command(doc! { "ping": 1 }).await?;
        Ok(())
    }

    async fn close(&self) -> Result<(), DocumentError> {
        self.client.clone().shutdown().await;
        Ok(())
    }
}

/// Whether the store is away or was too busy.
pub(super) fn is_outage(error: &Error) -> bool {
    let labelled = [
        mongodb::error::TRANSIENT_TRANSACTION_ERROR,
        mongodb::error::UNKNOWN_TRANSACTION_COMMIT_RESULT,
        mongodb::error::RETRYABLE_WRITE_ERROR,
    ];
    if labelled.iter().any(|label| error.contains_label(label)) {
        return true;
    }
    match error.kind.as_ref() {
        ErrorKind::Io(_)
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::DnsResolve { .. } => true,
        // Time limits, write concerns that cannot be met, conflicts, shutdown and start, not the primary (any more), disk full.
        ErrorKind::Command(error) => matches!(
            error.code,
            6 | 7
                | 50
                | 64
                | 89
                | 91
                | 112
                | 189
                | 262
                | 9001
                | 10107
                | 11600
                | 11602
                | 13435
                | 13436
                | 14031
        ),
        _ => false,
    }
}

/// Whether a unique index was violated.
fn is_duplicate(error: &Error) -> bool {
    const DUPLICATE_KEY: i32 = 11000;
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(error)) => error.code == DUPLICATE_KEY,
        ErrorKind::Command(error) => error.code == DUPLICATE_KEY,
        ErrorKind::InsertMany(error) => error
            .write_errors
            .iter()
            .flatten()
            .any(|error| error.code == DUPLICATE_KEY),
        _ => false,
    }
}

/// A whole number that we wrote.
fn number(document: &Document, name: &str) -> Option<i64> {
    match document.get(name) {
        Some(Bson::Int64(number)) => Some(*number),
        Some(Bson::Int32(number)) => Some(i64::from(*number)),
        _ => None,
    }
}
