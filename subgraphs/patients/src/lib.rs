//! The patients subgraph: the person in care.
//!
//! - [`patient`]: profiles, medical record numbers, guardians; who sees and changes them.
//! - [`care`]: care relationships, by assignment and by appointment.
//! - [`account`]: what identity told about accounts.
//! - [`graphql`]: the domain as a graph.
//! - [`handlers`]: reactions to identity and scheduling.
//!
//! **Invariant:** a patient whom the caller may not see does not exist for the caller; `patient/store/reach.rs` is the one
//! place that decides it, for queries, lists, entities and mutations alike.

pub mod account;
pub mod care;
pub mod graphql;
pub mod handlers;
pub mod patient;
mod seals;

pub use seals::SEALS;

use care::CareService;
use caregraph_kit::subgraph::{Ground, Subgraph, SubgraphSchema};
use handlers::{AccountsBecomePatients, AppointmentsMakeCare};
use patient::PatientService;
use std::sync::Arc;

/// Builds the subgraph on its ground.
pub fn build(ground: Ground) -> Subgraph {
    let schema = graphql::with_services(
        PatientService::new(ground.clone()),
        CareService::new(ground.clone()),
    );
    Subgraph {
        name: "patients",
        schema: Arc::new(schema),
        handlers: vec![
            Arc::new(AccountsBecomePatients::new(ground.clone())),
            Arc::new(AppointmentsMakeCare::new(ground)),
        ],
        document_handlers: Vec::new(),
        vitals: Vec::new(),
        background: Vec::new(),
    }
}

/// The schema with its federation directives, without any data behind it.
pub fn sdl() -> String {
    SubgraphSchema::sdl(&graphql::schema().finish())
}
