//! Consents in the graph.

use super::payloads::{GrantConsentPayload, RevokeConsentPayload};
use super::types::{Practitioner, User};
use crate::consent::{self, ConsentFilter, ConsentService, GrantConsent, RevokeConsent};
use async_graphql::{Context, ID, InputObject, Object, Result};
use caregraph_contracts::RecordPart;
use caregraph_contracts::ids::PractitionerId;
use caregraph_kit::graphql::{ContextExt, PartOfRecord, named_id, outcome};
use chrono::{DateTime, Utc};

/// A consent that the caller may know of.
pub struct Consent(pub(super) consent::Consent);

/// Somebody who gives care may see parts of a patient's record, and that there is such a patient. History stays: a consent
/// that has ended or was withdrawn is kept.
#[Object]
impl Consent {
    /// Identifies the consent.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who may see; null when it is nobody whom the clinic shows.
    async fn grantee(&self) -> Option<Practitioner> {
        let id = PractitionerId::of_user(self.0.grantee);
        Some(Practitioner {
            id: id.to_string().into(),
        })
    }

    /// Which parts of the record, each once.
    async fn parts(&self) -> Vec<PartOfRecord> {
        self.0.parts.iter().copied().map(PartOfRecord::from).collect()
    }

    /// Since when.
    async fn since(&self) -> DateTime<Utc> {
        self.0.since
    }

    /// Until when, if it ends by itself.
    async fn until(&self) -> Option<DateTime<Utc>> {
        self.0.until
    }

    /// Whether it holds now: it was not withdrawn, and has not ended.
    async fn active(&self, ctx: &Context<'_>) -> bool {
        self.0.holds(ctx.service::<ConsentService>().now())
    }

    /// What for, in words.
    async fn purpose(&self) -> Option<&str> {
        self.0.purpose.as_deref()
    }

    /// Who gave it: the patient, a guardian, or the front desk. Null when you may not see the account.
    async fn granted_by(&self) -> Option<User> {
        Some(self.0.granted_by.into())
    }

    /// The signed form on which the front desk gave it; null when the patient or a guardian did.
    async fn signed_form(&self) -> Option<&str> {
        self.0.granting_form.as_deref()
    }

    /// How it was withdrawn; null when it was not.
    async fn revocation(&self) -> Option<ConsentRevocation> {
        self.0.revocation.clone().map(ConsentRevocation)
    }
}

/// The withdrawal of a consent.
pub struct ConsentRevocation(consent::Revocation);

/// The withdrawal of a consent.
#[Object]
impl ConsentRevocation {
    /// When it was withdrawn.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// By whom: the patient, a guardian, or the front desk. Null when you may not see the account.
    async fn by(&self) -> Option<User> {
        Some(self.0.by.into())
    }

    /// Why, in words.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// The signed form on which the front desk withdrew it; null when the patient or a guardian did.
    async fn signed_form(&self) -> Option<&str> {
        self.0.form.as_deref()
    }
}

/// Narrows a list of consents; everything that is given must hold.
#[derive(Default, InputObject)]
pub struct ConsentFilterInput {
    /// `true`: only those that hold now. `false`: only those that have ended or were withdrawn.
    active: Option<bool>,
    /// Only those given to this practitioner.
    grantee_id: Option<ID>,
}

impl From<ConsentFilterInput> for ConsentFilter {
    fn from(input: ConsentFilterInput) -> Self {
        Self {
            active: input.active,
            grantee: input.grantee_id.as_ref().map(named_id),
        }
    }
}

/// A consent that is to be given.
#[derive(InputObject)]
pub struct GrantConsentInput {
    /// Whose record.
    patient_id: ID,
    /// Who may see: somebody who gives care here. Administrators do not.
    grantee_id: ID,
    /// Which parts of the record; at least one, unless `allParts` is true. Both at once contradict each other and get
    /// `InvalidInput` here.
    #[graphql(default)]
    parts: Vec<PartOfRecord>,
    /// Every part that there is today, instead of naming them in `parts`.
    #[graphql(default)]
    all_parts: bool,
    /// Until when: in the future, at most ten years from now. Left out, it lasts until it is withdrawn.
    until: Option<DateTime<Utc>>,
    /// What for, at most 500 characters.
    purpose: Option<String>,
    /// For the front desk only, and there it must be given: the reference of the form that the patient or a guardian has
    /// signed, at most 120 characters.
    signed_form: Option<String>,
    /// A fresh random key for this intention: 1 to 128 ASCII characters without spaces. The same key gets the first answer;
    /// with other content it is a `Conflict`.
    idempotency_key: String,
}

impl From<GrantConsentInput> for GrantConsent {
    fn from(input: GrantConsentInput) -> Self {
        Self {
            patient: named_id(&input.patient_id),
            grantee: named_id(&input.grantee_id),
            parts: input.parts.into_iter().map(RecordPart::from).collect(),
            all_parts: input.all_parts,
            until: input.until,
            purpose: input.purpose,
            signed_form: input.signed_form,
            idempotency_key: input.idempotency_key,
        }
    }
}

/// A consent that is to be withdrawn.
#[derive(InputObject)]
pub struct RevokeConsentInput {
    /// Which consent.
    consent_id: ID,
    /// Why, at most 500 characters.
    reason: Option<String>,
    /// For the front desk only, and there it must be given: the reference of the form that the patient or a guardian has
    /// signed, at most 120 characters.
    signed_form: Option<String>,
}

impl From<RevokeConsentInput> for RevokeConsent {
    fn from(input: RevokeConsentInput) -> Self {
        Self {
            consent: named_id(&input.consent_id),
            reason: input.reason,
            signed_form: input.signed_form,
        }
    }
}

/// What can be done about consents.
#[derive(Default)]
pub struct ConsentMutation;

#[Object]
impl ConsentMutation {
    /// Lets somebody who gives care see parts of a patient's record: said by the patient or a guardian (`patients:write`), or by
    /// the front desk (`patients:manage`) with a form that one of them has signed. At most 50 hold at a time; one more gets
    /// `TooManyConsents`.
    async fn grant_consent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who may see what, and until when.")] input: GrantConsentInput,
    ) -> Result<GrantConsentPayload> {
        let result = ctx
            .service::<ConsentService>()
            .grant(&ctx.principal(), input.into())
            .await;
        Ok(GrantConsentPayload::of(outcome(ctx, result)?, Consent))
    }

    /// Withdraws a consent from now on: said by the patient or a guardian (`patients:write`), or by the front desk
    /// (`patients:manage`) with a form that one of them has signed. One that has ended or was withdrawn is a `Conflict`.
    async fn revoke_consent(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which consent, and why.")] input: RevokeConsentInput,
    ) -> Result<RevokeConsentPayload> {
        let result = ctx
            .service::<ConsentService>()
            .revoke(&ctx.principal(), input.into())
            .await;
        Ok(RevokeConsentPayload::of(outcome(ctx, result)?, Consent))
    }
}
