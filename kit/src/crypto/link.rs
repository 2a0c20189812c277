//! Tokens for links in messages, derived instead of stored.
//!
//! The event that asks for a message carries only the id of a request; whoever writes the message derives the token
//! from it. So no secret lies in an event, a log or a store, and a stolen copy of the database verifies nobody.

use super::KeyRing;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// Makes and checks the tokens of one purpose.
#[derive(Clone, Debug)]
pub struct LinkTokens {
    ring: KeyRing,
    purpose: &'static str,
}

impl LinkTokens {
    /// Tokens for `purpose`; one for another purpose does not pass.
    pub fn new(ring: KeyRing, purpose: &'static str) -> Self {
        Self { ring, purpose }
    }

    /// The token of a request: its id and a 256-bit authentication code, in URL-safe characters.
    pub fn token(&self, request: Uuid) -> String {
        let code = self.mac(request).finalize().into_bytes();
        let mut bytes = request.as_bytes().to_vec();
        bytes.extend_from_slice(&code);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The request behind a token, if the token is genuine. Whether the request is still open is its owner's to say.
    pub fn verify(&self, token: &str) -> Option<Uuid> {
        let bytes = URL_SAFE_NO_PAD.decode(token.trim()).ok()?;
        let (id, code) = bytes.split_at_checked(16)?;
        let request = Uuid::from_slice(id).ok()?;
        // `verify_slice` compares in constant time.
        self.mac(request).verify_slice(code).ok().map(|()| request)
    }

    fn mac(&self, request: Uuid) -> Hmac<Sha256> {
        let key = self.ring.stable(&format!("link-token/{}", self.purpose));
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of every length");
        mac.update(request.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_request_for_its_purpose_only() {
        let (seal, index) = KeyRing::generate();
        let ring = KeyRing::parse(&[seal], &index).unwrap();
        let verify = LinkTokens::new(ring.clone(), "verify-email");
        let reset = LinkTokens::new(ring, "reset-password");
        let request = Uuid::from_u128(7);
        let token = verify.token(request);
        assert_eq!(verify.verify(&token), Some(request));
        assert_eq!(reset.verify(&token), None);
        assert_eq!(verify.verify(&token[1..]), None);
        assert_eq!(verify.verify(""), None);
    }
}
