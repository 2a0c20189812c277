//! The tables and events that the tests of this folder use.

#![expect(dead_code, reason = "every test program takes what it needs")]

use caregraph_contracts::{Domain, PublicEvent};
use caregraph_kit::database::{Engine, INBOX_BY_AGE};
use caregraph_kit::testing::{OnEngine, TestWorld};
use caregraph_kit::{events, idempotency};
use sea_orm_migration::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Event tables, idempotency keys, and `counters`: a number under a name.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(First), Box::new(Second)]
    }
}

struct First;

impl MigrationName for First {
    fn name(&self) -> &'static str {
        "m000001_events"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for First {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        events::create_tables(manager).await?;
        INBOX_BY_AGE.create(manager).await?;
        idempotency::create_table(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        idempotency::drop_table(manager).await?;
        events::drop_tables(manager).await
    }
}

struct Second;

impl MigrationName for Second {
    fn name(&self) -> &'static str {
        "m000002_counters"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Second {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("counters")
            .col(ColumnDef::new("name").string_len(64).not_null().primary_key())
            .col(ColumnDef::new("count").big_integer().not_null())
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("counters").to_owned())
            .await
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    pub number: u32,
}

impl PublicEvent for Happened {
    const DOMAIN: Domain = Domain::Scheduling;

    fn name(&self) -> &'static str {
        "Happened"
    }

    fn aggregate(&self) -> Uuid {
        Uuid::from_u128(1)
    }
}

/// A world with these tables.
pub struct World(pub TestWorld);

impl OnEngine for World {
    async fn on(engine: Engine) -> Self {
        Self(TestWorld::new::<Migrator>(engine, Domain::Scheduling).await)
    }
}

/// An engine with nothing set up on it.
pub struct Bare(pub Engine);

impl OnEngine for Bare {
    async fn on(engine: Engine) -> Self {
        Self(engine)
    }
}
