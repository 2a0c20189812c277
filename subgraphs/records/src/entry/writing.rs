//! Writing entries: a version more each time, committed with what it tells; never something else than what was seen.

use super::model::Entry;
use super::{Content, EntryStore, MedicalDocument};
use crate::access::{Access, Sight};
use caregraph_contracts::WriteAccess;
use caregraph_contracts::events::EntryKind;
use caregraph_contracts::ids::{Id, RecordEntryId};
use caregraph_kit::auth::Principal;
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::documents::{Commit, Documents};
use caregraph_kit::files::{FileOwner, Files};
use caregraph_kit::subgraph::DocumentGround;
use caregraph_kit::{Clock, Failure, Fault, Rejection};
use chrono::{DateTime, Utc};

/// Why an entry was not changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Stale {
    /// For a reason that every use case may have.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Somebody else was faster; this is what it says now.
    #[error("somebody else has changed this meanwhile")]
    Newer(Box<Entry>),
}

/// An entry to be written.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// What it says.
    pub content: Content,
    /// The visit during which it is written.
    pub encounter: Option<RecordEntryId>,
    /// Whether the patient may read it.
    pub released: bool,
    /// Whether the program writes it by itself, and under which identifier.
    pub key: Option<String>,
}

/// By what right somebody writes, and when.
pub(crate) struct Occasion<'a> {
    /// What the record shows to whoever writes, and why.
    pub sight: &'a Sight,
    /// When.
    pub now: DateTime<Utc>,
}

/// Writes entries. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Writer {
    pub access: Access,
    pub store: EntryStore,
    pub documents: Documents,
    pub clock: Clock,
    pub(super) cipher: FieldCipher,
    files: Files,
}

/// How often something that fits whatever the entry says now is tried again when somebody was faster.
const RACES: u32 = 20;

impl Writer {
    pub fn new(ground: &DocumentGround, access: Access, store: EntryStore, files: Files) -> Self {
        Self {
            access,
            store,
            documents: ground.documents.clone(),
            clock: ground.clock.clone(),
            cipher: ground.cipher.clone(),
            files,
        }
    }

    /// Writes a new entry into the record that `sight` shows. With the key of a request that came before, gives what that wrote.
    pub async fn create(&self, sight: &Sight, draft: Draft) -> Result<Entry, Failure> {
        self.create_as(self.clock.new_id(), sight, draft).await
    }

    /// As [`Writer::create`], under an identifier that follows from what it is about; refused when there is such an entry.
    pub async fn create_as(&self, id: RecordEntryId, sight: &Sight, draft: Draft) -> Result<Entry, Failure> {
        let now = self.clock.now();
        let origin = draft.key.map(|key| format!("{}/{key}", sight.viewer));
        if let Some(encounter) = draft.encounter {
            self.require_encounter(sight, encounter).await?;
        }
        let entry = Entry {
            id,
            patient: sight.patient,
            number: 1,
            at: draft.content.at(now),
            content: draft.content,
            encounter: draft.encounter,
            released: draft.released,
            retracted: false,
            origin: origin.clone(),
            created_at: now,
            created_by: Some(sight.viewer),
            changed_at: now,
            changed_by: Some(sight.viewer),
        };
        let mut commit = Commit::new();
        self.add(&mut commit, &entry, Some(sight.write_access()))?;
        if let Content::Document(MedicalDocument { file: Some(file), .. }) = &entry.content {
            if let Some(before) = self.before(origin.as_deref(), &entry).await? {
                return Ok(before);
            }
            let owner = FileOwner {
                subject: sight.patient.uuid(),
                by: sight.viewer,
            };
            self.files.attach(&mut commit, *file, owner).await?;
        }
        match (self.documents.commit(commit).await, origin) {
            (Ok(_), _) => Ok(entry),
            (Err(error), Some(origin)) if error.duplicate() == Some("once") => {
                let before = self.before(Some(&origin), &entry).await?;
                before.ok_or_else(|| Rejection::conflict("idempotencyKey", "try again").into())
            }
            (Err(error), _) if error.duplicate().is_some() => {
                Err(Rejection::conflict("", "there is such an entry already").into())
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    /// What the same request wrote before; refused when its key was used for something else.
    async fn before(&self, origin: Option<&str>, entry: &Entry) -> Result<Option<Entry>, Failure> {
        let Some(origin) = origin else { return Ok(None) };
        let Some(before) = self.store.of_origin(origin).await? else {
            return Ok(None);
        };
        // It may have been changed since; what the request wrote is its first version.
        let written = self.store.first_version(before.id).await?;
        let same = written.is_some_and(|written| written.content.asks_the_same_as(&entry.content));
        if before.patient != entry.patient || !same {
            let message = "this key was used for something else";
            return Err(Rejection::conflict("idempotencyKey", message).into());
        }
        Ok(Some(before))
    }

    /// Puts a new entry and what it tells into a commit; `allowed_by` is `None` for what the program writes by itself.
    pub fn add(
        &self,
        commit: &mut Commit,
        entry: &Entry,
        allowed_by: Option<WriteAccess>,
    ) -> Result<(), Fault> {
        self.store.insert(commit, entry)?;
        self.tell(commit, None, entry, allowed_by)
    }

    async fn require_encounter(&self, sight: &Sight, id: RecordEntryId) -> Result<(), Failure> {
        let found = self.store.get(id).await?.filter(|found| {
            found.value.content.kind() == EntryKind::Encounter
                && sight.patients.contains(&found.value.patient)
        });
        if found.is_none() {
            return Err(Rejection::not_found("encounterId", "encounter").into());
        }
        Ok(())
    }

    /// An entry of one kind that `principal` may write, with the version of its document and what allows it.
    pub async fn load(
        &self,
        principal: &Principal,
        id: RecordEntryId,
        kind: EntryKind,
        path: &str,
    ) -> Result<(i64, Entry, Sight), Failure> {
        let missing = || Rejection::not_found(path, what(kind));
        let found = self
            .store
            .get(id)
            .await?
            .filter(|found| found.value.content.kind() == kind)
            .ok_or_else(missing)?;
        // What cannot be seen is not there, whatever else might be wrong.
        let patient = found.value.patient;
        match self.access.write(principal, patient, kind, path).await {
            Ok(sight) => Ok((found.version, found.value, sight)),
            Err(Failure::Refused(refusals))
                if refusals
                    .iter()
                    .all(|refusal| matches!(refusal, Rejection::NotFound { .. })) =>
            {
                Err(missing().into())
            }
            Err(other) => Err(other),
        }
    }

    /// Writes another version of an entry. `seen` is the version that the caller has read; without it, `change` fits whatever the
    /// entry says, and is applied to what somebody else wrote meanwhile.
    pub async fn change(
        &self,
        principal: &Principal,
        (id, kind): (RecordEntryId, EntryKind),
        seen: Option<i64>,
        reason: Option<&str>,
        change: impl Fn(&mut Entry, &Occasion<'_>) -> Result<(), Failure<Stale>>,
    ) -> Result<Entry, Failure<Stale>> {
        Access::require_writer(principal, kind)?;
        for _ in 0..RACES {
            let loaded = self.load(principal, id, kind, "id").await;
            let (version, before, sight) = loaded.map_err(Failure::widen)?;
            if seen.is_some_and(|seen| seen != before.number) {
                return Err(self.newer(principal, before).await);
            }
            if before.retracted {
                let message = "it was entered in error and counts for nothing";
                return Err(Failure::refused(Rejection::conflict("id", message)));
            }
            let now = self.clock.now();
            let mut after = before.clone();
            change(&mut after, &Occasion { sight: &sight, now })?;
            if after == before {
                return Ok(before);
            }
            after.number += 1;
            after.at = after.content.at(before.created_at);
            after.changed_at = now;
            after.changed_by = principal.user_id();
            let mut commit = Commit::new();
            self.store.replace(&mut commit, version, &after, reason)?;
            self.tell(&mut commit, Some(&before), &after, Some(sight.write_access()))?;
            match self.documents.commit(commit).await {
                Ok(_) => return Ok(after),
                // Whoever said what they had seen learns of the newer version in the next round.
                Err(error) if error.lost_a_race() => {}
                Err(error) => return Err(Failure::Fault(error.into())),
            }
        }
        let message = "it is being changed elsewhere; try again";
        Err(Failure::refused(Rejection::conflict("id", message)))
    }

    /// Shows what an entry says now to somebody who has read an older version. That is a look, and written down as any other.
    pub async fn newer(&self, principal: &Principal, current: Entry) -> Failure<Stale> {
        let kind = current.content.kind();
        let parts = [kind.part()];
        let look = self.access.look(principal, current.patient, "StaleEntry", &parts);
        match look.await {
            Ok(Some(_)) => Failure::refused(Stale::Newer(Box::new(current))),
            Ok(None) => Failure::refused(Rejection::not_found("id", what(kind))),
            Err(failure) => failure.widen(),
        }
    }
}

/// What people call an entry of a kind.
pub(crate) const fn what(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Encounter => "encounter",
        EntryKind::Vitals => "vital signs",
        EntryKind::Allergy => "allergy",
        EntryKind::Condition => "condition",
        EntryKind::Immunization => "immunization",
        EntryKind::Medication => "medication statement",
        EntryKind::Document => "document",
        EntryKind::Background => "background",
    }
}
