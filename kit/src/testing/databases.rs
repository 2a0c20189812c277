//! A fresh database per test, on the engines that are at hand.

use crate::database::{Database, Engine, PoolSettings, migrate};
use sea_orm::{ConnectOptions, ConnectionTrait};
use sea_orm_migration::MigratorTrait;
use std::time::Duration;

/// Something that can be set up on one engine, for [`on_every_engine!`](crate::on_every_engine).
pub trait OnEngine: Sized {
    /// Sets it up.
    fn on(engine: Engine) -> impl Future<Output = Self> + Send;
}

/// Whether an engine is at hand: SQLite always, the servers when their addresses are in `CAREGRAPH_TEST_POSTGRES_URL` and
/// `CAREGRAPH_TEST_MARIADB_URL`. In CI (`CI=true`) a missing address is a failure, not a skipped test.
pub fn is_available(engine: Engine) -> bool {
    let available = engine == Engine::Sqlite || server(engine).is_some();
    assert!(
        available || std::env::var("CI").as_deref() != Ok("true"),
        "{engine:?} must not be skipped in CI"
    );
    if !available {
        #[expect(
            clippy::print_stderr,
            reason = "whoever runs the tests should see what was not tried"
        )]
        {
            eprintln!("skipped on {engine:?}: its address is not set");
        }
    }
    available
}

fn server(engine: Engine) -> Option<String> {
    let variable = match engine {
        Engine::Sqlite => return None,
        Engine::Postgres => "CAREGRAPH_TEST_POSTGRES_URL",
        Engine::MariaDb => "CAREGRAPH_TEST_MARIADB_URL",
    };
    std::env::var(variable).ok().filter(|url| !url.is_empty())
}

/// A database of one test; gone when dropped.
pub struct TestDatabase {
    url: String,
    cleanup: Cleanup,
}

enum Cleanup {
    Folder(#[expect(dead_code, reason = "kept for its drop")] tempfile::TempDir),
    Server {
        administrative: String,
        statement: String,
    },
}

impl TestDatabase {
    /// An address for a database that does not exist yet.
    ///
    /// # Panics
    /// When the engine is not at hand.
    pub fn new(engine: Engine) -> Self {
        let name = format!("caregraph_test_{}", uuid::Uuid::now_v7().simple());
        match server(engine) {
            None => {
                let folder = tempfile::tempdir().expect("tests may write to the temporary folder");
                let url = format!("sqlite://{}/{name}.db", folder.path().display());
                Self {
                    url,
                    cleanup: Cleanup::Folder(folder),
                }
            }
            Some(administrative) => {
                let start = administrative.find("://").map_or(0, |at| at + 3);
                let end = administrative[start..]
                    .find('/')
                    .map_or(administrative.len(), |at| at + start);
                let url = format!("{}/{name}", &administrative[..end]);
                let statement = match engine {
                    Engine::Postgres => format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"),
                    Engine::MariaDb | Engine::Sqlite => format!("DROP DATABASE IF EXISTS `{name}`"),
                };
                Self {
                    url,
                    cleanup: Cleanup::Server {
                        administrative,
                        statement,
                    },
                }
            }
        }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Opens it once more, as another process would.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn open(&self) -> Database {
        let pool = PoolSettings {
            max_connections: 5,
            acquire_timeout_seconds: 30,
        };
        Database::open(&self.url, &pool)
            .await
            .expect("the test's database opens")
    }

    /// Opens it with the schema of `M`.
    ///
    /// # Panics
    /// When it cannot be opened or migrated.
    pub async fn migrated<M: MigratorTrait>(&self) -> Database {
        let database = self.open().await;
        migrate::<M>(&database)
            .await
            .expect("the test's database migrates");
        database
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Cleanup::Server {
            administrative,
            statement,
        } = &self.cleanup
        else {
            return;
        };
        let (url, statement) = (administrative.clone(), statement.clone());
        // A runtime of its own: the test's may be shutting down, and `drop` cannot wait on it.
        let cleaning = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let mut options = ConnectOptions::new(url);
                options
                    .max_connections(1)
                    .sqlx_logging(false)
                    .connect_timeout(Duration::from_secs(10));
                if let Ok(connection) = sea_orm::Database::connect(options).await {
                    let _ = connection.execute_unprepared(&statement).await;
                    let _ = connection.close().await;
                }
            });
        });
        let _ = cleaning.join();
    }
}

/// Declares a test once and runs it on every engine that is at hand. The argument's type sets itself up by
/// [`OnEngine`](crate::testing::OnEngine).
///
/// ```text
/// on_every_engine! {
///     async fn a_slot_is_taken_once(world: World) { … }
/// }
/// ```
#[macro_export]
macro_rules! on_every_engine {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident: $type:ty) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "a test may need nothing from its module")]
            use super::*;

            async fn check($world: $type) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                check(<$type as $crate::testing::OnEngine>::on($crate::database::Engine::Sqlite).await).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                if $crate::testing::is_available($crate::database::Engine::Postgres) {
                    check(<$type as $crate::testing::OnEngine>::on($crate::database::Engine::Postgres).await).await;
                }
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_mariadb() {
                if $crate::testing::is_available($crate::database::Engine::MariaDb) {
                    check(<$type as $crate::testing::OnEngine>::on($crate::database::Engine::MariaDb).await).await;
                }
            }
        }
    )*};
}
