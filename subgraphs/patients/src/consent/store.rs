//! The table `consents`.

use super::model::{Consent, Revocation};
use caregraph_contracts::RecordPart;
use caregraph_contracts::ids::{ConsentId, Id, PatientId, UserId};
use caregraph_kit::crypto::{CryptoError, FieldCipher, FieldRef};
use caregraph_kit::database::{Instant, Transaction, behind_descending};
use caregraph_kit::failure::Fault;
use caregraph_kit::graphql::{Edges, PageArgs};
use chrono::{DateTime, Utc};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait,
    IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use serde::{Deserialize, Serialize};

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "consents")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub patient_id: Uuid,
        pub grantee_id: Uuid,
        pub parts: String,
        pub since: Instant,
        pub until: Option<Instant>,
        #[sea_orm(column_type = "Text", nullable)]
        pub purpose: Option<String>,
        pub granted_by: Uuid,
        #[sea_orm(column_type = "Text", nullable)]
        pub granting_form: Option<String>,
        pub revoked_at: Option<Instant>,
        pub revoked_by: Option<Uuid>,
        #[sea_orm(column_type = "Text", nullable)]
        pub revocation_reason: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub revoking_form: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Where a consent stands in a list: by beginning, the latest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentKey(i64, ConsentId);

/// Which consents a list is to hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConsentFilter {
    /// Only those that hold now, or only those that do not.
    pub active: Option<bool>,
    /// Only those given to this account.
    pub grantee: Option<UserId>,
}

/// Ids of patients who let `user` see something now.
pub(crate) fn consented_to(user: UserId, now: DateTime<Utc>) -> SelectStatement {
    row::Entity::find()
        .select_only()
        .column(row::Column::PatientId)
        .filter(row::Column::GranteeId.eq(user.uuid()))
        .filter(holding(now))
        .into_query()
}

fn holding(now: DateTime<Utc>) -> Condition {
    Condition::all().add(row::Column::RevokedAt.is_null()).add(
        Condition::any()
            .add(row::Column::Until.is_null())
            .add(row::Column::Until.gt(Instant::from(now))),
    )
}

fn of(patients: impl Iterator<Item = PatientId>) -> Condition {
    Condition::all().add(row::Column::PatientId.is_in(patients.map(Id::uuid)))
}

/// How many consents of some records hold now.
pub(crate) async fn count_holding(
    tx: &Transaction,
    patients: impl Iterator<Item = PatientId>,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    row::Entity::find()
        .filter(of(patients))
        .filter(holding(now))
        .count(&**tx)
        .await
}

/// Keeps a new consent.
pub(crate) async fn insert(tx: &Transaction, cipher: &FieldCipher, consent: &Consent) -> Result<(), Fault> {
    let id = consent.id.uuid();
    let row = row::Model {
        id,
        patient_id: consent.patient.uuid(),
        grantee_id: consent.grantee.uuid(),
        parts: write_parts(&consent.parts),
        since: consent.since.into(),
        until: consent.until.map(Instant::from),
        purpose: seal(cipher, id, "purpose", consent.purpose.as_deref()),
        granted_by: consent.granted_by.uuid(),
        granting_form: seal(cipher, id, "granting_form", consent.granting_form.as_deref()),
        revoked_at: None,
        revoked_by: None,
        revocation_reason: None,
        revoking_form: None,
    };
    row::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

/// Keeps a withdrawal; `false` when there was one before.
pub(crate) async fn revoke(
    tx: &Transaction,
    cipher: &FieldCipher,
    id: ConsentId,
    revocation: &Revocation,
) -> Result<bool, DbErr> {
    let id = id.uuid();
    let written = row::Entity::update_many()
        .set(row::ActiveModel {
            revoked_at: Set(Some(revocation.at.into())),
            revoked_by: Set(Some(revocation.by.uuid())),
            revocation_reason: Set(seal(
                cipher,
                id,
                "revocation_reason",
                revocation.reason.as_deref(),
            )),
            revoking_form: Set(seal(cipher, id, "revoking_form", revocation.form.as_deref())),
            ..Default::default()
        })
        .filter(row::Column::Id.eq(id))
        .filter(row::Column::RevokedAt.is_null())
        .exec(&**tx)
        .await?;
    Ok(written.rows_affected == 1)
}

/// How many consents of some records there are or were.
pub(crate) async fn count(tx: &Transaction, patients: impl Iterator<Item = PatientId>) -> Result<u64, DbErr> {
    row::Entity::find().filter(of(patients)).count(&**tx).await
}

/// Whether a consent of some records was given after a moment.
pub(crate) async fn any_since(
    tx: &Transaction,
    records: &[PatientId],
    after: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let later = of(records.iter().copied()).add(row::Column::Since.gt(Instant::from(after)));
    Ok(row::Entity::find().filter(later).count(&**tx).await? > 0)
}

/// Takes out what consents of some records were for and why they were withdrawn, in somebody's words.
pub(crate) async fn forget_words(tx: &Transaction, records: &[PatientId]) -> Result<(), DbErr> {
    row::Entity::update_many()
        .set(row::ActiveModel {
            purpose: Set(None),
            revocation_reason: Set(None),
            ..Default::default()
        })
        .filter(of(records.iter().copied()))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// All consents of some records that hold now.
pub(crate) async fn all_holding(
    tx: &Transaction,
    cipher: &FieldCipher,
    patients: impl Iterator<Item = PatientId>,
    now: DateTime<Utc>,
) -> Result<Vec<Consent>, Fault> {
    let which = of(patients).add(holding(now));
    let rows = row::Entity::find().filter(which).all(&**tx).await?;
    let consents = rows.into_iter().map(|row| from_row(cipher, row));
    Ok(consents.collect::<Result<_, CryptoError>>()?)
}

/// One consent, whoever asks.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    id: ConsentId,
) -> Result<Option<Consent>, Fault> {
    let row = row::Entity::find_by_id(id.uuid()).one(connection).await?;
    Ok(row.map(|row| from_row(cipher, row)).transpose()?)
}

/// A page of the consents of some records, the latest first.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    patients: impl Iterator<Item = PatientId>,
    filter: &ConsentFilter,
    page: &PageArgs<ConsentKey>,
    now: DateTime<Utc>,
) -> Result<Edges<ConsentKey, Consent>, Fault> {
    let mut which = of(patients)
        .add_option(
            filter
                .active
                .map(|active| if active { holding(now) } else { holding(now).not() }),
        )
        .add_option(filter.grantee.map(|user| row::Column::GranteeId.eq(user.uuid())));
    if let Some(ConsentKey(since, id)) = page.after {
        which = which.add(behind_descending(
            (row::Column::Since, Instant(since)),
            (row::Column::Id, id.uuid()),
        ));
    }
    let rows = row::Entity::find()
        .filter(which)
        .order_by_desc(row::Column::Since)
        .order_by_desc(row::Column::Id)
        .limit(page.limit())
        .all(connection)
        .await?;
    let consents = rows.into_iter().map(|row| {
        let key = ConsentKey(row.since.0, row.id.into());
        Ok((key, from_row(cipher, row)?))
    });
    consents.collect()
}

fn from_row(cipher: &FieldCipher, row: row::Model) -> Result<Consent, CryptoError> {
    let open = |field, value: Option<&str>| {
        value
            .map(|sealed| cipher.open(place(row.id, field), sealed))
            .transpose()
    };
    let revocation = match row.revoked_at.zip(row.revoked_by) {
        Some((at, by)) => Some(Revocation {
            at: at.into(),
            by: by.into(),
            reason: open("revocation_reason", row.revocation_reason.as_deref())?,
            form: open("revoking_form", row.revoking_form.as_deref())?,
        }),
        None => None,
    };
    Ok(Consent {
        id: row.id.into(),
        patient: row.patient_id.into(),
        grantee: row.grantee_id.into(),
        parts: read_parts(&row.parts),
        since: row.since.into(),
        until: row.until.map(DateTime::from),
        purpose: open("purpose", row.purpose.as_deref())?,
        granted_by: row.granted_by.into(),
        granting_form: open("granting_form", row.granting_form.as_deref())?,
        revocation,
    })
}

fn write_parts(parts: &[RecordPart]) -> String {
    let names: Vec<&str> = parts.iter().map(|part| part.as_str()).collect();
    names.join(",")
}

/// A part of a later version of the program is none that this one can show.
fn read_parts(text: &str) -> Vec<RecordPart> {
    text.split(',').filter_map(|name| name.parse().ok()).collect()
}

fn seal(cipher: &FieldCipher, id: Uuid, field: &'static str, value: Option<&str>) -> Option<String> {
    value.map(|plain| cipher.seal(place(id, field), plain))
}

fn place(id: Uuid, field: &'static str) -> FieldRef<'static> {
    FieldRef {
        table: "consents",
        record: id,
        field,
    }
}
