//! The door to records: it decides, and writes down who came through.

use super::model::{Facts, Sight};
use super::store::{AccessStore, Persons};
use super::watch::Watch;
use caregraph_contracts::events::{EntryKind, RecordAccess};
use caregraph_contracts::ids::PatientId;
use caregraph_contracts::{AccessBasis, RecordPart, Scope};
use caregraph_kit::auth::{AccessDenied, Principal};
use caregraph_kit::documents::Documents;
use caregraph_kit::subgraph::DocumentGround;
use caregraph_kit::{Clock, Failure, Fault, Rejection};

/// Decides about access. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    pub(super) store: AccessStore,
    pub(super) documents: Documents,
    pub(super) ground: DocumentGround,
    pub(super) clock: Clock,
    watch: Watch,
}

impl Access {
    pub(crate) fn new(ground: &DocumentGround, store: AccessStore, watch: Watch) -> Self {
        Self {
            store,
            documents: ground.documents.clone(),
            ground: ground.clone(),
            clock: ground.clock.clone(),
            watch,
        }
    }

    /// What somebody may see of a record at this moment; `None` when there is nothing for them. Nothing is written down: whoever
    /// shows something calls [`Access::look`] instead.
    pub(crate) async fn sight(
        &self,
        principal: &Principal,
        patient: PatientId,
    ) -> Result<Option<Sight>, Fault> {
        let (sight, _) = self.decide(principal, patient).await?;
        Ok(sight)
    }

    /// Who is the same person as some patients.
    pub(crate) async fn persons(
        &self,
        patients: impl IntoIterator<Item = PatientId>,
    ) -> Result<Persons, Fault> {
        self.store.persons(patients).await
    }

    async fn decide(
        &self,
        principal: &Principal,
        patient: PatientId,
    ) -> Result<(Option<Sight>, Facts), Fault> {
        let Some(user) = principal.user_id() else {
            return Ok((None, Facts::default()));
        };
        let now = self.clock.now();
        let facts = self.store.facts(user, patient, now).await?;
        Ok((Sight::of(principal, &facts, now), facts))
    }

    /// What somebody may see of a record, for answering the question `what` about `parts` of it. That it was asked is written down
    /// first, also when there is nothing to be seen; `None` then.
    pub(crate) async fn look(
        &self,
        principal: &Principal,
        patient: PatientId,
        what: &str,
        parts: &[RecordPart],
    ) -> Result<Option<Sight>, Failure> {
        let user = principal.require_user()?;
        let (sight, facts) = self.decide(principal, patient).await?;
        let sight = sight.filter(|sight| parts.iter().any(|part| sight.parts.contains(part)));
        let Some((root, _)) = facts.charts.first() else {
            // Nobody has such a record.
            return Ok(None);
        };
        let shown = |part: &&RecordPart| sight.as_ref().is_none_or(|sight| sight.parts.contains(part));
        let access = RecordAccess {
            patient_id: *root,
            user_id: user,
            basis: sight.as_ref().map_or(AccessBasis::Nothing, |sight| sight.basis),
            parts: parts.iter().filter(shown).copied().collect(),
            what: what.to_owned(),
            reason: sight.as_ref().and_then(|sight| sight.reason.clone()),
        };
        self.watch.note(access).await?;
        Ok(sight)
    }

    /// Leave to write an entry of this kind into a record. Doctors write everything, nurses what they observe, for patients they
    /// treat; what is not in their care does not exist for them.
    pub(crate) async fn write(
        &self,
        principal: &Principal,
        patient: PatientId,
        kind: EntryKind,
        path: &str,
    ) -> Result<Sight, Failure> {
        Self::require_writer(principal, kind)?;
        let sight = self.sight(principal, patient).await?;
        let sight = sight.ok_or_else(|| Rejection::not_found(path, "patient"))?;
        if !sight.treats() {
            let message = "only those who treat the patient write the record; nobody writes their own";
            return Err(Rejection::not_allowed(message).into());
        }
        Ok(sight)
    }

    /// Whether the door is closed to somebody whatever entry of this kind they write.
    pub(crate) fn require_writer(principal: &Principal, kind: EntryKind) -> Result<(), AccessDenied> {
        let scopes: &[Scope] = if is_observed(kind) {
            &[Scope::RecordsObserve, Scope::RecordsWrite]
        } else {
            &[Scope::RecordsWrite]
        };
        principal.require_any(scopes).map(drop)
    }

    /// Whether the door is closed to somebody whatever they ask.
    pub(crate) fn require_reader(principal: &Principal) -> Result<(), AccessDenied> {
        principal.require(Scope::RecordsRead).map(drop)
    }
}

/// Whether nurses record it: what can be seen, measured or asked, in contrast to what is concluded.
fn is_observed(kind: EntryKind) -> bool {
    match kind {
        EntryKind::Vitals
        | EntryKind::Allergy
        | EntryKind::Immunization
        | EntryKind::Medication
        | EntryKind::Document => true,
        EntryKind::Encounter | EntryKind::Condition | EntryKind::Background => false,
    }
}
