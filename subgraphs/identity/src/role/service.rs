//! Reading and editing what roles may do.

use super::model::RoleDefinition;
use super::store;
use crate::foundation::Foundation;
use caregraph_contracts::events::IdentityEvent;
use caregraph_contracts::{Role, Scope};
use caregraph_kit::auth::Principal;
use caregraph_kit::{Failure, Rejection};
use std::{collections::BTreeSet, sync::Arc};

/// Use cases of roles. Cheap to clone.
#[derive(Clone)]
pub struct RoleService(pub(crate) Arc<Foundation>);

/// What a role may do from now on.
#[derive(Debug, Clone)]
pub struct SetRolePermissions {
    /// Which role.
    pub role: Role,
    /// All its permissions after the change.
    pub permissions: BTreeSet<Scope>,
    /// Whether it needs a second factor; unchanged when `None`.
    pub requires_totp: Option<bool>,
    /// Refuses when somebody else changed the role since this version was read.
    pub expected_version: Option<i64>,
}

impl RoleService {
    /// All roles. For administrators of accounts or of roles.
    pub async fn list(&self, principal: &Principal) -> Result<Vec<RoleDefinition>, Failure> {
        principal.require_any(&[Scope::UsersRead, Scope::RolesWrite])?;
        Ok(store::load(self.0.ground.database.reader(), Role::ALL.iter().copied()).await?)
    }

    /// All permissions there are. For administrators of accounts or of roles.
    pub fn scopes(&self, principal: &Principal) -> Result<&'static [Scope], Failure> {
        principal.require_any(&[Scope::UsersRead, Scope::RolesWrite])?;
        Ok(Scope::ALL)
    }

    /// Replaces a role's permissions. People who have the role get them with their next access token, so within
    /// [`crate::IdentitySettings::access_token_minutes`]; whoever must lose something at once is suspended or loses the role.
    pub async fn set_permissions(
        &self,
        principal: &Principal,
        command: SetRolePermissions,
    ) -> Result<RoleDefinition, Failure> {
        principal.require(Scope::RolesWrite)?;
        let database = &self.0.ground.database;
        database
            .retrying(|| async {
                let mut tx = database.begin().await?;
                store::lock(&*tx, command.role).await?;
                let mut definition = store::load(&*tx, [command.role])
                    .await?
                    .pop()
                    .ok_or_else(|| Rejection::not_found("role", "role"))?;
                if command
                    .expected_version
                    .is_some_and(|expected| expected != definition.version)
                {
                    return Err(Rejection::conflict(
                        "expectedVersion",
                        "somebody else has changed the role meanwhile",
                    )
                    .into());
                }
                definition.set(command.permissions.clone(), command.requires_totp)?;
                store::save(&*tx, &definition).await?;
                let changed = IdentityEvent::RolePermissionsChanged {
                    role: command.role,
                    permissions: definition.scopes.iter().copied().collect(),
                    requires_totp: definition.requires_totp,
                };
                self.0.ground.events.append(&mut tx, &[changed]).await?;
                tx.commit().await?;
                Ok(definition)
            })
            .await
    }
}
