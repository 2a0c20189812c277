//! Reactions to other domains' events.

mod exports;

pub(crate) use exports::PartsArrive;

use crate::access::store::AccessStore;
use crate::access::{Chart, Consent, Tie};
use crate::encounter::{Encounter, entry_of};
use crate::entry::{Content, Entry, Writer};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::{AppointmentFacts, PatientsEvent, SchedulingEvent};
use caregraph_contracts::ids::PatientId;
use caregraph_kit::Fault;
use caregraph_kit::documents::{Commit, DocumentHandler};
use caregraph_kit::events::{Envelope, HandlerError};

/// What decides about access: who acts for a patient, who cares for them, to whom they consented, who they turned out to be.
pub(crate) struct PeopleAndTheirTies {
    pub store: AccessStore,
}

impl PeopleAndTheirTies {
    async fn hear(&self, event: PatientsEvent) -> Result<Commit, Fault> {
        let mut commit = Commit::new();
        match event {
            PatientsEvent::PatientRegistered { patient } | PatientsEvent::PatientUpdated { patient } => {
                self.change(&mut commit, patient.patient_id, |chart| chart.follow(&patient))
                    .await?;
            }
            PatientsEvent::PatientsMerged { surviving, merged } => {
                self.change(&mut commit, merged, |chart| chart.merged_into = Some(surviving))
                    .await?;
                self.change(&mut commit, surviving, |chart| {
                    if !chart.merged.contains(&merged) {
                        chart.merged.push(merged);
                    }
                })
                .await?;
            }
            PatientsEvent::PatientsUnmerged { surviving, merged } => {
                self.change(&mut commit, merged, |chart| chart.merged_into = None)
                    .await?;
                self.change(&mut commit, surviving, |chart| {
                    chart.merged.retain(|id| *id != merged);
                })
                .await?;
            }
            PatientsEvent::CareRelationshipChanged {
                patient_id,
                user_id,
                since,
                until,
                kind: _,
            } => {
                self.store
                    .put_tie(&mut commit, (patient_id, user_id), Tie { since, until })
                    .await?;
            }
            PatientsEvent::ConsentChanged { patient_id, consent } => {
                let people = (patient_id, consent.grantee);
                let kept = Consent {
                    parts: consent.parts,
                    until: consent.until,
                    revoked: consent.revoked,
                };
                self.store
                    .put_consent(&mut commit, consent.consent_id, people, kept)
                    .await?;
            }
            // Say nothing of ties; what is to be erased is another handler's to hear.
            PatientsEvent::DataExported { .. }
            | PatientsEvent::ErasureAsked { .. }
            | PatientsEvent::ErasureScheduled { .. }
            | PatientsEvent::ErasureCancelled { .. }
            | PatientsEvent::ErasureCarriedOut { .. } => {}
        }
        Ok(commit)
    }

    async fn change(
        &self,
        commit: &mut Commit,
        patient: PatientId,
        change: impl FnOnce(&mut Chart),
    ) -> Result<(), Fault> {
        let known = self.store.chart(patient).await?;
        let version = known.as_ref().map(|known| known.version);
        let mut chart = known.map(|known| known.value).unwrap_or_default();
        change(&mut chart);
        AccessStore::put_chart(commit, patient, version, chart)
    }
}

#[async_trait]
impl DocumentHandler for PeopleAndTheirTies {
    fn name(&self) -> &'static str {
        "records.people"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Patients]
    }

    async fn handle(&self, event: &Envelope) -> Result<Commit, HandlerError> {
        match event.decode::<PatientsEvent>()? {
            Some(event) => Ok(self.hear(event).await?),
            None => Ok(Commit::new()),
        }
    }
}

/// Visits open the skeleton of an encounter.
pub(crate) struct VisitsOpenEncounters {
    pub writer: Writer,
}

impl VisitsOpenEncounters {
    async fn follow(&self, facts: &AppointmentFacts) -> Result<Commit, Fault> {
        let mut commit = Commit::new();
        let now = self.writer.clock.now();
        let id = entry_of(facts.appointment_id);
        let Some(known) = self.writer.store.get(id).await? else {
            let content = Content::Encounter(Encounter::skeleton(facts));
            let entry = Entry {
                id,
                patient: facts.patient_id,
                number: 1,
                at: content.at(now),
                content,
                encounter: None,
                released: false,
                retracted: false,
                origin: None,
                created_at: now,
                created_by: None,
                changed_at: now,
                changed_by: None,
            };
            self.writer.add(&mut commit, &entry, None)?;
            return Ok(commit);
        };
        let (version, before) = (known.version, known.value);
        let mut after = before.clone();
        let Content::Encounter(encounter) = &mut after.content else {
            return Ok(commit);
        };
        if encounter.follow(facts) {
            after.number += 1;
            after.changed_at = now;
            after.changed_by = None;
            self.writer.store.replace(&mut commit, version, &after, None)?;
            self.writer.tell(&mut commit, Some(&before), &after, None)?;
        }
        Ok(commit)
    }
}

#[async_trait]
impl DocumentHandler for VisitsOpenEncounters {
    fn name(&self) -> &'static str {
        "records.visits"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Scheduling]
    }

    fn hears(&self, name: &str) -> bool {
        matches!(name, "AppointmentCheckedIn" | "AppointmentCompleted")
    }

    async fn handle(&self, event: &Envelope) -> Result<Commit, HandlerError> {
        match event.decode::<SchedulingEvent>()? {
            Some(
                SchedulingEvent::AppointmentCheckedIn { appointment }
                | SchedulingEvent::AppointmentCompleted { appointment },
            ) => Ok(self.follow(&appointment).await?),
            _ => Ok(Commit::new()),
        }
    }
}
