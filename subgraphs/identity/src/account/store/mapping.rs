//! How an account becomes a row and comes back.

use super::rows::row;
use crate::account::model::{Locale, User, UserStatus};
use caregraph_contracts::Role;
use caregraph_contracts::ids::Id;
use caregraph_kit::crypto::{CryptoError, FieldCipher, FieldRef};
use caregraph_kit::database::Instant;
use caregraph_kit::{Fault, search};
use chrono::DateTime;
use sea_orm::ActiveValue::Set;
use std::collections::BTreeSet;
use uuid::Uuid;

/// An account as it is kept.
pub(super) fn active(cipher: &FieldCipher, user: &User, version: i64) -> Result<row::ActiveModel, Fault> {
    let id = user.id.uuid();
    let addresses = (!user.addresses.is_empty())
        .then(|| cipher.seal_json(place(id, "addresses"), &user.addresses))
        .transpose()?;
    Ok(row::ActiveModel {
        id: Set(id),
        email: Set(user.email.clone()),
        username: Set(user.username.clone()),
        phone_sealed: Set(user
            .phone
            .as_deref()
            .map(|phone| cipher.seal(place(id, "phone"), phone))),
        phone_index: Set(user.phone.as_deref().map(|phone| phone_index(cipher, phone))),
        // Nothing is written in the clear any more that has a sealed column.
        first_name: Set(String::new()),
        last_name: Set(String::new()),
        first_name_sealed: Set(Some(cipher.seal(place(id, "first_name"), &user.first_name))),
        last_name_sealed: Set(Some(cipher.seal(place(id, "last_name"), &user.last_name))),
        search_text: Set(search_text(&user.email, user.username.as_deref())),
        locale: Set(user.locale.as_str().to_owned()),
        time_zone: Set(user.time_zone.name().to_owned()),
        avatar_url: Set(user.avatar_url.clone()),
        addresses_sealed: Set(addresses),
        status: Set(user.status.as_str().to_owned()),
        suspended_reason: Set(user.suspended_reason.clone()),
        email_verified: Set(user.email_verified),
        joined_at: Set(user.joined_at.into()),
        last_login_at: Set(user.last_login_at.map(Instant::from)),
        version: Set(version),
    })
}

/// An account as it was kept.
pub(super) fn read(cipher: &FieldCipher, row: row::Model, roles: BTreeSet<Role>) -> Result<User, Fault> {
    let phone = row
        .phone_sealed
        .as_deref()
        .map(|sealed| cipher.open(place(row.id, "phone"), sealed))
        .transpose()?;
    let addresses = row
        .addresses_sealed
        .as_deref()
        .map(|sealed| cipher.open_json(place(row.id, "addresses"), sealed))
        .transpose()?
        .unwrap_or_default();
    let (first_name, last_name) = open_names(cipher, &row)?;
    Ok(User {
        id: row.id.into(),
        email: row.email,
        email_verified: row.email_verified,
        username: row.username,
        phone,
        first_name,
        last_name,
        locale: Locale::read(&row.locale)
            .map_err(|error| Fault::new("a stored language is unknown", error))?,
        time_zone: row
            .time_zone
            .parse()
            .map_err(|error| Fault::new("a stored time zone is unknown", error))?,
        avatar_url: row.avatar_url,
        addresses,
        roles,
        status: UserStatus::read(&row.status)
            .ok_or_else(|| Fault::new("a stored status is unknown", row.status.clone()))?,
        suspended_reason: row.suspended_reason,
        joined_at: row.joined_at.into(),
        last_login_at: row.last_login_at.map(DateTime::from),
        version: row.version,
    })
}

/// First and last name as they were kept.
pub(super) fn open_names(cipher: &FieldCipher, row: &row::Model) -> Result<(String, String), CryptoError> {
    // Written as a whole, so it counts as a whole, whatever is sealed beside it: see `clear`.
    if !row.first_name.is_empty() {
        return Ok((row.first_name.clone(), row.last_name.clone()));
    }
    let open = |field, clear: &str, sealed: Option<&str>| match sealed {
        Some(sealed) if clear.is_empty() => cipher.open(place(row.id, field), sealed),
        Some(_) | None => Ok(clear.to_owned()),
    };
    let first_name = open("first_name", &row.first_name, row.first_name_sealed.as_deref())?;
    let last_name = open("last_name", &row.last_name, row.last_name_sealed.as_deref())?;
    Ok((first_name, last_name))
}

/// In what parts of words are looked for. Nothing of the name, which is sealed.
pub(super) fn search_text(email: &str, username: Option<&str>) -> String {
    search::fold(&format!("{email} {}", username.unwrap_or_default()))
}

/// Blind index of telephone numbers in E.164.
pub(super) fn phone_index(cipher: &FieldCipher, phone: &str) -> String {
    cipher.blind_index("users/phone", phone)
}

/// What a sealed value of an account is sealed for.
pub(super) fn place(user: Uuid, field: &'static str) -> FieldRef<'static> {
    FieldRef {
        table: "users",
        record: user,
        field,
    }
}
