//! What identity answers when somebody takes their data along.

use caregraph_kit::portability::ExportList;

/// The account, where it is used, and what happened to it.
pub(crate) const LISTS: &[ExportList] = &[
    ExportList {
        name: "account",
        query: "{ me { id username email emailVerified firstName lastName displayName phone locale timeZone avatarUrl
            addresses { label street ward district city postalCode country }
            roles status dateJoined lastLogin totpEnabled } }",
        at: "/me",
        of_account: true,
    },
    ExportList {
        name: "devices",
        query: "{ sessions { id device address createdAt lastUsedAt expiresAt } }",
        at: "/sessions",
        of_account: true,
    },
    ExportList {
        name: "accountActivity",
        query: "query ($after: String) { me { activity(first: 100, after: $after) {
            nodes { id at kind device address } pageInfo { hasNextPage endCursor } } } }",
        at: "/me/activity",
        of_account: true,
    },
];
