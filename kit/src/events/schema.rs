//! The event tables, created by the first migration of every relational domain.

use crate::database::SealedColumn;
use sea_orm::DbErr;
use sea_orm_migration::{prelude::*, schema};

/// What of the event tables is sealed.
pub const EVENT_SEALS: &[SealedColumn] = &[
    SealedColumn::new("event_outbox", "payload"),
    SealedColumn::new("event_dead_letters", "envelope").of_record("event_id"),
];

/// Creates outbox, head, inbox, offsets and dead letters.
pub async fn create_tables(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let outbox = Table::create()
        .table("event_outbox")
        .col(
            ColumnDef::new("seq")
                .big_integer()
                .not_null()
                .auto_increment()
                .primary_key(),
        )
        .col(schema::uuid("id").unique_key())
        // Unique also serves as the index for "what has no position yet": all three engines index NULLs.
        .col(schema::big_integer_null("position").unique_key())
        .col(schema::uuid("aggregate"))
        .col(schema::string_len("name", 64))
        .col(schema::integer("version"))
        .col(schema::big_integer("occurred_at"))
        .col(schema::string_len_null("traceparent", 64))
        .col(schema::text("payload"))
        .to_owned();
    let head = Table::create()
        .table("event_head")
        .col(ColumnDef::new("id").integer().not_null().primary_key())
        .col(schema::big_integer("position"))
        .col(schema::big_integer("published"))
        .col(schema::big_integer("pruned"))
        .to_owned();
    let inbox = Table::create()
        .table("event_inbox")
        .col(schema::string_len("handler", 64))
        .col(schema::uuid("event_id"))
        .col(schema::big_integer("handled_at"))
        .primary_key(Index::create().col("handler").col("event_id"))
        .to_owned();
    let offsets = Table::create()
        .table("event_offsets")
        .col(schema::string_len("handler", 64))
        .col(schema::string_len("source", 32))
        .col(schema::big_integer("position"))
        .primary_key(Index::create().col("handler").col("source"))
        .to_owned();
    let dead_letters = Table::create()
        .table("event_dead_letters")
        .col(schema::string_len("handler", 64))
        .col(schema::uuid("event_id"))
        .col(schema::string_len("domain", 32))
        .col(schema::string_len("name", 64))
        .col(schema::integer("attempts"))
        .col(schema::big_integer("parked_at"))
        .col(schema::text("error"))
        .col(schema::text("envelope"))
        .primary_key(Index::create().col("handler").col("event_id"))
        .to_owned();
    for table in [outbox, head, inbox, offsets, dead_letters] {
        manager.create_table(table).await?;
    }
    let first = Query::insert()
        .into_table("event_head")
        .columns(["id", "position", "published", "pruned"])
        .values_panic([1.into(), 0_i64.into(), 0_i64.into(), 0_i64.into()])
        .to_owned();
    manager.execute(first).await
}

/// Drops what [`create_tables`] created.
pub async fn drop_tables(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for table in [
        "event_dead_letters",
        "event_offsets",
        "event_inbox",
        "event_head",
        "event_outbox",
    ] {
        manager.drop_table(Table::drop().table(table).to_owned()).await?;
    }
    Ok(())
}
