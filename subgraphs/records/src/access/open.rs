//! Whether breaking the glass would add anything. Pure.

use super::model::{Facts, Sight};
use caregraph_contracts::AccessBasis;
use caregraph_kit::auth::Principal;
use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt;

/// A record that breaking the glass would open no further to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Open {
    /// Until when, where that is known.
    until: Option<DateTime<Utc>>,
}

impl Open {
    /// Whether a record is open to somebody already. `None` where the glass can be broken: nothing opens the record, or only consent.
    ///
    /// Care comes before broken glass in [`Sight::of`], so it is enough, whatever parts it opens.
    pub fn to(principal: &Principal, facts: &Facts, now: DateTime<Utc>) -> Option<Self> {
        let sight = Sight::of(principal, facts, now)?;
        let until = match sight.basis {
            AccessBasis::Care => {
                let ties = facts.ties.iter().filter(|tie| tie.holds(now));
                latest(ties.map(|tie| tie.until))
            }
            AccessBasis::BrokenGlass => {
                let broken = facts.broken.iter().filter(|broken| now < broken.until);
                latest(broken.map(|broken| Some(broken.until)))
            }
            // Consent lets somebody read, broken glass lets them write as well. The others the use case has refused before: nobody breaks
            // the glass of their own record.
            AccessBasis::Consent | AccessBasis::Oneself | AccessBasis::Guardian | AccessBasis::Nothing => {
                return None;
            }
        };
        Some(Self { until })
    }
}

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this record is open to you already")?;
        if let Some(until) = self.until {
            write!(
                f,
                ", until {}",
                until.to_rfc3339_opts(SecondsFormat::AutoSi, true)
            )?;
        }
        f.write_str("; breaking the glass would open nothing more")
    }
}

/// The latest of some ends, of which none is later than any.
fn latest(ends: impl Iterator<Item = Option<DateTime<Utc>>>) -> Option<DateTime<Utc>> {
    ends.reduce(|one, other| one.zip(other).map(|(one, other)| one.max(other)))
        .flatten()
}

#[cfg(test)]
#[path = "open_tests.rs"]
mod tests;
