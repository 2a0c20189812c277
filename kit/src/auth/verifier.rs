//! Checking access tokens, wherever they arrive.

use super::{Principal, Revocations, access_token::Claims};
use crate::clock::Clock;
use arc_swap::ArcSwap;
use caregraph_contracts::{Role, Scope};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk};
use std::{collections::HashMap, sync::Arc};

/// Why a token was not accepted. Callers see one and the same answer for all but expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of ours: wrong form, signature, algorithm, issuer or audience.
    #[error("the access token is not valid")]
    Invalid,
    /// It was good once.
    #[error("the access token has expired")]
    Expired,
    /// Its session was ended.
    #[error("the session has ended")]
    Revoked,
}

/// Checks tokens against the published keys and the list of ended sessions. Shared behind an [`Arc`].
pub struct TokenVerifier {
    keys: ArcSwap<PublishedKeys>,
    revocations: Revocations,
    validation: Validation,
    clock: Clock,
}

#[derive(Default)]
struct PublishedKeys {
    by_kid: HashMap<String, DecodingKey>,
    document: String,
}

impl TokenVerifier {
    /// A verifier without keys: it refuses everything until [`TokenVerifier::publish`] is called.
    pub fn new(issuer: &str, audience: &str, revocations: Revocations, clock: Clock) -> Self {
        // One algorithm and no other: `alg: none` and key confusion end here.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "sub", "iss", "aud"]);
        // Expiry is checked below against the injected clock.
        validation.validate_exp = false;
        Self {
            keys: ArcSwap::default(),
            revocations,
            validation,
            clock,
        }
    }

    /// Replaces the accepted keys by a JWKS document (RFC 7517). Keys of unknown kinds are left out.
    pub fn publish(&self, jwks: &serde_json::Value) -> Result<(), TokenError> {
        let keys = jwks
            .get("keys")
            .and_then(serde_json::Value::as_array)
            .ok_or(TokenError::Invalid)?;
        let by_kid = keys
            .iter()
            // One by one: the library refuses the whole set for a key of a kind that it does not know.
            .filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok())
            .filter_map(|jwk| Some((jwk.common.key_id.clone()?, DecodingKey::from_jwk(&jwk).ok()?)))
            .collect();
        self.keys.store(Arc::new(PublishedKeys {
            by_kid,
            document: jwks.to_string(),
        }));
        Ok(())
    }

    /// The published keys as JSON, for `/.well-known/jwks.json`.
    pub fn jwks_json(&self) -> String {
        let keys = self.keys.load();
        if keys.document.is_empty() {
            r#"{"keys":[]}"#.to_owned()
        } else {
            keys.document.clone()
        }
    }

    /// Ended sessions.
    pub fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    /// The clock against which tokens expire.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The principal behind a token.
    pub fn verify(&self, token: &str) -> Result<Principal, TokenError> {
        // An access token has a few hundred bytes; nobody makes us hash megabytes.
        if token.len() > 8 * 1024 {
            return Err(TokenError::Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        let kid = header.kid.ok_or(TokenError::Invalid)?;
        let keys = self.keys.load();
        let key = keys.by_kid.get(&kid).ok_or(TokenError::Invalid)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &self.validation)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        let expires_at = DateTime::<Utc>::from_timestamp(claims.exp, 0).ok_or(TokenError::Invalid)?;
        if self.clock.now() >= expires_at {
            return Err(TokenError::Expired);
        }
        if self.revocations.is_revoked(&claims.sid) {
            return Err(TokenError::Revoked);
        }
        // Names that this version does not know open nothing, so they may be left out.
        let roles = claims.roles.iter().filter_map(|role| role.parse::<Role>().ok());
        let scopes = claims
            .scope
            .split(' ')
            .filter_map(|scope| scope.parse::<Scope>().ok());
        Ok(Principal::user(claims.sub, claims.sid, roles, scopes, expires_at))
    }

    /// Whether a principal that was verified before is still good now: for connections that outlive their token.
    pub fn still_good(&self, principal: &Principal) -> Result<(), TokenError> {
        match (principal.session_id(), principal.expires_at()) {
            (Some(session), _) if self.revocations.is_revoked(&session) => Err(TokenError::Revoked),
            (_, Some(expires_at)) if self.clock.now() >= expires_at => Err(TokenError::Expired),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
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
}
