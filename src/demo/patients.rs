//! Two hundred people come into care.

use super::cast::{
    FAMILY_EN, FAMILY_VI, GIVEN_EN_F, GIVEN_EN_M, GIVEN_VI_F, GIVEN_VI_M, OCCUPATIONS, PLACES,
};
use super::staff::{Team, account};
use super::{PATIENT, Simulation, acting, done};
use anyhow::Result;
use caregraph_contracts::ids::PatientId;
use caregraph_contracts::{Domain, Role};
use caregraph_kit::auth::Principal;
use caregraph_kit::change::Change;
use caregraph_patients::patient::{
    AddDependant, Address, AddressKind, BloodType, EmergencyContact, GuardianRelationship, InsuranceCard,
    PatientService, ProfileChanges, RegisterPatient, SexAtBirth,
};
use chrono::{Days, NaiveDate};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

const PATIENTS: usize = 200;

/// Everybody in care.
pub struct People {
    /// Who signs in as `patient@demo.test`.
    pub reader: Principal,
    /// All patients; the first is the reader, the second the reader's child.
    pub patients: Vec<PatientId>,
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
    let child = ProfileChanges {
        given_name: Some("Gia Hân".to_owned()),
        family_name: Some("Nguyễn".to_owned()),
        date_of_birth: Change::Set(today - Days::new(365 * 6 + 40)),
        sex_at_birth: Change::Set(SexAtBirth::Female),
        ..ProfileChanges::default()
    };
    let child = AddDependant {
        relationship: GuardianRelationship::Parent,
        profile: child,
    };
    let child = done(service.add_dependant(&reader, child).await)?;
    let mut patients = vec![PatientId::of_user(user.id), child.id];
    while patients.len() < PATIENTS {
        let profile = somebody(&mut simulation.random, today, patients.len());
        let command = RegisterPatient {
            profile,
            guardians: Vec::new(),
        };
        patients.push(done(service.register(&team.nurse, command).await)?.id);
    }
    Ok(People { reader, patients })
}

fn somebody(random: &mut StdRng, today: NaiveDate, number: usize) -> ProfileChanges {
    let (vietnamese, female) = (random.random_bool(0.75), random.random_bool(0.52));
    let (family, given) = match (vietnamese, female) {
        (true, true) => (pick(random, &FAMILY_VI), pick(random, &GIVEN_VI_F)),
        (true, false) => (pick(random, &FAMILY_VI), pick(random, &GIVEN_VI_M)),
        (false, true) => (pick(random, &FAMILY_EN), pick(random, &GIVEN_EN_F)),
        (false, false) => (pick(random, &FAMILY_EN), pick(random, &GIVEN_EN_M)),
    };
    let age_in_days = random.random_range(200..365 * 88);
    let city = PLACES[number % PLACES.len()].city;
    let blood = [
        BloodType::OPositive,
        BloodType::BPositive,
        BloodType::APositive,
        BloodType::AbPositive,
        BloodType::ONegative,
    ];
    ProfileChanges {
        given_name: Some(given.to_owned()),
        family_name: Some(family.to_owned()),
        date_of_birth: Change::Set(today - Days::new(age_in_days)),
        sex_at_birth: Change::Set(if female {
            SexAtBirth::Female
        } else {
            SexAtBirth::Male
        }),
        national_id: Change::Set(format!("0790{:08}", 10_000_000 + number * 7_919)),
        blood_type: blood
            .choose(random)
            .map_or(Change::Keep, |blood| Change::Set(*blood)),
        phone: Change::Set(format!("+8490{:07}", 1_000_000 + number * 3_571)),
        occupation: Change::Set(pick(random, &OCCUPATIONS).to_owned()),
        preferred_language: Some(if vietnamese { "vi" } else { "en" }.to_owned()),
        addresses: Some(vec![Address {
            kind: AddressKind::Home,
            street: format!(
                "{} Đường số {}",
                random.random_range(1..300),
                random.random_range(1..40)
            ),
            district: Some(format!("Phường {}", random.random_range(1..20))),
            city: city.to_owned(),
            region: None,
            postal_code: Some("700000".to_owned()),
            country: "VN".to_owned(),
        }]),
        emergency_contacts: Some(vec![EmergencyContact {
            name: format!("{} {}", family, pick(random, &GIVEN_VI_M)),
            relationship: Some("family".to_owned()),
            phone: format!("+8491{:07}", 1_000_000 + number * 2_311),
        }]),
        insurance: Change::Set(InsuranceCard {
            insurer: "Bảo hiểm xã hội Việt Nam".to_owned(),
            plan: None,
            member_number: format!("GD4790{:09}", 100_000_000 + number * 4_241),
            valid_until: None,
        }),
        ..ProfileChanges::default()
    }
}

fn pick<'a>(random: &mut StdRng, from: &[&'a str]) -> &'a str {
    from.choose(random).copied().unwrap_or_default()
}
