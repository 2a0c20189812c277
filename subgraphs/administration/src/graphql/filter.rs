//! What narrows the audit log.

use super::names::AuditDomain;
use crate::entry::Outcome;
use crate::trail::LogFilter;
use async_graphql::{ID, InputObject};
use caregraph_kit::graphql::named_id;
use chrono::{DateTime, Utc};

/// Narrows the audit log; all that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct AuditLogFilter {
    /// Only what this account caused.
    pub actor: Option<ID>,
    /// Only what concerns this patient, or one whose record was merged into this one's.
    pub patient: Option<ID>,
    /// Only with this action, for example `RecordAccessed`: at most 64 letters or digits.
    pub action: Option<String>,
    /// Only what this domain told.
    pub domain: Option<AuditDomain>,
    /// Only with this outcome.
    pub outcome: Option<Outcome>,
    /// Only what was recorded at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Only what was recorded before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Only where somebody broke the glass: opened a record that was closed to them, for a stated reason.
    #[graphql(default)]
    pub break_glass_only: bool,
}

impl From<AuditLogFilter> for LogFilter {
    fn from(filter: AuditLogFilter) -> Self {
        Self {
            actor: filter.actor.as_ref().map(named_id),
            patient: filter.patient.as_ref().map(named_id),
            action: filter.action,
            domain: filter.domain.map(Into::into),
            outcome: filter.outcome,
            from: filter.from,
            to: filter.to,
            break_glass_only: filter.break_glass_only,
        }
    }
}
