//! What becomes of an export. Pure.

use caregraph_contracts::Domain;
use caregraph_contracts::events::ExportPart;
use caregraph_contracts::ids::{DataExportId, FileId, PatientId, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How long an archive is kept: long enough to be fetched, short enough that it lies about nowhere.
pub const KEPT: TimeDelta = TimeDelta::days(7);

/// Who asks again within this time gets the export that there is. One that is not ready after it has got stuck, and gives way.
const ONE_PER: TimeDelta = TimeDelta::hours(24);

/// Where an export stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExportStatus {
    /// Not everybody has answered, or the archive is being made.
    Assembling,
    /// It can be fetched.
    Ready,
    /// It is gone.
    Expired,
}

/// What a domain has answered so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    of: u32,
    numbers: BTreeSet<u32>,
}

impl Answer {
    fn is_whole(&self) -> bool {
        self.of > 0 && (1..=self.of).all(|number| self.numbers.contains(&number))
    }
}

/// An export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Identifies it.
    pub id: DataExportId,
    /// About whom.
    pub patient: PatientId,
    /// Who asked, and may fetch it.
    pub requested_by: UserId,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// Where it stands.
    pub status: ExportStatus,
    /// What has arrived.
    pub(crate) answers: BTreeMap<Domain, Answer>,
    /// The archive.
    pub(crate) file: Option<FileId>,
    /// How large the archive is, in bytes.
    pub size: Option<u64>,
    /// When it was ready.
    pub ready_at: Option<DateTime<Utc>>,
    /// Until when it is kept.
    pub until: Option<DateTime<Utc>>,
}

impl Export {
    /// A new one.
    pub(crate) fn requested(
        id: DataExportId,
        patient: PatientId,
        requested_by: UserId,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            patient,
            requested_by,
            requested_at: now,
            status: ExportStatus::Assembling,
            answers: BTreeMap::new(),
            file: None,
            size: None,
            ready_at: None,
            until: None,
        }
    }

    /// Whether it is what somebody gets who asks now.
    pub(crate) fn will_do(&self, now: DateTime<Utc>) -> bool {
        match self.status {
            ExportStatus::Assembling | ExportStatus::Ready => now < self.requested_at + ONE_PER,
            ExportStatus::Expired => false,
        }
    }

    /// Notes that a part has arrived. Whether that was the last one.
    pub(crate) fn hear(&mut self, part: &ExportPart) -> bool {
        let answer = self.answers.entry(part.domain).or_default();
        answer.of = part.of;
        answer.numbers.insert(part.number);
        self.missing().next().is_none()
    }

    /// Domains that have not said everything.
    pub fn missing(&self) -> impl Iterator<Item = Domain> + '_ {
        let asked = Domain::ALL
            .iter()
            .copied()
            .filter(|domain| *domain != Domain::Records);
        asked.filter(|domain| !self.answers.get(domain).is_some_and(Answer::is_whole))
    }

    /// The archive is there.
    pub(crate) fn becomes_ready(&mut self, file: FileId, size: u64, now: DateTime<Utc>) -> DateTime<Utc> {
        let until = now + KEPT;
        self.status = ExportStatus::Ready;
        self.file = Some(file);
        self.size = Some(size);
        self.ready_at = Some(now);
        self.until = Some(until);
        until
    }

    /// The archive is removed. Gives the file.
    pub(crate) fn expires(&mut self) -> Option<FileId> {
        self.status = ExportStatus::Expired;
        self.file.take()
    }

    /// The archive, for whoever asked for it and while it is kept.
    pub(crate) fn file_for(&self, user: UserId, now: DateTime<Utc>) -> Option<FileId> {
        let is_kept = self.status == ExportStatus::Ready && self.until.is_some_and(|until| now < until);
        self.file.filter(|_| is_kept && self.requested_by == user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    fn export() -> Export {
        let [id, patient, user] = [1, 2, 3].map(Uuid::from_u128);
        Export::requested(id.into(), patient.into(), user.into(), at(0))
    }

    fn part(domain: Domain, number: u32, of: u32) -> ExportPart {
        let export = export();
        ExportPart {
            export_id: export.id,
            patient_id: export.patient,
            domain,
            number,
            of,
            list: "list".to_owned(),
            rows: Vec::new(),
        }
    }

    #[test]
    fn it_is_complete_when_every_domain_has_said_everything_in_whatever_order() {
        let mut export = export();
        for domain in Domain::ALL
            .iter()
            .rev()
            .filter(|domain| **domain != Domain::Records)
        {
            assert!(export.missing().any(|missing| missing == *domain));
            assert!(!export.hear(&part(*domain, 3, 3)));
            assert!(!export.hear(&part(*domain, 1, 3)));
            assert!(!export.hear(&part(*domain, 1, 3)), "the same part again");
            let was_last = export.hear(&part(*domain, 2, 3));
            assert_eq!(was_last, *domain == Domain::Identity, "{domain}");
        }
        assert_eq!(export.missing().count(), 0);
    }

    #[test]
    fn whoever_asks_again_the_same_day_gets_the_same() {
        let mut export = export();
        assert!(export.will_do(at(23)) && !export.will_do(at(24)), "it got stuck");
        export.becomes_ready(Uuid::from_u128(9).into(), 1, at(2));
        assert!(export.will_do(at(23)) && !export.will_do(at(24)));
        export.expires();
        assert!(!export.will_do(at(3)));
    }

    #[test]
    fn only_who_asked_fetches_it_and_only_while_it_is_kept() {
        let mut export = export();
        let (user, other) = (export.requested_by, UserId::from(Uuid::from_u128(4)));
        assert_eq!(export.file_for(user, at(1)), None);
        let file = FileId::from(Uuid::from_u128(9));
        let until = export.becomes_ready(file, 1, at(1));
        assert_eq!(until, at(1) + KEPT);
        assert_eq!(export.file_for(user, at(2)), Some(file));
        assert_eq!(export.file_for(other, at(2)), None);
        assert_eq!(export.file_for(user, until), None);
        assert_eq!(export.expires(), Some(file));
        assert_eq!(export.file_for(user, at(2)), None);
    }
}
