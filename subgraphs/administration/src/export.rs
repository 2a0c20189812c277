//! What administration answers when somebody takes their data along.

use caregraph_kit::portability::ExportList;

/// Who looked at the record or changed it, when and why.
pub(crate) const LISTS: &[ExportList] = &[ExportList {
    name: "accessLog",
    query: "query ($id: ID!, $after: String) { accessLog(patientId: $id, first: 100, after: $after) {
        nodes { id at action byName by { id } practitioner { id } roles basis outcome parts what reason brokenGlass }
        pageInfo { hasNextPage endCursor } } }",
    at: "/accessLog",
    of_account: false,
}];
