//! Verifying the trail.

use crate::trail::{Finding, FindingKind, Head, MOST_FINDINGS, TrailService, Verification, VerifyTrail};
use async_graphql::{ComplexObject, Context, ID, InputObject, Object, Result, SimpleObject};
use caregraph_kit::graphql::{ContextExt, Date, answer};

/// The end of a day of the trail, signed. Whoever keeps one elsewhere can prove later that nothing before it was changed, also when
/// a whole store was put back to an earlier state: hand it to `verifyAudit` as `known`.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct AuditHead {
    /// The day, in UTC.
    day: Date,
    /// How many entries it has.
    count: i64,
    /// The last entry's hash: SHA-256 in 64 hexadecimal digits.
    last_hash: String,
    /// The day before it that has entries; null for the first day of the trail.
    previous_day: Option<Date>,
    /// The hash that the day's first entry goes on from.
    previous_hash: String,
    /// Ed25519 signature (RFC 8032) of `statement`, in URL-safe base64 without padding.
    signature: String,
    /// The text that is signed, in UTF-8: one line per value, each ended by a line feed.
    statement: String,
}

impl From<Head> for AuditHead {
    fn from(head: Head) -> Self {
        Self {
            statement: head.statement(),
            day: Date(head.day),
            count: head.count,
            last_hash: head.last_hash,
            previous_day: head.previous_day.map(Date),
            previous_hash: head.previous_hash,
            signature: head.signature,
        }
    }
}

#[ComplexObject]
impl AuditHead {
    /// What the signature is checked with: 32 bytes in URL-safe base64 without padding. The same for as long as the installation
    /// lives; keep it with the first head.
    async fn public_key(&self, ctx: &Context<'_>) -> String {
        ctx.service::<TrailService>().public_key()
    }
}

/// A head that was kept elsewhere, as `auditHead` gave it.
#[derive(InputObject)]
pub struct AuditHeadInput {
    /// The day, in UTC.
    day: Date,
    /// How many entries it had.
    count: i64,
    /// The last entry's hash.
    last_hash: String,
    /// The day before it that has entries; null for the first day of the trail.
    previous_day: Option<Date>,
    /// The hash that the day's first entry goes on from.
    previous_hash: String,
    /// The signature.
    signature: String,
}

impl From<AuditHeadInput> for Head {
    fn from(input: AuditHeadInput) -> Self {
        Self {
            day: input.day.0,
            count: input.count,
            last_hash: input.last_hash,
            previous_day: input.previous_day.map(|day| day.0),
            previous_hash: input.previous_hash,
            signature: input.signature,
        }
    }
}

/// One thing that was done to the trail.
#[derive(SimpleObject)]
pub struct AuditFinding {
    /// What was done.
    kind: FindingKind,
    /// On which day of the trail (UTC).
    day: Date,
    /// At which number of that day; null when it concerns the whole day.
    number: Option<i64>,
    /// The entry that stands there now; null when there is none.
    entry_id: Option<ID>,
    /// What it is, for people.
    message: String,
}

impl From<Finding> for AuditFinding {
    fn from(finding: Finding) -> Self {
        Self {
            kind: finding.kind,
            day: Date(finding.day),
            number: finding.number,
            entry_id: finding.entry.map(|id| id.to_string().into()),
            message: finding.message,
        }
    }
}

/// What verifying the trail came to.
pub struct AuditVerification(Verification);

/// What verifying the trail came to.
#[Object]
impl AuditVerification {
    /// Whether nothing was found.
    async fn intact(&self) -> bool {
        self.0.findings.is_empty()
    }

    /// How many entries were looked at.
    async fn entries(&self) -> i64 {
        self.0.entries
    }

    /// How many days were looked at.
    async fn days(&self) -> i64 {
        self.0.days
    }

    /// What was done to the trail, in its order; first what contradicts the head that was handed in. At most a hundred:
    /// verifying stops there.
    async fn findings(&self) -> Vec<AuditFinding> {
        let findings = self.0.findings.iter().take(MOST_FINDINGS);
        findings.cloned().map(AuditFinding::from).collect()
    }

    /// The newest head, to be kept elsewhere; null while the trail is empty, and when somebody has tampered with the head.
    async fn head(&self) -> Option<AuditHead> {
        self.0.head.clone().map(AuditHead::from)
    }
}

/// Questions about the trail as a whole.
#[derive(Default)]
pub struct VerificationQuery;

#[Object]
impl VerificationQuery {
    /// Calculates the trail anew and finds entries that were changed, inserted, deleted, moved or cut off, and heads that the trail
    /// has not signed. That the newest entries were cut off together with their heads is found with a head that was kept
    /// elsewhere. Takes longer the more entries there are. Needs `audit:read`.
    async fn verify_audit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day (UTC); the trail's first when left out.")] from: Option<Date>,
        #[graphql(desc = "The last day (UTC); the trail's last when left out.")] to: Option<Date>,
        #[graphql(
            desc = "A head that was kept elsewhere. One that this trail has not signed is refused as bad input."
        )]
        known: Option<AuditHeadInput>,
    ) -> Result<AuditVerification> {
        let command = VerifyTrail {
            from: from.map(|day| day.0),
            to: to.map(|day| day.0),
            known: known.map(Head::from),
        };
        let service = ctx.service::<TrailService>();
        let verification = answer(ctx, service.verify(&ctx.principal(), command).await)?;
        Ok(AuditVerification(verification))
    }

    /// The newest signed head, to be kept elsewhere; null while the trail is empty, and when somebody has tampered with the head.
    /// Needs `audit:read`.
    async fn audit_head(&self, ctx: &Context<'_>) -> Result<Option<AuditHead>> {
        let head = answer(ctx, ctx.service::<TrailService>().head(&ctx.principal()).await)?;
        Ok(head.map(AuditHead::from))
    }
}
