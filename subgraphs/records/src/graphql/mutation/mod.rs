//! What can be done.

mod encounters;
mod entries;

pub use encounters::EncounterMutation;
pub use entries::RecordMutation;

use crate::Services;
use crate::entry::{Content, Entry, Placing};
use async_graphql::{Context, Result};
use caregraph_contracts::ids::PatientId;
use caregraph_kit::graphql::{ContextExt, Outcome, fault, outcome};
use caregraph_kit::{Failure, Fault, Rejection};

/// Records a new entry, and shows it as the type of its kind.
async fn recorded<T, E: From<Rejection>>(
    ctx: &Context<'_>,
    patient: PatientId,
    content: Content,
    placing: Placing,
    show: impl FnOnce(Entry) -> Option<T>,
) -> Result<Outcome<T, E>> {
    let recording = &ctx.service::<Services>().recording;
    let result = recording
        .record(&ctx.principal(), patient, content, placing)
        .await;
    shown(ctx, result, show)
}

/// What a use case came to, as the type of its entry's kind.
fn shown<T, R, E: From<R>>(
    ctx: &Context<'_>,
    result: std::result::Result<Entry, Failure<R>>,
    show: impl FnOnce(Entry) -> Option<T>,
) -> Result<Outcome<T, E>> {
    // A use case gives an entry of its own kind.
    let wrong = || Fault::new("an entry of another kind", "the use case gave it");
    match outcome(ctx, result)? {
        Ok(entry) => show(entry).map(Ok).ok_or_else(|| fault(ctx, wrong())),
        Err(refusals) => Ok(Err(refusals)),
    }
}
