//! Locations and departments.
//!
//! The address of a location is that of a public place, printed on every letterhead, so it is not sealed like the
//! address of a person.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(locations()).await?;
        manager.create_table(departments()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["departments", "locations"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn locations() -> TableCreateStatement {
    Table::create()
        .table("locations")
        .col(schema::uuid("id"))
        .col(schema::string_len("name", 120))
        // The name in lower case and one Unicode form; lower case may be longer, so it has room for three times the name.
        .col(schema::string_len("name_key", 360))
        .col(schema::text("address_lines"))
        .col(schema::string_len("city", 80))
        .col(schema::string_len("country", 2))
        .col(schema::string_len("time_zone", 64))
        .col(schema::text("rooms"))
        .col(schema::boolean("active"))
        .col(schema::big_integer("version"))
        .col(schema::big_integer("updated_at"))
        .primary_key(Index::create().name("locations_key").col("id"))
        .index(
            Index::create()
                .unique()
                .name("locations_name_is_unique")
                .col("name_key"),
        )
        .to_owned()
}

fn departments() -> TableCreateStatement {
    Table::create()
        .table("departments")
        .col(schema::uuid("id"))
        .col(schema::string_len("name", 120))
        .col(schema::string_len("name_key", 360))
        .col(schema::text_null("description"))
        .col(schema::boolean("active"))
        .col(schema::big_integer("version"))
        .col(schema::big_integer("updated_at"))
        .primary_key(Index::create().name("departments_key").col("id"))
        .index(
            Index::create()
                .unique()
                .name("departments_name_is_unique")
                .col("name_key"),
        )
        .to_owned()
}
