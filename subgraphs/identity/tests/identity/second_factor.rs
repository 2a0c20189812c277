//! Codes, recovery codes, and roles that need them.

use crate::world::{PASSWORD, World, refusal};
use caregraph_contracts::{Role, Scope};
use caregraph_identity::credential::ReauthenticationRefusal;
use caregraph_identity::role::SetRolePermissions;
use caregraph_identity::session::{Login, SignInRefusal, SignedIn};
use caregraph_identity::totp::DisableTotp;
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::{Failure, Rejection, on_every_engine};
use chrono::TimeDelta;
use totp_rs::{Algorithm, Secret, TOTP};

fn info() -> RequestInfo {
    RequestInfo::default()
}

/// The code that an authenticator with this secret shows now.
fn code(world: &World, secret: &str) -> String {
    let secret = Secret::Encoded(secret.into()).to_bytes().unwrap();
    let totp = TOTP::new_unchecked(Algorithm::SHA1, 6, 1, 30, secret, None, String::new());
    totp.generate(u64::try_from(world.test.ground.clock.now().timestamp()).unwrap())
}

async fn login(world: &World, otp: Option<&str>) -> Result<SignedIn, Failure<SignInRefusal>> {
    let login = Login {
        identifier: "a@example.com".into(),
        password: PASSWORD.into(),
        otp: otp.map(str::to_owned),
    };
    world.services().sessions.login(login, &info()).await
}

/// Sets up a second factor; gives its secret and recovery codes. Afterwards the code of now is used up.
pub async fn enrol(world: &World, principal: &Principal) -> (String, Vec<String>) {
    let totp = &world.services().totp;
    let enrolment = totp.start(principal).await.unwrap();
    assert!(enrolment.uri.starts_with("otpauth://totp/"), "{}", enrolment.uri);
    let codes = totp
        .confirm(principal, &code(world, &enrolment.secret), &info())
        .await
        .unwrap();
    (enrolment.secret, codes)
}

on_every_engine! {
    async fn a_second_factor_is_needed_once_it_is_confirmed(world: World) {
        let totp = &world.services().totp;
        let principal = world.signed_in("a@example.com", &[Role::Patient]).await;
        totp.start(&principal).await.unwrap();
        login(&world, None).await.unwrap();
        let wrong = totp.confirm(&principal, "000000", &info()).await;
        assert_eq!(refusal(wrong), ReauthenticationRefusal::InvalidCredentials);

        let (secret, codes) = enrol(&world, &principal).await;
        assert_eq!(codes.len(), 10);
        assert_eq!(refusal(login(&world, None).await), SignInRefusal::OtpRequired);
        assert_eq!(refusal(login(&world, Some("000000")).await), SignInRefusal::InvalidCredentials);
        assert!(matches!(refusal(totp.start(&principal).await), Rejection::Conflict { .. }));

        let used = code(&world, &secret);
        assert_eq!(refusal(login(&world, Some(&used)).await), SignInRefusal::InvalidCredentials, "used to confirm");
        world.advance(TimeDelta::seconds(30));
        let fresh = code(&world, &secret);
        login(&world, Some(&fresh)).await.unwrap();
        assert_eq!(refusal(login(&world, Some(&fresh)).await), SignInRefusal::InvalidCredentials, "replayed");
    }

    async fn of_many_with_the_same_code_one_gets_in(world: World) {
        let principal = world.signed_in("a@example.com", &[Role::Patient]).await;
        let (secret, _) = enrol(&world, &principal).await;
        world.advance(TimeDelta::seconds(30));
        let fresh = code(&world, &secret);
        let tries = (0..4).map(|_| {
            let sessions = world.services().sessions.clone();
            let login = Login {
                identifier: "a@example.com".into(),
                password: PASSWORD.into(),
                otp: Some(fresh.clone()),
            };
            tokio::spawn(async move { sessions.login(login, &info()).await.is_ok() })
        });
        let mut won = 0;
        for one in tries.collect::<Vec<_>>() {
            won += usize::from(one.await.unwrap());
        }
        assert_eq!(won, 1);
    }

    async fn a_recovery_code_takes_its_place_once(world: World) {
        let principal = world.signed_in("a@example.com", &[Role::Patient]).await;
        let (_, codes) = enrol(&world, &principal).await;
        login(&world, Some(&codes[3].to_uppercase())).await.unwrap();
        assert_eq!(refusal(login(&world, Some(&codes[3])).await), SignInRefusal::InvalidCredentials);
        login(&world, Some(&codes[4])).await.unwrap();
    }

    async fn removing_takes_password_and_code(world: World) {
        let totp = &world.services().totp;
        let principal = world.signed_in("a@example.com", &[Role::Patient]).await;
        let (secret, codes) = enrol(&world, &principal).await;
        world.advance(TimeDelta::seconds(30));
        let with = |password: &str, otp: &str| DisableTotp { password: password.into(), otp: otp.into() };
        for bad in [with("wrong", &code(&world, &secret)), with(PASSWORD, "000000"), with(PASSWORD, "")] {
            assert_eq!(refusal(totp.disable(&principal, bad, &info()).await), ReauthenticationRefusal::InvalidCredentials);
        }
        totp.disable(&principal, with(PASSWORD, &code(&world, &secret)), &info()).await.unwrap();
        login(&world, None).await.unwrap();
        enrol(&world, &principal).await;
        assert_eq!(refusal(login(&world, Some(&codes[0])).await), SignInRefusal::InvalidCredentials, "codes of before");
    }

    async fn a_role_that_needs_a_second_factor_gives_nothing_without(world: World) {
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let command = SetRolePermissions {
            role: Role::Doctor,
            permissions: Role::Doctor.default_scopes().iter().copied().collect(),
            requires_totp: Some(true),
            expected_version: None,
        };
        world.services().roles.set_permissions(&admin, command).await.unwrap();
        world.person("a@example.com", &[Role::Doctor]).await;
        let before = login(&world, None).await.unwrap();
        let principal = world.principal(&before);
        assert!(principal.has(Scope::AccountWrite) && !principal.has(Scope::PatientsRead));

        let (secret, _) = enrol(&world, &principal).await;
        let after = world.services().sessions.refresh(&before.refresh_token, &info()).await.unwrap();
        assert!(world.principal(&after).has(Scope::PatientsRead));
        world.advance(TimeDelta::seconds(30));
        let disable = DisableTotp { password: PASSWORD.into(), otp: code(&world, &secret) };
        let kept = refusal(world.services().totp.disable(&world.principal(&after), disable, &info()).await);
        assert!(matches!(kept, ReauthenticationRefusal::Common(Rejection::NotAllowed { .. })));
    }

    async fn guessing_codes_gets_slow(world: World) {
        let principal = world.signed_in("a@example.com", &[Role::Patient]).await;
        world.services().totp.start(&principal).await.unwrap();
        for _ in 0..5 {
            let tried = world.services().totp.confirm(&principal, "000000", &info()).await;
            assert_eq!(refusal(tried), ReauthenticationRefusal::InvalidCredentials);
        }
        let tried = refusal(world.services().totp.confirm(&principal, "000000", &info()).await);
        assert!(matches!(tried, ReauthenticationRefusal::Throttled { .. }));
    }
}
