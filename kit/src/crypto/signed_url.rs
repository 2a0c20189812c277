//! Signed addresses: whoever holds one may do one thing with one resource, for a short time.
//!
//! A browser fetches a picture without an access token, so what it may fetch stands in the address itself, with an
//! authentication code over every part of it. Nothing about an address is stored.

use super::KeyRing;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// What a signed address allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlGrant<'a> {
    /// HTTP method, in capitals.
    pub method: &'a str,
    /// Which resource.
    pub resource: Uuid,
    /// Who it was made for.
    pub user: Uuid,
    /// Until when, in whole seconds since the Unix epoch. At that second it is over.
    pub expires: i64,
    /// A word more about how, for example how an answer is to be shown.
    pub detail: &'a str,
}

/// Why an address is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UrlRefusal {
    /// Not signed by us, or changed since.
    #[error("the signature does not fit the address")]
    Forged,
    /// Genuine, but too old.
    #[error("the address has expired")]
    Expired,
}

/// Signs and checks the addresses of one purpose.
#[derive(Clone, Debug)]
pub struct UrlSigner {
    ring: KeyRing,
    purpose: &'static str,
}

impl UrlSigner {
    /// Addresses for `purpose`; one for another purpose does not pass.
    pub fn new(ring: KeyRing, purpose: &'static str) -> Self {
        Self { ring, purpose }
    }

    /// The signature of a grant, in URL-safe characters.
    pub fn sign(&self, grant: &UrlGrant<'_>) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(grant).finalize().into_bytes())
    }

    /// Whether `signature` is ours for this grant, and the grant is still good. Forged ones are told so whatever their age.
    pub fn verify(
        &self,
        grant: &UrlGrant<'_>,
        signature: &str,
        now: DateTime<Utc>,
    ) -> Result<(), UrlRefusal> {
        let code = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| UrlRefusal::Forged)?;
        // `verify_slice` compares in constant time.
        self.mac(grant)
            .verify_slice(&code)
            .map_err(|_| UrlRefusal::Forged)?;
        if now.timestamp() < grant.expires {
            Ok(())
        } else {
            Err(UrlRefusal::Expired)
        }
    }

    fn mac(&self, grant: &UrlGrant<'_>) -> Hmac<Sha256> {
        let key = self.ring.stable(&format!("signed-url/{}", self.purpose));
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of every length");
        // Everything of varying length has its length in front, so that no two grants are written alike.
        for text in [grant.method, grant.detail] {
            mac.update(&(text.len() as u64).to_be_bytes());
            mac.update(text.as_bytes());
        }
        mac.update(grant.resource.as_bytes());
        mac.update(grant.user.as_bytes());
        mac.update(&grant.expires.to_be_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(purpose: &'static str) -> UrlSigner {
        let (seal, index) = KeyRing::generate();
        UrlSigner::new(KeyRing::parse(&[seal], &index).unwrap(), purpose)
    }

    fn grant() -> UrlGrant<'static> {
        UrlGrant {
            method: "GET",
            resource: Uuid::from_u128(7),
            user: Uuid::from_u128(8),
            expires: 1_000,
            detail: "inline",
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn an_address_is_good_until_its_second_and_for_its_purpose() {
        let one = signer("files");
        let other = UrlSigner::new(one.ring.clone(), "exports");
        let signature = one.sign(&grant());
        assert_eq!(one.verify(&grant(), &signature, at(999)), Ok(()));
        assert_eq!(
            one.verify(&grant(), &signature, at(1_000)),
            Err(UrlRefusal::Expired)
        );
        assert_eq!(other.verify(&grant(), &signature, at(0)), Err(UrlRefusal::Forged));
    }

    #[test]
    fn no_part_of_an_address_can_be_changed() {
        let signer = signer("files");
        let signature = signer.sign(&grant());
        let changed = [
            UrlGrant {
                method: "PUT",
                ..grant()
            },
            UrlGrant {
                resource: Uuid::from_u128(9),
                ..grant()
            },
            UrlGrant {
                user: Uuid::from_u128(9),
                ..grant()
            },
            UrlGrant {
                expires: 9_999,
                ..grant()
            },
            UrlGrant {
                detail: "",
                ..grant()
            },
            UrlGrant {
                method: "GETi",
                detail: "nline",
                ..grant()
            },
        ];
        for grant in changed {
            assert_eq!(
                signer.verify(&grant, &signature, at(0)),
                Err(UrlRefusal::Forged),
                "{grant:?}"
            );
        }
        for bad in ["", "x", "***", &signature[1..]] {
            assert_eq!(signer.verify(&grant(), bad, at(0)), Err(UrlRefusal::Forged));
        }
    }
}
