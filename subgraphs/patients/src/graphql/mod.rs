//! The domain as a graph: thin, no rules.

mod inputs;
mod loaders;
mod mutation;
mod payloads;
mod query;
mod types;

use crate::care::CareService;
use crate::patient::PatientService;
use async_graphql::{EmptySubscription, Schema, SchemaBuilder, ValidationMode};
use caregraph_kit::user_errors;
pub use mutation::Mutation;
use payloads::LastGuardian;
pub use query::Query;

user_errors!(LastGuardian);

/// The subgraph's schema.
pub type PatientsSchema = Schema<Query, Mutation, EmptySubscription>;

/// The schema without anything behind it.
pub fn schema() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query, Mutation, EmptySubscription)
        .enable_federation()
        .register_output_type::<UserError>()
        // The router has validated the operation against the supergraph.
        .validation_mode(ValidationMode::Fast)
}

/// The schema with the services behind it.
pub fn with_services(patients: PatientService, care: CareService) -> PatientsSchema {
    schema()
        .data(loaders::patients(patients.clone()))
        .data(loaders::care_teams(care.clone()))
        .data(patients)
        .data(care)
        .finish()
}
