//! Entries of the trail, for auditors.

use super::access_log::Patient;
use super::filter::AuditLogFilter;
use super::names::{AuditDomain, AuditRole, listed, named};
use super::references::{Practitioner, User};
use crate::entry::{Outcome, SubjectKind};
use crate::trail::{LoggedEntry, Place, TrailService};
use async_graphql::connection::Connection;
use async_graphql::{Context, ID, Object, Result};
use caregraph_contracts::access::{AccessBasis, RecordPart, Role};
use caregraph_contracts::events::Domain;
use caregraph_contracts::ids::PatientId;
use caregraph_kit::graphql::{
    BasisOfAccess, ContextExt, Date, OpaqueKey, PageArgs, PartOfRecord, answer, connection,
};
use chrono::{DateTime, Utc};

/// One reading or change, as it was recorded. Never changes.
pub struct AuditEntry(LoggedEntry);

/// One reading or change, as it was recorded. Never changes.
#[Object]
impl AuditEntry {
    /// Identifies the entry; the id of the event that told of it.
    async fn id(&self) -> ID {
        self.0.written.id.to_string().into()
    }

    /// The day of the trail (UTC) that the entry stands on.
    async fn day(&self) -> Date {
        Date(self.0.written.place.0)
    }

    /// The entry's number on its day, from 1.
    async fn number(&self) -> i64 {
        self.0.written.place.1
    }

    /// Where it happened; null for a domain that this version does not know.
    async fn domain(&self) -> Option<AuditDomain> {
        named::<Domain, _>(&self.0.written.domain)
    }

    /// What happened, for example `RecordAccessed` or `AppointmentBooked`.
    async fn action(&self) -> &str {
        &self.0.written.action
    }

    /// Whether somebody got what was asked for; null for an outcome that this version does not know.
    async fn outcome(&self) -> Option<Outcome> {
        Outcome::named(&self.0.written.outcome)
    }

    /// The account that caused it; null for somebody who was not signed in, for what the program did by itself, and when you may
    /// not see it.
    async fn by(&self) -> Option<User> {
        self.0.written.actor_user.map(User::new)
    }

    /// The name of whoever caused it, as known now: of everybody who did so in a role that works here, and your own. Anybody else's,
    /// such as a patient's, only when you have `users:read`. Null otherwise, for somebody who was not signed in, for what the program
    /// did by itself, and while no name of the account is known.
    async fn by_name(&self) -> Option<&str> {
        self.0.by_name.as_deref()
    }

    /// The practitioner who caused it, when the person acted in a role that gives care.
    async fn practitioner(&self) -> Option<Practitioner> {
        Practitioner::acting(self.0.written.actor_user, &self.0.written.actor_roles)
    }

    /// Roles that the person acted in.
    async fn roles(&self) -> Vec<AuditRole> {
        listed::<Role, _>(&self.0.written.actor_roles)
    }

    /// The session in which it was done; null without one.
    async fn session_id(&self) -> Option<ID> {
        self.0.written.actor_session.map(|id| id.to_string().into())
    }

    /// The client's address; null when there was none, and when somebody has damaged it.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// The request's id, as in logs; null for what the program did by itself.
    async fn request_id(&self) -> Option<&str> {
        self.0.written.request.as_deref()
    }

    /// What kind of thing it is about; null for a kind that this version does not know.
    async fn subject_kind(&self) -> Option<SubjectKind> {
        SubjectKind::named(&self.0.written.subject_kind)
    }

    /// The id of the thing it is about, in its domain.
    async fn subject_id(&self) -> ID {
        self.0.written.subject_id.to_string().into()
    }

    /// The patient it concerns; null when it concerns none, and when you may not see the patient.
    async fn patient(&self) -> Option<Patient> {
        self.0
            .written
            .patient_id
            .map(|id| Patient::new(PatientId::from(id)))
    }

    /// The id of the patient it concerns, also when you may not see the patient; null when it concerns none.
    async fn patient_id(&self) -> Option<ID> {
        self.0.written.patient_id.map(|id| id.to_string().into())
    }

    /// What allowed somebody to see a medical record or to write in it; null for everything else.
    async fn purpose(&self) -> Option<BasisOfAccess> {
        self.0
            .written
            .purpose
            .as_deref()
            .and_then(named::<AccessBasis, _>)
    }

    /// Whether somebody opened a record that was closed to them, for a stated reason, or did this in a record that was open to them
    /// only so.
    async fn broken_glass(&self) -> bool {
        self.0.written.purpose.as_deref() == Some(AccessBasis::BrokenGlass.as_str())
    }

    /// Parts of a medical record that were shown, asked for or changed.
    async fn parts(&self) -> Vec<PartOfRecord> {
        listed::<RecordPart, _>(&self.0.written.parts)
    }

    /// The question that was answered or refused, for example `timeline`. Of a role and of the text of messages, what was set; of a
    /// consent, whether it was `given` or `withdrawn`. Null for other changes.
    async fn what(&self) -> Option<&str> {
        self.0.written.what.as_deref()
    }

    /// The stated reason: why the glass was broken, an account suspended, a practitioner deactivated. Null when none was stated,
    /// and when somebody has damaged it.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Keyed digest of the state before a change, where the domain gives one. Equal digests mean equal content; nothing else follows.
    async fn before(&self) -> Option<&str> {
        self.0.written.digest_before.as_deref()
    }

    /// Keyed digest of the state after a change, or of all that the event says. Equal digests mean equal content; nothing else follows.
    async fn after(&self) -> Option<&str> {
        self.0.written.digest_after.as_deref()
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime<Utc> {
        self.0.written.occurred_at
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime<Utc> {
        self.0.written.recorded_at
    }

    /// The hash of the entry before it: SHA-256 in 64 hexadecimal digits, all zeros for the very first.
    async fn previous_hash(&self) -> &str {
        &self.0.written.previous
    }

    /// The entry's hash: SHA-256 in 64 hexadecimal digits.
    async fn hash(&self) -> &str {
        &self.0.written.hash
    }
}

/// The audit log.
#[derive(Default)]
pub struct AuditLogQuery;

#[Object]
impl AuditLogQuery {
    /// Every reading of a medical record and every change anywhere, the newest first. Needs `audit:read`.
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<AuditLogFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Connection<OpaqueKey, AuditEntry>> {
        let page = PageArgs::<Place>::read(first, after.as_deref())?;
        let service = ctx.service::<TrailService>();
        let filter = filter.unwrap_or_default().into();
        let found = answer(ctx, service.log(&ctx.principal(), filter, &page).await)?;
        let found = found.into_iter().map(|(place, entry)| (place, AuditEntry(entry)));
        Ok(connection(&page, found.collect()))
    }
}
