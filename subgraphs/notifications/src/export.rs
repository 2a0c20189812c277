//! What notifications answers when somebody takes their data along.

use caregraph_kit::portability::ExportList;

macro_rules! messages {
    ($name:literal, $channel:literal) => {
        ExportList {
            name: $name,
            query: concat!(
                "query ($after: String) { notifications(filter: { channel: ",
                $channel,
                " }, first: 100, after: $after) {
                    nodes { id type channel status subject body createdAt sentAt readAt }
                    pageInfo { hasNextPage endCursor } } }"
            ),
            at: "/notifications",
            of_account: true,
        }
    };
}

/// Messages by every way, and how the person wants to be told.
pub(crate) const LISTS: &[ExportList] = &[
    messages!("messagesInApp", "IN_APP"),
    messages!("messagesByEmail", "EMAIL"),
    messages!("messagesBySms", "SMS"),
    messages!("messagesByPush", "PUSH"),
    ExportList {
        name: "messagePreferences",
        query: "{ notificationPreferences { language quietHours { from to } types { type channels chosen mandatory } } }",
        at: "/notificationPreferences",
        of_account: true,
    },
];
