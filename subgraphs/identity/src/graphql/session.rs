//! Signing in and out.

use super::refusals::{
    AccountSuspended, EmailNotVerified, InvalidCredentials, InvalidRefreshToken, OtpRequired, Throttled,
};
use super::user::{Role, User};
use crate::session::{self, Login, RefreshRefusal, SessionService, SignInRefusal, SignedIn, TokenFacts};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use caregraph_contracts::ids::SessionId;
use caregraph_kit::graphql::{ContextExt, answer, outcome, parse_id};
use caregraph_kit::payload;
use chrono::{DateTime, Utc};

/// A fresh pair of tokens. Keep the refresh token safe: whoever holds it holds the session.
#[derive(SimpleObject)]
pub struct Session {
    /// For the header `Authorization: Bearer …` and, as `authorization`, for `connection_init` of WebSockets.
    access_token: String,
    /// For exactly one `refreshSession`.
    refresh_token: String,
    /// When the access token ends; refresh before.
    expires_at: DateTime<Utc>,
    /// Who signed in.
    user: User,
}

impl From<SignedIn> for Session {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            access_token: signed_in.access_token,
            refresh_token: signed_in.refresh_token,
            expires_at: signed_in.expires_at,
            user: User(signed_in.user),
        }
    }
}

/// A device on which somebody is signed in.
#[derive(SimpleObject)]
pub struct DeviceSession {
    /// Identifies the session.
    id: ID,
    /// The program's own description of itself at sign-in.
    device: Option<String>,
    /// Network address of the last use.
    address: Option<String>,
    /// When somebody signed in.
    created_at: DateTime<Utc>,
    /// When the session was last refreshed.
    last_used_at: DateTime<Utc>,
    /// Ends by itself when not refreshed until then.
    expires_at: DateTime<Utc>,
    /// Whether it is the session of this very request.
    current: bool,
}

impl DeviceSession {
    fn of(ctx: &Context<'_>, session: session::Session) -> Self {
        Self {
            id: session.id.to_string().into(),
            device: session.device,
            address: session.address,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            current: ctx.principal().session_id() == Some(session.id),
        }
    }
}

/// What an access token says.
#[derive(SimpleObject)]
pub struct TokenIntrospection {
    /// Whether the token is good now. If not, everything else is null.
    active: bool,
    /// Id of the account.
    sub: Option<ID>,
    /// Id of the session.
    sid: Option<ID>,
    /// Roles of the person.
    roles: Option<Vec<Role>>,
    /// Permissions, separated by spaces (RFC 8693).
    scope: Option<String>,
    /// When it ends.
    expires_at: Option<DateTime<Utc>>,
}

impl From<Option<TokenFacts>> for TokenIntrospection {
    fn from(facts: Option<TokenFacts>) -> Self {
        let Some(facts) = facts else {
            return Self {
                active: false,
                sub: None,
                sid: None,
                roles: None,
                scope: None,
                expires_at: None,
            };
        };
        let scope = facts
            .scopes
            .iter()
            .map(|scope| scope.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        Self {
            active: true,
            sub: Some(facts.user.to_string().into()),
            sid: Some(facts.session.to_string().into()),
            roles: Some(facts.roles.into_iter().map(Role::from).collect()),
            scope: Some(scope),
            expires_at: Some(facts.expires_at),
        }
    }
}

/// What somebody types in to sign in.
#[derive(InputObject)]
pub struct LoginInput {
    /// E-mail address, username, or telephone number with country code.
    identifier: String,
    /// The password.
    password: String,
    /// Code of the second factor, or a recovery code, where the account has one.
    otp: Option<String>,
}

payload! {
    /// What `login` answers.
    LoginPayload {
        /// The tokens; null when refused.
        session: Session
    }
    LoginError also { InvalidCredentials, OtpRequired, EmailNotVerified, AccountSuspended, Throttled }
}

impl From<SignInRefusal> for LoginError {
    fn from(refusal: SignInRefusal) -> Self {
        match refusal {
            SignInRefusal::Common(common) => common.into(),
            SignInRefusal::InvalidCredentials => {
                Self::InvalidCredentials(InvalidCredentials::at("", &refusal))
            }
            SignInRefusal::OtpRequired => Self::OtpRequired(OtpRequired::at("otp", &refusal)),
            SignInRefusal::EmailNotVerified => Self::EmailNotVerified(EmailNotVerified::at("", &refusal)),
            SignInRefusal::AccountSuspended => Self::AccountSuspended(AccountSuspended::at("", &refusal)),
            SignInRefusal::Throttled { retry_after_seconds } => {
                Self::Throttled(Throttled::new(&refusal, retry_after_seconds))
            }
        }
    }
}

/// Which session to go on with.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// The refresh token of the last `login` or `refreshSession`.
    refresh_token: String,
}

payload! {
    /// What `refreshSession` answers.
    RefreshSessionPayload {
        /// The new tokens; null when refused.
        session: Session
    }
    RefreshSessionError also { InvalidRefreshToken }
}

impl From<RefreshRefusal> for RefreshSessionError {
    fn from(refusal: RefreshRefusal) -> Self {
        match refusal {
            RefreshRefusal::Common(common) => common.into(),
            RefreshRefusal::InvalidRefreshToken => {
                Self::InvalidRefreshToken(InvalidRefreshToken::at("refreshToken", &refusal))
            }
        }
    }
}

payload! {
    /// What `logout` answers.
    LogoutPayload {
        /// Sessions that were ended: one, or none when it had ended before.
        ended_sessions: Vec<DeviceSession>
    }
    LogoutError
}

payload! {
    /// What `logoutEverywhere` answers.
    LogoutEverywherePayload {
        /// Sessions that were ended.
        ended_sessions: Vec<DeviceSession>
    }
    LogoutEverywhereError
}

/// Which session to end.
#[derive(InputObject)]
pub struct RevokeSessionInput {
    /// One of your `sessions`.
    session_id: ID,
}

payload! {
    /// What `revokeSession` answers.
    RevokeSessionPayload {
        /// The session that was ended; null when refused.
        ended_session: DeviceSession
    }
    RevokeSessionError
}

#[derive(Default)]
pub(super) struct SessionQuery;

#[Object]
impl SessionQuery {
    /// Where you are signed in, the device used last first. Needs the permission `account:read`.
    async fn sessions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<DeviceSession>> {
        let sessions = ctx.service::<SessionService>().list(&ctx.principal()).await;
        Ok(answer(ctx, sessions)?
            .into_iter()
            .map(|session| DeviceSession::of(ctx, session))
            .collect())
    }

    /// What an access token says, if it is good. For services: needs the permission `tokens:introspect`.
    async fn introspect_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An access token.")] token: String,
    ) -> async_graphql::Result<TokenIntrospection> {
        let facts = ctx
            .service::<SessionService>()
            .introspect(&ctx.principal(), &token)
            .await;
        Ok(answer(ctx, facts)?.into())
    }
}

#[derive(Default)]
pub(super) struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Signs in. Open to everybody. Wrong attempts slow down, per account and per network address.
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in.")] input: LoginInput,
    ) -> async_graphql::Result<LoginPayload> {
        let login = Login {
            identifier: input.identifier,
            password: input.password,
            otp: input.otp,
        };
        let result = ctx
            .service::<SessionService>()
            .login(login, &ctx.request_info())
            .await;
        Ok(LoginPayload::of(outcome(ctx, result)?, Session::from))
    }

    /// Exchanges a refresh token for a new pair. Open to whoever holds the token. A token that comes twice ends the session, because
    /// somebody else may hold a copy.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: RefreshSessionInput,
    ) -> async_graphql::Result<RefreshSessionPayload> {
        let result = ctx
            .service::<SessionService>()
            .refresh(&input.refresh_token, &ctx.request_info())
            .await;
        Ok(RefreshSessionPayload::of(outcome(ctx, result)?, Session::from))
    }

    /// Ends the session of this request. For whoever is signed in.
    async fn logout(&self, ctx: &Context<'_>) -> async_graphql::Result<LogoutPayload> {
        let result = ctx
            .service::<SessionService>()
            .logout(&ctx.principal(), &ctx.request_info())
            .await;
        Ok(LogoutPayload::of(outcome(ctx, result)?, |ended| {
            shown(ctx, ended)
        }))
    }

    /// Ends all your sessions, this one included. For whoever is signed in.
    async fn logout_everywhere(&self, ctx: &Context<'_>) -> async_graphql::Result<LogoutEverywherePayload> {
        let result = ctx
            .service::<SessionService>()
            .logout_everywhere(&ctx.principal(), &ctx.request_info())
            .await;
        Ok(LogoutEverywherePayload::of(outcome(ctx, result)?, |ended| {
            shown(ctx, ended)
        }))
    }

    /// Ends one of your sessions from elsewhere. Needs the permission `account:write`.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: RevokeSessionInput,
    ) -> async_graphql::Result<RevokeSessionPayload> {
        let service = ctx.service::<SessionService>();
        let result = async {
            let session = parse_id::<SessionId>(&input.session_id, "sessionId", "session")?;
            service
                .revoke(&ctx.principal(), session, &ctx.request_info())
                .await
        };
        Ok(RevokeSessionPayload::of(outcome(ctx, result.await)?, |session| {
            DeviceSession::of(ctx, session)
        }))
    }
}

fn shown(ctx: &Context<'_>, sessions: Vec<session::Session>) -> Vec<DeviceSession> {
    sessions
        .into_iter()
        .map(|session| DeviceSession::of(ctx, session))
        .collect()
}
