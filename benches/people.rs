//! Who asks: everybody of the demo who has an account, and more patients, all with tokens that live longer than any measurement.

use crate::clinic::Clinic;
use crate::demo::done;
use crate::settings::Settings;
use anyhow::{Context, Result};
use caregraph_contracts::ids::{MedicalServiceId, PractitionerId, SessionId, UserId};
use caregraph_contracts::{Domain, Role};
use caregraph_identity::account::{Locale, NewAccount, User, UserFilter};
use caregraph_kit::Clock;
use caregraph_kit::auth::Principal;
use caregraph_kit::graphql::PageArgs;
use caregraph_scheduling::appointment::Book;
use caregraph_scheduling::availability::{Slot, SlotQuery};
use caregraph_scheduling::medical_service::MedicalServiceFilter;
use caregraph_scheduling::{SchedulingSettings, Services};
use chrono::{Days, TimeDelta};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use hyper::header::HeaderValue;
use std::collections::BTreeSet;

/// A quarter of an hour that every practitioner of the demo offers.
pub const SERVICE: &str = "FOLLOW-15";

/// How far ahead visits are booked, in days; a question about free times reaches no farther.
pub const AHEAD: u64 = 60;

/// How long tokens live.
const LIFE: TimeDelta = TimeDelta::days(1);

/// Somebody who can ask.
#[derive(Clone)]
pub struct Person {
    /// The account.
    pub id: UserId,
    /// `Bearer` and the token.
    pub authorization: HeaderValue,
}

/// Everybody who can ask.
pub struct People {
    /// Those who give care.
    pub doctors: Vec<Person>,
    /// The front desk.
    pub nurse: Person,
    /// Those in care, made for measuring.
    pub patients: Vec<Person>,
}

impl People {
    /// So many different people: all who give care, the front desk, then patients.
    pub fn mixed(&self, size: usize) -> Vec<&Person> {
        let staff = self.doctors.iter().chain([&self.nurse]);
        staff.chain(&self.patients).take(size).collect()
    }
}

/// Lets `patients` more people register and book `visits` visits each, and gives everybody a token.
pub async fn arrive(settings: &Settings, patients: usize, visits: usize) -> Result<People> {
    // Notifications and the audit trail, which hear of the demo's eight weeks at their first start, would hold everything up.
    let told: Vec<Domain> = Domain::ALL
        .iter()
        .copied()
        .filter(|domain| !matches!(domain, Domain::Notifications | Domain::Administration))
        .collect();
    let clinic = Clinic::open(settings, Clock::system(), &told).await?;
    let people = gather(&clinic, patients, visits).await;
    clinic.close().await;
    people
}

async fn gather(clinic: &Clinic, patients: usize, visits: usize) -> Result<People> {
    let accounts = clinic.accounts()?;
    let doctors = staff(clinic, Role::Doctor).await?;
    let nurses = staff(clinic, Role::Nurse).await?;
    // Each waits for those who must have heard of it, so some are made at a time.
    let made = stream::iter((0..patients).map(|number| {
        let accounts = &accounts;
        async move { anyhow::Ok(done(accounts.create_account(account(number)).await)?.id) }
    }));
    let arrived: Vec<UserId> = made.buffered(16).try_collect().await?;
    if visits > 0 {
        book(clinic, &doctors, (&arrived, visits)).await?;
    }
    let all = |users: &[UserId], role: Role| -> Result<Vec<Person>> {
        users.iter().map(|user| admit(clinic, *user, role)).collect()
    };
    let nurse = all(&nurses, Role::Nurse)?;
    Ok(People {
        doctors: all(&doctors, Role::Doctor)?,
        nurse: nurse.into_iter().next().context("the demo has no nurse")?,
        patients: all(&arrived, Role::Patient)?,
    })
}

/// Accounts of the demo with a role, in the order in which they were made.
async fn staff(clinic: &Clinic, role: Role) -> Result<Vec<UserId>> {
    let page = PageArgs {
        first: 100,
        after: None,
    };
    let filter = UserFilter {
        role: Some(role),
        ..UserFilter::default()
    };
    // Nobody has an account yet who could look; whoever runs the program on the store may.
    let observer = acting(UserId::from(uuid::Uuid::nil()), Role::Admin);
    let found: Vec<(uuid::Uuid, User)> = done(clinic.accounts()?.list(&observer, &filter, &page).await)?;
    Ok(found.into_iter().map(|(_, user)| user.id).collect())
}

fn account(number: usize) -> NewAccount {
    NewAccount {
        email: format!("bench-{number}@demo.test"),
        username: None,
        phone: None,
        first_name: "Bình An".to_owned(),
        last_name: format!("Số {number}"),
        locale: Locale::Vi,
        time_zone: chrono_tz::Asia::Ho_Chi_Minh,
        password: None,
        roles: BTreeSet::from([Role::Patient]),
        verified: true,
    }
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

/// Books visits: each patient with as many different practitioners as possible, the earliest times first.
async fn book(clinic: &Clinic, doctors: &[UserId], (patients, visits): (&[UserId], usize)) -> Result<()> {
    let ground = clinic.foundations().ground(Domain::Scheduling)?;
    let services = Services::new(&ground, &SchedulingSettings::default());
    let service = follow_up(&services).await?;
    let mut free = Vec::with_capacity(doctors.len());
    for doctor in doctors {
        free.push(free_slots(&services, service, PractitionerId::of_user(*doctor)).await?);
    }
    for (number, patient) in patients.iter().enumerate() {
        let principal = acting(*patient, Role::Patient);
        let mut taken: Vec<Slot> = Vec::with_capacity(visits);
        for visit in 0..visits {
            let calendar = &mut free[(number + visit) % doctors.len()];
            let suits = |slot: &&Slot| !taken.iter().any(|other| overlap(slot, other));
            let slot = *calendar.iter().find(suits).context("no time is free")?;
            let command = Book {
                service_id: service,
                practitioner_id: slot.practitioner_id,
                start: slot.start,
                patient_id: None,
                reason: Some("Tái khám".to_owned()),
                note_for_doctor: None,
                hold_id: None,
                idempotency_key: format!("bench-{number}-{visit}"),
            };
            done(services.appointments.book(&principal, command).await)?;
            calendar.retain(|other| !overlap(&slot, other));
            taken.push(slot);
        }
    }
    Ok(())
}

/// The service of [`SERVICE`].
pub async fn follow_up(services: &Services) -> Result<MedicalServiceId> {
    let filter = MedicalServiceFilter {
        text: Some(SERVICE.to_owned()),
        ..MedicalServiceFilter::default()
    };
    let page = PageArgs {
        first: 1,
        after: None,
    };
    let listed = services
        .catalogue
        .list(&Principal::anonymous(), filter, &page)
        .await;
    let found = done(listed)?.into_iter().next();
    found
        .map(|(_, service)| service.id)
        .with_context(|| format!("the demo does not offer {SERVICE}"))
}

/// Free times of a practitioner, as the front desk sees them.
pub async fn free_slots(
    services: &Services,
    service_id: MedicalServiceId,
    practitioner: PractitionerId,
) -> Result<Vec<Slot>> {
    let today = Clock::system().now().date_naive();
    let query = SlotQuery {
        service_id,
        practitioner_id: Some(practitioner),
        location_id: None,
        from: today + Days::new(2),
        to: today + Days::new(AHEAD),
        for_staff: true,
    };
    done(services.availability.free_slots(query).await)
}

/// Whether two times have a part in common.
pub fn overlap(one: &Slot, other: &Slot) -> bool {
    one.start < other.end && other.start < one.end
}

/// Somebody with an account, for use cases that are called without the graph.
pub fn acting(user: UserId, role: Role) -> Principal {
    let session = SessionId::from(uuid::Uuid::from(user));
    let until = Clock::system().now() + LIFE;
    Principal::user(
        user,
        session,
        [role],
        role.default_scopes().iter().copied(),
        until,
    )
}
