//! What documents and jobs are asked for is found by the declared indexes. On SQLite, where that can be seen.

use crate::things::{Thing, World, id, thing};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_kit::Fault;
use caregraph_kit::documents::{Commit, Direction, Document, Filter, Query};
use caregraph_kit::jobs::{Job, JobSettings, JobWorker, Jobs, Next, run};
use caregraph_kit::testing::{Case, DocumentEngine, OnDocumentEngine, Plans, TestDocuments};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Does nothing, as there is nothing to do.
struct Idle;

#[async_trait]
impl JobWorker for Idle {
    fn kind(&self) -> &'static str {
        "IDLE"
    }

    async fn work(&self, _: &Job) -> Result<Next, Fault> {
        Ok(Next::Done(Commit::new()))
    }
}

#[tokio::test]
async fn jobs_that_are_due_are_found_by_an_index() {
    let store = TestDocuments::new(DocumentEngine::Sqlite, Domain::Scheduling);
    let documents = store.open(vec![Job::declaration()]).await;
    let jobs = Jobs::new(&documents).unwrap();
    let plans = Plans::of_documents(&store).await;
    let clock = store.foundation().clock.clone();
    let runner = run(
        documents,
        jobs.clone(),
        clock.clone(),
        JobSettings::default(),
        vec![Arc::new(Idle)],
    );
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        stopping.cancel();
    });
    plans
        .check(
            Case::of("jobs that are due").by(&["ix_jobs__by_kind"]),
            runner(stop),
        )
        .await;
    plans
        .check(
            // Counted for metrics: all that wait are gone through.
            Case::of("the backlog")
                .by(&["ix_jobs__by_due"])
                .walking(&["docs_jobs"]),
            jobs.backlog(clock.now()),
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn lists_walk_declared_indexes_from_where_they_begin() {
    let world = World::on(DocumentEngine::Sqlite).await;
    for (number, name) in [(1_i64, "one"), (2, "two"), (3, "three")] {
        let ranked = Thing {
            rank: Some(number),
            ..thing(name)
        };
        let id = id(u128::try_from(number).unwrap());
        world.things.insert(id, &ranked).await.unwrap();
    }
    let plans = Plans::of_documents(&world.store).await;
    let ranked = Query::of(Filter::at_least("rank", 1_i64))
        .sorted_by("rank", Direction::Descending)
        .limit(1);
    let case = Case::of("things by rank");
    let found = plans.check(case, world.things.find(&ranked)).await.unwrap();
    let behind = ranked.after(found.into_iter().next().map(|(key, _)| key));
    let found = plans.check(case, world.things.find(&behind)).await.unwrap();
    assert_eq!(found[0].1.value.name, "two");
}
