//! What patients answers when somebody takes their data along.

use caregraph_kit::portability::ExportList;

/// The profile, and to whom it is open.
pub(crate) const LISTS: &[ExportList] = &[
    ExportList {
        name: "profile",
        query: "query ($id: ID!) { patient(id: $id) { id medicalRecordNumber givenName familyName displayName dateOfBirth
            sexAtBirth gender bloodType phone nationalId occupation preferredLanguage deceased deceasedOn dependant
            addresses { kind street district city region postalCode country }
            emergencyContacts { name relationship phone }
            insurance { insurer memberNumber plan validUntil }
            guardians { user { id } relationship since }
            careTeam { practitioner { id } role source since until }
            registeredAt updatedAt } }",
        at: "/patient",
        of_account: false,
    },
    ExportList {
        name: "consents",
        query: "query ($id: ID!, $after: String) { patient(id: $id) { consents(first: 100, after: $after) {
            nodes { id grantee { id } parts since until active purpose signedForm grantedBy { id }
                revocation { at by { id } reason signedForm } }
            pageInfo { hasNextPage endCursor } } } }",
        at: "/patient/consents",
        of_account: false,
    },
    ExportList {
        name: "erasures",
        query: "query ($id: ID!) { patient(id: $id) { erasures { id requestedBy { id } signedForm requestedAt dueAt status
            goes { category count } stays { category count basis until } carriedOutAt reviewOn } } }",
        at: "/patient/erasures",
        of_account: false,
    },
];
