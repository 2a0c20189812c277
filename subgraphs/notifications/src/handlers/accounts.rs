//! What people are told about their accounts.

use crate::contact::leads_nowhere;
use crate::notification::{Addressee, Facts, NotificationType, Post, Side};
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::{IdentityEvent, SessionEnd};
use caregraph_contracts::ids::UserId;
use caregraph_kit::Clock;
use caregraph_kit::documents::{Commit, DocumentHandler};
use caregraph_kit::events::{Envelope, HandlerError};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// News of an account that came this long ago are told to nobody: the person has seen it, or it does not matter any more.
const STALE: TimeDelta = TimeDelta::days(7);

/// Tells people what happened to their accounts.
pub(crate) struct AccountNews {
    pub(crate) post: Post,
    pub(crate) clock: Clock,
}

#[async_trait]
impl DocumentHandler for AccountNews {
    fn name(&self) -> &'static str {
        "notifications.accounts"
    }

    fn sources(&self) -> &'static [Domain] {
        &[Domain::Identity]
    }

    // Nobody reads a message in the same breath as what it tells of.
    fn is_awaited(&self) -> bool {
        false
    }

    async fn handle(&self, event: &Envelope) -> Result<Commit, HandlerError> {
        let mut commit = Commit::new();
        let Some(told) = event.decode::<IdentityEvent>()? else {
            return Ok(commit);
        };
        let Some((user, kind, facts)) = news(told) else {
            return Ok(commit);
        };
        let now = self.clock.now();
        let useless = facts.useless_after.is_some_and(|end| end <= now);
        if useless || now - event.occurred_at > STALE {
            tracing::debug!(event = %event.id, kind = kind.as_str(), "nobody is told: it happened too long ago");
            return Ok(commit);
        }
        let to = Addressee {
            user,
            side: Side::Patient,
        };
        self.post
            .tell(&mut commit, to, kind, facts, &event.id.to_string())
            .await
            .map_err(HandlerError::other)?;
        self.post.jobs.look();
        Ok(commit)
    }
}

/// Whom an event is to be told to, as what; `None` when to nobody.
fn news(event: IdentityEvent) -> Option<(UserId, NotificationType, Facts)> {
    use NotificationType as T;
    Some(match event {
        IdentityEvent::EmailVerificationRequested {
            user_id,
            email,
            request_id,
            expires_at,
        } => (
            user_id,
            T::EmailVerification,
            letter(Some(email), request_id, expires_at),
        ),
        IdentityEvent::PasswordResetRequested {
            user_id,
            request_id,
            expires_at,
        } => (user_id, T::PasswordReset, letter(None, request_id, expires_at)),
        IdentityEvent::UserInvited {
            user_id,
            email,
            locale,
            request_id,
            expires_at,
            ..
        } => {
            // There is no account yet that would know the language.
            let facts = letter(Some(email), request_id, expires_at).word("language", locale);
            (user_id, T::Invitation, facts)
        }
        IdentityEvent::UserRegistered { user_id, .. } => (user_id, T::AccountRegistered, Facts::default()),
        // The account was erased, and nobody reads there any more.
        IdentityEvent::UserUpdated { email, .. } if leads_nowhere(&email) => return None,
        IdentityEvent::UserUpdated { user_id, .. } => (user_id, T::AccountUpdated, Facts::default()),
        IdentityEvent::UserRolesChanged { user_id, roles } => {
            let names: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
            let facts = Facts::default().word("roles", names.join(", "));
            (user_id, T::RolesChanged, facts)
        }
        IdentityEvent::UserSuspended { user_id, reason } => (
            user_id,
            T::AccountSuspended,
            Facts::default().word("reason", reason),
        ),
        IdentityEvent::UserReactivated { user_id } => (user_id, T::AccountReactivated, Facts::default()),
        // Told when the archive is there, and when all have answered.
        IdentityEvent::RolePermissionsChanged { .. }
        | IdentityEvent::DataExported { .. }
        | IdentityEvent::ErasureAnswered { .. } => return None,
        IdentityEvent::SessionRevoked { user_id, reason, .. } => {
            let word = match reason {
                // Their own doing, or told already by another message.
                SessionEnd::SignedOut | SessionEnd::AccountSuspended | SessionEnd::RolesChanged => {
                    return None;
                }
                SessionEnd::Revoked => "REVOKED",
                SessionEnd::TokenReplayed => "TOKEN_REPLAYED",
                SessionEnd::PasswordChanged => "PASSWORD_CHANGED",
            };
            (user_id, T::SessionEnded, Facts::default().word("reason", word))
        }
    })
}

fn letter(address: Option<String>, request: Uuid, expires_at: DateTime<Utc>) -> Facts {
    Facts {
        link: Some(request),
        address,
        ..Facts::default()
    }
    .instant("expires", expires_at)
    .until(expires_at)
}
