//! Names, occupations and blood types, which earlier versions of the program kept in the clear.
//!
//! They have sealed columns beside the old ones. This version writes the sealed ones and empties the others with every record that it
//! saves, and [`seal`] does so with those that nobody changes. Once it has run, no process that knows the old columns only may run on
//! the same store (see `docs/operations.md`), so where something stands in the clear, it is not sealed yet.
//!
//! Should one have run all the same, then it has written whole records: with a given name, everything that stands in the clear
//! counts, also that there is none. Otherwise what it erased would come back from what is sealed beside it.
//!
//! No filter and no order asks for any of these columns; what patients are found by when somebody searches for a name,
//! [`super::names`] keeps. What of that earlier versions did not sign is signed along with it.

use super::mapping::{place, to_row};
use super::rows::patient;
use super::{keep_findable, load_locked, names};
use crate::patient::BloodType;
use caregraph_contracts::ids::{Id, PatientId};
use caregraph_kit::crypto::{CryptoError, FieldCipher};
use caregraph_kit::database::Transaction;
use caregraph_kit::failure::Fault;
use sea_orm::prelude::Uuid;
use sea_orm::{
    ActiveEnum, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

/// What a row says, wherever it stands.
pub(super) struct Opened {
    pub given_name: String,
    pub family_name: String,
    pub occupation: Option<String>,
    pub blood_type: Option<BloodType>,
}

/// A blood type as it is kept.
pub(super) fn seal_blood_type(cipher: &FieldCipher, id: Uuid, blood_type: BloodType) -> String {
    cipher.seal(place(id, "sealed_blood_type"), &blood_type.to_value())
}

/// What counts of what stands in the clear and what is sealed.
pub(super) fn open(cipher: &FieldCipher, row: &patient::Model) -> Result<Opened, CryptoError> {
    let clear = Opened {
        given_name: row.given_name.clone(),
        family_name: row.family_name.clone(),
        occupation: row.occupation.clone(),
        blood_type: row.blood_type,
    };
    if !clear.given_name.is_empty() {
        return Ok(clear);
    }
    let open = |field, sealed: &Option<String>| {
        sealed
            .as_deref()
            .map(|sealed| cipher.open(place(row.id, field), sealed))
            .transpose()
    };
    let family_name = match open("sealed_family_name", &row.sealed_family_name)? {
        Some(sealed) if clear.family_name.is_empty() => sealed,
        Some(_) | None => clear.family_name,
    };
    let sealed_blood_type = open("sealed_blood_type", &row.sealed_blood_type)?
        .map(|name| BloodType::try_from_value(&name).map_err(|_| CryptoError::Content))
        .transpose()?;
    Ok(Opened {
        given_name: open("sealed_given_name", &row.sealed_given_name)?.unwrap_or_default(),
        family_name,
        occupation: clear
            .occupation
            .or(open("sealed_occupation", &row.sealed_occupation)?),
        blood_type: clear.blood_type.or(sealed_blood_type),
    })
}

/// Records of which something stands in the clear, or whose names are not signed, by id behind `after`, at most `most`.
pub(crate) async fn in_the_clear(
    connection: &impl ConnectionTrait,
    after: Option<PatientId>,
    most: u64,
) -> Result<Vec<PatientId>, DbErr> {
    let which = Condition::all()
        .add(stands_in_the_clear().add(names::unsigned()))
        .add_option(after.map(|id| patient::Column::Id.gt(id.uuid())));
    let ids: Vec<Uuid> = patient::Entity::find()
        .select_only()
        .column(patient::Column::Id)
        .filter(which)
        .order_by_asc(patient::Column::Id)
        .limit(most)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(ids.into_iter().map(PatientId::from).collect())
}

fn stands_in_the_clear() -> Condition {
    Condition::any()
        .add(patient::Column::GivenName.ne(""))
        .add(patient::Column::FamilyName.ne(""))
        .add(patient::Column::NameFolded.ne(""))
        .add(patient::Column::Occupation.is_not_null())
        .add(patient::Column::BloodType.is_not_null())
}

/// Seals what stands in the clear of a record, if anything does, over what was sealed there, and keeps by what the record is found as
/// its name is now. Its version stays: it says the same as before.
pub(crate) async fn seal(tx: &Transaction, cipher: &FieldCipher, id: PatientId) -> Result<(), Fault> {
    // Read again under the lock that everybody takes who saves a record.
    let which = Condition::all().add(patient::Column::Id.eq(id.uuid()));
    let Some(found) = load_locked(tx, cipher, which).await? else {
        return Ok(());
    };
    let row = to_row(cipher, &found)?;
    let sealed = patient::ActiveModel {
        given_name: Set(row.given_name),
        family_name: Set(row.family_name),
        name_folded: Set(row.name_folded),
        occupation: Set(row.occupation),
        blood_type: Set(row.blood_type),
        sealed_given_name: Set(row.sealed_given_name),
        sealed_family_name: Set(row.sealed_family_name),
        sealed_occupation: Set(row.sealed_occupation),
        sealed_blood_type: Set(row.sealed_blood_type),
        ..Default::default()
    };
    patient::Entity::update_many()
        .set(sealed)
        .filter(stands_in_the_clear())
        .filter(patient::Column::Id.eq(id.uuid()))
        .exec(&**tx)
        .await?;
    keep_findable(tx, cipher, &found).await
}
