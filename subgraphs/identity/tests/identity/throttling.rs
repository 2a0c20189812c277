//! Guessing gets slow.

use crate::world::{PASSWORD, World, refusal};
use caregraph_contracts::Role;
use caregraph_contracts::links::LinkPurpose;
use caregraph_identity::session::SignInRefusal;
use caregraph_kit::auth::RequestInfo;
use caregraph_kit::database::Engine;
use caregraph_kit::on_every_engine;
use chrono::TimeDelta;

fn from(address: &str) -> RequestInfo {
    RequestInfo {
        address: Some(address.parse().unwrap()),
        ..RequestInfo::default()
    }
}

on_every_engine! {
    async fn wrong_passwords_slow_an_account_down_whether_or_not_it_exists(world: World) {
        world.person("real@example.com", &[Role::Patient]).await;
        for identifier in ["real@example.com", "unreal@example.com"] {
            for _ in 0..5 {
                assert_eq!(refusal(world.try_login(identifier, "wrong").await), SignInRefusal::InvalidCredentials);
            }
            let blocked = refusal(world.try_login(identifier, PASSWORD).await);
            assert_eq!(blocked, SignInRefusal::Throttled { retry_after_seconds: 1 }, "{identifier}");
        }
        world.advance(TimeDelta::seconds(1));
        assert_eq!(refusal(world.try_login("real@example.com", "wrong").await), SignInRefusal::InvalidCredentials);
        let blocked = refusal(world.try_login("real@example.com", "wrong").await);
        assert_eq!(blocked, SignInRefusal::Throttled { retry_after_seconds: 2 });
        world.advance(TimeDelta::seconds(2));
        world.login("real@example.com").await;
        // Who signed in has shown to be no guesser.
        assert_eq!(refusal(world.try_login("real@example.com", "wrong").await), SignInRefusal::InvalidCredentials);
        world.login("real@example.com").await;
    }

    async fn many_guesses_at_the_same_time_do_not_slip_through(world: World) {
        world.person("real@example.com", &[Role::Patient]).await;
        let tries = (0..20).map(|_| {
            let sessions = world.services().sessions.clone();
            let login = caregraph_identity::session::Login {
                identifier: "real@example.com".into(),
                password: "wrong".into(),
                otp: None,
            };
            tokio::spawn(async move { sessions.login(login, &RequestInfo::default()).await })
        });
        let mut looked_at = 0;
        for one in tries.collect::<Vec<_>>() {
            match refusal(one.await.unwrap()) {
                SignInRefusal::InvalidCredentials => looked_at += 1,
                other => assert!(matches!(other, SignInRefusal::Throttled { .. }), "{other:?}"),
            }
        }
        assert_eq!(looked_at, 5);
    }
}

#[tokio::test]
async fn many_accounts_from_one_address_slow_it_down_and_others_not() {
    let world = World::with(Engine::Sqlite, |settings| settings.throttle.address_attempts = 8).await;
    world.person("real@example.com", &[Role::Patient]).await;
    let bad = from("203.0.113.7");
    for n in 0..4 {
        let tried = world
            .try_login_from(&format!("u{n}@example.com"), "wrong", &bad)
            .await;
        assert_eq!(refusal(tried), SignInRefusal::InvalidCredentials);
        // Colleagues behind the same address who sign in do not use up its attempts.
        world
            .try_login_from("real@example.com", PASSWORD, &bad)
            .await
            .unwrap();
    }
    for n in 4..8 {
        let tried = world
            .try_login_from(&format!("u{n}@example.com"), "wrong", &bad)
            .await;
        assert_eq!(refusal(tried), SignInRefusal::InvalidCredentials);
    }
    let blocked = refusal(world.try_login_from("u9@example.com", "wrong", &bad).await);
    assert!(matches!(blocked, SignInRefusal::Throttled { .. }), "{blocked:?}");
    world
        .try_login_from("real@example.com", PASSWORD, &from("203.0.113.8"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_household_of_ipv6_counts_as_one() {
    let world = World::with(Engine::Sqlite, |settings| settings.throttle.address_attempts = 2).await;
    for n in 1..=2 {
        let tried = world
            .try_login_from(
                &format!("u{n}@example.com"),
                "wrong",
                &from(&format!("2001:db8:1:2::{n}")),
            )
            .await;
        assert_eq!(refusal(tried), SignInRefusal::InvalidCredentials);
    }
    let blocked = refusal(
        world
            .try_login_from("u3@example.com", "wrong", &from("2001:db8:1:2:ffff::1"))
            .await,
    );
    assert!(matches!(blocked, SignInRefusal::Throttled { .. }));
    let neighbour = world
        .try_login_from("u4@example.com", "wrong", &from("2001:db8:1:3::1"))
        .await;
    assert_eq!(refusal(neighbour), SignInRefusal::InvalidCredentials);
}

#[tokio::test]
async fn strangers_cannot_flood_a_mailbox() {
    let world = World::with(Engine::Sqlite, |_| {}).await;
    world.person("victim@example.com", &[Role::Patient]).await;
    for _ in 0..10 {
        world
            .services()
            .credentials
            .request_reset("victim@example.com")
            .await
            .unwrap();
    }
    for _ in 0..3 {
        world.letter(LinkPurpose::ResetPassword).await;
    }
    world
        .services()
        .credentials
        .request_reset("nobody@example.com")
        .await
        .unwrap();
    let last = world.person("last@example.com", &[Role::Patient]).await;
    world
        .services()
        .credentials
        .request_reset("last@example.com")
        .await
        .unwrap();
    assert_eq!(world.letter(LinkPurpose::ResetPassword).await.user, last.id);
}
