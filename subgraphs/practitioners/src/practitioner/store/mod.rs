//! Practitioners in the database.

mod rows;

use super::{LanguageTag, LicensedUntil, Practitioner, Private, Profession, Profile, Specialty};
use caregraph_contracts::ids::{Id, LocationId, PractitionerId};
use caregraph_kit::Fault;
use caregraph_kit::crypto::{CryptoError, FieldCipher, FieldRef};
use caregraph_kit::database::behind_ascending;
use caregraph_kit::search;
use chrono::{DateTime, Utc};
use rows::{departments, languages, locations, row, specialties};
use sea_orm::sea_query::{LikeExpr, Query, SelectStatement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::collections::HashMap;
use uuid::Uuid;

/// A practitioner as stored, with the private part still sealed: who may not see it does not need it opened.
#[derive(Debug, Clone)]
pub struct Stored {
    pub(crate) practitioner: Practitioner,
    sealed: String,
}

impl Stored {
    /// Opens the private part.
    pub(crate) fn open(&self, cipher: &FieldCipher) -> Result<Private, CryptoError> {
        cipher.open_json(place(self.practitioner.id), &self.sealed)
    }
}

fn place(id: PractitionerId) -> FieldRef<'static> {
    FieldRef {
        table: "practitioners",
        record: id.uuid(),
        field: "sealed",
    }
}

/// Which practitioners to list. Everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Code of a specialty.
    pub specialty: Option<String>,
    /// A language; `en` finds `en-GB` too (RFC 4647, basic filtering).
    pub language: Option<LanguageTag>,
    /// Where the practitioner works.
    pub location: Option<LocationId>,
    /// Words that must all stand in name, title or specialty, with or without diacritics.
    pub text: Option<String>,
    /// Whether new patients are taken.
    pub accepting_new: Option<bool>,
    /// Also those who have left; for staff only.
    pub include_inactive: bool,
}

/// What lists are sorted by: the folded name, then the id.
pub type Key = (String, Uuid);

/// A page of practitioners by name. `limit` rows at most, behind `after`.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    filter: &Filter,
    after: Option<&Key>,
    limit: u64,
    now: DateTime<Utc>,
) -> Result<Vec<(Key, Stored)>, Fault> {
    let mut condition = conditions(filter, now);
    if let Some((name, id)) = after {
        condition = condition.add(behind_ascending(
            (row::Column::NameFolded, name),
            (row::Column::Id, *id),
        ));
    }
    let rows = row::Entity::find()
        .filter(condition)
        .order_by_asc(row::Column::NameFolded)
        .order_by_asc(row::Column::Id)
        .limit(limit)
        .all(connection)
        .await?;
    let keys: Vec<Key> = rows.iter().map(|row| (row.name_folded.clone(), row.id)).collect();
    Ok(keys
        .into_iter()
        .zip(with_lists(connection, rows).await?)
        .collect())
}

fn conditions(filter: &Filter, now: DateTime<Utc>) -> Condition {
    let mut all = Condition::all();
    if !filter.include_inactive {
        all = all.add(row::Column::Active.eq(true));
    }
    if let Some(code) = &filter.specialty {
        let having = listed(specialties::Entity, specialties::Column::PractitionerId)
            .and_where(specialties::Column::Specialty.eq(code))
            .to_owned();
        all = all.add(row::Column::Id.in_subquery(having));
    }
    if let Some(language) = &filter.language {
        let narrower = format!("{}-%", language.as_str());
        let having = listed(languages::Entity, languages::Column::PractitionerId)
            .cond_where(
                Condition::any()
                    .add(languages::Column::Language.eq(language.as_str()))
                    .add(languages::Column::Language.like(narrower)),
            )
            .to_owned();
        all = all.add(row::Column::Id.in_subquery(having));
    }
    if let Some(location) = filter.location {
        let having = listed(locations::Entity, locations::Column::PractitionerId)
            .and_where(locations::Column::LocationId.eq(location.uuid()))
            .to_owned();
        all = all.add(row::Column::Id.in_subquery(having));
    }
    for word in filter.text.as_deref().map(search::words).unwrap_or_default() {
        all =
            all.add(row::Column::SearchText.like(LikeExpr::new(search::contains_pattern(&word)).escape('!')));
    }
    if let Some(accepting) = filter.accepting_new {
        let licensed = Condition::any()
            .add(row::Column::LicenceExpiresOn.is_null())
            .add(row::Column::LicenceExpiresOn.gt(LicensedUntil::lapsed_everywhere(now)));
        let takes = Condition::all()
            .add(row::Column::AcceptingNewPatients.eq(true))
            .add(row::Column::Active.eq(true))
            .add(licensed);
        all = all.add(if accepting { takes } else { takes.not() });
    }
    all
}

/// The practitioners in one of the lists, to be narrowed down.
fn listed(list: impl EntityTrait, practitioner: impl ColumnTrait) -> SelectStatement {
    Query::select().column(practitioner).from(list).to_owned()
}

/// Those of `ids` that exist.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    ids: &[PractitionerId],
) -> Result<HashMap<PractitionerId, Stored>, Fault> {
    let rows = row::Entity::find()
        .filter(row::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .all(connection)
        .await?;
    let stored = with_lists(connection, rows).await?;
    Ok(stored
        .into_iter()
        .map(|stored| (stored.practitioner.id, stored))
        .collect())
}

/// One practitioner, locked until the transaction ends.
pub(crate) async fn load_for_update(
    tx: &impl ConnectionTrait,
    id: PractitionerId,
) -> Result<Option<Stored>, Fault> {
    let row = row::Entity::find_by_id(id.uuid())
        .lock_exclusive()
        .one(tx)
        .await?;
    Ok(with_lists(tx, row.into_iter().collect()).await?.pop())
}

/// Stores a new practitioner. Breaks the primary key when the account is a practitioner already.
pub(crate) async fn insert(
    tx: &impl ConnectionTrait,
    cipher: &FieldCipher,
    practitioner: &Practitioner,
    private: &Private,
    now: DateTime<Utc>,
) -> Result<(), Fault> {
    let row = to_row(cipher, practitioner, private, now)?;
    row::Entity::insert(row).exec_without_returning(tx).await?;
    save_lists(tx, practitioner).await.map_err(Fault::from)
}

/// Stores a changed practitioner and counts the change. `false` when it is not the version that was loaded any more.
pub(crate) async fn save(
    tx: &impl ConnectionTrait,
    cipher: &FieldCipher,
    practitioner: &mut Practitioner,
    private: &Private,
    now: DateTime<Utc>,
) -> Result<bool, Fault> {
    let loaded = practitioner.version;
    practitioner.version += 1;
    let updated = row::Entity::update_many()
        .set(to_row(cipher, practitioner, private, now)?)
        .filter(row::Column::Id.eq(practitioner.id.uuid()))
        .filter(row::Column::Version.eq(loaded))
        .exec(tx)
        .await?;
    if updated.rows_affected == 0 {
        return Ok(false);
    }
    save_lists(tx, practitioner).await?;
    Ok(true)
}

fn to_row(
    cipher: &FieldCipher,
    practitioner: &Practitioner,
    private: &Private,
    now: DateTime<Utc>,
) -> Result<row::ActiveModel, CryptoError> {
    let profile = &practitioner.profile;
    Ok(row::ActiveModel {
        id: Set(practitioner.id.uuid()),
        display_name: Set(profile.display_name.clone()),
        name_folded: Set(search::fold(&profile.display_name)),
        title: Set(profile.title.clone()),
        profession: Set(profile.profession.as_str().to_owned()),
        biography: Set(profile.biography.clone()),
        practising_since: Set(profile.practising_since),
        photo_url: Set(profile.photo_url.clone()),
        licence_expires_on: Set(profile.licence_expires_on),
        accepting_new_patients: Set(profile.accepting_new_patients),
        active: Set(practitioner.active),
        search_text: Set(search_text(profile)),
        sealed: Set(cipher.seal_json(place(practitioner.id), private)?),
        version: Set(practitioner.version),
        updated_at: Set(now.into()),
    })
}

/// What a text search looks through. Specialties stand in it in both languages: people type "tim mạch" and "cardiology".
fn search_text(profile: &Profile) -> String {
    let mut text = profile.name_with_title();
    for specialty in &profile.specialties {
        for name in [specialty.english, specialty.vietnamese] {
            text.push(' ');
            text.push_str(name);
        }
    }
    search::fold(&text)
}

async fn save_lists(tx: &impl ConnectionTrait, practitioner: &Practitioner) -> Result<(), DbErr> {
    let (id, profile) = (practitioner.id.uuid(), &practitioner.profile);
    specialties::replace(
        tx,
        id,
        profile
            .specialties
            .iter()
            .map(|entry| entry.code.to_owned())
            .collect(),
    )
    .await?;
    languages::replace(
        tx,
        id,
        profile.languages.iter().map(ToString::to_string).collect(),
    )
    .await?;
    departments::replace(
        tx,
        id,
        profile.departments.iter().map(|entry| entry.uuid()).collect(),
    )
    .await?;
    locations::replace(
        tx,
        id,
        profile.locations.iter().map(|entry| entry.uuid()).collect(),
    )
    .await
}

async fn with_lists(connection: &impl ConnectionTrait, rows: Vec<row::Model>) -> Result<Vec<Stored>, Fault> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut specialties = specialties::of(connection, &ids).await?;
    let mut languages = languages::of(connection, &ids).await?;
    let mut departments = departments::of(connection, &ids).await?;
    let mut locations = locations::of(connection, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let id = row.id;
            let profession = Profession::ALL
                .iter()
                .find(|known| known.as_str() == row.profession);
            let profile = Profile {
                display_name: row.display_name,
                title: row.title,
                profession: *profession
                    .ok_or_else(|| Fault::new("a practitioner's row is damaged", "profession"))?,
                // A specialty that a newer version wrote is left out rather than hiding the practitioner.
                specialties: specialties
                    .remove(&id)
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|code| Specialty::find(code))
                    .collect(),
                biography: row.biography,
                languages: languages
                    .remove(&id)
                    .unwrap_or_default()
                    .into_iter()
                    .map(LanguageTag::stored)
                    .collect(),
                practising_since: row.practising_since,
                photo_url: row.photo_url,
                departments: departments
                    .remove(&id)
                    .unwrap_or_default()
                    .into_iter()
                    .map(Into::into)
                    .collect(),
                locations: locations
                    .remove(&id)
                    .unwrap_or_default()
                    .into_iter()
                    .map(Into::into)
                    .collect(),
                accepting_new_patients: row.accepting_new_patients,
                licence_expires_on: row.licence_expires_on,
            };
            let practitioner = Practitioner {
                id: id.into(),
                profile,
                active: row.active,
                version: row.version,
            };
            Ok(Stored {
                practitioner,
                sealed: row.sealed,
            })
        })
        .collect()
}
