//! The domain as a graph: thin, no rules.

pub mod agenda;
pub mod appointment;
pub mod availability;
pub mod hold;
mod loaders;
pub mod medical_service;
pub mod people;
pub mod references;
pub mod schedule;
pub mod slot;
pub mod subscription;

use crate::Services;
use agenda::AgendaQuery;
use appointment::errors::{
    HoldExpired, IdempotencyKeyReused, IllegalStatusChange, PatientBusy, SlotUnavailable, TooLate,
    TooManyHolds,
};
use appointment::{AppointmentLoader, AppointmentMutation, AppointmentQuery, HistoryLoader};
use async_graphql::{MergedObject, Schema, SchemaBuilder, ValidationMode};
use availability::AvailabilityQuery;
use caregraph_kit::user_errors;
use hold::HoldMutation;
use medical_service::{MedicalServiceMutation, MedicalServiceQuery};
use people::PeopleQuery;
use schedule::{AbsenceMutation, ExtraHoursMutation, WorkingHoursMutation};
use subscription::SchedulingSubscription;

user_errors!(
    SlotUnavailable,
    PatientBusy,
    HoldExpired,
    TooManyHolds,
    TooLate,
    IllegalStatusChange,
    IdempotencyKeyReused
);

/// What can be asked.
#[derive(Default, MergedObject)]
pub struct Query(
    MedicalServiceQuery,
    AvailabilityQuery,
    AppointmentQuery,
    AgendaQuery,
    PeopleQuery,
);

/// What can be done.
#[derive(Default, MergedObject)]
pub struct Mutation(
    MedicalServiceMutation,
    WorkingHoursMutation,
    AbsenceMutation,
    ExtraHoursMutation,
    AppointmentMutation,
    HoldMutation,
);

/// The subgraph's schema.
pub type SchedulingSchema = Schema<Query, Mutation, SchedulingSubscription>;

/// The schema without anything behind it.
pub fn schema() -> SchemaBuilder<Query, Mutation, SchedulingSubscription> {
    Schema::build(Query::default(), Mutation::default(), SchedulingSubscription)
        .enable_federation()
        .enable_subscription_in_federation()
        .register_output_type::<UserError>()
        // The router has validated the operation against the supergraph.
        .validation_mode(ValidationMode::Fast)
}

/// The schema with the services behind it.
pub fn with_services(services: Services) -> SchedulingSchema {
    let Services {
        catalogue,
        working_hours,
        extra_hours,
        absences,
        availability,
        appointments,
        holds,
    } = services;
    schema()
        .data(loaders::catalogue(catalogue.clone()))
        .data(loaders::hours(working_hours.clone(), extra_hours.clone()))
        .data(loaders::absences(absences.clone()))
        .data(AppointmentLoader::batching(&appointments))
        .data(HistoryLoader::batching(&appointments))
        .data(catalogue)
        .data(working_hours)
        .data(extra_hours)
        .data(absences)
        .data(availability)
        .data(appointments)
        .data(holds)
        .finish()
}
