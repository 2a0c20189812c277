//! Registering, verifying, one's own profile.

use crate::world::{PASSWORD, World, refusal, registration};
use caregraph_contracts::links::LinkPurpose;
use caregraph_contracts::{Role, Scope};
use caregraph_identity::account::{
    LinkRefusal, PostalAddress, ProfileChanges, ProfileRefusal, RegisterRefusal, Registration, UserStatus,
};
use caregraph_identity::session::SignInRefusal;
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::change::Change;
use caregraph_kit::{Failure, Rejection, on_every_engine};
use chrono::TimeDelta;

fn info() -> RequestInfo {
    RequestInfo::default()
}

on_every_engine! {
    async fn whoever_registers_and_verifies_can_sign_in(world: World) {
        let accounts = &world.services().accounts;
        let command = Registration {
            phone: Some("+84 912 345 678".into()),
            username: Some("An.Nguyen".into()),
            ..registration(" An@Example.com ")
        };
        let user = accounts.register(command, &info()).await.unwrap();
        assert_eq!((user.email.as_str(), user.status), ("an@example.com", UserStatus::PendingVerification));
        assert_eq!(user.roles.iter().copied().collect::<Vec<_>>(), [Role::Patient]);

        assert_eq!(refusal(world.try_login("an@example.com", PASSWORD).await), SignInRefusal::EmailNotVerified);
        assert_eq!(refusal(world.try_login("an@example.com", "wrong").await), SignInRefusal::InvalidCredentials);

        assert_eq!(world.letters.len(), 1);
        let verified = accounts.verify_email(&world.token(LinkPurpose::VerifyEmail).await, &info()).await.unwrap();
        assert_eq!((verified.id, verified.status), (user.id, UserStatus::Active));

        for identifier in ["AN@example.com", "an.nguyen", "+84912345678", "0084 912 345 678"] {
            let signed_in = world.login(identifier).await;
            let principal = world.principal(&signed_in);
            assert_eq!(principal.user_id(), Some(user.id));
            assert!(principal.has(Scope::AppointmentsWrite) && !principal.has(Scope::UsersRead));
        }
        let me = accounts.me(&world.principal(&world.login("an.nguyen").await)).await.unwrap().unwrap();
        assert_eq!(me.phone.as_deref(), Some("+84912345678"));
        assert!(me.last_login_at.is_some());
    }

    async fn a_link_works_once_and_for_a_day(world: World) {
        let accounts = &world.services().accounts;
        accounts.register(registration("a@example.com"), &info()).await.unwrap();
        let token = world.token(LinkPurpose::VerifyEmail).await;
        accounts.verify_email(&token, &info()).await.unwrap();
        assert_eq!(refusal(accounts.verify_email(&token, &info()).await), LinkRefusal::InvalidLink);

        accounts.register(registration("b@example.com"), &info()).await.unwrap();
        let token = world.token(LinkPurpose::VerifyEmail).await;
        world.advance(TimeDelta::hours(24));
        assert_eq!(refusal(accounts.verify_email(&token, &info()).await), LinkRefusal::InvalidLink);

        for forged in ["", "x", &token[1..], &"A".repeat(64), &"A".repeat(10_000_000)] {
            assert_eq!(refusal(accounts.verify_email(forged, &info()).await), LinkRefusal::InvalidLink);
        }
    }

    async fn a_verification_that_is_sent_again_replaces_the_first(world: World) {
        let accounts = &world.services().accounts;
        accounts.register(registration("a@example.com"), &info()).await.unwrap();
        let first = world.token(LinkPurpose::VerifyEmail).await;
        accounts.resend_verification("nobody@example.com").await.unwrap();
        accounts.resend_verification("A@example.com").await.unwrap();
        let second = world.token(LinkPurpose::VerifyEmail).await;
        assert_eq!(refusal(accounts.verify_email(&first, &info()).await), LinkRefusal::InvalidLink);
        accounts.verify_email(&second, &info()).await.unwrap();
        assert!(world.letters.is_empty(), "a stranger's address gets nothing");
    }

    async fn registering_does_not_tell_who_has_an_account(world: World) {
        let accounts = &world.services().accounts;
        let owner = world.person("owner@example.com", &[Role::Patient]).await;
        let command = |email: &str, username: &str| Registration {
            username: Some(username.into()),
            password: "thirteen blue whales".into(),
            ..registration(email)
        };

        let decoy = accounts.register(command("owner@example.com", "decoy"), &info()).await.unwrap();
        let fresh = accounts.register(command("fresh@example.com", "fresh"), &info()).await.unwrap();

        assert_ne!(decoy.id, owner.id);
        assert_eq!((decoy.status, &decoy.first_name), (fresh.status, &fresh.first_name));
        for identifier in ["owner@example.com", "decoy", "fresh@example.com", "fresh"] {
            let refused = refusal(world.try_login(identifier, "thirteen blue whales").await);
            assert_eq!(refused, SignInRefusal::EmailNotVerified, "{identifier}");
        }
        for name in ["decoy", "fresh"] {
            let again = accounts.register(command("third@example.com", name), &info()).await;
            assert_eq!(refusal(again), RegisterRefusal::UsernameTaken);
        }
        // The owner is told, keeps the account, and can sign in as before.
        assert_eq!(world.letter(LinkPurpose::ResetPassword).await.user, owner.id);
        assert_eq!(world.login("owner@example.com").await.user.id, owner.id);
    }

    async fn a_number_of_somebody_else_is_left_out(world: World) {
        let accounts = &world.services().accounts;
        let with_phone = |email: &str| Registration { phone: Some("+84912345678".into()), ..registration(email) };
        accounts.register(with_phone("a@example.com"), &info()).await.unwrap();
        accounts.verify_email(&world.token(LinkPurpose::VerifyEmail).await, &info()).await.unwrap();
        accounts.register(with_phone("b@example.com"), &info()).await.unwrap();
        accounts.verify_email(&world.token(LinkPurpose::VerifyEmail).await, &info()).await.unwrap();
        assert_eq!(world.login("b@example.com").await.user.phone, None);
        assert_eq!(world.login("+84912345678").await.user.email, "a@example.com");
    }

    async fn of_many_who_register_the_same_address_at_once_one_gets_it(world: World) {
        let tries = (0..8).map(|_| {
            let accounts = world.services().accounts.clone();
            tokio::spawn(async move { accounts.register(registration("same@example.com"), &info()).await.unwrap().id })
        });
        let mut ids = std::collections::BTreeSet::new();
        for one in tries.collect::<Vec<_>>() {
            ids.insert(one.await.unwrap());
        }
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let all = world.run(&admin, "{ users { edges { node { id email } } } }", serde_json::json!({})).await;
        let same: Vec<_> = all["data"]["users"]["edges"].as_array().unwrap().iter()
            .filter(|edge| edge["node"]["email"] == "same@example.com").collect();
        assert_eq!(same.len(), 1, "{all}");
        assert!(ids.iter().any(|id| same[0]["node"]["id"] == id.to_string()));
    }

    async fn of_many_who_want_the_same_username_at_once_one_gets_it(world: World) {
        let tries = (0..8).map(|n| {
            let accounts = world.services().accounts.clone();
            let command = Registration { username: Some("wanted".into()), ..registration(&format!("u{n}@example.com")) };
            tokio::spawn(async move { accounts.register(command, &info()).await })
        });
        let mut won = 0;
        for one in tries.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Ok(_) => won += 1,
                other => assert_eq!(refusal(other), RegisterRefusal::UsernameTaken),
            }
        }
        assert_eq!(won, 1);
    }

    async fn bad_input_is_told_at_its_place_and_changes_nothing(world: World) {
        let accounts = &world.services().accounts;
        let huge = "x".repeat(10_000_000);
        for bad in ["", " ", "nobody", "a@b", "a\0b@example.com", "a\r\nBcc:x@example.com", &huge] {
            let failed = accounts.register(registration(bad), &info()).await;
            let RegisterRefusal::Common(Rejection::Invalid { path, .. }) = refusal(failed) else { panic!("{bad}") };
            assert_eq!(path, ["email"]);
        }
        let everything_wrong = Registration {
            email: huge.clone(),
            password: huge.clone(),
            first_name: huge.clone(),
            last_name: "\u{0}\u{7}".into(),
            phone: Some(huge.clone()),
            username: Some(huge.clone()),
            locale: Some(huge.clone()),
            time_zone: Some(huge),
        };
        let Err(Failure::Refused(found)) = accounts.register(everything_wrong, &info()).await else { panic!() };
        assert_eq!(found.len(), 8, "{found:?}");
        assert_eq!(refusal(world.try_login(&"x".repeat(10_000_000), "x").await), SignInRefusal::InvalidCredentials);
        assert_eq!(refusal(world.try_login("", &"x".repeat(10_000_000)).await), SignInRefusal::InvalidCredentials);
        assert!(world.letters.is_empty());
    }

    async fn people_change_their_own_profile(world: World) {
        let accounts = &world.services().accounts;
        let principal = world.signed_in("a@example.com", &[Role::Patient]).await;
        world.person("b@example.com", &[Role::Patient]).await;
        let home = PostalAddress {
            label: Some("Nhà".into()),
            street: "12 Lê Lợi".into(),
            ward: Some("Bến Nghé".into()),
            district: None,
            city: "Hồ Chí Minh".into(),
            postal_code: None,
            country: "vn".into(),
        };
        let changes = ProfileChanges {
            username: Change::Set("An".repeat(3)),
            phone: Change::Set("+84 912 345 678".into()),
            addresses: Some(vec![home]),
            locale: Some("vi".into()),
            time_zone: Some("Europe/Berlin".into()),
            avatar_url: Change::Set("https://example.com/a.png".into()),
            ..ProfileChanges::default()
        };
        let version = accounts.update_me(&principal, changes.clone(), &info()).await.unwrap().version;
        let me = accounts.me(&principal).await.unwrap().unwrap();
        assert_eq!(me.addresses[0].country, "VN");
        assert_eq!((me.username.as_deref(), me.phone.as_deref()), (Some("ananan"), Some("+84912345678")));
        assert_eq!(me.version, version);

        let other = world.principal(&world.login("b@example.com").await);
        let name = ProfileChanges { phone: Change::Keep, ..changes.clone() };
        assert_eq!(refusal(accounts.update_me(&other, name, &info()).await), ProfileRefusal::UsernameTaken);
        let number = ProfileChanges { username: Change::Keep, ..changes };
        let refused = refusal(accounts.update_me(&other, number, &info()).await);
        assert!(matches!(refused, ProfileRefusal::Common(Rejection::Conflict { path, .. }) if path == ["phone"]));

        let stale = ProfileChanges { expected_version: Some(version - 1), ..ProfileChanges::default() };
        let refused = refusal(accounts.update_me(&principal, stale, &info()).await);
        assert!(matches!(refused, ProfileRefusal::Common(Rejection::Conflict { .. })));

        let removed = ProfileChanges { phone: Change::Clear, username: Change::Clear, ..ProfileChanges::default() };
        let me = accounts.update_me(&principal, removed, &info()).await.unwrap();
        assert_eq!((me.phone, me.username), (None, None));
        assert!(accounts.update_me(&Principal::anonymous(), ProfileChanges::default(), &info()).await.is_err());
    }
}
