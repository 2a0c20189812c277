//! Finding patients, in pages.

use super::rows::{national_id_index, patient, phone_index};
use super::{reach, with_guardians};
use crate::patient::{Patient, Search, SexAtBirth, Term, Viewer};
use caregraph_contracts::ids::{Id, PatientId, UserId};
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::failure::Fault;
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::search::{contains_pattern, fold};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::LikeExpr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

/// Where a patient stands in a list: by family name, given name, and id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListKey(String, PatientId);

/// Which patients a list is to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Born on this day or later.
    pub born_from: Option<NaiveDate>,
    /// Born on this day or earlier.
    pub born_to: Option<NaiveDate>,
    /// With this sex recorded at birth.
    pub sex_at_birth: Option<SexAtBirth>,
    /// Only the dead, or only the living.
    pub deceased: Option<bool>,
    /// Only dependants, or only others.
    pub dependant: Option<bool>,
    /// Only those with whom the caller has a care relationship.
    pub in_my_care: bool,
}

/// A page of the patients whom `viewer` finds: everybody for the front desk, those for whom one is on duty for others.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    viewer: Viewer,
    search: &Search,
    filter: &ListFilter,
    page: &PageArgs<ListKey>,
    now: DateTime<Utc>,
) -> Result<Edges<ListKey, Patient>, Fault> {
    let mut which = reach::standing().add(filtered(filter));
    if !viewer.manages {
        which = which.add(reach::on_duty_for(viewer.user, now));
    }
    if filter.in_my_care {
        which = which.add(reach::in_care_of(viewer.user, now));
    }
    for term in &search.terms {
        which = which.add(matching(cipher, term));
    }
    if let Some(ListKey(name, id)) = &page.after {
        let same_name = Condition::all()
            .add(patient::Column::NameFolded.eq(name.as_str()))
            .add(patient::Column::Id.gt(id.uuid()));
        which = which.add(
            Condition::any()
                .add(patient::Column::NameFolded.gt(name.as_str()))
                .add(same_name),
        );
    }
    let rows = patient::Entity::find()
        .filter(which)
        .order_by_asc(patient::Column::NameFolded)
        .order_by_asc(patient::Column::Id)
        .limit(page.limit())
        .all(connection)
        .await?;
    let keys: Vec<_> = rows
        .iter()
        .map(|row| ListKey(row.name_folded.clone(), row.id.into()))
        .collect();
    let patients = with_guardians(connection, cipher, rows).await?;
    Ok(keys.into_iter().zip(patients).collect())
}

/// The person behind an account, and those for whom it acts, by name.
pub(crate) async fn own(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    user: UserId,
) -> Result<Vec<Patient>, Fault> {
    let rows = patient::Entity::find()
        .filter(reach::standing().add(reach::own(user)))
        .order_by_asc(patient::Column::NameFolded)
        .order_by_asc(patient::Column::Id)
        .all(connection)
        .await?;
    with_guardians(connection, cipher, rows).await
}

fn filtered(filter: &ListFilter) -> Condition {
    Condition::all()
        .add_option(filter.born_from.map(|day| patient::Column::DateOfBirth.gte(day)))
        .add_option(filter.born_to.map(|day| patient::Column::DateOfBirth.lte(day)))
        .add_option(filter.sex_at_birth.map(|sex| patient::Column::SexAtBirth.eq(sex)))
        .add_option(
            filter
                .deceased
                .map(|deceased| patient::Column::Deceased.eq(deceased)),
        )
        .add_option(
            filter
                .dependant
                .map(|dependant| patient::Column::Dependant.eq(dependant)),
        )
}

fn matching(cipher: &FieldCipher, term: &Term) -> Condition {
    let named =
        |text: &str| patient::Column::NameFolded.like(LikeExpr::new(contains_pattern(text)).escape('!'));
    match term {
        Term::Name(word) => Condition::all().add(named(word)),
        Term::BornOn(day) => Condition::all().add(patient::Column::DateOfBirth.eq(*day)),
        Term::Number {
            text,
            mrn,
            phone,
            national_id,
        } => Condition::any()
            .add(named(&fold(text)))
            .add_option(mrn.as_ref().map(|mrn| patient::Column::Mrn.eq(mrn.as_str())))
            .add_option(
                phone
                    .as_ref()
                    .map(|phone| patient::Column::PhoneIndex.eq(phone_index(cipher, phone))),
            )
            .add_option(
                national_id
                    .as_ref()
                    .map(|number| patient::Column::NationalIdIndex.eq(national_id_index(cipher, number))),
            ),
    }
}
