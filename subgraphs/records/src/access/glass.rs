//! Breaking the glass: opening a record that is not in one's care, for a stated reason, for a short time.

use super::Access;
use super::open::Open;
use caregraph_contracts::Scope;
use caregraph_contracts::events::RecordsEvent;
use caregraph_contracts::ids::PatientId;
use caregraph_kit::auth::Principal;
use caregraph_kit::documents::Commit;
use caregraph_kit::validate::Checks;
use caregraph_kit::{Failure, Rejection};
use chrono::{DateTime, TimeDelta, Utc};

/// How long the record stays open.
const OPEN_FOR: TimeDelta = TimeDelta::hours(1);

/// Shortest and longest reason, in characters: "x" is none.
const REASON: std::ops::RangeInclusive<usize> = 10..=500;

/// Opens a record for a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlass {
    /// Whose record.
    pub patient: PatientId,
    /// Why, 10 to 500 characters. The patient reads it.
    pub reason: String,
}

/// Glass that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlassBreak {
    /// Whose record is open.
    pub patient: PatientId,
    /// Until when.
    pub until: DateTime<Utc>,
}

impl Access {
    /// Opens a record to whoever may break glass. Where that would add nothing it is a conflict, and nobody is told of an emergency
    /// that was none; so it is as long as glass of one's own lies broken.
    pub async fn break_glass(
        &self,
        principal: &Principal,
        command: BreakGlass,
    ) -> Result<GlassBreak, Failure> {
        let user = principal.require(Scope::RecordsBreakGlass)?;
        let mut checks = Checks::new();
        let reason = checks.text("reason", &command.reason, *REASON.end());
        checks.require(
            reason.chars().count() >= *REASON.start(),
            "reason",
            "must say in at least 10 characters why the record has to be opened now",
        );
        checks.done::<Rejection>()?;
        // Read before what is open: so whatever the same person breaks at the same time is either seen there, or a duplicate of this.
        let last = self.store.last_break(user, command.patient).await?;
        let now = self.clock.now();
        let facts = self.store.facts(user, command.patient, now).await?;
        let Some((patient, _)) = facts.charts.first() else {
            return Err(Rejection::not_found("patientId", "patient").into());
        };
        if facts.is_own(user) || facts.acts(user) {
            return Err(Rejection::not_allowed("nobody breaks the glass of their own record").into());
        }
        if let Some(open) = Open::to(principal, &facts, now) {
            return Err(Rejection::conflict("patientId", open.to_string()).into());
        }
        let until = now + OPEN_FOR;
        let mut commit = Commit::new();
        let (people, times) = ((*patient, user), (now, until));
        self.store
            .break_glass(&mut commit, last, people, &reason, times)?;
        commit.tell(&RecordsEvent::GlassBroken {
            patient_id: *patient,
            user_id: user,
            reason,
            until,
        })?;
        let told = match self.documents.commit(commit).await {
            Err(error) if error.duplicate().is_some() => {
                let now = self.clock.now();
                let facts = self.store.facts(user, *patient, now).await?;
                let open = Open::to(principal, &facts, now);
                let said = open.map_or_else(
                    || "you have just opened this record elsewhere; try again".to_owned(),
                    |open| open.to_string(),
                );
                return Err(Rejection::conflict("patientId", said).into());
            }
            told => told?,
        };
        for event in told {
            // So that the patient can be seen elsewhere, too, when the answer has come.
            self.ground.settle(event).await;
        }
        Ok(GlassBreak {
            patient: *patient,
            until,
        })
    }
}
