//! A fresh document store per test, on the back ends that are at hand.

use super::world::{patience, test_cipher, test_start};
use crate::clock::Clock;
use crate::config::Secret;
use crate::database::PoolSettings;
use crate::documents::{Declaration, Documents, Foundation, Location};
use crate::events::EventBus;
use crate::subgraph::DocumentGround;
use caregraph_contracts::Domain;

/// The back ends of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentEngine {
    /// Embedded.
    Sqlite,
    /// A replica set, or what speaks its protocol.
    MongoDb,
}

/// Something that can be set up on one back end, for
/// [`on_every_document_store!`](crate::on_every_document_store).
pub trait OnDocumentEngine: Sized {
    /// Sets it up.
    fn on(engine: DocumentEngine) -> impl Future<Output = Self> + Send;
}

/// Whether a back end is at hand: SQLite always, MongoDB when its address is in `CAREGRAPH_TEST_MONGODB_URL`. In CI
/// (`CI=true`) a missing address is a failure, not a skipped test.
pub fn keeps_documents(engine: DocumentEngine) -> bool {
    let available = engine == DocumentEngine::Sqlite || server().is_some();
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

fn server() -> Option<String> {
    std::env::var("CAREGRAPH_TEST_MONGODB_URL")
        .ok()
        .filter(|url| !url.is_empty())
}

/// A document store of one test. Files are gone when dropped. A database on a server stays behind, named `caregraph_test_…`: some
/// servers that speak MongoDB's protocol stand still when a database is dropped while a transaction of a killed process is open.
pub struct TestDocuments {
    location: Location,
    foundation: Foundation,
    _folder: Option<tempfile::TempDir>,
}

impl TestDocuments {
    /// An address for a store that does not exist yet. Its clock stands at 2026-03-02T08:00Z, a Monday.
    ///
    /// # Panics
    /// When the back end is not at hand.
    pub fn new(engine: DocumentEngine, domain: Domain) -> Self {
        let foundation = Foundation {
            domain,
            cipher: test_cipher(),
            clock: Clock::manual(test_start(), 42),
        };
        let name = format!("caregraph_test_{}", uuid::Uuid::now_v7().simple());
        let (location, folder) = match engine {
            DocumentEngine::Sqlite => {
                let folder = tempfile::tempdir().expect("tests may write to the temporary folder");
                let location = Location::Embedded {
                    url: format!("sqlite://{}/{name}.db", folder.path().display()),
                    pool: PoolSettings {
                        max_connections: 5,
                        acquire_timeout_seconds: 30,
                    },
                };
                (location, Some(folder))
            }
            DocumentEngine::MongoDb => {
                let server = server().expect("the test asked whether the server is at hand");
                let location = Location::MongoDb {
                    url: Secret::new(with_database(&server, &name)),
                    connections: 20,
                };
                (location, None)
            }
        };
        Self {
            location,
            foundation,
            _folder: folder,
        }
    }

    /// Its address.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Its keys and clock.
    pub fn foundation(&self) -> &Foundation {
        &self.foundation
    }

    /// Opens it once more, as another process would.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn open(&self, declarations: Vec<Declaration>) -> Documents {
        Documents::open(&self.location, self.foundation.clone(), declarations)
            .await
            .expect("the test's store opens")
    }

    /// Opens it as a process of its own does, with events that flow.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn ground(&self, declarations: Vec<Declaration>) -> DocumentGround {
        let documents = self.open(declarations).await;
        let Foundation { cipher, clock, .. } = self.foundation.clone();
        let bus = EventBus::in_process(cipher.clone(), clock.clone()).with_consumer_settings(patience());
        DocumentGround::lay(documents, bus, cipher, clock)
            .await
            .expect("the event log opens")
    }
}

/// Puts a database's name into an address: `mongodb://host:port/name?options`.
fn with_database(server: &str, name: &str) -> String {
    let (address, options) = server.split_once('?').unwrap_or((server, ""));
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address[start..].find('/').map_or(address.len(), |at| at + start);
    let options = if options.is_empty() {
        String::new()
    } else {
        format!("?{options}")
    };
    format!("{}/{name}{options}", &address[..end])
}

/// Declares a test once and runs it on every document store that is at hand. The argument's type sets itself up by
/// [`OnDocumentEngine`](crate::testing::OnDocumentEngine).
///
/// ```text
/// on_every_document_store! {
///     async fn a_letter_is_kept_once(world: World) { … }
/// }
/// ```
#[macro_export]
macro_rules! on_every_document_store {
    ($($(#[$meta:meta])* async fn $name:ident($world:ident: $type:ty) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "a test may need nothing from its module")]
            use super::*;

            async fn check($world: $type) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let engine = $crate::testing::DocumentEngine::Sqlite;
                check(<$type as $crate::testing::OnDocumentEngine>::on(engine).await).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_mongodb() {
                let engine = $crate::testing::DocumentEngine::MongoDb;
                if $crate::testing::keeps_documents(engine) {
                    check(<$type as $crate::testing::OnDocumentEngine>::on(engine).await).await;
                }
            }
        }
    )*};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_databases_name_goes_before_the_options() {
        assert_eq!(with_database("mongodb://h:1", "d"), "mongodb://h:1/d");
        assert_eq!(
            with_database("mongodb://u:p@h:1/admin", "d"),
            "mongodb://u:p@h:1/d"
        );
        assert_eq!(
            with_database("mongodb://h/?replicaSet=x", "d"),
            "mongodb://h/d?replicaSet=x"
        );
    }
}
