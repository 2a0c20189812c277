//! Finding patients, in pages.

use super::mapping::{national_id_index, phone_index};
use super::names::{FOUND, NAMES};
use super::rows::patient;
use super::{names, reach, with_guardians};
use crate::patient::{Patient, Search, SexAtBirth, Term, Viewer};
use caregraph_contracts::ids::{Id, PatientId, UserId};
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::failure::Fault;
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::search::fold;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::{Expr, Func, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

/// Where a patient stands in a list: by id, the latest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListKey(PatientId);

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

/// A page of the patients whom `viewer` finds, the latest first: everybody for the front desk, those for whom one is on duty for others.
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
        which = which.add_option(any_of(reach::on_duty_for(viewer.user, now)));
    }
    if filter.in_my_care {
        which = which.add_option(any_of(reach::in_care_of(viewer.user, now)));
    }
    let after = page.after.map(|ListKey(id)| id);
    let words = NAMES.rarest_first(connection, cipher, &search.words()).await?;
    which = which
        .add_option(called(cipher, &words, after))
        .add_option(after.map(|id| patient::Column::Id.lt(id.uuid())));
    for term in &search.terms {
        which = which.add_option(matching(cipher, term, after));
    }
    let rows = patient::Entity::find()
        .filter(which)
        .order_by_desc(patient::Column::Id)
        .limit(page.limit())
        .all(connection)
        .await?;
    let patients = with_guardians(connection, cipher, rows).await?;
    Ok(patients
        .into_iter()
        .map(|patient| (ListKey(patient.id), patient))
        .collect())
}

/// The person behind an account, and those for whom it acts, by name.
pub(crate) async fn own(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    user: UserId,
) -> Result<Vec<Patient>, Fault> {
    let rows = patient::Entity::find()
        .filter(reach::standing().add_option(any_of(reach::own(user))))
        .all(connection)
        .await?;
    let mut patients = with_guardians(connection, cipher, rows).await?;
    // They are few, and the store cannot sort what it cannot read.
    patients.sort_by_cached_key(|patient| {
        let name = &patient.profile.identification;
        (fold(&name.family_name), fold(&name.given_name), patient.id)
    });
    Ok(patients)
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

fn called(cipher: &FieldCipher, words: &[&str], after: Option<PatientId>) -> Option<Expr> {
    names::called(cipher, words, after).map(|ids| patient::Column::Id.in_subquery(ids))
}

fn matching(cipher: &FieldCipher, term: &Term, after: Option<PatientId>) -> Option<Condition> {
    let condition = match term {
        // Asked for all at once: see `Search::words`.
        Term::Name(_) => return None,
        Term::BornOn(day) => Condition::all().add(patient::Column::DateOfBirth.eq(*day)),
        Term::Number {
            name,
            mrn,
            phone,
            national_id,
        } => {
            let readings = [
                name.as_deref()
                    .and_then(|name| names::called(cipher, &[name], after)),
                mrn.as_ref().map(|mrn| having(patient::Column::Mrn, mrn.as_str())),
                phone
                    .as_ref()
                    .map(|phone| having(patient::Column::PhoneIndex, &phone_index(cipher, phone))),
                national_id.as_ref().map(|number| {
                    having(
                        patient::Column::NationalIdIndex,
                        &national_id_index(cipher, number),
                    )
                }),
            ];
            Condition::all().add_option(any_of(readings.into_iter().flatten()))
        }
    };
    Some(condition)
}

/// Whether a patient is among any of some ids, the first of which are called [`FOUND`].
///
/// Each of them is found by its own index, which an `OR` of conditions on other tables and columns is not. They stand together in a
/// table of their own, because MariaDB asks a union right behind `IN` anew for every patient that there is.
fn any_of(ids: impl IntoIterator<Item = SelectStatement>) -> Option<Expr> {
    let mut ids = ids.into_iter();
    let mut found = ids.next()?;
    found.unions(ids.map(|others| (UnionType::Distinct, others)));
    let found = Query::select()
        .column(FOUND)
        .from_subquery(found, "found")
        .to_owned();
    Some(patient::Column::Id.in_subquery(found))
}

/// Ids of those of whom a column says this; of records that were merged, the one that stands for the person now: an old wristband
/// still says the old number.
fn having(column: patient::Column, value: &str) -> SelectStatement {
    let standing = Func::coalesce([
        Expr::col(patient::Column::MergedInto),
        Expr::col(patient::Column::Id),
    ]);
    Query::select()
        .expr_as(standing, FOUND)
        .from(patient::Entity)
        .and_where(column.eq(value))
        .to_owned()
}
