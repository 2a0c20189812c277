//! Coming to a role by invitation.

use crate::world::{PASSWORD, World, refusal};
use caregraph_contracts::links::LinkPurpose;
use caregraph_contracts::{Role, Scope};
use caregraph_identity::account::{AcceptInvitation, AcceptRefusal, InviteRefusal, InviteUser, UserStatus};
use caregraph_kit::auth::RequestInfo;
use caregraph_kit::{Failure, on_every_engine};
use chrono::TimeDelta;

fn invite(email: &str, roles: &[Role]) -> InviteUser {
    InviteUser {
        email: email.into(),
        roles: roles.iter().copied().collect(),
        locale: Some("vi".into()),
    }
}

fn accept(token: &str) -> AcceptInvitation {
    AcceptInvitation {
        token: token.into(),
        password: PASSWORD.into(),
        first_name: "Bình".into(),
        last_name: "Trần".into(),
        phone: None,
        username: Some("binh.tran".into()),
        locale: None,
        time_zone: None,
    }
}

on_every_engine! {
    async fn an_invited_person_gets_the_roles_and_can_sign_in_at_once(world: World) {
        let accounts = &world.services().accounts;
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let invitation = accounts.invite(&admin, invite("Binh@Example.com", &[Role::Doctor])).await.unwrap();
        let token = world.token(LinkPurpose::AcceptInvitation).await;
        let mut weak = accept(&token);
        weak.password = "binh.tran".into();
        assert!(matches!(accounts.accept_invitation(weak, &RequestInfo::default()).await, Err(Failure::Refused(_))));

        let user = accounts.accept_invitation(accept(&token), &RequestInfo::default()).await.unwrap();
        assert_eq!((user.id, user.status), (invitation.user, UserStatus::Active));
        assert_eq!(user.display_name(), "Trần Bình");
        let doctor = world.principal(&world.login("binh@example.com").await);
        assert!(doctor.has_role(Role::Doctor) && doctor.has(Scope::SchedulesWrite));
        let again = accounts.accept_invitation(accept(&token), &RequestInfo::default()).await;
        assert_eq!(refusal(again), AcceptRefusal::InvalidLink);
        let taken = accounts.invite(&admin, invite("binh@example.com", &[Role::Nurse])).await;
        assert_eq!(refusal(taken), InviteRefusal::EmailTaken);
    }

    async fn an_invitation_ends_after_a_week_and_when_another_is_sent(world: World) {
        let accounts = &world.services().accounts;
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        accounts.invite(&admin, invite("b@example.com", &[Role::Nurse])).await.unwrap();
        let first = world.token(LinkPurpose::AcceptInvitation).await;
        accounts.invite(&admin, invite("b@example.com", &[Role::Nurse])).await.unwrap();
        let second = world.token(LinkPurpose::AcceptInvitation).await;
        let refused = accounts.accept_invitation(accept(&first), &RequestInfo::default()).await;
        assert_eq!(refusal(refused), AcceptRefusal::InvalidLink);
        world.advance(TimeDelta::days(7));
        let refused = accounts.accept_invitation(accept(&second), &RequestInfo::default()).await;
        assert_eq!(refusal(refused), AcceptRefusal::InvalidLink);
    }

    async fn an_invitation_is_accepted_once_however_many_try(world: World) {
        let accounts = &world.services().accounts;
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        accounts.invite(&admin, invite("b@example.com", &[Role::Nurse])).await.unwrap();
        let token = world.token(LinkPurpose::AcceptInvitation).await;
        let tries = (0..6).map(|_| {
            let (accounts, command) = (accounts.clone(), accept(&token));
            tokio::spawn(async move { accounts.accept_invitation(command, &RequestInfo::default()).await })
        });
        let mut won = 0;
        for one in tries.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Ok(_) => won += 1,
                other => assert_eq!(refusal(other), AcceptRefusal::InvalidLink),
            }
        }
        assert_eq!(won, 1);
    }

    async fn a_taken_username_does_not_use_the_invitation_up(world: World) {
        let accounts = &world.services().accounts;
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        for email in ["b@example.com", "c@example.com"] {
            accounts.invite(&admin, invite(email, &[Role::Nurse])).await.unwrap();
        }
        let first = world.token(LinkPurpose::AcceptInvitation).await;
        let second = world.token(LinkPurpose::AcceptInvitation).await;
        accounts.accept_invitation(accept(&first), &RequestInfo::default()).await.unwrap();
        let refused = accounts.accept_invitation(accept(&second), &RequestInfo::default()).await;
        assert_eq!(refusal(refused), AcceptRefusal::UsernameTaken);
        let other = AcceptInvitation { username: None, ..accept(&second) };
        accounts.accept_invitation(other, &RequestInfo::default()).await.unwrap();
    }
}
