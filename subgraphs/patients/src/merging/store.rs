//! The table `patient_merges`.

use super::model::{Merge, Undoing};
use caregraph_contracts::ids::{Id, MergeId, PatientId};
use caregraph_kit::crypto::{CryptoError, FieldCipher, FieldRef};
use caregraph_kit::database::{Instant, Transaction, behind_descending, is_unique_violation};
use caregraph_kit::failure::Fault;
use caregraph_kit::graphql::{Edges, PageArgs};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "patient_merges")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub surviving_id: Uuid,
        pub merged_id: Uuid,
        #[sea_orm(unique)]
        pub holds_for: Option<Uuid>,
        pub concerns: String,
        #[sea_orm(column_type = "Text")]
        pub reason: String,
        pub merged_by: Uuid,
        pub merged_at: Instant,
        #[sea_orm(column_type = "Text", nullable)]
        pub undo_reason: Option<String>,
        pub undone_by: Option<Uuid>,
        pub undone_at: Option<Instant>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Where a merge stands in a list: by time, the latest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeKey(i64, MergeId);

/// Keeps a new merge. `false` when the record is merged already.
pub(super) async fn insert(tx: &Transaction, cipher: &FieldCipher, merge: &Merge) -> Result<bool, DbErr> {
    let id = merge.id.uuid();
    let concerns: Vec<&str> = merge.concerns.iter().map(|concern| concern.as_str()).collect();
    let row = row::Model {
        id,
        surviving_id: merge.surviving.uuid(),
        merged_id: merge.merged.uuid(),
        holds_for: Some(merge.merged.uuid()),
        concerns: concerns.join(","),
        reason: cipher.seal(place(id, "reason"), &merge.reason),
        merged_by: merge.by.uuid(),
        merged_at: merge.at.into(),
        undo_reason: None,
        undone_by: None,
        undone_at: None,
    };
    let inserted = row::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(&**tx)
        .await;
    match inserted {
        Ok(_) => Ok(true),
        Err(error) if is_unique_violation(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Keeps the end of a merge; `false` when it was undone before.
pub(super) async fn undo(
    tx: &Transaction,
    cipher: &FieldCipher,
    id: MergeId,
    undoing: &Undoing,
) -> Result<bool, DbErr> {
    let id = id.uuid();
    let written = row::Entity::update_many()
        .set(row::ActiveModel {
            holds_for: Set(None),
            undo_reason: Set(Some(cipher.seal(place(id, "undo_reason"), &undoing.reason))),
            undone_by: Set(Some(undoing.by.uuid())),
            undone_at: Set(Some(undoing.at.into())),
            ..Default::default()
        })
        .filter(row::Column::Id.eq(id))
        .filter(row::Column::UndoneAt.is_null())
        .exec(&**tx)
        .await?;
    Ok(written.rows_affected == 1)
}

/// Takes out why records were put together and parted, in somebody's words.
pub(crate) async fn forget_words(
    tx: &Transaction,
    cipher: &FieldCipher,
    records: &[PatientId],
) -> Result<(), DbErr> {
    let records: Vec<Uuid> = records.iter().map(|record| record.uuid()).collect();
    let either = Condition::any()
        .add(row::Column::SurvivingId.is_in(records.iter().copied()))
        .add(row::Column::MergedId.is_in(records));
    for row in row::Entity::find().filter(either).all(&**tx).await? {
        let reason = Set(cipher.seal(place(row.id, "reason"), ""));
        let undone = row
            .undo_reason
            .map(|_| cipher.seal(place(row.id, "undo_reason"), ""));
        row::Entity::update_many()
            .set(row::ActiveModel {
                reason,
                undo_reason: Set(undone),
                ..Default::default()
            })
            .filter(row::Column::Id.eq(row.id))
            .exec(&**tx)
            .await?;
    }
    Ok(())
}

/// One merge.
pub(super) async fn find(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    id: MergeId,
) -> Result<Option<Merge>, Fault> {
    let row = row::Entity::find_by_id(id.uuid()).one(connection).await?;
    Ok(row.map(|row| from_row(cipher, row)).transpose()?)
}

/// The merges that hold among some records, as pairs of merged and surviving record.
pub(super) async fn holding(
    tx: &Transaction,
    records: &[PatientId],
) -> Result<Vec<(PatientId, PatientId)>, DbErr> {
    let pairs: Vec<(Uuid, Uuid)> = row::Entity::find()
        .select_only()
        .columns([row::Column::MergedId, row::Column::SurvivingId])
        .filter(row::Column::HoldsFor.is_in(records.iter().map(|id| id.uuid())))
        .into_tuple()
        .all(&**tx)
        .await?;
    Ok(pairs
        .into_iter()
        .map(|(merged, surviving)| (merged.into(), surviving.into()))
        .collect())
}

/// A page of the merges in which some records took part, the latest first.
pub(super) async fn list(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    records: &[PatientId],
    page: &PageArgs<MergeKey>,
) -> Result<Edges<MergeKey, Merge>, Fault> {
    let ids = || records.iter().map(|id| id.uuid());
    let part = Condition::any()
        .add(row::Column::SurvivingId.is_in(ids()))
        .add(row::Column::MergedId.is_in(ids()));
    let mut which = Condition::all().add(part);
    if let Some(MergeKey(at, id)) = page.after {
        which = which.add(behind_descending(
            (row::Column::MergedAt, Instant(at)),
            (row::Column::Id, id.uuid()),
        ));
    }
    let rows = row::Entity::find()
        .filter(which)
        .order_by_desc(row::Column::MergedAt)
        .order_by_desc(row::Column::Id)
        .limit(page.limit())
        .all(connection)
        .await?;
    let merges = rows.into_iter().map(|row| {
        let key = MergeKey(row.merged_at.0, row.id.into());
        Ok((key, from_row(cipher, row)?))
    });
    merges.collect()
}

fn from_row(cipher: &FieldCipher, row: row::Model) -> Result<Merge, CryptoError> {
    let undone = match (row.undo_reason, row.undone_by, row.undone_at) {
        (Some(reason), Some(by), Some(at)) => Some(Undoing {
            reason: cipher.open(place(row.id, "undo_reason"), &reason)?,
            by: by.into(),
            at: at.into(),
        }),
        _ => None,
    };
    Ok(Merge {
        id: row.id.into(),
        surviving: row.surviving_id.into(),
        merged: row.merged_id.into(),
        // A concern of a later version of the program is none that this one can show.
        concerns: row
            .concerns
            .split(',')
            .filter_map(|name| name.parse().ok())
            .collect(),
        reason: cipher.open(place(row.id, "reason"), &row.reason)?,
        by: row.merged_by.into(),
        at: row.merged_at.into(),
        undone,
    })
}

fn place(id: Uuid, field: &'static str) -> FieldRef<'static> {
    FieldRef {
        table: "patient_merges",
        record: id,
        field,
    }
}
