//! Several processes on one store, and what survives a restart.

use crate::world::{World, build, refusal, verifier};
use caregraph_contracts::Role;
use caregraph_identity::account::SuspendUser;
use caregraph_identity::session::SignInRefusal;
use caregraph_kit::auth::{RequestInfo, TokenError};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::eventually;
use caregraph_migrations::identity::Migrator;
use tokio_util::sync::CancellationToken;

on_every_engine! {
    async fn a_session_that_ends_here_ends_in_the_other_process(world: World) {
        let ground = world.test.second_process::<Migrator>().await;
        let there = verifier(&ground);
        let other = build(&ground, &world.settings, &there).await;
        let stop = CancellationToken::new();
        let working: Vec<_> =
            other.subgraph.background.into_iter().map(|work| tokio::spawn(work(stop.clone()))).collect();

        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        world.person("a@example.com", &[Role::Patient]).await;
        let signed_in = world.login("a@example.com").await;
        let out = world.login("a@example.com").await;
        assert!(there.verify(&signed_in.access_token).is_ok());

        world.services().sessions.logout(&world.principal(&out), &RequestInfo::default()).await.unwrap();
        eventually("the other process hears of the sign-out", async || {
            (there.verify(&out.access_token) == Err(TokenError::Revoked)).then_some(())
        })
        .await;
        assert!(there.verify(&signed_in.access_token).is_ok());

        let command = SuspendUser { user: signed_in.user.id, reason: "left".into() };
        world.services().accounts.suspend(&admin, command).await.unwrap();
        eventually("the other process hears of the suspension", async || {
            (there.verify(&signed_in.access_token) == Err(TokenError::Revoked)).then_some(())
        })
        .await;
        stop.cancel();
        for work in working {
            work.await.unwrap();
        }
    }

    async fn a_process_that_starts_later_knows_what_ended_before(world: World) {
        world.person("a@example.com", &[Role::Patient]).await;
        let signed_in = world.login("a@example.com").await;
        world.services().sessions.logout(&world.principal(&signed_in), &RequestInfo::default()).await.unwrap();
        let ground = world.test.second_process::<Migrator>().await;
        let there = verifier(&ground);
        build(&ground, &world.settings, &there).await;
        assert_eq!(there.verify(&signed_in.access_token), Err(TokenError::Revoked));
    }

    async fn pauses_hold_in_every_process(world: World) {
        world.person("a@example.com", &[Role::Patient]).await;
        for _ in 0..5 {
            assert_eq!(refusal(world.try_login("a@example.com", "wrong").await), SignInRefusal::InvalidCredentials);
        }
        let ground = world.test.second_process::<Migrator>().await;
        let other = build(&ground, &world.settings, &verifier(&ground)).await;
        let login = caregraph_identity::session::Login {
            identifier: "a@example.com".into(),
            password: crate::world::PASSWORD.into(),
            otp: None,
        };
        let tried = other.services.sessions.login(login, &RequestInfo::default()).await;
        assert!(matches!(refusal(tried), SignInRefusal::Throttled { .. }));
    }
}
