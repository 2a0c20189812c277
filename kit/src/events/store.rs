//! One domain's outbox and log.

use super::outgoing::{Outgoing, Told, payload_place};
use super::tables::{head, inbox, outbox};
use super::{Envelope, EventError};
use crate::clock::Clock;
use crate::crypto::FieldCipher;
use crate::database::{Database, Transaction};
use caregraph_contracts::ids::{EventId, Id};
use caregraph_contracts::{Domain, PublicEvent};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{
    ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::sync::Arc;
use tokio::sync::Notify;

/// Where a domain keeps the events it tells. Cheap to clone; clones share.
#[derive(Clone)]
pub struct EventStore(Arc<Shared>);

struct Shared {
    domain: Domain,
    database: Database,
    cipher: FieldCipher,
    clock: Clock,
    wake: Arc<Notify>,
}

impl EventStore {
    /// The event store of `domain` in its `database`.
    pub fn new(domain: Domain, database: Database, cipher: FieldCipher, clock: Clock) -> Self {
        Self(Arc::new(Shared {
            domain,
            database,
            cipher,
            clock,
            wake: Arc::new(Notify::new()),
        }))
    }

    /// Whose events these are.
    pub fn domain(&self) -> Domain {
        self.0.domain
    }

    /// Stores events in the caller's transaction, in order; the relay learns of them when it commits.
    ///
    /// Order per aggregate needs the caller to hold the aggregate's row (by writing it) before appending.
    pub async fn append<E: PublicEvent>(
        &self,
        tx: &mut Transaction,
        events: &[E],
    ) -> Result<Vec<EventId>, EventError> {
        debug_assert_eq!(E::DOMAIN, self.0.domain, "a domain tells its own events only");
        let outgoing = events
            .iter()
            .map(|event| Outgoing::seal(&Told::of(event)?, &self.0.clock, &self.0.cipher))
            .collect::<Result<Vec<_>, EventError>>()?;
        self.append_sealed(tx, &outgoing).await?;
        Ok(outgoing.iter().map(|event| event.id).collect())
    }

    /// Stores events that have their identity already.
    pub(crate) async fn append_sealed(
        &self,
        tx: &mut Transaction,
        events: &[Outgoing],
    ) -> Result<(), sea_orm::DbErr> {
        if events.is_empty() {
            return Ok(());
        }
        let rows = events.iter().map(|event| outbox::ActiveModel {
            seq: NotSet,
            id: Set(event.id.uuid()),
            position: Set(None),
            aggregate: Set(event.aggregate),
            name: Set(event.name.to_owned()),
            version: Set(i32::from(event.version)),
            occurred_at: Set(event.occurred_at.into()),
            traceparent: Set(event.traceparent.clone()),
            payload: Set(event.payload.clone()),
        });
        outbox::Entity::insert_many(rows)
            .exec_without_returning(&**tx)
            .await?;
        let wake = Arc::clone(&self.0.wake);
        tx.after_commit(Arc::new(move || wake.notify_one()));
        Ok(())
    }

    /// Gives committed events their positions. Safe to call from several processes: the head row is locked.
    /// Returns how many were given one.
    pub(super) async fn assign_positions(&self, at_most: u64) -> Result<usize, EventError> {
        // A look outside the lock first: mostly there is nothing to do, and locking would wait for writers.
        if self.unpositioned(self.0.database.reader(), 1).await?.is_empty() {
            return Ok(0);
        }
        let count = self
            .0
            .database
            .retrying(|| async {
                let tx = self.0.database.begin().await?;
                if !tx.is_alone() {
                    // Writing the row takes its lock.
                    head::Entity::update_many()
                        .col_expr(head::Column::Pruned, Expr::col(head::Column::Pruned))
                        .filter(head::Column::Id.eq(1))
                        .exec(&*tx)
                        .await?;
                }
                let rows = self.unpositioned(&*tx, at_most).await?;
                if rows.is_empty() {
                    // Another process was faster.
                    tx.rollback().await?;
                    return Ok(0);
                }
                let start = head::Entity::find_by_id(1)
                    .one(&*tx)
                    .await?
                    .map_or(0, |row| row.position);
                let mut positions = CaseStatement::new();
                let mut end = start;
                for seq in &rows {
                    end += 1;
                    positions = positions.case(outbox::Column::Seq.eq(*seq), end);
                }
                outbox::Entity::update_many()
                    .col_expr(outbox::Column::Position, positions.into())
                    .filter(outbox::Column::Seq.is_in(rows.iter().copied()))
                    .exec(&*tx)
                    .await?;
                head::Entity::update_many()
                    .col_expr(head::Column::Position, Expr::value(end))
                    .filter(head::Column::Id.eq(1))
                    .exec(&*tx)
                    .await?;
                tx.commit().await?;
                Ok::<_, sea_orm::DbErr>(rows.len())
            })
            .await?;
        Ok(count)
    }

    async fn unpositioned(
        &self,
        connection: &impl sea_orm::ConnectionTrait,
        at_most: u64,
    ) -> Result<Vec<i64>, sea_orm::DbErr> {
        outbox::Entity::find()
            .select_only()
            .column(outbox::Column::Seq)
            .filter(outbox::Column::Position.is_null())
            .order_by_asc(outbox::Column::Seq)
            .limit(at_most)
            .into_tuple()
            .all(connection)
            .await
    }

    /// Events behind a position, in order.
    pub async fn read_after(&self, position: i64, at_most: u64) -> Result<Vec<Arc<Envelope>>, EventError> {
        outbox::Entity::find()
            .filter(outbox::Column::Position.gt(position))
            .order_by_asc(outbox::Column::Position)
            .limit(at_most)
            .all(self.0.database.reader())
            .await?
            .into_iter()
            .map(|row| self.envelope(row).map(Arc::new))
            .collect()
    }

    /// The position of the last event that has one; 0 when there is none.
    pub async fn head(&self) -> Result<i64, EventError> {
        Ok(self.head_row().await?.position)
    }

    /// Up to which position old events have been removed; a reader that stopped before it has missed some.
    pub async fn pruned(&self) -> Result<i64, EventError> {
        Ok(self.head_row().await?.pruned)
    }

    /// The position of one event; `None` while it has none.
    pub(super) async fn position_of(&self, id: EventId) -> Result<Option<i64>, EventError> {
        let found: Option<Option<i64>> = outbox::Entity::find()
            .select_only()
            .column(outbox::Column::Position)
            .filter(outbox::Column::Id.eq(id.uuid()))
            .into_tuple()
            .one(self.0.database.reader())
            .await?;
        Ok(found.flatten())
    }

    /// Up to which position an external transport has everything.
    pub(super) async fn published(&self) -> Result<i64, EventError> {
        Ok(self.head_row().await?.published)
    }

    pub(super) async fn set_published(&self, position: i64) -> Result<(), EventError> {
        head::Entity::update_many()
            .col_expr(head::Column::Published, Expr::value(position))
            .filter(head::Column::Id.eq(1).and(head::Column::Published.lt(position)))
            .exec(self.0.database.reader())
            .await?;
        Ok(())
    }

    /// Removes events that happened before `before`, oldest first, and remembers up to where. Never removes what
    /// stands behind `keep_after`, the position of the slowest reader.
    pub async fn prune(
        &self,
        before: chrono::DateTime<chrono::Utc>,
        keep_after: i64,
    ) -> Result<u64, EventError> {
        let tx = self.0.database.begin().await?;
        let last: Option<Option<i64>> = outbox::Entity::find()
            .select_only()
            .column_as(outbox::Column::Position.max(), "position")
            .filter(outbox::Column::OccurredAt.lt(crate::database::Instant::from(before)))
            .filter(outbox::Column::Position.lte(keep_after))
            .into_tuple()
            .one(&*tx)
            .await?;
        let Some(last) = last.flatten() else { return Ok(0) };
        let removed = outbox::Entity::delete_many()
            .filter(outbox::Column::Position.lte(last))
            .exec(&*tx)
            .await?
            .rows_affected;
        head::Entity::update_many()
            .col_expr(head::Column::Pruned, Expr::value(last))
            .filter(head::Column::Id.eq(1))
            .exec(&*tx)
            .await?;
        tx.commit().await?;
        Ok(removed)
    }

    /// Forgets which events handlers of this domain dealt with before `before`. Events that may still come again must be kept in
    /// the inbox, so this reaches less far than [`EventStore::prune`] does in any log that they hear.
    pub async fn forget_handled(&self, before: chrono::DateTime<chrono::Utc>) -> Result<u64, EventError> {
        let old = inbox::Entity::delete_many()
            .filter(inbox::Column::HandledAt.lt(crate::database::Instant::from(before)));
        Ok(old.exec(self.0.database.reader()).await?.rows_affected)
    }

    async fn head_row(&self) -> Result<head::Model, EventError> {
        head::Entity::find_by_id(1)
            .one(self.0.database.reader())
            .await?
            .ok_or(EventError::Damaged("the head row is missing"))
    }

    /// Waits until something was committed here.
    pub(super) async fn woken(&self) {
        self.0.wake.notified().await;
    }

    fn envelope(&self, row: outbox::Model) -> Result<Envelope, EventError> {
        Ok(Envelope {
            payload: self.0.cipher.open_json(payload_place(row.id), &row.payload)?,
            id: row.id.into(),
            domain: self.0.domain,
            position: row.position.ok_or(EventError::Damaged("no position"))?,
            aggregate: row.aggregate,
            name: row.name,
            version: u16::try_from(row.version).map_err(|_| EventError::Damaged("version"))?,
            occurred_at: row.occurred_at.into(),
            traceparent: row.traceparent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{Engine, migrate};
    use crate::events::create_tables;
    use crate::on_every_engine;
    use crate::testing::{OnEngine, TestWorld};
    use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, MigratorTrait, SchemaManager};
    use serde::{Deserialize, Serialize};
    use uuid::Uuid;

    struct Tables;

    impl MigratorTrait for Tables {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            vec![Box::new(Self)]
        }
    }

    impl MigrationName for Tables {
        fn name(&self) -> &'static str {
            "m000001_events"
        }
    }

    #[async_trait::async_trait]
    impl MigrationTrait for Tables {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            create_tables(manager).await
        }
    }

    #[derive(Serialize, Deserialize)]
    struct Happened;

    impl PublicEvent for Happened {
        const DOMAIN: Domain = Domain::Scheduling;
        fn name(&self) -> &'static str {
            "Happened"
        }
        fn aggregate(&self) -> Uuid {
            Uuid::nil()
        }
    }

    struct World(TestWorld);

    impl OnEngine for World {
        async fn on(engine: Engine) -> Self {
            Self(TestWorld::new::<Tables>(engine, Domain::Scheduling).await)
        }
    }

    on_every_engine! {
        async fn relays_that_meet_number_each_event_once(world: World) {
            let ground = &world.0.ground;
            // This process's own relay would take part without being asked.
            ground.bus.shut_down().await;
            let other = world.0.database.open().await;
            migrate::<Tables>(&other).await.unwrap();
            let stores = [
                ground.events.clone(),
                EventStore::new(Domain::Scheduling, other, ground.cipher.clone(), ground.clock.clone()),
            ];
            for round in 1..=20_i64 {
                let mut tx = ground.database.begin().await.unwrap();
                ground.events.append(&mut tx, &[Happened, Happened, Happened]).await.unwrap();
                tx.commit().await.unwrap();
                let relays = stores.iter().chain(&stores).map(|store| store.assign_positions(100));
                let numbered = futures::future::try_join_all(relays).await.unwrap();
                assert_eq!(numbered.iter().sum::<usize>(), 3);
                assert_eq!(ground.events.head().await.unwrap(), round * 3);
            }
        }
    }
}
