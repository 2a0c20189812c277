//! Files that belong to documents of a record: leave to upload one, and to read one.

use crate::access::Access;
use crate::downloads::Through;
use crate::entry::{Content, MedicalDocument, Reader};
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

    /// An address where the file of a document can be read, as long as the document is open to the caller; `None` when there is no such
    /// file for them. That it was asked for is written down.
    pub async fn download(
        &self,
        principal: &Principal,
        document: RecordEntryId,
        disposition: Disposition,
    ) -> Result<Option<DownloadLink>, Failure> {
        let user = principal.require_user()?;
        let Some((sight, entry)) = self.reader.visible(principal, document, "download").await? else {
            return Ok(None);
        };
        let Content::Document(MedicalDocument { file: Some(file), .. }) = entry.content else {
            return Ok(None);
        };
        let through = Through::document(document, &sight).to_string();
        let link = self
            .files
            .download_link_through(file, user, disposition, &through);
        link.await.map(Some)
    }
}
