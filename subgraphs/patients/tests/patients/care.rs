//! Care relationships.

use crate::world::*;
use caregraph_contracts::Role;
use caregraph_contracts::events::{
    AppointmentFacts, AppointmentStatus, CareRelationshipKind, PatientsEvent, SchedulingEvent,
};
use caregraph_contracts::ids::{PatientId, PractitionerId};
use caregraph_kit::failure::Failure;
use caregraph_kit::on_every_engine;
use caregraph_patients::care::{AssignCareTeam, CareTeamRole, TeamMember};
use chrono::TimeDelta;
use serde_json::json;

async fn sees(world: &World, patient: PatientId) -> bool {
    world.patients.get(&doctor(), patient).await.unwrap().is_some()
}

/// Everything told about care relationships: whose, and whether it holds.
async fn relationships(world: &World) -> Vec<(u128, CareRelationshipKind, bool)> {
    let told = world.told().await;
    told.into_iter()
        .filter_map(|event| match event {
            PatientsEvent::CareRelationshipChanged {
                user_id, kind, since, ..
            } => Some((uuid::Uuid::from(user_id).as_u128(), kind, since.is_some())),
            _ => None,
        })
        .collect()
}

async fn an(world: &World) -> PatientId {
    world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
    world.account(user(901), &[Role::Doctor], "Bình", "Trần").await;
    world.account(user(903), &[Role::Nurse], "Chi", "Lê").await;
    world.account(user(902), &[Role::Admin], "Dũng", "Phạm").await;
    PatientId::of_user(user(1))
}

on_every_engine! {
    async fn cancelling_ends_it_unless_another_appointment_keeps_it(world: World) {
        let an = an(&world).await;
        let first = appointment(1, an, user(901), world.now() + TimeDelta::days(1));
        let second = appointment(2, an, user(901), world.now() + TimeDelta::days(9));
        world.hear(&booked(&first)).await;
        world.hear(&booked(&second)).await;
        world.hear(&cancelled(&first, 2)).await;
        assert!(sees(&world, an).await);
        world.hear(&cancelled(&second, 2)).await;
        assert!(!sees(&world, an).await);
        let appointment = CareRelationshipKind::Appointment;
        // Begun; longer by the second visit; and over. Cancelling the first changed nothing.
        assert_eq!(
            relationships(&world).await,
            [(901, appointment, true), (901, appointment, true), (901, appointment, false)]
        );
    }

    async fn old_news_are_ignored(world: World) {
        let an = an(&world).await;
        let facts = appointment(1, an, user(901), world.now() + TimeDelta::days(1));
        let booking = world.envelope(&booked(&facts));
        world.hear(&cancelled(&facts, 3)).await;
        world.deliver(&booking).await;
        let confirmed = AppointmentFacts { revision: 2, status: AppointmentStatus::Confirmed, ..facts };
        world.hear(&SchedulingEvent::AppointmentConfirmed { appointment: confirmed }).await;
        assert!(!sees(&world, an).await);
        assert_eq!(relationships(&world).await, []);
    }

    async fn delivered_twice_it_takes_effect_once(world: World) {
        let an = an(&world).await;
        let booking = world.envelope(&booked(&appointment(1, an, user(901), world.now())));
        world.deliver(&booking).await;
        world.deliver(&booking).await;
        assert_eq!(relationships(&world).await.len(), 1);
    }

    async fn moving_an_appointment_moves_the_relationship(world: World) {
        let an = an(&world).await;
        let facts = appointment(1, an, user(901), world.now() + TimeDelta::days(1));
        world.hear(&booked(&facts)).await;
        let moved = AppointmentFacts { revision: 2, practitioner_id: PractitionerId::of_user(user(905)), ..facts.clone() };
        world.hear(&SchedulingEvent::AppointmentRescheduled {
            appointment: moved,
            previous_start: facts.start,
            previous_end: facts.end,
            previous_practitioner_id: facts.practitioner_id,
        }).await;
        assert!(!sees(&world, an).await);
        let mut told = relationships(&world).await;
        told.sort_by_key(|(user, _, holds)| (*user, !holds));
        let appointment = CareRelationshipKind::Appointment;
        assert_eq!(told, [(901, appointment, true), (901, appointment, false), (905, appointment, true)]);
    }

    async fn a_finished_visit_keeps_it_for_thirty_days(world: World) {
        let an = an(&world).await;
        let facts = appointment(1, an, user(901), world.now());
        world.hear(&booked(&facts)).await;
        let done = AppointmentFacts { revision: 2, status: AppointmentStatus::Completed, ..facts };
        world.hear(&SchedulingEvent::AppointmentCompleted { appointment: done }).await;
        world.ground().clock.advance(TimeDelta::days(30));
        assert!(sees(&world, an).await);
        world.ground().clock.advance(TimeDelta::hours(1));
        assert!(!sees(&world, an).await);
    }

    async fn the_front_desk_puts_a_team_together(world: World) {
        let an = an(&world).await;
        let assign = "mutation($input: AssignCareTeamInput!) { assignCareTeam(input: $input) {
            patient { careTeam { practitioner { id } role source until } } errors { __typename ... on UserError { path } } } }";
        let team = json!({ "input": { "patientId": user(1).to_string(), "members": [
            { "practitionerId": user(901).to_string(), "role": "PRIMARY_PHYSICIAN" },
            { "practitionerId": user(903).to_string(), "role": "NURSE" },
        ] } });
        let answer = world.ask(&nurse(), assign, team).await;
        let shown = &answer["data"]["assignCareTeam"]["patient"]["careTeam"];
        assert_eq!(shown.as_array().map(Vec::len), Some(2), "{answer}");
        assert_eq!(shown[0]["source"], "ASSIGNED");
        assert!(sees(&world, an).await);
        world.ground().clock.advance(TimeDelta::days(3650));
        assert!(sees(&world, an).await);
        let nobody = AssignCareTeam { patient: an, members: Vec::new() };
        world.care.assign(&nurse(), nobody).await.unwrap();
        assert!(!sees(&world, an).await);
        let assigned = CareRelationshipKind::Assigned;
        let wanted = [(901, assigned, true), (903, assigned, true), (901, assigned, false), (903, assigned, false)];
        assert_eq!(relationships(&world).await, wanted);
    }

    async fn teams_hold_only_people_who_give_care(world: World) {
        let an = an(&world).await;
        let member = |n| TeamMember { user: user(n), role: CareTeamRole::Coordinator };
        // A patient, an administrator, somebody unknown, one person twice, too many.
        for members in [
            vec![member(1)],
            vec![member(902)],
            vec![member(999)],
            vec![member(901), member(901)],
            (2000..2021).map(member).collect(),
        ] {
            let refused = world.care.assign(&nurse(), AssignCareTeam { patient: an, members }).await;
            assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
        }
        assert_eq!(relationships(&world).await, []);
    }

    async fn an_appointment_of_somebody_unknown_is_kept_for_later(world: World) {
        world.account(user(901), &[Role::Doctor], "Bình", "Trần").await;
        let an = PatientId::of_user(user(1));
        world.hear(&booked(&appointment(1, an, user(901), world.now()))).await;
        assert!(!sees(&world, an).await);
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        assert!(sees(&world, an).await);
    }
}
