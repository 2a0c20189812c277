//! The audit trail: entries in a chain per day, the signed head of each day, and the turn of whoever appends.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(entries()).await?;
        // Whatever the trail is narrowed by, its pages are read backwards along the chain.
        for (name, column) in [
            ("audit_entries_by_actor", "actor_user"),
            ("audit_entries_by_patient", "patient_id"),
            ("audit_entries_by_domain", "domain"),
            ("audit_entries_by_action", "action"),
            ("audit_entries_by_outcome", "outcome"),
            ("audit_entries_by_purpose", "purpose"),
        ] {
            let index = Index::create()
                .name(name)
                .table("audit_entries")
                .col(column)
                .col("day")
                .col("number")
                .to_owned();
            manager.create_index(index).await?;
        }
        let heads = Table::create()
            .table("audit_heads")
            .col(schema::date("day"))
            .col(schema::big_integer("entries"))
            .col(schema::string_len("last_hash", 64))
            .col(schema::date_null("previous_day"))
            .col(schema::string_len("previous_hash", 64))
            .col(schema::string_len("signature", 128))
            .primary_key(Index::create().name("audit_heads_key").col("day"))
            .to_owned();
        manager.create_table(heads).await?;
        let turn = Table::create()
            .table("audit_turn")
            .col(ColumnDef::new("id").integer().not_null().primary_key())
            .col(schema::big_integer("taken"))
            .to_owned();
        manager.create_table(turn).await?;
        let start = Query::insert()
            .into_table("audit_turn")
            .columns(["id", "taken"])
            .values_panic([1.into(), 0_i64.into()])
            .to_owned();
        manager.execute(start).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["audit_turn", "audit_heads", "audit_entries"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn entries() -> TableCreateStatement {
    Table::create()
        .table("audit_entries")
        .col(schema::date("day"))
        .col(schema::big_integer("number"))
        .col(schema::uuid("id"))
        .col(schema::string_len("domain", 32))
        .col(schema::string_len("action", 64))
        .col(schema::string_len("outcome", 24))
        .col(schema::uuid_null("actor_user"))
        .col(schema::uuid_null("actor_session"))
        .col(schema::string_len("actor_roles", 255))
        .col(schema::text_null("request"))
        // Sealed, each with a keyed digest of what is inside: the chain vouches for the digest, so that sealing anew under another
        // key does not break it.
        .col(schema::text_null("address"))
        .col(schema::string_len_null("address_digest", 64))
        .col(schema::string_len("subject_kind", 24))
        .col(schema::uuid("subject_id"))
        .col(schema::uuid_null("patient_id"))
        .col(schema::string_len_null("purpose", 24))
        .col(schema::string_len("parts", 255))
        .col(schema::text_null("what"))
        .col(schema::text_null("reason"))
        .col(schema::string_len_null("reason_digest", 64))
        .col(schema::text_null("digest_before"))
        .col(schema::text_null("digest_after"))
        .col(schema::big_integer("occurred_at"))
        .col(schema::big_integer("recorded_at"))
        .col(schema::string_len("previous", 64))
        .col(schema::string_len("hash", 64))
        // Two processes cannot both append the same number.
        .primary_key(Index::create().name("audit_entries_key").col("day").col("number"))
        // An event makes one entry, however often it is delivered.
        .index(
            Index::create()
                .unique()
                .name("audit_entries_id_is_unique")
                .col("id"),
        )
        .to_owned()
}
