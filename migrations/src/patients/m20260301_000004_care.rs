//! Care relationships: by assignment, and one row per appointment.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let assignments = Table::create()
            .table("care_assignments")
            .col(schema::uuid("patient_id"))
            .col(schema::uuid("user_id"))
            .col(schema::string_len("role", 24))
            .col(schema::big_integer("since"))
            .col(schema::uuid("assigned_by"))
            .primary_key(
                Index::create()
                    .name("care_assignments_key")
                    .col("patient_id")
                    .col("user_id"),
            )
            .foreign_key(
                ForeignKey::create()
                    .name("care_assignments_patient")
                    .from("care_assignments", "patient_id")
                    .to("patients", "id")
                    .on_delete(ForeignKeyAction::Restrict),
            )
            .to_owned();
        // No foreign key: events of scheduling are facts, in whatever order they arrive.
        let appointments = Table::create()
            .table("care_appointments")
            .col(schema::uuid("appointment_id"))
            .col(schema::big_integer("revision"))
            .col(schema::uuid("patient_id"))
            .col(schema::uuid("user_id"))
            .col(schema::big_integer("since"))
            .col(schema::big_integer("until"))
            .col(schema::boolean("cancelled"))
            .primary_key(
                Index::create()
                    .name("care_appointments_key")
                    .col("appointment_id"),
            )
            .to_owned();
        manager.create_table(assignments).await?;
        manager.create_table(appointments).await?;
        for (name, table, columns) in [
            (
                "care_assignments_by_user",
                "care_assignments",
                ["user_id", "patient_id"].as_slice(),
            ),
            (
                "care_appointments_by_user",
                "care_appointments",
                &["user_id", "until"],
            ),
            (
                "care_appointments_by_patient",
                "care_appointments",
                &["patient_id", "until"],
            ),
        ] {
            let mut index = Index::create().name(name).table(table).to_owned();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["care_appointments", "care_assignments"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
