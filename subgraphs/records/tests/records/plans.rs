//! What documents are asked for is found by the declared indexes, however many records there are. On SQLite, where that can be seen; the
//! other back end is asked by the same conditions and has the same indexes.

use crate::world::{LAN, World, doctor, id, lan};
use caregraph_kit::auth::Principal;
use caregraph_kit::testing::{Case, DocumentEngine, OnDocumentEngine, Plans};
use chrono::TimeDelta;
use serde_json::{Value, json};

const TIMELINE: &str = "query ($id: ID!, $filter: TimelineFilter, $after: String) {
    _entities(representations: [{ __typename: \"Patient\", id: $id }]) { ... on Patient {
        timeline(filter: $filter, first: 1, after: $after) { pageInfo { endCursor } nodes { __typename } } } } }";

const RECORD: &str = "query ($id: ID!) { medicalRecord(patientId: $id) {
    allergies { substance } conditions { code } medications { medication } latestVitals { note } encounters { status } } }";

const AS_OF: &str =
    "query ($id: ID!, $at: DateTime!) { recordAsOf(patientId: $id, at: $at) { allergies { substance } } }";

const HISTORY: &str = "query ($id: ID!) { recordHistory(id: $id) { nodes { number } } }";

/// By what staff find what they may see, and what there is.
const FOR_STAFF: &[&str] = &[
    "ix_consents__by_people",
    "ix_glass_breaks__by_people",
    "ix_entries__timeline",
];

/// Glass that somebody broke of one record and that is broken still: little.
const BROKEN: &str = "docs_glass_breaks";

/// Who may look is decided before anything else is read.
const LOOKING: Case = Case::of("looking").sorting(&[BROKEN]);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_read_by_indexes() {
    let world = World::on(DocumentEngine::Sqlite).await;
    for substance in ["Penicillin", "Latex", "Peanut"] {
        world.advance(TimeDelta::minutes(1));
        world.allergy(substance).await;
    }
    let plans = Plans::of_documents(&world.store).await;
    let cases: [(Principal, Value, &'static [&'static str]); 3] = [
        (doctor(), json!({}), FOR_STAFF),
        (lan(), json!({}), &["ix_entries__released"]),
        (
            doctor(),
            json!({ "kinds": ["ALLERGY"] }),
            &["ix_entries__by_kind"],
        ),
    ];
    for (who, filter, indexes) in cases {
        let mut after = Value::Null;
        for _ in 0..2 {
            let variables = json!({ "id": id(LAN), "filter": filter, "after": after });
            let page = plans
                .check(LOOKING.by(indexes), world.data(&who, TIMELINE, variables))
                .await;
            let page = &page["_entities"][0]["timeline"];
            assert_eq!(page["nodes"].as_array().unwrap().len(), 1, "{filter}");
            after = page["pageInfo"]["endCursor"].clone();
        }
    }
    let variables = json!({ "id": id(LAN) });
    plans
        .check(
            LOOKING.by(&["ix_entries__by_kind"]),
            world.data(&doctor(), RECORD, variables),
        )
        .await;
    let variables = json!({ "id": id(LAN), "at": world.now().to_rfc3339() });
    plans
        .check(
            LOOKING.by(&["ix_entry_versions__by_time"]),
            world.data(&doctor(), AS_OF, variables),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_are_written_and_followed_by_indexes() {
    let world = World::on(DocumentEngine::Sqlite).await;
    let plans = Plans::of_documents(&world.store).await;
    let allergy = plans.check(LOOKING, world.allergy("Penicillin")).await;
    let history = Case::of("an entry's history").by(&["ix_entry_versions__one_of_each"]);
    plans
        .check(
            // Versions are sorted by their numbers, of which none is there twice.
            history.sorting(&["docs_entry_versions", BROKEN]),
            world.data(&doctor(), HISTORY, json!({ "id": allergy["id"] })),
        )
        .await;
    plans
        .check(Case::of("a visit is checked in"), world.checked_in(7))
        .await;
}
