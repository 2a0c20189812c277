//! The languages that messages are written in.

use chrono::{DateTime, Datelike, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// A language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Vi, Self::En];

    /// BCP 47.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// Reads what accounts and patients call their language.
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.as_str() == text)
    }

    /// A day, as people write it: `Tuesday, 24 November 2026`, `Thứ Ba, 24/11/2026`.
    pub fn date(self, at: DateTime<Utc>, zone: Tz) -> String {
        let local = at.with_timezone(&zone);
        match self {
            Self::En => local.format("%A, %-d %B %Y").to_string(),
            Self::Vi => format!("{}, {}", vietnamese(local.weekday()), local.format("%d/%m/%Y")),
        }
    }

    /// A day that is years away, for which nobody asks what day of the week it is: `24 November 2036`, `24/11/2036`.
    pub fn day(self, day: NaiveDate) -> String {
        let format = match self {
            Self::En => "%-d %B %Y",
            Self::Vi => "%d/%m/%Y",
        };
        day.format(format).to_string()
    }
}

/// A time of day, as people write it in both languages here: `08:00`.
pub fn time(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%H:%M").to_string()
}

const fn vietnamese(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Thứ Hai",
        Weekday::Tue => "Thứ Ba",
        Weekday::Wed => "Thứ Tư",
        Weekday::Thu => "Thứ Năm",
        Weekday::Fri => "Thứ Sáu",
        Weekday::Sat => "Thứ Bảy",
        Weekday::Sun => "Chủ Nhật",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn days_and_times_are_those_on_the_readers_wall() {
        // Midnight in Vietnam lies on the day before in Berlin.
        let at = Utc.with_ymd_and_hms(2026, 11, 23, 17, 30, 0).unwrap();
        assert_eq!(Language::Vi.date(at, Tz::Asia__Ho_Chi_Minh), "Thứ Ba, 24/11/2026");
        assert_eq!(
            Language::En.date(at, Tz::Europe__Berlin),
            "Monday, 23 November 2026"
        );
        assert_eq!(time(at, Tz::Asia__Ho_Chi_Minh), "00:30");
        assert_eq!(time(at, Tz::Europe__Berlin), "18:30");
        let day = NaiveDate::from_ymd_opt(2036, 3, 2).unwrap();
        assert_eq!(Language::En.day(day), "2 March 2036");
        assert_eq!(Language::Vi.day(day), "02/03/2036");
    }
}
