//! An erasure, from the wish to the last round. Pure.

use crate::patient::Patient;
use caregraph_contracts::events::{DataCategory, ErasureAnswer, ErasureStep, Holdings, RetentionBasis};
use caregraph_contracts::ids::{ErasureId, PatientId, UserId};
use caregraph_kit::erasure::Retention;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// For how long an answer is waited for before the question is asked again.
pub(super) const ANSWERING: TimeDelta = TimeDelta::hours(1);

/// How far an erasure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureStatus {
    /// The domains are asked what they keep.
    Surveying,
    /// It is known what goes and what stays; it can still be called off.
    Scheduled,
    /// It was called off. Nothing was changed.
    Cancelled,
    /// The domains are erasing.
    CarryingOut,
    /// What may go has gone.
    Done,
}

impl ErasureStatus {
    /// All of them.
    const ALL: [Self; 5] = [
        Self::Surveying,
        Self::Scheduled,
        Self::Cancelled,
        Self::CarryingOut,
        Self::Done,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Surveying => "SURVEYING",
            Self::Scheduled => "SCHEDULED",
            Self::Cancelled => "CANCELLED",
            Self::CarryingOut => "CARRYING_OUT",
            Self::Done => "DONE",
        }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether it is still to be carried out.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Surveying | Self::Scheduled | Self::CarryingOut)
    }
}

/// Somebody's wish that everything about a person be erased, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Identifies the erasure.
    pub id: ErasureId,
    /// Whose data: the record that stood for the person.
    pub patient: PatientId,
    /// All records of the person at that time.
    pub records: Vec<PatientId>,
    /// Whether the person had died.
    pub deceased: bool,
    /// Who asked.
    pub requested_by: UserId,
    /// The signed form, when the front desk asked on somebody's behalf.
    pub signed_form: Option<String>,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// When it is carried out; until then it can be called off.
    pub due_at: DateTime<Utc>,
    /// When the domains were last asked.
    pub asked_at: DateTime<Utc>,
    /// How far it is.
    pub status: ErasureStatus,
    /// 0 for the survey, then counted from 1.
    pub round: u32,
    /// What the domains have answered in this round.
    pub answers: Vec<ErasureAnswer>,
    /// What goes and stays, by the last round that all have answered.
    pub holdings: Holdings,
    /// When the last round was through.
    pub carried_out_at: Option<DateTime<Utc>>,
    /// The day after which more may go.
    pub review_on: Option<NaiveDate>,
    /// Counts changes, from 1.
    pub version: i64,
}

/// Why an erasure cannot be called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CancelProblem {
    /// Somebody was faster.
    #[error("this erasure was called off already")]
    Cancelled,
    /// Erasing has begun.
    #[error("this erasure has been carried out, or is being carried out")]
    TooLate,
}

impl Erasure {
    /// A wish, just uttered.
    pub fn requested(
        id: ErasureId,
        patient: &Patient,
        (requested_by, signed_form): (UserId, Option<String>),
        now: DateTime<Utc>,
        retention: &Retention,
    ) -> Self {
        let delay = TimeDelta::hours(i64::from(retention.erasure_delay_hours));
        Self {
            id,
            patient: patient.id,
            records: patient.records().collect(),
            deceased: patient.profile.identification.deceased,
            requested_by,
            signed_form,
            requested_at: now,
            due_at: now.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC),
            asked_at: now,
            status: ErasureStatus::Surveying,
            round: 0,
            answers: Vec::new(),
            holdings: Holdings::default(),
            carried_out_at: None,
            review_on: None,
            version: 1,
        }
    }

    /// What the domains are asked in this round.
    pub fn step(&self, now: DateTime<Utc>) -> ErasureStep {
        ErasureStep {
            erasure_id: self.id,
            round: self.round,
            patient_id: self.patient,
            records: self.records.clone(),
            deceased: self.deceased,
            requested_by: self.requested_by,
            at: if self.round == 0 { self.due_at } else { now },
        }
    }

    /// Takes in a domain's answer; `true` when it was the last one of this round.
    pub fn hear(&mut self, answer: ErasureAnswer) -> bool {
        let waiting = matches!(self.status, ErasureStatus::Surveying | ErasureStatus::CarryingOut);
        let expected = ErasureAnswer::DOMAINS.contains(&answer.domain);
        if !waiting || !expected || answer.round != self.round {
            return false;
        }
        self.answers.retain(|known| known.domain != answer.domain);
        self.answers.push(answer);
        self.answers.len() == ErasureAnswer::DOMAINS.len()
    }

    /// What all domains but this one keep, by what they have answered in this round.
    fn elsewhere(&self) -> Holdings {
        let mut all = Holdings::default();
        for answer in &self.answers {
            all.goes.extend(&answer.holdings.goes);
            all.stays.extend(&answer.holdings.stays);
        }
        all
    }

    /// Until when it must be known who the person is, because a medical record stays; `None` when none does.
    pub fn identified_until(&self) -> Option<Option<NaiveDate>> {
        let elsewhere = self.elsewhere();
        let kept = elsewhere
            .stays
            .iter()
            .filter(|kept| kept.basis == RetentionBasis::MedicalRecordsLaw);
        // Without an end is later than any day.
        kept.map(|kept| kept.until)
            .max_by_key(|until| until.unwrap_or(NaiveDate::MAX))
    }

    /// Whether the account has ended in this round: it did not stay because its owner works here.
    pub fn ends_account(&self) -> bool {
        let elsewhere = self.elsewhere();
        let mut stays = elsewhere.stays.iter();
        self.round <= 1 && !stays.any(|kept| kept.category == DataCategory::Account)
    }

    /// Ends the survey. `own` is what is kept in this domain.
    pub fn surveyed(&mut self, own: Holdings) {
        self.settle(own);
        self.status = ErasureStatus::Scheduled;
    }

    /// Ends a round of erasing. More may go after the first day on which something had to stay.
    pub fn carried_out(&mut self, own: Holdings, now: DateTime<Utc>) {
        self.settle(own);
        self.status = ErasureStatus::Done;
        self.carried_out_at = Some(now);
        self.review_on = self.holdings.stays.iter().filter_map(|kept| kept.until).min();
    }

    fn settle(&mut self, own: Holdings) {
        let mut all = self.elsewhere();
        all.goes.extend(own.goes);
        all.stays.extend(own.stays);
        all.goes.sort_by_key(|gone| gone.category);
        all.stays.sort_by_key(|kept| (kept.category, kept.until));
        self.holdings = all;
        self.answers.clear();
    }

    /// Calls it off.
    pub fn cancel(&mut self) -> Result<(), CancelProblem> {
        match self.status {
            ErasureStatus::Surveying | ErasureStatus::Scheduled => {
                self.status = ErasureStatus::Cancelled;
                self.answers.clear();
                Ok(())
            }
            ErasureStatus::Cancelled => Err(CancelProblem::Cancelled),
            ErasureStatus::CarryingOut | ErasureStatus::Done => Err(CancelProblem::TooLate),
        }
    }

    /// Whether the next round would have to begin, or this one's question to be asked again.
    pub fn is_due(&self, now: DateTime<Utc>) -> bool {
        match self.status {
            ErasureStatus::Scheduled => self.due_at <= now,
            ErasureStatus::Done => self.review_on.is_some_and(|day| day < now.date_naive()),
            // An answer that does not come was parked by whoever was to give it, or fell into a gap: to ask again harms nobody.
            ErasureStatus::Surveying | ErasureStatus::CarryingOut => self.asked_at + ANSWERING <= now,
            ErasureStatus::Cancelled => false,
        }
    }

    /// Begins the next round if its time has come, or asks again in this one; `deceased` says whether the person has died by now.
    pub fn carry_on(&mut self, deceased: bool, now: DateTime<Utc>) -> bool {
        if !self.is_due(now) {
            return false;
        }
        if matches!(self.status, ErasureStatus::Scheduled | ErasureStatus::Done) {
            self.status = ErasureStatus::CarryingOut;
            self.round += 1;
            self.review_on = None;
        }
        self.deceased = deceased;
        self.asked_at = now;
        true
    }

    /// Ends it for good, whatever still stays: the person has come back.
    pub fn outlived(&mut self) {
        self.review_on = None;
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
