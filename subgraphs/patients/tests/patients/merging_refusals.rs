//! Who may put records together, what stops them, and what happens when several do it at once.

use crate::merging::{MERGE, UNDO, child_of, conflict, leads, merge, onto, pairs, three};
use crate::world::*;
use caregraph_contracts::Role;
use caregraph_contracts::ids::{MergeId, PatientId};
use caregraph_kit::auth::Principal;
use caregraph_kit::change::Change;
use caregraph_kit::failure::Failure;
use caregraph_kit::on_every_engine;
use caregraph_patients::merging::{MergePatients, UndoMerge};
use caregraph_patients::patient::{ProfileChanges, UpdatePatient};
use serde_json::json;

on_every_engine! {
    async fn no_record_is_merged_twice_and_none_into_itself(world: World) {
        let [a, b, c] = three(&world).await;
        assert!(conflict(world.merges.merge(&nurse(), onto(a, a)).await).contains("Invalid"));
        merge(&world, a, b).await;
        for (surviving, merged) in [(c, b), (a, b), (b, a), (b, b)] {
            let why = conflict(world.merges.merge(&nurse(), onto(surviving, merged)).await);
            assert!(why.contains("Conflict") || why.contains("Invalid"), "{why}");
        }
        // Naming the duplicate as the one that stays means the record that stands for the person.
        assert_eq!(merge(&world, b, c).await.surviving, a);
        assert_eq!(pairs(&world).await, [("merged", a, b), ("merged", a, c)]);
    }

    async fn at_once_two_merges_make_no_circle(world: World) {
        let [a, b, c] = three(&world).await;
        let go = |(surviving, merged)| {
            let world = &world;
            async move { world.merges.merge(&nurse(), onto(surviving, merged)).await }
        };
        let outcomes = futures::future::join_all([(a, b), (b, a), (b, c), (c, a), (c, b), (a, c)].map(go)).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2, "three records are one after two: {outcomes:?}");
        let root = leads(&world, &nurse(), a).await.unwrap();
        for id in [a, b, c] {
            assert_eq!(leads(&world, &nurse(), id).await, Some(root));
        }
        let merges: Vec<MergeId> = outcomes.into_iter().filter_map(Result::ok).map(|merge| merge.id).collect();
        let again = |merge| {
            let world = &world;
            async move { world.merges.undo(&nurse(), UndoMerge { merge, reason: "x".into() }).await }
        };
        let undone = futures::future::join_all([merges[0], merges[0], merges[1], merges[1]].map(again)).await;
        assert_eq!(undone.iter().filter(|outcome| outcome.is_ok()).count(), 2, "{undone:?}");
        for id in [a, b, c] {
            assert_eq!(leads(&world, &nurse(), id).await, Some(id));
        }
        let pairs = pairs(&world).await;
        let count = |word| pairs.iter().filter(|(what, ..)| *what == word).count();
        assert_eq!(count("merged"), count("parted"));
    }

    async fn what_speaks_against_it_must_be_checked(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        world.account(user(2), &[Role::Patient], "An", "Nguyễn").await;
        let child = child_of(&world, 1).await;
        let born = ProfileChanges { date_of_birth: Change::Set(day(2020, 1, 1)), ..Default::default() };
        let (one, two) = (PatientId::of_user(user(1)), PatientId::of_user(user(2)));
        world.patients.update(&nurse(), UpdatePatient { patient: child.id, version: None, profile: born.clone() }).await.unwrap();
        let born = ProfileChanges { date_of_birth: Change::Set(day(1990, 1, 1)), ..born };
        world.patients.update(&nurse(), UpdatePatient { patient: one, version: None, profile: born }).await.unwrap();
        let attempt = |surviving: PatientId, merged: PatientId, checked: serde_json::Value| {
            let world = &world;
            async move {
                let input = json!({ "survivingId": surviving.to_string(), "mergedId": merged.to_string(), "reason": "x", "checked": checked });
                world.ask(&nurse(), MERGE, json!({ "input": input })).await["data"]["mergePatients"]["errors"].clone()
            }
        };
        let unchecked = |concerns: serde_json::Value| json!([{ "__typename": "MergeNeedsChecking", "path": ["input", "checked"], "concerns": concerns }]);
        assert_eq!(attempt(one, two, json!([])).await, unchecked(json!(["BOTH_HAVE_ACCOUNTS"])));
        assert_eq!(attempt(child.id, one, json!([])).await, unchecked(json!(["ONE_ACTS_FOR_THE_OTHER", "DIFFERENT_DATES_OF_BIRTH"])));
        assert_eq!(attempt(child.id, one, json!(["ONE_ACTS_FOR_THE_OTHER"])).await, unchecked(json!(["DIFFERENT_DATES_OF_BIRTH"])));
        assert_eq!(pairs(&world).await, []);
        assert_eq!(attempt(one, two, json!(["BOTH_HAVE_ACCOUNTS", "ONE_HAS_DIED"])).await, json!([]));
        let refused = world.merges.merge(&nurse(), MergePatients { checked: [].into(), ..onto(child.id, two) }).await;
        assert!(conflict(refused).contains("already"));
    }

    async fn it_is_the_front_desks_task(world: World) {
        let [a, b, c] = three(&world).await;
        let done = merge(&world, a, b).await;
        for who in [person(1), doctor(), admin()] {
            assert!(matches!(world.merges.merge(&who, onto(a, c)).await, Err(Failure::Denied(_))));
            assert!(matches!(world.merges.undo(&who, UndoMerge { merge: done.id, reason: "x".into() }).await, Err(Failure::Denied(_))));
        }
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        let merges = "{ myPatients { merges { nodes { id } } } }";
        let own = world.ask(&person(1), merges, json!({})).await;
        assert_eq!(own["data"]["myPatients"], json!([{ "merges": null }]));
        let candidates = "{ duplicateCandidates { nodes { score } } }";
        for (who, wanted) in [(Principal::anonymous(), "UNAUTHENTICATED"), (person(1), "FORBIDDEN"), (doctor(), "FORBIDDEN"), (admin(), "FORBIDDEN")] {
            assert_eq!(code(&world.ask(&who, candidates, json!({})).await), wanted);
        }
    }

    async fn hostile_input_merges_nothing(world: World) {
        let [a, b, _] = three(&world).await;
        let huge = "x".repeat(1_000_000);
        for (surviving, merged, reason, place) in [
            ("nobody", b.to_string().as_str(), "x", "survivingId"),
            (a.to_string().as_str(), "' OR 1=1", "x", "mergedId"),
            (a.to_string().as_str(), user(77).to_string().as_str(), "x", "mergedId"),
            (a.to_string().as_str(), b.to_string().as_str(), " \u{0}\n", "reason"),
            (a.to_string().as_str(), b.to_string().as_str(), huge.as_str(), "reason"),
        ] {
            let input = json!({ "survivingId": surviving, "mergedId": merged, "reason": reason });
            let answer = world.ask(&nurse(), MERGE, json!({ "input": input })).await;
            assert_eq!(answer["data"]["mergePatients"]["errors"][0]["path"], json!(["input", place]), "{place}");
        }
        for id in ["", "42", &user(5).to_string()] {
            let answer = world.ask(&nurse(), UNDO, json!({ "input": { "mergeId": id, "reason": "x" } })).await;
            assert_eq!(answer["data"]["undoMerge"]["errors"], json!([{ "__typename": "NotFound", "path": ["input", "mergeId"] }]));
        }
        assert_eq!(pairs(&world).await, []);
    }

    async fn one_person_has_at_most_twenty_records(world: World) {
        let root = world.walk_in(named("A", "Nguyễn")).await.id;
        for _ in 1..20 {
            let other = world.walk_in(named("A", "Nguyễn")).await.id;
            merge(&world, root, other).await;
        }
        let more = world.walk_in(named("A", "Nguyễn")).await.id;
        assert!(conflict(world.merges.merge(&nurse(), onto(root, more)).await).contains("20 records"));
        assert!(conflict(world.merges.merge(&nurse(), onto(more, root)).await).contains("20 records"));
    }
}
