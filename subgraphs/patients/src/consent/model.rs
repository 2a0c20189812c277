//! A consent, from its giving to its end. Pure.

use crate::patient::form_reference;
use caregraph_contracts::RecordPart;
use caregraph_contracts::events::ConsentFacts;
use caregraph_contracts::ids::{ConsentId, PatientId, UserId};
use caregraph_kit::validate::Checks;
use chrono::{DateTime, Months, SubsecRound, Utc};
use std::collections::BTreeSet;

/// Most consents of one person that hold at a time.
pub(crate) const MOST_CONSENTS: usize = 50;

/// Longest purpose and longest reason, in characters.
const TEXT_LENGTH: usize = 500;

/// For how many months a consent lasts at most: ten years.
const MOST_MONTHS: Months = Months::new(120);

/// Somebody may see parts of a patient's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Identifies the consent.
    pub id: ConsentId,
    /// On which record it was given.
    pub patient: PatientId,
    /// Who may see.
    pub grantee: UserId,
    /// Which parts, at least one, each once.
    pub parts: Vec<RecordPart>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when, if it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// What for, in words.
    pub purpose: Option<String>,
    /// Who gave it: the patient, a guardian, or the front desk.
    pub granted_by: UserId,
    /// The signed form, when the front desk gave it on somebody's behalf.
    pub granting_form: Option<String>,
    /// How it was withdrawn, if it was.
    pub revocation: Option<Revocation>,
}

/// The withdrawal of a consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom: the patient, a guardian, or the front desk.
    pub by: UserId,
    /// Why, in words.
    pub reason: Option<String>,
    /// The signed form, when the front desk did it on somebody's behalf.
    pub form: Option<String>,
}

/// What somebody consents to, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    pub parts: Vec<RecordPart>,
    pub until: Option<DateTime<Utc>>,
    pub purpose: Option<String>,
    pub form: Option<String>,
}

/// Why a consent cannot be withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RevocationProblem {
    /// Somebody was faster.
    #[error("this consent was withdrawn already")]
    Revoked,
    /// Nothing is left to withdraw.
    #[error("this consent has ended by itself already")]
    Over,
}

impl Terms {
    /// Reads what somebody typed; every mistake is noted in `checks`.
    pub fn read(
        checks: &mut Checks,
        named: &[RecordPart],
        all_parts: bool,
        until: Option<DateTime<Utc>>,
        purpose: Option<&str>,
        form: Option<&str>,
        now: DateTime<Utc>,
    ) -> Self {
        let meant = if all_parts { RecordPart::ALL } else { named };
        let parts: BTreeSet<RecordPart> = meant.iter().copied().collect();
        let until = until.map(|until| until.trunc_subsecs(6));
        let latest = now.checked_add_months(MOST_MONTHS);
        checks
            // Whoever names parts may not mean everything, and what is shown once cannot be taken back: so nobody guesses.
            .require(
                named.is_empty() || !all_parts,
                "parts",
                "must be left out when `allParts` is true: name parts, or open all of them",
            )
            .require(
                !parts.is_empty(),
                "parts",
                "must name at least one part of the record",
            )
            .require(
                until.is_none_or(|until| until > now),
                "until",
                "must be in the future",
            )
            .require(
                until.is_none_or(|until| latest.is_none_or(|latest| until <= latest)),
                "until",
                "must be at most ten years from now",
            );
        Self {
            parts: parts.into_iter().collect(),
            until,
            purpose: checks.optional_text("purpose", purpose, TEXT_LENGTH),
            form: form_reference(checks, form),
        }
    }
}

/// The reason of a withdrawal as it is kept.
pub(crate) fn revocation_reason(checks: &mut Checks, reason: Option<&str>) -> Option<String> {
    checks.optional_text("reason", reason, TEXT_LENGTH)
}

impl Consent {
    /// Whether it opens anything now.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.revocation.is_none() && self.until.is_none_or(|until| now < until)
    }

    /// Withdraws it.
    pub(crate) fn revoke(&mut self, revocation: Revocation) -> Result<(), RevocationProblem> {
        if self.revocation.is_some() {
            return Err(RevocationProblem::Revoked);
        }
        if !self.holds(revocation.at) {
            return Err(RevocationProblem::Over);
        }
        self.revocation = Some(revocation);
        Ok(())
    }

    /// What other domains may know.
    pub fn facts(&self) -> ConsentFacts {
        ConsentFacts {
            consent_id: self.id,
            grantee: self.grantee,
            parts: self.parts.clone(),
            since: self.since,
            until: self.until,
            revoked: self.revocation.is_some(),
        }
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
