//! What servers keep, as they give it out to whoever may read their disks.

use super::search::Search;
use crate::harness::Stores;
use caregraph_contracts::Domain;
use caregraph_contracts::events::StoreKind;
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
                (StoreKind::Relational, _) => rows(&stores.url(domain)).await,
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

/// Every row of every table of a PostgreSQL database, as text.
async fn rows(url: &str) -> Vec<Vec<u8>> {
    let database = Database::connect(url).await.unwrap();
    let tables = "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()";
    let mut all = Vec::new();
    for table in ask(&database, tables).await {
        let table: String = table.try_get("", "name").unwrap();
        let content = format!("SELECT kept::text AS content FROM \"{table}\" kept");
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
