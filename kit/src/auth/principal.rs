//! The person or service behind a request.

use crate::telemetry::trace::TraceParent;
use caregraph_contracts::ids::{SessionId, UserId};
use caregraph_contracts::{Role, Scope};
use chrono::{DateTime, Utc};
use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

/// The door is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessDenied {
    /// Nobody is signed in.
    #[error("sign in first")]
    Unauthenticated,
    /// Signed in, but without the scope this operation needs.
    #[error("this needs the permission `{0}`")]
    MissingScope(Scope),
}

/// Whoever asks. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal(Option<Arc<Identity>>);

#[derive(Debug, PartialEq, Eq)]
struct Identity {
    user: UserId,
    session: SessionId,
    roles: BTreeSet<Role>,
    scopes: BTreeSet<Scope>,
    expires_at: DateTime<Utc>,
}

impl Principal {
    /// Somebody who has not signed in.
    pub const fn anonymous() -> Self {
        Self(None)
    }

    /// A signed-in person. Only [`super::TokenVerifier`], identity itself and tests should need this.
    pub fn user(
        user: UserId,
        session: SessionId,
        roles: impl IntoIterator<Item = Role>,
        scopes: impl IntoIterator<Item = Scope>,
        expires_at: DateTime<Utc>,
    ) -> Self {
        Self(Some(Arc::new(Identity {
            user,
            session,
            roles: roles.into_iter().collect(),
            scopes: scopes.into_iter().collect(),
            expires_at,
        })))
    }

    /// Whether nobody is signed in.
    pub fn is_anonymous(&self) -> bool {
        self.0.is_none()
    }

    /// The account, if somebody is signed in.
    pub fn user_id(&self) -> Option<UserId> {
        self.0.as_ref().map(|identity| identity.user)
    }

    /// The session, if somebody is signed in.
    pub fn session_id(&self) -> Option<SessionId> {
        self.0.as_ref().map(|identity| identity.session)
    }

    /// When the token behind this principal ends.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.as_ref().map(|identity| identity.expires_at)
    }

    /// Roles in the token.
    pub fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        self.0.iter().flat_map(|identity| identity.roles.iter().copied())
    }

    /// Whether the person has a role.
    pub fn has_role(&self, role: Role) -> bool {
        self.0
            .as_ref()
            .is_some_and(|identity| identity.roles.contains(&role))
    }

    /// Whether the token carries a scope.
    pub fn has(&self, scope: Scope) -> bool {
        self.0
            .as_ref()
            .is_some_and(|identity| identity.scopes.contains(&scope))
    }

    /// The account of whoever is signed in, or a closed door.
    pub fn require_user(&self) -> Result<UserId, AccessDenied> {
        self.user_id().ok_or(AccessDenied::Unauthenticated)
    }

    /// The account of whoever is signed in with `scope`, or a closed door.
    pub fn require(&self, scope: Scope) -> Result<UserId, AccessDenied> {
        let user = self.require_user()?;
        if self.has(scope) {
            Ok(user)
        } else {
            Err(AccessDenied::MissingScope(scope))
        }
    }

    /// Like [`Principal::require`], when any one of several scopes will do. The first is named when all are missing.
    pub fn require_any(&self, scopes: &[Scope]) -> Result<UserId, AccessDenied> {
        let user = self.require_user()?;
        match scopes {
            [first, ..] if !scopes.iter().any(|scope| self.has(*scope)) => {
                Err(AccessDenied::MissingScope(*first))
            }
            _ => Ok(user),
        }
    }
}

/// Facts about the request that carries a principal, for sign-in activity, throttling and logs.
#[derive(Debug, Clone, Default)]
pub struct RequestInfo {
    /// Id that the client sent or the router made; stands in logs and masked errors.
    pub request_id: String,
    /// Address of the client, behind trusted proxies.
    pub address: Option<IpAddr>,
    /// The client's own description of itself.
    pub user_agent: Option<String>,
    /// The request's place in its trace.
    pub trace: Option<TraceParent>,
}
