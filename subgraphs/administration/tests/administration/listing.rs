//! Finding entries.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_contracts::access::AccessBasis;
use caregraph_contracts::events::PatientsEvent;
use caregraph_kit::on_every_engine;
use serde_json::{Value, json};

fn actions(log: &[Value]) -> Vec<&str> {
    log.iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect()
}

on_every_engine! {
    async fn two_thousand_entries_are_paged_without_gap_or_repeat(world: World) {
        for _ in 0..4 {
            world.hear_updates(500).await;
            world.next_day();
        }
        let query = "query($after: String) { auditLog(first: 97, after: $after) {
            nodes { day number } pageInfo { hasNextPage endCursor } } }";
        let (mut after, mut seen) = (Value::Null, Vec::new());
        loop {
            let answer = world.ask(&admin(), query, json!({ "after": after })).await;
            let page = &answer["data"]["auditLog"];
            seen.extend(page["nodes"].as_array().unwrap().iter().map(|node| {
                (node["day"].as_str().unwrap().to_owned(), node["number"].as_i64().unwrap())
            }));
            // What comes meanwhile does not move the pages.
            world.hear_updates(1).await;
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(seen.len(), 2_000);
        let mut sorted = seen.clone();
        sorted.sort_unstable();
        sorted.dedup();
        sorted.reverse();
        assert_eq!(seen, sorted);
    }

    async fn the_log_can_be_narrowed(world: World) {
        let (doctor, nurse) = (actor(user(901), Role::Doctor), actor(user(903), Role::Nurse));
        world.hear(&accessed(patient(1), user(901), AccessBasis::Care, None), Some(&doctor)).await;
        world.hear(&accessed(patient(2), user(901), AccessBasis::BrokenGlass, Some("unconscious")), Some(&doctor)).await;
        world.next_day();
        world.hear(&accessed(patient(2), user(903), AccessBasis::Nothing, None), Some(&nurse)).await;
        world.hear(&updated(patient(1)), Some(&nurse)).await;
        for (filter, expected) in [
            (json!({}), 4),
            (json!({ "actor": user(901).to_string() }), 2),
            (json!({ "actor": "nobody" }), 0),
            (json!({ "patient": patient(1).to_string() }), 2),
            (json!({ "action": "RecordAccessed" }), 3),
            (json!({ "action": "recordaccessed" }), 0),
            (json!({ "domain": "PATIENTS" }), 1),
            (json!({ "outcome": "DENIED" }), 1),
            (json!({ "breakGlassOnly": true }), 1),
            (json!({ "from": "2026-03-03T00:00:00Z" }), 2),
            (json!({ "to": "2026-03-03T00:00:00Z" }), 2),
            (json!({ "from": "2026-03-02T08:00:00Z", "to": "2026-03-02T08:00:00.000001Z" }), 2),
            (json!({ "patient": patient(2).to_string(), "actor": user(901).to_string(), "domain": "RECORDS" }), 1),
            (json!({ "patient": patient(2).to_string(), "outcome": "DENIED", "breakGlassOnly": true }), 0),
        ] {
            assert_eq!(world.log(filter.clone()).await.len(), expected, "{filter}");
        }
    }

    async fn absurd_filters_and_cursors_are_refused(world: World) {
        world.hear_updates(1).await;
        let query = "query($filter: AuditLogFilter, $first: Int, $after: String) {
            auditLog(filter: $filter, first: $first, after: $after) { nodes { id } } }";
        for variables in [
            json!({ "filter": { "action": "a\u{0}b" } }),
            json!({ "filter": { "action": "x".repeat(1_000_000) } }),
            json!({ "filter": { "action": "' OR 1=1 --" } }),
            json!({ "first": 0 }),
            json!({ "first": 101 }),
            json!({ "after": "nonsense" }),
        ] {
            let answer = world.ask(&admin(), query, variables).await;
            assert_eq!(code(&answer), "BAD_USER_INPUT");
        }
        let far = json!({ "filter": { "from": "9999-12-31T23:59:59Z", "to": "9999-12-31T23:59:59Z" } });
        let answer = world.ask(&admin(), query, far).await;
        assert_eq!(answer["data"]["auditLog"]["nodes"], json!([]));
    }

    async fn what_concerns_a_merged_record_is_found_under_the_surviving_one(world: World) {
        world.hear_updates(3).await;
        world.hear(&PatientsEvent::PatientsMerged { surviving: patient(2), merged: patient(1) }, None).await;
        world.hear(&PatientsEvent::PatientsMerged { surviving: patient(3), merged: patient(2) }, None).await;
        let of = |n| json!({ "patient": patient(n).to_string() });
        assert_eq!(actions(&world.log(of(1)).await), ["PatientUpdated"]);
        assert_eq!(world.log(of(2)).await.len(), 3);
        assert_eq!(world.log(of(3)).await.len(), 5);
        world.hear(&PatientsEvent::PatientsUnmerged { surviving: patient(3), merged: patient(2) }, None).await;
        assert_eq!(world.log(of(3)).await.len(), 3);
        // Circles cannot be; one must not keep anybody waiting.
        world.hear(&PatientsEvent::PatientsMerged { surviving: patient(1), merged: patient(2) }, None).await;
        assert_eq!(world.log(of(1)).await.len(), world.log(of(2)).await.len());
    }
}
