//! What administration answers when somebody wants everything about a person erased: the trail stays.
//!
//! It proves who did and saw what, also to the person it is about, and an entry that went would break its chain. Nothing in it tells what
//! was seen. Who somebody is and who acts for them ([`crate::people`]) is overwritten when patients tells what is left of the person, and
//! the name of an account ([`crate::account`]) when identity tells what stands for it.

use crate::trail::store;
use async_trait::async_trait;
use caregraph_contracts::events::{DataCategory, ErasureStep, Holdings, RetentionBasis};
use caregraph_kit::database::Transaction;
use caregraph_kit::erasure::TableEraser;
use caregraph_kit::events::HandlerError;

/// Erases nothing, and says so.
pub(crate) struct TrailStays;

#[async_trait]
impl TableEraser for TrailStays {
    async fn holdings(&self, tx: &Transaction, step: &ErasureStep) -> Result<Holdings, HandlerError> {
        let entries = store::count_of(&**tx, &step.records).await?;
        let mut holdings = Holdings::default();
        holdings.stay(
            DataCategory::AuditTrail,
            entries,
            RetentionBasis::Accountability,
            None,
        );
        Ok(holdings)
    }

    async fn erase(&self, tx: &mut Transaction, step: &ErasureStep) -> Result<Holdings, HandlerError> {
        self.holdings(tx, step).await
    }
}
