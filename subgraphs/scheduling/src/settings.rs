//! What an organisation may decide about booking.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Settings of the scheduling domain; the table `[scheduling]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SchedulingSettings {
    /// Until how many minutes before the visit patients may cancel or move it themselves. Staff always may. Default 120.
    pub cancellation_notice_minutes: u32,
    /// For how many minutes a slot is held while somebody fills in the form. Default 5.
    pub hold_minutes: u32,
    /// How many days ahead times are offered, counted from the present. Default 365.
    pub horizon_days: u32,
}

impl Default for SchedulingSettings {
    fn default() -> Self {
        Self {
            cancellation_notice_minutes: 120,
            hold_minutes: 5,
            horizon_days: 365,
        }
    }
}

impl SchedulingSettings {
    /// How long before a visit patients may last cancel or move it.
    pub fn cancellation_notice(&self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.cancellation_notice_minutes))
    }

    /// How long a hold keeps its slot.
    pub fn hold(&self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.hold_minutes))
    }

    /// How far ahead times are offered; at most a hundred years, so that no calculation leaves the calendar.
    pub fn horizon(&self) -> TimeDelta {
        TimeDelta::days(i64::from(self.horizon_days.min(36_525)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_a_default() {
        let settings: SchedulingSettings = serde_json::from_str(r#"{"hold_minutes": 7}"#).unwrap();
        assert_eq!(
            settings,
            SchedulingSettings {
                hold_minutes: 7,
                ..SchedulingSettings::default()
            }
        );
        assert!(serde_json::from_str::<SchedulingSettings>(r#"{"hold_minuets": 7}"#).is_err());
    }
}
