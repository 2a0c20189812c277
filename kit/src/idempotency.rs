//! The same key gets the first answer: for commands that take time slots, stock or money.
//!
//! A key belongs to the person who sent it and to one operation. The answer is kept in the same transaction as the
//! command's effect, so there is never an effect without its answer. Refusals are kept too: a repetition after a
//! time-out must not succeed behind the back of somebody who was told "no".

use crate::database::{Instant, Transaction, is_unique_violation};
use crate::failure::Rejection;
use caregraph_contracts::ids::{Id, UserId};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};
use sea_orm_migration::{prelude::*, schema};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::fmt::Write;

mod row {
    use crate::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub operation: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub fingerprint: String,
        #[sea_orm(column_type = "Text")]
        pub answer: String,
        pub created_at: Instant,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One keyed command of one person.
#[derive(Debug, Clone)]
pub struct Keyed {
    user: UserId,
    operation: &'static str,
    key: String,
    fingerprint: String,
}

/// What is known about a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen<A> {
    /// Nothing: go on, and keep the answer with [`Keyed::keep`].
    Never,
    /// The same command was answered before.
    Answered(A),
    /// The key was used for another command.
    Reused,
}

impl Keyed {
    /// A command under a key chosen by the client: 1 to 128 ASCII characters without spaces or control characters. `request` is everything that
    /// makes the command what it is; a repetition must match it.
    pub fn new(
        user: UserId,
        operation: &'static str,
        key: &str,
        request: &impl Serialize,
    ) -> Result<Self, Rejection> {
        let fits = (1..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        if !fits {
            return Err(Rejection::invalid(
                "idempotencyKey",
                "must have 1 to 128 ASCII characters without spaces",
            ));
        }
        let text = serde_json::to_vec(request)
            .map_err(|_| Rejection::invalid("idempotencyKey", "the request cannot be compared"))?;
        let mut fingerprint = String::with_capacity(64);
        for byte in Sha256::digest(text) {
            // Writing to a string cannot fail.
            let _ = write!(fingerprint, "{byte:02x}");
        }
        Ok(Self {
            user,
            operation,
            key: key.to_owned(),
            fingerprint,
        })
    }

    /// What is known about the key.
    pub async fn look_up<A: DeserializeOwned>(
        &self,
        connection: &impl ConnectionTrait,
    ) -> Result<Seen<A>, DbErr> {
        let id = (self.user.uuid(), self.operation.to_owned(), self.key.clone());
        let Some(row) = row::Entity::find_by_id(id).one(connection).await? else {
            return Ok(Seen::Never);
        };
        if row.fingerprint != self.fingerprint {
            return Ok(Seen::Reused);
        }
        serde_json::from_str(&row.answer)
            .map(Seen::Answered)
            .map_err(|error| DbErr::Json(error.to_string()))
    }

    /// Keeps the answer in the command's transaction. `false` when another request with the same key was faster: roll
    /// back and look up again.
    pub async fn keep(
        &self,
        tx: &Transaction,
        answer: &impl Serialize,
        now: DateTime<Utc>,
    ) -> Result<bool, DbErr> {
        let answer = serde_json::to_string(answer).map_err(|error| DbErr::Json(error.to_string()))?;
        let row = row::ActiveModel {
            user_id: Set(self.user.uuid()),
            operation: Set(self.operation.to_owned()),
            key: Set(self.key.clone()),
            fingerprint: Set(self.fingerprint.clone()),
            answer: Set(answer),
            created_at: Set(Instant::from(now)),
        };
        match row::Entity::insert(row).exec_without_returning(&**tx).await {
            Ok(_) => Ok(true),
            Err(error) if is_unique_violation(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Creates the table; for the migrations of domains that take keys.
pub async fn create_table(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table("idempotency_keys")
        .col(schema::uuid("user_id"))
        .col(schema::string_len("operation", 64))
        .col(schema::string_len("key", 128))
        .col(schema::string_len("fingerprint", 64))
        .col(schema::text("answer"))
        .col(schema::big_integer("created_at"))
        .primary_key(Index::create().col("user_id").col("operation").col("key"))
        .to_owned();
    manager.create_table(table).await?;
    let by_age = Index::create()
        .name("idempotency_keys_by_age")
        .table("idempotency_keys")
        .col("created_at")
        .to_owned();
    manager.create_index(by_age).await
}

/// Drops what [`create_table`] created.
pub async fn drop_table(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .drop_table(Table::drop().table("idempotency_keys").to_owned())
        .await
}

/// Forgets keys older than `before`.
pub async fn forget(connection: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64, DbErr> {
    use sea_orm::{ColumnTrait, QueryFilter};
    let old = row::Entity::delete_many().filter(row::Column::CreatedAt.lt(Instant::from(before)));
    Ok(old.exec(connection).await?.rows_affected)
}
