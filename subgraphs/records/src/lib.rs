//! The records subgraph: the electronic health record.
//!
//! | module      | what it knows                                                                    |
//! |-------------|----------------------------------------------------------------------------------|
//! | `access`    | who sees and writes which part of whose record; broken glass; noting who looked  |
//! | `entry`     | entries and all their versions: writing, reading, history, live changes          |
//! | `encounter` | visits: states, diagnoses, plans, signatures, amendments                         |
//! | `vitals`    | vital signs: what is possible, what is normal at which age                       |
//! | `attachment`| files that belong to documents                                                   |
//! | `downloads` | whether a file may still be read by an address that was given out                 |
//! | `export`    | everything that is kept about a patient, in one archive                           |
//! | `erasure`   | what must stay of a record, and what goes, when somebody wants it erased          |
//! | `icd10`     | searching ICD-10                                                                 |
//! | `handlers`  | reactions to patients and scheduling; answers to exports                                       |
//! | `sweep`     | removing many documents in commits of a bounded size                             |
//! | `graphql`   | the schema; thin, no rules                                                       |
//!
//! **Invariant:** nothing is shown or written but through [`access::Access`], and nothing is shown before it is written down who
//! looked. **Invariant:** a version of an entry is never changed or removed, but by an erasure after the time that the law sets.

pub mod access;
pub mod attachment;
mod downloads;
pub mod encounter;
pub mod entry;
mod erasure;
pub mod export;
pub mod graphql;
mod handlers;
pub mod icd10;
mod seals;
mod sweep;
pub mod vitals;

pub use seals::SEALS;

use access::store::{AccessStore, ChartRow, ConsentRow, GlassRow, TieRow};
use access::{Access, Watch};
use attachment::Attachments;
use caregraph_contracts::Domain;
use caregraph_contracts::events::RecordsEvent;
use caregraph_kit::Fault;
use caregraph_kit::documents::{Declaration, Document, DocumentHandler};
use caregraph_kit::erasure::AnswersErasures;
use caregraph_kit::files::{FileRow, Files};
use caregraph_kit::jobs::{self, Job, JobSettings, JobWorker, Jobs};
use caregraph_kit::portability::Exporter;
use caregraph_kit::subgraph::{DocumentGround, Subgraph, SubgraphSchema};
use downloads::Downloads;
use encounter::EncounterService;
use entry::{EntryRow, EntryStore, Reader, Recording, VersionRow, Writer};
use erasure::Eraser;
use export::{Assembling, Collecting, Expiring, ExportRow, ExportStore, Exports, PartRow};
use handlers::{PartsArrive, PeopleAndTheirTies, VisitsOpenEncounters};
use icd10::Icd10;
use std::sync::Arc;
use std::time::Duration;

/// All use cases of the domain. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// Access and broken glass.
    pub access: Access,
    /// Reading.
    pub reader: Reader,
    /// Recording entries of the plainer kinds.
    pub recording: Recording,
    /// Encounters.
    pub encounters: EncounterService,
    /// Files that belong to documents.
    pub attachments: Attachments,
    /// Codes of diagnoses.
    pub icd10: Icd10,
    /// Archives of all data about a patient.
    pub exports: Exports,
    writer: Writer,
    store: AccessStore,
    export_store: ExportStore,
}

impl Services {
    /// The use cases on their ground.
    pub fn new(ground: &DocumentGround, files: &Files) -> Result<Self, Fault> {
        let store = AccessStore::new(&ground.documents, ground.cipher.clone())?;
        let access = Access::new(ground, store.clone(), Watch::new(ground.documents.clone()));
        let entries = EntryStore::new(&ground.documents, ground.cipher.clone())?;
        let icd10 = Icd10::new(&ground.documents, ground.clock.clone())?;
        let reader = Reader::new(ground, access.clone(), entries.clone());
        let writer = Writer::new(ground, access.clone(), entries, files.clone());
        let recording = Recording::new(writer.clone(), icd10.clone());
        let export_store = ExportStore::new(&ground.documents, ground.cipher.clone())?;
        Ok(Self {
            attachments: Attachments::new(access.clone(), reader.clone(), files.clone()),
            reader,
            encounters: EncounterService::new(writer.clone(), recording.clone()),
            exports: Exports::new(ground, access.clone(), export_store.clone(), files.clone()),
            access,
            recording,
            icd10,
            writer,
            store,
            export_store,
        })
    }
}

/// What the domain keeps.
pub fn declarations() -> Vec<Declaration> {
    let mut all = vec![
        ChartRow::declaration(),
        TieRow::declaration(),
        ConsentRow::declaration(),
        GlassRow::declaration(),
        EntryRow::declaration(),
        VersionRow::declaration(),
        FileRow::declaration(),
        ExportRow::declaration(),
        PartRow::declaration(),
        Job::declaration(),
    ];
    all.extend(icd10::declarations());
    all
}

/// An archive may be large, and the place for files slow.
const LONGEST_JOB: Duration = Duration::from_mins(30);

/// Builds the subgraph on its ground.
pub fn build(ground: &DocumentGround, files: &Files) -> Result<Subgraph, Fault> {
    let services = Services::new(ground, files)?;
    let (documents, clock) = (ground.documents.clone(), ground.clock.clone());
    let jobs = Jobs::new(&documents)?;
    let store = services.export_store.clone();
    files.guarded_by(Arc::new(Downloads {
        access: services.store.clone(),
        entries: services.writer.store.clone(),
        exports: store.clone(),
        clock: clock.clone(),
    }));
    let eraser = Eraser {
        entries: services.writer.store.clone(),
        access: services.store.clone(),
        exports: store.clone(),
        documents: documents.clone(),
        files: files.clone(),
        retention: ground.retention,
    };
    let handlers: Vec<Arc<dyn DocumentHandler>> = vec![
        Arc::new(PeopleAndTheirTies {
            store: services.store.clone(),
        }),
        Arc::new(VisitsOpenEncounters {
            writer: services.writer.clone(),
        }),
        Arc::new(PartsArrive {
            collecting: Collecting {
                store: store.clone(),
                jobs: jobs.clone(),
                clock: clock.clone(),
            },
        }),
        AnswersErasures::of_documents("records.erasure", eraser, |answer| {
            RecordsEvent::ErasureAnswered { answer }
        }),
    ];
    let schema: Arc<dyn SubgraphSchema> = Arc::new(graphql::with_services(services));
    let exporter = Exporter::new(Domain::Records, Arc::clone(&schema), export::LISTS, clock.clone());
    let workers: Vec<Arc<dyn JobWorker>> = vec![
        Arc::new(Assembling {
            store: store.clone(),
            exporter,
            files: files.clone(),
            jobs: jobs.clone(),
            clock: clock.clone(),
        }),
        Arc::new(Expiring {
            store,
            files: files.clone(),
        }),
    ];
    let patience = JobSettings {
        lease: LONGEST_JOB,
        ..JobSettings::default()
    };
    Ok(Subgraph {
        name: "records",
        schema,
        handlers: Vec::new(),
        document_handlers: handlers,
        vitals: vec![jobs.vitals(ground)],
        background: vec![
            files.upkeep(),
            jobs::run(documents, jobs, clock, patience, workers),
        ],
    })
}

/// The schema with its federation directives, without any data behind it.
pub fn sdl() -> String {
    SubgraphSchema::sdl(&graphql::schema().finish())
}
