//! The audit trail, read page by page.

use crate::harness::Graph;
use serde_json::{Value, json};

/// What patients read about themselves.
const ACCESS_LOG: &str =
    "query ($id: ID!, $after: String) { log: accessLog(patientId: $id, first: 100, after: $after) {
    nodes { id at action byName outcome basis brokenGlass reason what parts roles practitioner { id displayName } }
    pageInfo { hasNextPage endCursor } } }";

/// What auditors read.
const AUDIT_LOG: &str = "query ($filter: AuditLogFilter, $after: String) { log: auditLog(filter: $filter, first: 100, after: $after) {
    nodes { id action outcome purpose reason requestId subjectId by { id } byName patient { id } patientId roles }
    pageInfo { hasNextPage endCursor } } }";

const HEAD: &str = "{ auditHead { day count lastHash previousDay previousHash signature } }";

const VERIFY: &str = "query ($known: AuditHeadInput) { verifyAudit(known: $known) { intact entries findings { kind message } } }";

/// Who looked at a patient's record, the newest first; null when that is nothing for whoever asks.
pub async fn access_log(graph: &Graph, patient: &str) -> Option<Vec<Value>> {
    pages(graph, ACCESS_LOG, json!({ "id": patient })).await
}

/// The part of the trail that a filter means, the newest first.
pub async fn audit_log(graph: &Graph, filter: Value) -> Vec<Value> {
    pages(graph, AUDIT_LOG, json!({ "filter": filter }))
        .await
        .unwrap()
}

async fn pages(graph: &Graph, document: &str, mut variables: Value) -> Option<Vec<Value>> {
    let mut nodes = Vec::new();
    loop {
        let mut page = graph.data(document, variables.clone()).await["log"].take();
        let Value::Array(more) = page.get_mut("nodes")?.take() else {
            panic!("no list: {page}")
        };
        nodes.extend(more);
        if page["pageInfo"]["hasNextPage"] == false {
            return Some(nodes);
        }
        variables["after"] = page["pageInfo"]["endCursor"].take();
    }
}

/// The newest head, as somebody keeps it elsewhere.
pub async fn head(admin: &Graph) -> Value {
    admin.data(HEAD, Value::Null).await["auditHead"].take()
}

/// Checks the whole trail, and that it still holds what a head that was kept elsewhere says; gives the number of entries.
pub async fn verified(admin: &Graph, known: &Value) -> i64 {
    let verdict = admin.data(VERIFY, json!({ "known": known })).await["verifyAudit"].take();
    assert_eq!(verdict["findings"], json!([]), "{verdict}");
    assert_eq!(verdict["intact"], true, "{verdict}");
    verdict["entries"].as_i64().unwrap()
}
