//! Changing a password, and replacing a lost one.

use super::{ReauthenticationRefusal, normalised, store};
use crate::account::{self, LinkRefusal, User, store::Identifier};
use crate::activity::{self, ActivityKind};
use crate::foundation::Foundation;
use crate::link::{self, LinkPurpose, LinkRules as _};
use crate::session::ending::{self, Which};
use crate::throttle::{self, Policy, Subject};
use caregraph_contracts::Scope;
use caregraph_contracts::events::{IdentityEvent, SessionEnd};
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::{Failure, Fault, Rejection, validate};
use std::sync::Arc;

/// Use cases of passwords. Cheap to clone.
#[derive(Clone)]
pub struct CredentialService(pub(crate) Arc<Foundation>);

/// A new password by somebody who knows the present one.
#[derive(Clone)]
pub struct ChangePassword {
    /// The present password.
    pub current_password: String,
    /// The password from now on.
    pub new_password: String,
}

/// A new password by somebody who can read the account's mail.
#[derive(Clone)]
pub struct ResetPassword {
    /// The token of the link.
    pub token: String,
    /// The password from now on.
    pub new_password: String,
}

impl CredentialService {
    /// Changes the password of whoever is signed in and ends all their other sessions.
    pub async fn change(
        &self,
        principal: &Principal,
        command: ChangePassword,
        info: &RequestInfo,
    ) -> Result<User, Failure<ReauthenticationRefusal>> {
        let id = principal.require(Scope::AccountWrite)?;
        let session = principal.session_id();
        let ground = &self.0.ground;
        let reader = ground.database.reader();
        let subject = Subject::identifier(&self.0, &id.to_string());
        let policy = Policy::account(&self.0.settings.throttle);
        throttle::count(&self.0, vec![(subject.clone(), policy)])
            .await?
            .map_err(|throttled| {
                Failure::refused(ReauthenticationRefusal::Throttled {
                    retry_after_seconds: throttled.retry_after_seconds,
                })
            })?;
        let account = account::store::get(reader, &ground.cipher, id)
            .await?
            .ok_or_else(|| Rejection::not_found("", "account"))?;
        let wrong = || Failure::refused(ReauthenticationRefusal::InvalidCredentials);
        let current = normalised(&command.current_password).ok_or_else(wrong)?;
        let (stored, since) = store::stored(reader, id).await?.unzip();
        if !self.0.passwords.is_right(stored, current.clone()).await? {
            return Err(wrong());
        }
        let since = since.ok_or_else(wrong)?;
        let about = account.guessable_words();
        let password = self
            .0
            .passwords
            .judge(&command.new_password, about)
            .await?
            .map_err(|reason| Rejection::invalid("newPassword", reason))?;
        if *password.0 == *current {
            return Err(Rejection::invalid("newPassword", "is the present one").into());
        }
        let hash = self.0.passwords.hash(password).await?;
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                let account = account::store::get_for_update(&*tx, &ground.cipher, id)
                    .await?
                    .ok_or_else(|| Rejection::not_found("", "account"))?;
                // A reset that came in between has the last word.
                if !store::is_unchanged(&*tx, id, since).await? {
                    return Err(wrong());
                }
                store::set(&*tx, id, hash.clone(), ground.clock.now()).await?;
                link::store::close(&*tx, (id, LinkPurpose::ResetPassword), ground.clock.now()).await?;
                let others = session.map_or(Which::All, Which::AllBut);
                ending::end(&self.0, &mut tx, (id, others), SessionEnd::PasswordChanged).await?;
                activity::store::note(&*tx, &ground.clock, (id, ActivityKind::PasswordChanged), info).await?;
                throttle::forget(&*tx, &subject).await?;
                tx.commit().await?;
                Ok(account)
            })
            .await
    }

    /// Sends a link for a new password to the address, if an account has it. Open to everybody; the answer, and the time it
    /// takes, is the same for every address: the work goes on after the answer.
    pub async fn request_reset(&self, email: &str) -> Result<(), Failure> {
        let email = validate::email(email).map_err(|message| Rejection::invalid("email", message))?;
        let service = self.clone();
        self.0
            .errand(
                "password reset",
                async move { service.send_reset_link(&email).await },
            )
            .await;
        Ok(())
    }

    /// What [`CredentialService::request_reset`] does for a known address.
    pub(crate) async fn send_reset_link(&self, email: &str) -> Result<(), Fault> {
        let ground = &self.0.ground;
        let reader = ground.database.reader();
        let Some(id) = account::store::find_id(reader, &ground.cipher, Identifier::Email(email)).await?
        else {
            return Ok(());
        };
        let policy = Policy::messages(&self.0.settings.throttle);
        if throttle::count(&self.0, vec![(Subject::recipient(&self.0, email), policy)])
            .await?
            .is_err()
        {
            tracing::info!(user = %id, "no message, this recipient got several just now");
            return Ok(());
        }
        let mut tx = ground.database.begin().await?;
        let account = account::store::get_for_update(&*tx, &ground.cipher, id).await?;
        // It may have been erased since its address was looked up.
        if account.is_none_or(|account| account.is_closed()) {
            return Ok(());
        }
        let request = link::store::make(&*tx, &ground.clock, (id, LinkPurpose::ResetPassword)).await?;
        let asked = IdentityEvent::PasswordResetRequested {
            user_id: id,
            request_id: request.id,
            expires_at: request.expires_at,
        };
        ground.events.append(&mut tx, &[asked]).await?;
        Ok(tx.commit().await?)
    }

    /// Sets a new password through a link. Open to whoever holds the token. Works once; ends all sessions. Reading the mail also
    /// proves the address, so an account that waited for verification becomes active.
    pub async fn reset(
        &self,
        command: ResetPassword,
        info: &RequestInfo,
    ) -> Result<User, Failure<LinkRefusal>> {
        let dead = || Failure::refused(LinkRefusal::InvalidLink);
        let ground = &self.0.ground;
        let reader = ground.database.reader();
        let request = LinkPurpose::ResetPassword
            .request_of(&ground.cipher, &command.token)
            .ok_or_else(dead)?;
        let open = (request, LinkPurpose::ResetPassword);
        let id = link::store::open_for(reader, open, ground.clock.now())
            .await?
            .ok_or_else(dead)?;
        let account = account::store::get(reader, &ground.cipher, id)
            .await?
            .ok_or_else(dead)?;
        let password = self
            .0
            .passwords
            .judge(&command.new_password, account.guessable_words())
            .await?
            .map_err(|reason| Rejection::invalid("newPassword", reason))?;
        let hash = self.0.passwords.hash(password).await?;
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                let mut account = account::store::get_for_update(&*tx, &ground.cipher, id)
                    .await?
                    .filter(|account| !account.is_closed())
                    .ok_or_else(dead)?;
                if !link::store::use_up(&*tx, request, ground.clock.now()).await? {
                    return Err(dead());
                }
                if !account.email_verified {
                    account.verify_email();
                    account::store::save_unchanged_names(&*tx, &ground.cipher, &mut account).await?;
                }
                account::shadow_store::forget(&*tx, &ground.cipher, &account.email).await?;
                store::set(&*tx, id, hash.clone(), ground.clock.now()).await?;
                ending::end(&self.0, &mut tx, (id, Which::All), SessionEnd::PasswordChanged).await?;
                activity::store::note(&*tx, &ground.clock, (id, ActivityKind::PasswordReset), info).await?;
                throttle::forget(&*tx, &Subject::identifier(&self.0, &account.email)).await?;
                tx.commit().await?;
                Ok(account)
            })
            .await
    }
}
