//! What documents are asked for is found by the declared indexes, however many messages there are. On SQLite, where that can be seen; the
//! other back end is asked by the same conditions and has the same indexes.

use crate::world::{LAN, World, admin, booked, lan, visit};
use caregraph_kit::auth::Principal;
use caregraph_kit::testing::{Case, DocumentEngine, OnDocumentEngine, Plans, eventually};
use chrono::TimeDelta;
use serde_json::{Value, json};

const INBOX: &str = "query ($filter: NotificationFilter, $after: String) {
    page: notifications(first: 1, filter: $filter, after: $after) { pageInfo { endCursor } nodes { subject } } }";

const LOG: &str = "query ($filter: NotificationLogFilter, $after: String) {
    page: notificationLog(first: 1, filter: $filter, after: $after) { pageInfo { endCursor } nodes { status } } }";

/// The first page of a list, and the one behind it.
async fn pages(
    (world, plans): (&World, &Plans),
    (first, behind): (Case, Case),
    (who, query, filter): (Principal, &str, Value),
) {
    let mut after = Value::Null;
    for case in [first, behind] {
        let variables = json!({ "filter": filter, "after": after });
        let page = plans.check(case, world.data(&who, query, variables)).await;
        after = page["page"]["pageInfo"]["endCursor"].clone();
        assert!(after.is_string(), "nothing is on the page: {page}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_found_by_indexes() {
    let world = World::on(DocumentEngine::Sqlite).await;
    let start = world.now() + TimeDelta::days(3);
    world.hear(&booked(&visit(7, LAN, start))).await;
    eventually("the booking is told", async || {
        (world.inbox(&lan()).await.len() == 2).then_some(())
    })
    .await;
    let plans = Plans::of_documents(&world.store).await;
    let here = (&world, &plans);
    let inbox = Case::of("one's inbox").by(&["ix_notifications__arrived"]);
    pages(here, (inbox, inbox), (lan(), INBOX, json!({}))).await;
    let unread = inbox.by(&["ix_notifications__unread"]);
    pages(here, (unread, unread), (lan(), INBOX, json!({ "unread": true }))).await;
    plans
        .check(unread, world.data(&lan(), "{ unreadCount }", json!({})))
        .await;
    let all = Case::of("all messages").by(&["ix_notifications__log"]);
    let first = all.walking(&["docs_notifications"]);
    pages(here, (first, all), (admin(), LOG, json!({}))).await;
    let delivered = Case::of("messages in a state").by(&["ix_notifications__log_by_status"]);
    pages(
        here,
        (delivered, delivered),
        (admin(), LOG, json!({ "status": "DELIVERED" })),
    )
    .await;
}
