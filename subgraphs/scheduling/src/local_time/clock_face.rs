//! What a clock shows.

use std::{fmt, str::FromStr};

/// A time that a clock on the wall shows, on a grid of five minutes, `00:00` to `24:00`. The last one is only an end:
/// it is the midnight with which the day closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime(u16);

/// Text or a number that is no [`LocalTime`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a time between 00:00 and 24:00 in steps of five minutes, such as 08:30")]
pub struct InvalidLocalTime;

impl LocalTime {
    /// The midnight with which a day begins.
    pub const MIDNIGHT: Self = Self(0);
    /// The midnight with which a day ends, `24:00`.
    pub const END_OF_DAY: Self = Self(24 * 60);

    /// A time by its hour (0 to 24) and minute.
    pub fn new(hour: u16, minute: u16) -> Result<Self, InvalidLocalTime> {
        if minute >= 60 {
            return Err(InvalidLocalTime);
        }
        Self::from_minutes(
            hour.checked_mul(60)
                .and_then(|m| m.checked_add(minute))
                .ok_or(InvalidLocalTime)?,
        )
    }

    /// A time by the minutes that a clock shows since midnight.
    pub fn from_minutes(minutes: u16) -> Result<Self, InvalidLocalTime> {
        if minutes <= Self::END_OF_DAY.0 && minutes.is_multiple_of(5) {
            Ok(Self(minutes))
        } else {
            Err(InvalidLocalTime)
        }
    }

    /// What the clock shows, in minutes since midnight. Not a length of time: on days when clocks change fewer or more
    /// minutes have passed.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for LocalTime {
    type Err = InvalidLocalTime;
    fn from_str(text: &str) -> Result<Self, InvalidLocalTime> {
        // One spelling, `HH:MM`; `u16::from_str` would also read "+8".
        let digits = text.len() == 5
            && text.bytes().enumerate().all(|(at, byte)| {
                if at == 2 {
                    byte == b':'
                } else {
                    byte.is_ascii_digit()
                }
            });
        if !digits {
            return Err(InvalidLocalTime);
        }
        let (hour, minute) = text.split_once(':').ok_or(InvalidLocalTime)?;
        let number = |text: &str| text.parse().map_err(|_| InvalidLocalTime);
        Self::new(number(hour)?, number(minute)?)
    }
}

/// Hours of one day as a clock shows them: from `start` until just before `end`. Never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hours {
    start: LocalTime,
    end: LocalTime,
}

/// Hours that end before they begin, or at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must end later than they begin; hours that last past midnight are two entries, up to 24:00 and from 00:00"
)]
pub struct EmptyHours;

impl Hours {
    /// Hours from `start` until just before `end`.
    pub fn new(start: LocalTime, end: LocalTime) -> Result<Self, EmptyHours> {
        if start < end {
            Ok(Self { start, end })
        } else {
            Err(EmptyHours)
        }
    }

    /// When they begin.
    pub fn start(self) -> LocalTime {
        self.start
    }

    /// When they end.
    pub fn end(self) -> LocalTime {
        self.end
    }

    /// Whether some clock face belongs to both.
    pub fn overlap(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back_what_it_prints() {
        for minutes in (0..=24 * 60).step_by(5) {
            let time = LocalTime::from_minutes(minutes).unwrap();
            assert_eq!(time.to_string().parse(), Ok(time));
        }
    }

    #[test]
    fn other_spellings_and_times_off_the_grid_are_refused() {
        for bad in [
            "", "8:30", "08:3", "08.30", "+8:30", "08:32", "24:05", "25:00", "12:60", "08:30:00", " 08:30",
            "０8:30",
        ] {
            assert_eq!(bad.parse::<LocalTime>(), Err(InvalidLocalTime), "{bad}");
        }
    }

    #[test]
    fn neighbours_do_not_overlap() {
        let hours =
            |start: &str, end: &str| Hours::new(start.parse().unwrap(), end.parse().unwrap()).unwrap();
        assert!(!hours("08:00", "12:00").overlap(hours("12:00", "24:00")));
        assert!(hours("08:00", "12:05").overlap(hours("12:00", "24:00")));
        assert_eq!(
            Hours::new(LocalTime::END_OF_DAY, LocalTime::MIDNIGHT),
            Err(EmptyHours)
        );
        assert_eq!(
            Hours::new(LocalTime::MIDNIGHT, LocalTime::MIDNIGHT),
            Err(EmptyHours)
        );
    }
}
