//! Refreshing and ending sessions.

use crate::world::{World, refusal};
use caregraph_contracts::Role;
use caregraph_identity::session::{RefreshRefusal, SignedIn};
use caregraph_kit::auth::{RequestInfo, TokenError};
use caregraph_kit::database::Engine;
use caregraph_kit::{Rejection, on_every_engine};
use chrono::TimeDelta;

fn info() -> RequestInfo {
    RequestInfo {
        address: Some("203.0.113.7".parse().unwrap()),
        user_agent: Some("Test\u{0} browser".into()),
        ..RequestInfo::default()
    }
}

async fn refresh(world: &World, token: &str) -> Result<SignedIn, RefreshRefusal> {
    match world.services().sessions.refresh(token, &info()).await {
        Ok(signed_in) => Ok(signed_in),
        failed @ Err(_) => Err(refusal(failed)),
    }
}

on_every_engine! {
    async fn a_refresh_token_gives_a_new_pair_of_the_same_session(world: World) {
        world.person("a@example.com", &[Role::Doctor]).await;
        let first = world.login("a@example.com").await;
        world.advance(TimeDelta::minutes(14));
        let second = refresh(&world, &first.refresh_token).await.unwrap();
        assert_eq!(first.session, second.session);
        assert_ne!(first.refresh_token, second.refresh_token);
        world.advance(TimeDelta::minutes(2));
        assert_eq!(world.verifier.verify(&first.access_token), Err(TokenError::Expired));
        assert!(world.principal(&second).has_role(Role::Doctor));
        assert!(refresh(&world, &second.refresh_token).await.is_ok());
    }

    async fn a_replayed_refresh_token_ends_the_session(world: World) {
        world.person("a@example.com", &[Role::Patient]).await;
        let first = world.login("a@example.com").await;
        let other = world.login("a@example.com").await;
        let second = refresh(&world, &first.refresh_token).await.unwrap();
        assert_eq!(refresh(&world, &first.refresh_token).await.unwrap_err(), RefreshRefusal::InvalidRefreshToken);
        assert_eq!(world.verifier.verify(&second.access_token), Err(TokenError::Revoked));
        assert_eq!(refresh(&world, &second.refresh_token).await.unwrap_err(), RefreshRefusal::InvalidRefreshToken);
        assert!(refresh(&world, &other.refresh_token).await.is_ok(), "other sessions go on");
    }

    async fn a_used_refresh_token_is_a_replay_however_old_it_is(world: World) {
        world.person("a@example.com", &[Role::Patient]).await;
        let first = world.login("a@example.com").await;
        world.advance(TimeDelta::days(1));
        let second = refresh(&world, &first.refresh_token).await.unwrap();
        world.advance(TimeDelta::days(13) + TimeDelta::hours(12));
        let third = refresh(&world, &second.refresh_token).await.unwrap();
        // The first one would have been good for fourteen days.
        world.advance(TimeDelta::days(1));
        assert!(refresh(&world, &first.refresh_token).await.is_err());
        assert!(refresh(&world, &third.refresh_token).await.is_err(), "somebody may hold a copy, so the session has ended");
    }

    async fn of_many_refreshes_with_one_token_at_most_one_succeeds(world: World) {
        world.person("a@example.com", &[Role::Patient]).await;
        let signed_in = world.login("a@example.com").await;
        let tries = (0..8).map(|_| {
            let (sessions, token) = (world.services().sessions.clone(), signed_in.refresh_token.clone());
            tokio::spawn(async move { sessions.refresh(&token, &info()).await })
        });
        let mut won = Vec::new();
        for one in tries.collect::<Vec<_>>() {
            won.extend(one.await.unwrap().ok());
        }
        assert_eq!(won.len(), 1);
        assert_eq!(world.verifier.verify(&won[0].access_token), Err(TokenError::Revoked), "the others were replays");
    }

    async fn sessions_end_when_idle_and_when_old(world: World) {
        world.person("a@example.com", &[Role::Patient]).await;
        let idle = world.login("a@example.com").await;
        let mut busy = world.login("a@example.com").await;
        for _ in 0..2 {
            world.advance(TimeDelta::days(10));
            busy = refresh(&world, &busy.refresh_token).await.unwrap();
        }
        assert_eq!(refresh(&world, &idle.refresh_token).await.unwrap_err(), RefreshRefusal::InvalidRefreshToken);
        world.advance(TimeDelta::days(10));
        assert_eq!(refresh(&world, &busy.refresh_token).await.unwrap_err(), RefreshRefusal::InvalidRefreshToken);
        for nonsense in ["", "x", &"x".repeat(10_000_000)] {
            assert_eq!(refresh(&world, nonsense).await.unwrap_err(), RefreshRefusal::InvalidRefreshToken);
        }
    }

    async fn people_see_and_end_their_sessions(world: World) {
        let sessions = &world.services().sessions;
        let here = world.signed_in("a@example.com", &[Role::Patient]).await;
        let there = world
            .try_login_from("a@example.com", crate::world::PASSWORD, &info())
            .await
            .unwrap();
        let stranger = world.signed_in("b@example.com", &[Role::Patient]).await;

        let listed = sessions.list(&here).await.unwrap();
        assert_eq!(listed.len(), 2);
        let phone = listed.iter().find(|session| session.id == there.session).unwrap();
        assert_eq!(phone.device.as_deref(), Some("Test browser"));
        assert_eq!(phone.address.as_deref(), Some("203.0.113.7"));

        let foreign = refusal(sessions.revoke(&stranger, there.session, &info()).await);
        assert!(matches!(foreign, Rejection::NotFound { .. }));
        sessions.revoke(&here, there.session, &info()).await.unwrap();
        assert_eq!(world.verifier.verify(&there.access_token), Err(TokenError::Revoked));
        assert!(refresh(&world, &there.refresh_token).await.is_err());

        sessions.logout(&here, &info()).await.unwrap();
        assert_eq!(world.verifier.still_good(&here), Err(TokenError::Revoked));
        assert!(world.verifier.still_good(&stranger).is_ok());

        let one = world.login("a@example.com").await;
        let two = world.login("a@example.com").await;
        assert_eq!(sessions.logout_everywhere(&world.principal(&one), &info()).await.unwrap().len(), 2);
        assert_eq!(world.verifier.verify(&two.access_token), Err(TokenError::Revoked));
        assert!(sessions.logout_everywhere(&stranger, &info()).await.unwrap().len() == 1);
    }

    async fn a_closed_account_is_not_refreshed(world: World) {
        world.person("a@example.com", &[Role::Patient]).await;
        let signed_in = world.login("a@example.com").await;
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let command = caregraph_identity::account::SuspendUser { user: signed_in.user.id, reason: "spam".into() };
        world.services().accounts.suspend(&admin, command).await.unwrap();
        assert_eq!(refresh(&world, &signed_in.refresh_token).await.unwrap_err(), RefreshRefusal::InvalidRefreshToken);
    }
}

#[tokio::test]
async fn a_double_submit_within_the_grace_is_refused_but_ends_nothing() {
    let world = World::with(Engine::Sqlite, |settings| {
        settings.refresh_replay_grace_seconds = 5;
    })
    .await;
    world.person("a@example.com", &[Role::Patient]).await;
    let first = world.login("a@example.com").await;
    let second = refresh(&world, &first.refresh_token).await.unwrap();
    world.advance(TimeDelta::seconds(5));
    assert!(refresh(&world, &first.refresh_token).await.is_err());
    assert!(world.verifier.verify(&second.access_token).is_ok());
    world.advance(TimeDelta::seconds(1));
    assert!(refresh(&world, &first.refresh_token).await.is_err());
    assert_eq!(
        world.verifier.verify(&second.access_token),
        Err(TokenError::Revoked)
    );
}
