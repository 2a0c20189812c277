//! The end of a day's chain, signed.

use super::chain::START;
use caregraph_kit::crypto::Signer;
use chrono::NaiveDate;

/// What the signing key is for.
pub(super) const PURPOSE: &str = "administration/audit";

/// What a day of the trail ends with. Signed anew whenever there are more entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The day, in UTC.
    pub day: NaiveDate,
    /// How many entries it has.
    pub count: i64,
    /// The last entry's hash.
    pub last_hash: String,
    /// The day before it that has entries; `None` for the first day of the trail.
    pub previous_day: Option<NaiveDate>,
    /// The hash that the day's first entry goes on from.
    pub previous_hash: String,
    /// The signature of all that.
    pub signature: String,
}

impl Head {
    /// A day without entries that goes on from the last hash of another; `None` begins the trail. Not signed yet.
    pub fn opened(day: NaiveDate, previous: Option<(NaiveDate, String)>) -> Self {
        let (previous_day, previous_hash) = match previous {
            Some((day, hash)) => (Some(day), hash),
            None => (None, START.to_owned()),
        };
        Self {
            day,
            count: 0,
            last_hash: previous_hash.clone(),
            previous_day,
            previous_hash,
            signature: String::new(),
        }
    }

    /// The same day with one more entry. Not signed yet.
    #[must_use]
    pub fn with(self, hash: String) -> Self {
        Self {
            count: self.count + 1,
            last_hash: hash,
            ..self
        }
    }

    /// The same, signed.
    #[must_use]
    pub fn signed(mut self, signer: &Signer) -> Self {
        self.signature = signer.sign(self.statement().as_bytes());
        self
    }

    /// Whether the trail signed it.
    pub fn is_signed_by(&self, signer: &Signer) -> bool {
        signer.verify(self.statement().as_bytes(), &self.signature)
    }

    /// What the signature is of: one line per value, as the API shows them, behind a first line that says what it is.
    pub fn statement(&self) -> String {
        let previous_day = self
            .previous_day
            .map_or_else(|| "none".to_owned(), |day| day.to_string());
        let Self {
            day,
            count,
            last_hash,
            previous_hash,
            ..
        } = self;
        format!("caregraph audit head 1\n{day}\n{count}\n{last_hash}\n{previous_day}\n{previous_hash}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Tamper = fn(&mut Head);
    use caregraph_kit::crypto::KeyRing;

    #[test]
    fn nothing_of_a_head_can_be_changed() {
        let (seal, index) = KeyRing::generate();
        let signer = Signer::new(&KeyRing::parse(&[seal], &index).unwrap(), PURPOSE);
        let day = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        let first = Head::opened(day, None).with("a".repeat(64)).signed(&signer);
        assert_eq!((first.count, first.previous_hash.as_str()), (1, START));
        let head = Head::opened(day.succ_opt().unwrap(), Some((day, first.last_hash)));
        let head = head.with("b".repeat(64)).signed(&signer);
        assert!(head.is_signed_by(&signer));
        let tampers: [Tamper; 6] = [
            |head| head.day = head.day.succ_opt().unwrap(),
            |head| head.count -= 1,
            |head| head.last_hash = "c".repeat(64),
            |head| head.previous_day = None,
            |head| head.previous_hash = START.to_owned(),
            |head| head.signature = head.signature.chars().rev().collect(),
        ];
        for tamper in tampers {
            let mut forged = head.clone();
            tamper(&mut forged);
            assert!(!forged.is_signed_by(&signer), "{forged:?}");
        }
    }
}
