//! Practices open: people are hired through the program's own use cases, as they are everywhere.

use super::diary::ZONE;
use super::intake::Intake;
use super::names::Name;
use super::practice::{ACCOUNTS, DOCTORS, PANEL, Practice};
use crate::bench::people::{People, Person, acting};
use crate::bench::report::say;
use crate::clinic::Clinic;
use crate::demo::done;
use crate::settings::Settings;
use anyhow::{Context, Result, anyhow};
use caregraph_contracts::ids::{LocationId, MedicalServiceId, PatientId, PractitionerId, UserId};
use caregraph_contracts::money::{Currency, Money};
use caregraph_contracts::{Domain, Role};
use caregraph_identity::account::{AccountService, Locale, NewAccount, UserFilter};
use caregraph_kit::Clock;
use caregraph_kit::auth::Principal;
use caregraph_kit::graphql::PageArgs;
use caregraph_practitioners::location::{LocationService, PlaceDetails, SaveLocation};
use caregraph_practitioners::practitioner::{CreatePractitioner, Details, PractitionerService, Profession};
use caregraph_scheduling::local_time::{Hours, LocalTime};
use caregraph_scheduling::medical_service::{Category, SaveMedicalService, ServiceCatalogue, TimingRequest};
use caregraph_scheduling::working_hours::{Rule, SetWorkingHours, WorkingHoursService};
use chrono::{Days, TimeDelta, Weekday};
use hyper::header::HeaderValue;
use std::collections::BTreeSet;

/// How long tokens live.
const LIFE: TimeDelta = TimeDelta::days(1);

/// The patients of a practice whose names are remembered: of families of different sizes.
const REMEMBERED: [usize; 4] = [10, 45, 50, 75];

/// Opens so many practices, and gives them with somebody who reads the audit trail. The first of the stage's patients belong to the
/// first practice.
pub async fn open(settings: &Settings, people: &People, practices: usize) -> Result<(Vec<Practice>, Person)> {
    // Messages and the audit trail hear of it when the program starts.
    let told: Vec<Domain> = Domain::ALL
        .iter()
        .copied()
        .filter(|domain| !matches!(domain, Domain::Notifications | Domain::Administration))
        .collect();
    let clinic = Clinic::open(settings, Clock::system(), &told).await?;
    let opened = Box::pin(open_all(&clinic, people, practices)).await;
    clinic.close().await;
    opened
}

async fn open_all(clinic: &Clinic, people: &People, practices: usize) -> Result<(Vec<Practice>, Person)> {
    let auditor = administrator(clinic).await?;
    let office = Office {
        clinic,
        accounts: clinic.accounts()?.clone(),
        founder: acting(auditor.id, Role::Admin),
        intake: Intake::new(
            clinic.foundations().ground(Domain::Patients)?,
            acting(people.nurse.id, Role::Nurse),
        ),
    };
    let mut opened = Vec::with_capacity(practices);
    for (number, accounts) in (0..).zip(people.patients.chunks(ACCOUNTS).take(practices)) {
        opened.push(Box::pin(office.open(number, accounts)).await?);
        if opened.len().is_multiple_of(10) {
            say(&format!("{} practices are open", opened.len()));
        }
    }
    Ok((opened, auditor))
}

/// Who set up the clinic.
async fn administrator(clinic: &Clinic) -> Result<Person> {
    let filter = UserFilter {
        role: Some(Role::Admin),
        ..UserFilter::default()
    };
    let page = PageArgs {
        first: 1,
        after: None,
    };
    // Whoever runs the program on the store may look.
    let observer = acting(UserId::from(uuid::Uuid::nil()), Role::Admin);
    let found = done(clinic.accounts()?.list(&observer, &filter, &page).await)?;
    let (_, user) = found.into_iter().next().context("nobody set up the clinic")?;
    admit(clinic, user.id, Role::Admin)
}

/// A token without signing in.
fn admit(clinic: &Clinic, user: UserId, role: Role) -> Result<Person> {
    let clock = Clock::system();
    let now = clock.now();
    let token = clinic.signing_keys()?.sign(
        (user, clock.new_id()),
        (&[role], role.default_scopes()),
        (now, now + LIFE),
    )?;
    Ok(Person {
        id: user,
        authorization: HeaderValue::from_str(&format!("Bearer {token}"))?,
    })
}

/// Who opens practices, and with what.
struct Office<'a> {
    clinic: &'a Clinic,
    accounts: AccountService,
    founder: Principal,
    intake: Intake,
}

impl Office<'_> {
    async fn open(&self, number: u32, accounts: &[Person]) -> Result<Practice> {
        let location = self.rent(number).await?;
        let mut doctors = Vec::with_capacity(DOCTORS);
        for doctor in (number * u32::try_from(DOCTORS)?..).take(DOCTORS) {
            doctors.push(self.employ(doctor, location).await?);
        }
        let service = self.offer(number, &doctors).await?;
        self.set_weeks(&doctors, location).await?;
        let first = number * u32::try_from(DOCTORS * PANEL)?;
        let names: Vec<Name> = (first..).take(DOCTORS * PANEL).map(Name::of).collect();
        let mut patients: Vec<PatientId> = accounts
            .iter()
            .map(|person| PatientId::of_user(person.id))
            .collect();
        patients.extend(self.intake.register((first, &names)).await?);
        self.intake.assign(&patients, &doctors).await?;
        Ok(Practice {
            doctors,
            patients,
            accounts: accounts.to_vec(),
            names: REMEMBERED.map(|place| names[place].whole()).into(),
            location,
            service,
        })
    }

    async fn rent(&self, number: u32) -> Result<LocationId> {
        let places = LocationService::new(self.clinic.foundations().ground(Domain::Practitioners)?);
        let details = PlaceDetails {
            name: format!("Phòng khám số {number}"),
            address_lines: vec![format!("{} Trần Hưng Đạo", number + 1)],
            city: "Thành phố Hồ Chí Minh".to_owned(),
            country: "VN".to_owned(),
            time_zone: ZONE.name().to_owned(),
            rooms: vec!["1".to_owned(), "2".to_owned()],
            active: true,
        };
        let command = SaveLocation {
            id: None,
            expected_version: None,
            details,
        };
        Ok(done(places.save(&self.founder, command).await)?.id)
    }

    async fn employ(&self, number: u32, location: LocationId) -> Result<Person> {
        let name = Name::of(u32::MAX - number);
        let account = NewAccount {
            email: format!("growth-{number}@demo.test"),
            username: None,
            phone: None,
            first_name: name.given.clone(),
            last_name: name.family.to_owned(),
            locale: Locale::Vi,
            time_zone: ZONE,
            password: None,
            roles: BTreeSet::from([Role::Doctor]),
            verified: true,
        };
        let user = done(self.accounts.create_account(account).await)?.id;
        let details = Details {
            specialties: vec!["GENERAL_PRACTICE".to_owned()],
            licence_number: Some(format!("CCHN-{:06}", 300_000 + number)),
            licence_expires_on: Clock::system()
                .now()
                .date_naive()
                .checked_add_days(Days::new(900)),
            languages: vec!["vi".to_owned()],
            locations: vec![location],
            ..Details::new(name.whole(), Profession::Doctor)
        };
        let command = CreatePractitioner {
            id: PractitionerId::of_user(user),
            details,
        };
        let practitioners =
            PractitionerService::new(self.clinic.foundations().ground(Domain::Practitioners)?);
        done(practitioners.create(&self.founder, command).await)?;
        admit(self.clinic, user, Role::Doctor)
    }

    async fn offer(&self, number: u32, doctors: &[Person]) -> Result<MedicalServiceId> {
        let catalogue = ServiceCatalogue::new(self.clinic.foundations().ground(Domain::Scheduling)?);
        let command = SaveMedicalService {
            id: None,
            expected_version: None,
            code: format!("PRACTICE-{number}"),
            name: format!("Khám tại phòng khám số {number}"),
            category: Category::GeneralCheckup,
            timing: TimingRequest::of(15),
            fee: Money::new(200_000_i64.into(), Currency::Vnd)?,
            practitioners: doctors
                .iter()
                .map(|doctor| PractitionerId::of_user(doctor.id))
                .collect(),
            active: true,
        };
        Ok(done(catalogue.save(&self.founder, command).await)?.id)
    }

    /// Every day of the week, so that it does not matter on which one something is measured.
    async fn set_weeks(&self, doctors: &[Person], location: LocationId) -> Result<()> {
        let weeks = WorkingHoursService::new(self.clinic.foundations().ground(Domain::Scheduling)?);
        let hours = Hours::new(time("08:00")?, time("17:00")?)?;
        let days = std::iter::successors(Some(Weekday::Mon), |day| Some(day.succ())).take(7);
        let rules: Vec<Rule> = days
            .map(|weekday| Rule {
                weekday,
                hours,
                location,
                valid_from: None,
                valid_to: None,
            })
            .collect();
        for doctor in doctors {
            let command = SetWorkingHours {
                practitioner: PractitionerId::of_user(doctor.id),
                rules: rules.clone(),
            };
            done(weeks.set(&self.founder, command).await)?;
        }
        Ok(())
    }
}

fn time(text: &str) -> Result<LocalTime> {
    text.parse::<LocalTime>()
        .map_err(|error| anyhow!("{text}: {error}"))
}
