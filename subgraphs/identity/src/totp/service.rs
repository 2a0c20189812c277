//! Setting up and removing the second factor.

use super::model::{Factor, TotpEnrolment, fresh_recovery_codes};
use super::{Checked, check, store};
use crate::account::{self, User};
use crate::activity::{self, ActivityKind};
use crate::credential::{self, ReauthenticationRefusal, normalised};
use crate::foundation::Foundation;
use crate::role;
use crate::throttle::{self, Policy, Subject};
use caregraph_contracts::Scope;
use caregraph_contracts::ids::UserId;
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::{Failure, Fault, Rejection};
use std::sync::Arc;

/// Use cases of the second factor. Cheap to clone.
#[derive(Clone)]
pub struct TotpService(pub(crate) Arc<Foundation>);

/// Removing the second factor takes both.
#[derive(Clone)]
pub struct DisableTotp {
    /// The person's password.
    pub password: String,
    /// A code of now, or a recovery code.
    pub otp: String,
}

impl TotpService {
    /// Makes a secret for the person's authenticator. Nothing is needed at sign-in until [`TotpService::confirm`].
    pub async fn start(&self, principal: &Principal) -> Result<TotpEnrolment, Failure> {
        let user = principal.require(Scope::AccountWrite)?;
        let ground = &self.0.ground;
        ground
            .database
            .retrying(|| async {
                let tx = ground.database.begin().await?;
                // The account's row is the lock, so that no factor is confirmed between the look and the write.
                let account = self.account(&*tx, user).await?;
                if store::is_enabled(&*tx, user).await? {
                    return Err(
                        Rejection::conflict("", "there is a second factor already; remove it first").into(),
                    );
                }
                let factor = Factor::generate();
                store::start(&*tx, &ground.cipher, (user, &factor), ground.clock.now()).await?;
                tx.commit().await?;
                Ok(factor.enrolment(&account.email))
            })
            .await
    }

    /// Turns the second factor on, once the person has shown that the authenticator works. Returns the recovery codes: they are
    /// shown this one time. Tokens get the permissions that need a second factor at the next refresh.
    pub async fn confirm(
        &self,
        principal: &Principal,
        otp: &str,
        info: &RequestInfo,
    ) -> Result<Vec<String>, Failure<ReauthenticationRefusal>> {
        let user = principal.require(Scope::AccountWrite)?;
        self.slow_down(user).await?;
        let ground = &self.0.ground;
        ground
            .database
            .retrying(|| async {
                let tx = ground.database.begin().await?;
                self.account(&*tx, user).await?;
                let factor = store::get(&*tx, &ground.cipher, user)
                    .await?
                    .filter(|factor| !factor.confirmed)
                    .ok_or_else(|| Rejection::conflict("", "no second factor is being set up"))?;
                let now = ground.clock.now();
                let step = factor
                    .step_of(otp, now)
                    .ok_or_else(|| Failure::refused(ReauthenticationRefusal::InvalidCredentials))?;
                store::use_step(&*tx, user, step).await?;
                store::confirm(&*tx, user, now).await?;
                let codes = fresh_recovery_codes();
                store::set_recovery_codes(&*tx, &ground.cipher, (user, &codes)).await?;
                activity::store::note(&*tx, &ground.clock, (user, ActivityKind::TotpEnabled), info).await?;
                throttle::forget(&*tx, &self.subject(user)).await?;
                tx.commit().await?;
                Ok(codes)
            })
            .await
    }

    /// Removes the second factor and its recovery codes, unless a role of the person requires one.
    pub async fn disable(
        &self,
        principal: &Principal,
        command: DisableTotp,
        info: &RequestInfo,
    ) -> Result<User, Failure<ReauthenticationRefusal>> {
        let wrong = || Failure::refused(ReauthenticationRefusal::InvalidCredentials);
        let user = principal.require(Scope::AccountWrite)?;
        self.slow_down(user).await?;
        let ground = &self.0.ground;
        let password = normalised(&command.password).ok_or_else(wrong)?;
        let stored = credential::store::hash_of(ground.database.reader(), user).await?;
        if !self.0.passwords.is_right(stored, password).await? {
            return Err(wrong());
        }
        ground
            .database
            .retrying(|| async {
                let tx = ground.database.begin().await?;
                let account = self.account(&*tx, user).await?;
                let roles = role::store::load(&*tx, account.roles.iter().copied()).await?;
                if roles.iter().any(|role| role.requires_totp) {
                    return Err(
                        Rejection::not_allowed("a role of this account requires a second factor").into(),
                    );
                }
                match check(&self.0, &*tx, user, Some(&command.otp)).await? {
                    Checked::Right | Checked::RecoveryCode => {}
                    Checked::NotNeeded => {
                        return Err(Rejection::conflict("", "there is no second factor").into());
                    }
                    Checked::Missing | Checked::Wrong => return Err(wrong()),
                }
                store::remove(&*tx, user).await?;
                activity::store::note(&*tx, &ground.clock, (user, ActivityKind::TotpDisabled), info).await?;
                throttle::forget(&*tx, &self.subject(user)).await?;
                tx.commit().await?;
                Ok(account)
            })
            .await
    }

    /// Which of some accounts have a second factor that works. The caller must have checked that they may be known.
    pub(crate) async fn enabled_among(&self, users: &[UserId]) -> Result<Vec<UserId>, Fault> {
        Ok(store::enabled_among(self.0.ground.database.reader(), users).await?)
    }

    async fn account<R: From<Rejection>>(
        &self,
        connection: &impl sea_orm::ConnectionTrait,
        user: UserId,
    ) -> Result<User, Failure<R>> {
        account::store::get_for_update(connection, &self.0.ground.cipher, user)
            .await?
            .filter(|account| !account.is_closed())
            .ok_or_else(|| Rejection::not_found("", "account").into())
    }

    async fn slow_down(&self, user: UserId) -> Result<(), Failure<ReauthenticationRefusal>> {
        let subject = (self.subject(user), Policy::account(&self.0.settings.throttle));
        throttle::count(&self.0, vec![subject])
            .await?
            .map_err(|throttled| {
                Failure::refused(ReauthenticationRefusal::Throttled {
                    retry_after_seconds: throttled.retry_after_seconds,
                })
            })
    }

    fn subject(&self, user: UserId) -> Subject {
        Subject::identifier(&self.0, &user.to_string())
    }
}
