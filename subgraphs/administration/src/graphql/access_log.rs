//! The part of the trail that is about one patient.

use super::names::{AuditRole, listed, named};
use super::references::{Practitioner, User};
use crate::access_log::{self, AccessLogService};
use crate::entry::Outcome;
use crate::trail::Place;
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use caregraph_contracts::access::{AccessBasis, RecordPart, Role};
use caregraph_contracts::ids::PatientId;
use caregraph_kit::graphql::{
    BasisOfAccess, ContextExt, OpaqueKey, PageArgs, PartOfRecord, connection, fault, named_id,
};
use chrono::{DateTime, Utc};

type Connection = async_graphql::connection::Connection<OpaqueKey, AccessLogEntry>;

/// Somebody looked at a patient's record, tried to, or changed something that concerns the patient.
pub struct AccessLogEntry(access_log::AccessLogEntry);

/// Somebody looked at a patient's record, tried to, or changed something that concerns the patient.
#[Object]
impl AccessLogEntry {
    /// Identifies the entry.
    async fn id(&self) -> ID {
        self.0.written.id.to_string().into()
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.written.occurred_at
    }

    /// What was done, for example `RecordAccessed` or `AppointmentBooked`.
    async fn action(&self) -> &str {
        &self.0.written.action
    }

    /// Whether somebody got what was asked for; null for an outcome that this version does not know.
    async fn outcome(&self) -> Option<Outcome> {
        Outcome::named(&self.0.written.outcome)
    }

    /// The account of whoever did it; null for what the program did by itself, and when you may not see it.
    async fn by(&self) -> Option<User> {
        self.0.written.actor_user.map(User::new)
    }

    /// The name of whoever did it, as known now: of everybody who did it in a role that works here, so that patients learn who looked,
    /// and your own. Anybody else's, such as a guardian's, only when you have `users:read`. Null otherwise, for what the program did
    /// by itself, and while no name of the account is known.
    async fn by_name(&self) -> Option<&str> {
        self.0.by_name.as_deref()
    }

    /// The practitioner who did it, when the person acted in a role that gives care.
    async fn practitioner(&self) -> Option<Practitioner> {
        Practitioner::acting(self.0.written.actor_user, self.0.written.acted_as())
    }

    /// Roles that the person acted in; `PATIENT` for whoever saw their own record or that of somebody they act for, also when they
    /// work here.
    async fn roles(&self) -> Vec<AuditRole> {
        listed::<Role, _>(self.0.written.acted_as())
    }

    /// What allowed somebody to see the medical record or to write in it; null for everything else.
    async fn basis(&self) -> Option<BasisOfAccess> {
        self.0
            .written
            .purpose
            .as_deref()
            .and_then(named::<AccessBasis, _>)
    }

    /// Whether somebody opened the record although it was closed to them, for a stated reason, or did this in a record that was open
    /// to them only so. Everybody should look at these.
    async fn broken_glass(&self) -> bool {
        self.0.written.purpose.as_deref() == Some(AccessBasis::BrokenGlass.as_str())
    }

    /// Parts of the medical record that were shown, asked for or changed.
    async fn parts(&self) -> Vec<PartOfRecord> {
        listed::<RecordPart, _>(&self.0.written.parts)
    }

    /// The question that was answered or refused, for example `timeline`; of a consent, whether it was `given` or `withdrawn`; null for
    /// other changes.
    async fn what(&self) -> Option<&str> {
        self.0.written.what.as_deref()
    }

    /// The stated reason, where the glass was broken.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
}

/// A person in care.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Patient {
    /// Identifies the patient.
    id: ID,
}

impl Patient {
    /// The patient with an id.
    pub fn new(id: PatientId) -> Self {
        Self {
            id: id.to_string().into(),
        }
    }
}

#[ComplexObject]
impl Patient {
    /// Who looked at the patient's record or changed it, when and why, the newest first; with what concerns records that were
    /// merged into it. Null for everybody but the patient, guardians, and whoever has `audit:read`.
    async fn access_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Option<Connection>> {
        page_of(ctx, &self.id, first, after).await
    }
}

/// Who looked, and where the router enters with references to patients.
#[derive(Default)]
pub struct AccessLogQuery;

#[Object]
impl AccessLogQuery {
    /// Who looked at a patient's record or changed it, when and why, the newest first; with what concerns records that were merged
    /// into it. Null when there is no such patient, or you are neither the patient nor a guardian and lack `audit:read`.
    async fn access_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose record.")] patient_id: ID,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<Option<Connection>> {
        ctx.principal().require_user()?;
        page_of(ctx, &patient_id, first, after).await
    }

    #[graphql(entity)]
    async fn find_patient_by_id(&self, id: ID) -> Patient {
        // What is shown of the patient is decided where it is shown; that an id exists is told by nobody here.
        Patient { id }
    }
}

async fn page_of(
    ctx: &Context<'_>,
    patient: &ID,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Option<Connection>> {
    let page = PageArgs::<Place>::read(first, after.as_deref())?;
    let found = ctx
        .service::<AccessLogService>()
        .of_patient(&ctx.principal(), named_id(patient), &page)
        .await
        .map_err(|error| fault(ctx, error))?;
    Ok(found.map(|entries| {
        let entries = entries
            .into_iter()
            .map(|(place, entry)| (place, AccessLogEntry(entry)));
        connection(&page, entries.collect())
    }))
}
