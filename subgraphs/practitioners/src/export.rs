//! What practitioners answers when somebody takes their data along.

use caregraph_kit::portability::ExportList;

/// Nothing is kept here about patients. The directory says who the practitioners are that the other lists name by their ids.
pub(crate) const LISTS: &[ExportList] = &[
    ExportList {
        name: "practitioners",
        query: "query ($after: String) { practitioners(first: 100, after: $after) {
            nodes { id nameWithTitle profession specialties { code nameEn nameVi } }
            pageInfo { hasNextPage endCursor } } }",
        at: "/practitioners",
        of_account: false,
    },
    ExportList {
        name: "locations",
        query: "{ locations { id name addressLines city country timeZone } }",
        at: "/locations",
        of_account: false,
    },
];
