//! What follows here from events elsewhere.

use crate::practitioner::store;
use crate::staff;
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::IdentityEvent;
use caregraph_contracts::ids::{PractitionerId, UserId};
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{Envelope, EventHandler, HandlerError};
use caregraph_kit::subgraph::Ground;

/// Keeps the list of staff accounts, and ends the work of practitioners whose account no longer allows it. Coming back is
/// an administrator's decision: appointments may have gone to somebody else meanwhile.
pub(crate) struct StaffAccounts {
    ground: Ground,
}

impl StaffAccounts {
    pub(crate) fn new(ground: Ground) -> Self {
        Self { ground }
    }

    async fn change(
        &self,
        tx: &mut Transaction,
        user: UserId,
        change: impl FnOnce(&mut staff::Account) + Send,
        reason: &'static str,
    ) -> Result<(), HandlerError> {
        let mut account = staff::lock(&**tx, user)
            .await?
            .unwrap_or_else(|| staff::Account::unknown(user));
        change(&mut account);
        staff::save(&**tx, &account).await?;
        let id = PractitionerId::of_user(user);
        let Some(stored) = store::load_for_update(&**tx, id)
            .await
            .map_err(HandlerError::other)?
        else {
            return Ok(());
        };
        if !stored.practitioner.active || account.allows(stored.practitioner.profile.profession) {
            return Ok(());
        }
        let mut private = stored.open(&self.ground.cipher).map_err(HandlerError::other)?;
        let mut practitioner = stored.practitioner;
        let event = practitioner
            .deactivate(&mut private, reason.to_owned())
            .map_err(HandlerError::other)?;
        let (cipher, now) = (&self.ground.cipher, self.ground.clock.now());
        let saved = store::save(&**tx, cipher, &mut practitioner, &private, now)
            .await
            .map_err(HandlerError::other)?;
        if !saved {
            // The row is locked, so this cannot happen; if it does, trying again is right.
            return Err(HandlerError::other("the practitioner changed under the lock"));
        }
        self.ground.events.append(tx, &[event]).await?;
        Ok(())
    }
}

#[async_trait]
impl EventHandler for StaffAccounts {
    fn name(&self) -> &'static str {
        "practitioners.staff-accounts"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Identity]
    }

    fn locks_rows(&self) -> bool {
        true
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        let Some(event) = event.decode::<IdentityEvent>()? else {
            return Ok(());
        };
        match event {
            IdentityEvent::UserRegistered { user_id, roles, .. }
            | IdentityEvent::UserRolesChanged { user_id, roles } => {
                let reason = "The account no longer has the role for this profession";
                self.change(tx, user_id, |account| account.set_roles(&roles), reason)
                    .await
            }
            // The administrator's own words about the suspension stay with identity: they are not for everybody who hears
            // of the deactivation.
            IdentityEvent::UserSuspended { user_id, .. } => {
                self.change(
                    tx,
                    user_id,
                    |account| account.set_suspended(true),
                    "The account was suspended",
                )
                .await
            }
            IdentityEvent::UserReactivated { user_id } => {
                self.change(
                    tx,
                    user_id,
                    |account| account.set_suspended(false),
                    "The account was suspended",
                )
                .await
            }
            IdentityEvent::UserUpdated { .. }
            | IdentityEvent::SessionRevoked { .. }
            | IdentityEvent::PasswordResetRequested { .. }
            | IdentityEvent::EmailVerificationRequested { .. }
            | IdentityEvent::UserInvited { .. }
            | IdentityEvent::DataExported { .. }
            | IdentityEvent::RolePermissionsChanged { .. }
            | IdentityEvent::ErasureAnswered { .. } => Ok(()),
        }
    }
}
