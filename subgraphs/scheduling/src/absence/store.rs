//! Absences in the database. Reasons are sealed: they may say what somebody suffers from.

use super::Absence;
use crate::local_time::Stretch;
use caregraph_contracts::ids::{AbsenceId, Id, PractitionerId};
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::database::Instant;
use caregraph_kit::failure::Fault;
use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "absences")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub practitioner_id: Uuid,
        pub starts_at: Instant,
        pub ends_at: Instant,
        #[sea_orm(column_type = "Text", nullable)]
        pub reason: Option<String>,
        pub added_by: Uuid,
        pub added_at: Instant,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One absence.
pub async fn find(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    id: AbsenceId,
) -> Result<Option<Absence>, Fault> {
    row::Entity::find_by_id(id.uuid())
        .one(connection)
        .await?
        .map(|row| from_row(row, cipher))
        .transpose()
}

/// The absences of several practitioners that end behind `since`, by start.
pub async fn ending_after(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    practitioners: &[PractitionerId],
    since: DateTime<Utc>,
) -> Result<Vec<Absence>, Fault> {
    if practitioners.is_empty() {
        return Ok(Vec::new());
    }
    row::Entity::find()
        .filter(row::Column::PractitionerId.is_in(practitioners.iter().map(|id| id.uuid())))
        .filter(row::Column::EndsAt.gt(Instant::from(since)))
        .order_by_asc(row::Column::StartsAt)
        .order_by_asc(row::Column::Id)
        .all(connection)
        .await?
        .into_iter()
        .map(|row| from_row(row, cipher))
        .collect()
}

/// When several practitioners are absent within `within`, without the reasons.
pub async fn periods(
    connection: &impl ConnectionTrait,
    practitioners: &[PractitionerId],
    within: Stretch,
) -> Result<Vec<(PractitionerId, Stretch)>, DbErr> {
    if practitioners.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(Uuid, Instant, Instant)> = row::Entity::find()
        .select_only()
        .column(row::Column::PractitionerId)
        .column(row::Column::StartsAt)
        .column(row::Column::EndsAt)
        .filter(row::Column::PractitionerId.is_in(practitioners.iter().map(|id| id.uuid())))
        .filter(row::Column::EndsAt.gt(Instant::from(within.from)))
        .filter(row::Column::StartsAt.lt(Instant::from(within.to)))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(practitioner, from, to)| {
            (
                practitioner.into(),
                Stretch {
                    from: from.into(),
                    to: to.into(),
                },
            )
        })
        .collect())
}

/// Adds an absence.
pub async fn insert(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    absence: &Absence,
) -> Result<(), Fault> {
    let reason = absence
        .reason
        .as_deref()
        .map(|reason| cipher.seal(reason_of(absence.id.uuid()), reason));
    let row = row::ActiveModel {
        id: Set(absence.id.uuid()),
        practitioner_id: Set(absence.practitioner.uuid()),
        starts_at: Set(absence.period.from.into()),
        ends_at: Set(absence.period.to.into()),
        reason: Set(reason),
        added_by: Set(absence.added_by.uuid()),
        added_at: Set(absence.added_at.into()),
    };
    row::Entity::insert(row)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Removes an absence; `false` when there was none.
pub async fn remove(connection: &impl ConnectionTrait, id: AbsenceId) -> Result<bool, DbErr> {
    Ok(row::Entity::delete_by_id(id.uuid())
        .exec(connection)
        .await?
        .rows_affected
        > 0)
}

fn from_row(row: row::Model, cipher: &FieldCipher) -> Result<Absence, Fault> {
    let reason = row
        .reason
        .as_deref()
        .map(|sealed| cipher.open(reason_of(row.id), sealed))
        .transpose()?;
    Ok(Absence {
        id: row.id.into(),
        practitioner: row.practitioner_id.into(),
        period: Stretch {
            from: row.starts_at.into(),
            to: row.ends_at.into(),
        },
        reason,
        added_by: row.added_by.into(),
        added_at: row.added_at.into(),
    })
}

fn reason_of(id: Uuid) -> FieldRef<'static> {
    FieldRef {
        table: "absences",
        record: id,
        field: "reason",
    }
}
