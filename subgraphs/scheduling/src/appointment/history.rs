//! Rows of an appointment's history: who, when, what, from what to what, and why. Written once, never changed; only an
//! erasure takes the texts out.

use super::model::{Change, Snapshot};
use super::status::ChangeKind;
use super::store::{status_of, status_text};
use caregraph_contracts::ids::{AppointmentId, Id};
use caregraph_kit::Fault;
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    QueryOrder,
};
use std::collections::HashMap;

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "appointment_changes")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub appointment_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub revision: i64,
        pub kind: String,
        pub changed_by: Uuid,
        pub changed_at: Instant,
        pub previous_status: Option<String>,
        pub status: String,
        pub previous_practitioner_id: Option<Uuid>,
        pub practitioner_id: Uuid,
        pub previous_starts_at: Option<Instant>,
        pub starts_at: Instant,
        pub previous_ends_at: Option<Instant>,
        pub ends_at: Instant,
        #[sea_orm(column_type = "Text", nullable)]
        pub clinical: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Adds an entry. The primary key keeps two changes from claiming one revision.
pub async fn append(tx: &DatabaseTransaction, cipher: &FieldCipher, change: &Change) -> Result<(), Fault> {
    let id = change.appointment_id.uuid();
    let clinical = cipher.seal_json(place(id, &field(change.revision)), &change.texts)?;
    let row = row::ActiveModel {
        appointment_id: Set(id),
        revision: Set(change.revision),
        kind: Set(kind_text(change.kind).to_owned()),
        changed_by: Set(change.by.uuid()),
        changed_at: Set(change.at.into()),
        previous_status: Set(change.before.map(|before| status_text(before.status).to_owned())),
        status: Set(status_text(change.after.status).to_owned()),
        previous_practitioner_id: Set(change.before.map(|before| before.practitioner_id.uuid())),
        practitioner_id: Set(change.after.practitioner_id.uuid()),
        previous_starts_at: Set(change.before.map(|before| before.start.into())),
        starts_at: Set(change.after.start.into()),
        previous_ends_at: Set(change.before.map(|before| before.end.into())),
        ends_at: Set(change.after.end.into()),
        clinical: Set(Some(clinical)),
    };
    row::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// The histories of several appointments, each from the booking on.
pub async fn of_many(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    ids: &[AppointmentId],
) -> Result<HashMap<AppointmentId, Vec<Change>>, Fault> {
    let mut histories: HashMap<AppointmentId, Vec<Change>> = HashMap::new();
    if ids.is_empty() {
        return Ok(histories);
    }
    let rows = row::Entity::find()
        .filter(row::Column::AppointmentId.is_in(ids.iter().map(|id| id.uuid())))
        .order_by_asc(row::Column::AppointmentId)
        .order_by_asc(row::Column::Revision)
        .all(connection)
        .await?;
    for row in rows {
        let change = from_row(cipher, row)?;
        histories.entry(change.appointment_id).or_default().push(change);
    }
    Ok(histories)
}

/// Takes the texts out of an appointment's history. What was done, when and by whom stays.
pub async fn forget_texts(tx: &DatabaseTransaction, id: AppointmentId) -> Result<(), DbErr> {
    row::Entity::update_many()
        .set(row::ActiveModel {
            clinical: Set(None),
            ..Default::default()
        })
        .filter(row::Column::AppointmentId.eq(id.uuid()))
        .exec(tx)
        .await?;
    Ok(())
}

fn from_row(cipher: &FieldCipher, row: row::Model) -> Result<Change, Fault> {
    let before = match (
        row.previous_status,
        row.previous_practitioner_id,
        row.previous_starts_at,
        row.previous_ends_at,
    ) {
        (Some(status), Some(practitioner), Some(start), Some(end)) => Some(Snapshot {
            status: status_of(&status)?,
            practitioner_id: practitioner.into(),
            start: start.into(),
            end: end.into(),
        }),
        (_, _, _, _) => None,
    };
    let texts = match &row.clinical {
        Some(sealed) => cipher.open_json(place(row.appointment_id, &field(row.revision)), sealed)?,
        None => super::model::ChangeTexts::default(),
    };
    Ok(Change {
        appointment_id: row.appointment_id.into(),
        revision: row.revision,
        kind: kind_of(&row.kind)?,
        by: row.changed_by.into(),
        at: row.changed_at.into(),
        before,
        after: Snapshot {
            status: status_of(&row.status)?,
            practitioner_id: row.practitioner_id.into(),
            start: row.starts_at.into(),
            end: row.ends_at.into(),
        },
        texts,
    })
}

fn field(revision: i64) -> String {
    format!("clinical/{revision}")
}

fn place(id: uuid::Uuid, field: &str) -> FieldRef<'_> {
    FieldRef {
        table: "appointment_changes",
        record: id,
        field,
    }
}

const fn kind_text(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Booked => "BOOKED",
        ChangeKind::Confirmed => "CONFIRMED",
        ChangeKind::Declined => "DECLINED",
        ChangeKind::Rescheduled => "RESCHEDULED",
        ChangeKind::Cancelled => "CANCELLED",
        ChangeKind::CheckedIn => "CHECKED_IN",
        ChangeKind::Completed => "COMPLETED",
        ChangeKind::NoShow => "NO_SHOW",
        ChangeKind::NotesUpdated => "NOTES_UPDATED",
    }
}

fn kind_of(text: &str) -> Result<ChangeKind, Fault> {
    ChangeKind::ALL
        .iter()
        .copied()
        .find(|kind| kind_text(*kind) == text)
        .ok_or_else(|| Fault::new("an appointment's history is damaged", format!("kind `{text}`")))
}
