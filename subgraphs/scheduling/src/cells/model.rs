//! Time in pieces of five minutes.

use caregraph_contracts::ids::{AppointmentId, HoldId, Id};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Seconds in a cell.
const SECONDS: i64 = 300;

/// Five minutes of the calendar, numbered from the Unix epoch: `floor(unix seconds / 300)`.
///
/// Cells know no time zone, so a day on which clocks change has 276, 288 or 300 of them and none is special.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell(pub i64);

impl Cell {
    /// The cell in which an instant lies.
    pub fn of(instant: DateTime<Utc>) -> Self {
        Self(instant.timestamp().div_euclid(SECONDS))
    }

    /// Where the cell begins.
    pub fn start(self) -> DateTime<Utc> {
        // Every cell we make comes from an instant, so it lies in the range of instants.
        DateTime::from_timestamp(self.0.saturating_mul(SECONDS), 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Every cell that the half-open interval `from..to` touches, in order. Empty when `to` is not behind `from`.
    pub fn spanning(from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = Self> + Clone {
        let first = Self::of(from).0;
        let behind = if to > from { Self::behind(to).0 } else { first };
        (first..behind).map(Self)
    }

    /// The first cell that begins at or behind an instant.
    pub(super) fn behind(instant: DateTime<Utc>) -> Self {
        let cell = Self::of(instant);
        if cell.start() == instant {
            cell
        } else {
            Self(cell.0 + 1)
        }
    }
}

/// What keeps a practitioner's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A booked visit, until it is cancelled or moved.
    Appointment(AppointmentId),
    /// A slot held for a few minutes while somebody fills in the form.
    Hold(HoldId),
}

impl Owner {
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Appointment(_) => "APPOINTMENT",
            Self::Hold(_) => "HOLD",
        }
    }

    pub(super) fn id(self) -> Uuid {
        match self {
            Self::Appointment(id) => id.uuid(),
            Self::Hold(id) => id.uuid(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn neighbours_share_no_cell() {
        let first: Vec<_> = Cell::spanning(at(0), at(900)).collect();
        let second: Vec<_> = Cell::spanning(at(900), at(1200)).collect();
        assert_eq!(first, [Cell(0), Cell(1), Cell(2)]);
        assert_eq!(second, [Cell(3)]);
    }

    #[test]
    fn a_cell_that_is_only_touched_counts() {
        assert_eq!(
            Cell::spanning(at(299), at(301)).collect::<Vec<_>>(),
            [Cell(0), Cell(1)]
        );
        assert_eq!(
            Cell::spanning(at(-1), at(1)).collect::<Vec<_>>(),
            [Cell(-1), Cell(0)]
        );
    }

    #[test]
    fn nothing_and_less_than_nothing_touch_no_cell() {
        assert_eq!(Cell::spanning(at(100), at(100)).count(), 0);
        assert_eq!(Cell::spanning(at(1000), at(100)).count(), 0);
    }

    proptest! {
        #[test]
        fn intervals_that_overlap_share_a_cell(a in 0_i64..100_000, al in 1_i64..20_000, b in 0_i64..100_000, bl in 1_i64..20_000) {
            let overlap = a < b + bl && b < a + al;
            let mine: std::collections::BTreeSet<_> = Cell::spanning(at(a), at(a + al)).collect();
            let shared = Cell::spanning(at(b), at(b + bl)).any(|cell| mine.contains(&cell));
            prop_assert!(!overlap || shared);
            // On the grid of five minutes it holds both ways.
            if a % 300 == 0 && b % 300 == 0 && al % 300 == 0 && bl % 300 == 0 {
                prop_assert_eq!(overlap, shared);
            }
        }
    }
}
