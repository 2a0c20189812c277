//! What clients see.

use super::consent::{Consent, ConsentFilterInput};
use super::erasure::Erasure;
use super::loaders::{care_team, visible_patient};
use super::merging::PatientMerge;
use crate::care::{CareRelationship, CareTeamRole};
use crate::consent::{ConsentKey, ConsentService};
use crate::erasure::ErasureService;
use crate::merging::{MergeKey, MergeService};
use crate::patient::{
    self, Address, BloodType, EmergencyContact, Gender, GuardianRelationship, InsuranceCard, PatientService,
    SexAtBirth,
};
use async_graphql::connection::Connection;
use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use caregraph_contracts::Scope;
use caregraph_contracts::events::CareRelationshipKind;
use caregraph_contracts::ids::{PatientId, PractitionerId, UserId};
use caregraph_kit::graphql::{ContextExt, Date, OpaqueKey, PageArgs, answer, connection, named_id};
use chrono::{DateTime, Utc};

/// An account.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct User {
    /// Identifies the account.
    pub id: ID,
}

#[ComplexObject]
impl User {
    /// The patient record of this person; null when there is none or you may not see it.
    async fn patient(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Patient>> {
        let id = PatientId::of_user(named_id(&self.id));
        Ok(visible_patient(ctx, id).await?.map(Patient))
    }
}

impl From<UserId> for User {
    fn from(id: UserId) -> Self {
        Self {
            id: id.to_string().into(),
        }
    }
}

/// Somebody who gives care.
#[derive(SimpleObject)]
#[graphql(unresolvable)]
pub struct Practitioner {
    /// Identifies the practitioner.
    pub id: ID,
}

/// Where a care relationship comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "CareRelationshipKind")]
pub enum CareRelationshipSource {
    /// Put on the care team by hand; lasts until taken off.
    Assigned,
    /// Follows from an appointment; lasts until 30 days after the visit, or until the appointment is cancelled.
    Appointment,
}

/// A member of staff who cares for a patient now, and therefore sees the record.
#[derive(SimpleObject)]
pub struct CareTeamMember {
    /// Who gives care.
    pub practitioner: Option<Practitioner>,
    /// What the person does on the care team; null for somebody who is involved by an appointment only.
    pub role: Option<CareTeamRole>,
    /// Where the relationship comes from.
    pub source: CareRelationshipSource,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when, if it ends by itself.
    pub until: Option<DateTime<Utc>>,
}

impl From<CareRelationship> for CareTeamMember {
    fn from(care: CareRelationship) -> Self {
        let practitioner = PractitionerId::of_user(care.user);
        Self {
            practitioner: Some(Practitioner {
                id: practitioner.to_string().into(),
            }),
            role: care.role,
            source: care.kind.into(),
            since: care.since,
            until: care.until,
        }
    }
}

/// Somebody who may act for a patient: see the record, keep contact data up to date, book appointments.
#[derive(SimpleObject)]
pub struct PatientGuardian {
    /// The guardian's account; null when you may not see it.
    pub user: Option<User>,
    /// What the guardian is to the patient.
    pub relationship: GuardianRelationship,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// A patient whom the caller may see.
pub struct Patient(pub(super) patient::Patient);

/// A person in care.
///
/// Visible to the person, to guardians, to the front desk, and to members of staff who have a care relationship with the
/// person, whom the person lets see something, or who have opened the record in an emergency. For everybody else there is no
/// such patient. Of several records of one person, only the one that stands for the person is shown.
#[Object]
impl Patient {
    /// Identifies the patient; equals the id of the account for which the record was opened, if it was for one.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The number on files and wristbands, for example `P-0000-1237`. The last digit is a check digit after Damm: it
    /// catches every wrong digit and every swap of neighbours. Never changes.
    async fn medical_record_number(&self) -> &str {
        self.0.mrn.as_str()
    }

    /// The patient's account; null for dependants and walk-ins without one. Where records were put together, it may be that of
    /// another one of them.
    async fn account(&self) -> Option<User> {
        self.0.account().map(User::from)
    }

    /// Whether somebody else put the patient on record to act for them: a child, a parent in need of help.
    async fn dependant(&self) -> bool {
        self.0.dependant
    }

    /// Legal given name.
    async fn given_name(&self) -> &str {
        &self.0.profile.identification.given_name
    }

    /// Legal family name; empty for people who have one name only.
    async fn family_name(&self) -> &str {
        &self.0.profile.identification.family_name
    }

    /// The name as people say it: family name first for those who prefer Vietnamese, given name first otherwise.
    async fn display_name(&self) -> String {
        self.0.profile.display_name()
    }

    /// Day of birth; null until it was checked.
    async fn date_of_birth(&self) -> Option<Date> {
        self.0.profile.identification.date_of_birth.map(Date)
    }

    /// Completed years of life today (UTC), or on the day of death; null while a needed day is unknown.
    async fn age(&self, ctx: &Context<'_>) -> Option<u32> {
        self.0.profile.age(ctx.service::<PatientService>().today())
    }

    /// Sex recorded at birth.
    async fn sex_at_birth(&self) -> Option<SexAtBirth> {
        self.0.profile.identification.sex_at_birth
    }

    /// Gender in the person's own words.
    async fn gender(&self) -> Option<Gender> {
        self.0.profile.gender
    }

    /// Telephone number in E.164, for example `+84912345678`.
    async fn phone(&self) -> Option<&str> {
        self.0.profile.phone.as_deref()
    }

    /// Number of an identity document, without separators.
    async fn national_id(&self) -> Option<&str> {
        self.0.profile.identification.national_id.as_deref()
    }

    /// Addresses, at most five.
    async fn addresses(&self) -> &[Address] {
        &self.0.profile.addresses
    }

    /// Whom to call when it matters, at most five, the first one first.
    async fn emergency_contacts(&self) -> &[EmergencyContact] {
        &self.0.profile.emergency_contacts
    }

    /// What the person does for a living.
    async fn occupation(&self) -> Option<&str> {
        self.0.profile.occupation.as_deref()
    }

    /// The language the person wants to be addressed in, as a BCP 47 tag: `vi` or `en`.
    async fn preferred_language(&self) -> &'static str {
        self.0.profile.preferred_language.tag()
    }

    /// Blood group.
    async fn blood_type(&self) -> Option<BloodType> {
        self.0.profile.identification.blood_type
    }

    /// What is printed on the insurance card.
    async fn insurance(&self) -> Option<&InsuranceCard> {
        self.0.profile.insurance.as_ref()
    }

    /// Whether the person has died.
    async fn deceased(&self) -> bool {
        self.0.profile.identification.deceased
    }

    /// Day of death, when known.
    async fn deceased_on(&self) -> Option<Date> {
        self.0.profile.identification.deceased_on.map(Date)
    }

    /// Who may act for the patient, at most ten by each of the person's records, the longest first.
    async fn guardians(&self) -> Vec<PatientGuardian> {
        let guardians = self
            .0
            .guardians_of_person()
            .into_iter()
            .map(|guardian| PatientGuardian {
                user: Some(guardian.user.into()),
                relationship: guardian.relationship,
                since: guardian.since,
            });
        guardians.collect()
    }

    /// Who cares for the patient now: those assigned first, then those involved by an appointment, the longest first.
    async fn care_team(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<CareTeamMember>> {
        Ok(care_team(ctx, self.0.id)
            .await?
            .into_iter()
            .map(CareTeamMember::from)
            .collect())
    }

    /// Whom the patient lets see which part of the record, the latest consent first: all for the patient, guardians and the front
    /// desk; for anybody else those given to them.
    async fn consents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Narrows the list.")] filter: Option<ConsentFilterInput>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<Connection<OpaqueKey, Consent>> {
        let page = PageArgs::<ConsentKey>::read(first, after.as_deref())?;
        let filter = filter.unwrap_or_default().into();
        let found = ctx
            .service::<ConsentService>()
            .list(&ctx.principal(), &self.0, filter, &page)
            .await;
        let consents = answer(ctx, found)?.into_iter();
        Ok(connection(
            &page,
            consents.map(|(key, consent)| (key, Consent(consent))).collect(),
        ))
    }

    /// Records of this person that were put together, and parted again, the latest merge first. Null for everybody but the front
    /// desk.
    async fn merges(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 when left out.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<Option<Connection<OpaqueKey, PatientMerge>>> {
        if !ctx.principal().has(Scope::PatientsManage) {
            return Ok(None);
        }
        let page = PageArgs::<MergeKey>::read(first, after.as_deref())?;
        let found = ctx
            .service::<MergeService>()
            .list(&ctx.principal(), &self.0, &page)
            .await;
        let merges = answer(ctx, found)?.into_iter();
        Ok(Some(connection(
            &page,
            merges.map(|(key, merge)| (key, PatientMerge(merge))).collect(),
        )))
    }

    /// Wishes that the data of this person be erased, the latest first. Null for everybody but the person, guardians and the front desk.
    async fn erasures(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Vec<Erasure>>> {
        let found = ctx
            .service::<ErasureService>()
            .list(&ctx.principal(), &self.0)
            .await;
        Ok(answer(ctx, found)?.map(|erasures| erasures.into_iter().map(Erasure).collect()))
    }

    /// Counts changes of the profile and its guardians, from 1. Hand it to `updatePatient` to notice that somebody else
    /// was faster.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// When the record was opened.
    async fn registered_at(&self) -> DateTime<Utc> {
        self.0.registered_at
    }

    /// When the profile or its guardians last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}
