//! Transactions that are tried again until they are through.

use super::super::DocumentError;
use async_trait::async_trait;
use mongodb::error::{Error, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::options::ReadConcern;
use mongodb::{Client, ClientSession};
use std::time::Duration;
use tokio::time::Instant;

/// How long to go on against others who write the same documents.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a transaction does. May be done several times, as long as it takes effect once.
#[async_trait]
pub(super) trait Work: Send + Sync {
    type Output: Send;

    async fn once(&self, session: &mut ClientSession) -> Result<Self::Output, Halt>;
}

/// Why a transaction was given up.
#[derive(Debug)]
pub(super) enum Halt {
    /// It failed.
    Failed(DocumentError),
    /// This write of the batch has violated some unique index.
    Violation(usize),
    /// Nothing stands in the way of what was refused a moment ago.
    Free,
}

impl From<DocumentError> for Halt {
    fn from(error: DocumentError) -> Self {
        Self::Failed(error)
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Halt {
    pub(super) fn into_error(self) -> DocumentError {
        match self {
            Self::Failed(error) => error,
            Self::Violation(_) | Self::Free => {
                DocumentError::Damaged("event_outbox", "a unique index was violated")
            }
        }
    }

    fn has_label(&self, label: &str) -> bool {
        matches!(self, Self::Failed(DocumentError::Mongo(error)) if error.contains_label(label))
    }
}

/// Does `work` in a transaction, again whenever it was sacrificed to another one.
pub(super) async fn transact<W: Work>(client: &Client, work: &W) -> Result<W::Output, Halt> {
    let deadline = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(2);
    let mut session = client.start_session().await?;
    loop {
        session
            .start_transaction()
            .read_concern(ReadConcern::snapshot())
            .await?;
        let halt = match work.once(&mut session).await {
            Ok(output) => match commit(&mut session, deadline).await {
                Ok(()) => return Ok(output),
                Err(error) => error.into(),
            },
            Err(halt) => {
                // The server ends it by itself if this does not reach it.
                let _ = session.abort_transaction().await;
                halt
            }
        };
        if !halt.has_label(TRANSIENT_TRANSACTION_ERROR) || Instant::now() >= deadline {
            return Err(halt);
        }
        tokio::time::sleep(pause.mul_f64(0.5 + rand::random::<f64>())).await;
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

/// Commits, and asks again as long as the answer is lost: only the commit itself may be repeated then.
async fn commit(session: &mut ClientSession, deadline: Instant) -> Result<(), Error> {
    loop {
        match session.commit_transaction().await {
            Err(error)
                if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) && Instant::now() < deadline =>
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            other => return other,
        }
    }
}
