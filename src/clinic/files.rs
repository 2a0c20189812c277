//! Files of the domains that keep some, and the way to them.

use crate::settings::Settings;
use anyhow::{Context, Result};
use caregraph_contracts::Domain;
use caregraph_kit::files::{Blobs, Files};
use caregraph_kit::subgraph::DocumentGround;
use caregraph_router::FileRoute;
use std::sync::Arc;

/// The domain whose files are on the public port.
const KEEPER: Domain = Domain::Records;

/// Opens a domain's files: in the folder or bucket of the settings, or in the data folder.
pub fn open_files(settings: &Settings, ground: &DocumentGround) -> Result<Files> {
    let blobs = Blobs::open(&settings.files, &settings.data_dir.join("files"))
        .context("cannot open the place for files (files.url)")?;
    let domain = ground.documents.domain();
    Files::new(ground, blobs, &settings.files).with_context(|| format!("{domain} keeps no files"))
}

/// Where the router finds files: in this process, or in the one that hosts the domain that keeps them.
pub fn file_route(settings: &Settings, files: Option<&Files>) -> FileRoute {
    match (files, settings.subgraphs.get(KEEPER.as_str())) {
        (Some(files), _) => FileRoute::Here(Arc::new(files.clone())),
        (None, Some(base)) => FileRoute::Elsewhere(base.clone()),
        (None, None) => FileRoute::Nowhere,
    }
}
