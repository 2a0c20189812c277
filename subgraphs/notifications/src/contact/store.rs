//! Contacts and wards as documents. Names, addresses and numbers are sealed.

use super::{Contact, Ward};
use crate::language::Language;
use caregraph_contracts::ids::{DeviceId, Id, PatientId, UserId};
use caregraph_kit::Fault;
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::documents::{Collection, Commit, Declaration, Document, Documents, Versioned};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A contact as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ContactRow {
    details: String,
    language: Language,
    time_zone: Tz,
    active: bool,
    /// Absent in what was written before roles were listened to.
    only_a_patients: Option<bool>,
}

/// What of a contact is sealed.
#[derive(Serialize, Deserialize)]
struct Details {
    email: String,
    phone: Option<String>,
    first_name: String,
    last_name: String,
    devices: Vec<String>,
}

impl Document for ContactRow {
    type Id = UserId;
    const COLLECTION: &'static str = "contacts";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

/// A ward as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WardRow {
    user: Option<UserId>,
    guardians: Vec<UserId>,
    name: String,
    deceased: bool,
    merged_into: Option<PatientId>,
}

impl Document for WardRow {
    type Id = PatientId;
    const COLLECTION: &'static str = "wards";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

/// Whose a device is: whoever registered it last. Found by its token's keyed digest.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeviceRow {
    owner: UserId,
}

impl Document for DeviceRow {
    type Id = DeviceId;
    const COLLECTION: &'static str = "devices";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

/// Reads and writes contacts and wards. Cheap to clone.
#[derive(Clone)]
pub(crate) struct People {
    contacts: Collection<ContactRow>,
    wards: Collection<WardRow>,
    devices: Collection<DeviceRow>,
    cipher: FieldCipher,
}

impl People {
    pub(crate) fn new(documents: &Documents, cipher: FieldCipher) -> Result<Self, Fault> {
        Ok(Self {
            contacts: documents.collection()?,
            wards: documents.collection()?,
            devices: documents.collection()?,
            cipher,
        })
    }

    pub(crate) async fn contact(&self, user: UserId) -> Result<Option<Versioned<UserId, Contact>>, Fault> {
        let Some(row) = self.contacts.get(user).await? else {
            return Ok(None);
        };
        let details: Details = self.cipher.open_json(contact_place(user), &row.value.details)?;
        Ok(Some(Versioned {
            id: user,
            version: row.version,
            value: Contact {
                email: details.email,
                phone: details.phone,
                first_name: details.first_name,
                last_name: details.last_name,
                devices: details.devices,
                language: row.value.language,
                time_zone: row.value.time_zone,
                active: row.value.active,
                only_a_patients: row.value.only_a_patients,
            },
        }))
    }

    /// Writes a contact; `version` is the one that was read, if there was one.
    pub(crate) fn put_contact(
        &self,
        commit: &mut Commit,
        user: UserId,
        version: Option<i64>,
        contact: &Contact,
    ) -> Result<(), Fault> {
        let details = Details {
            email: contact.email.clone(),
            phone: contact.phone.clone(),
            first_name: contact.first_name.clone(),
            last_name: contact.last_name.clone(),
            devices: contact.devices.clone(),
        };
        let row = ContactRow {
            details: self.cipher.seal_json(contact_place(user), &details)?,
            language: contact.language,
            time_zone: contact.time_zone,
            active: contact.active,
            only_a_patients: contact.only_a_patients,
        };
        match version {
            Some(version) => commit.replace(user, version, &row)?,
            None => commit.insert(user, &row)?,
        }
        Ok(())
    }

    /// Makes a device somebody's, as part of a commit: a tablet that went from hand to hand shows nobody's messages to the next.
    pub(crate) async fn hand_over_device(
        &self,
        commit: &mut Commit,
        token: &str,
        to: UserId,
    ) -> Result<(), Fault> {
        let device = self.device(token);
        let row = DeviceRow { owner: to };
        let Some(known) = self.devices.get(device).await? else {
            return Ok(commit.insert(device, &row)?);
        };
        let before = known.value.owner;
        if before == to {
            return Ok(());
        }
        commit.replace(device, known.version, &row)?;
        if let Some(found) = self.contact(before).await? {
            let mut contact = found.value;
            contact.devices.retain(|known| known != token);
            self.put_contact(commit, before, Some(found.version), &contact)?;
        }
        Ok(())
    }

    /// Makes a device nobody's, as part of a commit, unless it is somebody else's by now.
    pub(crate) async fn forget_device(
        &self,
        commit: &mut Commit,
        token: &str,
        of: UserId,
    ) -> Result<(), Fault> {
        let device = self.device(token);
        let known = self.devices.get(device).await?;
        if let Some(known) = known.filter(|known| known.value.owner == of) {
            commit.delete::<DeviceRow>(device, known.version);
        }
        Ok(())
    }

    fn device(&self, token: &str) -> DeviceId {
        const DEVICES: Uuid = Uuid::from_u128(0x2c5e_0b61_94d8_5f3a_8b17_60a2_d94c_73e1);
        let digest = self.cipher.blind_index("devices/token", token);
        DeviceId::from(Uuid::new_v5(&DEVICES, digest.as_bytes()))
    }

    pub(crate) async fn ward(&self, patient: PatientId) -> Result<Option<Versioned<PatientId, Ward>>, Fault> {
        let Some(row) = self.wards.get(patient).await? else {
            return Ok(None);
        };
        Ok(Some(Versioned {
            id: patient,
            version: row.version,
            value: Ward {
                user: row.value.user,
                guardians: row.value.guardians,
                name: self.cipher.open(ward_place(patient), &row.value.name)?,
                deceased: row.value.deceased,
                merged_into: row.value.merged_into,
            },
        }))
    }

    /// Writes a ward; `version` is the one that was read, if there was one.
    pub(crate) fn put_ward(
        &self,
        commit: &mut Commit,
        patient: PatientId,
        version: Option<i64>,
        ward: &Ward,
    ) -> Result<(), Fault> {
        let row = WardRow {
            user: ward.user,
            guardians: ward.guardians.clone(),
            name: self.cipher.seal(ward_place(patient), &ward.name),
            deceased: ward.deceased,
            merged_into: ward.merged_into,
        };
        match version {
            Some(version) => commit.replace(patient, version, &row)?,
            None => commit.insert(patient, &row)?,
        }
        Ok(())
    }
}

fn contact_place(user: UserId) -> FieldRef<'static> {
    FieldRef {
        table: ContactRow::COLLECTION,
        record: user.uuid(),
        field: "details",
    }
}

fn ward_place(patient: PatientId) -> FieldRef<'static> {
    FieldRef {
        table: WardRow::COLLECTION,
        record: patient.uuid(),
        field: "name",
    }
}
