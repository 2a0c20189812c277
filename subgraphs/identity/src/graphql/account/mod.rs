//! Accounts: registration, invitations, one's own profile, and lists for administrators.

mod forms;

pub use forms::*;

use super::loaders::{Seen, UserLoader};
use super::user::{Role, User, shared_fault};
use crate::account::{AcceptInvitation, AccountService, InviteUser, Registration, UserFilter};
use async_graphql::connection::Connection;
use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, ID, Object};
use caregraph_contracts::ids::UserId;
use caregraph_kit::graphql::{ContextExt, OpaqueKey, PageArgs, answer, connection, outcome};

#[derive(Default)]
pub(super) struct AccountQuery;

#[Object]
impl AccountQuery {
    /// Your own account; null when you are not signed in.
    async fn me(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        let me = ctx.service::<AccountService>().me(&ctx.principal()).await;
        Ok(answer(ctx, me)?.map(User))
    }

    /// One account: your own, or any with the permission `users:read`. Null when there is none that you may see.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the account.")] id: ID,
    ) -> async_graphql::Result<Option<User>> {
        visible(ctx, &id).await
    }

    /// All accounts, in the order in which they were made. Needs the permission `users:read`.
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which accounts; all when not given.")] filter: Option<UsersFilter>,
        #[graphql(desc = "How many, 1 to 100; 20 when not given.")] first: Option<i32>,
        #[graphql(desc = "Cursor of the account behind which to go on.")] after: Option<String>,
    ) -> async_graphql::Result<Connection<OpaqueKey, User>> {
        let page = PageArgs::read(first, after.as_deref())?;
        let filter = filter.map(UserFilter::from).unwrap_or_default();
        let users = ctx
            .service::<AccountService>()
            .list(&ctx.principal(), &filter, &page)
            .await;
        let rows = answer(ctx, users)?
            .into_iter()
            .map(|(key, user)| (key, User(user)))
            .collect();
        Ok(connection(&page, rows))
    }

    #[graphql(entity)]
    async fn find_user_by_id(&self, ctx: &Context<'_>, id: ID) -> async_graphql::Result<Option<User>> {
        visible(ctx, &id).await
    }
}

/// An account, if the caller may see one under this id.
async fn visible(ctx: &Context<'_>, id: &ID) -> async_graphql::Result<Option<User>> {
    let by = ctx.principal();
    let Ok(user) = id.parse::<UserId>() else {
        return Ok(None);
    };
    if by.is_anonymous() {
        return Ok(None);
    }
    let loader = ctx.service::<DataLoader<UserLoader>>();
    let found = loader
        .load_one(Seen { by, user })
        .await
        .map_err(|error| shared_fault(ctx, error))?;
    Ok(found.map(User))
}

#[derive(Default)]
pub(super) struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Makes an account for a patient. Open to everybody. The account can sign in once the link in the message to its address was
    /// opened, see `verifyEmail`.
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who registers.")] input: RegisterInput,
    ) -> async_graphql::Result<RegisterPayload> {
        let RegisterInput {
            email,
            password,
            first_name,
            last_name,
            phone,
            username,
            locale,
            time_zone,
        } = input;
        let command = Registration {
            email,
            password,
            first_name,
            last_name,
            phone,
            username,
            locale,
            time_zone,
        };
        let result = ctx
            .service::<AccountService>()
            .register(command, &ctx.request_info())
            .await;
        Ok(RegisterPayload::of(outcome(ctx, result)?, User))
    }

    /// Verifies an e-mail address through the link in the message. Open to whoever holds the token; works once, for 24 hours.
    async fn verify_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token of the link.")] input: VerifyEmailInput,
    ) -> async_graphql::Result<VerifyEmailPayload> {
        let result = ctx
            .service::<AccountService>()
            .verify_email(&input.token, &ctx.request_info())
            .await;
        Ok(VerifyEmailPayload::of(outcome(ctx, result)?, User))
    }

    /// Sends the message with the verification link again. Open to everybody; earlier links stop working.
    async fn resend_verification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which address.")] input: ResendVerificationInput,
    ) -> async_graphql::Result<ResendVerificationPayload> {
        let result = ctx
            .service::<AccountService>()
            .resend_verification(&input.email)
            .await;
        Ok(ResendVerificationPayload::of(outcome(ctx, result)?, |()| true))
    }

    /// Invites somebody to an account with given roles. Needs the permission `users:write`, and the administrator's role to invite
    /// administrators. Earlier invitations to the same address stop working.
    async fn invite_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to invite.")] input: InviteUserInput,
    ) -> async_graphql::Result<InviteUserPayload> {
        let command = InviteUser {
            email: input.email,
            roles: input.roles.into_iter().map(Into::into).collect(),
            locale: input.locale,
        };
        let result = ctx
            .service::<AccountService>()
            .invite(&ctx.principal(), command)
            .await;
        Ok(InviteUserPayload::of(outcome(ctx, result)?, |invitation| {
            Invitation {
                id: invitation.id.to_string().into(),
                email: invitation.email,
                roles: invitation.roles.into_iter().map(Role::from).collect(),
                expires_at: invitation.expires_at,
            }
        }))
    }

    /// Turns an invitation into an account. Open to whoever holds the token; works once, for 7 days.
    async fn accept_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the invited person tells.")] input: AcceptInvitationInput,
    ) -> async_graphql::Result<AcceptInvitationPayload> {
        let AcceptInvitationInput {
            token,
            password,
            first_name,
            last_name,
            phone,
            username,
            locale,
            time_zone,
        } = input;
        let command = AcceptInvitation {
            token,
            password,
            first_name,
            last_name,
            phone,
            username,
            locale,
            time_zone,
        };
        let result = ctx
            .service::<AccountService>()
            .accept_invitation(command, &ctx.request_info())
            .await;
        Ok(AcceptInvitationPayload::of(outcome(ctx, result)?, User))
    }

    /// Changes your own profile. Needs the permission `account:write`.
    async fn update_me(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateMeInput,
    ) -> async_graphql::Result<UpdateMePayload> {
        let result = ctx
            .service::<AccountService>()
            .update_me(&ctx.principal(), input.into(), &ctx.request_info())
            .await;
        Ok(UpdateMePayload::of(outcome(ctx, result)?, User))
    }
}
