//! Recording the plainer kinds of entries, correcting them, taking them back, releasing them.

use super::model::Entry;
use super::writing::{Draft, Stale, Writer};
use super::{Background, Content, checks};
use crate::access::Access;
use crate::icd10::Icd10;
use crate::vitals::{RecordVitals, Vitals};
use caregraph_contracts::Scope;
use caregraph_contracts::events::EntryKind;
use caregraph_contracts::ids::{Id, PatientId, RecordEntryId};
use caregraph_kit::auth::Principal;
use caregraph_kit::validate::Checks;
use caregraph_kit::{Failure, Rejection};
use uuid::Uuid;

/// Where an entry goes.
#[derive(Debug, Clone, Default)]
pub struct Placing {
    /// The visit during which it is written.
    pub encounter: Option<RecordEntryId>,
    /// Whether the patient may not read it yet.
    pub withheld: bool,
    /// Makes a repetition of the request harmless, 1 to 200 characters.
    pub key: Option<String>,
}

/// Whoever writes entries of some kind.
const ANY_WRITER: [Scope; 2] = [Scope::RecordsObserve, Scope::RecordsWrite];

/// Use cases about entries that need no rules of their own. Cheap to clone.
#[derive(Clone)]
pub struct Recording {
    pub(super) writer: Writer,
    pub(super) icd10: Icd10,
}

impl Recording {
    pub(crate) fn new(writer: Writer, icd10: Icd10) -> Self {
        Self { writer, icd10 }
    }

    /// Writes an entry into a patient's record.
    pub async fn record(
        &self,
        principal: &Principal,
        patient: PatientId,
        content: Content,
        placing: Placing,
    ) -> Result<Entry, Failure> {
        let kind = content.kind();
        let sight = self
            .writer
            .access
            .write(principal, patient, kind, "patientId")
            .await?;
        let content = self.checked(content).await?;
        let draft = placing.draft(content)?;
        self.writer.create(&sight, draft).await
    }

    /// Writes down vital signs, flagged by what is normal at the patient's age.
    pub async fn record_vitals(
        &self,
        principal: &Principal,
        patient: PatientId,
        form: RecordVitals,
        placing: Placing,
    ) -> Result<Entry, Failure> {
        let writer = &self.writer;
        let sight = writer
            .access
            .write(principal, patient, EntryKind::Vitals, "patientId")
            .await?;
        let vitals = Vitals::taken(&form, sight.born, writer.clock.now())?;
        let draft = placing.draft(Content::Vitals(vitals))?;
        writer.create(&sight, draft).await
    }

    /// Changes an entry of a kind; `version` is the one that the caller has read.
    pub async fn update(
        &self,
        principal: &Principal,
        (id, kind): (RecordEntryId, EntryKind),
        version: i64,
        change: impl Fn(&mut Content),
    ) -> Result<Entry, Failure<Stale>> {
        Access::require_writer(principal, kind)?;
        // A code that is new is looked up before; the rest is checked where it is applied, on what is there.
        let wanted = self
            .newly_coded(principal, (id, kind), &change)
            .await
            .map_err(Failure::widen)?;
        let now = self.writer.clock.now();
        self.writer
            .change(principal, (id, kind), Some(version), None, |entry, _| {
                change(&mut entry.content);
                if let (Content::Condition(condition), Some((code, title))) = (&mut entry.content, &wanted) {
                    condition.code.clone_from(code);
                    condition.title.clone_from(title);
                }
                let checked = checks::checked(entry.content.clone(), now);
                entry.content = checked.map_err(Failure::widen)?;
                Ok(())
            })
            .await
    }

    /// Writes down what holds for the person. There is one such entry in a record, whoever writes it first; `version` is 0 for whoever
    /// has read that there is none.
    pub async fn update_background(
        &self,
        principal: &Principal,
        patient: PatientId,
        version: i64,
        change: impl Fn(&mut Background),
    ) -> Result<Entry, Failure<Stale>> {
        let (writer, kind) = (&self.writer, EntryKind::Background);
        let sight = writer.access.write(principal, patient, kind, "patientId").await;
        let sight = sight.map_err(Failure::widen)?;
        let id = background_of(sight.patient);
        let known = writer.store.get(id).await.map_err(Failure::Fault)?;
        if known.is_some() || version != 0 {
            return self
                .update(principal, (id, kind), version, |content| {
                    if let Content::Background(background) = content {
                        change(background);
                    }
                })
                .await;
        }
        let mut background = Background::default();
        change(&mut background);
        let content = self.checked(Content::Background(background)).await;
        let draft = Placing::default().draft(content.map_err(Failure::widen)?);
        let first = writer.create_as(id, &sight, draft.map_err(Failure::widen)?).await;
        match first {
            Err(Failure::Refused(_)) => match writer.store.get(id).await.map_err(Failure::Fault)? {
                Some(faster) => Err(writer.newer(principal, faster.value).await),
                None => first.map_err(Failure::widen),
            },
            other => other.map_err(Failure::widen),
        }
    }

    /// Takes back what was entered in error: it counts for nothing from now on, and stays in the history.
    pub async fn retract(
        &self,
        principal: &Principal,
        id: RecordEntryId,
        version: i64,
        reason: &str,
    ) -> Result<Entry, Failure<Stale>> {
        principal.require_any(&ANY_WRITER)?;
        let reason = reason_of(reason).map_err(Failure::widen)?;
        let kind = self.kind_of(principal, id).await.map_err(Failure::widen)?;
        self.writer
            .change(principal, (id, kind), Some(version), Some(&reason), |entry, _| {
                if matches!(&entry.content, Content::Encounter(encounter) if encounter.is_signed()) {
                    let message = "a signed encounter is amended, not taken back";
                    return Err(Failure::refused(Rejection::conflict("id", message)));
                }
                entry.retracted = true;
                Ok(())
            })
            .await
    }

    /// Lets the patient read an entry, or not any longer.
    pub async fn release(
        &self,
        principal: &Principal,
        id: RecordEntryId,
        released: bool,
    ) -> Result<Entry, Failure<Stale>> {
        principal.require_any(&ANY_WRITER)?;
        let kind = self.kind_of(principal, id).await.map_err(Failure::widen)?;
        self.writer
            .change(principal, (id, kind), None, None, |entry, _| {
                let unsigned =
                    matches!(&entry.content, Content::Encounter(encounter) if !encounter.is_signed());
                if released && unsigned {
                    let message = "an encounter is released when it is signed";
                    return Err(Failure::refused(Rejection::conflict("id", message)));
                }
                entry.released = released;
                Ok(())
            })
            .await
    }

    /// Of which kind an entry is, for somebody who may write some kinds. That the door is closed for this one is only said to those
    /// who see the entry: for everybody else there is none.
    async fn kind_of(&self, principal: &Principal, id: RecordEntryId) -> Result<EntryKind, Failure> {
        let absent = || Rejection::not_found("id", "entry");
        let found = self.writer.store.get(id).await?.ok_or_else(absent)?.value;
        let kind = found.content.kind();
        if let Err(denied) = Access::require_writer(principal, kind) {
            let sight = self.writer.access.sight(principal, found.patient).await?;
            if sight.is_some_and(|sight| sight.shows(kind)) {
                return Err(denied.into());
            }
            return Err(absent().into());
        }
        Ok(kind)
    }

    async fn checked(&self, content: Content) -> Result<Content, Failure> {
        let mut content = checks::checked(content, self.writer.clock.now())?;
        if let Content::Condition(condition) = &mut content {
            (condition.code, condition.title) = self.codable(&condition.code).await?;
        }
        Ok(content)
    }
}

impl Placing {
    fn draft(self, content: Content) -> Result<Draft, Failure> {
        let mut checks = Checks::new();
        let key = self.key.map(|key| checks.text("idempotencyKey", &key, 200));
        checks.done::<Rejection>()?;
        Ok(Draft {
            content,
            encounter: self.encounter,
            released: !self.withheld,
            key,
        })
    }
}

/// The entry of what holds for a person: it follows from the person, so that there is one.
fn background_of(patient: PatientId) -> RecordEntryId {
    Uuid::new_v5(&patient.uuid(), b"background").into()
}

/// A reason, which must be one.
pub(crate) fn reason_of(reason: &str) -> Result<String, Failure> {
    let mut checks = Checks::new();
    let reason = checks.text("reason", reason, 500);
    checks.done::<Rejection>()?;
    Ok(reason)
}
