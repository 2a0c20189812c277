//! Accounts decide who can be a practitioner.

use crate::support::{Clinic, doctor_input, nobody, reason};
use caregraph_contracts::Role;
use caregraph_contracts::events::{IdentityEvent, PractitionersEvent};
use caregraph_contracts::ids::UserId;
use caregraph_kit::events::Envelope;
use caregraph_kit::on_every_engine;
use serde_json::{Value, json};

fn user(made: &Value) -> UserId {
    made["id"].as_str().unwrap().parse().unwrap()
}

async fn is_active(clinic: &Clinic, made: &Value) -> bool {
    let operation = "query($id: ID!) { practitioner(id: $id) { active } }";
    clinic
        .data(&clinic.admin, operation, json!({ "id": made["id"] }))
        .await["practitioner"]["active"]
        .as_bool()
        .unwrap()
}

fn deactivations(told: &[PractitionersEvent]) -> Vec<String> {
    told.iter()
        .filter_map(|event| match event {
            PractitionersEvent::PractitionerDeactivated { reason, .. } => Some(reason.clone()),
            _ => None,
        })
        .collect()
}

on_every_engine! {
    async fn whoever_loses_the_role_for_the_profession_stops_working(clinic: Clinic) {
        let made = clinic.doctor(json!({})).await;
        let kept = IdentityEvent::UserRolesChanged { user_id: user(&made), roles: vec![Role::Doctor, Role::Admin] };
        clinic.identity_tells(kept).await;
        assert!(is_active(&clinic, &made).await);
        let lost = IdentityEvent::UserRolesChanged { user_id: user(&made), roles: vec![Role::Nurse] };
        clinic.identity_tells(lost.clone()).await;
        assert!(!is_active(&clinic, &made).await);
        clinic.identity_tells(lost).await;
        assert_eq!(deactivations(&clinic.told()), ["The account no longer has the role for this profession"]);

        let back = json!({ "id": made["id"] });
        assert_eq!(clinic.refused(&clinic.admin, "reactivatePractitioner", back.clone()).await, [reason("InvalidInput", "input.id")]);
        clinic.identity_tells(IdentityEvent::UserRolesChanged { user_id: user(&made), roles: vec![] }).await;
        assert_eq!(clinic.refused(&clinic.admin, "reactivatePractitioner", back.clone()).await, [reason("NotFound", "input.id")]);
        clinic.identity_tells(IdentityEvent::UserRolesChanged { user_id: user(&made), roles: vec![Role::Doctor] }).await;
        assert!(!is_active(&clinic, &made).await, "coming back is an administrator's decision");
        clinic.done(&clinic.admin, "reactivatePractitioner", back).await;
    }

    async fn a_nurse_who_becomes_a_doctor_needs_the_role_first(clinic: Clinic) {
        let account = clinic.account(&[Role::Nurse]).await;
        let input = doctor_input(account, json!({ "profession": "NURSE" }));
        let made = clinic.done(&clinic.admin, "createPractitioner", input).await;
        let promotion = json!({ "id": made["id"], "profession": "DOCTOR" });
        let refused = clinic.refused(&clinic.admin, "updatePractitioner", promotion.clone()).await;
        assert_eq!(refused, [reason("InvalidInput", "input.profession")]);
        clinic.identity_tells(IdentityEvent::UserRolesChanged { user_id: account, roles: vec![Role::Nurse, Role::Doctor] }).await;
        assert_eq!(clinic.done(&clinic.admin, "updatePractitioner", promotion).await["profession"], "DOCTOR");
    }

    async fn whoever_is_suspended_stops_working_and_the_reason_stays_with_identity(clinic: Clinic) {
        let made = clinic.doctor(json!({})).await;
        let suspended = IdentityEvent::UserSuspended { user_id: user(&made), reason: "Took opioids home".into() };
        clinic.identity_tells(suspended).await;
        assert!(!is_active(&clinic, &made).await);
        assert!(clinic.found(&nobody(), json!(null)).await.is_empty());
        assert_eq!(deactivations(&clinic.told()), ["The account was suspended"]);
        let back = json!({ "id": made["id"] });
        assert_eq!(clinic.refused(&clinic.admin, "reactivatePractitioner", back.clone()).await, [reason("Conflict", "input.id")]);
        clinic.identity_tells(IdentityEvent::UserReactivated { user_id: user(&made) }).await;
        assert!(!is_active(&clinic, &made).await);
        clinic.done(&clinic.admin, "reactivatePractitioner", back).await;
    }

    async fn a_suspension_is_remembered_across_a_change_of_roles(clinic: Clinic) {
        let account = clinic.account(&[Role::Patient]).await;
        clinic.identity_tells(IdentityEvent::UserSuspended { user_id: account, reason: "x".into() }).await;
        clinic.identity_tells(IdentityEvent::UserRolesChanged { user_id: account, roles: vec![Role::Doctor] }).await;
        let input = doctor_input(account, json!({}));
        let refused = clinic.refused(&clinic.admin, "createPractitioner", input.clone()).await;
        assert_eq!(refused, [reason("Conflict", "input.userId")]);
        clinic.identity_tells(IdentityEvent::UserReactivated { user_id: account }).await;
        clinic.done(&clinic.admin, "createPractitioner", input).await;
    }

    async fn an_event_that_comes_again_changes_nothing(clinic: Clinic) {
        let made = clinic.doctor(json!({})).await;
        let event = IdentityEvent::UserSuspended { user_id: user(&made), reason: "x".into() };
        let ground = &clinic.world.ground;
        let envelope = Envelope {
            id: ground.clock.new_id(),
            domain: caregraph_contracts::Domain::Identity,
            position: 1,
            aggregate: user(&made).into(),
            name: "UserSuspended".into(),
            version: 1,
            occurred_at: ground.clock.now(),
            traceparent: None,
            payload: serde_json::to_value(&event).unwrap(),
        };
        // Past the inbox, as after a restore from a backup: the handler itself must not mind.
        let handlers = caregraph_practitioners::build(ground.clone()).handlers;
        let handler = handlers.iter().find(|handler| handler.name() == "practitioners.staff-accounts").unwrap();
        for _ in 0..3 {
            let mut tx = ground.database.begin().await.unwrap();
            handler.handle(&mut tx, &envelope).await.unwrap();
            tx.commit().await.unwrap();
        }
        let operation = "query($id: ID!) { practitioner(id: $id) { active version } }";
        let seen = clinic.data(&clinic.admin, operation, json!({ "id": made["id"] })).await;
        assert_eq!(seen["practitioner"], json!({ "active": false, "version": 2 }));
        assert_eq!(clinic.outbox().await, 2, "one event for the beginning, one for the end");
    }

    async fn a_role_that_goes_while_the_practitioner_is_made_leaves_nobody_active(clinic: Clinic) {
        for _ in 0..8 {
            let account = clinic.account(&[Role::Doctor]).await;
            let lost = IdentityEvent::UserRolesChanged { user_id: account, roles: vec![Role::Patient] };
            let create = clinic.change(&clinic.admin, "createPractitioner", doctor_input(account, json!({})));
            let (made, ()) = futures::join!(create, clinic.identity_tells(lost));
            if made["errors"] == json!([]) {
                assert!(!is_active(&clinic, &made["practitioner"]).await, "made before the role went, so ended by it");
            } else {
                assert_eq!(crate::support::reasons(&made), [reason("NotFound", "input.userId")]);
            }
        }
    }
}
