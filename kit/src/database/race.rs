//! Telling apart the ways in which a statement can fail.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// Somebody else was first: the row would break a unique constraint.
pub fn is_unique_violation(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// The engine gave up this transaction to let another go on; the same transaction may well succeed now.
pub fn is_retryable(error: &DbErr) -> bool {
    match engine_code(error) {
        // Serialization failure, deadlock.
        Some(Code::Postgres(state)) => matches!(state.as_ref(), "40001" | "40P01"),
        // Lock wait timeout, deadlock, record has changed.
        Some(Code::MariaDb(number)) => matches!(number, 1205 | 1213 | 1020),
        // Busy, locked.
        Some(Code::Sqlite(primary)) => matches!(primary, 5 | 6),
        None => false,
    }
}

/// The store cannot be reached or cannot write just now: nothing is known about the statement, and waiting may help.
pub fn is_outage(error: &DbErr) -> bool {
    if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) {
        return true;
    }
    match engine_code(error) {
        // Lost connections, exhausted resources such as the disk, shutdown and start, a server that only reads (any more).
        Some(Code::Postgres(state)) => {
            ["08", "53", "57P"].iter().any(|class| state.starts_with(class)) || state == "25006"
        }
        // Too many connections, shutdown, killed; disk full; a server that only reads.
        Some(Code::MariaDb(number)) => matches!(number, 1040 | 1053 | 1927 | 1021 | 1290 | 1836),
        // Input or output failed, disk full, cannot open.
        Some(Code::Sqlite(primary)) => matches!(primary, 10 | 13 | 14),
        None => driver_error(error).is_some_and(|error| {
            matches!(
                error,
                sea_orm::sqlx::Error::Io(_)
                    | sea_orm::sqlx::Error::Tls(_)
                    | sea_orm::sqlx::Error::PoolTimedOut
                    | sea_orm::sqlx::Error::PoolClosed
                    | sea_orm::sqlx::Error::WorkerCrashed
            )
        }),
    }
}

/// What an engine calls an error.
enum Code<'a> {
    /// SQLSTATE.
    Postgres(std::borrow::Cow<'a, str>),
    /// The error's number; sqlx gives the same SQLSTATE for many.
    MariaDb(u16),
    /// The primary result code, without what extends it.
    Sqlite(u32),
}

fn engine_code(error: &DbErr) -> Option<Code<'_>> {
    let error = driver_error(error)?.as_database_error()?;
    if let Some(mysql) = error.try_downcast_ref::<sea_orm::sqlx::mysql::MySqlDatabaseError>() {
        return Some(Code::MariaDb(mysql.number()));
    }
    let code = error.code()?;
    if error
        .try_downcast_ref::<sea_orm::sqlx::sqlite::SqliteError>()
        .is_some()
    {
        return code
            .parse::<u32>()
            .ok()
            .map(|extended| Code::Sqlite(extended & 0xff));
    }
    Some(Code::Postgres(code))
}

fn driver_error(error: &DbErr) -> Option<&sea_orm::sqlx::Error> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => Some(inner),
        _ => None,
    }
}
