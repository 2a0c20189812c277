//! The GraphQL schema: thin, without rules. One folder per aggregate, each with a root object for queries and one for
//! mutations.

mod department;
mod loaders;
mod location;
mod practitioner;
mod specialty;

use crate::department::DepartmentService;
use crate::location::LocationService;
use crate::practitioner::PractitionerService;
use async_graphql::{EmptySubscription, MergedObject, Schema, SchemaBuilder, ValidationMode};
use caregraph_kit::subgraph::Ground;
use caregraph_kit::user_errors;

user_errors!();

/// Questions about practitioners and places.
#[derive(MergedObject, Default)]
pub(crate) struct Query(
    practitioner::PractitionerQuery,
    specialty::SpecialtyQuery,
    location::LocationQuery,
    department::DepartmentQuery,
);

/// Changes to practitioners and places.
#[derive(MergedObject, Default)]
pub(crate) struct Mutation(
    practitioner::PractitionerMutation,
    location::LocationMutation,
    department::DepartmentMutation,
);

/// The schema without the services behind it.
pub(crate) fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
        .enable_federation()
        .validation_mode(ValidationMode::Fast)
        .register_output_type::<UserError>()
}

/// The schema on its ground.
pub(crate) fn schema(ground: &Ground) -> Schema<Query, Mutation, EmptySubscription> {
    let practitioners = PractitionerService::new(ground.clone());
    let locations = LocationService::new(ground.clone());
    let departments = DepartmentService::new(ground.clone());
    builder()
        .data(loaders::practitioners(practitioners.clone()))
        .data(loaders::locations(locations.clone()))
        .data(loaders::departments(departments.clone()))
        .data(practitioners)
        .data(locations)
        .data(departments)
        .finish()
}
