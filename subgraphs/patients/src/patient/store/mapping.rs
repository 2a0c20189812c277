//! How a patient becomes rows and comes back.

use super::clear::{self, Opened, seal_blood_type};
use super::rows::{guardian, patient};
use crate::duplicate::MATCH_VERSION;
use crate::patient::{Guardian, Identification, Mrn, Patient, Profile, SamePerson};
use caregraph_contracts::ids::{Id, PatientId};
use caregraph_kit::crypto::{CryptoError, FieldCipher, FieldRef};
use caregraph_kit::failure::Fault;
use sea_orm::prelude::Uuid;
use std::collections::HashMap;

/// Blind index of telephone numbers in E.164.
pub(super) fn phone_index(cipher: &FieldCipher, phone: &str) -> String {
    cipher.blind_index("patients/phone", phone)
}

/// Blind index of numbers of identity documents, without separators.
pub(super) fn national_id_index(cipher: &FieldCipher, national_id: &str) -> String {
    cipher.blind_index("patients/national_id", national_id)
}

pub(super) fn to_row(cipher: &FieldCipher, patient: &Patient) -> Result<patient::Model, CryptoError> {
    let Profile { identification, .. } = &patient.profile;
    let profile = &patient.profile;
    let id = patient.id.uuid();
    let seal =
        |field, value: &Option<String>| value.as_deref().map(|plain| cipher.seal(place(id, field), plain));
    Ok(patient::Model {
        id,
        mrn: patient.mrn.to_string(),
        has_account: patient.has_account,
        dependant: patient.dependant,
        // Nothing is written in the clear any more that has a sealed column.
        given_name: String::new(),
        family_name: String::new(),
        name_folded: String::new(),
        date_of_birth: identification.date_of_birth,
        sex_at_birth: identification.sex_at_birth,
        gender: profile.gender,
        blood_type: None,
        deceased: identification.deceased,
        deceased_on: identification.deceased_on,
        occupation: None,
        preferred_language: profile.preferred_language,
        language_from_account: profile.language_from_account,
        phone: seal("phone", &profile.phone),
        phone_index: profile.phone.as_deref().map(|phone| phone_index(cipher, phone)),
        phone_from_account: profile.phone_from_account,
        national_id: seal("national_id", &identification.national_id),
        national_id_index: identification
            .national_id
            .as_deref()
            .map(|number| national_id_index(cipher, number)),
        addresses: cipher.seal_json(place(id, "addresses"), &profile.addresses)?,
        emergency_contacts: cipher.seal_json(place(id, "emergency_contacts"), &profile.emergency_contacts)?,
        insurance: match &profile.insurance {
            Some(card) => Some(cipher.seal_json(place(id, "insurance"), card)?),
            None => None,
        },
        sealed_given_name: Some(cipher.seal(place(id, "sealed_given_name"), &identification.given_name)),
        sealed_family_name: Some(cipher.seal(place(id, "sealed_family_name"), &identification.family_name)),
        sealed_occupation: seal("sealed_occupation", &profile.occupation),
        sealed_blood_type: identification
            .blood_type
            .map(|blood_type| seal_blood_type(cipher, id, blood_type)),
        merged_into: patient.merged_into.map(Id::uuid),
        match_version: MATCH_VERSION,
        version: patient.version,
        registered_at: patient.registered_at.into(),
        updated_at: patient.updated_at.into(),
    })
}

pub(super) fn guardian_rows(patient: &Patient) -> impl Iterator<Item = guardian::Model> + '_ {
    patient.guardians.iter().map(|guardian| guardian::Model {
        patient_id: patient.id.uuid(),
        guardian_id: guardian.user.uuid(),
        relationship: guardian.relationship,
        since: guardian.since.into(),
    })
}

/// One of several records of one person, as far as it decides who may act.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub id: Uuid,
    pub has_account: bool,
    pub merged_into: Option<Uuid>,
}

impl Member {
    /// The record that stands for the person.
    pub fn root(&self) -> Uuid {
        self.merged_into.unwrap_or(self.id)
    }
}

pub(super) fn from_rows(
    cipher: &FieldCipher,
    rows: Vec<patient::Model>,
    guardians: Vec<guardian::Model>,
    members: &[Member],
) -> Result<Vec<Patient>, Fault> {
    let mut by_patient: HashMap<Uuid, Vec<Guardian>> = HashMap::new();
    for row in guardians {
        let guardian = Guardian {
            user: row.guardian_id.into(),
            relationship: row.relationship,
            since: row.since.into(),
        };
        by_patient.entry(row.patient_id).or_default().push(guardian);
    }
    let mut by_root: HashMap<Uuid, Vec<&Member>> = HashMap::new();
    for member in members {
        by_root.entry(member.root()).or_default().push(member);
    }
    let guardians_of = |id: Uuid| by_patient.get(&id).cloned().unwrap_or_default();
    let patients = rows.into_iter().map(|row| {
        let root = row.merged_into.unwrap_or(row.id);
        let others = by_root.get(&root).into_iter().flatten();
        let same_person = others
            .filter(|other| other.id != row.id)
            .map(|other| SamePerson {
                id: other.id.into(),
                has_account: other.has_account,
                guardians: guardians_of(other.id),
            })
            .collect();
        let guardians = guardians_of(row.id);
        from_row(cipher, row, guardians, same_person)
    });
    Ok(patients.collect::<Result<_, CryptoError>>()?)
}

fn from_row(
    cipher: &FieldCipher,
    row: patient::Model,
    guardians: Vec<Guardian>,
    same_person: Vec<SamePerson>,
) -> Result<Patient, CryptoError> {
    let open = |field, value: Option<&str>| {
        value
            .map(|sealed| cipher.open(place(row.id, field), sealed))
            .transpose()
    };
    let insurance = row
        .insurance
        .as_deref()
        .map(|sealed| cipher.open_json(place(row.id, "insurance"), sealed));
    let Opened {
        given_name,
        family_name,
        occupation,
        blood_type,
    } = clear::open(cipher, &row)?;
    let profile = Profile {
        identification: Identification {
            given_name,
            family_name,
            date_of_birth: row.date_of_birth,
            sex_at_birth: row.sex_at_birth,
            national_id: open("national_id", row.national_id.as_deref())?,
            blood_type,
            deceased: row.deceased,
            deceased_on: row.deceased_on,
        },
        gender: row.gender,
        phone: open("phone", row.phone.as_deref())?,
        phone_from_account: row.phone_from_account,
        addresses: cipher.open_json(place(row.id, "addresses"), &row.addresses)?,
        emergency_contacts: cipher.open_json(place(row.id, "emergency_contacts"), &row.emergency_contacts)?,
        occupation,
        preferred_language: row.preferred_language,
        language_from_account: row.language_from_account,
        insurance: insurance.transpose()?,
    };
    Ok(Patient {
        id: PatientId::from(row.id),
        mrn: Mrn::stored(row.mrn),
        has_account: row.has_account,
        dependant: row.dependant,
        profile,
        guardians,
        merged_into: row.merged_into.map(PatientId::from),
        same_person,
        version: row.version,
        registered_at: row.registered_at.into(),
        updated_at: row.updated_at.into(),
    })
}

pub(super) fn place(id: Uuid, field: &'static str) -> FieldRef<'static> {
    FieldRef {
        table: "patients",
        record: id,
        field,
    }
}
