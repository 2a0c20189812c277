//! Bringing a database to the schema of this version, once, whoever comes first.

use super::{Database, DatabaseError, Engine, Transaction};
use sea_orm::{ConnectionTrait, DbErr, Statement};
use sea_orm_migration::MigratorTrait;

const LOCK_NUMBER: i64 = 0x6361_7265;

/// Name of the lock on MariaDB, where locks are the server's and not the database's. Names of locks have 64 characters at
/// most, as have those of databases, so the database's is digested.
const LOCK_NAME: &str = "CONCAT('caregraph.', SHA1(DATABASE()))";

/// Seconds to wait while somebody else migrates.
const LOCK_PATIENCE: u32 = 600;

/// Applies what is missing. Processes that start together take turns, so each migration runs once.
pub async fn migrate<M: MigratorTrait>(database: &Database) -> Result<(), DatabaseError> {
    run::<M>(database, Direction::Up).await
}

/// Takes back the last `steps` migrations; all of them when `None`. For tests and for whoever must go back a version.
pub async fn rollback<M: MigratorTrait>(
    database: &Database,
    steps: Option<u32>,
) -> Result<(), DatabaseError> {
    run::<M>(database, Direction::Down(steps)).await
}

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down(Option<u32>),
}

async fn run<M: MigratorTrait>(database: &Database, direction: Direction) -> Result<(), DatabaseError> {
    run_locked::<M>(database, direction)
        .await
        .map_err(|error| DatabaseError::Migrate(database.label().to_owned(), error))
}

/// Everything happens in one transaction under a lock, so one connection is enough. SQLite's transaction is the lock.
/// MariaDB commits at every change of the schema; its lock belongs to the connection and is not touched by that.
async fn run_locked<M: MigratorTrait>(database: &Database, direction: Direction) -> Result<(), DbErr> {
    let tx = database.begin().await?;
    lock(&tx, database.engine()).await?;
    let moved = match direction {
        Direction::Up => M::up(&*tx, None).await,
        Direction::Down(steps) => M::down(&*tx, steps).await,
    };
    let unlocked = match database.engine() {
        Engine::MariaDb => tx
            .execute_unprepared(&format!("DO RELEASE_LOCK({LOCK_NAME})"))
            .await
            .map(|_| ()),
        Engine::Sqlite | Engine::Postgres => Ok(()),
    };
    moved?;
    unlocked?;
    tx.commit().await
}

async fn lock(tx: &Transaction, engine: Engine) -> Result<(), DbErr> {
    match engine {
        Engine::Sqlite => Ok(()),
        Engine::Postgres => tx
            .execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK_NUMBER})"))
            .await
            .map(|_| ()),
        Engine::MariaDb => {
            let ask = format!("SELECT CAST(GET_LOCK({LOCK_NAME}, {LOCK_PATIENCE}) AS SIGNED) AS granted");
            let answer = tx
                .query_one_raw(Statement::from_string(tx.get_database_backend(), ask))
                .await?;
            let granted: Option<i64> = match answer {
                Some(row) => row.try_get("", "granted")?,
                None => None,
            };
            // The server says 0 when the time is over, and nothing when it was disturbed.
            if granted == Some(1) {
                Ok(())
            } else {
                Err(DbErr::Custom(
                    "somebody else does not stop migrating this database".to_owned(),
                ))
            }
        }
    }
}
