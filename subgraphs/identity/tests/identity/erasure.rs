//! Erasing accounts when everything about a person is erased.

use crate::administration::found_by;
use crate::second_factor::enrol;
use crate::store::texts;
use crate::world::{PASSWORD, World, build, refusal, registration, verifier};
use caregraph_contracts::events::{
    DataCategory, ErasureStep, Holdings, IdentityEvent, PatientsEvent, RetentionBasis, SessionEnd,
};
use caregraph_contracts::ids::{ErasureId, PatientId, UserId};
use caregraph_contracts::links::LinkPurpose;
use caregraph_contracts::{Domain, PublicEvent, Role};
use caregraph_identity::account::{
    AcceptInvitation, AssignRoles, InviteUser, LinkRefusal, PostalAddress, ProfileChanges, ProfileRefusal,
    Registration, SuspendUser, User, UserStatus,
};
use caregraph_identity::credential::ResetPassword;
use caregraph_identity::session::{RefreshRefusal, SignInRefusal};
use caregraph_kit::auth::{RequestInfo, TokenError};
use caregraph_kit::change::Change;
use caregraph_kit::events::Envelope;
use caregraph_kit::testing::eventually;
use caregraph_kit::{Rejection, on_every_engine};
use caregraph_migrations::identity::Migrator;

fn info() -> RequestInfo {
    RequestInfo {
        address: Some("203.0.113.7".parse().unwrap()),
        user_agent: Some("An's telephone".into()),
        ..RequestInfo::default()
    }
}

/// So many accounts go, and nothing stays.
fn goes(count: u64) -> Holdings {
    let mut holdings = Holdings::default();
    holdings.go(DataCategory::Account, count);
    holdings
}

/// What identity has told so far.
async fn told(world: &World) -> Vec<IdentityEvent> {
    let log = world.test.ground.events.read_after(0, 1000).await.unwrap();
    log.iter().map(|event| event.decode().unwrap().unwrap()).collect()
}

/// Lets identity hear a round of an erasure of people who may have these accounts; gives its answer.
async fn ask(world: &World, round: u32, accounts: &[UserId]) -> Holdings {
    let ground = &world.test.ground;
    let erasure: ErasureId = ground.clock.new_id();
    let event = PatientsEvent::ErasureAsked {
        step: ErasureStep {
            erasure_id: erasure,
            round,
            patient_id: PatientId::of_user(accounts[0]),
            records: accounts.iter().copied().map(PatientId::of_user).collect(),
            deceased: false,
            requested_by: accounts[0],
            at: ground.clock.now(),
        },
    };
    let envelope = Envelope {
        id: ground.clock.new_id(),
        domain: PatientsEvent::DOMAIN,
        position: 1,
        aggregate: event.aggregate(),
        name: event.name().to_owned(),
        version: event.version(),
        occurred_at: ground.clock.now(),
        traceparent: None,
        payload: serde_json::to_value(&event).unwrap(),
    };
    let handlers = &world.identity.subgraph.handlers;
    let eraser = handlers
        .iter()
        .find(|handler| handler.name() == "identity.erasure")
        .unwrap();
    let mut tx = ground.database.begin().await.unwrap();
    eraser.handle(&mut tx, &envelope).await.unwrap();
    tx.commit().await.unwrap();
    eventually("identity answers", async || {
        told(world).await.into_iter().find_map(|event| match event {
            IdentityEvent::ErasureAnswered { answer } if answer.erasure_id == erasure => {
                assert_eq!((answer.domain, answer.round), (Domain::Identity, round));
                Some(answer.holdings)
            }
            _ => None,
        })
    })
    .await
}

/// Has a username and a number besides the address `an@example.com`.
fn an() -> Registration {
    Registration {
        phone: Some("+84912345678".into()),
        username: Some("an.nguyen".into()),
        ..registration("an@example.com")
    }
}

/// Registers and verifies.
async fn enter(world: &World, command: Registration) -> User {
    let accounts = &world.services().accounts;
    accounts.register(command, &info()).await.unwrap();
    let token = world.token(LinkPurpose::VerifyEmail).await;
    accounts.verify_email(&token, &info()).await.unwrap()
}

/// Gives an account everything that an account can have.
async fn furnish(world: &World, email: &str) {
    let services = world.services();
    let signed_in = world.try_login_from(email, PASSWORD, &info()).await.unwrap();
    let principal = world.principal(&signed_in);
    let home = PostalAddress {
        label: Some("Nhà".into()),
        street: "12 Lê Lợi".into(),
        ward: None,
        district: None,
        city: "Hồ Chí Minh".into(),
        postal_code: None,
        country: "VN".into(),
    };
    let changes = ProfileChanges {
        avatar_url: Change::Set("https://example.com/an.png".into()),
        addresses: Some(vec![home]),
        time_zone: Some("Europe/Berlin".into()),
        ..ProfileChanges::default()
    };
    services
        .accounts
        .update_me(&principal, changes, &info())
        .await
        .unwrap();
    enrol(world, &principal).await;
    // Leaves a shadow, and a link to a new password.
    services
        .accounts
        .register(registration(email), &info())
        .await
        .unwrap();
}

on_every_engine! {
    async fn nothing_of_a_person_is_left_in_the_store(world: World) {
        let user = enter(&world, an()).await;
        furnish(&world, "an@example.com").await;
        let database = &world.test.ground.database;
        let beside = [
            "SELECT password_hash AS x FROM credentials",
            "SELECT secret_sealed AS x FROM totp_factors",
            "SELECT code_index AS x FROM recovery_codes",
            "SELECT purpose AS x FROM link_requests",
            "SELECT kind AS x FROM user_activity",
            "SELECT email_index AS x FROM registration_shadows",
        ];
        let nullable = [
            "SELECT username AS x FROM users",
            "SELECT phone_sealed AS x FROM users",
            "SELECT phone_index AS x FROM users",
            "SELECT avatar_url AS x FROM users",
            "SELECT addresses_sealed AS x FROM users",
            "SELECT device AS x FROM sessions",
            "SELECT address AS x FROM sessions",
        ];
        for sql in beside.iter().chain(&nullable) {
            assert!(texts(database, sql).await.iter().any(Option::is_some), "the test is worth something: {sql}");
        }

        let names = "SELECT token AS x FROM user_name_tokens";
        let before = texts(database, names).await;
        assert!(before.len() > 1, "the test is worth something: {before:?}");

        assert_eq!(ask(&world, 1, &[user.id]).await, goes(1));

        let left = texts(database, names).await;
        assert!(left.len() == 1 && !before.contains(&left[0]), "only the dash in its place: {left:?}");
        for sql in beside {
            assert!(texts(database, sql).await.is_empty(), "{sql}");
        }
        for sql in nullable {
            assert_eq!(texts(database, sql).await, [None::<String>], "{sql}");
        }
        let placeholder = format!("erased-{}@invalid", user.id);
        for (column, now) in [
            ("email", placeholder.as_str()),
            ("first_name", ""),
            ("last_name", ""),
            ("time_zone", "Asia/Ho_Chi_Minh"),
            ("status", "DEACTIVATED"),
        ] {
            let found = texts(database, &format!("SELECT {column} AS x FROM users")).await;
            assert_eq!(found, [Some(now.to_owned())], "{column}");
        }
        let searchable = texts(database, "SELECT search_text AS x FROM users").await[0].clone().unwrap();
        assert!(!searchable.contains("nguyen") && !searchable.contains("example"), "{searchable}");
    }

    async fn others_hear_what_stands_for_the_person_now(world: World) {
        let user = enter(&world, an()).await;
        let signed_in = world.login("an@example.com").await;
        let principal = world.principal(&signed_in);

        ask(&world, 1, &[user.id]).await;

        assert_eq!(world.verifier.still_good(&principal), Err(TokenError::Revoked));
        let log = told(&world).await;
        assert!(log.contains(&IdentityEvent::UserUpdated {
            user_id: user.id,
            email: format!("erased-{}@invalid", user.id),
            phone: None,
            first_name: "—".into(),
            last_name: "—".into(),
            locale: "vi".into(),
            time_zone: "Asia/Ho_Chi_Minh".into(),
        }));
        assert!(log.iter().any(|event| matches!(
            event,
            IdentityEvent::SessionRevoked { session_id, reason: SessionEnd::AccountSuspended, .. }
                if *session_id == signed_in.session
        )));
        // A process that starts later knows it too.
        let ground = world.test.second_process::<Migrator>().await;
        let there = verifier(&ground);
        build(&ground, &world.settings, &there).await;
        assert_eq!(there.verify(&signed_in.access_token), Err(TokenError::Revoked));
    }

    async fn an_erased_account_opens_for_nobody(world: World) {
        let services = world.services();
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let user = world.person("an@example.com", &[Role::Patient]).await;
        let signed_in = world.login("an@example.com").await;
        let principal = world.principal(&signed_in);
        services.credentials.request_reset("an@example.com").await.unwrap();
        let link = world.token(LinkPurpose::ResetPassword).await;

        ask(&world, 1, &[user.id]).await;

        let shell = services.accounts.user(&admin, user.id).await.unwrap().unwrap();
        assert_eq!(shell.status, UserStatus::Deactivated);
        assert_eq!((shell.first_name.as_str(), shell.last_name.as_str()), ("—", "—"));
        // Both were called the same.
        assert_eq!(found_by(&world, &admin, "nguyen").await, ["admin@example.com"]);
        for identifier in ["an@example.com", &shell.email] {
            assert_eq!(refusal(world.try_login(identifier, PASSWORD).await), SignInRefusal::InvalidCredentials);
        }
        let refreshed = services.sessions.refresh(&signed_in.refresh_token, &info()).await;
        assert_eq!(refusal(refreshed), RefreshRefusal::InvalidRefreshToken);
        let reset = ResetPassword { token: link, new_password: "nine purple elephants".into() };
        assert_eq!(refusal(services.credentials.reset(reset, &info()).await), LinkRefusal::InvalidLink);
        let asked = services.credentials.request_reset(&shell.email).await;
        assert!(matches!(refusal(asked), Rejection::Invalid { .. }), "no account can have this address");

        let opened = services.accounts.reactivate(&admin, user.id).await;
        assert!(matches!(refusal(opened), Rejection::Conflict { .. }));
        let suspend = SuspendUser { user: user.id, reason: "once more".into() };
        let suspended = services.accounts.suspend(&admin, suspend).await;
        assert!(matches!(refusal(suspended), Rejection::Conflict { .. }));
        let assign = AssignRoles { user: user.id, roles: [Role::Nurse].into(), expected_version: None };
        let assigned = services.accounts.assign_roles(&admin, assign).await;
        assert!(matches!(refusal(assigned), Rejection::Conflict { .. }));

        // Another process may take the old token for good a moment longer.
        let changes = ProfileChanges { first_name: Some("An".into()), ..ProfileChanges::default() };
        let changed = services.accounts.update_me(&principal, changes, &info()).await;
        assert!(matches!(refusal(changed), ProfileRefusal::Common(Rejection::NotFound { .. })));
        assert!(matches!(refusal(services.totp.start(&principal).await), Rejection::NotFound { .. }));
    }

    async fn whoever_comes_again_gets_an_account_of_the_same_names(world: World) {
        let first = enter(&world, an()).await;
        ask(&world, 1, &[first.id]).await;
        assert_eq!(refusal(world.try_login("an@example.com", PASSWORD).await), SignInRefusal::InvalidCredentials);

        let second = enter(&world, an()).await;

        assert_ne!(first.id, second.id);
        for identifier in ["an@example.com", "an.nguyen", "+84912345678"] {
            assert_eq!(world.login(identifier).await.user.id, second.id, "{identifier}");
        }
        assert_eq!(ask(&world, 2, &[first.id]).await, Holdings::default());
        world.login("an@example.com").await;
    }

    async fn whoever_works_here_keeps_the_account(world: World) {
        let patient = world.person("an@example.com", &[Role::Patient]).await;
        let nurse = world.person("nurse@example.com", &[Role::Patient, Role::Nurse]).await;
        let nobody = UserId::from(uuid::Uuid::from_u128(1));
        let accounts = [nobody, patient.id, nurse.id, patient.id];
        let mut stays = Holdings::default();
        stays.stay(DataCategory::Account, 1, RetentionBasis::Employment, None);
        let both = Holdings { stays: stays.stays.clone(), ..goes(1) };

        assert_eq!(ask(&world, 0, &accounts).await, both);
        world.login("an@example.com").await;
        assert_eq!(ask(&world, 1, &accounts).await, both);
        assert_eq!(refusal(world.try_login("an@example.com", PASSWORD).await), SignInRefusal::InvalidCredentials);
        assert_eq!(ask(&world, 1, &accounts).await, stays);

        world.login("nurse@example.com").await;
        let updates = told(&world).await.into_iter().filter(|event| matches!(event, IdentityEvent::UserUpdated { .. }));
        assert_eq!(updates.count(), 1, "what is erased is erased once");
    }

    async fn a_later_round_closes_no_account(world: World) {
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let nurse = world.person("nurse@example.com", &[Role::Patient, Role::Nurse]).await;
        assert_eq!(ask(&world, 1, &[nurse.id]).await.stays.len(), 1);
        // Years later the nurse works here no more, and is a patient like others.
        let assign = AssignRoles { user: nurse.id, roles: [Role::Patient].into(), expected_version: None };
        world.services().accounts.assign_roles(&admin, assign).await.unwrap();
        for round in [2, 3] {
            assert_eq!(ask(&world, round, &[nurse.id]).await, Holdings::default());
        }
        assert_eq!(world.login("nurse@example.com").await.user.id, nurse.id);
        // A new wish is another matter.
        assert_eq!(ask(&world, 1, &[nurse.id]).await, goes(1));
    }

    async fn accounts_that_nobody_can_sign_in_with_go_too(world: World) {
        let accounts = &world.services().accounts;
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let waiting = accounts.register(registration("waiting@example.com"), &info()).await.unwrap();
        let link = world.token(LinkPurpose::VerifyEmail).await;
        let suspended = world.person("an@example.com", &[Role::Patient]).await;
        let command = SuspendUser { user: suspended.id, reason: "An quarrels".into() };
        accounts.suspend(&admin, command).await.unwrap();

        assert_eq!(ask(&world, 1, &[waiting.id, suspended.id]).await, goes(2));

        let verified = accounts.verify_email(&link, &info()).await;
        assert_eq!(refusal(verified), LinkRefusal::InvalidLink);
        let shell = accounts.user(&admin, suspended.id).await.unwrap().unwrap();
        assert_eq!((shell.status, shell.suspended_reason), (UserStatus::Deactivated, None));
    }

    async fn an_invitation_does_not_keep_the_address(world: World) {
        let accounts = &world.services().accounts;
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let invite = InviteUser { email: "an@example.com".into(), roles: [Role::Patient].into(), locale: None };
        accounts.invite(&admin, invite).await.unwrap();
        let accept = AcceptInvitation {
            token: world.token(LinkPurpose::AcceptInvitation).await,
            password: PASSWORD.into(),
            first_name: "An".into(),
            last_name: "Nguyễn".into(),
            phone: None,
            username: None,
            locale: None,
            time_zone: None,
        };
        let user = accounts.accept_invitation(accept, &info()).await.unwrap();

        assert_eq!(ask(&world, 1, &[user.id]).await, goes(1));

        let kept = texts(&world.test.ground.database, "SELECT email AS x FROM invitations").await;
        assert!(kept.is_empty(), "{kept:?}");
    }
}
