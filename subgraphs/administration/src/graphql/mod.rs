//! The domain as a graph: thin, no rules.

mod access_log;
mod entry;
mod filter;
mod names;
mod references;
mod verification;

use crate::access_log::AccessLogService;
use crate::trail::TrailService;
use access_log::AccessLogQuery;
use async_graphql::{EmptyMutation, EmptySubscription, MergedObject, Schema, SchemaBuilder, ValidationMode};
use entry::AuditLogQuery;
use verification::VerificationQuery;

/// What can be asked.
#[derive(Default, MergedObject)]
pub struct Query(AuditLogQuery, VerificationQuery, AccessLogQuery);

/// The subgraph's schema.
pub type AdministrationSchema = Schema<Query, EmptyMutation, EmptySubscription>;

/// The schema without anything behind it.
pub fn schema() -> SchemaBuilder<Query, EmptyMutation, EmptySubscription> {
    Schema::build(Query::default(), EmptyMutation, EmptySubscription)
        .enable_federation()
        // The router has validated the operation against the supergraph.
        .validation_mode(ValidationMode::Fast)
}

/// The schema with the services behind it.
pub fn with_services(trail: TrailService, access_log: AccessLogService) -> AdministrationSchema {
    schema().data(trail).data(access_log).finish()
}
