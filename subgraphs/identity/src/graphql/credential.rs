//! Passwords.

use super::refusals::{InvalidCredentials, InvalidLink, Throttled};
use super::user::User;
use crate::account::LinkRefusal;
use crate::credential::{ChangePassword, CredentialService, ReauthenticationRefusal, ResetPassword};
use async_graphql::{Context, InputObject, Object};
use caregraph_kit::graphql::{ContextExt, outcome};
use caregraph_kit::payload;

/// A new password by somebody who knows the present one.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The present password.
    current_password: String,
    /// The password from now on: 10 to 128 characters, and not easy to guess.
    new_password: String,
}

payload! {
    /// What `changePassword` answers.
    ChangePasswordPayload {
        /// The account; null when refused.
        user: User
    }
    ChangePasswordError also { InvalidCredentials, Throttled }
}

impl From<ReauthenticationRefusal> for ChangePasswordError {
    fn from(refusal: ReauthenticationRefusal) -> Self {
        match refusal {
            ReauthenticationRefusal::Common(common) => common.into(),
            ReauthenticationRefusal::InvalidCredentials => Self::InvalidCredentials(InvalidCredentials::at(
                "currentPassword",
                &"the present password is not correct",
            )),
            ReauthenticationRefusal::Throttled { retry_after_seconds } => {
                Self::Throttled(Throttled::new(&refusal, retry_after_seconds))
            }
        }
    }
}

/// Whose password is lost.
#[derive(InputObject)]
pub struct RequestPasswordResetInput {
    /// Address of the account.
    email: String,
}

payload! {
    /// What `requestPasswordReset` answers: the same for every address.
    RequestPasswordResetPayload {
        /// True: if there is an account with this address, a message is on its way.
        accepted: bool
    }
    RequestPasswordResetError
}

/// A new password by somebody who can read the account's mail.
#[derive(InputObject)]
pub struct ResetPasswordInput {
    /// The token of the link in the message.
    token: String,
    /// The password from now on: 10 to 128 characters, and not easy to guess.
    new_password: String,
}

payload! {
    /// What `resetPassword` answers.
    ResetPasswordPayload {
        /// The account; null when refused.
        user: User
    }
    ResetPasswordError also { InvalidLink }
}

impl From<LinkRefusal> for ResetPasswordError {
    fn from(refusal: LinkRefusal) -> Self {
        match refusal {
            LinkRefusal::Common(common) => common.into(),
            LinkRefusal::InvalidLink => Self::InvalidLink(InvalidLink::at("token", &refusal)),
        }
    }
}

#[derive(Default)]
pub(super) struct CredentialMutation;

#[Object]
impl CredentialMutation {
    /// Changes your password and ends all your other sessions. Needs the permission `account:write`.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Present and new password.")] input: ChangePasswordInput,
    ) -> async_graphql::Result<ChangePasswordPayload> {
        let command = ChangePassword {
            current_password: input.current_password,
            new_password: input.new_password,
        };
        let service = ctx.service::<CredentialService>();
        let result = service
            .change(&ctx.principal(), command, &ctx.request_info())
            .await;
        Ok(ChangePasswordPayload::of(outcome(ctx, result)?, User))
    }

    /// Sends a link for a new password, if there is an account with this address. Open to everybody.
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which address.")] input: RequestPasswordResetInput,
    ) -> async_graphql::Result<RequestPasswordResetPayload> {
        let result = ctx
            .service::<CredentialService>()
            .request_reset(&input.email)
            .await;
        Ok(RequestPasswordResetPayload::of(outcome(ctx, result)?, |()| true))
    }

    /// Sets a new password through the link in the message and ends all sessions. Open to whoever holds the token; works once, for 30
    /// minutes.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token of the link, and the new password.")] input: ResetPasswordInput,
    ) -> async_graphql::Result<ResetPasswordPayload> {
        let command = ResetPassword {
            token: input.token,
            new_password: input.new_password,
        };
        let result = ctx
            .service::<CredentialService>()
            .reset(command, &ctx.request_info())
            .await;
        Ok(ResetPasswordPayload::of(outcome(ctx, result)?, User))
    }
}
