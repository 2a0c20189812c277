//! The records subgraph: the electronic health record.
//!
//! | module      | what it knows                                                                    |
//! |-------------|----------------------------------------------------------------------------------|
//! | `access`    | who sees and writes which part of whose record; broken glass; noting who looked  |
//! | `entry`     | entries and all their versions: writing, reading, history, live changes          |
//! | `encounter` | visits: states, diagnoses, plans, signatures, amendments                         |
//! | `vitals`    | vital signs: what is possible, what is normal at which age                       |
//! | `attachment`| files that belong to documents                                                   |
//! | `icd10`     | searching ICD-10                                                                 |
//! | `handlers`  | reactions to patients and scheduling                                             |
//! | `graphql`   | the schema; thin, no rules                                                       |
//!
//! **Invariant:** nothing is shown or written but through [`access::Access`], and nothing is shown before it is written down who
//! looked. **Invariant:** a version of an entry is never changed or removed.

pub mod access;
pub mod attachment;
pub mod encounter;
pub mod entry;
pub mod graphql;
mod handlers;
pub mod icd10;
mod seals;
pub mod vitals;

pub use seals::SEALS;

use access::store::{AccessStore, ChartRow, ConsentRow, GlassRow, TieRow};
use access::{Access, Watch};
use attachment::Attachments;
use caregraph_kit::Fault;
use caregraph_kit::documents::{Declaration, Document, DocumentHandler};
use caregraph_kit::files::{FileRow, Files};
use caregraph_kit::subgraph::{DocumentGround, Subgraph, SubgraphSchema};
use encounter::EncounterService;
use entry::{EntryRow, EntryStore, Reader, Recording, VersionRow, Writer};
use handlers::{PeopleAndTheirTies, VisitsOpenEncounters};
use icd10::Icd10;
use std::sync::Arc;

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
    writer: Writer,
    store: AccessStore,
}

impl Services {
    /// The use cases on their ground.
    pub fn new(ground: &DocumentGround, files: &Files) -> Result<Self, Fault> {
        let store = AccessStore::new(&ground.documents, ground.cipher.clone())?;
        let access = Access::new(ground, store.clone(), Watch::new(ground.documents.clone()));
        let entries = EntryStore::new(&ground.documents, ground.cipher.clone())?;
        let icd10 = Icd10::new(&ground.documents, ground.clock.clone())?;
        let writer = Writer::new(ground, access.clone(), entries.clone(), files.clone());
        let recording = Recording::new(writer.clone(), icd10.clone());
        Ok(Self {
            attachments: Attachments::new(
                access.clone(),
                Reader::new(ground, access.clone(), entries.clone()),
                files.clone(),
            ),
            reader: Reader::new(ground, access.clone(), entries),
            encounters: EncounterService::new(writer.clone(), recording.clone()),
            access,
            recording,
            icd10,
            writer,
            store,
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
    ];
    all.extend(icd10::declarations());
    all
}

/// Builds the subgraph on its ground.
pub fn build(ground: &DocumentGround, files: &Files) -> Result<Subgraph, Fault> {
    let services = Services::new(ground, files)?;
    let handlers: Vec<Arc<dyn DocumentHandler>> = vec![
        Arc::new(PeopleAndTheirTies {
            store: services.store.clone(),
        }),
        Arc::new(VisitsOpenEncounters {
            writer: services.writer.clone(),
        }),
    ];
    Ok(Subgraph {
        name: "records",
        schema: Arc::new(graphql::with_services(services)),
        handlers: Vec::new(),
        document_handlers: handlers,
        vitals: Vec::new(),
        background: vec![files.upkeep()],
    })
}

/// The schema with its federation directives, without any data behind it.
pub fn sdl() -> String {
    SubgraphSchema::sdl(&graphql::schema().finish())
}
