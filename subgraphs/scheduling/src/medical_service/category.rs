//! Kinds of services.

use std::str::FromStr;

/// What kind of service it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// A check of general health.
    GeneralCheckup,
    /// A consultation with a specialist.
    SpecialistConsultation,
    /// Taking a sample or running a test.
    LabTest,
    /// A vaccination.
    Vaccination,
    /// A visit that follows an earlier one.
    FollowUp,
    /// A visit by video.
    Telehealth,
}

/// Text that names no category.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown category `{0}`")]
pub struct UnknownCategory(String);

impl Category {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::GeneralCheckup,
        Self::SpecialistConsultation,
        Self::LabTest,
        Self::Vaccination,
        Self::FollowUp,
        Self::Telehealth,
    ];

    /// The name in stores and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GeneralCheckup => "GENERAL_CHECKUP",
            Self::SpecialistConsultation => "SPECIALIST_CONSULTATION",
            Self::LabTest => "LAB_TEST",
            Self::Vaccination => "VACCINATION",
            Self::FollowUp => "FOLLOW_UP",
            Self::Telehealth => "TELEHEALTH",
        }
    }
}

impl FromStr for Category {
    type Err = UnknownCategory;
    fn from_str(text: &str) -> Result<Self, UnknownCategory> {
        Self::ALL
            .iter()
            .copied()
            .find(|c| c.as_str() == text)
            .ok_or_else(|| UnknownCategory(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for category in Category::ALL {
            assert_eq!(category.as_str().parse(), Ok(*category));
        }
        assert!("MASSAGE".parse::<Category>().is_err());
    }
}
