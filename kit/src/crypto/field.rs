//! Sealing single fields, and finding them again by equality.

use super::{CryptoError, KeyRing};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use rand::RngCore;
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;
use uuid::Uuid;

/// Where a sealed value lives. A value moved to another record or field does not open there.
#[derive(Debug, Clone, Copy)]
pub struct FieldRef<'a> {
    /// Table or collection.
    pub table: &'a str,
    /// Which record.
    pub record: Uuid,
    /// Which field.
    pub field: &'a str,
}

impl FieldRef<'_> {
    fn associated_data(&self) -> Vec<u8> {
        format!("{}\0{}\0{}", self.table, self.record, self.field).into_bytes()
    }
}

/// Seals and opens fields with XChaCha20-Poly1305, whose 192-bit nonces may be drawn at random without counting.
///
/// Format: `v1.<key name>.<base64url of nonce and ciphertext>`. The key's name stands in front, so that keys can
/// rotate while old values still open.
#[derive(Clone, Debug)]
pub struct FieldCipher {
    ring: KeyRing,
}

impl FieldCipher {
    /// A cipher on `ring`.
    pub fn new(ring: KeyRing) -> Self {
        Self { ring }
    }

    /// The keys, for purposes beside sealing.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// Seals `plain` for one place.
    pub fn seal(&self, place: FieldRef<'_>, plain: &str) -> String {
        let (name, key) = self.ring.sealing("field");
        let mut nonce = XNonce::default();
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload {
            msg: plain.as_bytes(),
            aad: &place.associated_data(),
        };
        let sealed = XChaCha20Poly1305::new(&key.into())
            .encrypt(&nonce, payload)
            .expect("fields are far below the cipher's limit of 256 GiB");
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&sealed);
        format!("v1.{name}.{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Opens what [`FieldCipher::seal`] made for the same place.
    pub fn open(&self, place: FieldRef<'_>, sealed: &str) -> Result<String, CryptoError> {
        let mut parts = sealed.splitn(3, '.');
        let (Some("v1"), Some(name), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(CryptoError::Malformed);
        };
        let key = self
            .ring
            .opening(name, "field")
            .ok_or_else(|| CryptoError::UnknownKey(name.chars().take(16).collect()))?;
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| CryptoError::Malformed)?;
        let (nonce, ciphertext) = bytes.split_at_checked(24).ok_or(CryptoError::Malformed)?;
        let payload = Payload {
            msg: ciphertext,
            aad: &place.associated_data(),
        };
        let plain = XChaCha20Poly1305::new(&key.into())
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| CryptoError::Forged)?;
        String::from_utf8(plain).map_err(|_| CryptoError::Content)
    }

    /// Seals a value as JSON.
    pub fn seal_json<T: Serialize>(&self, place: FieldRef<'_>, value: &T) -> Result<String, CryptoError> {
        serde_json::to_string(value)
            .map(|text| self.seal(place, &text))
            .map_err(|_| CryptoError::Content)
    }

    /// Opens a value sealed as JSON.
    pub fn open_json<T: DeserializeOwned>(
        &self,
        place: FieldRef<'_>,
        sealed: &str,
    ) -> Result<T, CryptoError> {
        serde_json::from_str(&self.open(place, sealed)?).map_err(|_| CryptoError::Content)
    }

    /// A keyed digest that makes equal values of one field equal, and tells nothing else. Normalise before: the
    /// index knows no spelling variants.
    pub fn blind_index(&self, field: &str, value: &str) -> String {
        let key = self.ring.stable(&format!("blind-index/{field}"));
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&key).expect("HMAC takes keys of every length");
        mac.update(value.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher() -> FieldCipher {
        let (seal, index) = KeyRing::generate();
        FieldCipher::new(KeyRing::parse(&[seal], &index).unwrap())
    }

    fn place(record: u128, field: &str) -> FieldRef<'_> {
        FieldRef {
            table: "patients",
            record: Uuid::from_u128(record),
            field,
        }
    }

    #[test]
    fn a_value_opens_where_it_was_sealed_and_nowhere_else() {
        let cipher = cipher();
        let sealed = cipher.seal(place(1, "phone"), "+84912345678");
        assert!(!sealed.contains("912345678"));
        assert_eq!(cipher.open(place(1, "phone"), &sealed).unwrap(), "+84912345678");
        assert_eq!(cipher.open(place(2, "phone"), &sealed), Err(CryptoError::Forged));
        assert_eq!(
            cipher.open(place(1, "national_id"), &sealed),
            Err(CryptoError::Forged)
        );
    }

    #[test]
    fn equal_values_seal_differently_but_index_equally() {
        let cipher = cipher();
        assert_ne!(
            cipher.seal(place(1, "phone"), "x"),
            cipher.seal(place(1, "phone"), "x")
        );
        assert_eq!(cipher.blind_index("phone", "x"), cipher.blind_index("phone", "x"));
        assert_ne!(
            cipher.blind_index("phone", "x"),
            cipher.blind_index("national_id", "x")
        );
    }

    #[test]
    fn old_keys_open_after_rotation_and_lost_keys_are_named() {
        let (old, index) = KeyRing::generate();
        let (new, _) = KeyRing::generate();
        let new = new.replacen("k1", "k2", 1);
        let before = FieldCipher::new(KeyRing::parse(std::slice::from_ref(&old), &index).unwrap());
        let sealed = before.seal(place(1, "phone"), "x");
        let after = FieldCipher::new(KeyRing::parse(&[new.clone(), old], &index).unwrap());
        assert_eq!(after.open(place(1, "phone"), &sealed).unwrap(), "x");
        assert!(after.seal(place(1, "phone"), "x").starts_with("v1.k2."));
        let lost = FieldCipher::new(KeyRing::parse(&[new], &index).unwrap());
        assert_eq!(
            lost.open(place(1, "phone"), &sealed),
            Err(CryptoError::UnknownKey("k1".into()))
        );
    }

    #[test]
    fn garbage_is_refused() {
        let cipher = cipher();
        for garbage in [
            "",
            "v1",
            "v1.k1",
            "v1.k1.",
            "v1.k1.AAAA",
            "v2.k1.AAAA",
            "v1.k1.***",
        ] {
            assert!(
                cipher.open(place(1, "phone"), garbage).is_err(),
                "{garbage} should be refused"
            );
        }
    }
}
