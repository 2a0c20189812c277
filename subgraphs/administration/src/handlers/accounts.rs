//! What identity tells about names and roles of accounts.

use crate::account::store::{self, Told};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::IdentityEvent;
use caregraph_contracts::names::display_name;
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{Envelope, EventHandler, HandlerError};

/// Keeps [`crate::account`] up to date. When a person is erased, identity tells what stands for the name, like any other change.
pub struct KnowAccounts {
    cipher: FieldCipher,
}

impl KnowAccounts {
    /// The reaction with what it seals names with.
    pub fn new(cipher: FieldCipher) -> Self {
        Self { cipher }
    }

    /// What an event tells about names and roles; nothing when it is about something else.
    fn told(event: IdentityEvent, position: i64) -> Option<Told> {
        match event {
            IdentityEvent::UserRegistered {
                user_id,
                first_name,
                last_name,
                locale,
                roles,
                ..
            } => Some(Told {
                user: user_id,
                position,
                name: Some(display_name(&first_name, &last_name, &locale)),
                roles: Some(roles),
            }),
            IdentityEvent::UserUpdated {
                user_id,
                first_name,
                last_name,
                locale,
                ..
            } => Some(Told {
                user: user_id,
                position,
                name: Some(display_name(&first_name, &last_name, &locale)),
                roles: None,
            }),
            IdentityEvent::UserRolesChanged { user_id, roles } => Some(Told {
                user: user_id,
                position,
                name: None,
                roles: Some(roles),
            }),
            IdentityEvent::UserSuspended { .. }
            | IdentityEvent::UserReactivated { .. }
            | IdentityEvent::SessionRevoked { .. }
            | IdentityEvent::PasswordResetRequested { .. }
            | IdentityEvent::EmailVerificationRequested { .. }
            // Says no name; when the invitation is accepted, the account registers.
            | IdentityEvent::UserInvited { .. }
            | IdentityEvent::DataExported { .. }
            | IdentityEvent::RolePermissionsChanged { .. }
            | IdentityEvent::ErasureAnswered { .. } => None,
        }
    }
}

#[async_trait]
impl EventHandler for KnowAccounts {
    fn name(&self) -> &'static str {
        "administration.accounts"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Identity]
    }

    // Whoever registers does not look for their name in the trail in the next breath.
    fn is_awaited(&self) -> bool {
        false
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        let Some(identity) = event.decode::<IdentityEvent>()? else {
            return Ok(());
        };
        if let Some(told) = Self::told(identity, event.position) {
            store::take_down(tx, &self.cipher, told).await?;
        }
        Ok(())
    }
}
