//! Medical records of the simulated clinic: what people bring along, and what is written about their visits.

use super::cases::Case;
use super::cast::DOCTORS;
use super::history::{brought_along, measured, measured_earlier, raises_pressure};
use super::patients::{People, Person};
use super::staff::Team;
use super::{Simulation, acting, done};
use anyhow::{Result, anyhow};
use caregraph_contracts::ids::{AppointmentId, PractitionerId, RecordEntryId};
use caregraph_contracts::{Domain, Role};
use caregraph_kit::Failure;
use caregraph_kit::auth::{Principal, RequestInfo, acting};
use caregraph_kit::change::Change;
use caregraph_patients::care::{AssignCareTeam, CareService, CareTeamRole, TeamMember};
use caregraph_records::Services;
use caregraph_records::encounter::{DiagnosisDraft, EncounterChanges, PlanDraft, StartEncounter};
use caregraph_records::entry::{Entry, Placing, Stale};
use caregraph_records::vitals::RecordVitals;
use chrono::{DateTime, Days, Utc};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// Who writes, and where.
pub struct Charts {
    records: Services,
    nurse: Principal,
}

/// Everybody gets a general practitioner and the nurse as a care team, and tells what there is to know.
pub async fn open(simulation: &mut Simulation<'_>, team: &Team, people: &People) -> Result<Charts> {
    let foundations = simulation.clinic.foundations();
    let files = simulation.clinic.files.as_ref();
    let files = files.ok_or_else(|| anyhow!("records is hosted"))?;
    let records = Services::new(&foundations.document_ground(Domain::Records)?, files)?;
    let care = CareService::new(foundations.ground(Domain::Patients)?);
    let charts = Charts {
        records,
        nurse: team.nurse.clone(),
    };
    let general: Vec<PractitionerId> = DOCTORS
        .iter()
        .zip(&team.doctors)
        .filter(|(doctor, _)| doctor.specialty == 0)
        .map(|(_, id)| *id)
        .collect();
    for (at, person) in people.patients.iter().enumerate() {
        let doctor = general[at % general.len()];
        let member = |user, role| TeamMember { user, role };
        let command = AssignCareTeam {
            patient: person.id,
            members: vec![
                member(doctor.as_user(), CareTeamRole::PrimaryPhysician),
                member(nurse_of(team)?, CareTeamRole::Nurse),
            ],
        };
        done(care.assign(&team.nurse, command).await)?;
        let doctor = acting(doctor.as_user(), Role::Doctor);
        // Who signs in as a patient has something of everything.
        charts.take_history(simulation, &doctor, person, at == 0).await?;
    }
    Ok(charts)
}

fn nurse_of(team: &Team) -> Result<caregraph_contracts::ids::UserId> {
    team.nurse
        .user_id()
        .ok_or_else(|| anyhow!("the nurse has an account"))
}

impl Charts {
    /// What somebody brings along, and what was measured when they came before there was this program.
    async fn take_history(
        &self,
        simulation: &mut Simulation<'_>,
        doctor: &Principal,
        person: &Person,
        everything: bool,
    ) -> Result<()> {
        let now = simulation.clock.now();
        let random = &mut simulation.random;
        let brought = brought_along(random, &person.body, everything, now.date_naive());
        let earlier = measured_earlier(random, &person.body, now);
        for content in brought {
            let recording = &self.records.recording;
            let placing = Placing::default;
            let recorded = patiently(|| recording.record(doctor, person.id, content.clone(), placing()));
            by(doctor, recorded).await?;
        }
        for form in earlier {
            self.take_down(person, form).await?;
        }
        Ok(())
    }

    /// The nurse measures somebody who has just checked in.
    pub async fn measure(&self, simulation: &mut Simulation<'_>, person: &Person, case: &Case) -> Result<()> {
        let now = simulation.clock.now();
        let illness = person.body.illness.map(|illness| illness.known.code);
        let raised = illness.into_iter().chain([case.code]).any(raises_pressure);
        let form = measured(&mut simulation.random, &person.body, now, raised);
        self.take_down(person, form).await
    }

    async fn take_down(&self, person: &Person, form: RecordVitals) -> Result<()> {
        let (recording, nurse) = (&self.records.recording, &self.nurse);
        let taken = patiently(|| recording.record_vitals(nurse, person.id, form.clone(), Placing::default()));
        by(nurse, taken).await.map(drop)
    }

    /// The doctor writes down the visit and signs.
    pub async fn write_up(
        &self,
        now: DateTime<Utc>,
        doctor: &Principal,
        (person, case): (&Person, &Case),
        appointment: AppointmentId,
    ) -> Result<()> {
        let encounters = &self.records.encounters;
        let command = StartEncounter {
            patient: person.id,
            appointment: Some(appointment),
            class: None,
            start: None,
            changes: findings(case),
            key: None,
        };
        by(doctor, async {
            let begun = patiently(|| encounters.start(doctor, command.clone())).await?;
            self.conclude(doctor, (begun.id, case), now).await
        })
        .await
    }

    async fn conclude(
        &self,
        doctor: &Principal,
        (id, case): (RecordEntryId, &Case),
        now: DateTime<Utc>,
    ) -> Result<()> {
        let encounters = &self.records.encounters;
        let diagnosis = DiagnosisDraft {
            code: case.code.to_owned(),
            title: String::new(),
            primary: true,
            note: None,
        };
        done(encounters.diagnose(doctor, id, None, diagnosis).await)?;
        let plan = PlanDraft {
            description: case.plan.to_owned(),
            instructions: None,
            follow_up_on: case.again_after.map(|days| now.date_naive() + Days::new(days)),
        };
        let planned = done(encounters.plan(doctor, id, None, plan).await)?;
        let mut version = planned.number;
        loop {
            let signed = encounters.sign(doctor, id, version).await;
            if let Err(Failure::Refused(refusals)) = &signed
                && let [Stale::Newer(current)] = refusals.as_slice()
            {
                // Scheduling's news of the end of the visit came in between.
                version = current.number;
                continue;
            }
            return done(signed).map(drop);
        }
    }
}

fn findings(case: &Case) -> EncounterChanges {
    EncounterChanges {
        chief_complaint: Change::Set(case.complaint.to_owned()),
        examination: Change::Set(case.examination.to_owned()),
        ..EncounterChanges::default()
    }
}

/// Lets the audit trail know who did it.
async fn by<F: Future>(who: &Principal, work: F) -> F::Output {
    let info = RequestInfo {
        request_id: "demo".to_owned(),
        ..RequestInfo::default()
    };
    acting::on_behalf_of(Some(Arc::new(who.acting(&info))), work).await
}

/// A relationship or a visit becomes known to records a moment after it was made: until then the record is closed.
async fn patiently<R, F>(work: impl Fn() -> F) -> Result<Entry>
where
    R: Into<Stale> + Clone + std::fmt::Debug + std::fmt::Display,
    F: Future<Output = Result<Entry, Failure<R>>>,
{
    for _ in 0..500 {
        match work().await {
            Err(Failure::Refused(refusals)) if refusals.iter().cloned().map(Into::into).all(is_not_known) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            other => return done(other),
        }
    }
    done(work().await)
}

fn is_not_known(refusal: Stale) -> bool {
    matches!(
        refusal,
        Stale::Rejected(caregraph_kit::Rejection::NotFound { .. })
    )
}
