//! What servers keep, as they give it out to whoever may read their disks.

use super::search::Search;
use crate::harness::Stores;
use caregraph_contracts::Domain;
use caregraph_contracts::events::StoreKind;
use caregraph_kit::database::Engine;
use futures::TryStreamExt;
use mongodb::bson::RawDocumentBuf;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// Rows and documents of all domains, by the domain.
pub struct Contents(BTreeMap<Domain, Vec<Vec<u8>>>);

impl Contents {
    /// Everything that the stores of a test keep.
    pub async fn of(stores: &Stores) -> Self {
        let mut all = BTreeMap::new();
        for domain in Domain::ALL.iter().copied() {
            let kept = match (domain.store(), stores.documents_url(domain)) {
                (StoreKind::Relational, _) => rows(stores.engine, &stores.url(domain)).await,
                (StoreKind::Documents, Some(url)) => documents(&url).await,
                // Without a server for documents they lie in files.
                (StoreKind::Documents, None) => continue,
            };
            assert!(kept.len() > 10, "{domain} keeps something");
            all.insert(domain, kept);
        }
        Self(all)
    }

    /// Domains in which something is found, with what is found, named as the files of embedded stores are: `records.db: phrase`.
    pub fn search(&self, phrases: impl IntoIterator<Item = impl AsRef<str>>) -> BTreeSet<String> {
        let search = Search::new(phrases);
        let found = self.0.iter().flat_map(|(domain, kept)| {
            let search = &search;
            let phrases = kept.iter().flat_map(move |bytes| search.within(bytes));
            phrases.map(move |phrase| format!("{domain}.db: {phrase}"))
        });
        found.collect()
    }
}

/// Every row of every table, as text.
async fn rows(engine: Engine, url: &str) -> Vec<Vec<u8>> {
    let database = Database::connect(url).await.unwrap();
    let (schema, quote, text) = match engine {
        Engine::Postgres => ("current_schema()", '"', "text"),
        Engine::MariaDb => ("database()", '`', "CHAR"),
        Engine::Sqlite => panic!("files are searched as they are"),
    };
    let columns = format!(
        "SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = {schema}"
    );
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in ask(&database, &columns).await {
        let column = format!("{quote}{}{quote}", row.try_get::<String>("", "c").unwrap());
        let table = row.try_get("", "t").unwrap();
        tables
            .entry(table)
            .or_default()
            .push(format!("CAST({column} AS {text})"));
    }
    let mut all = Vec::new();
    for (table, columns) in tables {
        let columns = columns.join(", ");
        let content = format!("SELECT CONCAT_WS(' | ', {columns}) AS content FROM {quote}{table}{quote}");
        for row in ask(&database, &content).await {
            all.push(row.try_get::<String>("", "content").unwrap().into_bytes());
        }
    }
    all
}

async fn ask(database: &DatabaseConnection, query: &str) -> Vec<sea_orm::QueryResult> {
    let statement = Statement::from_string(database.get_database_backend(), query);
    database.query_all_raw(statement).await.unwrap()
}

/// Every document of every collection, as it is kept.
async fn documents(url: &str) -> Vec<Vec<u8>> {
    let client = mongodb::Client::with_uri_str(url).await.unwrap();
    let database = client.default_database().unwrap();
    let mut all = Vec::new();
    for name in database.list_collection_names().await.unwrap() {
        let collection = database.collection::<RawDocumentBuf>(&name);
        let kept = collection.find(mongodb::bson::doc! {}).await.unwrap();
        let kept: Vec<RawDocumentBuf> = kept.try_collect().await.unwrap();
        all.extend(kept.into_iter().map(RawDocumentBuf::into_bytes));
    }
    all
}
