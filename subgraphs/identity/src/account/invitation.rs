//! Invitations: how people come to roles other than patient.

use super::administration::require_administrator;
use super::invitation_store as invitations;
use super::model::{Locale, User, UserStatus};
use super::profile::{ProfileChanges, optional, username};
use super::refusal::{AcceptRefusal, InviteRefusal};
use super::service::AccountService;
use super::store::{self, Identifier, Written};
use crate::activity::{self, ActivityKind};
use crate::credential;
use crate::link::{LinkPurpose, LinkRules as _};
use caregraph_contracts::events::IdentityEvent;
use caregraph_contracts::ids::UserId;
use caregraph_contracts::{Role, Scope};
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::validate::{self, Checks};
use caregraph_kit::{Failure, Fault, Rejection};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Whom to invite.
#[derive(Debug, Clone)]
pub struct InviteUser {
    /// Address of the message.
    pub email: String,
    /// What the person will be; at least one.
    pub roles: BTreeSet<Role>,
    /// Language of the message, `vi` (default) or `en`.
    pub locale: Option<String>,
}

/// An invitation that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Identifies the invitation.
    pub id: Uuid,
    /// The account it will become.
    pub user: UserId,
    /// Address of the message.
    pub email: String,
    /// What the person will be.
    pub roles: BTreeSet<Role>,
    /// Language of the message and, at first, of the account.
    pub locale: Locale,
    /// When the link stops working.
    pub expires_at: DateTime<Utc>,
}

/// What an invited person tells.
#[derive(Clone)]
pub struct AcceptInvitation {
    /// The token of the link.
    pub token: String,
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
    /// `vi` or `en`; the invitation's when not given.
    pub locale: Option<String>,
    /// IANA time zone.
    pub time_zone: Option<String>,
}

impl AccountService {
    /// Sends an invitation; earlier ones to the same address stop working. For administrators, who may read all accounts
    /// anyway, so here a taken address is told.
    pub async fn invite(
        &self,
        principal: &Principal,
        command: InviteUser,
    ) -> Result<Invitation, Failure<InviteRefusal>> {
        let by = principal.require(Scope::UsersWrite)?;
        let mut checks = Checks::new();
        let email = checks
            .take("email", validate::email(&command.email))
            .unwrap_or_default();
        let locale = command
            .locale
            .as_deref()
            .map_or(Ok(Locale::default()), Locale::read);
        let locale = checks.take("locale", locale).unwrap_or_default();
        checks.require(!command.roles.is_empty(), "roles", "must name at least one role");
        checks.done()?;
        if command.roles.contains(&Role::Admin) {
            require_administrator(principal)?;
        }
        let ground = &self.0.ground;
        ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                if store::find_id(&*tx, &ground.cipher, Identifier::Email(&email))
                    .await?
                    .is_some()
                {
                    return Err(Failure::refused(InviteRefusal::EmailTaken));
                }
                let now = ground.clock.now();
                invitations::close_all(&*tx, &email, now).await?;
                let invitation = Invitation {
                    id: ground.clock.new_id(),
                    user: ground.clock.new_id(),
                    email: email.clone(),
                    roles: command.roles.clone(),
                    locale,
                    expires_at: now + LinkPurpose::AcceptInvitation.life(),
                };
                invitations::insert(&*tx, &invitation, (by, now)).await?;
                let invited = IdentityEvent::UserInvited {
                    user_id: invitation.user,
                    email: email.clone(),
                    locale: locale.as_str().to_owned(),
                    roles: invitation.roles.iter().copied().collect(),
                    request_id: invitation.id,
                    expires_at: invitation.expires_at,
                };
                ground.events.append(&mut tx, &[invited]).await?;
                tx.commit().await?;
                Ok(invitation)
            })
            .await
    }

    /// Turns an invitation into an account that can sign in at once: the link has shown that the person reads the address.
    /// Open to whoever holds the token.
    pub async fn accept_invitation(
        &self,
        command: AcceptInvitation,
        info: &RequestInfo,
    ) -> Result<User, Failure<AcceptRefusal>> {
        let dead = || Failure::refused(AcceptRefusal::InvalidLink);
        let ground = &self.0.ground;
        let request = LinkPurpose::AcceptInvitation
            .request_of(&ground.cipher, &command.token)
            .ok_or_else(dead)?;
        let now = ground.clock.now();
        let invitation = invitations::open(ground.database.reader(), request, now)
            .await?
            .ok_or_else(dead)?;
        let (user, hash) = self.invited_person(&invitation, command).await?;
        let made = ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                if !invitations::close(&*tx, request, ground.clock.now()).await? {
                    return Err(dead());
                }
                if store::insert(&*tx, &ground.cipher, &user).await? == Written::Taken {
                    tx.rollback().await?;
                    return Err(self.name_of_somebody_else(&user).await?);
                }
                credential::store::set(&*tx, user.id, hash.clone(), ground.clock.now()).await?;
                activity::store::note(&*tx, &ground.clock, (user.id, ActivityKind::Registered), info).await?;
                let events = ground.events.append(&mut tx, &[user.registered()]).await?;
                tx.commit().await?;
                Ok::<_, Failure<AcceptRefusal>>(events)
            })
            .await?;
        for event in made {
            ground.settle(event).await;
        }
        Ok(user)
    }

    async fn invited_person(
        &self,
        invitation: &Invitation,
        command: AcceptInvitation,
    ) -> Result<(User, String), Failure<AcceptRefusal>> {
        let mut checks = Checks::new();
        let mut user = User {
            id: invitation.user,
            email: invitation.email.clone(),
            email_verified: true,
            username: optional(&mut checks, "username", command.username.as_deref(), username),
            phone: optional(&mut checks, "phone", command.phone.as_deref(), validate::phone),
            first_name: String::new(),
            last_name: String::new(),
            locale: invitation.locale,
            time_zone: self.0.settings.default_time_zone,
            avatar_url: None,
            addresses: Vec::new(),
            roles: invitation.roles.clone(),
            status: UserStatus::Active,
            suspended_reason: None,
            joined_at: self.0.ground.clock.now(),
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
        let judged = self
            .0
            .passwords
            .judge(&command.password, user.guessable_words())
            .await?;
        let password = checks.take("password", judged);
        checks.done()?;
        let password = password.ok_or_else(|| Rejection::invalid("password", "must not be used"))?;
        Ok((user, self.0.passwords.hash(password).await?))
    }

    /// Which name a constraint refused. The invited person has shown to read the address, so a taken one may be told.
    async fn name_of_somebody_else(&self, user: &User) -> Result<Failure<AcceptRefusal>, Fault> {
        let ground = &self.0.ground;
        let reader = ground.database.reader();
        if store::find_id(reader, &ground.cipher, Identifier::Email(&user.email))
            .await?
            .is_some()
        {
            let message = "there is an account with this e-mail address already; an administrator can give it the roles";
            return Ok(Rejection::conflict("token", message).into());
        }
        if let Some(name) = &user.username
            && store::find_id(reader, &ground.cipher, Identifier::Username(name))
                .await?
                .is_some()
        {
            return Ok(Failure::refused(AcceptRefusal::UsernameTaken));
        }
        Ok(Rejection::conflict("phone", "this number cannot be used here").into())
    }
}
