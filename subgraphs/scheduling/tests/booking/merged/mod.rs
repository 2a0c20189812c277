//! Records that turned out to be one person's, and records that were parted again.

mod clashes;
mod showing;

use crate::world::{Clinic, Person, Process};
use caregraph_contracts::events::{PatientsEvent, PublicEvent};
use caregraph_contracts::ids::{AppointmentId, PatientId};
use caregraph_kit::events::{Envelope, EventHandler};
use caregraph_scheduling::appointment::{Book, BookRefusal, ListAppointments};
use caregraph_scheduling::handlers::DirectoryHandler;
use chrono::{DateTime, Utc};

/// Patients' news on its way. Each has a place in the log far behind those that furnished the clinic.
pub fn envelope(process: &Process, event: &PatientsEvent) -> Envelope {
    let clock = &process.ground.clock;
    Envelope {
        id: clock.new_id(),
        domain: PatientsEvent::DOMAIN,
        position: 1_000_000,
        aggregate: event.aggregate(),
        name: event.name().to_owned(),
        version: event.version(),
        occurred_at: clock.now(),
        traceparent: None,
        payload: serde_json::to_value(event).unwrap(),
    }
}

/// Patients' news arrives.
pub async fn hear(process: &Process, event: &PatientsEvent) {
    let ground = &process.ground;
    let envelope = envelope(process, event);
    let handled = ground
        .database
        .retrying(|| async {
            let mut tx = ground.database.begin().await?;
            let handler = DirectoryHandler::new(ground.events.clone());
            handler
                .handle(&mut tx, &envelope)
                .await
                .expect("records are locked one after the other");
            tx.commit().await
        })
        .await;
    handled.unwrap();
}

pub async fn merge(clinic: &Clinic, surviving: &Person, merged: &Person) {
    let (surviving, merged) = (surviving.patient_id(), merged.patient_id());
    hear(&clinic.here, &PatientsEvent::PatientsMerged { surviving, merged }).await;
}

pub async fn part(clinic: &Clinic, surviving: &Person, merged: &Person) {
    let (surviving, merged) = (surviving.patient_id(), merged.patient_id());
    hear(
        &clinic.here,
        &PatientsEvent::PatientsUnmerged { surviving, merged },
    )
    .await;
}

pub fn of(patient: PatientId) -> ListAppointments {
    ListAppointments {
        patient_id: Some(patient),
        ..ListAppointments::default()
    }
}

pub async fn listed(clinic: &Clinic, who: &Person, wanted: ListAppointments) -> Vec<AppointmentId> {
    let found = clinic.list(who, wanted, 2).await;
    found.into_iter().map(|one| one.id).collect()
}

pub fn is_busy(refused: &BookRefusal) -> bool {
    *refused == BookRefusal::PatientBusy
}

/// The same visit with the other doctor.
pub fn with_second(clinic: &Clinic, start: DateTime<Utc>) -> Book {
    Book {
        practitioner_id: clinic.doctors[1].practitioner_id(),
        ..clinic.checkup_at(start)
    }
}
