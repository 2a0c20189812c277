//! Reading accounts, and changing one's own.

use super::model::User;
use super::profile::ProfileChanges;
use super::refusal::ProfileRefusal;
use super::store::{self, Identifier, UserFilter, Written};
use crate::activity::{self, Activity, ActivityKind};
use crate::foundation::Foundation;
use caregraph_contracts::Scope;
use caregraph_contracts::ids::UserId;
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::validate::Checks;
use caregraph_kit::{Failure, Fault, Rejection};
use std::sync::Arc;
use uuid::Uuid;

/// Use cases of accounts. Cheap to clone.
#[derive(Clone)]
pub struct AccountService(pub(crate) Arc<Foundation>);

impl AccountService {
    /// The account of whoever is signed in; `None` for anonymous callers.
    pub async fn me(&self, principal: &Principal) -> Result<Option<User>, Failure> {
        let Some(user) = principal.user_id() else {
            return Ok(None);
        };
        self.user(principal, user).await
    }

    /// One account, if the caller may see it: one's own, or any with `users:read`.
    pub async fn user(&self, principal: &Principal, id: UserId) -> Result<Option<User>, Failure> {
        Ok(self.users_by_id(principal, &[id]).await?.pop())
    }

    /// Some accounts; those that the caller may not see are left out.
    pub async fn users_by_id(&self, principal: &Principal, ids: &[UserId]) -> Result<Vec<User>, Fault> {
        let visible = ids.iter().copied().filter(|id| may_see(principal, *id));
        let ground = &self.0.ground;
        store::load(ground.database.reader(), &ground.cipher, visible).await
    }

    /// A page of all accounts, in the order in which they were made. For administrators.
    pub async fn list(
        &self,
        principal: &Principal,
        filter: &UserFilter,
        page: &PageArgs<Uuid>,
    ) -> Result<Edges<Uuid, User>, Failure> {
        principal.require(Scope::UsersRead)?;
        let ground = &self.0.ground;
        Ok(store::list(ground.database.reader(), &ground.cipher, filter, page).await?)
    }

    /// What happened to an account, newest first. For the person and for administrators.
    pub async fn activity(
        &self,
        principal: &Principal,
        user: UserId,
        page: &PageArgs<Uuid>,
    ) -> Result<Edges<Uuid, Activity>, Failure> {
        if principal.require_user()? == user {
            principal.require(Scope::AccountRead)?;
        } else {
            principal.require(Scope::UsersRead)?;
        }
        Ok(activity::store::list(self.0.ground.database.reader(), user, page).await?)
    }

    /// Changes the profile of whoever is signed in.
    pub async fn update_me(
        &self,
        principal: &Principal,
        changes: ProfileChanges,
        info: &RequestInfo,
    ) -> Result<User, Failure<ProfileRefusal>> {
        let id = principal.require(Scope::AccountWrite)?;
        let ground = &self.0.ground;
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                // A process that has not heard yet that the account was erased must not let anything back in.
                let mut user = store::get_for_update(&*tx, &ground.cipher, id)
                    .await?
                    .filter(|user| !user.is_closed())
                    .ok_or_else(|| Rejection::not_found("", "account"))?;
                if changes
                    .expected_version
                    .is_some_and(|expected| expected != user.version)
                {
                    let message = "the profile was changed elsewhere meanwhile";
                    return Err(Rejection::conflict("expectedVersion", message).into());
                }
                let before = user.clone();
                let mut checks = Checks::new();
                changes.clone().apply(&mut user, &mut checks);
                checks.done()?;
                if user == before {
                    return Ok(user);
                }
                if store::save(&*tx, &ground.cipher, &mut user).await? == Written::Taken {
                    tx.rollback().await?;
                    return Err(self.name_in_the_way(&user).await?);
                }
                activity::store::note(&*tx, &ground.clock, (id, ActivityKind::ProfileChanged), info).await?;
                ground.events.append(&mut tx, &[user.updated()]).await?;
                tx.commit().await?;
                Ok(user)
            })
            .await
    }

    /// Which name a constraint refused: the username of somebody else, or else the number.
    async fn name_in_the_way(&self, user: &User) -> Result<Failure<ProfileRefusal>, Fault> {
        let ground = &self.0.ground;
        if let Some(name) = &user.username {
            let owner = store::find_id(
                ground.database.reader(),
                &ground.cipher,
                Identifier::Username(name),
            )
            .await?;
            if owner.is_some_and(|owner| owner != user.id) {
                return Ok(Failure::refused(ProfileRefusal::UsernameTaken));
            }
        }
        Ok(Rejection::conflict("phone", "this number cannot be used here").into())
    }
}

/// Whether the caller may see an account: one's own, or any with `users:read`.
pub(crate) fn may_see(principal: &Principal, user: UserId) -> bool {
    principal.has(Scope::UsersRead)
        || (principal.user_id() == Some(user) && principal.has(Scope::AccountRead))
}
