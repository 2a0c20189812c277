//! Asking for an archive, and fetching it.

use super::model::{Export, ExportStatus};
use super::store::ExportStore;
use crate::access::{Access, Sight};
use crate::downloads::Through;
use caregraph_contracts::events::{ExportRequest, RecordsEvent};
use caregraph_contracts::ids::{DataExportId, PatientId, UserId};
use caregraph_contracts::{AccessBasis, RecordPart, Scope};
use caregraph_kit::auth::Principal;
use caregraph_kit::documents::{Commit, Documents, Versioned};
use caregraph_kit::files::{Disposition, DownloadLink, Files};
use caregraph_kit::subgraph::DocumentGround;
use caregraph_kit::{Clock, Failure, Fault, Rejection};

/// Use cases about exports. Cheap to clone.
#[derive(Clone)]
pub struct Exports {
    access: Access,
    store: ExportStore,
    documents: Documents,
    files: Files,
    clock: Clock,
}

impl Exports {
    pub(crate) fn new(ground: &DocumentGround, access: Access, store: ExportStore, files: Files) -> Self {
        Self {
            access,
            store,
            documents: ground.documents.clone(),
            files,
            clock: ground.clock.clone(),
        }
    }

    /// Has everything about a patient put together, for the patient or somebody who acts for them. Whoever asks again the same day gets
    /// the same export; one that is not there after a day gives way to another.
    pub async fn request(&self, principal: &Principal, patient: PatientId) -> Result<Export, Failure> {
        let sight = self.own(principal, patient).await?;
        let sight = sight.ok_or_else(|| Rejection::not_found("patientId", "patient"))?;
        // Of two requests at once, the second finds what the first has begun.
        for _ in 0..2 {
            let now = self.clock.now();
            let known = self.store.of(sight.viewer, sight.patient).await?;
            if let Some(known) = known.iter().find(|known| known.will_do(now)) {
                return Ok(known.clone());
            }
            let export = Export::requested(self.clock.new_id(), sight.patient, sight.viewer, now);
            let mut commit = Commit::new();
            for stuck in known
                .iter()
                .filter(|known| known.status == ExportStatus::Assembling)
            {
                self.give_up(&mut commit, stuck.id).await?;
            }
            ExportStore::insert(&mut commit, &export)?;
            commit.tell(&RecordsEvent::DataExportRequested {
                request: ExportRequest {
                    export_id: export.id,
                    patient_id: sight.patient,
                    requested_by: sight.viewer,
                },
            })?;
            match self.documents.commit(commit).await {
                Ok(_) => return Ok(export),
                Err(error) if error.lost_a_race() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Rejection::conflict("patientId", "somebody is asking at this moment; try again").into())
    }

    /// Ends an export for which somebody has waited in vain, with what has arrived.
    async fn give_up(&self, commit: &mut Commit, id: DataExportId) -> Result<(), Fault> {
        let Some(Versioned {
            version, mut value, ..
        }) = self.store.get(id).await?
        else {
            return Ok(());
        };
        value.expires();
        ExportStore::replace(commit, version, &value)?;
        for part in self.store.parts(id).await? {
            ExportStore::forget(commit, &part);
        }
        Ok(())
    }

    /// What the caller has asked for about a patient, the latest first; `None` when the patient is not theirs to ask about.
    pub async fn list(
        &self,
        principal: &Principal,
        patient: PatientId,
    ) -> Result<Option<Vec<Export>>, Failure> {
        match self.own(principal, patient).await? {
            Some(sight) => Ok(Some(self.store.of(sight.viewer, sight.patient).await?)),
            None => Ok(None),
        }
    }

    /// One export that the caller has asked for.
    pub async fn get(&self, principal: &Principal, id: DataExportId) -> Result<Option<Export>, Failure> {
        let user = principal.require(Scope::RecordsRead)?;
        Ok(self.find(id, user).await?)
    }

    /// An address where the archive can be fetched; `None` when there is none (any more) for the caller, who must still be the patient
    /// or act for them. That it was asked for is written down.
    pub async fn download(
        &self,
        principal: &Principal,
        id: DataExportId,
    ) -> Result<Option<DownloadLink>, Failure> {
        let user = principal.require(Scope::RecordsRead)?;
        let Some(export) = self.find(id, user).await? else {
            return Ok(None);
        };
        let Some(file) = export.file_for(user, self.clock.now()) else {
            return Ok(None);
        };
        let looked = self
            .access
            .look(principal, export.patient, "dataExport", RecordPart::ALL)
            .await?;
        if !looked.as_ref().is_some_and(may_take_along) {
            return Ok(None);
        }
        let through = Through::Export(id).to_string();
        let link = self
            .files
            .download_link_through(file, user, Disposition::Attachment, &through);
        link.await.map(Some)
    }

    async fn find(&self, id: DataExportId, user: UserId) -> Result<Option<Export>, Fault> {
        let found = self.store.get(id).await?.map(|found| found.value);
        Ok(found.filter(|export| export.requested_by == user))
    }

    /// What the caller sees of a patient who is themselves or for whom they act.
    async fn own(&self, principal: &Principal, patient: PatientId) -> Result<Option<Sight>, Failure> {
        principal.require(Scope::RecordsRead)?;
        let sight = self.access.sight(principal, patient).await?;
        Ok(sight.filter(may_take_along))
    }
}

/// Patients and who acts for them take data along; nobody who treats them does.
fn may_take_along(sight: &Sight) -> bool {
    matches!(sight.basis, AccessBasis::Oneself | AccessBasis::Guardian)
}
