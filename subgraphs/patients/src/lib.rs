//! The patients subgraph: the person in care.
//!
//! - [`patient`]: profiles, medical record numbers, guardians; who sees and changes them.
//! - [`care`]: care relationships, by assignment and by appointment.
//! - [`consent`]: whom patients let see which part of their record.
//! - [`merging`] and [`duplicate`]: records that turned out, or may turn out, to be one person's.
//! - [`erasure`]: erasing what is kept about a person, as far as the law lets it go.
//! - [`account`]: what identity told about accounts.
//! - [`graphql`]: the domain as a graph.
//! - [`handlers`]: reactions to identity, scheduling and records.
//!
//! **Invariant:** a patient whom the caller may not see does not exist for the caller; `patient/store/reach.rs` is the one
//! place that decides it, for queries, lists, entities and mutations alike.

pub mod account;
pub mod care;
pub mod consent;
pub mod duplicate;
pub mod erasure;
mod export;
mod glass;
pub mod graphql;
pub mod handlers;
pub mod merging;
pub mod patient;
mod seals;

pub use seals::SEALS;

use care::CareService;
use caregraph_contracts::events::PatientsEvent;
use caregraph_kit::portability::AnswersExports;
use caregraph_kit::subgraph::{Ground, Subgraph, SubgraphSchema, every};
use consent::ConsentService;
use duplicate::DuplicateService;
use erasure::{ErasureProgress, ErasureService};
use handlers::{AccountsBecomePatients, AnswersCarryErasures, AppointmentsMakeCare, GlassOpensPatients};
use merging::MergeService;
use patient::{PatientService, Sealing};
use std::{sync::Arc, time::Duration};

/// How often answers under old idempotency keys are forgotten.
const FORGETTING: Duration = Duration::from_hours(1);

/// How often records are looked for that an earlier version of the program gave its match keys, or none.
const MATCHING: Duration = Duration::from_hours(1);

/// How often records are looked for of which an earlier version of the program kept something in the clear, until there are none.
const SEALING: Duration = Duration::from_hours(1);

/// How often erasures are looked for whose time has come.
const ERASING: Duration = Duration::from_secs(10);

/// All use cases of the domain, on one ground. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// Profiles and guardians.
    pub patients: PatientService,
    /// Care relationships.
    pub care: CareService,
    /// Consents.
    pub consents: ConsentService,
    /// Possible duplicates.
    pub duplicates: DuplicateService,
    /// Records put together and parted.
    pub merges: MergeService,
    /// Erasing data.
    pub erasures: ErasureService,
}

impl Services {
    /// The use cases on their ground.
    pub fn new(ground: &Ground) -> Self {
        Self {
            patients: PatientService::new(ground.clone()),
            care: CareService::new(ground.clone()),
            consents: ConsentService::new(ground.clone()),
            duplicates: DuplicateService::new(ground.clone()),
            merges: MergeService::new(ground.clone()),
            erasures: ErasureService::new(ground.clone()),
        }
    }
}

/// Builds the subgraph on its ground.
pub fn build(ground: Ground) -> Subgraph {
    let services = Services::new(&ground);
    let (consents, duplicates) = (services.consents.clone(), services.duplicates.clone());
    let forget_answers = move || {
        let consents = consents.clone();
        async move { consents.forget_old_answers().await.map(drop) }
    };
    let renew_keys = move || {
        let duplicates = duplicates.clone();
        async move { duplicates.renew_keys().await }
    };
    let sealing = Arc::new(Sealing::new(services.patients.clone()));
    let seal = move || {
        let sealing = Arc::clone(&sealing);
        async move { sealing.carry_on().await }
    };
    let erasures = ErasureProgress::new(ground.clone());
    let progress = erasures.clone();
    let erase = move || {
        let progress = progress.clone();
        async move { progress.carry_on().await.map(drop) }
    };
    let schema: Arc<dyn SubgraphSchema> = Arc::new(graphql::with_services(services));
    let exports = AnswersExports::of_tables(
        "patients.export",
        &ground,
        Arc::clone(&schema),
        export::LISTS,
        |part| PatientsEvent::DataExported { part },
    );
    Subgraph {
        name: "patients",
        schema,
        handlers: vec![
            Arc::new(AccountsBecomePatients::new(ground.clone())),
            Arc::new(AppointmentsMakeCare::new(ground)),
            Arc::new(GlassOpensPatients),
            Arc::new(AnswersCarryErasures(erasures)),
            exports,
        ],
        document_handlers: Vec::new(),
        vitals: Vec::new(),
        background: vec![
            every(FORGETTING, "patients.forget_old_answers", forget_answers),
            every(MATCHING, "patients.renew_match_keys", renew_keys),
            every(SEALING, "patients.seal_the_clear", seal),
            every(ERASING, "patients.erase", erase),
        ],
    }
}

/// The schema with its federation directives, without any data behind it.
pub fn sdl() -> String {
    SubgraphSchema::sdl(&graphql::schema().finish())
}
