//! What stands in the stores, to see that it is still the same afterwards.

use crate::harness::Stores;
use caregraph_contracts::Domain;
use caregraph_contracts::events::StoreKind;
use caregraph_kit::database::Engine;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use std::collections::BTreeMap;

/// Rows per table. Every change of anything adds a row to its domain's event log, so counting is enough to notice it.
#[derive(Debug, PartialEq, Eq)]
pub struct Ledger(BTreeMap<String, i64>);

/// Tables in which the program remembers who knocked and how far it has read; they may change when nothing happened.
const BOOKKEEPING: [&str; 4] = ["throttles", "user_activity", "event_inbox", "event_offsets"];

impl Ledger {
    pub async fn read(stores: &Stores) -> Self {
        let mut counts = BTreeMap::new();
        // What people are told, and what stands in the trail, follows from events, which are counted where they are told.
        for domain in Domain::ALL
            .iter()
            .filter(|domain| domain.store() == StoreKind::Relational && **domain != Domain::Administration)
        {
            let url = stores.url(*domain);
            if stores.engine == Engine::Sqlite && !stores.data_dir().join(format!("{domain}.db")).exists() {
                continue;
            }
            let store = Database::connect(url).await.unwrap();
            for table in tables(&store, stores.engine).await {
                let rows =
                    one_column::<i64>(&store, &format!("SELECT COUNT(*) AS answer FROM {table}")).await;
                if !BOOKKEEPING.contains(&table.as_str()) {
                    counts.insert(format!("{domain}.{table}"), rows[0]);
                }
            }
            store.close().await.unwrap();
        }
        assert!(
            counts.keys().any(|table| table.ends_with("event_outbox")),
            "the event logs must be counted: {counts:?}"
        );
        Self(counts)
    }
}

async fn tables(store: &DatabaseConnection, engine: Engine) -> Vec<String> {
    let query = match engine {
        Engine::Sqlite => {
            "SELECT name AS answer FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
        Engine::Postgres => {
            "SELECT table_name::text AS answer FROM information_schema.tables WHERE table_schema = current_schema()"
        }
        Engine::MariaDb => {
            "SELECT table_name AS answer FROM information_schema.tables WHERE table_schema = DATABASE()"
        }
    };
    one_column(store, query).await
}

async fn one_column<T: sea_orm::TryGetable>(store: &DatabaseConnection, query: &str) -> Vec<T> {
    let statement = Statement::from_string(store.get_database_backend(), query);
    let rows = store.query_all_raw(statement).await.unwrap();
    rows.into_iter()
        .map(|row| row.try_get("", "answer").unwrap())
        .collect()
}
