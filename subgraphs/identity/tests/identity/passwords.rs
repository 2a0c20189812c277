//! Changing and replacing passwords.

use crate::world::{PASSWORD, World, build, refusal};
use caregraph_contracts::Role;
use caregraph_contracts::links::LinkPurpose;
use caregraph_identity::account::LinkRefusal;
use caregraph_identity::credential::{ChangePassword, ReauthenticationRefusal, ResetPassword};
use caregraph_identity::session::SignInRefusal;
use caregraph_kit::auth::{RequestInfo, TokenError};
use caregraph_kit::{Rejection, on_every_engine};
use chrono::TimeDelta;

const NEXT: &str = "nine purple elephants";

fn info() -> RequestInfo {
    RequestInfo::default()
}

fn change(current: &str, new: &str) -> ChangePassword {
    ChangePassword {
        current_password: current.into(),
        new_password: new.into(),
    }
}

fn reset(token: &str, new: &str) -> ResetPassword {
    ResetPassword {
        token: token.into(),
        new_password: new.into(),
    }
}

on_every_engine! {
    async fn a_changed_password_ends_the_other_sessions(world: World) {
        let credentials = &world.services().credentials;
        let here = world.signed_in("a@example.com", &[Role::Patient]).await;
        let elsewhere = world.login("a@example.com").await;
        assert_eq!(refusal(credentials.change(&here, change("wrong", NEXT), &info()).await), ReauthenticationRefusal::InvalidCredentials);
        let weak = refusal(credentials.change(&here, change(PASSWORD, "a@example.com"), &info()).await);
        assert!(matches!(weak, ReauthenticationRefusal::Common(Rejection::Invalid { path, .. }) if path == ["newPassword"]));
        let same = refusal(credentials.change(&here, change(PASSWORD, PASSWORD), &info()).await);
        assert!(matches!(same, ReauthenticationRefusal::Common(Rejection::Invalid { .. })));

        credentials.change(&here, change(PASSWORD, NEXT), &info()).await.unwrap();

        assert!(world.verifier.still_good(&here).is_ok());
        assert_eq!(world.verifier.verify(&elsewhere.access_token), Err(TokenError::Revoked));
        assert_eq!(refusal(world.try_login("a@example.com", PASSWORD).await), SignInRefusal::InvalidCredentials);
        world.try_login("a@example.com", NEXT).await.unwrap();
    }

    async fn a_lost_password_is_replaced_once_and_ends_every_session(world: World) {
        let credentials = &world.services().credentials;
        let before = world.signed_in("a@example.com", &[Role::Patient]).await;
        credentials.request_reset("nobody@example.com").await.unwrap();
        credentials.request_reset("A@Example.com").await.unwrap();
        let token = world.token(LinkPurpose::ResetPassword).await;
        assert!(world.letters.is_empty());

        let weak = refusal(credentials.reset(reset(&token, "password"), &info()).await);
        assert!(matches!(weak, LinkRefusal::Common(Rejection::Invalid { .. })), "the link is not used up by a weak password");
        credentials.reset(reset(&token, NEXT), &info()).await.unwrap();

        assert_eq!(world.verifier.still_good(&before), Err(TokenError::Revoked));
        world.try_login("a@example.com", NEXT).await.unwrap();
        let again = credentials.reset(reset(&token, "eleven orange foxes"), &info()).await;
        assert_eq!(refusal(again), LinkRefusal::InvalidLink);
    }

    async fn of_many_who_use_one_link_one_wins(world: World) {
        world.person("a@example.com", &[Role::Patient]).await;
        world.services().credentials.request_reset("a@example.com").await.unwrap();
        let token = world.token(LinkPurpose::ResetPassword).await;
        let tries = (0..6).map(|n| {
            let credentials = world.services().credentials.clone();
            let command = reset(&token, &format!("nine purple elephants {n}"));
            tokio::spawn(async move { credentials.reset(command, &info()).await })
        });
        let mut won = 0;
        for one in tries.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Ok(_) => won += 1,
                other => assert_eq!(refusal(other), LinkRefusal::InvalidLink),
            }
        }
        assert_eq!(won, 1);
    }

    async fn a_reset_link_lives_half_an_hour_and_for_its_purpose_only(world: World) {
        let credentials = &world.services().credentials;
        world.person("a@example.com", &[Role::Patient]).await;
        credentials.request_reset("a@example.com").await.unwrap();
        let token = world.token(LinkPurpose::ResetPassword).await;
        let misused = world.services().accounts.verify_email(&token, &info()).await;
        assert_eq!(refusal(misused), LinkRefusal::InvalidLink);
        world.advance(TimeDelta::minutes(30));
        assert_eq!(refusal(credentials.reset(reset(&token, NEXT), &info()).await), LinkRefusal::InvalidLink);
        assert_eq!(refusal(credentials.reset(reset("forged", NEXT), &info()).await), LinkRefusal::InvalidLink);
    }

    async fn a_new_password_takes_an_account_from_whoever_registered_it_for_a_stranger(world: World) {
        // An attacker registers with somebody's address. The owner asks for a new password and gets the account, verified.
        let accounts = &world.services().accounts;
        accounts.register(crate::world::registration("owner@example.com"), &info()).await.unwrap();
        world.services().credentials.request_reset("owner@example.com").await.unwrap();
        let token = world.token(LinkPurpose::ResetPassword).await;
        world.services().credentials.reset(reset(&token, NEXT), &info()).await.unwrap();
        world.try_login("owner@example.com", NEXT).await.unwrap();
        assert_eq!(refusal(world.try_login("owner@example.com", PASSWORD).await), SignInRefusal::InvalidCredentials);
    }

    async fn of_two_who_register_an_address_only_its_owner_gets_in(world: World) {
        let accounts = &world.services().accounts;
        let register = async |password: &str, username: &str| {
            let command = caregraph_identity::account::Registration {
                password: password.into(),
                username: Some(username.into()),
                ..crate::world::registration("owner@example.com")
            };
            accounts.register(command, &info()).await.unwrap();
        };
        register("eleven orange foxes", "attacker").await;
        let first = world.token(LinkPurpose::VerifyEmail).await;
        register(PASSWORD, "owner").await;
        // Nobody knows which of the two the owner is: neither password stays, the first link is dead, and whoever reads the
        // address sets a new one.
        assert_eq!(refusal(accounts.verify_email(&first, &info()).await), LinkRefusal::InvalidLink);
        let token = world.token(LinkPurpose::ResetPassword).await;
        world.services().credentials.reset(reset(&token, NEXT), &info()).await.unwrap();
        world.try_login("owner@example.com", NEXT).await.unwrap();
        for identifier in ["owner@example.com", "attacker"] {
            let refused = refusal(world.try_login(identifier, "eleven orange foxes").await);
            assert_eq!(refused, SignInRefusal::InvalidCredentials, "{identifier}");
        }
    }

    async fn whoever_registers_twice_with_one_password_verifies_as_before(world: World) {
        let accounts = &world.services().accounts;
        for _ in 0..2 {
            accounts.register(crate::world::registration("a@example.com"), &info()).await.unwrap();
        }
        world.token(LinkPurpose::VerifyEmail).await;
        let second = world.token(LinkPurpose::VerifyEmail).await;
        accounts.verify_email(&second, &info()).await.unwrap();
        world.login("a@example.com").await;
    }

    async fn no_session_of_an_old_password_survives_a_reset(world: World) {
        world.person("a@example.com", &[Role::Patient]).await;
        world.services().credentials.request_reset("a@example.com").await.unwrap();
        let token = world.token(LinkPurpose::ResetPassword).await;
        let thieves = (0..6).map(|_| {
            let sessions = world.services().sessions.clone();
            tokio::spawn(async move {
                let mut opened = Vec::new();
                for _ in 0..5 {
                    let login = caregraph_identity::session::Login {
                        identifier: "a@example.com".into(), password: PASSWORD.into(), otp: None,
                    };
                    opened.extend(sessions.login(login, &info()).await);
                }
                opened
            })
        });
        let thieves: Vec<_> = thieves.collect();
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        world.services().credentials.reset(reset(&token, NEXT), &info()).await.unwrap();
        for thief in thieves {
            for opened in thief.await.unwrap() {
                assert_eq!(world.verifier.verify(&opened.access_token), Err(TokenError::Revoked));
            }
        }
    }

    async fn a_raised_cost_takes_effect_at_the_next_sign_in(world: World) {
        world.person("a@example.com", &[Role::Patient]).await;
        let mut settings = world.settings.clone();
        settings.password.iterations = 2;
        let costlier = build(&world.test.ground, &settings, &world.verifier).await;
        let login = || caregraph_identity::session::Login {
            identifier: "a@example.com".into(),
            password: PASSWORD.into(),
            otp: None,
        };
        costlier.services.sessions.login(login(), &info()).await.unwrap();
        let hash = crate::store::password_hashes(&world).await;
        assert!(hash[0].contains("t=2"), "{hash:?}");
        costlier.services.sessions.login(login(), &info()).await.unwrap();
        assert_eq!(crate::store::password_hashes(&world).await, hash, "renewed once");
    }
}
