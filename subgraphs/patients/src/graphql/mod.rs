//! The domain as a graph: thin, no rules.

mod consent;
mod erasure;
mod inputs;
mod loaders;
mod merging;
mod mutation;
mod payloads;
mod query;
mod types;

use crate::Services;
use async_graphql::{EmptySubscription, MergedObject, Schema, SchemaBuilder, ValidationMode};
use caregraph_kit::user_errors;
use payloads::{LastGuardian, MergeNeedsChecking, TooManyConsents};

user_errors!(LastGuardian, MergeNeedsChecking, TooManyConsents);

/// Questions about patients.
#[derive(Default, MergedObject)]
pub struct Query(
    query::PatientQuery,
    merging::DuplicateQuery,
    erasure::ErasureQuery,
);

/// What can be done about patients.
#[derive(Default, MergedObject)]
pub struct Mutation(
    mutation::PatientMutation,
    consent::ConsentMutation,
    merging::MergeMutation,
    erasure::ErasureMutation,
);

/// The subgraph's schema.
pub type PatientsSchema = Schema<Query, Mutation, EmptySubscription>;

/// The schema without anything behind it.
pub fn schema() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .enable_federation()
        .register_output_type::<UserError>()
        // The router has validated the operation against the supergraph.
        .validation_mode(ValidationMode::Fast)
}

/// The schema with the services behind it.
pub fn with_services(services: Services) -> PatientsSchema {
    schema()
        .data(loaders::patients(services.patients.clone()))
        .data(loaders::care_teams(services.care.clone()))
        .data(loaders::records(services.merges.clone()))
        .data(services.patients)
        .data(services.care)
        .data(services.consents)
        .data(services.duplicates)
        .data(services.merges)
        .data(services.erasures)
        .finish()
}
