//! One day of one zone, second by second.

use super::{Hours, LocalTime};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// No zone has ever been further from UTC, in hours.
const FURTHEST: i64 = 16;

/// A half-open piece of time without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stretch {
    /// Its first instant.
    pub from: DateTime<Utc>,
    /// The first instant behind it.
    pub to: DateTime<Utc>,
}

impl Stretch {
    /// Whether all of `from..to` lies inside.
    pub fn contains(self, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
        self.from <= from && to <= self.to
    }

    /// Whether some of `from..to` lies inside.
    pub fn meets(self, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
        self.from < to && from < self.to
    }
}

/// All instants at which the clocks of a zone show a given date.
///
/// Usually that is one stretch of 24 hours. When clocks are put forward it is shorter, and some local times name no
/// instant; when they are put back it is longer, and some local times name two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalDay {
    midnight: NaiveDateTime,
    pieces: Vec<Piece>,
}

/// A piece of a day in which clocks run undisturbed: local time is UTC plus `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    offset: TimeDelta,
}

impl LocalDay {
    /// The day `date` as the clocks of `zone` show it. Empty for a date that the zone left out, as Samoa did with
    /// 2011-12-30, and for dates at the very end of the calendar.
    pub fn of(zone: Tz, date: NaiveDate) -> Self {
        let midnight = date.and_time(NaiveTime::MIN);
        let pieces = pieces(zone, midnight).unwrap_or_default();
        Self { midnight, pieces }
    }

    /// The instants at which a clock shows a time within `hours`, in stretches as long as possible.
    ///
    /// One stretch on nearly every day. Two only when clocks are put back across the start or the end of the hours:
    /// then the clock leaves them and enters them again.
    pub fn stretches(&self, hours: Hours) -> Vec<Stretch> {
        let mut stretches: Vec<Stretch> = Vec::with_capacity(1);
        for piece in &self.pieces {
            let from = self.instant(hours.start().minutes(), piece).max(piece.from);
            let to = self.instant(hours.end().minutes(), piece).min(piece.to);
            match stretches.last_mut() {
                _ if from >= to => {}
                // The clock jumped, but time went on: a visit may last across the change.
                Some(last) if last.to == from => last.to = to,
                _ => stretches.push(Stretch { from, to }),
            }
        }
        stretches
    }

    /// The instants at which a clock shows the start of `hours`, or one, two, three … steps later, within them; in
    /// order. A repeated local time gives two instants, one that is skipped gives none.
    ///
    /// `step` is in minutes of the clock's face; zero counts as one step for the whole day.
    pub fn grid(&self, hours: Hours, step: u16) -> impl Iterator<Item = DateTime<Utc>> {
        let step = if step == 0 {
            LocalTime::END_OF_DAY.minutes()
        } else {
            step
        };
        self.pieces.iter().flat_map(move |piece| {
            (hours.start().minutes()..hours.end().minutes())
                .step_by(usize::from(step))
                .map(|minutes| self.instant(minutes, piece))
                .filter(|instant| (piece.from..piece.to).contains(instant))
        })
    }

    /// First and last edge of the day; `None` for a day that does not exist.
    pub fn whole(&self) -> Option<Stretch> {
        Some(Stretch {
            from: self.pieces.first()?.from,
            to: self.pieces.last()?.to,
        })
    }

    /// When a clock would show `minutes` after midnight if it always ran as in `piece`.
    fn instant(&self, minutes: u16, piece: &Piece) -> DateTime<Utc> {
        (self.midnight + TimeDelta::minutes(i64::from(minutes)) - piece.offset).and_utc()
    }
}

/// The pieces of the day that begins at the local time `midnight`, in order. `None` when the calendar ends.
fn pieces(zone: Tz, midnight: NaiveDateTime) -> Option<Vec<Piece>> {
    let next_midnight = midnight.checked_add_signed(TimeDelta::days(1))?;
    let end = next_midnight.checked_add_signed(TimeDelta::hours(FURTHEST))?;
    let mut from = midnight.checked_sub_signed(TimeDelta::hours(FURTHEST))?;
    let mut pieces = Vec::with_capacity(2);
    while from < end {
        let offset = offset_at(zone, from);
        let to = end_of_offset(zone, from, end, offset);
        let first = from.max(midnight - offset);
        let behind = to.min(next_midnight - offset);
        if first < behind {
            pieces.push(Piece {
                from: first.and_utc(),
                to: behind.and_utc(),
                offset,
            });
        }
        from = to;
    }
    Some(pieces)
}

fn offset_at(zone: Tz, utc: NaiveDateTime) -> TimeDelta {
    TimeDelta::seconds(i64::from(
        zone.offset_from_utc_datetime(&utc).fix().local_minus_utc(),
    ))
}

/// Until when `offset` holds from `from` on, at most `end`. Looks every six hours, then halves: no zone changes its
/// clocks and takes it back within six hours.
fn end_of_offset(zone: Tz, from: NaiveDateTime, end: NaiveDateTime, offset: TimeDelta) -> NaiveDateTime {
    let mut same = from;
    loop {
        let probe = (same + TimeDelta::hours(6)).min(end);
        if offset_at(zone, probe) != offset {
            let mut other = probe;
            while other - same > TimeDelta::seconds(1) {
                let middle = same + TimeDelta::seconds((other - same).num_seconds() / 2);
                if offset_at(zone, middle) == offset {
                    same = middle;
                } else {
                    other = middle;
                }
            }
            return other;
        }
        if probe == end {
            return end;
        }
        same = probe;
    }
}

#[cfg(test)]
mod tests;
