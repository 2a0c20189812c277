//! Hiring: accounts, places, practitioners, the catalogue, the week.

use super::cast::{COUNTRY, DOCTORS, Doctor, OFFERS, PLACES, SPECIALTIES, TIME_ZONE};
use super::{ADMIN, DOCTOR, NURSE, PASSWORD, Simulation, acting, done};
use anyhow::{Result, anyhow};
use caregraph_contracts::ids::{LocationId, MedicalServiceId, PractitionerId};
use caregraph_contracts::money::{Currency, Money};
use caregraph_contracts::{Domain, Role};
use caregraph_identity::account::{Locale, NewAccount};
use caregraph_kit::auth::Principal;
use caregraph_practitioners::location::{LocationService, PlaceDetails, SaveLocation};
use caregraph_practitioners::practitioner::{CreatePractitioner, Details, PractitionerService, Profession};
use caregraph_scheduling::local_time::{Hours, LocalTime};
use caregraph_scheduling::medical_service::{SaveMedicalService, ServiceCatalogue, TimingRequest};
use caregraph_scheduling::working_hours::{Rule, SetWorkingHours, WorkingHoursService};
use chrono::{Days, Weekday};
use std::collections::BTreeSet;

/// Who runs the clinic.
pub struct Team {
    /// The front desk.
    pub nurse: Principal,
    /// The practitioners, in the order of the cast.
    pub doctors: Vec<PractitionerId>,
    /// The services, in the order of the cast.
    pub services: Vec<MedicalServiceId>,
}

/// Makes everybody and everything that must be there before the first patient comes.
pub async fn hire(simulation: &mut Simulation<'_>) -> Result<Team> {
    let nurse = simulation
        .accounts
        .create_account(account("Hồng", "Lý", NURSE.to_owned(), Role::Nurse))
        .await;
    let nurse = acting(done(nurse)?.id, Role::Nurse);
    // The administrator who sets up the clinic is not the one who gets a login: that one comes last.
    let founder = account("Caregraph", "Setup", "setup@demo.test".to_owned(), Role::Admin);
    let founder = NewAccount {
        password: None,
        ..founder
    };
    let founder = acting(
        done(simulation.accounts.create_account(founder).await)?.id,
        Role::Admin,
    );
    let places = open_places(simulation, &founder).await?;
    let mut doctors = Vec::with_capacity(DOCTORS.len());
    for (number, doctor) in DOCTORS.iter().enumerate() {
        doctors.push(
            employ(
                simulation,
                &founder,
                doctor,
                number,
                places[number % places.len()],
            )
            .await?,
        );
    }
    let services = offer_services(simulation, &founder, &doctors).await?;
    set_weeks(simulation, &founder, &doctors, &places).await?;
    Ok(Team {
        nurse,
        doctors,
        services,
    })
}

/// The last account: its presence says that the demo is complete.
pub async fn create_administrator_login(simulation: &mut Simulation<'_>) -> Result<()> {
    let administrator = account("An", "Phan", ADMIN.to_owned(), Role::Admin);
    done(simulation.accounts.create_account(administrator).await).map(drop)
}

/// A verified account with the demo's password.
pub fn account(first_name: &str, last_name: &str, email: String, role: Role) -> NewAccount {
    NewAccount {
        email,
        username: None,
        phone: None,
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        locale: Locale::Vi,
        time_zone: chrono_tz::Asia::Ho_Chi_Minh,
        password: Some(PASSWORD.to_owned()),
        roles: BTreeSet::from([role]),
        verified: true,
    }
}

async fn open_places(simulation: &Simulation<'_>, founder: &Principal) -> Result<Vec<LocationId>> {
    let service = LocationService::new(simulation.clinic.foundations().ground(Domain::Practitioners)?);
    let mut places = Vec::with_capacity(PLACES.len());
    for place in &PLACES {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let details = PlaceDetails {
            name: place.name.to_owned(),
            address_lines: texts(place.lines),
            city: place.city.to_owned(),
            country: COUNTRY.to_owned(),
            time_zone: TIME_ZONE.to_owned(),
            rooms: texts(place.rooms),
            active: true,
        };
        let command = SaveLocation {
            id: None,
            expected_version: None,
            details,
        };
        places.push(done(service.save(founder, command).await)?.id);
    }
    Ok(places)
}

async fn employ(
    simulation: &Simulation<'_>,
    founder: &Principal,
    doctor: &Doctor,
    number: usize,
    place: LocationId,
) -> Result<PractitionerId> {
    // Only the first can sign in; the others have accounts without a password.
    let (email, password) = match number {
        0 => (DOCTOR.to_owned(), Some(PASSWORD.to_owned())),
        _ => (format!("doctor{}@demo.test", number + 1), None),
    };
    let locale = match doctor.languages {
        ["en", ..] => Locale::En,
        _ => Locale::Vi,
    };
    let account = NewAccount {
        password,
        locale,
        ..account(doctor.first_name, doctor.last_name, email, Role::Doctor)
    };
    let user = done(simulation.accounts.create_account(account).await)?;
    let id = PractitionerId::of_user(user.id);
    let name = match doctor.languages.first() {
        Some(&"vi") => format!("{} {}", doctor.last_name, doctor.first_name),
        _ => format!("{} {}", doctor.first_name, doctor.last_name),
    };
    let today = simulation.clock.now().date_naive();
    let details = Details {
        title: Some("Dr.".to_owned()),
        specialties: vec![SPECIALTIES[doctor.specialty].to_owned()],
        licence_number: Some(format!("CCHN-{:06}", 10_200 + 137 * number)),
        licence_expires_on: today.checked_add_days(Days::new(900)),
        languages: doctor.languages.iter().map(|tag| (*tag).to_owned()).collect(),
        practising_since: Some(doctor.since),
        locations: vec![place],
        ..Details::new(name, Profession::Doctor)
    };
    let service = PractitionerService::new(simulation.clinic.foundations().ground(Domain::Practitioners)?);
    done(service.create(founder, CreatePractitioner { id, details }).await)?;
    Ok(id)
}

async fn offer_services(
    simulation: &Simulation<'_>,
    founder: &Principal,
    doctors: &[PractitionerId],
) -> Result<Vec<MedicalServiceId>> {
    let catalogue = ServiceCatalogue::new(simulation.clinic.foundations().ground(Domain::Scheduling)?);
    let mut services = Vec::with_capacity(OFFERS.len());
    for offer in &OFFERS {
        let offered_by = DOCTORS
            .iter()
            .zip(doctors)
            .filter(|(doctor, _)| offer.by.contains(&doctor.specialty));
        let command = SaveMedicalService {
            id: None,
            expected_version: None,
            code: offer.code.to_owned(),
            name: offer.name.to_owned(),
            category: offer.category,
            timing: TimingRequest {
                buffer_after_minutes: i32::from(offer.buffer_after),
                ..TimingRequest::of(i32::from(offer.minutes))
            },
            fee: Money::new(offer.fee.into(), Currency::Vnd)?,
            practitioners: offered_by.map(|(_, id)| *id).collect(),
            active: true,
        };
        services.push(done(catalogue.save(founder, command).await)?.id);
    }
    Ok(services)
}

/// Mornings and afternoons from Monday to Friday; every third works on Saturday morning at another place.
async fn set_weeks(
    simulation: &Simulation<'_>,
    founder: &Principal,
    doctors: &[PractitionerId],
    places: &[LocationId],
) -> Result<()> {
    let service = WorkingHoursService::new(simulation.clinic.foundations().ground(Domain::Scheduling)?);
    let (morning, afternoon) = (hours("08:00", "12:00")?, hours("13:00", "17:00")?);
    for (number, practitioner) in doctors.iter().enumerate() {
        let rule = |weekday, hours, place: usize| Rule {
            weekday,
            hours,
            location: places[place % places.len()],
            valid_from: None,
            valid_to: None,
        };
        let weekdays = [
            Weekday::Mon,
            Weekday::Tue,
            Weekday::Wed,
            Weekday::Thu,
            Weekday::Fri,
        ];
        let mut rules: Vec<Rule> = weekdays
            .into_iter()
            .flat_map(|weekday| [rule(weekday, morning, number), rule(weekday, afternoon, number)])
            .collect();
        if number % 3 == 0 {
            rules.push(rule(Weekday::Sat, morning, number + 1));
        }
        done(
            service
                .set(
                    founder,
                    SetWorkingHours {
                        practitioner: *practitioner,
                        rules,
                    },
                )
                .await,
        )?;
    }
    Ok(())
}

fn hours(start: &str, end: &str) -> Result<Hours> {
    let time = |text: &str| {
        text.parse::<LocalTime>()
            .map_err(|error| anyhow!("{text}: {error}"))
    };
    Ok(Hours::new(time(start)?, time(end)?)?)
}
