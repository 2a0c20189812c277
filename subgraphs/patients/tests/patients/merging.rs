//! Records put together and parted again.

use crate::world::*;
use caregraph_contracts::events::PatientsEvent;
use caregraph_contracts::ids::{MergeId, PatientId, UserId};
use caregraph_contracts::{RecordPart, Role};
use caregraph_kit::auth::Principal;
use caregraph_kit::change::Change;
use caregraph_kit::failure::Failure;
use caregraph_kit::on_every_engine;
use caregraph_patients::care::{AssignCareTeam, CareTeamRole, TeamMember};
use caregraph_patients::consent::GrantConsent;
use caregraph_patients::merging::{Merge, MergeConcern, MergePatients, UndoMerge};
use caregraph_patients::patient::{
    AddDependant, GuardianDraft, GuardianRelationship, LinkGuardian, Patient, ProfileChanges,
    RegisterPatient, UnlinkGuardian, UpdatePatient,
};
use serde_json::json;

pub const MERGE: &str = "mutation($input: MergePatientsInput!) { mergePatients(input: $input) {
    merge { id reason concerns patient { id } surviving { id } merged { id displayName hasAccount } undone { reason } }
    errors { __typename ... on UserError { path } ... on MergeNeedsChecking { concerns } } } }";
pub const UNDO: &str = "mutation($input: UndoMergeInput!) { undoMerge(input: $input) {
    merge { undone { by { id } reason } patient { id } } errors { __typename ... on UserError { path } } } }";

pub fn onto(surviving: PatientId, merged: PatientId) -> MergePatients {
    MergePatients {
        surviving,
        merged,
        reason: "Registered twice".into(),
        checked: [MergeConcern::BothHaveAccounts].into(),
    }
}

pub async fn merge(world: &World, surviving: PatientId, merged: PatientId) -> Merge {
    world
        .merges
        .merge(&nurse(), onto(surviving, merged))
        .await
        .unwrap()
}

async fn undo(world: &World, merge: MergeId) -> Merge {
    let reason = "Two people after all".into();
    world
        .merges
        .undo(&nurse(), UndoMerge { merge, reason })
        .await
        .unwrap()
}

/// The record that an id leads to, for somebody.
pub async fn leads(world: &World, who: &Principal, id: PatientId) -> Option<PatientId> {
    world
        .patients
        .get(who, id)
        .await
        .unwrap()
        .map(|patient| patient.id)
}

/// Walk-ins A, B and C.
pub async fn three(world: &World) -> [PatientId; 3] {
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        ids.push(world.walk_in(named(name, "Nguyễn")).await.id);
    }
    ids.try_into().unwrap()
}

/// What was told of records that joined and left others.
pub async fn pairs(world: &World) -> Vec<(&'static str, PatientId, PatientId)> {
    let all = world.told().await.into_iter();
    all.filter_map(|event| match event {
        PatientsEvent::PatientsMerged { surviving, merged } => Some(("merged", surviving, merged)),
        PatientsEvent::PatientsUnmerged { surviving, merged } => Some(("parted", surviving, merged)),
        _ => None,
    })
    .collect()
}

/// Who was told last to act for a record: its own account and the others.
async fn acting(world: &World, id: PatientId) -> (Option<UserId>, Vec<UserId>) {
    let mut last = None;
    for event in world.told().await {
        if let PatientsEvent::PatientRegistered { patient } | PatientsEvent::PatientUpdated { patient } =
            event
            && patient.patient_id == id
        {
            last = Some((patient.user_id, patient.guardians));
        }
    }
    last.unwrap()
}

pub async fn child_of(world: &World, parent: u128) -> Patient {
    let command = AddDependant {
        relationship: GuardianRelationship::Parent,
        profile: named("Bé", "Nguyễn"),
    };
    world
        .patients
        .add_dependant(&person(parent), command)
        .await
        .unwrap()
}

pub fn conflict<T: std::fmt::Debug, R: std::fmt::Debug>(outcome: Result<T, Failure<R>>) -> String {
    match outcome {
        Err(Failure::Refused(why)) => format!("{why:?}"),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

on_every_engine! {
    /// What stands on an old wristband finds the person, not nobody.
    async fn the_old_number_finds_the_record_that_stays(world: World) {
        let find = async |search: &str| {
            let query = "query($search: String!) { patients(search: $search) { nodes { givenName medicalRecordNumber } } }";
            world.ask(&nurse(), query, json!({ "search": search })).await["data"]["patients"]["nodes"].take()
        };
        let [a, b, _] = three(&world).await;
        let old = find("b").await[0]["medicalRecordNumber"].take();
        let old = old.as_str().unwrap();
        assert_eq!(find(old).await[0]["givenName"], "B");
        let merge = merge(&world, a, b).await;
        let found = find(old).await;
        assert_eq!((&found[0]["givenName"], found.as_array().unwrap().len()), (&json!("A"), 1), "{found}");
        undo(&world, merge.id).await;
        assert_eq!(find(old).await[0]["givenName"], "B");
    }

    async fn both_ids_lead_to_the_record_that_stays(world: World) {
        let [a, b, _] = three(&world).await;
        let input = json!({ "survivingId": a.to_string(), "mergedId": b.to_string(), "reason": " Registered twice " });
        let answer = world.ask(&nurse(), MERGE, json!({ "input": input })).await;
        let merge = &answer["data"]["mergePatients"]["merge"];
        assert_eq!((&merge["reason"], &merge["patient"]["id"]), (&json!("Registered twice"), &json!(a.to_string())), "{answer}");
        assert_eq!(merge["merged"], json!({ "id": b.to_string(), "displayName": "Nguyễn B", "hasAccount": false }));
        let entity = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Patient { id givenName } } }";
        let both = json!({ "r": [{ "__typename": "Patient", "id": a.to_string() }, { "__typename": "Patient", "id": b.to_string() }] });
        let shown = world.ask(&nurse(), entity, both).await;
        let surviving = json!({ "id": a.to_string(), "givenName": "A" });
        assert_eq!(shown["data"]["_entities"], json!([surviving, surviving]));
        let list = world.ask(&nurse(), "{ patients { edges { node { givenName } } } }", json!({})).await.to_string();
        assert!(list.contains("\"A\"") && list.contains("\"C\"") && !list.contains("\"B\""), "{list}");
        let merges = "query($id: ID!) { patient(id: $id) { merges { nodes { id mergedBy { id } surviving { id } } } } }";
        let shown = world.ask(&nurse(), merges, json!({ "id": b.to_string() })).await;
        let shown = &shown["data"]["patient"]["merges"]["nodes"];
        assert_eq!((&shown[0]["id"], &shown[0]["mergedBy"]["id"]), (&merge["id"], &json!(user(900).to_string())));

        let input = json!({ "mergeId": merge["id"], "reason": "Twins" });
        let answer = world.ask(&nurse(), UNDO, json!({ "input": input })).await;
        assert_eq!(answer["data"]["undoMerge"]["merge"]["undone"], json!({ "by": { "id": user(900).to_string() }, "reason": "Twins" }), "{answer}");
        assert_eq!((leads(&world, &nurse(), a).await, leads(&world, &nurse(), b).await), (Some(a), Some(b)));
        assert_eq!(pairs(&world).await, [("merged", a, b), ("parted", a, b)]);
    }

    async fn undoing_gives_back_both_whatever_happened_in_between(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        world.account(user(2), &[Role::Patient], "An", "Nguyen").await;
        let (one, two) = (PatientId::of_user(user(1)), PatientId::of_user(user(2)));
        let before = world.patients.get(&nurse(), two).await.unwrap().unwrap();
        let done = merge(&world, one, two).await;
        assert_eq!(done.concerns, [MergeConcern::BothHaveAccounts]);
        // Meanwhile the person changes the profile by the old id, and the merged account changes its number.
        let profile = ProfileChanges { occupation: Change::Set("Teacher".into()), ..Default::default() };
        let changed = world.patients.update(&person(2), UpdatePatient { patient: two, version: None, profile }).await.unwrap();
        assert_eq!(changed.id, one);
        world.hear(&updated(user(2), Some("+84987654321"), "vi")).await;
        let visit = appointment(1, two, user(901), world.now());
        world.hear(&booked(&visit)).await;
        undo(&world, done.id).await;
        let kept = world.patients.get(&nurse(), one).await.unwrap().unwrap();
        assert_eq!(kept.profile.occupation.as_deref(), Some("Teacher"));
        let back = world.patients.get(&nurse(), two).await.unwrap().unwrap();
        assert_eq!(back.profile.phone.as_deref(), Some("+84987654321"));
        assert_eq!((&back.mrn, &back.profile.identification, back.profile.occupation.as_deref()), (&before.mrn, &before.profile.identification, None));
        assert_eq!((back.merged_into, back.same_person.len(), kept.same_person.len()), (None, 0, 0));
        assert_eq!((leads(&world, &person(1), two).await, leads(&world, &person(2), one).await), (None, None));
        assert_eq!((leads(&world, &doctor(), one).await, leads(&world, &doctor(), two).await), (None, Some(two)));
        assert_eq!(acting(&world, one).await, (Some(user(1)), vec![]));
        assert_eq!(acting(&world, two).await, (Some(user(2)), vec![]));
    }

    async fn whoever_acts_for_one_acts_for_both(world: World) {
        for n in 1..=3 {
            world.account(user(n), &[Role::Patient], &format!("P{n}"), "Nguyễn").await;
        }
        let (one, two) = (child_of(&world, 1).await, child_of(&world, 2).await);
        merge(&world, one.id, two.id).await;
        for (who, id) in [(1, two.id), (2, one.id), (1, one.id), (2, two.id)] {
            assert_eq!(leads(&world, &person(who), id).await, Some(one.id), "{who}");
        }
        assert_eq!(leads(&world, &person(3), two.id).await, None);
        assert_eq!(acting(&world, one.id).await, (None, vec![user(1), user(2)]));
        assert_eq!(acting(&world, two.id).await.1.len(), 2);
        let mine = world.patients.mine(&person(2)).await.unwrap();
        assert_eq!(mine.iter().map(|patient| patient.id).collect::<Vec<_>>(), [PatientId::of_user(user(2)), one.id]);
        // A guardian of the merged record is taken away like any other, and somebody always stays.
        let unlink = |guardian| UnlinkGuardian { patient: two.id, guardian: user(guardian) };
        world.patients.unlink_guardian(&nurse(), unlink(2)).await.unwrap();
        assert_eq!(leads(&world, &person(2), one.id).await, None);
        for id in [one.id, two.id] {
            assert_eq!(acting(&world, id).await, (None, vec![user(1)]));
        }
        assert!(conflict(world.patients.unlink_guardian(&nurse(), unlink(1)).await).contains("LastGuardian"));
        let link = LinkGuardian { patient: one.id, guardian: user(3), relationship: GuardianRelationship::Other };
        world.patients.link_guardian(&person(1), link).await.unwrap();
        assert_eq!(acting(&world, two.id).await, (None, vec![user(1), user(3)]));
    }

    async fn an_account_of_the_merged_record_acts_for_the_walk_in(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        let walk_in = world.walk_in(named("An", "Nguyễn")).await.id;
        let own = PatientId::of_user(user(1));
        merge(&world, walk_in, own).await;
        assert_eq!(acting(&world, walk_in).await, (None, vec![user(1)]));
        let answer = world.ask(&person(1), "{ myPatients { id account { id } } }", json!({})).await;
        let wanted = json!([{ "id": walk_in.to_string(), "account": { "id": user(1).to_string() } }]);
        assert_eq!(answer["data"]["myPatients"], wanted, "{answer}");
        // Nobody becomes their own guardian by a detour.
        let link = LinkGuardian { patient: walk_in, guardian: user(1), relationship: GuardianRelationship::Other };
        assert!(conflict(world.patients.link_guardian(&nurse(), link).await).contains("own guardian"));
    }

    async fn whoever_cares_for_one_sees_both(world: World) {
        let [a, b, c] = three(&world).await;
        world.account(user(901), &[Role::Doctor], "Bình", "Trần").await;
        world.account(user(903), &[Role::Nurse], "Chi", "Lê").await;
        world.hear(&booked(&appointment(1, b, user(901), world.now()))).await;
        let member = |n| TeamMember { user: user(n), role: CareTeamRole::Nurse };
        let team = AssignCareTeam { patient: b, members: vec![member(903)] };
        world.care.assign(&nurse(), team).await.unwrap();
        merge(&world, a, b).await;
        assert_eq!((leads(&world, &doctor(), a).await, leads(&world, &doctor(), b).await), (Some(a), Some(a)));
        assert_eq!(leads(&world, &doctor(), c).await, None);
        let team = "query($id: ID!) { patient(id: $id) { careTeam { practitioner { id } source } } }";
        let shown = world.ask(&nurse(), team, json!({ "id": a.to_string() })).await;
        let wanted = json!([
            { "practitioner": { "id": user(903).to_string() }, "source": "ASSIGNED" },
            { "practitioner": { "id": user(901).to_string() }, "source": "APPOINTMENT" },
        ]);
        assert_eq!(shown["data"]["patient"]["careTeam"], wanted);
        // A new team is the whole team, whichever record the old one was on.
        let nobody = AssignCareTeam { patient: b, members: vec![] };
        world.care.assign(&nurse(), nobody).await.unwrap();
        let shown = world.ask(&nurse(), team, json!({ "id": a.to_string() })).await;
        assert_eq!(shown["data"]["patient"]["careTeam"].as_array().unwrap().len(), 1);
        let last = world.told().await.pop().unwrap();
        assert!(matches!(last, PatientsEvent::CareRelationshipChanged { patient_id, user_id, since: None, .. } if (patient_id, user_id) == (b, user(903))), "{last:?}");
    }

    async fn consents_and_broken_glass_of_the_merged_record_count(world: World) {
        let [a, b, c] = three(&world).await;
        world.account(user(901), &[Role::Doctor], "Bình", "Trần").await;
        let consent = GrantConsent {
            patient: b,
            grantee: user(901),
            parts: vec![RecordPart::Vitals],
            all_parts: false,
            until: None,
            purpose: None,
            signed_form: Some("F-1".into()),
            idempotency_key: "k".into(),
        };
        world.consents.grant(&nurse(), consent).await.unwrap();
        merge(&world, a, b).await;
        assert_eq!(leads(&world, &doctor(), a).await, Some(a));
        let shown = world.ask(&nurse(), "query($id: ID!) { patient(id: $id) { consents { nodes { signedForm } } } }", json!({ "id": a.to_string() })).await;
        assert_eq!(shown["data"]["patient"]["consents"]["nodes"], json!([{ "signedForm": "F-1" }]));
        let other = caregraph_kit::testing::principal(user(905), &[Role::Doctor]);
        assert_eq!(leads(&world, &other, a).await, None);
        let until = world.now() + chrono::TimeDelta::hours(1);
        world.hear(&caregraph_contracts::events::RecordsEvent::GlassBroken { patient_id: b, user_id: user(905), reason: "x".into(), until }).await;
        assert_eq!(leads(&world, &other, a).await, Some(a));
        assert_eq!(leads(&world, &other, c).await, None);
    }

    async fn chains_lead_to_their_end_and_come_apart_where_they_were_joined(world: World) {
        let [a, b, c] = three(&world).await;
        let first = merge(&world, b, a).await;
        let second = merge(&world, c, b).await;
        for id in [a, b, c] {
            assert_eq!(leads(&world, &nurse(), id).await, Some(c));
        }
        undo(&world, second.id).await;
        assert_eq!((leads(&world, &nurse(), a).await, leads(&world, &nurse(), b).await, leads(&world, &nurse(), c).await), (Some(b), Some(b), Some(c)));
        merge(&world, c, b).await;
        undo(&world, first.id).await;
        assert_eq!((leads(&world, &nurse(), a).await, leads(&world, &nurse(), b).await), (Some(a), Some(c)));
        // Others are told pairs only, always with the record that stands for the person.
        let wanted = [
            ("merged", b, a),
            ("parted", b, a), ("merged", c, a), ("merged", c, b),
            ("parted", c, a), ("parted", c, b), ("merged", b, a),
            ("parted", b, a), ("merged", c, a), ("merged", c, b),
            ("parted", c, a),
        ];
        assert_eq!(pairs(&world).await, wanted);
    }

    async fn a_child_registered_twice_keeps_both_parents(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        world.account(user(2), &[Role::Patient], "Bình", "Trần").await;
        let draft = |n| GuardianDraft { user: user(n), relationship: GuardianRelationship::Parent };
        let register = |guardians| {
            let world = &world;
            async move {
                let command = RegisterPatient { profile: named("Bé", "Nguyễn"), guardians };
                world.patients.register(&nurse(), command).await.unwrap()
            }
        };
        let (one, two) = (register(vec![draft(1)]).await, register(vec![draft(1), draft(2)]).await);
        merge(&world, one.id, two.id).await;
        let answer = world.ask(&person(2), "query($id: ID!) { patient(id: $id) { guardians { user { id } } } }", json!({ "id": one.id.to_string() })).await;
        let wanted = json!([{ "user": { "id": user(1).to_string() } }, { "user": { "id": user(2).to_string() } }]);
        assert_eq!(answer["data"]["patient"]["guardians"], wanted, "{answer}");
    }
}
