//! Counting in the store, one after the other per subject.

use super::model::{Policy, Throttle, Throttled};
use crate::foundation::Foundation;
use caregraph_kit::Fault;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use std::net::IpAddr;

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "throttles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject: String,
        pub attempts: i64,
        pub last_at: Instant,
        pub blocked_until: Instant,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Who is slowed down. Kept as a keyed digest: the table tells nobody who tried to sign in, or from where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subject(String);

impl Subject {
    /// Sign-ins with an identifier, whether or not an account has it.
    pub(crate) fn identifier(foundation: &Foundation, canonical: &str) -> Self {
        Self::of(foundation, "account", canonical)
    }

    /// Sign-ins from an address. Of IPv6 the first 64 bits count: that is what one household or hall has.
    pub(crate) fn address(foundation: &Foundation, address: IpAddr) -> Self {
        Self::of(foundation, "address", &network(address))
    }

    /// Registrations from an address.
    pub(crate) fn registrations(foundation: &Foundation, address: IpAddr) -> Self {
        Self::of(foundation, "register", &network(address))
    }

    /// Messages to an address.
    pub(crate) fn recipient(foundation: &Foundation, email: &str) -> Self {
        Self::of(foundation, "message", email)
    }

    fn of(foundation: &Foundation, kind: &str, value: &str) -> Self {
        Self(format!(
            "{kind}:{}",
            foundation
                .ground
                .cipher
                .blind_index(&format!("throttles/{kind}"), value)
        ))
    }
}

fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Counts an attempt for every subject, or for none when one of them must wait.
pub(crate) async fn count(
    foundation: &Foundation,
    mut subjects: Vec<(Subject, Policy)>,
) -> Result<Result<(), Throttled>, Fault> {
    // Always in the same order, so that two attempts wait for each other instead of blocking each other.
    subjects.sort_by(|(a, _), (b, _)| a.cmp(b));
    let database = &foundation.ground.database;
    let now = foundation.ground.clock.now();
    let counted = database
        .retrying(|| async {
            let tx = database.begin().await?;
            for (subject, policy) in &subjects {
                let known = lock(&*tx, subject, now).await?;
                match known.attempt(policy, now) {
                    Ok(next) => save(&*tx, subject, next).await?,
                    Err(throttled) => return Ok(Err(throttled)),
                }
            }
            tx.commit().await?;
            Ok::<_, DbErr>(Ok(()))
        })
        .await?;
    Ok(counted)
}

/// Forgets a subject: whoever signed in has shown to be no guesser.
pub(crate) async fn forget(connection: &impl ConnectionTrait, subject: &Subject) -> Result<(), DbErr> {
    row::Entity::delete_by_id(subject.0.clone())
        .exec(connection)
        .await
        .map(|_| ())
}

/// Takes back one attempt and the pause after it.
pub(crate) async fn refund(connection: &impl ConnectionTrait, subject: &Subject) -> Result<(), DbErr> {
    row::Entity::update_many()
        .col_expr(row::Column::Attempts, Expr::col(row::Column::Attempts).sub(1))
        .col_expr(
            row::Column::BlockedUntil,
            Expr::value(caregraph_kit::database::Instant::from(Throttle::NOT_BLOCKED)),
        )
        .filter(row::Column::Subject.eq(subject.0.clone()))
        .filter(row::Column::Attempts.gt(0))
        .exec(connection)
        .await
        .map(|_| ())
}

/// Removes what has not been touched since `before`.
pub(crate) async fn forget_old(
    connection: &impl ConnectionTrait,
    before: DateTime<Utc>,
) -> Result<(), DbErr> {
    row::Entity::delete_many()
        .filter(row::Column::LastAt.lt(caregraph_kit::database::Instant::from(before)))
        .filter(row::Column::BlockedUntil.lt(caregraph_kit::database::Instant::from(before)))
        .exec(connection)
        .await
        .map(|_| ())
}

async fn lock(
    connection: &impl ConnectionTrait,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Throttle, DbErr> {
    let find = || row::Entity::find_by_id(subject.0.clone()).lock_exclusive();
    if let Some(row) = find().one(connection).await? {
        return Ok(read(&row));
    }
    let fresh = Throttle::fresh(now);
    let unless_there = OnConflict::column(row::Column::Subject)
        .do_nothing_on([row::Column::Subject])
        .to_owned();
    row::Entity::insert(active(subject, fresh))
        .on_conflict(unless_there)
        .try_insert()
        .exec_without_returning(connection)
        .await?;
    Ok(find().one(connection).await?.map_or(fresh, |row| read(&row)))
}

async fn save(connection: &impl ConnectionTrait, subject: &Subject, throttle: Throttle) -> Result<(), DbErr> {
    row::Entity::update(active(subject, throttle))
        .exec_without_returning(connection)
        .await
        .map(|_| ())
}

fn active(subject: &Subject, throttle: Throttle) -> row::ActiveModel {
    row::ActiveModel {
        subject: Set(subject.0.clone()),
        attempts: Set(throttle.attempts),
        last_at: Set(throttle.last_at.into()),
        blocked_until: Set(throttle.blocked_until.into()),
    }
}

fn read(row: &row::Model) -> Throttle {
    Throttle {
        attempts: row.attempts,
        last_at: row.last_at.into(),
        blocked_until: row.blocked_until.into(),
    }
}
