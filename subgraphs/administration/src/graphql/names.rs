//! Names of other domains, as the trail shows them.

use async_graphql::Enum;
use caregraph_contracts::{access, events};

/// A domain that tells what happens in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "events::Domain")]
pub enum AuditDomain {
    /// Accounts, sessions, roles.
    Identity,
    /// People in care.
    Patients,
    /// People and places that give care.
    Practitioners,
    /// Services, hours, appointments.
    Scheduling,
    /// Medical records.
    Records,
    /// Messages to people.
    Notifications,
    /// The audit trail. It tells nothing of itself, so no entry has it.
    Administration,
}

/// A role that somebody acted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "access::Role")]
pub enum AuditRole {
    /// A person in care, or somebody who cares for one.
    Patient,
    /// A physician.
    Doctor,
    /// A nurse; nurses also run the front desk.
    Nurse,
    /// A pharmacist.
    Pharmacist,
    /// A laboratory technician.
    LabTechnician,
    /// Somebody who works for an insurer.
    InsuranceProvider,
    /// Manages users and settings.
    Admin,
}

/// What a list of names in the store means; names of other versions are left out.
pub(super) fn listed<T: std::str::FromStr, S: From<T>>(names: &str) -> Vec<S> {
    names
        .split(',')
        .filter_map(|name| name.parse().ok())
        .map(S::from)
        .collect()
}

/// What a name in the store means; `None` when this version does not know it.
pub(super) fn named<T: std::str::FromStr, S: From<T>>(name: &str) -> Option<S> {
    name.parse().ok().map(S::from)
}
