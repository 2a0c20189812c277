//! The table `glass_breaks`. Why the glass was broken is the record's and the audit trail's to keep.

use caregraph_contracts::ids::{Id, PatientId, UserId};
use caregraph_kit::database::{Instant, Transaction};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "glass_breaks")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub patient_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        pub until: Instant,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Ids of patients whose records `user` has opened in an emergency.
pub(crate) fn opened_by(user: UserId, now: DateTime<Utc>) -> SelectStatement {
    row::Entity::find()
        .select_only()
        .column(row::Column::PatientId)
        .filter(row::Column::UserId.eq(user.uuid()))
        .filter(row::Column::Until.gt(Instant::from(now)))
        .into_query()
}

/// Keeps until when a patient is visible to somebody; what ends earlier than what is known changes nothing.
pub(crate) async fn keep(
    tx: &Transaction,
    patient: PatientId,
    user: UserId,
    until: DateTime<Utc>,
) -> Result<(), DbErr> {
    let until = Instant::from(until);
    let key = (patient.uuid(), user.uuid());
    let known = row::Entity::find_by_id(key).lock_exclusive().one(&**tx).await?;
    match known {
        None => {
            let row = row::ActiveModel {
                patient_id: Set(key.0),
                user_id: Set(key.1),
                until: Set(until),
            };
            row::Entity::insert(row).exec_without_returning(&**tx).await?;
        }
        Some(known) if known.until < until => {
            row::Entity::update_many()
                .set(row::ActiveModel {
                    until: Set(until),
                    ..Default::default()
                })
                .filter(row::Column::PatientId.eq(key.0))
                .filter(row::Column::UserId.eq(key.1))
                .exec(&**tx)
                .await?;
        }
        Some(_) => {}
    }
    Ok(())
}
