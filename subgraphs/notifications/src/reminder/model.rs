//! When to remind, and whether it still helps.

use caregraph_contracts::events::{AppointmentFacts, AppointmentStatus};
use caregraph_contracts::ids::{AppointmentId, Id};
use chrono::{DateTime, TimeDelta, Utc};

/// How long before a visit somebody is reminded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lead {
    Day,
    Hour,
}

impl Lead {
    pub(crate) const ALL: [Self; 2] = [Self::Day, Self::Hour];

    pub(crate) const fn hours(self) -> &'static str {
        match self {
            Self::Day => "24",
            Self::Hour => "1",
        }
    }

    pub(crate) fn read(hours: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lead| lead.hours() == hours)
    }

    /// When it is due. Hours that pass, whatever clocks on walls do meanwhile.
    pub(crate) fn due(self, start: DateTime<Utc>) -> DateTime<Utc> {
        start
            - match self {
                Self::Day => TimeDelta::hours(24),
                Self::Hour => TimeDelta::hours(1),
            }
    }

    /// From then on it helps nobody: who reads of tomorrow's visit two hours before it is only confused, and ten minutes before a
    /// visit people are on their way.
    pub(crate) fn useless_after(self, start: DateTime<Utc>) -> DateTime<Utc> {
        start
            - match self {
                Self::Day => TimeDelta::hours(3),
                Self::Hour => TimeDelta::minutes(10),
            }
    }

    /// What the job is called: there is one for each visit and lead.
    pub(crate) fn job(self, appointment: AppointmentId) -> String {
        format!("remind/{appointment}/{}", self.hours())
    }
}

/// A visit as it was last told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visit(pub(crate) AppointmentFacts);

impl Visit {
    /// Whether people are expected to come.
    pub(crate) fn is_on(&self) -> bool {
        matches!(
            self.0.status,
            AppointmentStatus::Pending | AppointmentStatus::Confirmed
        )
    }

    /// Reminders that lay ahead when the visit was told of, and still help, however late we hear of it.
    pub(crate) fn is_to_be_reminded(&self, lead: Lead, told_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        self.is_on() && lead.due(self.0.start) > told_at && now < lead.useless_after(self.0.start)
    }

    /// Whether people are still expected after that.
    pub(crate) fn is_to_come(&self, after: DateTime<Utc>) -> bool {
        self.is_on() && self.0.start > after
    }
}

/// Whether a visit was booked by then, which its `UUIDv7` tells. One whose id tells nothing is an old one.
pub(crate) fn was_booked_by(id: AppointmentId, at: DateTime<Utc>) -> bool {
    let stamp = id.uuid().get_timestamp().map(|stamp| stamp.to_unix());
    let booked =
        stamp.and_then(|(seconds, nanos)| DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos));
    booked.is_none_or(|booked| booked <= at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_twenty_four_hours_even_when_clocks_change() {
        // Clocks in Berlin go forward on 29 March 2026 at two: a visit at ten is reminded of at nine the day before.
        let zone = chrono_tz::Tz::Europe__Berlin;
        let start: DateTime<Utc> = "2026-03-29T08:00:00Z".parse().unwrap();
        assert_eq!(start.with_timezone(&zone).format("%H:%M").to_string(), "10:00");
        let due = Lead::Day.due(start);
        assert_eq!(start - due, TimeDelta::hours(24));
        assert_eq!(due.with_timezone(&zone).format("%H:%M").to_string(), "09:00");
    }

    #[test]
    fn the_id_of_a_visit_tells_when_it_was_booked() {
        let booked: DateTime<Utc> = "2026-03-29T08:00:00Z".parse().unwrap();
        let id: AppointmentId = caregraph_kit::Clock::manual(booked, 1).new_id();
        assert!(was_booked_by(id, booked) && was_booked_by(id, booked + TimeDelta::days(1)));
        assert!(!was_booked_by(id, booked - TimeDelta::milliseconds(1)));
        assert!(was_booked_by(uuid::Uuid::from_u128(1).into(), booked));
    }

    #[test]
    fn a_reminder_helps_for_a_while_only() {
        let start: DateTime<Utc> = "2026-03-29T08:00:00Z".parse().unwrap();
        for lead in Lead::ALL {
            assert!(lead.due(start) < lead.useless_after(start) && lead.useless_after(start) < start);
            assert_eq!(Lead::read(lead.hours()), Some(lead));
        }
    }
}
