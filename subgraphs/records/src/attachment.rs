//! Files that belong to documents of a record: leave to upload one, and to read one.

use crate::access::Access;
use crate::entry::{Content, Reader};
use caregraph_contracts::events::EntryKind;
use caregraph_contracts::ids::{FileId, Id, PatientId, RecordEntryId};
use caregraph_kit::auth::Principal;
use caregraph_kit::files::{Disposition, DownloadLink, FileInfo, FileOwner, Files, UploadTicket};
use caregraph_kit::{Failure, Fault};

/// Use cases about files. Cheap to clone.
#[derive(Clone)]
pub struct Attachments {
    access: Access,
    reader: Reader,
    files: Files,
}

impl Attachments {
    pub(crate) fn new(access: Access, reader: Reader, files: Files) -> Self {
        Self {
            access,
            reader,
            files,
        }
    }

    /// Leave to upload a file that is to belong to a document of a patient's record.
    pub async fn request_upload(
        &self,
        principal: &Principal,
        patient: PatientId,
        name: &str,
    ) -> Result<UploadTicket, Failure> {
        let sight = self
            .access
            .write(principal, patient, EntryKind::Document, "patientId")
            .await?;
        let owner = FileOwner {
            subject: sight.patient.uuid(),
            by: sight.viewer,
        };
        self.files.begin(owner, name).await
    }

    /// What is known of a file of a document that the caller was shown.
    pub async fn info(&self, file: FileId) -> Result<Option<FileInfo>, Fault> {
        let found = self.files.infos(&[file]).await;
        Ok(found
            .map_err(|error| Fault::new("a file is not known", error))?
            .pop())
    }

    /// An address where the file of a document can be read; `None` when there is no such file for the caller. That it was asked for
    /// is written down.
    pub async fn download(
        &self,
        principal: &Principal,
        document: RecordEntryId,
        disposition: Disposition,
    ) -> Result<Option<DownloadLink>, Failure> {
        let user = principal.require_user()?;
        let entry = self.reader.entry(principal, document, "download").await?;
        match entry.map(|entry| entry.content) {
            Some(Content::Document(document)) => match document.file {
                Some(file) => self.files.download_link(file, user, disposition).await.map(Some),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }
}
