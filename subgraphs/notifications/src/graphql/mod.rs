//! The domain as a graph: thin, no rules.

mod inputs;
mod log;
mod mutation;
mod payloads;
mod query;
mod subscription;
mod template;
mod types;

use crate::Services;
use async_graphql::{MergedObject, Schema, SchemaBuilder, ValidationMode};
use caregraph_kit::user_errors;
use log::{LogMutation, LogQuery};
use mutation::InboxMutation;
use query::InboxQuery;
use subscription::NotificationsSubscription;
use template::{TemplateMutation, TemplateQuery};

user_errors!();

/// What can be asked.
#[derive(Default, MergedObject)]
pub struct Query(InboxQuery, TemplateQuery, LogQuery);

/// What can be done.
#[derive(Default, MergedObject)]
pub struct Mutation(InboxMutation, TemplateMutation, LogMutation);

/// The subgraph's schema.
pub type NotificationsSchema = Schema<Query, Mutation, NotificationsSubscription>;

/// The schema without anything behind it.
pub fn schema() -> SchemaBuilder<Query, Mutation, NotificationsSubscription> {
    Schema::build(Query::default(), Mutation::default(), NotificationsSubscription)
        .enable_federation()
        .enable_subscription_in_federation()
        .register_output_type::<UserError>()
        // The router has validated the operation against the supergraph.
        .validation_mode(ValidationMode::Fast)
}

/// The schema with the services behind it.
pub(crate) fn with_services(services: Services) -> NotificationsSchema {
    schema()
        .data(services.notifications)
        .data(services.preferences)
        .data(services.templates)
        .finish()
}
