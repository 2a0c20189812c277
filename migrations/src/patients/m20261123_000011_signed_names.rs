//! Whoever is looked for by several words is not looked up word by word any more: each row says in one number which tokens its patient
//! has. This adds the column, in the key by which tokens are found. The rows that are there the subgraph signs, bit by bit.

use caregraph_kit::search::UNSIGNED;
use sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::{prelude::*, schema};

const TABLE: &str = "patient_name_tokens";
const SIGNATURE: &str = "signature";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Those whom a token finds are read from the key alone, so the signature stands in it: in SQLite the key becomes the table, in
    /// PostgreSQL it includes the column; in MariaDB it is the table already.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DbBackend::Sqlite => {
                let mut signed = tokens_before(Key::Table);
                signed.col(signature_column());
                rebuild(manager, signed).await
            }
            // Again when it was cut off: MariaDB keeps what was done so far.
            DbBackend::MySql => {
                let column = Table::alter()
                    .table(TABLE)
                    .add_column_if_not_exists(signature_column())
                    .to_owned();
                manager.alter_table(column).await
            }
            _ => {
                let column = Table::alter()
                    .table(TABLE)
                    .add_column(signature_column())
                    .to_owned();
                manager.alter_table(column).await?;
                let key = "ALTER TABLE patient_name_tokens DROP CONSTRAINT patient_name_tokens_key, \
                    ADD CONSTRAINT patient_name_tokens_key PRIMARY KEY (token, patient_id) INCLUDE (signature)";
                manager.get_connection().execute_unprepared(key).await?;
                Ok(())
            }
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match manager.get_database_backend() {
            DbBackend::Sqlite => rebuild(manager, tokens_before(Key::BesideTable)).await,
            DbBackend::MySql => {
                let column = "ALTER TABLE patient_name_tokens DROP COLUMN IF EXISTS signature";
                manager.get_connection().execute_unprepared(column).await?;
                Ok(())
            }
            _ => {
                let key = "ALTER TABLE patient_name_tokens DROP CONSTRAINT patient_name_tokens_key, \
                    ADD CONSTRAINT patient_name_tokens_key PRIMARY KEY (token, patient_id)";
                manager.get_connection().execute_unprepared(key).await?;
                let column = Table::alter().table(TABLE).drop_column(SIGNATURE).to_owned();
                manager.alter_table(column).await
            }
        }
    }
}

fn signature_column() -> ColumnDef {
    schema::big_integer(SIGNATURE).default(UNSIGNED).take()
}

#[derive(PartialEq, Eq)]
enum Key {
    Table,
    BesideTable,
}

/// The table's columns as they were, under another name.
fn tokens_before(key: Key) -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("patient_name_tokens_rebuilt")
        .col(schema::string_len("token", 64))
        .col(schema::uuid("patient_id"))
        .primary_key(Index::create().col("token").col("patient_id"))
        .foreign_key(
            ForeignKey::create()
                .name("patient_name_tokens_patient")
                .from("patient_name_tokens_rebuilt", "patient_id")
                .to("patients", "id")
                .on_delete(ForeignKeyAction::Restrict),
        );
    if key == Key::Table {
        table.extra("WITHOUT ROWID");
    }
    table
}

/// SQLite changes no key: the rows move into a new table, in the order in which they stand there, and it takes the name of the old one.
async fn rebuild(manager: &SchemaManager<'_>, table: TableCreateStatement) -> Result<(), DbErr> {
    manager.create_table(table).await?;
    let connection = manager.get_connection();
    for step in [
        "INSERT INTO patient_name_tokens_rebuilt (token, patient_id) SELECT token, patient_id FROM patient_name_tokens ORDER BY token, patient_id",
        "DROP TABLE patient_name_tokens",
        "ALTER TABLE patient_name_tokens_rebuilt RENAME TO patient_name_tokens",
        "CREATE INDEX patient_name_tokens_by_patient ON patient_name_tokens (patient_id)",
    ] {
        connection.execute_unprepared(step).await?;
    }
    Ok(())
}
