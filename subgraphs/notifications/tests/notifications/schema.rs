//! The subgraph's part of the graph.

#[test]
fn the_schema_is_as_agreed() {
    let sdl = caregraph_notifications::sdl();
    for line in [
        "notifications(",
        "unreadCount: Int!",
        "notificationPreferences: NotificationPreferences!",
        "notificationTemplates(",
        "notificationLog(",
        "markNotificationRead(",
        "markAllRead: MarkAllReadPayload!",
        "updateNotificationPreferences(",
        "registerPushToken(",
        "saveNotificationTemplate(",
        "previewNotification(",
        "retryNotification(",
        "sendNotification(",
        "notificationReceived(",
    ] {
        assert!(sdl.contains(line), "{line} is missing in\n{sdl}");
    }
}
