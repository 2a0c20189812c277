//! Pages of the trail, newest first.

use super::rows::entry;
use crate::trail::{Place, Written};
use caregraph_contracts::access::AccessBasis;
use caregraph_contracts::ids::{Id, PatientId, UserId};
use caregraph_kit::database::{Instant, behind_descending};
use caregraph_kit::graphql::{Edges, PageArgs};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// How far an entry's day is ahead of its recording, generously: one day where clocks differ, and one for each day that somebody
/// tampered with just before.
const MOST_AHEAD: TimeDelta = TimeDelta::days(31);

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowed {
    /// Caused by this account.
    pub actor: Option<UserId>,
    /// Concerning one of these patients.
    pub patients: Option<Vec<PatientId>>,
    /// Told by the domain with this name.
    pub domain: Option<&'static str>,
    /// With this action.
    pub action: Option<String>,
    /// With none of these actions.
    pub without: &'static [&'static str],
    /// With the outcome of this name.
    pub outcome: Option<&'static str>,
    /// Recorded at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Recorded before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Only where the glass was broken.
    pub break_glass_only: bool,
}

/// A page of entries.
pub async fn page(
    connection: &impl ConnectionTrait,
    wanted: &Narrowed,
    page: &PageArgs<Place>,
) -> Result<Edges<Place, Written>, DbErr> {
    let rows = entry::Entity::find()
        .filter(narrowed(wanted))
        .filter(behind(page.after))
        .order_by_desc(entry::Column::Day)
        .order_by_desc(entry::Column::Number)
        .limit(page.limit())
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (Place(row.day, row.number), row.into()))
        .collect())
}

/// How many entries concern one of these patients.
pub async fn count_of(connection: &impl ConnectionTrait, patients: &[PatientId]) -> Result<u64, DbErr> {
    let wanted = Narrowed {
        patients: Some(patients.to_vec()),
        ..Narrowed::default()
    };
    entry::Entity::find()
        .filter(narrowed(&wanted))
        .count(connection)
        .await
}

fn behind(after: Option<Place>) -> Condition {
    let Some(Place(day, number)) = after else {
        return Condition::all();
    };
    behind_descending((entry::Column::Day, day), (entry::Column::Number, number))
}

fn narrowed(wanted: &Narrowed) -> Condition {
    let patients = wanted.patients.as_ref().map(|patients| {
        let ids = patients.iter().map(|patient| patient.uuid());
        entry::Column::PatientId.is_in(ids)
    });
    Condition::all()
        .add_option(wanted.actor.map(|user| entry::Column::ActorUser.eq(user.uuid())))
        .add_option(patients)
        .add_option(wanted.domain.map(|name| entry::Column::Domain.eq(name)))
        .add_option(
            wanted
                .action
                .as_deref()
                .map(|action| entry::Column::Action.eq(action)),
        )
        .add_option(
            (!wanted.without.is_empty())
                .then(|| entry::Column::Action.is_not_in(wanted.without.iter().copied())),
        )
        .add_option(wanted.outcome.map(|name| entry::Column::Outcome.eq(name)))
        .add_option(
            wanted
                .break_glass_only
                .then(|| entry::Column::Purpose.eq(AccessBasis::BrokenGlass.as_str())),
        )
        .add_option(wanted.from.map(since))
        .add_option(wanted.to.map(until))
}

/// An entry's day is that of its recording or a later one, where clocks differ or a day was tampered with: so the day bounds the
/// search.
fn since(from: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(entry::Column::RecordedAt.gte(Instant::from(from)))
        .add(entry::Column::Day.gte(from.date_naive()))
}

fn until(to: DateTime<Utc>) -> Condition {
    let last_day = to.checked_add_signed(MOST_AHEAD).unwrap_or(to);
    Condition::all()
        .add(entry::Column::RecordedAt.lt(Instant::from(to)))
        .add(entry::Column::Day.lte(last_day.date_naive()))
}
