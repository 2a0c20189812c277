//! Making access tokens: `EdDSA` JWTs (RFC 7519, RFC 8037) that live for minutes.

use super::verifier::TokenError;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use caregraph_contracts::ids::{SessionId, UserId};
use caregraph_contracts::{Role, Scope};
use chrono::{DateTime, Utc};
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rand::RngCore;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

/// What stands in an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Account (`sub`).
    pub sub: UserId,
    /// Session (`sid`).
    pub sid: SessionId,
    /// Roles by name.
    pub roles: Vec<String>,
    /// Scopes, separated by spaces (RFC 8693 4.2).
    pub scope: String,
    /// Issuer.
    pub iss: String,
    /// Audience.
    pub aud: String,
    /// Issued at, seconds since the epoch.
    pub iat: i64,
    /// Not good any more from here on, seconds since the epoch.
    pub exp: i64,
    /// Id of the token itself.
    pub jti: uuid::Uuid,
}

/// A private key with its public name.
pub struct SigningKey {
    kid: String,
    secret: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// A fresh random key named `kid`.
    pub fn generate(kid: impl Into<String>) -> Self {
        let mut seed = Zeroizing::new([0_u8; 32]);
        rand::rng().fill_bytes(seed.as_mut());
        Self::from_seed(kid, &seed)
    }

    /// The key that grows from a stored seed.
    pub fn from_seed(kid: impl Into<String>, seed: &[u8; 32]) -> Self {
        Self {
            kid: kid.into(),
            secret: ed25519_dalek::SigningKey::from_bytes(seed),
        }
    }

    /// The seed, for storing it sealed.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.secret.to_bytes())
    }

    /// The key's name, the `kid` of its tokens.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half as a JSON Web Key (RFC 8037 2).
    pub fn public_jwk(&self) -> serde_json::Value {
        json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "use": "sig",
            "alg": "EdDSA",
            "kid": self.kid,
            "x": URL_SAFE_NO_PAD.encode(self.secret.verifying_key().as_bytes()),
        })
    }
}

/// Signs access tokens with one key.
pub struct TokenSigner {
    header: Header,
    key: EncodingKey,
    issuer: String,
    audience: String,
}

impl TokenSigner {
    /// A signer that speaks as `issuer` to `audience`.
    pub fn new(key: &SigningKey, issuer: &str, audience: &str) -> Result<Self, TokenError> {
        let der = key.secret.to_pkcs8_der().map_err(|_| TokenError::Invalid)?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.kid.clone());
        Ok(Self {
            header,
            key: EncodingKey::from_ed_der(der.as_bytes()),
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
        })
    }

    /// A token for one session, good from `now` until `expires_at`.
    pub fn sign(
        &self,
        (user, session): (UserId, SessionId),
        roles: &[Role],
        scopes: &[Scope],
        (now, expires_at): (DateTime<Utc>, DateTime<Utc>),
        token_id: uuid::Uuid,
    ) -> Result<String, TokenError> {
        let claims = Claims {
            sub: user,
            sid: session,
            roles: roles.iter().map(ToString::to_string).collect(),
            scope: scopes
                .iter()
                .map(|scope| scope.as_str())
                .collect::<Vec<_>>()
                .join(" "),
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            iat: now.timestamp(),
            exp: expires_at.timestamp(),
            jti: token_id,
        };
        jsonwebtoken::encode(&self.header, &claims, &self.key).map_err(|_| TokenError::Invalid)
    }
}
