//! The tables `care_assignments` and `care_appointments`.

use super::model::{AppointmentCare, Assignment, CareRelationship, CareTeamRole};
use caregraph_contracts::ids::{AppointmentId, Id, PatientId, UserId};
use caregraph_kit::database::{Instant, Transaction};
use chrono::{DateTime, Utc};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QuerySelect, QueryTrait,
};
use std::collections::{BTreeSet, HashMap};

mod assignment {
    use super::CareTeamRole;
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "care_assignments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub patient_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        pub role: CareTeamRole,
        pub since: Instant,
        pub assigned_by: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

mod appointment {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "care_appointments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub appointment_id: Uuid,
        pub revision: i64,
        pub patient_id: Uuid,
        pub user_id: Uuid,
        pub since: Instant,
        pub until: Instant,
        pub cancelled: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Ids of patients for whom `user` cares now, as two subqueries: by assignment and by appointment.
pub(crate) fn cared_for_by(user: UserId, now: DateTime<Utc>) -> [SelectStatement; 2] {
    let assigned = assignment::Entity::find()
        .select_only()
        .column(assignment::Column::PatientId)
        .filter(assignment::Column::UserId.eq(user.uuid()));
    let booked = appointment::Entity::find()
        .select_only()
        .column(appointment::Column::PatientId)
        .filter(appointment::Column::UserId.eq(user.uuid()))
        .filter(appointment::Column::Cancelled.eq(false))
        .filter(appointment::Column::Until.gt(Instant::from(now)));
    [assigned.into_query(), booked.into_query()]
}

/// Everything that makes care relationships of some patients. Old appointments are left out.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    assignments: Vec<Assignment>,
    appointments: Vec<AppointmentCare>,
}

impl Sources {
    pub(crate) async fn load(
        connection: &impl ConnectionTrait,
        patients: &[PatientId],
        now: DateTime<Utc>,
    ) -> Result<Self, DbErr> {
        let ids = || patients.iter().map(|patient| patient.uuid());
        let assignments = assignment::Entity::find()
            .filter(assignment::Column::PatientId.is_in(ids()))
            .all(connection)
            .await?;
        let appointments = appointment::Entity::find()
            .filter(appointment::Column::PatientId.is_in(ids()))
            .filter(appointment::Column::Cancelled.eq(false))
            .filter(appointment::Column::Until.gt(Instant::from(now)))
            .all(connection)
            .await?;
        Ok(Self {
            assignments: assignments.into_iter().map(Assignment::from).collect(),
            appointments: appointments.into_iter().map(AppointmentCare::from).collect(),
        })
    }

    /// The same where what concerns one of a person's records concerns the one that stands for the person: `standing` says
    /// which stands for which.
    #[must_use]
    pub(crate) fn gathered(mut self, standing: &HashMap<PatientId, PatientId>) -> Self {
        let stands_for = |patient: PatientId| standing.get(&patient).copied().unwrap_or(patient);
        // Who was assigned by two records has been so since the first, in the role that was given last.
        self.assignments.sort_by_key(|care| std::cmp::Reverse(care.since));
        let mut assignments: Vec<Assignment> = Vec::with_capacity(self.assignments.len());
        for mut care in self.assignments {
            care.patient = stands_for(care.patient);
            match assignments
                .iter_mut()
                .find(|known| known.patient == care.patient && known.user == care.user)
            {
                Some(known) => known.since = known.since.min(care.since),
                None => assignments.push(care),
            }
        }
        for care in &mut self.appointments {
            care.patient = stands_for(care.patient);
        }
        Self { assignments, ..self }
    }

    /// The relationship of one patient and one user.
    pub(crate) fn between(
        &self,
        patient: PatientId,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Option<CareRelationship> {
        let assignment = self
            .assignments
            .iter()
            .find(|care| care.patient == patient && care.user == user);
        let appointments: Vec<_> = self
            .appointments
            .iter()
            .filter(|care| care.patient == patient && care.user == user)
            .copied()
            .collect();
        CareRelationship::overall(user, assignment, &appointments, now)
    }

    /// Who is assigned to a patient.
    pub(crate) fn assigned_to(&self, patient: PatientId) -> BTreeSet<UserId> {
        self.assignments
            .iter()
            .filter(|care| care.patient == patient)
            .map(|care| care.user)
            .collect()
    }

    /// Since when somebody has been assigned to a patient.
    pub(crate) fn assigned_since(&self, patient: PatientId, user: UserId) -> Option<DateTime<Utc>> {
        self.assignments
            .iter()
            .find(|care| care.patient == patient && care.user == user)
            .map(|care| care.since)
    }

    /// All relationships, by patient; the assigned first, then by beginning.
    pub(crate) fn teams(&self, now: DateTime<Utc>) -> HashMap<PatientId, Vec<CareRelationship>> {
        let pairs: BTreeSet<(PatientId, UserId)> = self
            .assignments
            .iter()
            .map(|care| (care.patient, care.user))
            .chain(self.appointments.iter().map(|care| (care.patient, care.user)))
            .collect();
        let mut teams: HashMap<PatientId, Vec<CareRelationship>> = HashMap::new();
        for (patient, user) in pairs {
            teams
                .entry(patient)
                .or_default()
                .extend(self.between(patient, user, now));
        }
        for team in teams.values_mut() {
            team.sort_by_key(|care| (care.role.is_none(), care.since, care.user));
        }
        teams
    }
}

/// What is known about an appointment; locked, where the engine can.
pub(crate) async fn appointment_for_update(
    tx: &Transaction,
    id: AppointmentId,
) -> Result<Option<AppointmentCare>, DbErr> {
    let row = appointment::Entity::find_by_id(id.uuid())
        .lock_exclusive()
        .one(&**tx)
        .await?;
    Ok(row.map(AppointmentCare::from))
}

/// Keeps an appointment's state in place of `before`.
pub(crate) async fn keep_appointment(
    tx: &Transaction,
    before: Option<&AppointmentCare>,
    care: &AppointmentCare,
) -> Result<(), DbErr> {
    let row = appointment::Model {
        appointment_id: care.appointment.uuid(),
        revision: care.revision,
        patient_id: care.patient.uuid(),
        user_id: care.user.uuid(),
        since: care.since.into(),
        until: care.until.into(),
        cancelled: care.cancelled,
    };
    let active = row.into_active_model().reset_all();
    if before.is_none() {
        appointment::Entity::insert(active)
            .exec_without_returning(&**tx)
            .await?;
    } else {
        appointment::Entity::update_many()
            .set(active)
            .filter(appointment::Column::AppointmentId.eq(care.appointment.uuid()))
            .exec(&**tx)
            .await?;
    }
    Ok(())
}

/// Whether somebody began to care for a person by some records after a moment.
pub(crate) async fn any_since(
    tx: &Transaction,
    records: &[PatientId],
    after: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let records: Vec<Uuid> = records.iter().map(|record| record.uuid()).collect();
    let after = Instant::from(after);
    let booked = appointment::Entity::find()
        .filter(appointment::Column::PatientId.is_in(records.iter().copied()))
        .filter(appointment::Column::Since.gt(after));
    let assigned = assignment::Entity::find()
        .filter(assignment::Column::PatientId.is_in(records))
        .filter(assignment::Column::Since.gt(after));
    Ok(booked.count(&**tx).await? > 0 || assigned.count(&**tx).await? > 0)
}

/// Replaces the assigned team of a patient.
pub(crate) async fn replace_team(
    tx: &Transaction,
    patient: PatientId,
    team: &[Assignment],
    assigned_by: UserId,
) -> Result<(), DbErr> {
    assignment::Entity::delete_many()
        .filter(assignment::Column::PatientId.eq(patient.uuid()))
        .exec(&**tx)
        .await?;
    if team.is_empty() {
        return Ok(());
    }
    let rows = team.iter().map(|member| assignment::ActiveModel {
        patient_id: Set(patient.uuid()),
        user_id: Set(member.user.uuid()),
        role: Set(member.role),
        since: Set(member.since.into()),
        assigned_by: Set(assigned_by.uuid()),
    });
    assignment::Entity::insert_many(rows)
        .exec_without_returning(&**tx)
        .await?;
    Ok(())
}

/// Takes everybody off the teams of some records who is not among `staying`.
pub(crate) async fn take_off(
    tx: &Transaction,
    patients: &[PatientId],
    staying: &[Assignment],
) -> Result<(), DbErr> {
    assignment::Entity::delete_many()
        .filter(assignment::Column::PatientId.is_in(patients.iter().map(|patient| patient.uuid())))
        .filter(assignment::Column::UserId.is_not_in(staying.iter().map(|member| member.user.uuid())))
        .exec(&**tx)
        .await?;
    Ok(())
}

impl From<assignment::Model> for Assignment {
    fn from(row: assignment::Model) -> Self {
        Self {
            patient: row.patient_id.into(),
            user: row.user_id.into(),
            role: row.role,
            since: row.since.into(),
        }
    }
}

impl From<appointment::Model> for AppointmentCare {
    fn from(row: appointment::Model) -> Self {
        Self {
            appointment: row.appointment_id.into(),
            revision: row.revision,
            patient: row.patient_id.into(),
            user: row.user_id.into(),
            since: row.since.into(),
            until: row.until.into(),
            cancelled: row.cancelled,
        }
    }
}
