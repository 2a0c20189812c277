//! Sealing anew what an older key sealed, so that the older key can go.

use super::{CryptoError, FieldCipher, FieldRef};
use std::ops::AddAssign;

impl FieldCipher {
    /// Seals anew what was sealed with an older key; `None` when it was sealed with the newest.
    pub fn renew(&self, place: FieldRef<'_>, sealed: &str) -> Result<Option<String>, CryptoError> {
        if sealed.starts_with(&self.newest()) {
            return Ok(None);
        }
        let plain = zeroize::Zeroizing::new(self.open(place, sealed)?);
        Ok(Some(self.seal(place, &plain)))
    }

    /// What everything begins with that was sealed with the newest key.
    pub(crate) fn newest(&self) -> String {
        format!("v1.{}.", self.ring().newest())
    }
}

/// What came of sealing a store's fields anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Renewal {
    /// Values that carry the newest key now.
    pub renewed: u64,
    /// Values that no key of the ring opens. They were left as they are.
    pub unreadable: u64,
}

impl AddAssign for Renewal {
    fn add_assign(&mut self, other: Self) {
        self.renewed += other.renewed;
        self.unreadable += other.unreadable;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::KeyRing;
    use uuid::Uuid;

    const PLACE: FieldRef<'static> = FieldRef {
        table: "patients",
        record: Uuid::nil(),
        field: "phone",
    };

    #[test]
    fn what_an_older_key_sealed_is_sealed_with_the_newest() {
        let (old, index) = KeyRing::generate();
        let before = FieldCipher::new(KeyRing::parse(std::slice::from_ref(&old), &index).unwrap());
        let sealed = before.seal(PLACE, "+84901234567");
        assert_eq!(before.renew(PLACE, &sealed), Ok(None));

        let new = before.ring().another();
        assert!(new.starts_with("k2:"), "names are not used twice");
        let both = FieldCipher::new(KeyRing::parse(&[new.clone(), old], &index).unwrap());
        let renewed = both
            .renew(PLACE, &sealed)
            .unwrap()
            .expect("it was sealed with the old key");
        let after = FieldCipher::new(KeyRing::parse(&[new], &index).unwrap());
        assert_eq!(after.open(PLACE, &renewed).unwrap(), "+84901234567");
        assert_eq!(after.renew(PLACE, &renewed), Ok(None));
    }

    #[test]
    fn what_cannot_be_opened_is_not_sealed_anew() {
        let cipher = || {
            let (seal, index) = KeyRing::generate();
            FieldCipher::new(KeyRing::parse(&[seal.replace("k1:", "k9:")], &index).unwrap())
        };
        let (one, other) = (cipher(), cipher());
        let sealed = one.seal(PLACE, "secret");
        // The same name, another key: it counts as new, and whoever reads it is told.
        assert_eq!(other.renew(PLACE, &sealed), Ok(None));
        let renamed = sealed.replace("v1.k9.", "v1.k1.");
        assert_eq!(
            other.renew(PLACE, &renamed),
            Err(CryptoError::UnknownKey("k1".into()))
        );
        assert_eq!(other.renew(PLACE, "plain"), Err(CryptoError::Malformed));
    }
}
