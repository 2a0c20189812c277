//! Who may act for whom.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_contracts::events::PatientsEvent;
use caregraph_contracts::ids::PatientId;
use caregraph_kit::failure::Failure;
use caregraph_kit::{Rejection, on_every_engine};
use caregraph_patients::patient::{
    AddDependant, GuardianDraft, GuardianRelationship, LinkGuardian, Patient, RegisterPatient,
    UnlinkGuardian, UnlinkRefusal,
};
use serde_json::json;

async fn family(world: &World) -> Patient {
    for n in 1..=3 {
        world
            .account(user(n), &[Role::Patient], &format!("P{n}"), "Nguyễn")
            .await;
    }
    let command = AddDependant {
        relationship: GuardianRelationship::Parent,
        profile: named("Bé", "Nguyễn"),
    };
    world.patients.add_dependant(&person(1), command).await.unwrap()
}

fn link(child: &Patient, n: u128) -> LinkGuardian {
    LinkGuardian {
        patient: child.id,
        guardian: user(n),
        relationship: GuardianRelationship::Parent,
    }
}

fn unlink(child: &Patient, n: u128) -> UnlinkGuardian {
    UnlinkGuardian {
        patient: child.id,
        guardian: user(n),
    }
}

on_every_engine! {
    async fn a_guardian_brings_another_and_leaves(world: World) {
        let child = family(&world).await;
        world.patients.link_guardian(&person(1), link(&child, 2)).await.unwrap();
        let answer = world
            .ask(&person(2), "{ myPatients { givenName guardians { user { id } relationship } } }", json!({}))
            .await;
        assert_eq!(answer["data"]["myPatients"][1]["guardians"].as_array().unwrap().len(), 2);
        world.patients.unlink_guardian(&person(1), unlink(&child, 1)).await.unwrap();
        assert_eq!(world.patients.get(&person(1), child.id).await.unwrap(), None);
        let last = world.told().await.pop().unwrap();
        let PatientsEvent::PatientUpdated { patient } = last else { panic!("{last:?}") };
        assert_eq!(patient.guardians, [user(2)]);
    }

    /// Also when the requests come at once.
    async fn nobody_adds_people_without_end(world: World) {
        family(&world).await;
        let add = |_| {
            let command = AddDependant { relationship: GuardianRelationship::Parent, profile: named("Bé", "Nguyễn") };
            async { world.patients.add_dependant(&person(1), command).await }
        };
        let outcomes = futures::future::join_all((0..24).map(add)).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 19, "with the first there are twenty");
        for refused in outcomes.into_iter().filter_map(Result::err) {
            assert!(matches!(&refused, Failure::Refused(why) if matches!(why[..], [Rejection::NotAllowed { .. }])), "{refused:?}");
        }
        let other = AddDependant { relationship: GuardianRelationship::Parent, profile: named("Bé", "Lê") };
        world.patients.add_dependant(&person(2), other).await.unwrap();
    }

    async fn the_last_guardian_of_a_dependant_stays(world: World) {
        let child = family(&world).await;
        for who in [person(1), nurse()] {
            let refused = world.patients.unlink_guardian(&who, unlink(&child, 1)).await;
            assert!(matches!(&refused, Err(Failure::Refused(why)) if why == &[UnlinkRefusal::LastGuardian]), "{refused:?}");
        }
        let mutation = "mutation($p: ID!, $g: ID!) { unlinkGuardian(input: { patientId: $p, guardianId: $g }) {
            patient { id } errors { __typename ... on UserError { message path } } } }";
        let answer =
            world.ask(&person(1), mutation, json!({ "p": id_of(&child), "g": user(1).to_string() })).await;
        let error = &answer["data"]["unlinkGuardian"]["errors"][0];
        assert_eq!(error["__typename"], "LastGuardian");
        assert_eq!(error["path"], json!(["input", "guardianId"]));
        assert_eq!(world.patients.get(&person(1), child.id).await.unwrap().unwrap().version, child.version);
    }

    async fn two_guardians_who_leave_at_once_do_not_both_leave(world: World) {
        let child = family(&world).await;
        world.patients.link_guardian(&person(1), link(&child, 2)).await.unwrap();
        let (one, two) = tokio::join!(
            async { world.patients.unlink_guardian(&person(1), unlink(&child, 1)).await },
            async { world.patients.unlink_guardian(&person(2), unlink(&child, 2)).await },
        );
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
        let left = world.patients.get(&nurse(), child.id).await.unwrap().unwrap();
        assert_eq!(left.guardians.len(), 1);
    }

    async fn one_guardian_does_not_remove_another(world: World) {
        let child = family(&world).await;
        world.patients.link_guardian(&person(1), link(&child, 2)).await.unwrap();
        let refused = world.patients.unlink_guardian(&person(1), unlink(&child, 2)).await;
        let Err(Failure::Refused(why)) = refused else { panic!("{refused:?}") };
        assert!(matches!(&why[..], [UnlinkRefusal::Common(Rejection::NotAllowed { .. })]), "{why:?}");
        world.patients.unlink_guardian(&nurse(), unlink(&child, 2)).await.unwrap();
    }

    async fn guardians_must_be_somebody_else_who_exists(world: World) {
        let child = family(&world).await;
        let own = LinkGuardian { patient: PatientId::of_user(user(1)), ..link(&child, 1) };
        for (command, wanted) in [(link(&child, 99), "guardian not found"), (own, "nobody is their own guardian")] {
            let refused = world.patients.link_guardian(&person(1), command).await;
            let Err(Failure::Refused(why)) = refused else { panic!("{refused:?}") };
            assert_eq!(why[0].to_string(), wanted);
        }
        let refused = world.patients.unlink_guardian(&nurse(), unlink(&child, 3)).await;
        let Err(Failure::Refused(why)) = refused else { panic!("{refused:?}") };
        assert!(matches!(&why[..], [UnlinkRefusal::Common(Rejection::NotFound { .. })]), "{why:?}");
        // Linking twice is no mistake and changes nothing.
        let again = world.patients.link_guardian(&person(1), link(&child, 1)).await.unwrap();
        assert_eq!(again.version, child.version);
    }

    async fn an_adult_lets_somebody_act_for_them_and_takes_it_back(world: World) {
        family(&world).await;
        let an = PatientId::of_user(user(1));
        let daughter =
            LinkGuardian { patient: an, guardian: user(2), relationship: GuardianRelationship::Child };
        world.patients.link_guardian(&person(1), daughter).await.unwrap();
        assert!(world.patients.get(&person(2), an).await.unwrap().is_some());
        // The last guardian of somebody with an account may go.
        world.patients.unlink_guardian(&person(1), UnlinkGuardian { patient: an, guardian: user(2) }).await.unwrap();
        assert_eq!(world.patients.get(&person(2), an).await.unwrap(), None);
    }

    async fn the_front_desk_registers_a_child_with_its_parents(world: World) {
        family(&world).await;
        let draft = |n| GuardianDraft { user: user(n), relationship: GuardianRelationship::Parent };
        let command = |guardians| RegisterPatient { profile: named("Bé", "Trần"), guardians };
        let child = world.patients.register(&nurse(), command(vec![draft(1), draft(2)])).await.unwrap();
        assert!(child.dependant);
        assert!(world.patients.get(&person(2), child.id).await.unwrap().is_some());
        for bad in [vec![draft(1), draft(1)], vec![draft(1), draft(99)]] {
            assert!(matches!(world.patients.register(&nurse(), command(bad)).await, Err(Failure::Refused(_))));
        }
    }
}
