//! A domain's answer when a person wants what is kept about them erased.
//!
//! A domain says what it keeps about the person, what of it may go, and what must stay until when. In a survey that is all; in later
//! rounds it also erases what may go, in the transaction of its answer. How long what must stay is policy of the whole clinic: [`Retention`].

use crate::database::Transaction;
use crate::documents::{Commit, DocumentHandler};
use crate::events::{Envelope, EventHandler, EventStore, HandlerError};
use async_trait::async_trait;
use caregraph_contracts::events::{ErasureAnswer, ErasureStep, Holdings, PatientsEvent};
use caregraph_contracts::{Domain, PublicEvent};
use chrono::{DateTime, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// For how long data must be kept, and how much time there is to think again; the table `[privacy]` of the configuration.
///
/// The defaults are those of Viet Nam: medical records by article 69 of the Law on Medical Examination and Treatment (15/2023/QH15),
/// ten years, and twenty for those of somebody who has died; data are erased within 72 hours of the request by article 16 of decree
/// 13/2023/NĐ-CP. These numbers and articles were written down from general knowledge, not checked against the texts; what holds, here,
/// elsewhere and for special kinds of treatment, is for the organisation's counsel to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// For how many years after the last care medical records are kept. Default 10.
    pub medical_record_years: u32,
    /// For how many years after the last care those of somebody who has died are kept. Default 20.
    pub deceased_record_years: u32,
    /// How many hours after the request data are erased; until then it can be called off. Default 48.
    pub erasure_delay_hours: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            medical_record_years: 10,
            deceased_record_years: 20,
            erasure_delay_hours: 48,
        }
    }
}

impl Retention {
    /// The last day on which what care at `last` has left behind must stay, in UTC. A day more than the years: it was the day after in
    /// some places.
    pub fn medical_records_until(&self, last: DateTime<Utc>, deceased: bool) -> NaiveDate {
        let years = if deceased {
            self.deceased_record_years.max(self.medical_record_years)
        } else {
            self.medical_record_years
        };
        let months = Months::new(years.saturating_mul(12));
        last.date_naive()
            .checked_add_months(months)
            .and_then(|day| day.succ_opt())
            .unwrap_or(NaiveDate::MAX)
    }
}

/// Erases in tables.
#[async_trait]
pub trait TableEraser: Send + Sync + 'static {
    /// What is kept about the person, and what becomes of it. Changes nothing.
    async fn holdings(&self, tx: &Transaction, step: &ErasureStep) -> Result<Holdings, HandlerError>;

    /// Erases what may go. Gives what was there and what became of it: judged once, so that what is answered is what was done.
    async fn erase(&self, tx: &mut Transaction, step: &ErasureStep) -> Result<Holdings, HandlerError>;
}

/// Erases documents.
#[async_trait]
pub trait DocumentEraser: Send + Sync + 'static {
    /// As [`TableEraser::holdings`].
    async fn holdings(&self, step: &ErasureStep) -> Result<Holdings, HandlerError>;

    /// As [`TableEraser::erase`]. Too much for one commit may be erased in several before the one that is returned; then it must be right
    /// to begin again in the middle.
    async fn erase(&self, step: &ErasureStep) -> Result<(Commit, Holdings), HandlerError>;
}

/// Answers for a domain, by its events.
pub struct AnswersErasures<E, D> {
    name: &'static str,
    domain: D,
    told: fn(ErasureAnswer) -> E,
}

/// A domain that keeps tables, and where it tells.
pub struct Tables<T>(T, EventStore);

/// A domain that keeps documents, which tell in their commits.
pub struct Papers<T>(T);

impl<E: PublicEvent, T: TableEraser> AnswersErasures<E, Tables<T>> {
    /// The answer of a domain that keeps tables.
    pub fn of_tables(
        name: &'static str,
        events: EventStore,
        eraser: T,
        told: fn(ErasureAnswer) -> E,
    ) -> Arc<dyn EventHandler> {
        let domain = Tables(eraser, events);
        Arc::new(Self { name, domain, told })
    }
}

impl<E: PublicEvent, T: DocumentEraser> AnswersErasures<E, Papers<T>> {
    /// The answer of a domain that keeps documents.
    pub fn of_documents(
        name: &'static str,
        eraser: T,
        told: fn(ErasureAnswer) -> E,
    ) -> Arc<dyn DocumentHandler> {
        let domain = Papers(eraser);
        Arc::new(Self { name, domain, told })
    }
}

impl<E: PublicEvent, D> AnswersErasures<E, D> {
    fn answer(&self, step: &ErasureStep, holdings: Holdings) -> E {
        (self.told)(ErasureAnswer {
            erasure_id: step.erasure_id,
            patient_id: step.patient_id,
            round: step.round,
            domain: E::DOMAIN,
            holdings,
        })
    }
}

/// What is asked, when an event asks.
fn asked(event: &Envelope) -> Result<Option<ErasureStep>, HandlerError> {
    Ok(match event.decode()? {
        Some(PatientsEvent::ErasureAsked { step }) => Some(step),
        _ => None,
    })
}

#[async_trait]
impl<E: PublicEvent, T: TableEraser> EventHandler for AnswersErasures<E, Tables<T>> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Patients]
    }

    fn hears(&self, name: &str) -> bool {
        name == "ErasureAsked"
    }

    fn is_brief(&self) -> bool {
        false
    }

    // An erasure takes its time anyway.
    fn is_awaited(&self) -> bool {
        false
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        let Some(step) = asked(event)? else {
            return Ok(());
        };
        let Tables(eraser, events) = &self.domain;
        let holdings = if step.is_survey() {
            eraser.holdings(tx, &step).await?
        } else {
            eraser.erase(tx, &step).await?
        };
        events.append(tx, &[self.answer(&step, holdings)]).await?;
        Ok(())
    }
}

#[async_trait]
impl<E: PublicEvent, T: DocumentEraser> DocumentHandler for AnswersErasures<E, Papers<T>> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Patients]
    }

    fn hears(&self, name: &str) -> bool {
        name == "ErasureAsked"
    }

    // An erasure takes its time anyway.
    fn is_awaited(&self) -> bool {
        false
    }

    async fn handle(&self, event: &Envelope) -> Result<Commit, HandlerError> {
        let Some(step) = asked(event)? else {
            return Ok(Commit::new());
        };
        let Papers(eraser) = &self.domain;
        let (mut commit, holdings) = if step.is_survey() {
            (Commit::new(), eraser.holdings(&step).await?)
        } else {
            eraser.erase(&step).await?
        };
        commit.tell(&self.answer(&step, holdings))?;
        Ok(commit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_stay_longer_when_somebody_has_died() {
        let last = "2026-02-28T10:00:00Z".parse().unwrap();
        let retention = Retention::default();
        assert_eq!(
            retention.medical_records_until(last, false).to_string(),
            "2036-02-29"
        );
        assert_eq!(
            retention.medical_records_until(last, true).to_string(),
            "2046-03-01"
        );
    }

    #[test]
    fn no_length_of_time_leaves_the_calendar() {
        let forever = Retention {
            medical_record_years: u32::MAX,
            ..Retention::default()
        };
        assert_eq!(
            forever.medical_records_until(DateTime::UNIX_EPOCH, false),
            NaiveDate::MAX
        );
    }
}
