//! The table `erasures`.

use super::model::{ANSWERING, Erasure, ErasureStatus};
use caregraph_contracts::ids::{ErasureId, Id, PatientId};
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::database::{Instant, Transaction};
use caregraph_kit::failure::Fault;
use chrono::{DateTime, Utc};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "erasures")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub patient_id: Uuid,
        #[sea_orm(unique)]
        pub open_for: Option<Uuid>,
        #[sea_orm(column_type = "Text")]
        pub records: String,
        pub deceased: bool,
        pub requested_by: Uuid,
        #[sea_orm(column_type = "Text", nullable)]
        pub signed_form: Option<String>,
        pub requested_at: Instant,
        pub due_at: Instant,
        pub asked_at: Instant,
        pub status: String,
        pub round: i32,
        #[sea_orm(column_type = "Text")]
        pub answers: String,
        #[sea_orm(column_type = "Text")]
        pub holdings: String,
        pub carried_out_at: Option<Instant>,
        pub review_on: Option<Date>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Keeps a new erasure. The patient must be locked.
pub(super) async fn insert(tx: &Transaction, cipher: &FieldCipher, erasure: &Erasure) -> Result<(), Fault> {
    let row = to_row(cipher, erasure)?.into_active_model().reset_all();
    row::Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(())
}

/// Keeps a changed erasure, one version further. The patient must be locked.
pub(super) async fn save(tx: &Transaction, cipher: &FieldCipher, erasure: &mut Erasure) -> Result<(), Fault> {
    let read = erasure.version;
    erasure.version += 1;
    let row = to_row(cipher, erasure)?.into_active_model().reset_all();
    let written = row::Entity::update_many()
        .set(row)
        .filter(row::Column::Id.eq(erasure.id.uuid()))
        .filter(row::Column::Version.eq(read))
        .exec(&**tx)
        .await?;
    if written.rows_affected == 1 {
        Ok(())
    } else {
        Err(Fault::new(
            "an erasure changed under its lock",
            erasure.id.to_string(),
        ))
    }
}

/// One erasure, whoever asks.
pub(super) async fn find(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    id: ErasureId,
) -> Result<Option<Erasure>, Fault> {
    let row = row::Entity::find_by_id(id.uuid()).one(connection).await?;
    row.map(|row| from_row(cipher, row)).transpose()
}

/// The erasure of one of these records that is still to be carried out.
pub(super) async fn open_for(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    records: impl Iterator<Item = PatientId>,
) -> Result<Option<Erasure>, Fault> {
    let row = row::Entity::find()
        .filter(row::Column::OpenFor.is_in(records.map(Id::uuid)))
        .one(connection)
        .await?;
    row.map(|row| from_row(cipher, row)).transpose()
}

/// All erasures of some records, the latest first.
pub(super) async fn of(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    records: impl Iterator<Item = PatientId>,
) -> Result<Vec<Erasure>, Fault> {
    let rows = row::Entity::find()
        .filter(row::Column::PatientId.is_in(records.map(Id::uuid)))
        .order_by_desc(row::Column::RequestedAt)
        .order_by_desc(row::Column::Id)
        .all(connection)
        .await?;
    rows.into_iter().map(|row| from_row(cipher, row)).collect()
}

/// Ends what still waits for a day on which more of some records may go.
pub(super) async fn end_reviews(
    tx: &Transaction,
    records: impl Iterator<Item = PatientId>,
) -> Result<(), DbErr> {
    row::Entity::update_many()
        .set(row::ActiveModel {
            review_on: Set(None),
            ..Default::default()
        })
        .filter(row::Column::PatientId.is_in(records.map(Id::uuid)))
        .filter(row::Column::ReviewOn.is_not_null())
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Erasures whose next round is due, and those that wait for answers for long, the longest overdue first.
pub(super) async fn due(
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
    most: u64,
) -> Result<Vec<ErasureId>, DbErr> {
    let scheduled = Condition::all()
        .add(row::Column::Status.eq(ErasureStatus::Scheduled.as_str()))
        .add(row::Column::DueAt.lte(Instant::from(now)));
    let more = Condition::all()
        .add(row::Column::Status.eq(ErasureStatus::Done.as_str()))
        .add(row::Column::ReviewOn.lt(now.date_naive()));
    let waiting = [ErasureStatus::Surveying, ErasureStatus::CarryingOut].map(ErasureStatus::as_str);
    let unanswered = Condition::all()
        .add(row::Column::Status.is_in(waiting))
        .add(row::Column::AskedAt.lte(Instant::from(now - ANSWERING)));
    let ids: Vec<Uuid> = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(Condition::any().add(scheduled).add(more).add(unanswered))
        .order_by_asc(row::Column::DueAt)
        .limit(most)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(ids.into_iter().map(ErasureId::from).collect())
}

fn to_row(cipher: &FieldCipher, erasure: &Erasure) -> Result<row::Model, Fault> {
    let id = erasure.id.uuid();
    let form = erasure.signed_form.as_deref();
    Ok(row::Model {
        id,
        patient_id: erasure.patient.uuid(),
        open_for: erasure.status.is_open().then(|| erasure.patient.uuid()),
        records: written(&erasure.records)?,
        deceased: erasure.deceased,
        requested_by: erasure.requested_by.uuid(),
        signed_form: form.map(|form| cipher.seal(place(id), form)),
        requested_at: erasure.requested_at.into(),
        due_at: erasure.due_at.into(),
        asked_at: erasure.asked_at.into(),
        status: erasure.status.as_str().to_owned(),
        round: i32::try_from(erasure.round).unwrap_or(i32::MAX),
        answers: written(&erasure.answers)?,
        holdings: written(&erasure.holdings)?,
        carried_out_at: erasure.carried_out_at.map(Instant::from),
        review_on: erasure.review_on,
        version: erasure.version,
    })
}

fn from_row(cipher: &FieldCipher, row: row::Model) -> Result<Erasure, Fault> {
    let form = row.signed_form.as_deref();
    let damaged = || Fault::new("an erasure cannot be read", row.id.to_string());
    Ok(Erasure {
        id: row.id.into(),
        patient: row.patient_id.into(),
        records: read(&row.records)?,
        deceased: row.deceased,
        requested_by: row.requested_by.into(),
        signed_form: form
            .map(|sealed| cipher.open(place(row.id), sealed))
            .transpose()?,
        requested_at: row.requested_at.into(),
        due_at: row.due_at.into(),
        asked_at: row.asked_at.into(),
        status: ErasureStatus::read(&row.status).ok_or_else(damaged)?,
        round: u32::try_from(row.round).map_err(|_| damaged())?,
        answers: read(&row.answers)?,
        holdings: read(&row.holdings)?,
        carried_out_at: row.carried_out_at.map(DateTime::from),
        review_on: row.review_on,
        version: row.version,
    })
}

fn written(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::new("an erasure is not written", error))
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::new("an erasure cannot be read", error))
}

fn place(id: Uuid) -> FieldRef<'static> {
    FieldRef {
        table: "erasures",
        record: id,
        field: "signed_form",
    }
}
