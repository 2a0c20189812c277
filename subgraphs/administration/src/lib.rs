//! The administration subgraph: the audit trail.
//!
//! - [`entry`]: what an event of another domain means as an entry of the trail.
//! - [`trail`]: the chain of entries, the signed heads of its days, reading and verifying it.
//! - [`access_log`]: the part of the trail that is about one patient, for that patient.
//! - [`people`]: what patients told about who acts for whom.
//! - [`account`]: what identity told about accounts, and who may read whose name.
//! - [`graphql`]: the domain as a graph.
//! - [`handlers`]: reactions to all other domains.
//!
//! **Invariant:** entries are only ever appended. Nothing here changes or removes one, and `trail/verification` finds it when
//! somebody else does.

pub mod access_log;
pub mod account;
pub mod entry;
mod erasure;
mod export;
pub mod graphql;
pub mod handlers;
pub mod people;
mod seals;
pub mod trail;

pub use seals::SEALS;

use access_log::AccessLogService;
use caregraph_contracts::events::AdministrationEvent;
use caregraph_kit::erasure::AnswersErasures;
use caregraph_kit::portability::AnswersExports;
use caregraph_kit::subgraph::{Ground, Subgraph, SubgraphSchema};
use erasure::TrailStays;
use handlers::{EventsBecomeEntries, KnowAccounts, KnowPeople};
use std::sync::Arc;
use trail::TrailService;

/// Builds the subgraph on its ground.
pub fn build(ground: Ground) -> Subgraph {
    let schema: Arc<dyn SubgraphSchema> = Arc::new(graphql::with_services(
        TrailService::new(ground.clone()),
        AccessLogService::new(ground.clone()),
    ));
    let exports = AnswersExports::of_tables(
        "administration.export",
        &ground,
        Arc::clone(&schema),
        export::LISTS,
        |part| AdministrationEvent::DataExported { part },
    );
    let erasures = AnswersErasures::of_tables(
        "administration.erasure",
        ground.events.clone(),
        TrailStays,
        |answer| AdministrationEvent::ErasureAnswered { answer },
    );
    Subgraph {
        name: "administration",
        schema,
        handlers: vec![
            Arc::new(KnowAccounts::new(ground.cipher.clone())),
            Arc::new(EventsBecomeEntries::new(ground)),
            Arc::new(KnowPeople),
            exports,
            erasures,
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
