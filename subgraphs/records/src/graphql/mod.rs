//! The domain as a graph: thin, no rules.

mod encounter;
mod entries;
mod export;
mod history;
mod inputs;
mod mutation;
mod payloads;
mod people;
mod query;
mod record;
mod subscription;
mod vitals;

use crate::Services;
use crate::icd10::graphql::Icd10Query;
use async_graphql::{MergedObject, Schema, SchemaBuilder, ValidationMode};
use caregraph_kit::user_errors;
use export::{ExportMutation, ExportQuery};
use mutation::{EncounterMutation, RecordMutation};
use payloads::StaleEntry;
use query::RecordQuery;
use subscription::RecordSubscription;

user_errors!(StaleEntry);

/// What can be asked.
#[derive(Default, MergedObject)]
pub struct Query(RecordQuery, Icd10Query, ExportQuery);

/// What can be done.
#[derive(Default, MergedObject)]
pub struct Mutation(EncounterMutation, RecordMutation, ExportMutation);

/// The subgraph's schema.
pub type RecordsSchema = Schema<Query, Mutation, RecordSubscription>;

/// The schema without anything behind it.
pub fn schema() -> SchemaBuilder<Query, Mutation, RecordSubscription> {
    Schema::build(Query::default(), Mutation::default(), RecordSubscription)
        .enable_federation()
        .enable_subscription_in_federation()
        .register_output_type::<UserError>()
        // The router has validated the operation against the supergraph.
        .validation_mode(ValidationMode::Fast)
}

/// The schema with the services behind it.
pub(crate) fn with_services(services: Services) -> RecordsSchema {
    schema().data(services.icd10.clone()).data(services).finish()
}
