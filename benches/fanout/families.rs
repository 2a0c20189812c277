//! Whose visits change, and who hears of it.

use crate::bench::people::{self, People};
use crate::bench::stage::Stage;
use crate::clinic::Clinic;
use crate::demo::done;
use crate::settings::Settings;
use anyhow::{Context, Result};
use caregraph_contracts::ids::{AppointmentId, PractitionerId, UserId};
use caregraph_contracts::{Domain, Role};
use caregraph_kit::Clock;
use caregraph_patients::patient::{
    GuardianDraft, GuardianRelationship, PatientService, ProfileChanges, RegisterPatient,
};
use caregraph_scheduling::appointment::Book;
use caregraph_scheduling::{SchedulingSettings, Services};
use hyper::header::HeaderValue;
use std::sync::Arc;

/// Most people who act for one person; patients allows no more.
pub const MOST_GUARDIANS: usize = 10;

/// The domains that have to do with it. All others hear of it when the program starts.
const INVOLVED: [Domain; 3] = [Domain::Patients, Domain::Practitioners, Domain::Scheduling];

/// Somebody in care whose visit changes.
pub struct Topic {
    /// The visit.
    pub visit: AppointmentId,
    /// The token of the visit's practitioner, who may change its notes.
    pub practitioner: HeaderValue,
}

/// The settings with which a stage's stores open.
pub fn settings(stage: &Stage) -> Settings {
    Settings {
        data_dir: stage.folder().to_owned(),
        ..Settings::default()
    }
}

/// Lets the front desk put so many people on record, with the stage's patients in turn as those who act for them, and book one visit
/// for each.
pub async fn gather(stage: &Stage, topics: usize) -> Result<Arc<[Topic]>> {
    let clinic = Clinic::open(&settings(stage), Clock::system(), &INVOLVED).await?;
    let arranged = arrange(&clinic, &stage.people, topics).await;
    clinic.close().await;
    arranged.map(Arc::from)
}

async fn arrange(clinic: &Clinic, everybody: &People, topics: usize) -> Result<Vec<Topic>> {
    let patients = PatientService::new(clinic.foundations().ground(Domain::Patients)?);
    let ground = clinic.foundations().ground(Domain::Scheduling)?;
    let services = Services::new(&ground, &SchedulingSettings::default());
    let service = people::follow_up(&services).await?;
    let mut calendars = Vec::with_capacity(everybody.doctors.len());
    for doctor in &everybody.doctors {
        let practitioner = PractitionerId::of_user(doctor.id);
        calendars.push(people::free_slots(&services, service, practitioner).await?);
    }
    let desk = people::acting(everybody.nurse.id, Role::Nurse);
    let mut arranged = Vec::with_capacity(topics);
    for number in 0..topics {
        let acting = everybody.patients.iter().skip(number).step_by(topics);
        let command = RegisterPatient {
            profile: named(number),
            guardians: acting.map(|person| guardian(person.id)).collect(),
        };
        let patient = done(patients.register(&desk, command).await)?;
        let turn = number % calendars.len();
        let calendar = &mut calendars[turn];
        let slot = *calendar.first().context("no time is free")?;
        let command = Book {
            service_id: service,
            practitioner_id: slot.practitioner_id,
            start: slot.start,
            patient_id: Some(patient.id),
            reason: Some("Tái khám".to_owned()),
            note_for_doctor: None,
            hold_id: None,
            idempotency_key: format!("fanout-{number}"),
        };
        let booked = done(services.appointments.book(&desk, command).await)?;
        calendar.retain(|other| !people::overlap(&slot, other));
        arranged.push(Topic {
            visit: booked.appointment.id,
            practitioner: everybody.doctors[turn].authorization.clone(),
        });
    }
    Ok(arranged)
}

fn guardian(user: UserId) -> GuardianDraft {
    GuardianDraft {
        user,
        relationship: GuardianRelationship::LegalGuardian,
    }
}

fn named(number: usize) -> ProfileChanges {
    ProfileChanges {
        given_name: Some(format!("An {number}")),
        family_name: Some("Người Nhà".to_owned()),
        ..ProfileChanges::default()
    }
}
