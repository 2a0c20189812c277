//! What is sealed in this domain's documents, for renewing it under another key.

use caregraph_kit::documents::SealedPath;

/// Fields with sealed values.
pub const SEALS: &[SealedPath] = &[
    SealedPath {
        collection: "contacts",
        field: "details",
    },
    SealedPath {
        collection: "wards",
        field: "name",
    },
    SealedPath {
        collection: "visits",
        field: "facts",
    },
    SealedPath {
        collection: "notifications",
        field: "facts",
    },
    SealedPath {
        collection: "notifications",
        field: "rendered",
    },
    SealedPath {
        collection: "notifications",
        field: "error",
    },
];
