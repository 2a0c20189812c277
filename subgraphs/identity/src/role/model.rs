//! A role and its permissions.

use caregraph_contracts::{Role, Scope};
use caregraph_kit::Rejection;
use std::collections::BTreeSet;

/// A role with what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleDefinition {
    /// Which role.
    pub role: Role,
    /// Permissions of everybody who has the role.
    pub scopes: BTreeSet<Scope>,
    /// Whether whoever has the role needs a second factor.
    pub requires_totp: bool,
    /// Grows with each change.
    pub version: i64,
}

/// Without these an administrator could lock everybody out, including themselves.
const NEEDED_BY_ADMINISTRATORS: [Scope; 4] = [
    Scope::UsersRead,
    Scope::UsersWrite,
    Scope::RolesWrite,
    Scope::AccountRead,
];

impl RoleDefinition {
    /// Replaces the permissions.
    pub(crate) fn set(
        &mut self,
        scopes: BTreeSet<Scope>,
        requires_totp: Option<bool>,
    ) -> Result<(), Rejection> {
        if self.role == Role::Admin
            && let Some(missing) = NEEDED_BY_ADMINISTRATORS
                .iter()
                .find(|scope| !scopes.contains(scope))
        {
            let message = format!("administrators must keep `{missing}`, or nobody could undo this");
            return Err(Rejection::invalid("permissions", message));
        }
        self.scopes = scopes;
        self.requires_totp = requires_totp.unwrap_or(self.requires_totp);
        self.version += 1;
        Ok(())
    }
}

/// What several roles together may do, in the order of declaration.
pub(crate) fn scopes_of(roles: &[RoleDefinition]) -> Vec<Scope> {
    roles
        .iter()
        .flat_map(|role| role.scopes.iter().copied())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(role: Role) -> RoleDefinition {
        let scopes = role.default_scopes().iter().copied().collect();
        RoleDefinition {
            role,
            scopes,
            requires_totp: false,
            version: 1,
        }
    }

    #[test]
    fn administrators_cannot_lock_everybody_out() {
        for needed in NEEDED_BY_ADMINISTRATORS {
            let mut admin = definition(Role::Admin);
            let mut fewer = admin.scopes.clone();
            fewer.remove(&needed);
            assert!(admin.set(fewer, None).is_err());
        }
        assert!(definition(Role::Nurse).set(BTreeSet::new(), None).is_ok());
    }

    #[test]
    fn several_roles_add_up() {
        let scopes = scopes_of(&[definition(Role::Patient), definition(Role::Nurse)]);
        assert!(scopes.contains(&Scope::PatientsManage) && scopes.contains(&Scope::PatientsWrite));
        assert_eq!(
            scopes
                .iter()
                .filter(|scope| **scope == Scope::AccountRead)
                .count(),
            1
        );
    }
}
