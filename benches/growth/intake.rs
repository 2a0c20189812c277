//! People come into care, through the program's own use cases.

use super::names::Name;
use super::practice::ACCOUNTS;
use crate::bench::people::Person;
use crate::demo::done;
use anyhow::Result;
use caregraph_contracts::ids::{PatientId, UserId};
use caregraph_kit::auth::Principal;
use caregraph_kit::change::Change;
use caregraph_kit::subgraph::Ground;
use caregraph_patients::care::{AssignCareTeam, CareService, CareTeamRole, TeamMember};
use caregraph_patients::patient::{PatientService, ProfileChanges, RegisterPatient};
use chrono::{Days, NaiveDate};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

/// How many people come at a time: each waits for those who must have heard of it.
const AT_A_TIME: usize = 8;

/// The front desk, where people come into care.
pub struct Intake {
    patients: PatientService,
    care: CareService,
    nurse: Principal,
}

impl Intake {
    /// A front desk on the ground of patients.
    pub fn new(ground: Ground, nurse: Principal) -> Self {
        Self {
            patients: PatientService::new(ground.clone()),
            care: CareService::new(ground),
            nurse,
        }
    }

    /// Puts everybody on record who has no account: those of a practice are known by their numbers, and the first have one.
    pub async fn register(&self, (first, names): (u32, &[Name])) -> Result<Vec<PatientId>> {
        let others = (first..).zip(names).skip(ACCOUNTS);
        let registered = stream::iter(others.map(|(number, name)| self.register_one(number, name)));
        registered.buffered(AT_A_TIME).try_collect().await
    }

    async fn register_one(&self, number: u32, name: &Name) -> Result<PatientId> {
        let command = RegisterPatient {
            profile: profile(number, name),
            guardians: Vec::new(),
        };
        Ok(done(self.patients.register(&self.nurse, command).await)?.id)
    }

    /// Gives everybody a doctor, in turn.
    pub async fn assign(&self, patients: &[PatientId], doctors: &[Person]) -> Result<()> {
        let pairs = patients.iter().zip(doctors.iter().cycle());
        let assigned = stream::iter(pairs.map(|(patient, doctor)| self.assign_one(*patient, doctor.id)));
        assigned.buffered(AT_A_TIME).try_collect().await
    }

    async fn assign_one(&self, patient: PatientId, doctor: UserId) -> Result<()> {
        let command = AssignCareTeam {
            patient,
            members: vec![TeamMember {
                user: doctor,
                role: CareTeamRole::PrimaryPhysician,
            }],
        };
        done(self.care.assign(&self.nurse, command).await).map(drop)
    }
}

fn profile(number: u32, name: &Name) -> ProfileChanges {
    let born = NaiveDate::from_ymd_opt(1940, 1, 1);
    let born = born.and_then(|day| day.checked_add_days(Days::new(u64::from(number) * 7_919 % 27_000)));
    ProfileChanges {
        given_name: Some(name.given.clone()),
        family_name: Some(name.family.to_owned()),
        date_of_birth: born.map_or(Change::Keep, Change::Set),
        phone: Change::Set(format!("+8493{:07}", 1_000_000 + number * 37)),
        ..ProfileChanges::default()
    }
}
