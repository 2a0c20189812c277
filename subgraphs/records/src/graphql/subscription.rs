//! Live changes.

use super::entries::RecordEntry;
use crate::Services;
use crate::entry::{LiveFailure, RecordNews};
use async_graphql::{Context, Error, ErrorExtensions, ID, Object, Result, Subscription};
use caregraph_contracts::Domain;
use caregraph_kit::events::FollowError;
use caregraph_kit::graphql::{ContextExt, Cursor, answer, fault, named_id};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};

/// A change of a record.
pub struct RecordChanged(RecordNews);

/// An entry of a record was written or changed.
#[Object]
impl RecordChanged {
    /// Keep it: given as `after`, the subscription goes on behind this change.
    async fn cursor(&self) -> Cursor {
        Cursor {
            domain: Domain::Records,
            position: self.0.position,
        }
    }

    /// When.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.0.occurred_at
    }

    /// Which entry.
    async fn entry_id(&self) -> ID {
        self.0.entry_id.to_string().into()
    }

    /// Its version by this change.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// The entry as it is now: it may have been changed again. Null when it is not open to you any more.
    async fn entry(&self, ctx: &Context<'_>) -> Result<Option<RecordEntry>> {
        let services = ctx.service::<Services>();
        let id = self.0.entry_id;
        let found = services.reader.entry(&ctx.principal(), id, "recordChanged").await;
        Ok(answer(ctx, found)?.map(RecordEntry::from))
    }
}

/// Live changes.
pub struct RecordSubscription;

#[Subscription(name = "Subscription")]
impl RecordSubscription {
    /// Changes of one patient's record, as they happen; with `after`, first what was missed. Each exactly once, in order. You hear of
    /// nothing that happens after the record was closed to you: the first such change ends the stream. Ends with the error code `CURSOR_EXPIRED` when `after` is too old: read the
    /// record afresh then.
    async fn record_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose record.")] patient_id: ID,
        #[graphql(desc = "Go on behind this cursor; from now on when left out.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<RecordChanged>>> {
        let services = ctx.service::<Services>();
        let changes = services
            .reader
            .changes(&ctx.principal(), named_id(&patient_id), position(after)?)
            .await;
        let changes = changes.map_err(|failure| failed(ctx, failure))?;
        Ok(changes.map(|change| change.map(RecordChanged).map_err(|failure| failed(ctx, failure))))
    }
}

fn position(after: Option<Cursor>) -> Result<Option<i64>> {
    match after {
        None => Ok(None),
        Some(Cursor {
            domain: Domain::Records,
            position,
        }) => Ok(Some(position)),
        Some(_) => Err(coded("`after` is not a cursor of this stream", "BAD_USER_INPUT")),
    }
}

fn failed(ctx: &Context<'_>, failure: LiveFailure) -> Error {
    match failure {
        LiveFailure::Denied(denied) => denied.into(),
        LiveFailure::Refused(refusal) => coded(refusal, "NOT_FOUND"),
        LiveFailure::Follow(expired @ FollowError::Expired) => coded(expired, "CURSOR_EXPIRED"),
        LiveFailure::Follow(unknown @ FollowError::Unknown) => coded(unknown, "BAD_USER_INPUT"),
        LiveFailure::Follow(FollowError::Log(error)) => fault(ctx, error),
        LiveFailure::Fault(inner) => fault(ctx, inner),
    }
}

fn coded(message: impl ToString, code: &'static str) -> Error {
    Error::new(message.to_string()).extend_with(|_, extensions| extensions.set("code", code))
}
