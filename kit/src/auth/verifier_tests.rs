//! Which tokens are accepted, and until when.

use super::*;
use crate::auth::{SigningKey, TokenSigner};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use caregraph_contracts::ids::{SessionId, UserId};
use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

struct World {
    clock: Clock,
    key: SigningKey,
    verifier: TokenVerifier,
}

fn world() -> World {
    let clock = Clock::manual(DateTime::from_timestamp(1_800_000_000, 0).unwrap(), 1);
    let key = SigningKey::generate("k1");
    let verifier = TokenVerifier::new("us", "them", Revocations::new(clock.clone()), clock.clone());
    verifier.publish(&json!({ "keys": [key.public_jwk()] })).unwrap();
    World { clock, key, verifier }
}

impl World {
    fn token(&self, key: &SigningKey, issuer: &str, audience: &str) -> String {
        let now = self.clock.now();
        TokenSigner::new(key, issuer, audience)
            .unwrap()
            .sign(
                (
                    UserId::from(Uuid::from_u128(1)),
                    SessionId::from(Uuid::from_u128(2)),
                ),
                &[Role::Doctor],
                &[Scope::AppointmentsRead],
                (now, now + TimeDelta::minutes(15)),
                Uuid::from_u128(3),
            )
            .unwrap()
    }
}

#[test]
fn a_good_token_names_its_bearer() {
    let world = world();
    let principal = world
        .verifier
        .verify(&world.token(&world.key, "us", "them"))
        .unwrap();
    assert_eq!(principal.user_id(), Some(UserId::from(Uuid::from_u128(1))));
    assert!(principal.has(Scope::AppointmentsRead) && !principal.has(Scope::UsersWrite));
    assert!(principal.has_role(Role::Doctor));
}

#[test]
fn a_token_is_refused_once_its_key_is_withdrawn() {
    let world = world();
    let token = world.token(&world.key, "us", "them");
    assert!(world.verifier.verify(&token).is_ok());
    let other = SigningKey::generate("k2");
    let keys = |keys: &[&SigningKey]| {
        let keys: Vec<_> = keys.iter().map(|key| key.public_jwk()).collect();
        world.verifier.publish(&json!({ "keys": keys })).unwrap();
    };
    keys(&[&other]);
    assert_eq!(world.verifier.verify(&token), Err(TokenError::Invalid));
    // Of the same name, but another one.
    keys(&[&SigningKey::generate("k1"), &other]);
    assert_eq!(world.verifier.verify(&token), Err(TokenError::Invalid));
    keys(&[&world.key, &other]);
    assert!(world.verifier.verify(&token).is_ok());
}

#[test]
fn forged_tokens_are_refused() {
    let world = world();
    let good = world.token(&world.key, "us", "them");
    let stranger = SigningKey::generate("k1");
    let mut parts: Vec<&str> = good.split('.').collect();
    let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT","kid":"k1"}"#);
    parts[0] = &unsigned;
    let none_kept = parts.join(".");
    parts[2] = "";
    let none_empty = parts.join(".");
    let symmetric = jsonwebtoken::encode(
        &jsonwebtoken::Header {
            kid: Some("k1".into()),
            ..jsonwebtoken::Header::new(Algorithm::HS256)
        },
        &json!({"sub": Uuid::nil(), "iss": "us", "aud": "them", "exp": 4_000_000_000_i64}),
        &jsonwebtoken::EncodingKey::from_secret(world.verifier.jwks_json().as_bytes()),
    )
    .unwrap();
    for bad in [
        world.token(&stranger, "us", "them"),
        world.token(&world.key, "somebody", "them"),
        world.token(&world.key, "us", "others"),
        none_kept,
        none_empty,
        symmetric,
        "a.b.c".to_owned(),
        String::new(),
        "x".repeat(10_000_000),
    ] {
        assert_eq!(world.verifier.verify(&bad), Err(TokenError::Invalid));
    }
}

#[test]
fn keys_of_unknown_kinds_are_left_out_and_the_others_kept() {
    let world = world();
    let token = world.token(&world.key, "us", "them");
    let strange = json!({ "kty": "AKP", "alg": "ML-DSA-44", "kid": "pq", "pub": "AAAA" });
    world
        .verifier
        .publish(&json!({ "keys": [strange, world.key.public_jwk(), 7] }))
        .unwrap();
    assert!(world.verifier.verify(&token).is_ok());
    assert_eq!(world.verifier.publish(&json!({})), Err(TokenError::Invalid));
}

#[test]
fn an_end_that_is_told_twice_is_remembered_for_the_longer_time() {
    let world = world();
    let token = world.token(&world.key, "us", "them");
    let (session, now) = (SessionId::from(Uuid::from_u128(2)), world.clock.now());
    world
        .verifier
        .revocations()
        .revoke(session, now + TimeDelta::minutes(15));
    world
        .verifier
        .revocations()
        .revoke(session, now + TimeDelta::minutes(1));
    world.clock.advance(TimeDelta::minutes(5));
    // Forgetting happens when another session ends.
    world
        .verifier
        .revocations()
        .revoke(SessionId::from(Uuid::from_u128(9)), now + TimeDelta::minutes(15));
    assert_eq!(world.verifier.verify(&token), Err(TokenError::Revoked));
}

#[test]
fn tokens_end_by_time_and_by_revocation() {
    let world = world();
    let token = world.token(&world.key, "us", "them");
    let principal = world.verifier.verify(&token).unwrap();
    world.verifier.revocations().revoke(
        SessionId::from(Uuid::from_u128(2)),
        world.clock.now() + TimeDelta::hours(1),
    );
    assert_eq!(world.verifier.verify(&token), Err(TokenError::Revoked));
    assert_eq!(world.verifier.still_good(&principal), Err(TokenError::Revoked));
    world.clock.advance(TimeDelta::minutes(15));
    assert_eq!(world.verifier.verify(&token), Err(TokenError::Expired));
}
