//! Accounts that the system itself makes: from the command line and for the demonstration clinic.
//!
//! These use cases have no principal, because there is nobody yet who could allow them: whoever can run the program on the
//! store is allowed. They must never be reachable through the graph.

use super::model::{Locale, NewAccount, User, UserStatus};
use super::profile::{LONGEST_NAME, optional, username};
use super::service::AccountService;
use super::store::{self, Written};
use crate::activity::{self, ActivityKind};
use crate::credential::{self, NewPassword};
use caregraph_contracts::Role;
use caregraph_kit::auth::RequestInfo;
use caregraph_kit::validate::{self, Checks};
use caregraph_kit::{Failure, Rejection};
use std::collections::BTreeSet;

impl AccountService {
    /// Makes an administrator who can sign in at once. The password must be as strong as anybody's; there is no default.
    pub async fn create_administrator(
        &self,
        email: &str,
        (first_name, last_name): (&str, &str),
        password: &str,
    ) -> Result<User, Failure> {
        let account = NewAccount {
            email: email.to_owned(),
            username: None,
            phone: None,
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            locale: Locale::default(),
            time_zone: self.0.settings.default_time_zone,
            password: None,
            roles: BTreeSet::from([Role::Admin]),
            verified: true,
        };
        let user = self.checked(&account)?;
        let judged = self.0.passwords.judge(password, user.guessable_words()).await?;
        let judged = judged.map_err(|reason| Rejection::invalid("password", reason))?;
        self.store_new(user, Some(judged)).await
    }

    /// Makes an account as described, telling the others as if the person had registered. Returns when they have heard. The
    /// password's strength is not judged.
    pub async fn create_account(&self, account: NewAccount) -> Result<User, Failure> {
        let user = self.checked(&account)?;
        let password = account
            .password
            .as_deref()
            .map(|text| {
                NewPassword::unjudged(text).ok_or_else(|| Rejection::invalid("password", "is too long"))
            })
            .transpose()?;
        self.store_new(user, password).await
    }

    fn checked(&self, account: &NewAccount) -> Result<User, Failure> {
        let mut checks = Checks::new();
        checks.require(!account.roles.is_empty(), "roles", "must name at least one role");
        let user = User {
            id: self.0.ground.clock.new_id(),
            email: checks
                .take("email", validate::email(&account.email))
                .unwrap_or_default(),
            email_verified: account.verified,
            username: optional(&mut checks, "username", account.username.as_deref(), username),
            phone: optional(&mut checks, "phone", account.phone.as_deref(), validate::phone),
            first_name: checks.text("firstName", &account.first_name, LONGEST_NAME),
            last_name: checks.text("lastName", &account.last_name, LONGEST_NAME),
            locale: account.locale,
            time_zone: account.time_zone,
            avatar_url: None,
            addresses: Vec::new(),
            roles: account.roles.clone(),
            status: if account.verified {
                UserStatus::Active
            } else {
                UserStatus::PendingVerification
            },
            suspended_reason: None,
            joined_at: self.0.ground.clock.now(),
            last_login_at: None,
            version: 1,
        };
        checks.done()?;
        Ok(user)
    }

    async fn store_new(&self, user: User, password: Option<NewPassword>) -> Result<User, Failure> {
        let ground = &self.0.ground;
        let hash = match password {
            Some(password) => Some(self.0.passwords.hash(password).await?),
            None => None,
        };
        let events = ground
            .database
            .retrying(|| async {
                let mut tx = ground.database.begin().await?;
                if store::insert(&*tx, &ground.cipher, &user).await? == Written::Taken {
                    tx.rollback().await?;
                    let message = "the e-mail address, the username or the number belongs to another account";
                    return Err(Rejection::conflict("email", message).into());
                }
                if let Some(hash) = &hash {
                    credential::store::set(&*tx, user.id, hash.clone(), ground.clock.now()).await?;
                }
                let made = (user.id, ActivityKind::Registered);
                activity::store::note(&*tx, &ground.clock, made, &RequestInfo::default()).await?;
                let mut events = vec![user.registered()];
                if !user.email_verified {
                    events.push(self.ask_to_verify(&tx, &user).await?);
                }
                let events = ground.events.append(&mut tx, &events).await?;
                tx.commit().await?;
                Ok::<_, Failure>(events)
            })
            .await?;
        if let Some(registered) = events.first() {
            ground.settle(*registered).await;
        }
        Ok(user)
    }
}
