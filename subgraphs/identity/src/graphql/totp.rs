//! The second factor.

use super::refusals::{InvalidCredentials, Throttled};
use super::user::User;
use crate::credential::ReauthenticationRefusal;
use crate::totp::{DisableTotp, TotpService};
use async_graphql::{Context, InputObject, Object, SimpleObject};
use caregraph_kit::graphql::{ContextExt, outcome};
use caregraph_kit::payload;

/// What an authenticator needs to know. Shown once.
#[derive(SimpleObject)]
pub struct TotpEnrolment {
    /// The secret in Base32, for typing in.
    secret: String,
    /// The secret as an `otpauth` address, for a QR code.
    uri: String,
}

payload! {
    /// What `startTotp` answers.
    StartTotpPayload {
        /// What the authenticator needs; null when refused.
        enrolment: TotpEnrolment
    }
    StartTotpError
}

/// The proof that the authenticator works.
#[derive(InputObject)]
pub struct ConfirmTotpInput {
    /// The code that the authenticator shows now.
    otp: String,
}

payload! {
    /// What `confirmTotp` answers.
    ConfirmTotpPayload {
        /// Recovery codes, each good once in place of a code. They are shown this one time; null when refused.
        recovery_codes: Vec<String>
    }
    ConfirmTotpError also { InvalidCredentials, Throttled }
}

/// Removing the second factor takes both.
#[derive(InputObject)]
pub struct DisableTotpInput {
    /// Your password.
    password: String,
    /// The code that the authenticator shows now, or a recovery code.
    otp: String,
}

payload! {
    /// What `disableTotp` answers.
    DisableTotpPayload {
        /// The account; null when refused.
        user: User
    }
    DisableTotpError also { InvalidCredentials, Throttled }
}

macro_rules! refusals {
    ($($error:ident at $field:literal),*) => {$(
        impl From<ReauthenticationRefusal> for $error {
            fn from(refusal: ReauthenticationRefusal) -> Self {
                match refusal {
                    ReauthenticationRefusal::Common(common) => common.into(),
                    ReauthenticationRefusal::InvalidCredentials => Self::InvalidCredentials(InvalidCredentials::at($field, &refusal)),
                    ReauthenticationRefusal::Throttled { retry_after_seconds } => {
                        Self::Throttled(Throttled::new(&refusal, retry_after_seconds))
                    }
                }
            }
        }
    )*};
}

refusals!(ConfirmTotpError at "otp", DisableTotpError at "");

#[derive(Default)]
pub(super) struct TotpMutation;

#[Object]
impl TotpMutation {
    /// Begins to set up a second factor; nothing changes at sign-in until `confirmTotp`. Needs the permission `account:write`.
    async fn start_totp(&self, ctx: &Context<'_>) -> async_graphql::Result<StartTotpPayload> {
        let result = ctx.service::<TotpService>().start(&ctx.principal()).await;
        Ok(StartTotpPayload::of(outcome(ctx, result)?, |enrolment| {
            TotpEnrolment {
                secret: enrolment.secret,
                uri: enrolment.uri,
            }
        }))
    }

    /// Turns the second factor on and gives recovery codes. Needs the permission `account:write`.
    async fn confirm_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A code of now.")] input: ConfirmTotpInput,
    ) -> async_graphql::Result<ConfirmTotpPayload> {
        let service = ctx.service::<TotpService>();
        let result = service
            .confirm(&ctx.principal(), &input.otp, &ctx.request_info())
            .await;
        Ok(ConfirmTotpPayload::of(outcome(ctx, result)?, |codes| codes))
    }

    /// Removes the second factor, unless a role of yours requires one. Needs the permission `account:write`.
    async fn disable_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Password and code.")] input: DisableTotpInput,
    ) -> async_graphql::Result<DisableTotpPayload> {
        let command = DisableTotp {
            password: input.password,
            otp: input.otp,
        };
        let result = ctx
            .service::<TotpService>()
            .disable(&ctx.principal(), command, &ctx.request_info())
            .await;
        Ok(DisableTotpPayload::of(outcome(ctx, result)?, User))
    }
}
