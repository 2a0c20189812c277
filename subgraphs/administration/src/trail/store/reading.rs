//! Reading the trail along its chain.

use super::rows::{entry, head};
use crate::trail::{Head, Place, Written};
use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Order, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

/// What stands at a place.
#[derive(Debug)]
pub enum Found {
    /// An entry.
    Entry(Box<Written>),
    /// Something that is no entry: a value is not even of its column's kind.
    Unreadable(Place),
}

/// The head of the newest day.
pub async fn newest_head(connection: &impl ConnectionTrait) -> Result<Option<Head>, DbErr> {
    let newest = head::Entity::find().order_by_desc(head::Column::Day).limit(1);
    Ok(newest.one(connection).await?.map(Head::from))
}

/// The head of a day.
pub async fn head_of(connection: &impl ConnectionTrait, day: NaiveDate) -> Result<Option<Head>, DbErr> {
    Ok(head::Entity::find_by_id(day)
        .one(connection)
        .await?
        .map(Head::from))
}

/// The first day behind `day` of which there is anything: entries or a head. With `None` the first of all.
pub async fn day_after(
    connection: &impl ConnectionTrait,
    day: Option<NaiveDate>,
) -> Result<Option<NaiveDate>, DbErr> {
    let (entries, heads) = neighbours(connection, day, Order::Asc).await?;
    Ok(entries.into_iter().chain(heads).min())
}

/// The newest day of which there is anything: entries or a head.
pub async fn newest_day(connection: &impl ConnectionTrait) -> Result<Option<NaiveDate>, DbErr> {
    let (entries, heads) = neighbours(connection, None, Order::Desc).await?;
    Ok(entries.into_iter().chain(heads).max())
}

/// The last day before `day` of which there is anything: entries or a head.
pub async fn day_before(
    connection: &impl ConnectionTrait,
    day: NaiveDate,
) -> Result<Option<NaiveDate>, DbErr> {
    let (entries, heads) = neighbours(connection, Some(day), Order::Desc).await?;
    Ok(entries.into_iter().chain(heads).max())
}

async fn neighbours(
    connection: &impl ConnectionTrait,
    day: Option<NaiveDate>,
    order: Order,
) -> Result<(Option<NaiveDate>, Option<NaiveDate>), DbErr> {
    let mut entries = entry::Entity::find()
        .select_only()
        .column(entry::Column::Day)
        .order_by(entry::Column::Day, order.clone())
        .limit(1);
    let mut heads = head::Entity::find()
        .select_only()
        .column(head::Column::Day)
        .order_by(head::Column::Day, order.clone())
        .limit(1);
    if let Some(day) = day {
        let (of_entries, of_heads) = match order {
            Order::Desc => (entry::Column::Day.lt(day), head::Column::Day.lt(day)),
            _ => (entry::Column::Day.gt(day), head::Column::Day.gt(day)),
        };
        entries = entries.filter(of_entries);
        heads = heads.filter(of_heads);
    }
    Ok((
        entries.into_tuple().one(connection).await?,
        heads.into_tuple().one(connection).await?,
    ))
}

/// What a day holds behind a number, in order; with `None` from whatever comes first.
pub async fn entries_after(
    connection: &impl ConnectionTrait,
    day: NaiveDate,
    number: Option<i64>,
    limit: u64,
) -> Result<Vec<Found>, DbErr> {
    let mut select = entry::Entity::find()
        .filter(entry::Column::Day.eq(day))
        .order_by_asc(entry::Column::Number)
        .limit(limit);
    if let Some(number) = number {
        select = select.filter(entry::Column::Number.gt(number));
    }
    let rows = connection.query_all(&select.into_query()).await?;
    rows.iter()
        .map(|row| match entry::Model::from_query_result(row, "") {
            Ok(model) => Ok(Found::Entry(Box::new(model.into()))),
            // SQLite keeps any text in any column.
            Err(_) => Ok(Found::Unreadable(Place(day, row.try_get("", "number")?))),
        })
        .collect()
}

/// The hash that is written at a place.
pub async fn hash_at(connection: &impl ConnectionTrait, place: Place) -> Result<Option<String>, DbErr> {
    entry::Entity::find()
        .select_only()
        .column(entry::Column::Hash)
        .filter(entry::Column::Day.eq(place.0))
        .filter(entry::Column::Number.eq(place.1))
        .into_tuple()
        .one(connection)
        .await
}

/// The hash that is written last on a day.
pub async fn last_hash(connection: &impl ConnectionTrait, day: NaiveDate) -> Result<Option<String>, DbErr> {
    entry::Entity::find()
        .select_only()
        .column(entry::Column::Hash)
        .filter(entry::Column::Day.eq(day))
        .order_by_desc(entry::Column::Number)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await
}
