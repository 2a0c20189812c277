//! What is known about a file, and what may become of it.

use super::{FileKind, FileOwner};
use crate::documents::{Declaration, Direction, Document, Kind, SealedPath, micros};
use caregraph_contracts::ids::{FileId, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long an address to upload to is good.
pub const UPLOAD_LINK: TimeDelta = TimeDelta::minutes(10);
/// How long an address to download from is good.
pub const DOWNLOAD_LINK: TimeDelta = TimeDelta::minutes(5);
/// How long one upload may take.
pub const LONGEST_UPLOAD: TimeDelta = TimeDelta::hours(1);
/// How long a file waits for being attached, and leftovers for being removed.
pub const WAITING: TimeDelta = TimeDelta::hours(24);

/// What is sealed in the collection of files: to be added to the seals of a domain that keeps files.
pub const FILE_SEALS: [SealedPath; 3] = [
    SealedPath {
        collection: FileRow::COLLECTION,
        field: "name",
    },
    SealedPath {
        collection: FileRow::COLLECTION,
        field: "key",
    },
    SealedPath {
        collection: FileRow::COLLECTION,
        field: "digest",
    },
];

/// Where a file stands.
///
/// ```text
/// PENDING ⇄ RECEIVING → STORED → ATTACHED
///     └──────────┴─────────┴────────┴──────→ REMOVED → (forgotten)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FileState {
    /// Its content is waited for.
    Pending,
    /// Its content is arriving, or was when a process died.
    Receiving,
    /// Its content is there, and it belongs to nothing yet.
    Stored,
    /// It belongs to something.
    Attached,
    /// It is gone for everybody; content and document follow.
    Removed,
}

impl FileState {
    /// As it stands in documents.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Receiving => "RECEIVING",
            Self::Stored => "STORED",
            Self::Attached => "ATTACHED",
            Self::Removed => "REMOVED",
        }
    }
}

/// The document about a file. A domain that keeps files declares it: `FileRow::declaration()` beside its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    /// Whom or what it is about, for example a patient.
    pub(super) subject: Uuid,
    /// Who uploads it.
    pub(super) by: UserId,
    pub(super) state: FileState,
    /// Since when it is in this state.
    #[serde(with = "micros")]
    pub(super) since: DateTime<Utc>,
    /// Until when its content may begin to arrive.
    #[serde(with = "micros")]
    pub(super) upload_until: DateTime<Utc>,
    /// One of the numbered seats of people whose files wait to be attached. It is what keeps them from having too many,
    /// however many requests compete: no two documents have the same seat.
    pub(super) seat: Option<String>,
    /// Where the content is, as soon as it may be there. Says nothing about the file.
    pub(super) object: Option<String>,
    pub(super) kind: Option<FileKind>,
    /// In bytes.
    pub(super) size: Option<i64>,
    /// Sealed: names of files hold names of people.
    pub(super) name: String,
    /// Sealed: what opens the content.
    pub(super) key: Option<String>,
    /// Sealed: the SHA-256 of the content, by which a known document could be recognised.
    pub(super) digest: Option<String>,
}

impl Document for FileRow {
    type Id = FileId;

    const COLLECTION: &'static str = "files";

    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
            .field("subject", Kind::Text)
            .field("by", Kind::Text)
            .field("state", Kind::Text)
            .field("since", Kind::Integer)
            .field("seat", Kind::Text)
            .field("object", Kind::Text)
            .unique("one_per_seat", &["seat"])
            .unique("one_per_object", &["object"])
            .index("by_subject", &[("subject", Direction::Ascending)])
            .index(
                "by_state",
                &[("state", Direction::Ascending), ("since", Direction::Ascending)],
            )
            .index(
                "by_user",
                &[("by", Direction::Ascending), ("seat", Direction::Ascending)],
            )
    }
}

/// Why a file cannot be attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotAttachable {
    /// It is not there for whoever asks, or not any more.
    Nowhere,
    /// Its content has not arrived.
    Unfinished,
    /// It belongs to something already.
    Attached,
}

impl FileRow {
    /// A file whose content is waited for.
    pub(super) fn begun(subject: Uuid, by: UserId, seat: String, name: String, now: DateTime<Utc>) -> Self {
        Self {
            subject,
            by,
            state: FileState::Pending,
            since: now,
            upload_until: now + UPLOAD_LINK,
            seat: Some(seat),
            object: None,
            kind: None,
            size: None,
            name,
            key: None,
            digest: None,
        }
    }

    /// A file whose content we are making ourselves. It takes no seat: nobody has to wait for it.
    pub(super) fn made(owner: FileOwner, name: String, now: DateTime<Utc>) -> Self {
        let mut row = Self::begun(owner.subject, owner.by, String::new(), name, now);
        row.seat = None;
        row.becoming(FileState::Receiving, now)
    }

    /// Another state.
    #[must_use]
    pub(super) fn becoming(mut self, state: FileState, now: DateTime<Utc>) -> Self {
        self.state = state;
        self.since = now;
        match state {
            FileState::Pending => {
                self.object = None;
                self.key = None;
            }
            FileState::Attached | FileState::Removed => self.seat = None,
            FileState::Receiving | FileState::Stored => {}
        }
        self
    }

    /// Whether nothing more can come of the upload, so that its seat may be given to another.
    pub(super) fn is_abandoned(&self, now: DateTime<Utc>) -> bool {
        match self.state {
            FileState::Pending => self.upload_until <= now,
            // Longer than any upload may take, for clocks that differ.
            FileState::Receiving => self.since + LONGEST_UPLOAD * 2 <= now,
            FileState::Stored => self.has_waited(now),
            FileState::Attached | FileState::Removed => false,
        }
    }

    /// Whether it has waited too long for what comes next.
    pub(super) fn has_waited(&self, now: DateTime<Utc>) -> bool {
        self.since + WAITING <= now
    }

    /// Whether `by` may attach it to something about `subject` now.
    pub(super) fn may_be_attached(
        &self,
        subject: Uuid,
        by: UserId,
        now: DateTime<Utc>,
    ) -> Result<(), NotAttachable> {
        if (self.subject, self.by) != (subject, by) {
            return Err(NotAttachable::Nowhere);
        }
        match self.state {
            FileState::Pending | FileState::Receiving => Err(NotAttachable::Unfinished),
            FileState::Stored if self.has_waited(now) => Err(NotAttachable::Nowhere),
            FileState::Stored => Ok(()),
            FileState::Attached => Err(NotAttachable::Attached),
            FileState::Removed => Err(NotAttachable::Nowhere),
        }
    }

    /// Whether `user` may read it with an address that was made for them: attached ones as whoever makes addresses decides,
    /// others by whoever uploaded them.
    pub(super) fn may_be_read(&self, user: UserId) -> bool {
        match self.state {
            FileState::Attached => true,
            FileState::Stored => self.by == user,
            FileState::Pending | FileState::Receiving | FileState::Removed => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENT: Uuid = Uuid::from_u128(1);

    fn user(number: u128) -> UserId {
        UserId::from(Uuid::from_u128(number))
    }

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn begun() -> FileRow {
        FileRow::begun(PATIENT, user(7), "7/0".to_owned(), "sealed".to_owned(), at(0))
    }

    #[test]
    fn a_seat_is_free_when_nothing_more_can_come() {
        let row = begun();
        assert!(!row.is_abandoned(at(9)) && row.is_abandoned(at(10)));
        let row = row.becoming(FileState::Receiving, at(9));
        assert!(!row.is_abandoned(at(60)) && row.is_abandoned(at(129)));
        let row = row.becoming(FileState::Stored, at(10));
        assert!(!row.is_abandoned(at(10 + 24 * 60 - 1)) && row.is_abandoned(at(10 + 24 * 60)));
        assert!(row.seat.is_some());
        let row = row.becoming(FileState::Attached, at(20));
        assert!(!row.is_abandoned(at(1_000_000)) && row.seat.is_none());
    }

    #[test]
    fn it_is_attached_once_by_its_uploader_for_its_subject_and_in_time() {
        let row = begun();
        let attach = |row: &FileRow, minute| row.may_be_attached(PATIENT, user(7), at(minute));
        assert_eq!(attach(&row, 1), Err(NotAttachable::Unfinished));
        let row = row.becoming(FileState::Stored, at(5));
        assert_eq!(attach(&row, 6), Ok(()));
        assert_eq!(attach(&row, 5 + 24 * 60), Err(NotAttachable::Nowhere));
        for (subject, by) in [(Uuid::nil(), user(7)), (PATIENT, user(8))] {
            assert_eq!(
                row.may_be_attached(subject, by, at(6)),
                Err(NotAttachable::Nowhere)
            );
        }
        let row = row.becoming(FileState::Attached, at(7));
        assert_eq!(attach(&row, 8), Err(NotAttachable::Attached));
        let row = row.becoming(FileState::Removed, at(9));
        assert_eq!(attach(&row, 10), Err(NotAttachable::Nowhere));
    }

    #[test]
    fn before_it_is_attached_only_its_uploader_reads_it() {
        let row = begun();
        assert!(!row.may_be_read(user(7)));
        let row = row.becoming(FileState::Stored, at(1));
        assert!(row.may_be_read(user(7)) && !row.may_be_read(user(8)));
        let row = row.becoming(FileState::Attached, at(2));
        assert!(row.may_be_read(user(8)));
        assert!(!row.becoming(FileState::Removed, at(3)).may_be_read(user(8)));
    }
}
