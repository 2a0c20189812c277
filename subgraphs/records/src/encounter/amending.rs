//! Amending what was signed: who may, and what an amendment is. Pure.

use super::changes::{DiagnosisDraft, EncounterChanges};
use super::model::{Diagnosis, Encounter, EncounterStatus};
use caregraph_contracts::ids::{EncounterItemId, PractitionerId};
use caregraph_kit::Rejection;
use chrono::{DateTime, Utc};

/// Somebody who wants to amend an encounter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amender {
    /// Who.
    pub by: PractitionerId,
    /// Whether they are a doctor: whoever amends vouches for all of it.
    pub is_doctor: bool,
    /// Whether the patient is in their care. Broken glass is not enough: in an emergency, one writes an encounter of one's own.
    pub in_care: bool,
}

impl Encounter {
    /// Changes it after it was signed. What it said before is kept; whoever amends vouches for what it says now.
    pub(crate) fn amend(
        &mut self,
        changes: &EncounterChanges,
        diagnoses: Option<&[(EncounterItemId, DiagnosisDraft)]>,
        amender: Amender,
        now: DateTime<Utc>,
    ) -> Result<(), Rejection> {
        self.require_amender(amender)?;
        if !self.is_signed() {
            return Err(Rejection::conflict("id", "it is not signed yet; update it"));
        }
        let signed = self.clone();
        changes.clone().apply(self);
        self.require_order()?;
        if let Some(diagnoses) = diagnoses {
            self.diagnoses.clear();
            for (place, (id, draft)) in diagnoses.iter().enumerate() {
                let (id, draft) = self.as_before(&signed.diagnoses, *id, draft);
                self.put_diagnosis(id, &draft, &format!("diagnoses.{place}.code"))?;
            }
        }
        if *self == signed {
            return Err(Rejection::invalid(
                "",
                "it says all of this already; an amendment changes something",
            ));
        }
        self.require_complete()?;
        self.status = EncounterStatus::Amended;
        self.vouch(amender.by, now);
        Ok(())
    }

    /// Who signed it may amend it, and so may other doctors who have the patient in their care, because who signed may have left. Both
    /// names stand in the history.
    fn require_amender(&self, amender: Amender) -> Result<(), Rejection> {
        let has_signed = self
            .signature
            .as_ref()
            .is_some_and(|signature| signature.by == amender.by);
        let is_theirs = has_signed || self.practitioner == amender.by;
        if amender.is_doctor && (is_theirs || amender.in_care) {
            return Ok(());
        }
        let message =
            "an encounter is amended by the doctor who signed it, or by one in whose care the patient is";
        Err(Rejection::not_allowed(message))
    }

    /// A diagnosis that stood there before keeps its identity, and the title that it was recorded with. One that comes twice does not,
    /// so that the second is refused.
    fn as_before(
        &self,
        before: &[Diagnosis],
        id: EncounterItemId,
        draft: &DiagnosisDraft,
    ) -> (EncounterItemId, DiagnosisDraft) {
        let is_taken = |id: EncounterItemId| self.diagnoses.iter().any(|taken| taken.id == id);
        let known = before.iter().find(|known| known.code == draft.code);
        match known.filter(|known| !is_taken(known.id)) {
            Some(known) => {
                let title = known.title.clone();
                (
                    known.id,
                    DiagnosisDraft {
                        title,
                        ..draft.clone()
                    },
                )
            }
            None => (id, draft.clone()),
        }
    }
}

#[cfg(test)]
#[path = "amending_tests.rs"]
mod tests;
