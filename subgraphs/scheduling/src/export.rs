//! What scheduling answers when somebody takes their data along.

use caregraph_kit::portability::ExportList;

/// Visits, with everything that happened to them.
pub(crate) const LISTS: &[ExportList] = &[ExportList {
    name: "appointments",
    query: "query ($id: ID!, $after: String) { appointments(filter: { patientId: $id }, first: 100, after: $after) {
        nodes { id status start end timeZone service { id code name } practitioner { id } location { id }
            reason noteForDoctor bookedAt bookedBy { id }
            history { revision kind changedAt changedBy { id } status previousStatus start end previousStart previousEnd
                practitioner { id } previousPractitioner { id } reason previousNoteForDoctor } }
        pageInfo { hasNextPage endCursor } } }",
    at: "/appointments",
    of_account: false,
}];
