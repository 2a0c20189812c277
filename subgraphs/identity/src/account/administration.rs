//! What administrators do with accounts.
//!
//! **Invariant:** somebody is always left who can undo it. Nobody suspends themselves or takes the administrator's role from
//! themselves; changes to administrators take turns; and the last active administrator stays.

use super::model::{User, UserStatus};
use super::service::AccountService;
use super::store;
use crate::activity::{self, ActivityKind};
use crate::role;
use crate::session::ending::{self, Which};
use caregraph_contracts::events::{IdentityEvent, SessionEnd};
use caregraph_contracts::ids::UserId;
use caregraph_contracts::{Role, Scope};
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::database::Transaction;
use caregraph_kit::validate::Checks;
use caregraph_kit::{Failure, Rejection};
use std::collections::BTreeSet;

/// Roles from now on.
#[derive(Debug, Clone)]
pub struct AssignRoles {
    /// Whose.
    pub user: UserId,
    /// All roles after the change; at least one.
    pub roles: BTreeSet<Role>,
    /// Refuses when the account was changed since this version was read.
    pub expected_version: Option<i64>,
}

/// Closes an account for now.
#[derive(Debug, Clone)]
pub struct SuspendUser {
    /// Whose.
    pub user: UserId,
    /// Why, for other administrators; at most 500 characters.
    pub reason: String,
}

impl AccountService {
    /// Replaces a person's roles and ends their sessions, so that no token keeps the old permissions.
    pub async fn assign_roles(&self, principal: &Principal, command: AssignRoles) -> Result<User, Failure> {
        let by = principal.require(Scope::UsersWrite)?;
        let ground = &self.0.ground;
        let (user, told) = ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                role::store::lock(&*tx, Role::Admin).await?;
                let mut user = self.load(&tx, command.user).await?;
                if command
                    .expected_version
                    .is_some_and(|expected| expected != user.version)
                {
                    let message = "the account was changed elsewhere meanwhile";
                    return Err(Rejection::conflict("expectedVersion", message).into());
                }
                if user.status == UserStatus::PendingVerification {
                    // Anybody may have registered it.
                    let message = "nobody has shown yet that the address of this account is theirs";
                    return Err(Rejection::conflict("userId", message).into());
                }
                let was_admin = user.roles.contains(&Role::Admin);
                let is_admin = command.roles.contains(&Role::Admin);
                if was_admin != is_admin {
                    require_administrator(principal)?;
                }
                if was_admin && !is_admin && user.id == by {
                    let message = "administrators cannot take the role from themselves; ask another one";
                    return Err(Rejection::not_allowed(message).into());
                }
                let Some(event) = user.assign_roles(command.roles.clone())? else {
                    return Ok((user, None));
                };
                store::save_unchanged_names(&*tx, &ground.cipher, &mut user).await?;
                self.keep_an_administrator(&tx, was_admin).await?;
                let told = self.tell(
                    &mut tx,
                    (&user, event),
                    Some(SessionEnd::RolesChanged),
                    ActivityKind::RolesChanged,
                );
                let told = told.await?;
                tx.commit().await?;
                Ok::<_, Failure>((user, told))
            })
            .await?;
        if let Some(event) = told {
            // Other domains act on roles (a doctor needs a profile), so the answer waits for them.
            ground.settle(event).await;
        }
        Ok(user)
    }

    /// Closes an account and ends all its sessions.
    pub async fn suspend(&self, principal: &Principal, command: SuspendUser) -> Result<User, Failure> {
        let by = principal.require(Scope::UsersWrite)?;
        let mut checks = Checks::new();
        let reason = checks.text("reason", &command.reason, 500);
        checks.done()?;
        if command.user == by {
            return Err(Rejection::not_allowed("nobody can suspend themselves").into());
        }
        let ground = &self.0.ground;
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                role::store::lock(&*tx, Role::Admin).await?;
                let mut user = self.load(&tx, command.user).await?;
                let is_admin = user.roles.contains(&Role::Admin);
                if is_admin {
                    require_administrator(principal)?;
                }
                let event = user.suspend(reason.clone())?;
                store::save_unchanged_names(&*tx, &ground.cipher, &mut user).await?;
                self.keep_an_administrator(&tx, is_admin).await?;
                self.tell(
                    &mut tx,
                    (&user, event),
                    Some(SessionEnd::AccountSuspended),
                    ActivityKind::Suspended,
                )
                .await?;
                tx.commit().await?;
                Ok(user)
            })
            .await
    }

    /// Opens a suspended account again.
    pub async fn reactivate(&self, principal: &Principal, user: UserId) -> Result<User, Failure> {
        principal.require(Scope::UsersWrite)?;
        let ground = &self.0.ground;
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                let mut user = self.load(&tx, user).await?;
                if user.roles.contains(&Role::Admin) {
                    require_administrator(principal)?;
                }
                let event = user.reactivate()?;
                store::save_unchanged_names(&*tx, &ground.cipher, &mut user).await?;
                self.tell(&mut tx, (&user, event), None, ActivityKind::Reactivated)
                    .await?;
                tx.commit().await?;
                Ok(user)
            })
            .await
    }

    async fn load(&self, tx: &Transaction, id: UserId) -> Result<User, Failure> {
        store::get_for_update(&**tx, &self.0.ground.cipher, id)
            .await?
            .ok_or_else(|| Rejection::not_found("userId", "account").into())
    }

    /// Ends sessions, tells the others, notes it. The account's row must be written before.
    async fn tell(
        &self,
        tx: &mut Transaction,
        (user, event): (&User, IdentityEvent),
        ends: Option<SessionEnd>,
        kind: ActivityKind,
    ) -> Result<Option<caregraph_contracts::ids::EventId>, Failure> {
        let ground = &self.0.ground;
        let told = ground.events.append(tx, &[event]).await?.first().copied();
        if let Some(reason) = ends {
            ending::end(&self.0, tx, (user.id, Which::All), reason).await?;
        }
        // The person may read their activity, so where the administrator sat is not noted.
        activity::store::note(&**tx, &ground.clock, (user.id, kind), &RequestInfo::default()).await?;
        Ok(told)
    }

    async fn keep_an_administrator(&self, tx: &Transaction, was_admin: bool) -> Result<(), Failure> {
        if was_admin && store::count_active(&**tx, Role::Admin).await? == 0 {
            return Err(Rejection::not_allowed("the last administrator must stay").into());
        }
        Ok(())
    }
}

/// Only administrators make, unmake, suspend and reactivate administrators: otherwise whoever may manage accounts could give
/// themselves everything.
pub(super) fn require_administrator<R: From<Rejection>>(principal: &Principal) -> Result<(), Failure<R>> {
    if principal.has_role(Role::Admin) {
        return Ok(());
    }
    Err(Rejection::not_allowed("only administrators may do this to administrators").into())
}
