//! Where documents are kept.

use super::DocumentError;
use crate::config::Secret;
use crate::database::PoolSettings;
use caregraph_contracts::Domain;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

/// Settings of the document stores.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentsSettings {
    /// Empty: SQLite files in the data folder. Or MongoDB, with `{domain}` in the name of the database:
    /// `mongodb://clinic@db/caregraph_{domain}?replicaSet=rs0`.
    pub url: Secret,
    /// Addresses of single domains.
    pub domains: BTreeMap<Domain, Secret>,
    /// Most connections per domain and process.
    pub max_connections: u32,
}

impl Default for DocumentsSettings {
    fn default() -> Self {
        Self {
            url: Secret::default(),
            domains: BTreeMap::new(),
            max_connections: 20,
        }
    }
}

/// Where one domain's documents are.
#[derive(Debug, Clone)]
pub enum Location {
    /// In an SQLite file.
    Embedded {
        /// `sqlite://` and the file's path.
        url: String,
        /// Connections to it.
        pool: PoolSettings,
    },
    /// In a MongoDB database of its own, on a replica set: commits need transactions.
    MongoDb {
        /// `mongodb://` or `mongodb+srv://`, with the database's name.
        url: Secret,
        /// Most connections.
        connections: u32,
    },
}

impl DocumentsSettings {
    /// Where a domain's documents are. `pool` is for embedded stores.
    pub fn location(
        &self,
        domain: Domain,
        data_dir: &Path,
        pool: &PoolSettings,
    ) -> Result<Location, DocumentError> {
        let own = self.domains.get(&domain);
        let url = own
            .unwrap_or(&self.url)
            .reveal()
            .map_err(|error| DocumentError::Open(error.to_string()))?;
        if url.is_empty() {
            let path = data_dir.join(format!("{domain}.db"));
            return Ok(Location::Embedded {
                url: format!("sqlite://{}", path.display()),
                pool: pool.clone(),
            });
        }
        if own.is_none() && !url.contains("{domain}") {
            return Err(DocumentError::Open(
                "documents.url must contain {domain}: every domain has a database of its own".to_owned(),
            ));
        }
        let url = url.replace("{domain}", domain.as_str());
        if url.starts_with("sqlite:") {
            return Ok(Location::Embedded {
                url,
                pool: pool.clone(),
            });
        }
        if url.starts_with("mongodb:") || url.starts_with("mongodb+srv:") {
            return Ok(Location::MongoDb {
                url: Secret::new(url),
                connections: self.max_connections,
            });
        }
        Err(DocumentError::Open(
            "documents are kept at addresses that begin with mongodb:, mongodb+srv: or sqlite:".to_owned(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_embedded_unless_an_address_is_given() {
        let mut settings = DocumentsSettings::default();
        let at = |settings: &DocumentsSettings| {
            settings.location(Domain::Patients, Path::new("data"), &PoolSettings::default())
        };
        assert!(
            matches!(at(&settings).unwrap(), Location::Embedded { url, .. } if url == "sqlite://data/patients.db")
        );
        settings.url = Secret::new("mongodb://h/cg_{domain}?replicaSet=rs0");
        let Location::MongoDb { url, .. } = at(&settings).unwrap() else {
            panic!("not MongoDB")
        };
        assert_eq!(url.reveal().unwrap(), "mongodb://h/cg_patients?replicaSet=rs0");
        settings.url = Secret::new("mongodb://h/shared");
        assert!(at(&settings).is_err());
        settings
            .domains
            .insert(Domain::Patients, Secret::new("mongodb://h/own"));
        assert!(at(&settings).is_ok());
        settings
            .domains
            .insert(Domain::Patients, Secret::new("postgres://h/own"));
        assert!(at(&settings).is_err());
    }
}
