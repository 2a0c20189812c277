//! Signatures that anybody can check who has the public key.

use super::KeyRing;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer as _, SigningKey};

/// Signs with Ed25519 for one purpose. The key follows from the key that never rotates, so what was signed once can be checked
/// for as long as the installation lives. Cheap to clone.
#[derive(Clone)]
pub struct Signer(SigningKey);

impl Signer {
    /// A signer for `purpose`; what it signs is no signature for another.
    pub fn new(ring: &KeyRing, purpose: &str) -> Self {
        Self(SigningKey::from_bytes(
            &ring.stable(&format!("signature/{purpose}")),
        ))
    }

    /// The signature of a message: 64 bytes in URL-safe base64 without padding.
    pub fn sign(&self, message: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.0.sign(message).to_bytes())
    }

    /// Whether [`Signer::sign`] made `signature` of this message. Text that is no signature is none.
    pub fn verify(&self, message: &[u8], signature: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(signature)
            .ok()
            .and_then(|bytes| Signature::from_slice(&bytes).ok())
            .is_some_and(|signature| self.0.verifying_key().verify_strict(message, &signature).is_ok())
    }

    /// What others check signatures with: 32 bytes as in RFC 8032, in URL-safe base64 without padding.
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.verifying_key().to_bytes())
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.public_key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_one_message_one_purpose_and_one_installation() {
        let (seal, index) = KeyRing::generate();
        let ring = KeyRing::parse(&[seal], &index).unwrap();
        let signer = Signer::new(&ring, "audit");
        let signature = signer.sign(b"a head");
        assert!(signer.verify(b"a head", &signature));
        assert!(!signer.verify(b"another head", &signature));
        assert!(!Signer::new(&ring, "other").verify(b"a head", &signature));
        let (seal, index) = KeyRing::generate();
        let elsewhere = KeyRing::parse(&[seal], &index).unwrap();
        assert!(!Signer::new(&elsewhere, "audit").verify(b"a head", &signature));
        for garbage in ["", "***", &signature[1..]] {
            assert!(!signer.verify(b"a head", garbage));
        }
    }

    #[test]
    fn rotating_the_keys_that_seal_changes_no_signature() {
        let (old, index) = KeyRing::generate();
        let before = KeyRing::parse(std::slice::from_ref(&old), &index).unwrap();
        let after = KeyRing::parse(&[before.another(), old], &index).unwrap();
        let (before, after) = (Signer::new(&before, "audit"), Signer::new(&after, "audit"));
        assert_eq!(before.public_key(), after.public_key());
        assert!(after.verify(b"a head", &before.sign(b"a head")));
    }
}
