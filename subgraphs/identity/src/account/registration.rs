//! Registering, and proving the e-mail address.
//!
//! **Nobody learns from registering who is a patient here.** That somebody has an account with a clinic is sensitive by
//! itself, so a registration with an address that has an account already answers like any other: "look into your mail". The
//! owner of the address gets a message, with a fresh link to verify it or to set a new password. What an attacker could
//! still compare is closed as well:
//!
//! - *Signing in with what was just registered* answers `EmailNotVerified` in both cases: every registration leaves a
//!   shadow for a day (identifiers and password hash), against which sign-in checks what no account accepts.
//! - *A username asked for by such a registration* counts as taken for others for that day.
//! - *A telephone number that belongs to another account* is left out silently; its owner can add it later as anybody can.
//!
//! Usernames are public by nature, so `UsernameTaken` is told.

use super::model::{Locale, User, UserStatus};
use super::profile::{ProfileChanges, optional, username};
use super::refusal::{LinkRefusal, RegisterRefusal};
use super::service::AccountService;
use super::shadow_store::{self, Shadow};
use super::store::{self, Identifier, Written};
use crate::activity::{self, ActivityKind};
use crate::credential::{self, NewPassword};
use crate::foundation::Foundation;
use crate::link::{self, LinkPurpose, LinkRules as _};
use crate::throttle::{self, Policy, Subject};
use caregraph_contracts::Role;
use caregraph_contracts::events::IdentityEvent;
use caregraph_contracts::ids::EventId;
use caregraph_kit::auth::RequestInfo;
use caregraph_kit::database::Transaction;
use caregraph_kit::validate::{self, Checks};
use caregraph_kit::{Failure, Fault, Rejection};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// What somebody tells to register.
#[derive(Clone)]
pub struct Registration {
    /// Address for messages and sign-in.
    pub email: String,
    /// The password.
    pub password: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Number with country code.
    pub phone: Option<String>,
    /// Name for sign-in.
    pub username: Option<String>,
    /// `vi` (default) or `en`.
    pub locale: Option<String>,
    /// IANA time zone.
    pub time_zone: Option<String>,
}

/// How often a lost race for a name is looked at again.
const TRIES: usize = 5;

enum Enrolled {
    Made(Box<User>, EventId),
    Owned(Option<EventId>),
    LostRace,
}

impl AccountService {
    /// Makes an account for a patient, which waits for its e-mail address to be verified. Open to everybody. When it returns,
    /// the other domains have heard of the account.
    pub async fn register(
        &self,
        command: Registration,
        info: &RequestInfo,
    ) -> Result<User, Failure<RegisterRefusal>> {
        self.slow_down_registrations(info).await?;
        let (user, password) = self.fresh_patient(command).await?;
        let known = self.same_password(&user.email, &password).await?;
        let hash = self.0.passwords.hash(password).await?;
        // Strangers cause messages by registering, so these count.
        let recipient = (
            Subject::recipient(&self.0, &user.email),
            Policy::messages(&self.0.settings.throttle),
        );
        let may_write = throttle::count(&self.0, vec![recipient]).await?.is_ok();
        for _ in 0..TRIES {
            match self
                .enrol(&user, (&hash, known.as_deref()), may_write, info)
                .await?
            {
                Enrolled::Made(user, event) => {
                    self.0.ground.settle(event).await;
                    return Ok(*user);
                }
                Enrolled::Owned(event) => {
                    if let Some(event) = event {
                        self.0.ground.settle(event).await;
                    }
                    return Ok(user);
                }
                Enrolled::LostRace => {}
            }
        }
        Err(Rejection::conflict("", "others register with the same names right now, try again").into())
    }

    /// The account as it would be, or all mistakes.
    async fn fresh_patient(
        &self,
        command: Registration,
    ) -> Result<(User, NewPassword), Failure<RegisterRefusal>> {
        let ground = &self.0.ground;
        let now = ground.clock.now();
        let mut checks = Checks::new();
        let email = checks
            .take("email", validate::email(&command.email))
            .unwrap_or_default();
        let mut user = User {
            id: ground.clock.new_id(),
            email,
            email_verified: false,
            username: optional(&mut checks, "username", command.username.as_deref(), username),
            phone: optional(&mut checks, "phone", command.phone.as_deref(), validate::phone),
            first_name: String::new(),
            last_name: String::new(),
            locale: Locale::default(),
            time_zone: self.0.settings.default_time_zone,
            avatar_url: None,
            addresses: Vec::new(),
            roles: BTreeSet::from([Role::Patient]),
            status: UserStatus::PendingVerification,
            suspended_reason: None,
            joined_at: now,
            last_login_at: None,
            version: 1,
        };
        let told = ProfileChanges {
            first_name: Some(command.first_name),
            last_name: Some(command.last_name),
            locale: command.locale,
            time_zone: command.time_zone,
            ..ProfileChanges::default()
        };
        told.apply(&mut user, &mut checks);
        // Judged with the rest, so that all mistakes are told at once.
        let judged = self
            .0
            .passwords
            .judge(&command.password, user.guessable_words())
            .await?;
        match checks.take("password", judged) {
            Some(password) => checks.done().map(|()| (user, password)),
            None => checks
                .done()
                .and_then(|()| Err(Rejection::invalid("password", "must not be used").into())),
        }
    }

    /// The hash of the account with this address, if the password is the same. Looked at for every address, so that the answer
    /// takes as long whether or not there is an account.
    async fn same_password(&self, email: &str, password: &NewPassword) -> Result<Option<String>, Fault> {
        let ground = &self.0.ground;
        let reader = ground.database.reader();
        let owner = store::find_id(reader, &ground.cipher, Identifier::Email(email)).await?;
        let owner = owner.unwrap_or_else(|| caregraph_contracts::ids::UserId::from(uuid::Uuid::nil()));
        let stored = credential::store::hash_of(reader, owner).await?;
        let same = self
            .0
            .passwords
            .is_right(stored.clone(), password.0.clone())
            .await?;
        Ok(stored.filter(|_| same))
    }

    async fn enrol(
        &self,
        user: &User,
        (hash, known): (&str, Option<&str>),
        may_write: bool,
        info: &RequestInfo,
    ) -> Result<Enrolled, Failure<RegisterRefusal>> {
        let ground = &self.0.ground;
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                let now = ground.clock.now();
                let owner = store::find_id(&*tx, &ground.cipher, Identifier::Email(&user.email)).await?;
                if let Some(name) = &user.username {
                    let theirs = store::find_id(&*tx, &ground.cipher, Identifier::Username(name)).await?;
                    let asked = (name.as_str(), user.email.as_str());
                    if theirs.is_some()
                        || shadow_store::username_is_asked_for(&*tx, &ground.cipher, asked, now).await?
                    {
                        return Err(Failure::refused(RegisterRefusal::UsernameTaken));
                    }
                }
                let shadow = Shadow {
                    email: &user.email,
                    username: user.username.as_deref(),
                    phone: user.phone.as_deref(),
                    password_hash: hash,
                    expires_at: now + TimeDelta::hours(24),
                };
                shadow_store::keep(&*tx, &ground.cipher, shadow).await?;
                if let Some(owner) = owner {
                    let event = self.write_to_owner(&mut tx, owner, known, may_write).await?;
                    tx.commit().await?;
                    return Ok(Enrolled::Owned(event));
                }
                let mut user = user.clone();
                if let Some(phone) = &user.phone
                    && store::find_id(&*tx, &ground.cipher, Identifier::Phone(phone))
                        .await?
                        .is_some()
                {
                    user.phone = None;
                }
                if store::insert(&*tx, &ground.cipher, &user).await? == Written::Taken {
                    tx.rollback().await?;
                    return Ok(Enrolled::LostRace);
                }
                credential::store::set(&*tx, user.id, hash.to_owned(), now).await?;
                activity::store::note(&*tx, &ground.clock, (user.id, ActivityKind::Registered), info).await?;
                let verification = self.ask_to_verify(&tx, &user).await?;
                let events = ground
                    .events
                    .append(&mut tx, &[user.registered(), verification])
                    .await?;
                tx.commit().await?;
                let registered = events
                    .first()
                    .copied()
                    .ok_or_else(|| Fault::new("an event has no id", "append"))?;
                Ok(Enrolled::Made(Box::new(user), registered))
            })
            .await
    }

    /// Tells the owner of an address that somebody registered with it: a fresh link to verify it, or to set a new password.
    ///
    /// **Invariant:** of several people who register one address that nobody has verified, none keeps a password. Otherwise the
    /// owner of the address would verify an account to which a stranger has the key. So the password and the names for sign-in
    /// are dropped, and whoever reads the address sets a new one.
    async fn write_to_owner(
        &self,
        tx: &mut Transaction,
        owner: caregraph_contracts::ids::UserId,
        known: Option<&str>,
        may_write: bool,
    ) -> Result<Option<EventId>, Fault> {
        let ground = &self.0.ground;
        let Some(mut owner) = store::get_for_update(&**tx, &ground.cipher, owner).await? else {
            return Ok(None);
        };
        let stored = credential::store::hash_of(&**tx, owner.id).await?;
        let waits = owner.status == UserStatus::PendingVerification;
        let same_person = known.is_some() && known == stored.as_deref();
        if waits && !same_person {
            credential::store::remove(&**tx, owner.id).await?;
            link::store::close(&**tx, (owner.id, LinkPurpose::VerifyEmail), ground.clock.now()).await?;
            if owner.username.take().is_some() | owner.phone.take().is_some() {
                store::save_unchanged_names(&**tx, &ground.cipher, &mut owner).await?;
            }
        }
        if !may_write {
            return Ok(None);
        }
        let event = match owner.status {
            UserStatus::PendingVerification if same_person => self.ask_to_verify(tx, &owner).await?,
            UserStatus::PendingVerification | UserStatus::Active => {
                let purpose = (owner.id, LinkPurpose::ResetPassword);
                let request = link::store::make(&**tx, &ground.clock, purpose).await?;
                IdentityEvent::PasswordResetRequested {
                    user_id: owner.id,
                    request_id: request.id,
                    expires_at: request.expires_at,
                }
            }
            UserStatus::Suspended | UserStatus::Deactivated => return Ok(None),
        };
        Ok(ground.events.append(tx, &[event]).await?.first().copied())
    }

    /// Makes a link that verifies the address; returns the event that has it sent. Earlier links stop working.
    pub(super) async fn ask_to_verify(&self, tx: &Transaction, user: &User) -> Result<IdentityEvent, Fault> {
        let purpose = (user.id, LinkPurpose::VerifyEmail);
        let request = link::store::make(&**tx, &self.0.ground.clock, purpose).await?;
        Ok(IdentityEvent::EmailVerificationRequested {
            user_id: user.id,
            email: user.email.clone(),
            request_id: request.id,
            expires_at: request.expires_at,
        })
    }

    /// Verifies an address through a link. Open to whoever holds the token. The account can sign in from now on.
    pub async fn verify_email(&self, token: &str, info: &RequestInfo) -> Result<User, Failure<LinkRefusal>> {
        let dead = || Failure::refused(LinkRefusal::InvalidLink);
        let ground = &self.0.ground;
        let request = LinkPurpose::VerifyEmail
            .request_of(&ground.cipher, token)
            .ok_or_else(dead)?;
        ground
            .database
            .retrying(|| async {
                let tx = ground.database.begin().await?;
                let now = ground.clock.now();
                let open = (request, LinkPurpose::VerifyEmail);
                let id = link::store::open_for(&*tx, open, now).await?.ok_or_else(dead)?;
                let mut user = store::get_for_update(&*tx, &ground.cipher, id)
                    .await?
                    .ok_or_else(dead)?;
                if !link::store::use_up(&*tx, request, now).await? {
                    return Err(dead());
                }
                user.verify_email();
                store::save_unchanged_names(&*tx, &ground.cipher, &mut user).await?;
                shadow_store::forget(&*tx, &ground.cipher, &user.email).await?;
                activity::store::note(&*tx, &ground.clock, (id, ActivityKind::EmailVerified), info).await?;
                tx.commit().await?;
                Ok(user)
            })
            .await
    }

    /// Sends the verification again, if an account with this address waits for it. Open to everybody; the answer, and the time
    /// it takes, is the same for every address.
    pub async fn resend_verification(&self, email: &str) -> Result<(), Failure> {
        let email = validate::email(email).map_err(|message| Rejection::invalid("email", message))?;
        let service = self.clone();
        self.0
            .errand(
                "verification",
                async move { service.send_verification(&email).await },
            )
            .await;
        Ok(())
    }

    async fn send_verification(&self, email: &str) -> Result<(), Fault> {
        let ground = &self.0.ground;
        let reader = ground.database.reader();
        let Some(id) = store::find_id(reader, &ground.cipher, Identifier::Email(email)).await? else {
            return Ok(());
        };
        let recipient = (
            Subject::recipient(&self.0, email),
            Policy::messages(&self.0.settings.throttle),
        );
        if throttle::count(&self.0, vec![recipient]).await?.is_err() {
            tracing::info!(user = %id, "no message, this recipient got several just now");
            return Ok(());
        }
        let mut tx = ground.database.begin().await?;
        let waiting = store::get_for_update(&*tx, &ground.cipher, id)
            .await?
            .filter(|user| user.status == UserStatus::PendingVerification);
        let Some(user) = waiting else { return Ok(()) };
        let event = self.ask_to_verify(&tx, &user).await?;
        ground.events.append(&mut tx, &[event]).await?;
        Ok(tx.commit().await?)
    }

    /// The password hash that a recent registration with this identifier left, for sign-in.
    pub(crate) async fn shadow_of(
        foundation: &Foundation,
        identifier: &str,
    ) -> Result<Option<String>, Fault> {
        let ground = &foundation.ground;
        Ok(shadow_store::hash_for(
            ground.database.reader(),
            &ground.cipher,
            identifier,
            ground.clock.now(),
        )
        .await?)
    }

    async fn slow_down_registrations(&self, info: &RequestInfo) -> Result<(), Failure<RegisterRefusal>> {
        let Some(address) = info.address else {
            return Ok(());
        };
        let subject = Subject::registrations(&self.0, address);
        let policy = Policy::address(&self.0.settings.throttle);
        throttle::count(&self.0, vec![(subject, policy)])
            .await?
            .map_err(|throttled| {
                Failure::refused(RegisterRefusal::Throttled {
                    retry_after_seconds: throttled.retry_after_seconds,
                })
            })
    }
}
