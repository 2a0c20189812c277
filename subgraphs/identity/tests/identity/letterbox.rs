//! What identity asks to be written to people, as notifications would hear it.

use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::IdentityEvent;
use caregraph_contracts::ids::UserId;
use caregraph_contracts::links::LinkPurpose;
use caregraph_kit::crypto::{FieldCipher, LinkTokens};
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{Envelope, EventHandler, HandlerError};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// A letter that was asked for.
#[derive(Debug, Clone)]
pub struct Letter {
    pub user: UserId,
    pub purpose: LinkPurpose,
    pub token: String,
}

/// Letters, oldest first.
#[derive(Clone)]
pub struct Letterbox {
    cipher: FieldCipher,
    letters: Arc<Mutex<Vec<Letter>>>,
}

impl Letterbox {
    pub fn new(cipher: FieldCipher) -> Self {
        Self {
            cipher,
            letters: Arc::default(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.letters.lock().unwrap().is_empty()
    }

    pub fn len(&self) -> usize {
        self.letters.lock().unwrap().len()
    }

    /// Takes the oldest letter of a kind away.
    pub fn take(&self, purpose: LinkPurpose) -> Option<Letter> {
        let mut letters = self.letters.lock().unwrap();
        let at = letters.iter().position(|letter| letter.purpose == purpose)?;
        Some(letters.remove(at))
    }

    fn put(&self, user: UserId, purpose: LinkPurpose, request: Uuid) {
        let token = LinkTokens::new(self.cipher.ring().clone(), purpose.as_str()).token(request);
        self.letters.lock().unwrap().push(Letter { user, purpose, token });
    }
}

#[async_trait]
impl EventHandler for Letterbox {
    fn name(&self) -> &'static str {
        "test.letterbox"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Identity]
    }

    async fn handle(&self, _: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        match event.decode::<IdentityEvent>()? {
            Some(IdentityEvent::EmailVerificationRequested {
                user_id, request_id, ..
            }) => {
                self.put(user_id, LinkPurpose::VerifyEmail, request_id);
            }
            Some(IdentityEvent::PasswordResetRequested {
                user_id, request_id, ..
            }) => {
                self.put(user_id, LinkPurpose::ResetPassword, request_id);
            }
            Some(IdentityEvent::UserInvited {
                user_id, request_id, ..
            }) => {
                self.put(user_id, LinkPurpose::AcceptInvitation, request_id);
            }
            _ => {}
        }
        Ok(())
    }
}
