//! Putting archives together, and removing them.

use super::archive::{self, Contents};
use super::model::{Export, ExportStatus};
use super::store::ExportStore;
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::{ExportPart, ExportRequest, RecordsEvent};
use caregraph_contracts::ids::{DataExportId, Id};
use caregraph_kit::documents::{Commit, Versioned};
use caregraph_kit::files::{FileKind, FileOwner, Files};
use caregraph_kit::jobs::{Job, JobWorker, Jobs, Next, Plan};
use caregraph_kit::portability::Exporter;
use caregraph_kit::{Clock, Failure, Fault};
use chrono::{DateTime, Utc};

const ASSEMBLE: &str = "export.assemble";
const EXPIRE: &str = "export.expire";

/// Takes in what domains answer.
#[derive(Clone)]
pub(crate) struct Collecting {
    pub store: ExportStore,
    pub jobs: Jobs,
    pub clock: Clock,
}

impl Collecting {
    /// Keeps a part. After the last one, the archive is to be made.
    pub async fn take(&self, part: &ExportPart) -> Result<Commit, Fault> {
        let mut commit = Commit::new();
        let Some(Versioned {
            id,
            version,
            mut value,
        }) = self.store.get(part.export_id).await?
        else {
            return Ok(commit);
        };
        if value.status != ExportStatus::Assembling {
            return Ok(commit);
        }
        self.store.keep(&mut commit, part)?;
        if value.hear(part) {
            plan(&self.jobs, &mut commit, ASSEMBLE, (id, self.clock.now())).await?;
        }
        ExportStore::replace(&mut commit, version, &value)?;
        Ok(commit)
    }
}

/// Makes archives.
pub(crate) struct Assembling {
    pub store: ExportStore,
    pub exporter: Exporter,
    pub files: Files,
    pub jobs: Jobs,
    pub clock: Clock,
}

#[async_trait]
impl JobWorker for Assembling {
    fn kind(&self) -> &'static str {
        ASSEMBLE
    }

    async fn work(&self, job: &Job) -> Result<Next, Fault> {
        let mut commit = Commit::new();
        let found = self.store.get(DataExportId::from(job.subject)).await?;
        if let Some(found) = found.filter(|found| found.value.status == ExportStatus::Assembling) {
            self.assemble(&mut commit, found.version, found.value).await?;
        }
        Ok(Next::Done(commit))
    }
}

impl Assembling {
    async fn assemble(&self, commit: &mut Commit, version: i64, mut export: Export) -> Result<(), Fault> {
        let contents = self.contents(commit, &export).await?;
        let owner = FileOwner {
            subject: export.patient.uuid(),
            by: export.requested_by,
        };
        let now = self.clock.now();
        let name = format!("caregraph {}.zip", export.requested_at.format("%Y-%m-%d"));
        let body = archive::body(&export, contents, self.files.clone(), now);
        let stored = self
            .files
            .store(owner, &name, FileKind::Zip, body)
            .await
            .map_err(|error| Fault::new("an archive is not stored", error))?;
        self.files
            .attach(commit, stored.id, owner)
            .await
            .map_err(unexpected)?;
        let until = export.becomes_ready(stored.id, stored.size, now);
        ExportStore::replace(commit, version, &export)?;
        plan(&self.jobs, commit, EXPIRE, (export.id, until)).await?;
        commit.tell(&RecordsEvent::DataExportReady {
            export_id: export.id,
            patient_id: export.patient,
            requested_by: export.requested_by,
            until,
        })?;
        Ok(())
    }

    /// What the domains have said, and what this one says now. The parts end with `commit`.
    async fn contents(&self, commit: &mut Commit, export: &Export) -> Result<Contents, Fault> {
        let mut contents = Contents::default();
        for part in self.store.parts(export.id).await? {
            ExportStore::forget(commit, &part);
            contents.add(part.domain, part.list, part.rows);
        }
        let request = ExportRequest {
            export_id: export.id,
            patient_id: export.patient,
            requested_by: export.requested_by,
        };
        for (list, rows) in self.exporter.lists(&request).await? {
            contents.add(Domain::Records, list.to_owned(), rows);
        }
        contents.find_files();
        Ok(contents)
    }
}

/// Removes archives whose time is over.
pub(crate) struct Expiring {
    pub store: ExportStore,
    pub files: Files,
}

#[async_trait]
impl JobWorker for Expiring {
    fn kind(&self) -> &'static str {
        EXPIRE
    }

    async fn work(&self, job: &Job) -> Result<Next, Fault> {
        let mut commit = Commit::new();
        let found = self.store.get(DataExportId::from(job.subject)).await?;
        if let Some(Versioned {
            version, mut value, ..
        }) = found
            && let Some(file) = value.expires()
        {
            ExportStore::replace(&mut commit, version, &value)?;
            self.files.remove(&mut commit, file).await.map_err(unexpected)?;
        }
        Ok(Next::Done(commit))
    }
}

/// Plans a job about one export.
async fn plan(
    jobs: &Jobs,
    commit: &mut Commit,
    kind: &'static str,
    (export, due): (DataExportId, DateTime<Utc>),
) -> Result<(), Fault> {
    let plan = Plan {
        name: &format!("{kind}/{export}"),
        kind,
        subject: export.uuid(),
        detail: "",
        due,
    };
    Ok(jobs.plan(commit, &plan).await?)
}

/// Files of ours are refused to nobody; if one is, something is wrong with it.
fn unexpected(failure: Failure) -> Fault {
    match failure {
        Failure::Fault(fault) => fault,
        other => Fault::new("an archive's file", format!("{other:?}")),
    }
}
