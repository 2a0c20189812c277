//! The practitioners subgraph: the people and places that give care.
//!
//! | module           | what                                                                                   |
//! |------------------|----------------------------------------------------------------------------------------|
//! | [`practitioner`] | people who give care, their specialties, languages and licences                          |
//! | [`location`]     | places, with address, time zone and rooms                                                |
//! | [`department`]   | departments of the organisation                                                          |
//! | `staff`          | which accounts belong to staff: a projection of identity's events                        |
//! | `handlers`       | reactions to identity: a lost role or a suspended account ends a practitioner's work     |
//! | `graphql`        | the schema                                                                               |
//!
//! Browsing is open to everybody. Contact data and licence numbers are for the practitioner and for those who manage
//! practitioners; they are stored sealed.

mod access;
pub mod department;
mod export;
mod graphql;
mod handlers;
pub mod location;
mod name;
pub mod practitioner;
mod seals;
mod staff;

pub use seals::SEALS;

use caregraph_contracts::events::PractitionersEvent;
use caregraph_kit::portability::AnswersExports;
use caregraph_kit::subgraph::{Ground, Subgraph, SubgraphSchema};
use std::sync::Arc;

/// The subgraph on its ground.
pub fn build(ground: Ground) -> Subgraph {
    let schema: Arc<dyn SubgraphSchema> = Arc::new(graphql::schema(&ground));
    let exports = AnswersExports::of_tables(
        "practitioners.export",
        &ground,
        Arc::clone(&schema),
        export::LISTS,
        |part| PractitionersEvent::DataExported { part },
    );
    Subgraph {
        name: "practitioners",
        schema,
        handlers: vec![Arc::new(handlers::StaffAccounts::new(ground)), exports],
        document_handlers: Vec::new(),
        vitals: Vec::new(),
        background: Vec::new(),
    }
}

/// The schema in SDL, with its federation directives.
pub fn sdl() -> String {
    SubgraphSchema::sdl(&graphql::builder().finish())
}
