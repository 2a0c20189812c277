//! Practitioners, and what they can do, speak and where they work.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(practitioners()).await?;
        // The order of lists; the id makes it total.
        let by_name = Index::create()
            .name("practitioners_by_name")
            .table("practitioners")
            .col("name_folded")
            .col("id")
            .to_owned();
        manager.create_index(by_name).await?;
        for link in LINKS {
            manager.create_table(link.table()).await?;
            let by_value = Index::create()
                .name(format!("{}_by_{}", link.table, link.value))
                .table(link.table)
                .col(link.value)
                .to_owned();
            manager.create_index(by_value).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in LINKS.iter().rev().map(|link| link.table).chain(["practitioners"]) {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn practitioners() -> TableCreateStatement {
    Table::create()
        .table("practitioners")
        .col(schema::uuid("id"))
        .col(schema::string_len("display_name", 120))
        // Folded for searching and sorting. Folding turns one Hangul syllable into three letters, so this must hold
        // three times the name.
        .col(schema::string_len("name_folded", 400))
        .col(schema::string_len_null("title", 40))
        .col(schema::string_len("profession", 16))
        .col(schema::text_null("biography"))
        .col(schema::integer_null("practising_since"))
        .col(schema::string_len_null("photo_url", 500))
        .col(schema::date_null("licence_expires_on"))
        .col(schema::boolean("accepting_new_patients"))
        .col(schema::boolean("active"))
        // Folded words of name, title and specialties, for the text search.
        .col(schema::text("search_text"))
        // Licence number, contact data and the like, sealed.
        .col(schema::text("sealed"))
        .col(schema::big_integer("version"))
        .col(schema::big_integer("updated_at"))
        .primary_key(Index::create().name("practitioners_key").col("id"))
        .to_owned()
}

/// A list that belongs to a practitioner. `rank` keeps the order in which it was given: the main one comes first.
struct Link {
    table: &'static str,
    value: &'static str,
    column: fn(&'static str) -> ColumnDef,
    /// The table that the value is the id of.
    target: Option<&'static str>,
}

const LINKS: &[Link] = &[
    Link {
        table: "practitioner_specialties",
        value: "specialty",
        column: code,
        target: None,
    },
    Link {
        table: "practitioner_languages",
        value: "language",
        column: code,
        target: None,
    },
    Link {
        table: "practitioner_departments",
        value: "department_id",
        column: schema::uuid,
        target: Some("departments"),
    },
    Link {
        table: "practitioner_locations",
        value: "location_id",
        column: schema::uuid,
        target: Some("locations"),
    },
];

fn code(column: &'static str) -> ColumnDef {
    schema::string_len(column, 48)
}

impl Link {
    fn table(&self) -> TableCreateStatement {
        let mut table = Table::create()
            .table(self.table)
            .col(schema::uuid("practitioner_id"))
            .col((self.column)(self.value))
            .col(schema::integer("rank"))
            .primary_key(
                Index::create()
                    .name(format!("{}_key", self.table))
                    .col("practitioner_id")
                    .col(self.value),
            )
            .foreign_key(&mut self.reference("practitioner_id", "practitioners"))
            .to_owned();
        if let Some(target) = self.target {
            table.foreign_key(&mut self.reference(self.value, target));
        }
        table
    }

    fn reference(&self, column: &'static str, target: &'static str) -> ForeignKeyCreateStatement {
        ForeignKey::create()
            .name(format!("{}_{target}", self.table))
            .from(self.table, column)
            .to(target, "id")
            .on_delete(ForeignKeyAction::Restrict)
            .to_owned()
    }
}
