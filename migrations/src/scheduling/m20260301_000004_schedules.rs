//! When practitioners work: weekly hours, one-off additions, absences.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One row per practitioner; whoever changes anything below writes it first and so has the schedule alone.
        let schedules = Table::create()
            .table("practitioner_schedules")
            .col(schema::uuid("practitioner_id").primary_key())
            .col(schema::big_integer("version"))
            .to_owned();
        let hours = Table::create()
            .table("working_hours")
            .col(schema::uuid("practitioner_id"))
            // Place in the week as it was given.
            .col(schema::integer("place"))
            // 1 is Monday, 7 is Sunday (ISO 8601).
            .col(schema::integer("weekday"))
            // Minutes that a clock shows since midnight.
            .col(schema::integer("starts"))
            .col(schema::integer("ends"))
            .col(schema::uuid("location_id"))
            .col(schema::date_null("valid_from"))
            .col(schema::date_null("valid_to"))
            .primary_key(Index::create().col("practitioner_id").col("place"))
            .to_owned();
        let extra = Table::create()
            .table("extra_hours")
            .col(schema::uuid("id").primary_key())
            .col(schema::uuid("practitioner_id"))
            .col(schema::date("date"))
            .col(schema::integer("starts"))
            .col(schema::integer("ends"))
            .col(schema::uuid("location_id"))
            .to_owned();
        let absences = Table::create()
            .table("absences")
            .col(schema::uuid("id").primary_key())
            .col(schema::uuid("practitioner_id"))
            .col(schema::big_integer("starts_at"))
            .col(schema::big_integer("ends_at"))
            // Sealed: it may say what somebody suffers from.
            .col(schema::text_null("reason"))
            .col(schema::uuid("added_by"))
            .col(schema::big_integer("added_at"))
            .to_owned();
        for table in [schedules, hours, extra, absences] {
            manager.create_table(table).await?;
        }
        for (name, table, columns) in [
            (
                "working_hours_by_location",
                "working_hours",
                ["location_id", "practitioner_id"],
            ),
            (
                "extra_hours_by_practitioner",
                "extra_hours",
                ["practitioner_id", "date"],
            ),
            (
                "extra_hours_by_location",
                "extra_hours",
                ["location_id", "practitioner_id"],
            ),
            (
                "absences_by_practitioner",
                "absences",
                ["practitioner_id", "ends_at"],
            ),
        ] {
            let mut index = Index::create();
            index.name(name).table(table);
            for column in columns {
                index.col(column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "absences",
            "extra_hours",
            "working_hours",
            "practitioner_schedules",
        ] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
