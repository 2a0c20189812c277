//! Reading records: what is shown was asked for at the door, and the door wrote it down.

use super::live::Changes;
use super::model::Entry;
use super::{Content, EntryStore};
use crate::access::{Access, Sight};
use crate::vitals::{Reading, Sign};
use caregraph_contracts::RecordPart;
use caregraph_contracts::events::EntryKind;
use caregraph_contracts::ids::{PatientId, RecordEntryId};
use caregraph_kit::auth::Principal;
use caregraph_kit::documents::{Filter, PageKey, Scalar};
use caregraph_kit::events::switchboard::Switchboard;
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::subgraph::DocumentGround;
use caregraph_kit::{Failure, Fault};
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Only of these kinds; all that are open when empty.
    pub kinds: Vec<EntryKind>,
    /// Only at this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Only before this time.
    pub to: Option<DateTime<Utc>>,
}

/// A record as somebody sees it, now or as it was.
#[derive(Debug, Clone)]
pub struct RecordView {
    pub(crate) sight: Sight,
    /// The time that was asked for; `None` for now.
    pub as_of: Option<DateTime<Utc>>,
    /// Everything it said at that time.
    snapshot: Option<Arc<Vec<Entry>>>,
}

impl RecordView {
    /// Whose record.
    pub fn patient(&self) -> PatientId {
        self.sight.patient
    }
}

/// Reads records. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    pub(super) access: Access,
    pub(super) store: EntryStore,
    pub(super) ground: DocumentGround,
    pub(super) live: Switchboard<Changes>,
}

/// Most entries of one kind that are read at once.
const MOST: u64 = 1000;

impl Reader {
    pub(crate) fn new(ground: &DocumentGround, access: Access, store: EntryStore) -> Self {
        let changes = Changes {
            access: access.clone(),
        };
        Self {
            access,
            store,
            ground: ground.clone(),
            live: Switchboard::new(changes, &ground.live, &ground.bus),
        }
    }

    /// A patient's record; as it was at a time, when one is given. `None` when there is none for the caller.
    pub async fn record(
        &self,
        principal: &Principal,
        patient: PatientId,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Option<RecordView>, Failure> {
        let what = if as_of.is_some() {
            "recordAsOf"
        } else {
            "medicalRecord"
        };
        let Some(sight) = self
            .access
            .look(principal, patient, what, RecordPart::ALL)
            .await?
        else {
            return Ok(None);
        };
        let snapshot = match as_of {
            Some(at) => Some(Arc::new(self.snapshot(&sight, at).await?)),
            None => None,
        };
        Ok(Some(RecordView {
            sight,
            as_of,
            snapshot,
        }))
    }

    /// Entries of one kind in a record, the newest first, at most a thousand.
    pub async fn of_kind(&self, view: &RecordView, kind: EntryKind) -> Result<Vec<Entry>, Failure> {
        if !view.sight.shows(kind) {
            return Ok(Vec::new());
        }
        if let Some(snapshot) = &view.snapshot {
            let of_kind = snapshot.iter().filter(|entry| entry.content.kind() == kind);
            return Ok(of_kind.cloned().collect());
        }
        let wanted = EntryFilter {
            kinds: vec![kind],
            ..EntryFilter::default()
        };
        let found = self.merged(&view.sight, &wanted, None, MOST).await?;
        Ok(found.into_iter().map(|(_, entry)| entry).collect())
    }

    /// A page of entries, the newest first; `None` when nothing of what is wanted is open to the caller.
    pub async fn page(
        &self,
        principal: &Principal,
        patient: PatientId,
        (what, filter): (&str, &EntryFilter),
        page: &PageArgs<PageKey>,
    ) -> Result<Option<Edges<PageKey, Entry>>, Failure> {
        let parts = parts_of(filter);
        let Some(sight) = self.access.look(principal, patient, what, &parts).await? else {
            return Ok(None);
        };
        let found = self
            .merged(&sight, filter, page.after.as_ref(), page.limit())
            .await?;
        Ok(Some(found))
    }

    /// Values of vital signs by time, the oldest first; at most those of a thousand sets, the newest ones.
    pub async fn vitals(
        &self,
        principal: &Principal,
        patient: PatientId,
        sign: Option<Sign>,
        (from, to): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    ) -> Result<Option<Vec<(Entry, Reading)>>, Failure> {
        let parts = [RecordPart::Vitals];
        let Some(sight) = self.access.look(principal, patient, "vitals", &parts).await? else {
            return Ok(None);
        };
        let filter = EntryFilter {
            kinds: vec![EntryKind::Vitals],
            from,
            to,
        };
        let mut found = self.merged(&sight, &filter, None, MOST).await?;
        found.reverse();
        let mut readings = Vec::new();
        for (_, entry) in found {
            let Content::Vitals(vitals) = &entry.content else {
                continue;
            };
            for reading in vitals.readings() {
                if sign.is_none_or(|sign| sign == reading.sign) {
                    readings.push((entry.clone(), reading));
                }
            }
        }
        Ok(Some(readings))
    }

    /// One entry, if there is one for the caller. That it was asked for is written down.
    pub async fn entry(
        &self,
        principal: &Principal,
        id: RecordEntryId,
        what: &str,
    ) -> Result<Option<Entry>, Failure> {
        Ok(self.visible(principal, id, what).await?.map(|(_, entry)| entry))
    }

    /// As [`Reader::entry`], with what is shown of the record, and why.
    pub(crate) async fn visible(
        &self,
        principal: &Principal,
        id: RecordEntryId,
        what: &str,
    ) -> Result<Option<(Sight, Entry)>, Failure> {
        Access::require_reader(principal)?;
        let Some(found) = self.store.get(id).await? else {
            return Ok(None);
        };
        let mut entry = found.value;
        let part = entry.content.kind().part();
        let sight = self.access.look(principal, entry.patient, what, &[part]).await?;
        Ok(sight
            .filter(|sight| !sight.released_only || (entry.released && !entry.retracted))
            .map(|sight| {
                entry.patient = sight.patient;
                (sight, entry)
            }))
    }

    /// What was taken down during a visit, as far as it is open to the caller.
    pub async fn during(&self, principal: &Principal, encounter: &Entry) -> Result<Vec<Entry>, Failure> {
        let asked = self
            .access
            .look(principal, encounter.patient, "encounter.entries", RecordPart::ALL);
        let Some(sight) = asked.await? else {
            return Ok(Vec::new());
        };
        let filter = Filter::is("encounter", Scalar::id(encounter.id));
        let found = self.store.list(filter, None, MOST).await?;
        let open =
            |entry: &Entry| sight.shows(entry.content.kind()) && (entry.released || !sight.released_only);
        Ok(found.into_iter().map(|(_, entry)| entry).filter(open).collect())
    }

    /// Entries that `sight` shows, the newest first. A person may have been several patients, and only some kinds may be open: each
    /// of these lists walks an index, so that a page costs the same wherever it lies.
    async fn merged(
        &self,
        sight: &Sight,
        filter: &EntryFilter,
        after: Option<&PageKey>,
        limit: u64,
    ) -> Result<Edges<PageKey, Entry>, Failure> {
        let open = |kind: &EntryKind| sight.shows(*kind);
        let wanted = |kind: &EntryKind| filter.kinds.is_empty() || filter.kinds.contains(kind);
        let kinds: Vec<EntryKind> = EntryKind::ALL
            .iter()
            .copied()
            .filter(|kind| open(kind) && wanted(kind))
            .collect();
        let all_kinds = kinds.len() == EntryKind::ALL.len();
        let mut found = Vec::new();
        for patient in &sight.patients {
            let mut base = Filter::is("patient", Scalar::id(*patient));
            if sight.released_only {
                base = base.and(Filter::is("released", true));
            }
            if let Some(from) = filter.from {
                base = base.and(Filter::at_least("at", from));
            }
            if let Some(to) = filter.to {
                base = base.and(Filter::less_than("at", to));
            }
            if all_kinds {
                found.extend(self.store.list(base, after.cloned(), limit).await?);
                continue;
            }
            for kind in &kinds {
                let of_kind = base.clone().and(Filter::is("kind", kind.as_str()));
                found.extend(self.store.list(of_kind, after.cloned(), limit).await?);
            }
        }
        found.sort_by_key(|(_, entry)| Reverse((entry.at, entry.id)));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        for (_, entry) in &mut found {
            entry.patient = sight.patient;
        }
        Ok(found)
    }

    /// Everything a record said at a time, the newest first.
    async fn snapshot(&self, sight: &Sight, at: DateTime<Utc>) -> Result<Vec<Entry>, Fault> {
        let mut then: HashMap<RecordEntryId, Entry> = HashMap::new();
        for patient in &sight.patients {
            let mut after = None;
            loop {
                let versions = self.store.versions_until(*patient, at, after).await?;
                let Some((last, _)) = versions.last() else { break };
                after = Some(last.clone());
                for (_, version) in versions {
                    let known = then.get(&version.entry.id);
                    if known.is_none_or(|known| known.number < version.entry.number) {
                        then.insert(version.entry.id, version.entry);
                    }
                }
            }
        }
        let mut entries = Vec::with_capacity(then.len());
        for mut entry in then.into_values().filter(|entry| !entry.retracted) {
            let open = sight.shows(entry.content.kind());
            // What was withheld later is not released by asking for an earlier time.
            if !open || (sight.released_only && !(entry.released && self.is_released(entry.id).await?)) {
                continue;
            }
            entry.patient = sight.patient;
            entries.push(entry);
        }
        entries.sort_by_key(|entry| Reverse((entry.at, entry.id)));
        Ok(entries)
    }

    async fn is_released(&self, id: RecordEntryId) -> Result<bool, Fault> {
        let now = self.store.get(id).await?;
        Ok(now.is_some_and(|now| now.value.released && !now.value.retracted))
    }
}

fn parts_of(filter: &EntryFilter) -> Vec<RecordPart> {
    if filter.kinds.is_empty() {
        return RecordPart::ALL.to_vec();
    }
    filter.kinds.iter().map(|kind| kind.part()).collect()
}
