//! Whether somebody may still read a file whose address they were given minutes ago.
//!
//! An address says through what it was given: which document, what had opened the record, and whether only released entries were
//! shown. When it is used, all of that must still hold. Roles are not looked at again: whoever fetches a file brings no token. Somebody
//! who lost a role keeps reading for the five minutes that an address is good.

use crate::access::Sight;
use crate::access::store::AccessStore;
use crate::entry::{Content, EntryStore, MedicalDocument};
use crate::export::ExportStore;
use async_trait::async_trait;
use caregraph_contracts::ids::{DataExportId, RecordEntryId};
use caregraph_contracts::{AccessBasis, RecordPart};
use caregraph_kit::files::{Download, DownloadGuard};
use caregraph_kit::{Clock, Fault};
use std::fmt;

/// Through what somebody was given the address of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Through {
    /// A document of a record that was open to them.
    Document {
        /// Which document.
        id: RecordEntryId,
        /// What had opened the record.
        basis: AccessBasis,
        /// Whether they were shown only what is released.
        released_only: bool,
    },
    /// An archive that they had asked for.
    Export(DataExportId),
}

/// What stands in an address for documents that are shown to whoever treats the patient, and for those that are shown when released.
const ALL: &str = "all";
const RELEASED: &str = "released";

impl Through {
    /// A document that `sight` shows.
    pub fn document(id: RecordEntryId, sight: &Sight) -> Self {
        Self::Document {
            id,
            basis: sight.basis,
            released_only: sight.released_only,
        }
    }

    /// Reads exactly what [`Through`] prints.
    fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('.').collect();
        match parts.as_slice() {
            ["document", id, basis, shown] => Some(Self::Document {
                id: id.parse().ok()?,
                basis: basis.parse().ok()?,
                released_only: match *shown {
                    ALL => false,
                    RELEASED => true,
                    _ => return None,
                },
            }),
            ["export", id] => Some(Self::Export(id.parse().ok()?)),
            _ => None,
        }
    }
}

impl fmt::Display for Through {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document {
                id,
                basis,
                released_only,
            } => {
                let shown = if *released_only { RELEASED } else { ALL };
                write!(f, "document.{id}.{basis}.{shown}")
            }
            Self::Export(id) => write!(f, "export.{id}"),
        }
    }
}

/// Looks again when a download begins.
pub(crate) struct Downloads {
    pub access: AccessStore,
    pub entries: EntryStore,
    pub exports: ExportStore,
    pub clock: Clock,
}

#[async_trait]
impl DownloadGuard for Downloads {
    async fn may_begin(&self, download: &Download<'_>) -> Result<bool, Fault> {
        match Through::read(download.through) {
            Some(Through::Document {
                id,
                basis,
                released_only,
            }) => self.is_shown(download, id, (basis, released_only)).await,
            Some(Through::Export(id)) => self.is_theirs(download, id).await,
            None => Ok(false),
        }
    }
}

impl Downloads {
    async fn is_shown(
        &self,
        download: &Download<'_>,
        id: RecordEntryId,
        (basis, released_only): (AccessBasis, bool),
    ) -> Result<bool, Fault> {
        let Some(found) = self.entries.get(id).await? else {
            return Ok(false);
        };
        let document = found.value;
        let holds_it = matches!(
            &document.content,
            Content::Document(MedicalDocument { file: Some(file), .. }) if *file == download.file
        );
        let is_shown = !released_only || (document.released && !document.retracted);
        if !holds_it || !is_shown {
            return Ok(false);
        }
        let now = self.clock.now();
        let facts = self.access.facts(download.user, document.patient, now).await?;
        Ok(facts.still_allow(basis, download.user, RecordPart::Documents, now))
    }

    async fn is_theirs(&self, download: &Download<'_>, id: DataExportId) -> Result<bool, Fault> {
        let now = self.clock.now();
        let Some(export) = self.exports.get(id).await? else {
            return Ok(false);
        };
        let export = export.value;
        if export.file_for(download.user, now) != Some(download.file) {
            return Ok(false);
        }
        let facts = self.access.facts(download.user, export.patient, now).await?;
        Ok(facts.is_own(download.user) || facts.acts(download.user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn what_stands_in_an_address_reads_back() {
        let id = Uuid::from_u128(7);
        let document = |basis: &AccessBasis| {
            [true, false].map(|released_only| Through::Document {
                id: id.into(),
                basis: *basis,
                released_only,
            })
        };
        let export = Through::Export(id.into());
        let documents = AccessBasis::ALL.iter().flat_map(document);
        for through in documents.chain([export]) {
            let text = through.to_string();
            assert_eq!(Through::read(&text), Some(through), "{text}");
            let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
            assert!(text.chars().all(is_plain), "{text} needs no escapes");
        }
        for nothing in [
            "",
            "export",
            "export.7",
            "document",
            "x.y.z",
            "document.7.CARE.all",
        ] {
            assert_eq!(Through::read(nothing), None, "{nothing}");
        }
        let some = format!("document.{id}.CARE.some");
        assert_eq!(Through::read(&some), None);
    }
}
