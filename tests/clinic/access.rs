//! Who may do what: every root field of the graph, tried by everybody, as a table to read.

mod administration;
mod charts;
mod identity;
mod notifications;
mod patients;
mod practitioners;
mod records;
mod records_seen;
mod roots;
mod row;
mod scheduling;
mod table;
mod world;

use roots::{Root, roots};
use row::Row;
use std::collections::BTreeSet;
use world::World;

fn rows() -> Vec<Row> {
    [
        identity::rows(),
        patients::rows(),
        practitioners::rows(),
        // Before visits are booked, because whoever is visited cares for the patient from then on.
        records_seen::rows(),
        records::rows(),
        administration::rows(),
        scheduling::rows(),
        notifications::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_root_field_is_in_the_table() {
    let tried: BTreeSet<Root> = rows().iter().map(|row| row.root).collect();
    let there = roots();
    let missing: Vec<_> = there.difference(&tried).collect();
    let gone: Vec<_> = tried.difference(&there).collect();
    assert!(missing.is_empty(), "no row of the access table tries {missing:?}");
    assert!(gone.is_empty(), "the graph has no {gone:?}");
}

/// The rule does not depend on the engine, so one is enough.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_may_do_what_the_table_says() {
    let world = World::new().await;
    let mut lines = Vec::new();
    for row in rows() {
        lines.push(row.try_by_everybody(&world).await);
    }
    insta::assert_snapshot!("access", table::render(lines));
}
