//! What is sealed in this domain's documents, for renewing it under another key.

use caregraph_kit::documents::SealedPath;
use caregraph_kit::files::FILE_SEALS;

/// Fields with sealed values.
pub const SEALS: &[SealedPath] = &[
    FILE_SEALS[0],
    FILE_SEALS[1],
    FILE_SEALS[2],
    SealedPath {
        collection: "entries",
        field: "content",
    },
    SealedPath {
        collection: "entry_versions",
        field: "content",
    },
    SealedPath {
        collection: "entry_versions",
        field: "reason",
    },
    SealedPath {
        collection: "export_parts",
        field: "rows",
    },
    SealedPath {
        collection: "glass_breaks",
        field: "reason",
    },
];
