//! Appointments and their history.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let appointments = Table::create()
            .table("appointments")
            .col(schema::uuid("id").primary_key())
            .col(schema::uuid("patient_id"))
            .col(schema::uuid("practitioner_id"))
            .col(schema::uuid("service_id"))
            .col(schema::uuid_null("location_id"))
            .col(schema::string_len("time_zone", 64))
            .col(schema::big_integer("starts_at"))
            .col(schema::big_integer("ends_at"))
            // Buffers included: what the practitioner cannot give to anybody else.
            .col(schema::big_integer("occupied_from"))
            .col(schema::big_integer("occupied_to"))
            .col(schema::string_len("status", 24))
            // Sealed.
            .col(schema::text_null("reason"))
            .col(schema::text_null("note_for_doctor"))
            .col(schema::text_null("doctors_notes"))
            .col(schema::uuid("booked_by"))
            .col(schema::big_integer("booked_at"))
            .col(schema::big_integer("revision"))
            .to_owned();
        manager.create_table(appointments).await?;
        for (name, columns) in [
            (
                "appointments_by_practitioner",
                &["practitioner_id", "starts_at", "id"][..],
            ),
            ("appointments_by_patient", &["patient_id", "starts_at", "id"]),
            ("appointments_by_start", &["starts_at", "id"]),
        ] {
            let mut index = Index::create();
            index.name(name).table("appointments");
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        let changes = Table::create()
            .table("appointment_changes")
            .col(schema::uuid("appointment_id"))
            .col(schema::big_integer("revision"))
            .col(schema::string_len("kind", 16))
            .col(schema::uuid("changed_by"))
            .col(schema::big_integer("changed_at"))
            .col(schema::string_len_null("previous_status", 24))
            .col(schema::string_len("status", 24))
            .col(schema::uuid_null("previous_practitioner_id"))
            .col(schema::uuid("practitioner_id"))
            .col(schema::big_integer_null("previous_starts_at"))
            .col(schema::big_integer("starts_at"))
            .col(schema::big_integer_null("previous_ends_at"))
            .col(schema::big_integer("ends_at"))
            // Sealed: the reason given, and texts as they were before.
            .col(schema::text_null("clinical"))
            .primary_key(Index::create().col("appointment_id").col("revision"))
            .foreign_key(
                ForeignKey::create()
                    .name("appointment_changes_appointment")
                    .from("appointment_changes", "appointment_id")
                    .to("appointments", "id"),
            )
            .to_owned();
        manager.create_table(changes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("appointment_changes").to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table("appointments").to_owned())
            .await
    }
}
