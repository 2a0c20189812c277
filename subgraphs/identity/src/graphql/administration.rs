//! What administrators do with accounts.

use super::user::{Role, User, user_id};
use crate::account::{AccountService, AssignRoles, SuspendUser};
use async_graphql::{Context, ID, InputObject, Object};
use caregraph_kit::graphql::{ContextExt, outcome};
use caregraph_kit::{Failure, payload};

/// Roles from now on.
#[derive(InputObject)]
pub struct AssignRolesInput {
    /// Whose roles.
    user_id: ID,
    /// All roles after the change; at least one.
    roles: Vec<Role>,
    /// Refuses when the account was changed since this `version` was read.
    expected_version: Option<i64>,
}

payload! {
    /// What `assignRoles` answers.
    AssignRolesPayload {
        /// The account after the change; null when refused.
        user: User
    }
    AssignRolesError
}

/// Whom to suspend.
#[derive(InputObject)]
pub struct SuspendUserInput {
    /// Whose account.
    user_id: ID,
    /// Why, for other administrators; at most 500 characters.
    reason: String,
}

payload! {
    /// What `suspendUser` answers.
    SuspendUserPayload {
        /// The account after the change; null when refused.
        user: User
    }
    SuspendUserError
}

/// Whose suspension to lift.
#[derive(InputObject)]
pub struct ReactivateUserInput {
    /// Whose account.
    user_id: ID,
}

payload! {
    /// What `reactivateUser` answers.
    ReactivateUserPayload {
        /// The account after the change; null when refused.
        user: User
    }
    ReactivateUserError
}

#[derive(Default)]
pub(super) struct AdministrationMutation;

#[Object]
impl AdministrationMutation {
    /// Replaces a person's roles and ends their sessions. Needs the permission `users:write`; giving or taking the administrator's
    /// role needs that role, nobody takes it from themselves, and the last administrator keeps it.
    async fn assign_roles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose roles, and which.")] input: AssignRolesInput,
    ) -> async_graphql::Result<AssignRolesPayload> {
        let service = ctx.service::<AccountService>();
        let result = async {
            let command = AssignRoles {
                user: user_id(&input.user_id)?,
                roles: input.roles.into_iter().map(Into::into).collect(),
                expected_version: input.expected_version,
            };
            service.assign_roles(&ctx.principal(), command).await
        };
        Ok(AssignRolesPayload::of(outcome(ctx, result.await)?, User))
    }

    /// Closes an account for now: nobody can sign in, and all its sessions end within a second, live subscriptions included. Needs the
    /// permission `users:write`; suspending an administrator needs the administrator's role.
    async fn suspend_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom, and why.")] input: SuspendUserInput,
    ) -> async_graphql::Result<SuspendUserPayload> {
        let service = ctx.service::<AccountService>();
        let result = async {
            let command = SuspendUser {
                user: user_id(&input.user_id)?,
                reason: input.reason,
            };
            service.suspend(&ctx.principal(), command).await
        };
        Ok(SuspendUserPayload::of(outcome(ctx, result.await)?, User))
    }

    /// Lifts a suspension. Needs the permission `users:write`.
    async fn reactivate_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose suspension.")] input: ReactivateUserInput,
    ) -> async_graphql::Result<ReactivateUserPayload> {
        let service = ctx.service::<AccountService>();
        let result: Result<_, Failure> = async {
            service
                .reactivate(&ctx.principal(), user_id(&input.user_id)?)
                .await
        }
        .await;
        Ok(ReactivateUserPayload::of(outcome(ctx, result)?, User))
    }
}
