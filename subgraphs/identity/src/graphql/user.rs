//! Accounts as GraphQL types.

use super::loaders::SecondFactorLoader;
use crate::account::{self, AccountService, PostalAddress};
use crate::activity::{Activity, ActivityKind};
use async_graphql::connection::Connection;
use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use caregraph_contracts::ids::UserId;
use caregraph_contracts::{self as contracts, Scope};
use caregraph_kit::graphql::{ContextExt, OpaqueKey, PageArgs, answer, connection, fault};
use chrono::{DateTime, Utc};

/// What a person is in the organisation. Each role carries permissions, see `roles`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum)]
#[graphql(remote = "contracts::Role")]
pub enum Role {
    /// A person in care, or somebody who cares for one.
    Patient,
    /// A physician.
    Doctor,
    /// A nurse; nurses also run the front desk.
    Nurse,
    /// A pharmacist.
    Pharmacist,
    /// A laboratory technician.
    LabTechnician,
    /// Somebody who works for an insurer.
    InsuranceProvider,
    /// Manages users and settings; clinical content stays closed.
    Admin,
}

/// Where an account is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "account::UserStatus")]
pub enum UserStatus {
    /// Registered; the e-mail address is not verified yet, so nobody can sign in.
    PendingVerification,
    /// Can sign in.
    Active,
    /// An administrator has closed it for now.
    Suspended,
    /// Closed for good.
    Deactivated,
}

/// A postal address of an account.
#[derive(Debug, Clone, SimpleObject)]
pub struct UserAddress {
    /// What the person calls it, for example `Home`.
    pub label: Option<String>,
    /// Street and number.
    pub street: String,
    /// Ward or commune (`phường`, `xã`).
    pub ward: Option<String>,
    /// District (`quận`, `huyện`).
    pub district: Option<String>,
    /// City or province.
    pub city: String,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country, ISO 3166-1 alpha-2, for example `VN`.
    pub country: String,
}

/// A postal address of an account.
#[derive(Debug, Clone, InputObject)]
pub struct UserAddressInput {
    /// What the person calls it, for example `Home`; at most 40 characters.
    pub label: Option<String>,
    /// Street and number, at most 200 characters.
    pub street: String,
    /// Ward or commune (`phường`, `xã`), at most 100 characters.
    pub ward: Option<String>,
    /// District (`quận`, `huyện`), at most 100 characters.
    pub district: Option<String>,
    /// City or province, at most 100 characters.
    pub city: String,
    /// Postal code, at most 20 characters.
    pub postal_code: Option<String>,
    /// Country, ISO 3166-1 alpha-2, for example `VN`.
    pub country: String,
}

impl From<UserAddressInput> for PostalAddress {
    fn from(input: UserAddressInput) -> Self {
        let UserAddressInput {
            label,
            street,
            ward,
            district,
            city,
            postal_code,
            country,
        } = input;
        Self {
            label,
            street,
            ward,
            district,
            city,
            postal_code,
            country,
        }
    }
}

impl From<PostalAddress> for UserAddress {
    fn from(address: PostalAddress) -> Self {
        let PostalAddress {
            label,
            street,
            ward,
            district,
            city,
            postal_code,
            country,
        } = address;
        Self {
            label,
            street,
            ward,
            district,
            city,
            postal_code,
            country,
        }
    }
}

/// One thing that happened to an account.
#[derive(Debug, Clone, SimpleObject)]
pub struct UserActivity {
    /// Identifies the entry.
    pub id: ID,
    /// What happened.
    pub kind: ActivityKind,
    /// When.
    pub at: DateTime<Utc>,
    /// From which network address, where known.
    pub address: Option<String>,
    /// With which program, in its own words, where known.
    pub device: Option<String>,
}

impl From<Activity> for UserActivity {
    fn from(activity: Activity) -> Self {
        let Activity {
            id,
            kind,
            at,
            address,
            device,
        } = activity;
        Self {
            id: id.to_string().into(),
            kind,
            at,
            address,
            device,
        }
    }
}

/// An account, as the graph shows it.
pub struct User(pub(super) account::User);

impl User {
    fn is_callers_own(&self, ctx: &Context<'_>) -> bool {
        ctx.principal().user_id() == Some(self.0.id)
    }
}

/// An account. Visible to its person and to whoever has the permission `users:read`; for others it does not exist.
#[Object]
impl User {
    /// Identifies the account.
    pub(super) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Name for sign-in, in lower case. Unique.
    async fn username(&self) -> Option<&str> {
        self.0.username.as_deref()
    }

    /// Address for messages and sign-in, in lower case. Unique.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// Whether the person has shown to read that address.
    async fn email_verified(&self) -> bool {
        self.0.email_verified
    }

    /// Telephone number in E.164, for sign-in. Null for everybody but the person.
    async fn phone(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.phone.as_deref().filter(|_| self.is_callers_own(ctx))
    }

    /// Given name.
    async fn first_name(&self) -> &str {
        &self.0.first_name
    }

    /// Family name.
    async fn last_name(&self) -> &str {
        &self.0.last_name
    }

    /// Both names in the order of the person's language: Vietnamese puts the family name first.
    async fn display_name(&self) -> String {
        self.0.display_name()
    }

    /// Language of messages: `vi` or `en`.
    async fn locale(&self) -> &str {
        self.0.locale.as_str()
    }

    /// IANA time zone in which the person wants to see times.
    async fn time_zone(&self) -> &str {
        self.0.time_zone.name()
    }

    /// Picture, an `https` address.
    async fn avatar_url(&self) -> Option<&str> {
        self.0.avatar_url.as_deref()
    }

    /// Postal addresses, the main one first. Null for everybody but the person.
    async fn addresses(&self, ctx: &Context<'_>) -> Option<Vec<UserAddress>> {
        self.is_callers_own(ctx)
            .then(|| self.0.addresses.iter().cloned().map(UserAddress::from).collect())
    }

    /// What the person is here.
    async fn roles(&self) -> Vec<Role> {
        self.0.roles.iter().copied().map(Role::from).collect()
    }

    /// Where the account is in its life.
    async fn status(&self) -> UserStatus {
        self.0.status.into()
    }

    /// Why the account is suspended. Null unless it is, and for whoever has not the permission `users:read`.
    async fn suspended_reason(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0
            .suspended_reason
            .as_deref()
            .filter(|_| ctx.principal().has(Scope::UsersRead))
    }

    /// When the account was made.
    async fn date_joined(&self) -> DateTime<Utc> {
        self.0.joined_at
    }

    /// Last sign-in; null when there was none.
    async fn last_login(&self) -> Option<DateTime<Utc>> {
        self.0.last_login_at
    }

    /// Grows with each change; hand it back as `expectedVersion` to notice changes by others.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// Whether sign-in needs a second factor. Null for whoever is neither the person nor has the permission `users:read`.
    async fn totp_enabled(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<bool>> {
        if !self.is_callers_own(ctx) && !ctx.principal().has(Scope::UsersRead) {
            return Ok(None);
        }
        let loader = ctx.service::<DataLoader<SecondFactorLoader>>();
        let found = loader
            .load_one(self.0.id)
            .await
            .map_err(|error| shared_fault(ctx, error))?;
        Ok(Some(found.is_some()))
    }

    /// What happened to the account, newest first: sign-ins and changes of the last 400 days. For the person and for whoever has
    /// the permission `users:read`.
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 when not given.")] first: Option<i32>,
        #[graphql(desc = "Cursor of the entry behind which to go on.")] after: Option<String>,
    ) -> async_graphql::Result<Connection<OpaqueKey, UserActivity>> {
        let page = PageArgs::read(first, after.as_deref())?;
        let result = ctx
            .service::<AccountService>()
            .activity(&ctx.principal(), self.0.id, &page)
            .await;
        let rows = answer(ctx, result)?
            .into_iter()
            .map(|(key, activity)| (key, activity.into()))
            .collect();
        Ok(connection(&page, rows))
    }
}

/// A fault that a batch shares with others.
pub(super) fn shared_fault(
    ctx: &Context<'_>,
    error: std::sync::Arc<caregraph_kit::Fault>,
) -> async_graphql::Error {
    fault(
        ctx,
        caregraph_kit::Fault::new("a batch of accounts could not be read", error),
    )
}

/// An account's id out of a GraphQL argument.
pub(super) fn user_id(id: &ID) -> Result<UserId, caregraph_kit::Rejection> {
    caregraph_kit::graphql::parse_id(id, "userId", "account")
}
