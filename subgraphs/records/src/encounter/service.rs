//! Use cases about encounters.

use super::amending::Amender;
use super::changes::{DiagnosisDraft, EncounterChanges, PlanDraft};
use super::model::{Diagnosis, Encounter, EncounterClass};
use crate::access::Access;
use crate::entry::{Content, Draft, Entry, Occasion, Recording, Stale, Writer, reason_of};
use crate::icd10::Code;
use caregraph_contracts::events::EntryKind;
use caregraph_contracts::ids::{
    AppointmentId, EncounterItemId, Id, PatientId, PractitionerId, RecordEntryId,
};
use caregraph_contracts::{AccessBasis, Role};
use caregraph_kit::auth::Principal;
use caregraph_kit::{Failure, Rejection};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Begins an encounter.
#[derive(Debug, Clone)]
pub struct StartEncounter {
    /// Whose; follows from the visit when there is one.
    pub patient: PatientId,
    /// The visit: its skeleton is taken, once the patient is checked in.
    pub appointment: Option<AppointmentId>,
    /// Where it takes place; at the practice unless said otherwise.
    pub class: Option<EncounterClass>,
    /// When it began; now unless said otherwise.
    pub start: Option<DateTime<Utc>>,
    /// What there is to say already.
    pub changes: EncounterChanges,
    /// Makes a repetition of the request harmless.
    pub key: Option<String>,
}

/// Use cases about encounters. Cheap to clone.
#[derive(Clone)]
pub struct EncounterService {
    writer: Writer,
    recording: Recording,
}

impl EncounterService {
    pub(crate) fn new(writer: Writer, recording: Recording) -> Self {
        Self { writer, recording }
    }

    /// Begins an encounter, or takes the skeleton of a visit in hand.
    pub async fn start(
        &self,
        principal: &Principal,
        command: StartEncounter,
    ) -> Result<Entry, Failure<Stale>> {
        let access = &self.writer.access;
        let sight = access
            .write(principal, command.patient, EntryKind::Encounter, "patientId")
            .await;
        let sight = sight.map_err(Failure::widen)?;
        let changes = command.changes.checked().map_err(Failure::widen)?;
        if let Some(appointment) = command.appointment {
            let id = entry_of(appointment);
            let known = self.writer.store.get(id).await.map_err(Failure::Fault)?;
            if known.is_none_or(|known| !sight.patients.contains(&known.value.patient)) {
                let missing = Rejection::not_found("appointmentId", "visit that is checked in");
                return Err(Failure::refused(missing));
            }
            return self
                .write(principal, id, None, None, |encounter, occasion| {
                    encounter.update(&changes, occasion.now)
                })
                .await;
        }
        let now = self.writer.clock.now();
        let start = command.start.unwrap_or(now);
        if start > now {
            return Err(Failure::refused(Rejection::invalid(
                "start",
                "must not be in the future",
            )));
        }
        let class = command.class.unwrap_or(EncounterClass::Ambulatory);
        let mut encounter = Encounter::begun(PractitionerId::of_user(sight.viewer), class, start);
        encounter.update(&changes, now).map_err(Failure::refused)?;
        let draft = Draft {
            content: Content::Encounter(encounter),
            encounter: None,
            // Released by the signature.
            released: false,
            key: command.key,
        };
        self.writer.create(&sight, draft).await.map_err(Failure::widen)
    }

    /// Writes into an encounter that is not signed.
    pub async fn update(
        &self,
        principal: &Principal,
        id: RecordEntryId,
        version: i64,
        changes: EncounterChanges,
    ) -> Result<Entry, Failure<Stale>> {
        let changes = changes.checked().map_err(Failure::widen)?;
        self.write(principal, id, Some(version), None, |encounter, occasion| {
            encounter.update(&changes, occasion.now)
        })
        .await
    }

    /// Signs an encounter, which releases it to the patient.
    pub async fn sign(
        &self,
        principal: &Principal,
        id: RecordEntryId,
        version: i64,
    ) -> Result<Entry, Failure<Stale>> {
        let by = signer(principal)?;
        let kind = EntryKind::Encounter;
        self.writer
            .change(principal, (id, kind), Some(version), None, |entry, occasion| {
                on_encounter(entry, |encounter| encounter.sign(by, occasion.now))?;
                entry.released = true;
                Ok(())
            })
            .await
    }

    /// Amends a signed encounter, for a reason: something in it must become different. For the doctor who signed it, and other doctors
    /// in whose care the patient is.
    pub async fn amend(
        &self,
        principal: &Principal,
        (id, version): (RecordEntryId, i64),
        changes: EncounterChanges,
        diagnoses: Option<Vec<DiagnosisDraft>>,
        reason: &str,
    ) -> Result<Entry, Failure<Stale>> {
        let by = signer(principal)?;
        let reason = reason_of(reason).map_err(Failure::widen)?;
        let changes = changes.checked().map_err(Failure::widen)?;
        let mut named = Vec::new();
        if let Some(drafts) = &diagnoses {
            let standing = self.standing(principal, id).await.map_err(Failure::widen)?;
            for (place, draft) in drafts.iter().enumerate() {
                let at = format!("diagnoses.{place}");
                let draft = self.known(draft.clone(), &at, &standing).await;
                let item: EncounterItemId = self.writer.clock.new_id();
                named.push((item, draft.map_err(Failure::widen)?));
            }
        }
        let diagnoses = diagnoses.is_some().then_some(named.as_slice());
        let is_doctor = principal.has_role(Role::Doctor);
        self.write(
            principal,
            id,
            Some(version),
            Some(&reason),
            |encounter, occasion| {
                let amender = Amender {
                    by,
                    is_doctor,
                    in_care: occasion.sight.basis == AccessBasis::Care,
                };
                encounter.amend(&changes, diagnoses, amender, occasion.now)
            },
        )
        .await
    }

    /// Adds a diagnosis. Without a version it fits whatever else was written meanwhile.
    pub async fn diagnose(
        &self,
        principal: &Principal,
        id: RecordEntryId,
        version: Option<i64>,
        draft: DiagnosisDraft,
    ) -> Result<Entry, Failure<Stale>> {
        let draft = self
            .known(draft, "diagnosis", &[])
            .await
            .map_err(Failure::widen)?;
        let item = self.writer.clock.new_id();
        self.write(principal, id, version, None, |encounter, occasion| {
            encounter.diagnose(item, &draft, occasion.now)
        })
        .await
    }

    /// Changes a diagnosis, or takes it out.
    pub async fn update_diagnosis(
        &self,
        principal: &Principal,
        id: RecordEntryId,
        version: Option<i64>,
        item: EncounterItemId,
        draft: Option<DiagnosisDraft>,
    ) -> Result<Entry, Failure<Stale>> {
        let draft = match draft {
            Some(draft) => {
                let mut standing = self.standing(principal, id).await.map_err(Failure::widen)?;
                standing.retain(|known| known.id == item);
                let draft = self.known(draft, "diagnosis", &standing).await;
                Some(draft.map_err(Failure::widen)?)
            }
            None => None,
        };
        self.write(principal, id, version, None, |encounter, _| {
            encounter.update_diagnosis(item, draft.as_ref())
        })
        .await
    }

    /// Adds something that is to be done.
    pub async fn plan(
        &self,
        principal: &Principal,
        id: RecordEntryId,
        version: Option<i64>,
        draft: PlanDraft,
    ) -> Result<Entry, Failure<Stale>> {
        let draft = draft.checked().map_err(Failure::widen)?;
        let item = self.writer.clock.new_id();
        self.write(principal, id, version, None, |encounter, occasion| {
            encounter.plan(item, &draft, occasion.now)
        })
        .await
    }

    async fn write(
        &self,
        principal: &Principal,
        id: RecordEntryId,
        version: Option<i64>,
        reason: Option<&str>,
        change: impl Fn(&mut Encounter, &Occasion<'_>) -> Result<(), Rejection>,
    ) -> Result<Entry, Failure<Stale>> {
        let kind = EntryKind::Encounter;
        self.writer
            .change(principal, (id, kind), version, reason, |entry, occasion| {
                on_encounter(entry, |encounter| change(encounter, occasion))
            })
            .await
    }

    /// Diagnoses that stand in an encounter already. Nobody learns about codes in a record that is closed to them.
    async fn standing(&self, principal: &Principal, id: RecordEntryId) -> Result<Vec<Diagnosis>, Failure> {
        let kind = EntryKind::Encounter;
        Access::require_writer(principal, kind)?;
        let (_, entry, _) = self.writer.load(principal, id, kind, "id").await?;
        Ok(match entry.content {
            Content::Encounter(encounter) => encounter.diagnoses,
            _ => Vec::new(),
        })
    }

    /// A diagnosis with the title of its code; `at` is where it stands in the input. A code of those in `standing` was fine when it was
    /// recorded: it stays, with its title, whatever a later release makes of it.
    async fn known(
        &self,
        draft: DiagnosisDraft,
        at: &str,
        standing: &[Diagnosis],
    ) -> Result<DiagnosisDraft, Failure> {
        let wanted = Code::read(&draft.code);
        let stays = |known: &&Diagnosis| wanted.is_some() && Code::read(&known.code) == wanted;
        let (code, title) = match standing.iter().find(stays) {
            Some(known) => (known.code.clone(), known.title.clone()),
            None => self.codable(&draft.code, at).await?,
        };
        let mut checks = caregraph_kit::validate::Checks::new();
        let note = checks.optional_text(&format!("{at}.note"), draft.note.as_deref(), 2_000);
        checks.done::<Rejection>()?;
        Ok(DiagnosisDraft {
            code,
            title,
            note,
            primary: draft.primary,
        })
    }

    /// Code and title of what can be coded with `code`; what is refused stands at `at` in the input.
    async fn codable(&self, code: &str, at: &str) -> Result<(String, String), Failure> {
        let found = self.recording.codable(code).await;
        found.map_err(|failure| match failure {
            Failure::Refused(refusals) => Failure::refused(Rejection::invalid(
                &format!("{at}.code"),
                refusals.first().map_or_else(String::new, ToString::to_string),
            )),
            other => other,
        })
    }
}

fn signer(principal: &Principal) -> Result<PractitionerId, Failure<Stale>> {
    Ok(PractitionerId::of_user(principal.require_user()?))
}

fn on_encounter(
    entry: &mut Entry,
    change: impl FnOnce(&mut Encounter) -> Result<(), Rejection>,
) -> Result<(), Failure<Stale>> {
    match &mut entry.content {
        Content::Encounter(encounter) => change(encounter).map_err(Failure::refused),
        _ => Err(Failure::refused(Rejection::not_found("id", "encounter"))),
    }
}

/// The entry of a visit that was booked: it follows from the visit, so that the skeleton is made once.
pub(crate) fn entry_of(appointment: AppointmentId) -> RecordEntryId {
    /// A name space of our own, drawn at random.
    const VISITS: Uuid = Uuid::from_u128(0x7c1f_3a52_94d0_4e0b_8f66_2b0d_51c7_e9a4);
    Uuid::new_v5(&VISITS, appointment.uuid().as_bytes()).into()
}
