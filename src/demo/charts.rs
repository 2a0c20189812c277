//! Medical records of the simulated clinic: what people bring along, and what is written about their visits.

use super::cast::DOCTORS;
use super::clinical::{ALLERGIES, CHRONIC, Case, IMMUNIZATIONS, cases};
use super::patients::People;
use super::staff::Team;
use super::{Simulation, acting, done};
use anyhow::{Result, anyhow};
use caregraph_contracts::ids::{AppointmentId, PatientId, PractitionerId, RecordEntryId};
use caregraph_contracts::{Domain, Role};
use caregraph_kit::Failure;
use caregraph_kit::auth::{Principal, RequestInfo, acting};
use caregraph_kit::change::Change;
use caregraph_patients::care::{AssignCareTeam, CareService, CareTeamRole, TeamMember};
use caregraph_records::Services;
use caregraph_records::encounter::{DiagnosisDraft, EncounterChanges, PlanDraft, StartEncounter};
use caregraph_records::entry::{
    Allergy, AllergyStatus, Code, Condition, ConditionStatus, Content, Entry, Immunization, Medication,
    MedicationSource, MedicationStatus, Placing, Stale, Verification,
};
use caregraph_records::vitals::{RecordVitals, Sign};
use chrono::{DateTime, Days, TimeDelta, Utc};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use rust_decimal::Decimal;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// Who writes, and where.
pub struct Charts {
    records: Services,
    nurse: Principal,
    /// Who signs in as `patient@demo.test`, and has something of everything.
    reader: PatientId,
    /// The reader's child, whose values are not an adult's.
    child: PatientId,
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
        reader: people.patients[0],
        child: people.patients[1],
    };
    let general: Vec<PractitionerId> = DOCTORS
        .iter()
        .zip(&team.doctors)
        .filter(|(doctor, _)| doctor.specialty == 0)
        .map(|(_, id)| *id)
        .collect();
    for (at, patient) in people.patients.iter().enumerate() {
        let doctor = general[at % general.len()];
        let member = |user, role| TeamMember { user, role };
        let command = AssignCareTeam {
            patient: *patient,
            members: vec![
                member(doctor.as_user(), CareTeamRole::PrimaryPhysician),
                member(nurse_of(team)?, CareTeamRole::Nurse),
            ],
        };
        done(care.assign(&team.nurse, command).await)?;
        let doctor = acting(doctor.as_user(), Role::Doctor);
        charts.take_history(simulation, &doctor, *patient).await?;
    }
    Ok(charts)
}

fn nurse_of(team: &Team) -> Result<caregraph_contracts::ids::UserId> {
    team.nurse
        .user_id()
        .ok_or_else(|| anyhow!("the nurse has an account"))
}

impl Charts {
    /// What somebody brings along: allergies, conditions with their medicines and earlier measurements, immunizations.
    async fn take_history(
        &self,
        simulation: &mut Simulation<'_>,
        doctor: &Principal,
        patient: PatientId,
    ) -> Result<()> {
        let now = simulation.clock.now();
        let mut brought = Vec::new();
        let random = &mut simulation.random;
        let (reader, child) = (patient == self.reader, patient == self.child);
        if (reader || random.random_bool(0.25))
            && let Some(known) = ALLERGIES.choose(random)
        {
            brought.push(Content::Allergy(Allergy {
                substance: known.substance.to_owned(),
                code: known.code.map(coded),
                category: known.category,
                reaction: Some(known.reaction.to_owned()),
                severity: Some(known.severity),
                status: AllergyStatus::Active,
                verification: Verification::Confirmed,
                onset: None,
                note: None,
            }));
        }
        let ill = reader || (!child && random.random_bool(0.3));
        let chronic = ill.then(|| CHRONIC.choose(random)).flatten();
        if let Some(known) = chronic {
            let since = now.date_naive() - Days::new(random.random_range(200..4_000));
            brought.push(Content::Condition(Condition {
                code: known.code.to_owned(),
                title: String::new(),
                status: ConditionStatus::Active,
                verification: Verification::Confirmed,
                severity: None,
                onset: Some(since),
                abated: None,
                note: None,
            }));
            brought.push(Content::Medication(Medication {
                medication: known.medication.to_owned(),
                code: Some(coded(("RxNorm", known.rxnorm))),
                dosage: Some(known.dosage.to_owned()),
                reason: None,
                status: MedicationStatus::Active,
                source: MedicationSource::Prescribed,
                started_on: Some(since),
                ended_on: None,
                note: None,
            }));
        }
        for vaccine in &IMMUNIZATIONS {
            if random.random_bool(0.6) {
                continue;
            }
            brought.push(Content::Immunization(Immunization {
                vaccine: vaccine.name.to_owned(),
                code: Some(coded(("CVX", vaccine.cvx))),
                given_on: now.date_naive() - Days::new(random.random_range(30..1_500)),
                dose: Some(1),
                lot: Some(format!("L{:05}", random.random_range(0..100_000))),
                site: Some("Cơ delta trái".to_owned()),
                note: None,
            }));
        }
        let earlier: Vec<RecordVitals> = if chronic.is_some() {
            (1..=4)
                .map(|quarter| measured(random, now - TimeDelta::days(90 * quarter), true))
                .collect()
        } else {
            Vec::new()
        };
        for content in brought {
            let recording = &self.records.recording;
            let placing = Placing::default;
            let recorded = patiently(|| recording.record(doctor, patient, content.clone(), placing()));
            by(doctor, recorded).await?;
        }
        for form in earlier {
            self.take_down(patient, form).await?;
        }
        Ok(())
    }

    /// The nurse measures somebody who has just checked in.
    pub async fn measure(&self, simulation: &mut Simulation<'_>, patient: PatientId) -> Result<()> {
        if patient == self.child {
            return Ok(());
        }
        let form = measured(&mut simulation.random, simulation.clock.now(), false);
        self.take_down(patient, form).await
    }

    async fn take_down(&self, patient: PatientId, form: RecordVitals) -> Result<()> {
        let (recording, nurse) = (&self.records.recording, &self.nurse);
        let taken = patiently(|| recording.record_vitals(nurse, patient, form.clone(), Placing::default()));
        by(nurse, taken).await.map(drop)
    }

    /// The doctor writes down the visit and signs.
    pub async fn write_up(
        &self,
        simulation: &mut Simulation<'_>,
        doctor: &Principal,
        (specialty, patient): (usize, PatientId),
        appointment: AppointmentId,
    ) -> Result<()> {
        let Some(case) = cases(specialty).choose(&mut simulation.random) else {
            return Ok(());
        };
        let encounters = &self.records.encounters;
        let command = StartEncounter {
            patient,
            appointment: Some(appointment),
            class: None,
            start: None,
            changes: findings(case),
            key: None,
        };
        by(doctor, async {
            let begun = patiently(|| encounters.start(doctor, command.clone())).await?;
            self.conclude(doctor, (begun.id, case), simulation.clock.now())
                .await
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

fn coded((system, code): (&str, &str)) -> Code {
    Code {
        system: system.to_owned(),
        code: code.to_owned(),
    }
}

/// Values of an adult; higher ones of somebody with a long illness.
fn measured(random: &mut StdRng, taken_at: DateTime<Utc>, ill: bool) -> RecordVitals {
    let systolic = random.random_range(105..135) + if ill { random.random_range(5..30) } else { 0 };
    let values = [
        (Sign::HeartRate, Decimal::from(random.random_range(58..92))),
        (Sign::Systolic, Decimal::from(systolic)),
        (
            Sign::Diastolic,
            Decimal::from(systolic - random.random_range(40..50)),
        ),
        (Sign::Temperature, Decimal::new(random.random_range(362..372), 1)),
        (Sign::Respiration, Decimal::from(random.random_range(12..19))),
        (
            Sign::OxygenSaturation,
            Decimal::from(random.random_range(96..100)),
        ),
    ];
    RecordVitals {
        taken_at: Some(taken_at),
        values: values.into_iter().collect(),
        note: None,
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
