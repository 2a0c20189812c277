//! What the store is asked is found by indexes, however long the trail is.

use crate::world::{World, accessed, actor, admin, patient, person, updated, user};
use caregraph_administration::access_log::AccessLogService;
use caregraph_administration::entry::Outcome;
use caregraph_administration::trail::{LogFilter, Place, TrailService};
use caregraph_contracts::access::AccessBasis;
use caregraph_contracts::{Domain, Role};
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{Case, Plans};
use chrono::TimeDelta;

/// Records that were merged into one are few.
const MERGED: &[&str] = &["known_patients"];

fn page(after: Option<Place>) -> PageArgs<Place> {
    PageArgs { first: 20, after }
}

on_every_engine! {
    async fn recording(world: World) {
        let plans = Plans::of(&world.ground().database);
        let by = actor(user(1), Role::Patient);
        world.hear(&updated(patient(1)), Some(&by)).await;
        plans
            .check(
                // The newest day stands at the end of both indexes.
                Case::of("another entry").walking(&["audit_entries", "audit_heads"]),
                world.hear(&updated(patient(1)), Some(&by)),
            )
            .await;
    }

    async fn reading(world: World) {
        world.hear(&updated(patient(1)), Some(&actor(user(1), Role::Patient))).await;
        let look = accessed(patient(1), user(901), AccessBasis::BrokenGlass, Some("unconscious"));
        world.hear(&look, Some(&actor(user(901), Role::Doctor))).await;
        let plans = Plans::of(&world.ground().database);
        let trail = TrailService::new(world.ground().clone());
        let everything = LogFilter::default();
        let found = plans
            .check(
                Case::of("the trail").walking(&["audit_entries"]),
                trail.log(&admin(), everything.clone(), &page(None)),
            )
            .await
            .unwrap();
        plans
            .check(
                Case::of("a page further on"),
                trail.log(&admin(), everything.clone(), &page(Some(found[0].0))),
            )
            .await
            .unwrap();
        let since = Some(world.now() - TimeDelta::days(1));
        for (case, filter) in [
            (
                Case::of("who").by(&["audit_entries_by_actor"]),
                LogFilter { actor: Some(user(901)), ..everything.clone() },
            ),
            (
                Case::of("whose").by(&["audit_entries_by_patient"]),
                LogFilter { patient: Some(patient(1)), ..everything.clone() },
            ),
            (
                Case::of("what").by(&["audit_entries_by_action"]),
                LogFilter { action: Some("RecordAccessed".into()), ..everything.clone() },
            ),
            (
                Case::of("where").by(&["audit_entries_by_domain"]),
                LogFilter { domain: Some(Domain::Records), from: since, ..everything.clone() },
            ),
            (
                Case::of("what came of it").by(&["audit_entries_by_outcome"]),
                LogFilter { outcome: Some(Outcome::Granted), ..everything.clone() },
            ),
            (
                Case::of("broken glass").by(&["audit_entries_by_purpose"]),
                LogFilter { break_glass_only: true, ..everything.clone() },
            ),
            (Case::of("since when"), LogFilter { from: since, ..everything.clone() }),
        ] {
            let found = plans
                .check(case.sorting(MERGED), trail.log(&admin(), filter, &page(None)))
                .await
                .unwrap();
            assert!(!found.is_empty(), "{case:?}");
        }
    }

    async fn who_looked(world: World) {
        world.hear(&updated(patient(1)), Some(&actor(user(1), Role::Patient))).await;
        let plans = Plans::of(&world.ground().database);
        let log = AccessLogService::new(world.ground().clone());
        let case = Case::of("one's access log")
            .by(&["audit_entries_by_patient", "known_patients_by_survivor"])
            .sorting(MERGED);
        let found = plans
            .check(case, log.of_patient(&person(1), patient(1), &page(None)))
            .await
            .unwrap()
            .unwrap();
        let behind = page(Some(found[0].0));
        plans.check(case, log.of_patient(&person(1), patient(1), &behind)).await.unwrap();
    }
}
