//! Checking access tokens, wherever they arrive.

use super::{Principal, Revocations, access_token::Claims};
use crate::clock::Clock;
use arc_swap::ArcSwap;
use caregraph_contracts::{Role, Scope};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// A token comes with every request of its session, and checking a signature takes longer than many an answer. So many tokens whose
/// signature was found good are remembered, by their digests.
const REMEMBERED: u64 = 20_000;

/// For how long at most; it frees memory and decides nothing.
const REMEMBERED_FOR: Duration = Duration::from_mins(15);

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
    signed: Cache<[u8; 32], Signed>,
    revocations: Revocations,
    validation: Validation,
    clock: Clock,
}

/// Somebody whose token has a good signature by one of `keys`. Whether it is still good is another question, asked every time.
#[derive(Clone)]
struct Signed {
    principal: Principal,
    keys: Arc<PublishedKeys>,
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
            signed: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(REMEMBERED_FOR)
                .build(),
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
        let keys = self.keys.load_full();
        let digest = Sha256::digest(token).into();
        let principal = match self.signed.get(&digest) {
            // Published keys are replaced as a whole, so a signature is checked anew after that.
            Some(signed) if Arc::ptr_eq(&signed.keys, &keys) => signed.principal,
            _ => {
                let principal = self.check_signature(token, &keys)?;
                let signed = Signed {
                    principal: principal.clone(),
                    keys,
                };
                self.signed.insert(digest, signed);
                principal
            }
        };
        self.still_good(&principal)?;
        Ok(principal)
    }

    fn check_signature(&self, token: &str, keys: &PublishedKeys) -> Result<Principal, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        let kid = header.kid.ok_or(TokenError::Invalid)?;
        let key = keys.by_kid.get(&kid).ok_or(TokenError::Invalid)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &self.validation)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        let expires_at = DateTime::<Utc>::from_timestamp(claims.exp, 0).ok_or(TokenError::Invalid)?;
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
            (_, Some(expires_at)) if self.clock.now() >= expires_at => Err(TokenError::Expired),
            (Some(session), _) if self.revocations.is_revoked(&session) => Err(TokenError::Revoked),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "verifier_tests.rs"]
mod tests;
