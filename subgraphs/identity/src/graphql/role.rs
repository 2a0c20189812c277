//! What roles may do.

use super::user::Role;
use crate::role::{self, RoleService, SetRolePermissions};
use async_graphql::{Context, InputObject, Object, SimpleObject};
use caregraph_contracts::Scope;
use caregraph_kit::graphql::{ContextExt, answer, outcome};
use caregraph_kit::{Failure, Rejection, payload};
use std::collections::BTreeSet;

/// A permission: it opens the door to some operations. Whether a particular record may be seen is decided by its own rules.
#[derive(SimpleObject)]
pub struct Permission {
    /// The name, as in the `scope` of access tokens, for example `appointments:write`.
    name: String,
    /// What it opens, for people.
    description: String,
}

impl From<Scope> for Permission {
    fn from(scope: Scope) -> Self {
        Self {
            name: scope.as_str().to_owned(),
            description: scope.describe().to_owned(),
        }
    }
}

/// A role with what it may do.
#[derive(SimpleObject)]
pub struct RoleDefinition {
    /// Which role.
    role: Role,
    /// What it is, for people.
    description: String,
    /// What everybody who has the role may do.
    permissions: Vec<Permission>,
    /// Whether whoever has the role needs a second factor. Until they set one up, their tokens allow nothing but that.
    requires_totp: bool,
    /// Grows with each change; hand it back as `expectedVersion` to notice changes by others.
    version: i64,
}

impl From<role::RoleDefinition> for RoleDefinition {
    fn from(definition: role::RoleDefinition) -> Self {
        Self {
            role: definition.role.into(),
            description: definition.role.describe().to_owned(),
            permissions: definition.scopes.into_iter().map(Permission::from).collect(),
            requires_totp: definition.requires_totp,
            version: definition.version,
        }
    }
}

/// What a role may do from now on.
#[derive(InputObject)]
pub struct SetRolePermissionsInput {
    /// Which role.
    role: Role,
    /// Names of all its permissions after the change. Administrators keep what it takes to undo it.
    permissions: Vec<String>,
    /// Whether whoever has the role needs a second factor; unchanged when not given.
    requires_totp: Option<bool>,
    /// Refuses when the role was changed since this `version` was read.
    expected_version: Option<i64>,
}

payload! {
    /// What `setRolePermissions` answers.
    SetRolePermissionsPayload {
        /// The role after the change; null when refused.
        role: RoleDefinition
    }
    SetRolePermissionsError
}

#[derive(Default)]
pub(super) struct RoleQuery;

#[Object]
impl RoleQuery {
    /// All roles. Needs the permission `users:read` or `roles:write`.
    async fn roles(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<RoleDefinition>> {
        let roles = ctx.service::<RoleService>().list(&ctx.principal()).await;
        Ok(answer(ctx, roles)?
            .into_iter()
            .map(RoleDefinition::from)
            .collect())
    }

    /// All permissions there are. Needs the permission `users:read` or `roles:write`.
    async fn permissions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Permission>> {
        let scopes = ctx.service::<RoleService>().scopes(&ctx.principal());
        Ok(answer(ctx, scopes)?
            .iter()
            .copied()
            .map(Permission::from)
            .collect())
    }
}

#[derive(Default)]
pub(super) struct RoleMutation;

#[Object]
impl RoleMutation {
    /// Replaces a role's permissions. Needs the permission `roles:write`. Access tokens that are out already keep theirs until they
    /// end, which takes minutes.
    async fn set_role_permissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which role, and what it may do.")] input: SetRolePermissionsInput,
    ) -> async_graphql::Result<SetRolePermissionsPayload> {
        let service = ctx.service::<RoleService>();
        let result: Result<_, Failure> = async {
            ctx.principal().require(Scope::RolesWrite)?;
            let command = SetRolePermissions {
                role: input.role.into(),
                permissions: read(&input.permissions)?,
                requires_totp: input.requires_totp,
                expected_version: input.expected_version,
            };
            service.set_permissions(&ctx.principal(), command).await
        }
        .await;
        Ok(SetRolePermissionsPayload::of(
            outcome(ctx, result)?,
            RoleDefinition::from,
        ))
    }
}

/// Permissions by name, or all that are unknown.
fn read(names: &[String]) -> Result<BTreeSet<Scope>, Failure> {
    let mut unknown = Vec::new();
    let mut scopes = BTreeSet::new();
    for (index, name) in names.iter().take(Scope::ALL.len() * 2).enumerate() {
        match name.parse() {
            Ok(scope) => {
                scopes.insert(scope);
            }
            Err(_) => unknown.push(Rejection::invalid(
                &format!("permissions.{index}"),
                "there is no such permission",
            )),
        }
    }
    if unknown.is_empty() {
        Ok(scopes)
    } else {
        Err(Failure::Refused(unknown))
    }
}
