//! Tables, columns and indexes as declared, and documents brought up to date.

use super::super::body::{self, Body};
use super::super::declaration::{Declaration, Direction};
use super::super::{DocumentError, Kind};
use super::write::{keys_to_values, rewrite_lists};
use super::{place, table};
use crate::database::{Database, INBOX_BY_AGE, Transaction, migrate};
use crate::events;
use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbErr, Statement, Value};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The event tables; collections follow their declarations and need no history.
struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(EventTables), Box::new(InboxByAge)]
    }
}

struct EventTables;

impl MigrationName for EventTables {
    fn name(&self) -> &'static str {
        "m000001_events"
    }
}

#[async_trait]
impl MigrationTrait for EventTables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        events::create_tables(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        events::drop_tables(manager).await
    }
}

struct InboxByAge;

impl MigrationName for InboxByAge {
    fn name(&self) -> &'static str {
        "m000002_inbox_by_age"
    }
}

#[async_trait]
impl MigrationTrait for InboxByAge {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        INBOX_BY_AGE.create(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        INBOX_BY_AGE.drop(manager).await
    }
}

/// Everything happens in one transaction per collection; SQLite's lets one process in at a time.
pub(super) async fn bring_up(
    database: &Database,
    declarations: &[Arc<Declaration>],
) -> Result<(), DocumentError> {
    migrate::<Migrator>(database).await?;
    for declaration in declarations {
        let tx = database.begin().await?;
        create_tables(&tx, declaration).await?;
        let wanted = indexes(declaration);
        drop_stale_indexes(&tx, declaration, &wanted).await?;
        bring_documents_up(&tx, declaration).await?;
        for (name, (unique, statement)) in &wanted {
            tx.execute_unprepared(&format!(
                "CREATE {unique}INDEX IF NOT EXISTS \"{name}\" ON {statement}"
            ))
            .await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

fn sql_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "TEXT",
        Kind::Integer | Kind::Boolean => "INTEGER",
    }
}

async fn create_tables(tx: &Transaction, of: &Declaration) -> Result<(), DbErr> {
    tx.execute_unprepared(&format!(
        "CREATE TABLE IF NOT EXISTS {} (id TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, \
         shape INTEGER NOT NULL, body TEXT NOT NULL) STRICT",
        table(of)
    ))
    .await?;
    let known: Vec<String> = {
        let ask = format!("SELECT name FROM pragma_table_info('docs_{}')", of.name);
        let rows = tx
            .query_all_raw(Statement::from_string(tx.get_database_backend(), ask))
            .await?;
        rows.iter()
            .map(|row| row.try_get("", "name"))
            .collect::<Result<_, _>>()?
    };
    for (at, field) in of.fields.iter().enumerate() {
        let (place, kind) = (place(of, at), sql_type(field.kind));
        if field.many {
            tx.execute_unprepared(&format!(
                "CREATE TABLE IF NOT EXISTS {place} (value {kind} NOT NULL, id TEXT NOT NULL, \
                 PRIMARY KEY (value, id)) STRICT, WITHOUT ROWID"
            ))
            .await?;
            let index = format!("{}_by_id\"", place.trim_end_matches('"'));
            tx.execute_unprepared(&format!("CREATE INDEX IF NOT EXISTS {index} ON {place} (id)"))
                .await?;
        } else if !known.iter().any(|name| format!("\"{name}\"") == place) {
            tx.execute_unprepared(&format!("ALTER TABLE {} ADD COLUMN {place} {kind}", table(of)))
                .await?;
        }
    }
    Ok(())
}

/// Names and definitions of the collection's indexes.
fn indexes(of: &Declaration) -> BTreeMap<String, (&'static str, String)> {
    let mut indexes = BTreeMap::new();
    // Documents of another shape are found without looking at all.
    indexes.insert(
        format!("ix_{}__shape", of.name),
        ("", format!("{} (shape)", table(of))),
    );
    for index in &of.indexes {
        let mut columns: Vec<String> = Vec::new();
        let mut last = Direction::Ascending;
        for (at, direction) in &index.columns {
            last = *direction;
            // Several values are looked up in their own table.
            if !of.fields[*at].many {
                columns.push(format!("{} {}", place(of, *at), sql_direction(*direction)));
            }
        }
        if columns.is_empty() {
            continue;
        }
        if !index.unique {
            columns.push(format!("id {}", sql_direction(last)));
        }
        let unique = if index.unique { "UNIQUE " } else { "" };
        indexes.insert(
            format!("ix_{}__{}", of.name, index.name),
            (unique, format!("{} ({})", table(of), columns.join(", "))),
        );
    }
    indexes
}

pub(super) fn sql_direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    }
}

/// An index that is not declared any more would cost, and a unique one would refuse what is allowed now.
async fn drop_stale_indexes(
    tx: &Transaction,
    of: &Declaration,
    wanted: &BTreeMap<String, (&'static str, String)>,
) -> Result<(), DbErr> {
    let ask = Statement::from_sql_and_values(
        tx.get_database_backend(),
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND name LIKE 'ix\\_%' ESCAPE '\\'",
        [format!("docs_{}", of.name).into()],
    );
    for row in tx.query_all_raw(ask).await? {
        let (name, sql): (String, String) = (row.try_get("", "name")?, row.try_get("", "sql")?);
        let as_wanted = wanted.get(&name).is_some_and(|(unique, statement)| {
            sql == format!("CREATE {unique}INDEX \"{name}\" ON {statement}")
        });
        if !as_wanted {
            tx.execute_unprepared(&format!("DROP INDEX \"{name}\"")).await?;
        }
    }
    Ok(())
}

/// Documents that were written under another declaration get what this one finds them by.
async fn bring_documents_up(tx: &Transaction, of: &Declaration) -> Result<(), DocumentError> {
    let backend = tx.get_database_backend();
    let shape = of.shape();
    let exists = Statement::from_sql_and_values(
        backend,
        "SELECT 1 AS found FROM sqlite_master WHERE type = 'index' AND name = ?",
        [format!("ix_{}__shape", of.name).into()],
    );
    if tx.query_one_raw(exists).await?.is_none() {
        tx.execute_unprepared(&format!(
            "CREATE INDEX \"ix_{}__shape\" ON {} (shape)",
            of.name,
            table(of)
        ))
        .await?;
    }
    loop {
        let ask = format!(
            "SELECT id, body FROM {0} WHERE shape < ? UNION ALL SELECT id, body FROM {0} WHERE shape > ? LIMIT 500",
            table(of)
        );
        let rows = tx
            .query_all_raw(Statement::from_sql_and_values(
                backend,
                ask,
                [shape.into(), shape.into()],
            ))
            .await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            let (id, text): (String, String) = (row.try_get("", "id")?, row.try_get("", "body")?);
            let body: Body =
                serde_json::from_str(&text).map_err(|error| DocumentError::Unreadable(of.name, error))?;
            let keys = body::keys_of(of, &body)?;
            let (mut columns, mut values) = keys_to_values(of, &keys);
            columns.push("shape".to_owned());
            values.push(Value::from(shape));
            let set: Vec<String> = columns.iter().map(|column| format!("{column} = ?")).collect();
            values.push(id.clone().into());
            let update = format!("UPDATE {} SET {} WHERE id = ?", table(of), set.join(", "));
            tx.execute_raw(Statement::from_sql_and_values(backend, update, values))
                .await?;
            rewrite_lists(tx, of, &id, Some(&keys)).await?;
        }
    }
}
