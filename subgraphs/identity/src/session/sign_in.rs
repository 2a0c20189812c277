//! Signing in.
//!
//! What an attacker can learn here: nothing about which accounts exist. An unknown identifier, a wrong password and a
//! wrong code get one answer after the same work, which is two password hashes: one against the account's (or a decoy), one
//! against the password of a registration that met an existing account (or a decoy). See `account::registration` for the
//! reason of the second.

use super::model::{Session, SignInRefusal, SignedIn};
use super::service::SessionService;
use super::{store, tokens};
use crate::account::{self, User, UserStatus, store::Identifier};
use crate::activity::{self, ActivityKind};
use crate::credential::{self, normalised};
use crate::throttle::{self, Policy, Subject};
use crate::totp;
use caregraph_contracts::ids::UserId;
use caregraph_kit::auth::RequestInfo;
use caregraph_kit::{Failure, Fault, validate};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use zeroize::Zeroizing;

/// What somebody types in to sign in.
#[derive(Clone)]
pub struct Login {
    /// E-mail address, username, or telephone number with country code.
    pub identifier: String,
    /// The password.
    pub password: String,
    /// Code of the second factor, or a recovery code.
    pub otp: Option<String>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login")
    }
}

impl SessionService {
    /// Signs in. Open to everybody.
    pub async fn login(&self, login: Login, info: &RequestInfo) -> Result<SignedIn, Failure<SignInRefusal>> {
        let foundation = &*self.0;
        let canonical = canonical(&login.identifier);
        let subjects = self
            .slow_down(canonical.as_deref().unwrap_or_default(), info)
            .await?;
        let candidate = match &canonical {
            Some(canonical) => {
                let reader = foundation.ground.database.reader();
                account::store::find_id(reader, &foundation.ground.cipher, kind_of(canonical)).await?
            }
            None => None,
        };
        let Some(password) = normalised(&login.password) else {
            self.do_the_work(None, None, Zeroizing::default()).await?;
            return Err(self.fail(candidate, info));
        };
        let (user, since) = self
            .check_password(candidate, canonical.as_deref(), password.clone(), info)
            .await?;
        match user.status {
            UserStatus::Active => {}
            UserStatus::PendingVerification => return Err(Failure::refused(SignInRefusal::EmailNotVerified)),
            UserStatus::Suspended => return Err(Failure::refused(SignInRefusal::AccountSuspended)),
            UserStatus::Deactivated => return Err(self.fail(candidate, info)),
        }
        let signed_in = self.open((&user, since), &login, &subjects, info).await?;
        self.raise_cost(user.id, password).await;
        Ok(signed_in)
    }

    /// The person, if the password is right, and since when it is.
    async fn check_password(
        &self,
        candidate: Option<UserId>,
        canonical: Option<&str>,
        password: Zeroizing<String>,
        info: &RequestInfo,
    ) -> Result<(User, DateTime<Utc>), Failure<SignInRefusal>> {
        let foundation = &*self.0;
        let reader = foundation.ground.database.reader();
        // Looked up even where there is no account, so that the answer takes as long.
        let somebody = candidate.unwrap_or_else(|| UserId::from(uuid::Uuid::nil()));
        let (stored, since) = credential::store::stored(reader, somebody).await?.unzip();
        if foundation.passwords.is_right(stored, password.clone()).await?
            && let (Some(user), Some(since)) = (candidate, since)
            && let Some(user) = account::store::get(reader, &foundation.ground.cipher, user).await?
        {
            if user.status == UserStatus::PendingVerification {
                // The refusal that follows can also come from a registration's shadow, which takes two hashes.
                foundation.passwords.is_right(None, password).await?;
            }
            return Ok((user, since));
        }
        let shadow = match canonical {
            Some(canonical) => account::AccountService::shadow_of(foundation, canonical).await?,
            None => None,
        };
        if foundation.passwords.is_right(shadow, password).await? {
            return Err(Failure::refused(SignInRefusal::EmailNotVerified));
        }
        Err(self.fail(candidate, info))
    }

    /// Opens the session, using up the second factor's code in the same transaction.
    async fn open(
        &self,
        (user, since): (&User, DateTime<Utc>),
        login: &Login,
        subjects: &Subjects,
        info: &RequestInfo,
    ) -> Result<SignedIn, Failure<SignInRefusal>> {
        let foundation = &*self.0;
        let ground = &foundation.ground;
        let otp = login.otp.as_deref().map(str::trim).filter(|otp| !otp.is_empty());
        let opened: Result<SignedIn, Failure<SignInRefusal>> = ground
            .database
            .retrying(|| async {
                let tx = ground.database.begin().await?;
                let now = ground.clock.now();
                // Takes the account's row: from here on nobody can suspend it until the session exists and can be ended.
                if !account::store::note_login(&*tx, user.id, now).await? {
                    return Err(Failure::refused(SignInRefusal::InvalidCredentials));
                }
                // The password was looked at before the row was taken: who signs in with one that was replaced meanwhile, and
                // whose sessions were ended, must not get a fresh one.
                if !credential::store::is_unchanged(&*tx, user.id, since).await? {
                    return Err(Failure::refused(SignInRefusal::InvalidCredentials));
                }
                let user = account::store::get(&*tx, &ground.cipher, user.id)
                    .await?
                    .ok_or_else(|| Failure::refused(SignInRefusal::InvalidCredentials))?;
                match totp::check(foundation, &*tx, user.id, otp).await? {
                    totp::Checked::NotNeeded | totp::Checked::Right => {}
                    totp::Checked::RecoveryCode => {
                        let recovered = (user.id, ActivityKind::RecoveryCodeUsed);
                        activity::store::note(&*tx, &ground.clock, recovered, info).await?;
                    }
                    totp::Checked::Missing => return Err(Failure::refused(SignInRefusal::OtpRequired)),
                    totp::Checked::Wrong => return Err(Failure::refused(SignInRefusal::InvalidCredentials)),
                }
                let mut session = Session {
                    id: ground.clock.new_id(),
                    user: user.id,
                    device: activity::device(info),
                    address: activity::address(info),
                    created_at: now,
                    last_used_at: now,
                    expires_at: now,
                    tokens_expire_at: now,
                    ended_at: None,
                };
                session.prolong(now, tokens::lives(foundation));
                store::insert(&*tx, &session).await?;
                let signed_in = tokens::issue(foundation, &*tx, (&session, user), now).await?;
                activity::store::note(
                    &*tx,
                    &ground.clock,
                    (signed_in.user.id, ActivityKind::SignedIn),
                    info,
                )
                .await?;
                throttle::forget(&*tx, &subjects.account).await?;
                if let Some(address) = &subjects.address {
                    throttle::refund(&*tx, address).await?;
                }
                tx.commit().await?;
                Ok(signed_in)
            })
            .await;
        match opened {
            Err(Failure::Refused(refusals)) if refusals.contains(&SignInRefusal::OtpRequired) => {
                // The password was right, so the address was not guessing. The account's count stays: codes may be guessed next.
                if let Some(address) = &subjects.address {
                    throttle::refund(ground.database.reader(), address).await?;
                }
                Err(Failure::Refused(refusals))
            }
            Err(Failure::Refused(_)) => Err(self.fail(Some(user.id), info)),
            other => other,
        }
    }

    /// Counts the attempt before anything is looked at.
    async fn slow_down(
        &self,
        canonical: &str,
        info: &RequestInfo,
    ) -> Result<Subjects, Failure<SignInRefusal>> {
        let foundation = &*self.0;
        let settings = &foundation.settings.throttle;
        let account = Subject::identifier(foundation, canonical);
        let address = info.address.map(|address| Subject::address(foundation, address));
        let mut counted = vec![(account.clone(), Policy::account(settings))];
        counted.extend(
            address
                .clone()
                .map(|address| (address, Policy::address(settings))),
        );
        match throttle::count(foundation, counted).await? {
            Ok(()) => Ok(Subjects { account, address }),
            Err(throttled) => Err(Failure::refused(SignInRefusal::Throttled {
                retry_after_seconds: throttled.retry_after_seconds,
            })),
        }
    }

    /// The one refusal. What it means for a known account is noted after the answer, so that the answer takes no longer.
    fn fail(&self, candidate: Option<UserId>, info: &RequestInfo) -> Failure<SignInRefusal> {
        if let Some(user) = candidate {
            let (foundation, info) = (Arc::clone(&self.0), info.clone());
            tokio::spawn(async move {
                let ground = &foundation.ground;
                let failed = (user, ActivityKind::SignInFailed);
                if let Err(error) =
                    activity::store::note(ground.database.reader(), &ground.clock, failed, &info).await
                {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a failed sign-in was not noted"
                    );
                }
            });
        }
        Failure::refused(SignInRefusal::InvalidCredentials)
    }

    /// The work of a failed sign-in, for nothing.
    async fn do_the_work(
        &self,
        first: Option<String>,
        second: Option<String>,
        password: Zeroizing<String>,
    ) -> Result<(), Fault> {
        self.0.passwords.is_right(first, password.clone()).await?;
        self.0.passwords.is_right(second, password).await?;
        Ok(())
    }

    /// Hashes the password again when the cost was raised since. A failure is no reason to refuse the sign-in.
    async fn raise_cost(&self, user: UserId, password: Zeroizing<String>) {
        let foundation = &*self.0;
        let reader = foundation.ground.database.reader();
        let raised = async {
            let Some(old) = credential::store::hash_of(reader, user).await? else {
                return Ok(());
            };
            if foundation.passwords.is_outdated(&old) {
                let new = foundation.passwords.rehash(password).await?;
                credential::store::refresh(reader, user, (old, new)).await?;
            }
            Ok::<_, Fault>(())
        };
        if let Err(error) = raised.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a password hash was not renewed"
            );
        }
    }
}

struct Subjects {
    account: Subject,
    address: Option<Subject>,
}

/// The identifier as it is stored; `None` when nobody can have it.
fn canonical(identifier: &str) -> Option<String> {
    let text = identifier.trim();
    if text.len() > 254 {
        return None;
    }
    if text.contains('@') {
        validate::email(text).ok()
    } else if text.starts_with(|c: char| c == '+' || c.is_ascii_digit()) {
        validate::phone(text).ok()
    } else {
        Some(text.to_ascii_lowercase())
    }
}

/// What kind of identifier a canonical text is. The kinds cannot be confused: an address has an `@`, a number begins with
/// `+`, a username with a letter.
fn kind_of(canonical: &str) -> Identifier<'_> {
    if canonical.contains('@') {
        Identifier::Email(canonical)
    } else if canonical.starts_with('+') {
        Identifier::Phone(canonical)
    } else {
        Identifier::Username(canonical)
    }
}
