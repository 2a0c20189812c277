//! Booking as clients see it: the schema with a principal.

mod commands;
mod live;

use crate::world::{Clinic, Person};
use async_graphql::{Request, Response, Variables};
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::database::Engine;
use caregraph_kit::testing::OnEngine;
use caregraph_scheduling::graphql::{SchedulingSchema, with_services};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};
use serde_json::{Value, json};

pub struct Graph {
    pub clinic: Clinic,
    schema: SchedulingSchema,
}

pub const BOOK: &str = "mutation($input: BookAppointmentInput!) { bookAppointment(input: $input) {
    appointment { id status start end timeZone reason noteForDoctor doctorsNotes revision patientMayChangeUntil
                  patient { id } practitioner { id } location { id } service { id name } bookedBy { id } }
    errors { __typename ... on UserError { message path }
             ... on SlotUnavailable { alternatives { start end practitioner { id } } } } } }";

impl Graph {
    pub async fn new() -> Self {
        let clinic = Clinic::on(Engine::Sqlite).await;
        let schema = with_services(clinic.here.services.clone());
        Self { clinic, schema }
    }

    pub fn request(who: &Principal, text: &str, variables: Value) -> Request {
        Request::new(text)
            .variables(Variables::from_json(variables))
            .data(who.clone())
            .data(RequestInfo::default())
    }

    pub async fn ask(&self, who: &Principal, text: &str, variables: Value) -> Response {
        self.schema.execute(Self::request(who, text, variables)).await
    }

    /// The data of an answer without errors.
    pub async fn data(&self, who: &Person, text: &str, variables: Value) -> Value {
        let response = self.ask(&who.principal, text, variables).await;
        assert!(response.errors.is_empty(), "{:?}", response.errors);
        response.data.into_json().unwrap()
    }

    pub fn input(&self, start: DateTime<Utc>) -> Value {
        json!({
            "serviceId": self.clinic.checkup.to_string(),
            "practitionerId": self.clinic.doctors[0].practitioner_id().to_string(),
            "start": start.to_rfc3339(),
            "reason": "Cough",
            "noteForDoctor": "Allergic",
            "idempotencyKey": self.clinic.key(),
        })
    }

    pub async fn book(&self, who: &Person, start: DateTime<Utc>) -> Value {
        self.data(who, BOOK, json!({ "input": self.input(start) })).await["bookAppointment"].take()
    }

    /// Runs a mutation that takes an appointment's id, and gives the status after it or the kinds of its refusals.
    pub async fn act(&self, who: &Person, mutation: &str, id: &str, more: &str) -> String {
        let text = format!(
            "mutation {{ it: {mutation}(input: {{ id: \"{id}\" {more} }}) {{
                appointment {{ status }} errors {{ __typename }} }} }}"
        );
        let answer = self.data(who, &text, json!({})).await["it"].take();
        match answer["appointment"]["status"].as_str() {
            Some(status) => status.to_owned(),
            None => answer["errors"][0]["__typename"].as_str().unwrap().to_owned(),
        }
    }

    pub fn follow(&self, who: &Principal, text: &str) -> impl Stream<Item = Response> + Unpin + use<> {
        let request = Self::request(who, text, json!({}));
        let schema = self.schema.clone();
        Box::pin(async_stream::stream! {
            let mut stream = schema.execute_stream(request);
            while let Some(response) = stream.next().await {
                yield response;
            }
        })
    }
}

/// Codes of top-level errors.
pub fn codes(response: &Response) -> Vec<String> {
    let code = |error: &async_graphql::ServerError| {
        let extensions = serde_json::to_value(&error.extensions).unwrap();
        extensions["code"].as_str().unwrap_or("none").to_owned()
    };
    response.errors.iter().map(code).collect()
}
