//! The catalogue in the database.

use super::service::{MedicalServiceFilter, MedicalServiceKey};
use super::{Category, Details, MedicalService, Timing, TimingRequest};
use caregraph_contracts::ids::{Id, MedicalServiceId, PractitionerId};
use caregraph_contracts::{Currency, Money};
use caregraph_kit::database::behind_ascending;
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::search;
use caregraph_kit::validate::Checks;
use rust_decimal::Decimal;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "medical_services")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub code: String,
        pub name: String,
        pub folded_name: String,
        pub category: String,
        pub duration_minutes: i32,
        pub buffer_before_minutes: i32,
        pub buffer_after_minutes: i32,
        pub slot_step_minutes: i32,
        pub fee_amount: String,
        pub fee_currency: String,
        pub active: bool,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod offer {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "medical_service_practitioners")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub service_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub practitioner_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One service.
pub async fn find(
    connection: &impl ConnectionTrait,
    id: MedicalServiceId,
) -> Result<Option<MedicalService>, DbErr> {
    Ok(find_many(connection, &[id]).await?.remove(&id))
}

/// Several services; unknown ones are left out.
pub async fn find_many(
    connection: &impl ConnectionTrait,
    ids: &[MedicalServiceId],
) -> Result<HashMap<MedicalServiceId, MedicalService>, DbErr> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = row::Entity::find()
        .filter(row::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .all(connection)
        .await?;
    let services = with_practitioners(connection, rows).await?;
    Ok(services
        .into_iter()
        .map(|service| (service.id, service))
        .collect())
}

/// Which services some practitioners offer.
pub async fn offered_by(
    connection: &impl ConnectionTrait,
    practitioners: &[PractitionerId],
) -> Result<HashMap<PractitionerId, BTreeSet<MedicalServiceId>>, DbErr> {
    let mut offers: HashMap<PractitionerId, BTreeSet<MedicalServiceId>> = HashMap::new();
    if practitioners.is_empty() {
        return Ok(offers);
    }
    let found = offer::Entity::find()
        .filter(offer::Column::PractitionerId.is_in(practitioners.iter().map(|id| id.uuid())))
        .all(connection)
        .await?;
    for offer in found {
        offers
            .entry(offer.practitioner_id.into())
            .or_default()
            .insert(offer.service_id.into());
    }
    Ok(offers)
}

/// A page of the catalogue by name, one more than asked for.
pub async fn list(
    connection: &impl ConnectionTrait,
    filter: &MedicalServiceFilter,
    page: &PageArgs<MedicalServiceKey>,
) -> Result<Vec<(MedicalServiceKey, MedicalService)>, DbErr> {
    let mut query = row::Entity::find();
    if let Some(active) = filter.active {
        query = query.filter(row::Column::Active.eq(active));
    }
    if let Some(category) = filter.category {
        query = query.filter(row::Column::Category.eq(category.as_str()));
    }
    if let Some(practitioner) = filter.practitioner {
        let offered = Query::select()
            .column(offer::Column::ServiceId)
            .from(offer::Entity)
            .and_where(offer::Column::PractitionerId.eq(practitioner.uuid()))
            .to_owned();
        query = query.filter(row::Column::Id.in_subquery(offered));
    }
    for word in search::words(filter.text.as_deref().unwrap_or_default()) {
        let pattern = |word: &str| LikeExpr::new(search::contains_pattern(word)).escape('!');
        let hit = Condition::any()
            .add(Expr::col(row::Column::FoldedName).like(pattern(&word)))
            .add(Expr::col(row::Column::Code).like(pattern(&word.to_uppercase())));
        query = query.filter(hit);
    }
    if let Some(MedicalServiceKey(name, id)) = &page.after {
        query = query.filter(behind_ascending(
            (row::Column::FoldedName, name),
            (row::Column::Id, id.uuid()),
        ));
    }
    let rows = query
        .order_by_asc(row::Column::FoldedName)
        .order_by_asc(row::Column::Id)
        .limit(page.limit())
        .all(connection)
        .await?;
    let names: Vec<String> = rows.iter().map(|row| row.folded_name.clone()).collect();
    let services = with_practitioners(connection, rows).await?;
    let keyed = names
        .into_iter()
        .zip(services)
        .map(|(name, service)| (MedicalServiceKey(name, service.id), service));
    Ok(keyed.collect())
}

/// Adds a service. A code that is taken is a unique violation.
pub async fn insert(connection: &impl ConnectionTrait, service: &MedicalService) -> Result<(), DbErr> {
    row::Entity::insert(to_row(service))
        .exec_without_returning(connection)
        .await?;
    write_offers(connection, service).await
}

/// Writes a changed service over the version before. `false` when somebody else was faster.
pub async fn update(connection: &impl ConnectionTrait, service: &MedicalService) -> Result<bool, DbErr> {
    let updated = row::Entity::update_many()
        .set(to_row(service))
        .filter(row::Column::Id.eq(service.id.uuid()))
        .filter(row::Column::Version.eq(service.version - 1))
        .exec(connection)
        .await?;
    if updated.rows_affected == 0 {
        return Ok(false);
    }
    offer::Entity::delete_many()
        .filter(offer::Column::ServiceId.eq(service.id.uuid()))
        .exec(connection)
        .await?;
    write_offers(connection, service).await?;
    Ok(true)
}

async fn write_offers(connection: &impl ConnectionTrait, service: &MedicalService) -> Result<(), DbErr> {
    let rows: Vec<_> = service
        .details
        .practitioners
        .iter()
        .map(|practitioner| offer::ActiveModel {
            service_id: Set(service.id.uuid()),
            practitioner_id: Set(practitioner.uuid()),
        })
        .collect();
    if !rows.is_empty() {
        offer::Entity::insert_many(rows)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

async fn with_practitioners(
    connection: &impl ConnectionTrait,
    rows: Vec<row::Model>,
) -> Result<Vec<MedicalService>, DbErr> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut offers: HashMap<Uuid, BTreeSet<PractitionerId>> = HashMap::new();
    let found = offer::Entity::find()
        .filter(offer::Column::ServiceId.is_in(rows.iter().map(|row| row.id)))
        .all(connection)
        .await?;
    for offer in found {
        offers
            .entry(offer.service_id)
            .or_default()
            .insert(offer.practitioner_id.into());
    }
    rows.into_iter()
        .map(|row| {
            let practitioners = offers.remove(&row.id).unwrap_or_default();
            from_row(row, practitioners)
        })
        .collect()
}

fn to_row(service: &MedicalService) -> row::ActiveModel {
    let details = &service.details;
    let minutes = details.timing.minutes();
    row::ActiveModel {
        id: Set(service.id.uuid()),
        code: Set(details.code.clone()),
        name: Set(details.name.clone()),
        folded_name: Set(search::fold(&details.name)),
        category: Set(details.category.as_str().to_owned()),
        duration_minutes: Set(minutes.duration_minutes),
        buffer_before_minutes: Set(minutes.buffer_before_minutes),
        buffer_after_minutes: Set(minutes.buffer_after_minutes),
        slot_step_minutes: Set(minutes.slot_step_minutes),
        fee_amount: Set(details.fee.amount().to_string()),
        fee_currency: Set(details.fee.currency().code().to_owned()),
        active: Set(details.active),
        version: Set(service.version),
    }
}

fn from_row(row: row::Model, practitioners: BTreeSet<PractitionerId>) -> Result<MedicalService, DbErr> {
    let damaged = |what: &str| DbErr::Type(format!("medical service {}: {what}", row.id));
    let category: Category = row.category.parse().map_err(|_| damaged("category"))?;
    let minutes = TimingRequest {
        duration_minutes: row.duration_minutes,
        buffer_before_minutes: row.buffer_before_minutes,
        buffer_after_minutes: row.buffer_after_minutes,
        slot_step_minutes: row.slot_step_minutes,
    };
    let timing = Timing::check(minutes, &mut Checks::new()).ok_or_else(|| damaged("timing"))?;
    let amount: Decimal = row.fee_amount.parse().map_err(|_| damaged("fee"))?;
    let currency: Currency = row.fee_currency.parse().map_err(|_| damaged("currency"))?;
    let fee = Money::new(amount, currency).map_err(|_| damaged("fee"))?;
    Ok(MedicalService {
        id: row.id.into(),
        details: Details {
            code: row.code,
            name: row.name,
            category,
            timing,
            fee,
            practitioners,
            active: row.active,
        },
        version: row.version,
    })
}
