//! Two hundred people come into care.

use super::person::Body;
use super::profiles::everybody_else;
use super::staff::{Team, account};
use super::{PATIENT, Simulation, acting, done};
use anyhow::Result;
use caregraph_contracts::ids::PatientId;
use caregraph_contracts::{Domain, Role};
use caregraph_kit::auth::Principal;
use caregraph_kit::change::Change;
use caregraph_patients::patient::{
    AddDependant, BloodType, GuardianRelationship, PatientService, ProfileChanges, RegisterPatient,
    SexAtBirth, UpdatePatient,
};
use chrono::{Days, NaiveDate};

/// Everybody in care.
pub struct People {
    /// Who signs in as `patient@demo.test`.
    pub reader: Principal,
    /// All patients; the first is the reader, the second the reader's child.
    pub patients: Vec<Person>,
}

/// Somebody in care.
pub struct Person {
    pub id: PatientId,
    pub body: Body,
}

/// One person registers and adds a child; the front desk registers everybody else.
pub async fn arrive(simulation: &mut Simulation<'_>, team: &Team) -> Result<People> {
    let service = PatientService::new(simulation.clinic.foundations().ground(Domain::Patients)?);
    let today = simulation.clock.now().date_naive();
    let user = done(
        simulation
            .accounts
            .create_account(account("Thị Lan", "Nguyễn", PATIENT.to_owned(), Role::Patient))
            .await,
    )?;
    let reader = acting(user.id, Role::Patient);
    let own = PatientId::of_user(user.id);
    let mother =
        Body::healthy(today - Days::new(365 * 34 + 100), true).with(&mut simulation.random, today, "J45.909");
    let daughter = Body::healthy(today - Days::new(365 * 6 + 40), true);
    let child = AddDependant {
        relationship: GuardianRelationship::Parent,
        profile: ProfileChanges {
            given_name: Some("Gia Hân".to_owned()),
            family_name: Some("Nguyễn".to_owned()),
            ..identified(daughter.born)
        },
    };
    let child = done(service.add_dependant(&reader, child).await)?;
    let mut patients = vec![
        Person {
            id: own,
            body: mother,
        },
        Person {
            id: child.id,
            body: daughter,
        },
    ];
    for (profile, body) in everybody_else(&mut simulation.random, today) {
        let command = RegisterPatient {
            profile,
            guardians: Vec::new(),
        };
        let registered = done(service.register(&team.nurse, command).await)?;
        patients.push(Person {
            id: registered.id,
            body,
        });
    }
    // An account says neither age nor sex: the front desk saw a document.
    let seen = UpdatePatient {
        patient: own,
        version: None,
        profile: ProfileChanges {
            blood_type: Change::Set(BloodType::BPositive),
            occupation: Change::Set("Teacher".to_owned()),
            ..identified(mother.born)
        },
    };
    done(service.update(&team.nurse, seen).await)?;
    Ok(People { reader, patients })
}

/// A woman or girl, as her document says.
fn identified(born: NaiveDate) -> ProfileChanges {
    ProfileChanges {
        date_of_birth: Change::Set(born),
        sex_at_birth: Change::Set(SexAtBirth::Female),
        ..ProfileChanges::default()
    }
}
