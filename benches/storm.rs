//! A booking storm: a hundred free times of one practitioner, and many people who want them at once, again and again.
//!
//! What is asserted is not the speed but the promise: each time is booked once, none twice, and whoever was told that it is theirs has it.

mod attempts;

use super::client::Connection;
use super::load::{self, Outcome, User};
use super::people::{AHEAD, Person, SERVICE};
use super::report::{Report, Table, median, millis, rate, say, warn_if_unoptimised};
use super::stage::Stage;
use super::{Repetition, Storm};
use anyhow::{Context, Result, ensure};
use attempts::Attempts;
use caregraph_kit::Clock;
use chrono::{DateTime, Days, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

/// How many people want them.
const PATIENTS: usize = 50;

/// How many times are free.
const SLOTS: usize = 100;

/// What an answer with a booking is called.
const BOOKED: &str = "booked";

const SERVICES: &str = "query ($practitionerId: ID!, $text: String!) {
    medicalServices(first: 1, filter: {practitionerId: $practitionerId, text: $text}) { nodes { id } } }";

const FREE: &str = "query ($input: AvailableSlotsInput!) { availableSlots(input: $input) { start end } }";

const TAKEN: &str = "query ($filter: AppointmentFilter!, $after: String) {
    appointments(first: 100, after: $after, filter: $filter) {
        nodes { id start status } pageInfo { hasNextPage endCursor } } }";

/// A time at which a visit can be booked.
#[derive(Clone, Deserialize)]
struct Slot {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

/// What everybody wants.
struct Prize {
    practitioner: String,
    service: String,
    slots: Vec<Slot>,
}

/// One round.
struct Round {
    outcome: Outcome,
    doubled: usize,
}

/// Measures and reports.
pub async fn run(arguments: &Storm) -> Result<()> {
    warn_if_unoptimised();
    let stage = Stage::fill(&arguments.servers, PATIENTS, 0).await?;
    let (engines, rounds) = (stage.engines(), rounds(&stage, arguments).await);
    stage.clear_away().await;
    report(arguments, &engines, &rounds?)
}

async fn rounds(stage: &Stage, arguments: &Storm) -> Result<Vec<Round>> {
    let program = stage.serve().await?;
    let mut rounds = Vec::new();
    for round in 0..arguments.repetition.runs {
        let doctors = &stage.people.doctors;
        let doctor = &doctors[usize::try_from(round)? % doctors.len()];
        let mut desk = Connection::open(program.address).await?;
        let prize = Arc::new(find_prize(&mut desk, &stage.people.nurse, doctor).await?);
        say(&format!("round {}: {} attempts", round + 1, arguments.attempts));
        let crowd = (stage.people.patients.as_slice(), round, arguments.attempts);
        let outcome = storm(program.address, &prize, crowd).await?;
        let taken = taken(&mut desk, &stage.people.nurse, &prize).await?;
        rounds.push(judge(outcome, &taken)?);
    }
    program.stop().await?;
    Ok(rounds)
}

/// A hundred free times of a practitioner, of which none overlaps another.
async fn find_prize(desk: &mut Connection, nurse: &Person, doctor: &Person) -> Result<Prize> {
    let practitioner = doctor.id.to_string();
    let variables = json!({ "practitionerId": practitioner, "text": SERVICE });
    let found = desk.data(&nurse.authorization, SERVICES, &variables).await?;
    let service = found["medicalServices"]["nodes"][0]["id"].as_str();
    let service = service.context("no such service")?.to_owned();
    let today = Clock::system().now().date_naive();
    let variables = json!({ "input": {
        "serviceId": service, "practitionerId": practitioner,
        "from": today + Days::new(2), "to": today + Days::new(AHEAD),
    } });
    let mut found = desk.data(&nurse.authorization, FREE, &variables).await?;
    let free: Vec<Slot> = serde_json::from_value(found["availableSlots"].take())?;
    let mut slots: Vec<Slot> = Vec::with_capacity(SLOTS);
    for slot in free {
        if slots.last().is_none_or(|last| last.end <= slot.start) && slots.len() < SLOTS {
            slots.push(slot);
        }
    }
    ensure!(slots.len() == SLOTS, "only {} times are free", slots.len());
    Ok(Prize {
        practitioner,
        service,
        slots,
    })
}

/// Lets everybody try at once until so many attempts were made.
async fn storm(
    address: SocketAddr,
    prize: &Arc<Prize>,
    (patients, round, attempts): (&[Person], u32, u32),
) -> Result<Outcome> {
    let made = Arc::new(AtomicU32::new(0));
    let users = patients.iter().map(|patient| User {
        authorization: patient.authorization.clone(),
        script: Box::new(Attempts {
            prize: Arc::clone(prize),
            made: Arc::clone(&made),
            most: attempts,
            round,
        }),
    });
    load::run(address, users.collect(), None).await
}

/// How many visits the front desk sees at each of the times.
async fn taken(
    desk: &mut Connection,
    nurse: &Person,
    prize: &Prize,
) -> Result<BTreeMap<DateTime<Utc>, usize>> {
    let (Some(first), Some(last)) = (prize.slots.first(), prize.slots.last()) else {
        return Ok(BTreeMap::new());
    };
    let wanted: BTreeSet<DateTime<Utc>> = prize.slots.iter().map(|slot| slot.start).collect();
    let filter = json!({
        "practitionerId": prize.practitioner, "status": ["PENDING", "CONFIRMED"],
        "from": first.start, "to": last.start + TimeDelta::seconds(1),
    });
    let mut counts: BTreeMap<DateTime<Utc>, usize> = BTreeMap::new();
    let mut after = Value::Null;
    loop {
        let variables = json!({ "filter": filter, "after": after });
        let mut found = desk.data(&nurse.authorization, TAKEN, &variables).await?;
        let page = &mut found["appointments"];
        for visit in page["nodes"].as_array().into_iter().flatten() {
            let start = DateTime::<Utc>::deserialize(&visit["start"])?;
            if wanted.contains(&start) {
                *counts.entry(start).or_default() += 1;
            }
        }
        if page["pageInfo"]["hasNextPage"] != true {
            return Ok(counts);
        }
        after = page["pageInfo"]["endCursor"].take();
    }
}

/// The promise, whatever the speed.
fn judge(outcome: Outcome, taken: &BTreeMap<DateTime<Utc>, usize>) -> Result<Round> {
    if let Some(failure) = &outcome.first_failure {
        say(&format!("a request failed: {failure}"));
    }
    let doubled = taken.values().filter(|visits| **visits > 1).count();
    let answered = outcome.count(BOOKED);
    ensure!(doubled == 0, "{doubled} times are booked twice");
    ensure!(
        // Whoever got no answer may have a booking all the same, but nobody who got one may be without.
        usize::try_from(answered)? <= taken.len(),
        "{answered} bookings were answered, {} are there",
        taken.len()
    );
    ensure!(
        taken.len() == SLOTS,
        "{} of {SLOTS} times are booked",
        taken.len()
    );
    Ok(Round { outcome, doubled })
}

fn report(arguments: &Storm, engines: &str, rounds: &[Round]) -> Result<()> {
    let Repetition { runs, json } = &arguments.repetition;
    let mut table = Table::new(
        format!(
            "{SLOTS} times, {} attempts by {PATIENTS} people, {engines}",
            arguments.attempts
        ),
        &[
            "round",
            "attempts/s",
            "bookings/s",
            "p50 ms",
            "p99 ms",
            "booked",
            "doubled",
            "refusals",
            "failures",
        ],
    );
    let raw: Vec<Value> = rounds.iter().map(raw).collect();
    for (number, round) in raw.iter().enumerate() {
        let cell = |key: &str| match &round[key] {
            Value::Number(number) if number.is_f64() => format!("{:.1}", number.as_f64().unwrap_or(f64::NAN)),
            other => other.to_string(),
        };
        let mut cells = vec![(number + 1).to_string()];
        let keys = [
            "attemptsPerSecond",
            "bookingsPerSecond",
            "p50Ms",
            "p99Ms",
            "booked",
            "doubled",
            "refusals",
            "failures",
        ];
        cells.extend(keys.map(cell));
        table.row(cells);
    }
    let middle = |key: &str| {
        let value = median(raw.iter().filter_map(|round| round[key].as_f64()));
        format!("{value:.1}")
    };
    let mut medians = vec!["median".to_owned()];
    medians.extend(["attemptsPerSecond", "bookingsPerSecond", "p50Ms", "p99Ms"].map(middle));
    medians.extend(["", "", "", ""].map(str::to_owned));
    table.row(medians);
    Report {
        bench: "storm",
        settings: json!({
            "attempts": arguments.attempts, "people": PATIENTS, "slots": SLOTS, "runs": runs, "engines": engines,
        }),
        results: raw.into(),
        tables: vec![table],
    }
    .publish(json.as_deref())
}

fn raw(round: &Round) -> Value {
    let outcome = &round.outcome;
    let all = outcome.all().latency;
    let booked = outcome.count(BOOKED);
    let until_last = outcome.answers.get(BOOKED).map(|answers| answers.last);
    let refusals: BTreeMap<&str, u64> = outcome
        .answers
        .iter()
        .filter(|(kind, _)| *kind != BOOKED)
        .map(|(kind, answers)| (&**kind, answers.latency.len()))
        .collect();
    json!({
        "attemptsPerSecond": rate(all.len(), outcome.elapsed),
        // The last times are found late by those who choose at random; until then they are all that can be booked.
        "bookingsPerSecond": until_last.map(|last| rate(booked, last)),
        "p50Ms": millis(all.value_at_quantile(0.5)),
        "p99Ms": millis(all.value_at_quantile(0.99)),
        "booked": booked,
        "doubled": round.doubled,
        "refusals": refusals,
        "failures": outcome.failures,
        "firstFailure": outcome.first_failure,
    })
}
