//! Rows of the trail. Private to this module's neighbours.

use crate::trail::{Head, Place, Written};
use caregraph_contracts::ids::{AuditEntryId, Id};

pub(super) mod entry {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_entries")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: Date,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        #[sea_orm(unique)]
        pub id: Uuid,
        pub domain: String,
        pub action: String,
        pub outcome: String,
        pub actor_user: Option<Uuid>,
        pub actor_session: Option<Uuid>,
        pub actor_roles: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub request: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub address: Option<String>,
        pub address_digest: Option<String>,
        pub subject_kind: String,
        pub subject_id: Uuid,
        pub patient_id: Option<Uuid>,
        pub purpose: Option<String>,
        pub parts: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub what: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub reason: Option<String>,
        pub reason_digest: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub digest_before: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub digest_after: Option<String>,
        pub occurred_at: Instant,
        pub recorded_at: Instant,
        pub previous: String,
        pub hash: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod head {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_heads")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: Date,
        pub entries: i64,
        pub last_hash: String,
        pub previous_day: Option<Date>,
        pub previous_hash: String,
        pub signature: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod turn {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_turn")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i32,
        pub taken: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

impl From<&Written> for entry::Model {
    fn from(written: &Written) -> Self {
        let written = written.clone();
        Self {
            day: written.place.0,
            number: written.place.1,
            id: written.id.uuid(),
            domain: written.domain,
            action: written.action,
            outcome: written.outcome,
            actor_user: written.actor_user,
            actor_session: written.actor_session,
            actor_roles: written.actor_roles,
            request: written.request,
            address: written.address,
            address_digest: written.address_digest,
            subject_kind: written.subject_kind,
            subject_id: written.subject_id,
            patient_id: written.patient_id,
            purpose: written.purpose,
            parts: written.parts,
            what: written.what,
            reason: written.reason,
            reason_digest: written.reason_digest,
            digest_before: written.digest_before,
            digest_after: written.digest_after,
            occurred_at: written.occurred_at.into(),
            recorded_at: written.recorded_at.into(),
            previous: written.previous,
            hash: written.hash,
        }
    }
}

impl From<entry::Model> for Written {
    fn from(row: entry::Model) -> Self {
        Self {
            place: Place(row.day, row.number),
            id: AuditEntryId::from(row.id),
            domain: row.domain,
            action: row.action,
            outcome: row.outcome,
            actor_user: row.actor_user,
            actor_session: row.actor_session,
            actor_roles: row.actor_roles,
            request: row.request,
            address: row.address,
            address_digest: row.address_digest,
            subject_kind: row.subject_kind,
            subject_id: row.subject_id,
            patient_id: row.patient_id,
            purpose: row.purpose,
            parts: row.parts,
            what: row.what,
            reason: row.reason,
            reason_digest: row.reason_digest,
            digest_before: row.digest_before,
            digest_after: row.digest_after,
            occurred_at: row.occurred_at.into(),
            recorded_at: row.recorded_at.into(),
            previous: row.previous,
            hash: row.hash,
        }
    }
}

impl From<&Head> for head::Model {
    fn from(head: &Head) -> Self {
        let head = head.clone();
        Self {
            day: head.day,
            entries: head.count,
            last_hash: head.last_hash,
            previous_day: head.previous_day,
            previous_hash: head.previous_hash,
            signature: head.signature,
        }
    }
}

impl From<head::Model> for Head {
    fn from(row: head::Model) -> Self {
        Self {
            day: row.day,
            count: row.entries,
            last_hash: row.last_hash,
            previous_day: row.previous_day,
            previous_hash: row.previous_hash,
            signature: row.signature,
        }
    }
}
