//! How well a code was met by a search, and which of two is meant. Pure.

use super::index::Traits;
use super::meaning::Met;

/// How a code was met: the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Match {
    /// It is the code that was asked for.
    Code,
    /// It begins with what was asked for.
    Beginning,
    /// All words stand in one of its names; the worst of them was met like this.
    Name(Met),
}

/// Where the words of a search stand in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The name begins with them, in their order.
    First,
    /// In their order and one behind the other, behind so many other words.
    Together(u32),
    /// In another order, or with other words between them.
    Apart,
}

/// What codes are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    met: Match,
    standing: u8,
    /// What can be coded with comes before headings,
    heading: bool,
    /// the common before the rare,
    rare: bool,
    /// the less exact before the more exact: who means more says more,
    exactness: usize,
    /// where the words come early before where they come late,
    behind: u32,
    /// shorter names before longer ones,
    length: u32,
    /// and then as in the published list.
    pub(super) at: u32,
}

impl Rank {
    /// Of the code at `at`, which was met by itself.
    pub(super) fn by_code(met: Match, traits: Traits, at: u32) -> Self {
        Self {
            met,
            standing: 0,
            heading: !traits.billable,
            rare: !traits.common,
            exactness: 0,
            behind: 0,
            length: 0,
            at,
        }
    }

    /// Of the code at `at`, which was met by a name of `length` bytes.
    pub(super) fn by_name(met: Met, place: Place, traits: Traits, (at, length): (u32, u32)) -> Self {
        Self {
            standing: standing(place, traits.common),
            exactness: exactness(traits),
            behind: match place {
                Place::Together(behind) => behind,
                Place::First | Place::Apart => 0,
            },
            length,
            ..Self::by_code(Match::Name(met), traits, at)
        }
    }

    /// Of the code at `at`, which stands below a heading.
    pub(super) fn below(traits: Traits, at: u32) -> Self {
        Self {
            exactness: exactness(traits),
            ..Self::by_code(Match::Beginning, traits, at)
        }
    }
}

/// Names that begin with what was typed come before those that have it further on, and these before names that merely have all of
/// its words. What is common is lifted by one step and a half: by "hypertension" hardly anybody means "Hypertension secondary to
/// endocrine disorders", whose name begins with it.
fn standing(place: Place, is_common: bool) -> u8 {
    match (place, is_common) {
        (Place::First, true) => 0,
        (Place::Together(_), true) => 1,
        (Place::First, false) => 2,
        (Place::Apart, true) => 3,
        (Place::Together(_), false) => 4,
        (Place::Apart, false) => 5,
    }
}

/// How much a code says: with every character more than its category does, and of codes of one length those least that end in 9, which
/// stands for "unspecified".
fn exactness(traits: Traits) -> usize {
    let code = traits.code.bare();
    2 * code.len() + usize::from(!code.ends_with('9'))
}

#[cfg(test)]
#[path = "ranking_tests.rs"]
mod tests;
