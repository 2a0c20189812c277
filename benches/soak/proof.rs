//! Whether everything that was answered is there, and once.

use super::found::{Found, inbox};
use super::users::Tally;
use crate::bench::client::Connection;
use crate::bench::people::Person;
use crate::bench::work::visits::{self, Visit};
use crate::bench::work::{Cast, Comparison, Encounter, Ledger, Trade, lock};
use anyhow::{Result, ensure};
use std::collections::{BTreeMap, BTreeSet};

/// One sort of effect.
pub(super) struct Effects {
    pub(super) what: &'static str,
    pub(super) comparison: Comparison,
}

/// What a person has been told of bookings, by their id: how many messages there are.
pub(super) type Told = BTreeMap<String, usize>;

/// How many bookings each of the patients who work here was told of.
pub(super) async fn told(connection: &mut Connection, cast: &Cast) -> Result<Told> {
    let mut told = Told::new();
    for patient in patients(cast) {
        let messages = inbox(connection, &patient).await?;
        let bookings = messages.iter().filter(|message| message.is_of_booking());
        told.insert(patient.id.to_string(), bookings.count());
    }
    Ok(told)
}

/// Looks for everything that was answered under `tag`; `before` is what patients had been told by then.
pub(super) async fn look(
    connection: &mut Connection,
    cast: &Cast,
    (tag, before): (&str, &Told),
) -> Result<Vec<Effects>> {
    let (ledger, readers) = ledger(cast);
    let visits = visits::find(connection, &cast.desk).await?;
    let effects = |what, comparison| Effects { what, comparison };
    let mut all = vec![
        effects(
            "bookings",
            Comparison::of(&ledger.booked, &visits::by_name(&visits, tag)),
        ),
        effects("confirmations", confirmations(&ledger, &visits)),
    ];
    let mut found = Found::default();
    for (patient, reader) in &readers {
        found.read(connection, (patient, reader), tag).await?;
    }
    all.push(effects(
        "vital signs",
        Comparison::of(&ledger.vitals, &found.vitals),
    ));
    all.push(effects("encounters", encounters(&ledger, &found)));
    let (messages, read) = messages(connection, cast, (&ledger, &visits, tag, before)).await?;
    all.push(effects("messages of a booking", messages));
    all.push(effects("messages read", read));
    Ok(all)
}

/// Fails when anything is lost or there twice.
pub(super) fn judge(effects: &[Effects], tally: &Tally) -> Result<()> {
    for Effects { what, comparison } in effects {
        let Comparison { lost, doubled, .. } = comparison;
        ensure!(lost.is_empty(), "{what}: answered, and not there: {lost:?}");
        ensure!(doubled.is_empty(), "{what}: there more than once: {doubled:?}");
        ensure!(
            // Whoever gave up may have had an effect all the same, and a refused one none.
            u64::try_from(comparison.unanswered)? <= tally.given_up,
            "{what}: {} are there that nobody was told of",
            comparison.unanswered
        );
    }
    Ok(())
}

fn patients(cast: &Cast) -> Vec<Person> {
    let workers = cast.crew.iter().map(|worker| lock(worker));
    let patients = workers.filter(|worker| worker.trade() == Trade::Patient);
    patients.map(|worker| worker.person().clone()).collect()
}

/// What was answered to anybody, and for each patient somebody who can read what was written.
fn ledger(cast: &Cast) -> (Ledger, BTreeMap<String, Person>) {
    let mut all = Ledger::default();
    let mut readers = BTreeMap::new();
    for worker in &cast.crew {
        let mut worker = lock(worker);
        let ledger = worker.take_ledger();
        let encounters = ledger.encounters.values().map(|encounter| &encounter.entry);
        for entry in ledger.vitals.iter().chain(encounters) {
            let reader = || worker.person().clone();
            readers.entry(entry.patient.clone()).or_insert_with(reader);
        }
        all.absorb(ledger);
    }
    (all, readers)
}

/// A visit was confirmed once: each change counts its revision up.
fn confirmations(ledger: &Ledger, visits: &[Visit]) -> Comparison {
    let by_id: BTreeMap<&str, &Visit> = visits.iter().map(|visit| (visit.id.as_str(), visit)).collect();
    let mut comparison = Comparison::default();
    for (id, revision) in &ledger.confirmed {
        comparison.answered += 1;
        match by_id.get(id.as_str()) {
            Some(visit) if visit.status == "CONFIRMED" => {
                comparison.found += 1;
                comparison.count(id, (visit.revision, *revision));
            }
            _ => comparison.lost.push(id.clone()),
        }
    }
    comparison
}

/// An encounter has as many versions as were answered.
fn encounters(ledger: &Ledger, found: &Found) -> Comparison {
    let entries = ledger.encounters.values().map(|encounter| &encounter.entry);
    let mut comparison = Comparison::of(entries, &found.encounters);
    for Encounter { entry, version } in ledger.encounters.values() {
        if let Some(there) = found.versions.get(&entry.id) {
            comparison.count(&entry.name, (*there, *version));
        }
    }
    comparison
}

/// Each booking was told to its patient once, and what somebody read stays read.
async fn messages(
    connection: &mut Connection,
    cast: &Cast,
    (ledger, visits, tag, before): (&Ledger, &[Visit], &str, &Told),
) -> Result<(Comparison, Comparison)> {
    let (mut told, mut read) = (Comparison::default(), Comparison::default());
    let mut unread = ledger.read.clone();
    for patient in patients(cast) {
        let id = patient.id.to_string();
        let is_theirs = |visit: &&Visit| visit.patient.as_ref().is_some_and(|owner| owner.id == id);
        let booked = visits.iter().filter(is_theirs);
        let booked = booked.filter(|visit| visit.name(tag).is_some()).count();
        let messages = inbox(connection, &patient).await?;
        let mut texts = BTreeSet::new();
        let mut there = 0_usize;
        for message in &messages {
            if message.is_read() {
                unread.remove(&message.id);
            }
            if message.is_of_booking() {
                there += 1;
                // Nobody has two visits at one time, so no two of these messages say the same.
                if !texts.insert(message.text()) {
                    told.doubled.push(message.id.clone());
                }
            }
        }
        let there = there.saturating_sub(before.get(&id).copied().unwrap_or_default());
        told.answered += booked;
        told.found += there;
        told.count(
            &format!("of {id}"),
            (i64::try_from(there)?, i64::try_from(booked)?),
        );
    }
    read.answered = ledger.read.len();
    read.found = read.answered - unread.len();
    read.lost = unread.into_iter().collect();
    Ok((told, read))
}
