//! Eight weeks of visits: four behind us, with everything that happens to visits, and four ahead.

use super::cases::{Case, cases};
use super::cast::{DOCTORS, OFFERS};
use super::charts::Charts;
use super::patients::{People, Person};
use super::staff::Team;
use super::{Simulation, WEEKS, acting, done};
use anyhow::Result;
use caregraph_contracts::ids::AppointmentId;
use caregraph_contracts::{Domain, Role};
use caregraph_kit::Failure;
use caregraph_kit::auth::Principal;
use caregraph_scheduling::appointment::{Book, BookRefusal, Cancel, Complete};
use caregraph_scheduling::availability::SlotQuery;
use caregraph_scheduling::{SchedulingSettings, Services};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use std::collections::BTreeMap;

/// Visits booked on each day of the simulated past.
const PER_DAY: usize = 14;
/// Visits booked on the last day for the weeks ahead.
const AHEAD: usize = 220;

/// A visit that is still to take place.
struct Planned<'a> {
    id: AppointmentId,
    patient: &'a Person,
    doctor: Principal,
    /// What it will turn out to be.
    case: &'static Case,
    end: DateTime<Utc>,
}

/// By beginning, so that the days can be lived through in order.
type Diary<'a> = BTreeMap<(DateTime<Utc>, AppointmentId), Planned<'a>>;

/// Lives through the weeks; returns how many visits were booked.
pub async fn happen(
    simulation: &mut Simulation<'_>,
    team: &Team,
    people: &People,
    charts: &Charts,
) -> Result<usize> {
    let ground = simulation.clinic.foundations().ground(Domain::Scheduling)?;
    let services = Services::new(&ground, &SchedulingSettings::default());
    let mut diary = Diary::new();
    let mut booked = 0;
    let mornings = simulation.clock.now() + TimeDelta::hours(6);
    for day in 0..7 * WEEKS {
        let morning = mornings + Days::new(day);
        simulation.clock.set(morning);
        for _ in 0..PER_DAY {
            booked += usize::from(book(simulation, &services, team, people, (0, 7), &mut diary).await?);
        }
        let clinic = (&services, team, charts);
        live_through(simulation, clinic, &mut diary, morning + Days::new(1)).await?;
    }
    simulation.clock.set(mornings + Days::new(7 * WEEKS));
    for _ in 0..AHEAD {
        booked += usize::from(book(simulation, &services, team, people, (0, 7 * WEEKS), &mut diary).await?);
    }
    Ok(booked)
}

/// Books one visit at random; `false` when that doctor has no time on that day, or nobody is ill like that.
async fn book<'a>(
    simulation: &mut Simulation<'_>,
    services: &Services,
    team: &Team,
    people: &'a People,
    (soonest, latest): (u64, u64),
    diary: &mut Diary<'a>,
) -> Result<bool> {
    let random = &mut simulation.random;
    let doctor = random.random_range(0..DOCTORS.len());
    let offers: Vec<usize> = (0..OFFERS.len())
        .filter(|offer| OFFERS[*offer].by.contains(&DOCTORS[doctor].specialty))
        .collect();
    let Some(offer) = offers.choose(random).copied() else {
        return Ok(false);
    };
    let today = simulation.clock.now().date_naive();
    let cases: Vec<&Case> = cases(DOCTORS[doctor].specialty)
        .iter()
        .filter(|case| case.services.contains(&OFFERS[offer].code))
        .collect();
    let Some(case) = cases.choose(random).copied() else {
        return Ok(false);
    };
    let Some(patient) = whom(random, people, case, today) else {
        return Ok(false);
    };
    let date = local_date(simulation.clock.now()) + Days::new(random.random_range(soonest..=latest));
    let query = SlotQuery {
        service_id: team.services[offer],
        practitioner_id: Some(team.doctors[doctor]),
        location_id: None,
        from: date,
        to: date,
        for_staff: true,
    };
    let slots = done(services.availability.free_slots(query).await)?;
    let Some(slot) = slots.choose(&mut simulation.random) else {
        return Ok(false);
    };
    let command = Book {
        service_id: slot.service_id,
        practitioner_id: slot.practitioner_id,
        start: slot.start,
        patient_id: Some(people.patients[patient].id),
        reason: Some(case.complaint.to_owned()),
        note_for_doctor: None,
        hold_id: None,
        idempotency_key: format!("demo-{}", simulation.clock.new_id::<uuid::Uuid>()),
    };
    let booker = if patient < 2 { &people.reader } else { &team.nurse };
    let visit = match services.appointments.book(booker, command).await {
        // Somebody of two hundred may have another visit just then.
        Err(Failure::Refused(reasons)) if matches!(reasons.as_slice(), [BookRefusal::PatientBusy]) => {
            return Ok(false);
        }
        other => done(other)?.appointment,
    };
    let practitioner = acting(slot.practitioner_id.as_user(), Role::Doctor);
    if patient < 2 && simulation.random.random_bool(0.6) {
        done(services.appointments.confirm(&practitioner, visit.id).await)?;
    }
    diary.insert(
        (slot.start, visit.id),
        Planned {
            id: visit.id,
            patient: &people.patients[patient],
            doctor: practitioner,
            case,
            end: slot.end,
        },
    );
    Ok(true)
}

/// Whom of the people a case befalls, by the place in their list.
fn whom(random: &mut StdRng, people: &People, case: &Case, today: NaiveDate) -> Option<usize> {
    let fits = |place: &usize| people.patients[*place].body.may_have(case, today);
    // The one who signs in as a patient comes more often than others, with her child, so that there is something to see.
    if random.random_bool(0.06) {
        let family: Vec<usize> = (0..2).filter(fits).collect();
        if let Some(place) = family.choose(random) {
            return Some(*place);
        }
    }
    let others: Vec<usize> = (2..people.patients.len()).filter(fits).collect();
    others.choose(random).copied()
}

/// What happens to the visits that begin before `until`: most take place, some are called off, some patients do not come.
async fn live_through(
    simulation: &mut Simulation<'_>,
    (services, team, charts): (&Services, &Team, &Charts),
    diary: &mut Diary<'_>,
    until: DateTime<Utc>,
) -> Result<()> {
    let later = diary.split_off(&(until, AppointmentId::from(uuid::Uuid::nil())));
    let today = std::mem::replace(diary, later);
    for ((start, _), planned) in today {
        let Planned {
            id,
            patient,
            doctor,
            case,
            end,
        } = planned;
        let appointments = &services.appointments;
        match simulation.random.random_range(0..100) {
            0..7 => {
                let command = Cancel {
                    id,
                    reason: "Bệnh nhân báo bận".to_owned(),
                    on_behalf_of_patient: true,
                };
                done(appointments.cancel(&team.nurse, command).await)?;
            }
            fate @ 7..12 => {
                simulation.clock.set(start + TimeDelta::minutes(15 + fate));
                confirm_if_pending(appointments, &doctor, id).await?;
                done(appointments.mark_no_show(&team.nurse, id).await)?;
            }
            _ => {
                simulation.clock.set(start - TimeDelta::minutes(5));
                confirm_if_pending(appointments, &doctor, id).await?;
                done(appointments.check_in(&team.nurse, id).await)?;
                charts.measure(simulation, patient, case).await?;
                simulation.clock.set(end);
                let notes = Some("Khám xong, tái khám khi cần.".to_owned());
                done(appointments.complete(&doctor, Complete { id, notes }).await)?;
                charts.write_up(end, &doctor, (patient, case), id).await?;
            }
        }
    }
    Ok(())
}

/// A visit that its doctor has not looked at yet is confirmed at the latest when it begins.
async fn confirm_if_pending(
    appointments: &caregraph_scheduling::appointment::AppointmentService,
    doctor: &Principal,
    id: AppointmentId,
) -> Result<()> {
    match appointments.confirm(doctor, id).await {
        // Confirmed before.
        Err(Failure::Refused(_)) => Ok(()),
        other => done(other).map(drop),
    }
}

fn local_date(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&chrono_tz::Asia::Ho_Chi_Minh).date_naive()
}
