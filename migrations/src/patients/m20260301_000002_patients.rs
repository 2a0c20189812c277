//! People in care, who may act for them, and the counter behind medical record numbers.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(patients()).await?;
        for (name, columns) in [
            // The order of lists; the id makes it total.
            ("patients_by_name", ["name_folded", "id"].as_slice()),
            ("patients_by_date_of_birth", &["date_of_birth"]),
            // Not unique: families share a telephone, and a person may be on record twice until the records are merged.
            ("patients_by_phone", &["phone_index"]),
            ("patients_by_national_id", &["national_id_index"]),
        ] {
            let mut index = Index::create().name(name).table("patients").to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        manager.create_table(guardians()).await?;
        let by_guardian = Index::create()
            .name("patient_guardians_by_guardian")
            .table("patient_guardians")
            .col("guardian_id")
            .to_owned();
        manager.create_index(by_guardian).await?;
        let counter = Table::create()
            .table("patient_mrn_counter")
            .col(ColumnDef::new("id").integer().not_null().primary_key())
            .col(schema::big_integer("last"))
            .to_owned();
        manager.create_table(counter).await?;
        let start = Query::insert()
            .into_table("patient_mrn_counter")
            .columns(["id", "last"])
            .values_panic([1.into(), 0_i64.into()])
            .to_owned();
        manager.execute(start).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["patient_mrn_counter", "patient_guardians", "patients"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn patients() -> TableCreateStatement {
    Table::create()
        .table("patients")
        .col(schema::uuid("id"))
        .col(schema::string_len("mrn", 24))
        .col(schema::boolean("has_account"))
        .col(schema::boolean("dependant"))
        .col(schema::string_len("given_name", 80))
        .col(schema::string_len("family_name", 80))
        // Family and given name, folded for searching and sorting. Folding turns one Hangul syllable into three letters,
        // so this must hold three times the names and a space.
        .col(schema::string_len("name_folded", 512))
        .col(schema::date_null("date_of_birth"))
        .col(schema::string_len_null("sex_at_birth", 24))
        .col(schema::string_len_null("gender", 24))
        .col(schema::string_len_null("blood_type", 24))
        .col(schema::boolean("deceased"))
        .col(schema::date_null("deceased_on"))
        .col(schema::string_len_null("occupation", 120))
        .col(schema::string_len("preferred_language", 8))
        .col(schema::boolean("language_from_account"))
        .col(schema::text_null("phone"))
        .col(schema::string_len_null("phone_index", 64))
        .col(schema::boolean("phone_from_account"))
        .col(schema::text_null("national_id"))
        .col(schema::string_len_null("national_id_index", 64))
        .col(schema::text("addresses"))
        .col(schema::text("emergency_contacts"))
        .col(schema::text_null("insurance"))
        .col(schema::big_integer("version"))
        .col(schema::big_integer("registered_at"))
        .col(schema::big_integer("updated_at"))
        .primary_key(Index::create().name("patients_key").col("id"))
        .index(Index::create().unique().name("patients_mrn_is_unique").col("mrn"))
        .to_owned()
}

fn guardians() -> TableCreateStatement {
    Table::create()
        .table("patient_guardians")
        .col(schema::uuid("patient_id"))
        .col(schema::uuid("guardian_id"))
        .col(schema::string_len("relationship", 24))
        .col(schema::big_integer("since"))
        .primary_key(
            Index::create()
                .name("patient_guardians_key")
                .col("patient_id")
                .col("guardian_id"),
        )
        .foreign_key(
            ForeignKey::create()
                .name("patient_guardians_patient")
                .from("patient_guardians", "patient_id")
                .to("patients", "id")
                .on_delete(ForeignKeyAction::Restrict),
        )
        .to_owned()
}
