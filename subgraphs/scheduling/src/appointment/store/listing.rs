//! Pages of appointments by beginning, then id.

use super::mapping::{from_row, status_text};
use super::row;
use crate::appointment::model::Appointment;
use caregraph_contracts::events::AppointmentStatus;
use caregraph_contracts::ids::{Id, PatientId, PractitionerId};
use caregraph_kit::Fault;
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::database::{Instant, behind_ascending};
use caregraph_kit::graphql::PageArgs;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Query, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};
use uuid::Uuid;

/// Key by which lists are sorted: beginning in microseconds, then id.
pub type ListKey = (i64, Uuid);

/// Whose appointments a list may hold at all.
#[derive(Debug, Clone)]
pub enum Reach {
    /// Everybody's.
    All,
    /// Those of some patients, and those with one practitioner.
    Own {
        /// All records of oneself and of one's dependants.
        patients: Vec<PatientId>,
        /// Oneself as a practitioner.
        practitioner: PractitionerId,
    },
}

/// What a list is narrowed to.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// With one of these practitioners.
    pub practitioners: Option<Vec<PractitionerId>>,
    /// Of one of these patients.
    pub patients: Option<Vec<PatientId>>,
    /// In one of these states; empty means any.
    pub statuses: Vec<AppointmentStatus>,
    /// Beginning at or after.
    pub from: Option<DateTime<Utc>>,
    /// Beginning before.
    pub to: Option<DateTime<Utc>>,
}

/// A page of appointments by beginning, then id.
pub async fn page(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    (reach, filter): (&Reach, &Filter),
    page: &PageArgs<ListKey>,
) -> Result<Vec<(ListKey, Appointment)>, Fault> {
    let behind = page
        .after
        .map(|(start, id)| behind_ascending((row::Column::StartsAt, Instant(start)), (row::Column::Id, id)));
    let wanted = narrowed(filter).add_option(behind);
    let which = match reach {
        Reach::All => wanted,
        Reach::Own {
            patients,
            practitioner,
        } => among_own(patients, *practitioner, &wanted, page.limit()),
    };
    let rows = first(row::Entity::find().filter(which), page.limit())
        .all(connection)
        .await?;
    rows.into_iter()
        .map(|row| Ok(((row.starts_at.0, row.id), from_row(cipher, row)?)))
        .collect()
}

/// The first of an ordered list.
fn first(query: Select<row::Entity>, limit: u64) -> Select<row::Entity> {
    query
        .order_by_asc(row::Column::StartsAt)
        .order_by_asc(row::Column::Id)
        .limit(limit)
}

/// More people than this for whom somebody acts are looked up together, which sorts all their visits.
const APART: usize = 8;

/// Those of the `wanted` that are somebody's own and can be on the page.
///
/// Each side is a list of its own, read in order from where the page begins; with `OR`, all that somebody ever had would be read and sorted for
/// every page. A table of its own holds what was found, because MariaDB takes no limit right behind `IN`.
fn among_own(
    patients: &[PatientId],
    practitioner: PractitionerId,
    wanted: &Condition,
    limit: u64,
) -> Condition {
    let mut sides = vec![row::Column::PractitionerId.eq(practitioner.uuid())];
    if patients.len() > APART {
        sides.push(row::Column::PatientId.is_in(patients.iter().map(|id| id.uuid())));
    } else {
        sides.extend(patients.iter().map(|id| row::Column::PatientId.eq(id.uuid())));
    }
    let mut found = sides.into_iter().enumerate().map(|(number, side)| {
        let page = row::Entity::find()
            .select_only()
            .column(row::Column::Id)
            .filter(side)
            .filter(wanted.clone());
        Query::select()
            .column(row::Column::Id)
            .from_subquery(first(page, limit).into_query(), format!("side_{number}"))
            .to_owned()
    });
    let mut own: SelectStatement = found.next().unwrap_or_default();
    own.unions(found.map(|side| (UnionType::Distinct, side)));
    let own = Query::select()
        .column(row::Column::Id)
        .from_subquery(own, "own")
        .to_owned();
    Condition::all().add(row::Column::Id.in_subquery(own))
}

fn narrowed(filter: &Filter) -> Condition {
    let statuses = (!filter.statuses.is_empty())
        .then(|| row::Column::Status.is_in(filter.statuses.iter().map(|status| status_text(*status))));
    Condition::all()
        .add_option(
            filter
                .practitioners
                .as_ref()
                .map(|ids| row::Column::PractitionerId.is_in(ids.iter().map(|id| id.uuid()))),
        )
        .add_option(
            filter
                .patients
                .as_ref()
                .map(|ids| row::Column::PatientId.is_in(ids.iter().map(|id| id.uuid()))),
        )
        .add_option(statuses)
        .add_option(
            filter
                .from
                .map(|from| row::Column::StartsAt.gte(Instant::from(from))),
        )
        .add_option(filter.to.map(|to| row::Column::StartsAt.lt(Instant::from(to))))
}
