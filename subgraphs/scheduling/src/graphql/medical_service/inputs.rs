//! What clients say about services.

use super::types::MedicalServiceCategory;
use crate::medical_service::{self, SaveMedicalService, TimingRequest};
use async_graphql::{ID, InputObject};
use caregraph_contracts::Money;
use caregraph_kit::graphql::{MoneyInput, named_id};
use caregraph_kit::{Failure, Rejection};

/// Narrows the catalogue; what is left out does not narrow it.
#[derive(Debug, Clone, Default, InputObject)]
pub struct MedicalServiceFilter {
    /// Only this kind of service.
    pub category: Option<MedicalServiceCategory>,
    /// Only what this practitioner offers.
    pub practitioner_id: Option<ID>,
    /// Only where every word occurs in the name or the code; capitals and marks do not matter. At most 200 characters and
    /// eight words.
    pub text: Option<String>,
    /// Only services that can be booked, or only those that cannot. The latter are listed for whoever manages the
    /// catalogue (`services:manage`); all others see the former, whatever they ask for.
    pub active: Option<bool>,
}

/// A service as it is to be.
#[derive(Debug, Clone, InputObject)]
pub struct SaveMedicalServiceInput {
    /// The service to change; left out, a new one is made.
    pub id: Option<ID>,
    /// The `version` you saw. When somebody else has changed the service since, nothing is saved and you get a
    /// `Conflict`. Left out, your change is written over whatever is there.
    pub expected_version: Option<i64>,
    /// Short code, 2 to 32 letters (A to Z), digits, `-` or `_`; unique, written in capitals.
    pub code: String,
    /// Name for people, at most 200 characters.
    pub name: String,
    /// Kind of service.
    pub category: MedicalServiceCategory,
    /// How long the visit takes, in minutes: a multiple of 5 from 5 to 480.
    pub duration_minutes: i32,
    /// How many minutes the practitioner needs before: a multiple of 5 from 0 to 120.
    #[graphql(default = 0)]
    pub buffer_before_minutes: i32,
    /// How many minutes the practitioner needs after: a multiple of 5 from 0 to 120.
    #[graphql(default = 0)]
    pub buffer_after_minutes: i32,
    /// Visits start every so many minutes, counted from the beginning of the practitioner's hours: a multiple of 5 from
    /// 5 to 480.
    #[graphql(default = 15)]
    pub slot_step_minutes: i32,
    /// What the visit costs; not negative.
    pub fee: MoneyInput,
    /// Everybody who offers the service, at most 500.
    pub practitioner_ids: Vec<ID>,
    /// Whether the service can be booked.
    #[graphql(default = true)]
    pub active: bool,
}

impl From<MedicalServiceFilter> for medical_service::MedicalServiceFilter {
    fn from(filter: MedicalServiceFilter) -> Self {
        Self {
            category: filter.category.map(Into::into),
            practitioner: filter.practitioner_id.as_ref().map(named_id),
            text: filter.text,
            active: filter.active,
        }
    }
}

impl TryFrom<SaveMedicalServiceInput> for SaveMedicalService {
    type Error = Failure;
    fn try_from(input: SaveMedicalServiceInput) -> Result<Self, Failure> {
        let fee = Money::try_from(input.fee)
            .map_err(|error| Rejection::invalid("fee.amount", error.to_string()))?;
        Ok(Self {
            id: input.id.as_ref().map(named_id),
            expected_version: input.expected_version,
            code: input.code,
            name: input.name,
            category: input.category.into(),
            timing: TimingRequest {
                duration_minutes: input.duration_minutes,
                buffer_before_minutes: input.buffer_before_minutes,
                buffer_after_minutes: input.buffer_after_minutes,
                slot_step_minutes: input.slot_step_minutes,
            },
            fee,
            practitioners: input.practitioner_ids.iter().map(named_id).collect(),
            active: input.active,
        })
    }
}
