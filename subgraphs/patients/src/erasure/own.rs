//! What patients itself keeps about a person, and what becomes of it.

use super::model::Erasure;
use crate::care::{changes, store as care};
use crate::consent::{Revocation, changed, store as consents};
use crate::merging::store as merges;
use crate::patient::{GuardianProblem, Identification, Patient, Profile, store as patients, told};
use caregraph_contracts::events::{DataCategory, Holdings, PatientsEvent, RetentionBasis};
use caregraph_contracts::ids::{EventId, PatientId, UserId};
use caregraph_kit::Rejection;
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::database::Transaction;
use caregraph_kit::failure::{Failure, Fault};
use caregraph_kit::subgraph::Ground;
use chrono::SubsecRound;

/// What is kept here, and what becomes of it. The record that stands for the person must be locked.
pub(super) async fn holdings(
    ground: &Ground,
    tx: &Transaction,
    erasure: &Erasure,
) -> Result<Holdings, Fault> {
    let records = patients::records(tx, &ground.cipher, erasure.patient).await?;
    let count = |has: fn(&Patient) -> bool| records.iter().filter(|record| has(record)).count() as u64;
    let mut holdings = Holdings::default();
    if erasure.round <= 1 {
        holdings.go(DataCategory::ContactDetails, count(has_contact));
    }
    let identified = count(is_identified);
    match erasure.identified_until() {
        Some(until) => holdings.stay(
            DataCategory::Identity,
            identified,
            RetentionBasis::MedicalRecordsLaw,
            until,
        ),
        None => holdings.go(DataCategory::Identity, identified),
    }
    let consents = consents::count(tx, erasure.records.iter().copied()).await?;
    holdings.stay(
        DataCategory::Consents,
        consents,
        RetentionBasis::Accountability,
        None,
    );
    Ok(holdings)
}

/// Erases what may go, and tells others. The record that stands for the person must be locked.
pub(super) async fn erase(
    ground: &Ground,
    tx: &mut Transaction,
    erasure: &Erasure,
) -> Result<Vec<EventId>, Fault> {
    let Ground {
        cipher,
        clock,
        events,
        ..
    } = ground;
    let now = clock.now();
    let mut tellings = Vec::new();
    // Later rounds are about what had to stay for a time.
    if erasure.round <= 1 {
        tellings.extend(close_consents(ground, tx, erasure).await?);
        tellings.extend(end_assignments(ground, tx, erasure).await?);
    }
    if erasure.ends_account() {
        tellings.extend(end_guardianships(ground, tx, erasure).await?);
    }
    let before = patients::records(tx, cipher, erasure.patient).await?;
    let keeps_identity = erasure.identified_until().is_some();
    for record in &before {
        let mut after = record.clone();
        after.profile = erased(&record.profile, keeps_identity, record.mrn.as_str());
        after.guardians.clear();
        after.dependant = false;
        after.has_account = record.has_account && !erasure.ends_account();
        if after != *record && !patients::save(tx, cipher, &mut after, now).await? {
            return Err(Fault::new("a locked patient was changed", record.id.to_string()));
        }
    }
    if !keeps_identity {
        consents::forget_words(tx, &erasure.records).await?;
        merges::forget_words(tx, cipher, &erasure.records).await?;
    }
    let after = patients::records(tx, cipher, erasure.patient).await?;
    tellings.extend(told(&before, &after));
    Ok(events.append(tx, &tellings).await?)
}

/// Withdraws what still opens the record.
async fn close_consents(
    ground: &Ground,
    tx: &Transaction,
    erasure: &Erasure,
) -> Result<Vec<PatientsEvent>, Fault> {
    let now = ground.clock.now().trunc_subsecs(6);
    let records = erasure.records.iter().copied();
    let mut tellings = Vec::new();
    for mut consent in consents::all_holding(tx, &ground.cipher, records, now).await? {
        let revocation = Revocation {
            at: now,
            by: erasure.requested_by,
            reason: None,
            form: erasure.signed_form.clone(),
        };
        if consents::revoke(tx, &ground.cipher, consent.id, &revocation).await? {
            consent.revocation = Some(revocation);
            tellings.push(changed(&consent));
        }
    }
    Ok(tellings)
}

/// Refuses while somebody has nobody but this person to act for them.
pub(super) async fn require_other_guardians(
    tx: &Transaction,
    cipher: &FieldCipher,
    person: &Patient,
) -> Result<(), Failure> {
    let accounts: Vec<UserId> = person.records().map(PatientId::as_user).collect();
    for ward in patients::wards(tx, cipher, &accounts).await? {
        let mut without = ward;
        let alone = accounts
            .iter()
            .any(|account| without.unlink(*account) == Err(GuardianProblem::Last));
        if alone {
            let message = "somebody has nobody else who acts for them; have the front desk name another guardian, or ask for them first";
            return Err(Rejection::conflict("patientId", message).into());
        }
    }
    Ok(())
}

/// Ends what the person did for others: an account that has ended acts for nobody.
async fn end_guardianships(
    ground: &Ground,
    tx: &Transaction,
    erasure: &Erasure,
) -> Result<Vec<PatientsEvent>, Fault> {
    let accounts: Vec<UserId> = erasure.records.iter().map(|record| record.as_user()).collect();
    let mut tellings = Vec::new();
    for found in patients::wards(tx, &ground.cipher, &accounts).await? {
        let Some(mut ward) = patients::lock(tx, &ground.cipher, found.id).await? else {
            continue;
        };
        let before = ward.facts();
        ward.guardians
            .retain(|guardian| !accounts.contains(&guardian.user));
        if patients::save(tx, &ground.cipher, &mut ward, ground.clock.now()).await? && ward.facts() != before
        {
            tellings.push(PatientsEvent::PatientUpdated {
                patient: ward.facts(),
            });
        }
    }
    Ok(tellings)
}

/// Takes everybody off the care team.
async fn end_assignments(
    ground: &Ground,
    tx: &Transaction,
    erasure: &Erasure,
) -> Result<Vec<PatientsEvent>, Fault> {
    let now = ground.clock.now();
    let records: &[PatientId] = &erasure.records;
    let before = care::Sources::load(&**tx, records, now).await?;
    care::take_off(tx, records, &[]).await?;
    let after = care::Sources::load(&**tx, records, now).await?;
    let tellings = records
        .iter()
        .flat_map(|record| changes(*record, &before, &after, now));
    Ok(tellings.collect())
}

fn has_contact(record: &Patient) -> bool {
    let profile = &record.profile;
    profile.phone.is_some()
        || !profile.addresses.is_empty()
        || !profile.emergency_contacts.is_empty()
        || profile.occupation.is_some()
        || profile.insurance.is_some()
        || !record.guardians.is_empty()
}

fn is_identified(record: &Patient) -> bool {
    let without = erased(&record.profile, false, record.mrn.as_str());
    record.profile.identification != without.identification
}

/// A profile without what may go. Without an identity, the number of the record stands for the name.
fn erased(profile: &Profile, keeps_identity: bool, number: &str) -> Profile {
    let identification = if keeps_identity {
        profile.identification.clone()
    } else {
        Identification {
            given_name: number.to_owned(),
            deceased: profile.identification.deceased,
            ..Profile::blank(profile.preferred_language).identification
        }
    };
    Profile {
        identification,
        gender: profile.gender.filter(|_| keeps_identity),
        ..Profile::blank(profile.preferred_language)
    }
}
