//! What scheduling knows of other domains: practitioners, locations, patients, suspended accounts.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let practitioners = Table::create()
            .table("known_practitioners")
            .col(schema::uuid("id").primary_key())
            .col(schema::text("display_name"))
            .col(schema::date_null("licence_expires_on"))
            .col(schema::boolean("accepting_new"))
            .col(schema::boolean("active"))
            // A JSON list of ids.
            .col(schema::text("locations"))
            // Place of the last event that was taken in, so that an older one that comes late changes nothing.
            .col(schema::big_integer("position"))
            .to_owned();
        let locations = Table::create()
            .table("known_locations")
            .col(schema::uuid("id").primary_key())
            .col(schema::text("name"))
            .col(schema::string_len("time_zone", 64))
            .col(schema::boolean("active"))
            .col(schema::big_integer("position"))
            .to_owned();
        let patients = Table::create()
            .table("known_patients")
            .col(schema::uuid("id").primary_key())
            .col(schema::uuid_null("user_id"))
            .col(schema::boolean("deceased"))
            .col(schema::uuid_null("merged_into"))
            .col(schema::big_integer("position"))
            .to_owned();
        let guardians = Table::create()
            .table("known_guardians")
            .col(schema::uuid("patient_id"))
            .col(schema::uuid("user_id"))
            .primary_key(Index::create().col("patient_id").col("user_id"))
            .to_owned();
        let suspensions = Table::create()
            .table("known_suspensions")
            .col(schema::uuid("user_id").primary_key())
            .col(schema::boolean("suspended"))
            .col(schema::big_integer("position"))
            .to_owned();
        for table in [practitioners, locations, patients, guardians, suspensions] {
            manager.create_table(table).await?;
        }
        let by_guardian = Index::create()
            .name("known_guardians_by_user")
            .table("known_guardians")
            .col("user_id")
            .to_owned();
        manager.create_index(by_guardian).await?;
        let by_account = Index::create()
            .name("known_patients_by_user")
            .table("known_patients")
            .col("user_id")
            .to_owned();
        manager.create_index(by_account).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "known_suspensions",
            "known_guardians",
            "known_patients",
            "known_locations",
            "known_practitioners",
        ];
        for table in tables {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
