//! Erasures in the graph.

use super::loaders::visible_patient;
use super::payloads::{CancelErasurePayload, RequestErasurePayload};
use super::types::{Patient, User};
use crate::erasure::{self, CancelErasure, ErasureService, RequestErasure};
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use caregraph_contracts::events::{self, Erasable, Retained};
use caregraph_kit::graphql::{ContextExt, Date, answer, named_id, outcome};
use chrono::{DateTime, Utc};

/// How far an erasure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "erasure::ErasureStatus")]
pub enum ErasureStatus {
    /// It is being found out what goes and what must stay; that takes seconds.
    Surveying,
    /// It is known what goes and what stays, and told to whoever asked. Until `dueAt` it can be called off.
    Scheduled,
    /// It was called off. Nothing was changed.
    Cancelled,
    /// It is being carried out.
    CarryingOut,
    /// What may go has gone. What must stay goes after the day until which it must.
    Done,
}

/// A kind of data about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "events::DataCategory")]
pub enum DataCategory {
    /// The account: name, e-mail address, telephone number, password, second factor, sessions. Nobody can sign in with it afterwards.
    Account,
    /// Telephone, addresses, emergency contacts, occupation, insurance card, guardians.
    ContactDetails,
    /// Legal name, date of birth, sex, number of the identity document, blood type. When they go, the medical record number stands for
    /// the name.
    Identity,
    /// Whom the patient let see which part of the record. All that still hold are withdrawn.
    Consents,
    /// Visits that are still to come; they are cancelled.
    UpcomingVisits,
    /// Visits that took place, with what they were for.
    PastVisits,
    /// Visits that were cancelled or missed: what they were for.
    MissedVisits,
    /// Medical records with all their versions and files.
    MedicalRecords,
    /// Archives that `exportMyData` has made.
    DataExports,
    /// Messages that were sent, and preferences about them.
    Messages,
    /// Who did what when, and who looked at what; without what was seen.
    AuditTrail,
}

/// Why data must stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "events::RetentionBasis")]
pub enum RetentionBasis {
    /// Medical records must be kept for a number of years after the last care: in Viet Nam by article 69 of the Law on Medical Examination
    /// and Treatment (15/2023/QH15). How many is set by the clinic, ten unless it says otherwise, twenty for somebody who has died.
    MedicalRecordsLaw,
    /// The account is that of somebody who works here.
    Employment,
    /// It proves who did and saw what, also to the person it is about; it says nothing of what was seen.
    Accountability,
}

/// Data that go, or have gone.
#[derive(SimpleObject)]
pub struct ErasableData {
    /// Which.
    category: DataCategory,
    /// How many pieces, at least one.
    count: u64,
}

/// Data that stay.
#[derive(SimpleObject)]
pub struct RetainedData {
    /// Which.
    category: DataCategory,
    /// How many pieces, at least one.
    count: u64,
    /// Why.
    basis: RetentionBasis,
    /// The last day on which they must stay; afterwards they go without being asked for again. Null when no end is set.
    until: Option<Date>,
}

impl From<&Erasable> for ErasableData {
    fn from(data: &Erasable) -> Self {
        Self {
            category: data.category.into(),
            count: data.count,
        }
    }
}

impl From<&Retained> for RetainedData {
    fn from(data: &Retained) -> Self {
        Self {
            category: data.category.into(),
            count: data.count,
            basis: data.basis.into(),
            until: data.until.map(Date),
        }
    }
}

/// An erasure that the caller may know of.
pub struct Erasure(pub(super) erasure::Erasure);

/// Somebody's wish that everything be erased that is kept about a person, and what became of it. Nothing goes before `dueAt`.
#[Object]
impl Erasure {
    /// Identifies the erasure.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The person; null when you may not see them (any more).
    async fn patient(&self, ctx: &Context<'_>) -> Result<Option<Patient>> {
        Ok(visible_patient(ctx, self.0.patient).await?.map(Patient))
    }

    /// Who asked: the person, a guardian, or the front desk. Null when you may not see the account.
    async fn requested_by(&self) -> Option<User> {
        Some(self.0.requested_by.into())
    }

    /// The signed form on which the front desk asked; null when the person or a guardian did.
    async fn signed_form(&self) -> Option<&str> {
        self.0.signed_form.as_deref()
    }

    /// When it was asked for.
    async fn requested_at(&self) -> DateTime<Utc> {
        self.0.requested_at
    }

    /// When it is carried out: 48 hours after it was asked for, unless the clinic says otherwise. Until then it can be called off.
    async fn due_at(&self) -> DateTime<Utc> {
        self.0.due_at
    }

    /// How far it is.
    async fn status(&self) -> ErasureStatus {
        self.0.status.into()
    }

    /// What goes, or went in the last round. Empty while it is being found out.
    async fn goes(&self) -> Vec<ErasableData> {
        self.0.holdings.goes.iter().map(ErasableData::from).collect()
    }

    /// What stays, why, and until when. Empty while it is being found out.
    async fn stays(&self) -> Vec<RetainedData> {
        self.0.holdings.stays.iter().map(RetainedData::from).collect()
    }

    /// When what may go had gone, the last time if there was more than one; null before.
    async fn carried_out_at(&self) -> Option<DateTime<Utc>> {
        self.0.carried_out_at
    }

    /// The day after which more may go; null while it is not carried out, and when nothing is left that ever may. Somebody who comes back
    /// as a patient ends it.
    async fn review_on(&self) -> Option<Date> {
        self.0.review_on.map(Date)
    }
}

/// A wish for erasure.
#[derive(InputObject)]
pub struct RequestErasureInput {
    /// The person whose data are to go.
    patient_id: ID,
    /// For the front desk only, and there it must be given: the reference of the form that the person or a guardian has signed, at most
    /// 120 characters.
    signed_form: Option<String>,
}

/// An erasure that is not wanted any more.
#[derive(InputObject)]
pub struct CancelErasureInput {
    /// Which.
    erasure_id: ID,
    /// For the front desk only, and there it must be given: the reference of the form that the person or a guardian has signed, at most
    /// 120 characters.
    signed_form: Option<String>,
}

/// Questions about erasures.
#[derive(Default)]
pub struct ErasureQuery;

#[Object]
impl ErasureQuery {
    /// An erasure, for whoever asked for it, the person, guardians and the front desk; null for everybody else.
    async fn erasure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The erasure's id.")] id: ID,
    ) -> Result<Option<Erasure>> {
        let found = ctx
            .service::<ErasureService>()
            .get(&ctx.principal(), named_id(&id))
            .await;
        Ok(answer(ctx, found)?.map(Erasure))
    }
}

/// What can be done about erasures.
#[derive(Default)]
pub struct ErasureMutation;

#[Object]
impl ErasureMutation {
    /// Has everything erased that is kept about a person, in all domains, as far as no law keeps it: said by the person, by a guardian of
    /// somebody without an account (`patients:write`), or by the front desk (`patients:manage`) with a form that one of them has signed.
    /// Within seconds it is known what goes, what must stay, why and until when; whoever asked is told, and has until `dueAt` to call it
    /// off. Then upcoming visits are cancelled and the account ends. Whoever asks while one is under way gets that one. A `Conflict` while a
    /// dependant has nobody else who acts for them.
    async fn request_erasure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose data.")] input: RequestErasureInput,
    ) -> Result<RequestErasurePayload> {
        let command = RequestErasure {
            patient: named_id(&input.patient_id),
            signed_form: input.signed_form,
        };
        let result = ctx
            .service::<ErasureService>()
            .request(&ctx.principal(), command)
            .await;
        Ok(RequestErasurePayload::of(outcome(ctx, result)?, Erasure))
    }

    /// Calls an erasure off before it is carried out: said by the person, a guardian (`patients:write`), or the front desk
    /// (`patients:manage`) with a form that one of them has signed. Later it is a `Conflict`.
    async fn cancel_erasure(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which erasure.")] input: CancelErasureInput,
    ) -> Result<CancelErasurePayload> {
        let command = CancelErasure {
            erasure: named_id(&input.erasure_id),
            signed_form: input.signed_form,
        };
        let result = ctx
            .service::<ErasureService>()
            .cancel(&ctx.principal(), command)
            .await;
        Ok(CancelErasurePayload::of(outcome(ctx, result)?, Erasure))
    }
}
