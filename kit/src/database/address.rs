//! What stands behind an address: a folder, or a database on a server, made where they do not exist.

use super::{DatabaseError, Engine};
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseBackend, DbErr};
use std::time::Duration;

pub(super) fn make_folder(url: &str, label: &str) -> Result<(), DatabaseError> {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let path = std::path::Path::new(path.split('?').next().unwrap_or(path));
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !path.starts_with(":memory:") => {
            crate::config::make_private_folder(folder)
                .map_err(|error| DatabaseError::Folder(label.to_owned(), error))
        }
        _ => Ok(()),
    }
}

/// Servers: a domain's database is made on first use. MariaDB's gets a binary collation, so that equality means
/// equality as on the other engines.
pub(super) async fn create_if_missing(url: &str, engine: Engine) -> Result<(), DbErr> {
    let Some((server, name)) = split_database(url) else {
        return Ok(());
    };
    let sane = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if !sane {
        return Ok(());
    }
    let administrative = match engine {
        Engine::Postgres => format!("{server}/postgres"),
        Engine::MariaDb | Engine::Sqlite => server.replacen("mariadb:", "mysql:", 1),
    };
    let mut options = ConnectOptions::new(administrative);
    options
        .max_connections(1)
        .sqlx_logging(false)
        .connect_timeout(Duration::from_secs(10));
    // Without the right to look, the database must be there already; opening it will tell.
    let Ok(connection) = sea_orm::Database::connect(options).await else {
        return Ok(());
    };
    let statement = match engine {
        Engine::Postgres => {
            let known = connection
                .query_one_raw(sea_orm::Statement::from_sql_and_values(
                    DatabaseBackend::Postgres,
                    "SELECT 1 FROM pg_database WHERE datname = $1",
                    [name.into()],
                ))
                .await?;
            known.is_none().then(|| format!("CREATE DATABASE \"{name}\""))
        }
        Engine::MariaDb | Engine::Sqlite => Some(format!(
            "CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        )),
    };
    if let Some(statement) = statement
        && let Err(error) = connection.execute_unprepared(&statement).await
    {
        // Another process may have been faster, or we may not create; opening it will tell.
        tracing::debug!(%error, "database not created");
    }
    connection.close().await
}

fn split_database(url: &str) -> Option<(&str, &str)> {
    let address = url.split('?').next().unwrap_or(url);
    let start = address.find("://")? + 3;
    let slash = address[start..].find('/')? + start;
    Some((&address[..slash], &address[slash + 1..]))
}

pub(super) fn without_credentials(url: &str) -> String {
    let url = url.split('?').next().unwrap_or(url);
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}{}", &url[..scheme + 3], &url[at + 1..]),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_hold_no_password() {
        assert_eq!(
            without_credentials("postgres://u:p@h:1/d?sslmode=require"),
            "postgres://h:1/d"
        );
        assert_eq!(without_credentials("sqlite://data/x.db"), "sqlite://data/x.db");
    }

    #[test]
    fn the_database_is_what_stands_behind_the_server() {
        assert_eq!(
            split_database("postgres://u@h:1/d?x=y"),
            Some(("postgres://u@h:1", "d"))
        );
        assert_eq!(split_database("mysql://h"), None);
    }
}
