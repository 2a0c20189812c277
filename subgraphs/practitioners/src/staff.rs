//! Which accounts belong to staff: a small projection of identity's events. Accounts of patients leave no trace here.

use crate::practitioner::Profession;
use caregraph_contracts::Role;
use caregraph_contracts::ids::{Id, UserId};
use caregraph_kit::Rejection;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_accounts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        pub roles: String,
        pub suspended: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What is known about an account of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    user: UserId,
    /// Roles that make somebody staff. Empty only while `suspended`: the suspension must be remembered in case the account
    /// becomes staff again.
    roles: Vec<Role>,
    suspended: bool,
    /// Whether it has a row.
    stored: bool,
}

impl Account {
    /// An account of which nothing was heard yet.
    pub(crate) fn unknown(user: UserId) -> Self {
        Self {
            user,
            roles: Vec::new(),
            suspended: false,
            stored: false,
        }
    }

    /// The account has exactly these roles now.
    pub(crate) fn set_roles(&mut self, roles: &[Role]) {
        self.roles = roles.iter().copied().filter(|role| role.is_staff()).collect();
    }

    /// The account may not sign in, or may again.
    pub(crate) fn set_suspended(&mut self, suspended: bool) {
        self.suspended = suspended;
    }

    /// Whether the account's owner may work in a profession here.
    pub(crate) fn allows(&self, profession: Profession) -> bool {
        !self.suspended && self.roles.contains(&profession.role())
    }
}

/// Refuses to let an account's owner work in a profession. The paths say where in the input the account and the profession
/// stand.
pub(crate) fn check(
    account: Option<&Account>,
    profession: Profession,
    account_path: &str,
    profession_path: &str,
) -> Result<(), Rejection> {
    let account = account
        .filter(|account| !account.roles.is_empty())
        .ok_or_else(|| Rejection::not_found(account_path, "staff account"))?;
    if account.suspended {
        return Err(Rejection::conflict(account_path, "the account is suspended"));
    }
    if account.allows(profession) {
        Ok(())
    } else {
        Err(Rejection::invalid(
            profession_path,
            format!("the account does not have the role {}", profession.role()),
        ))
    }
}

/// What is known about an account, locked until the transaction ends: whoever makes it a practitioner and whoever takes
/// its role away do so one after the other.
pub(crate) async fn lock(tx: &impl ConnectionTrait, user: UserId) -> Result<Option<Account>, DbErr> {
    let row = row::Entity::find_by_id(user.uuid())
        .lock_exclusive()
        .one(tx)
        .await?;
    Ok(row.map(|row| Account {
        user,
        // A role of a newer version is nothing we could ask about.
        roles: row
            .roles
            .split(' ')
            .filter_map(|name| name.parse().ok())
            .collect(),
        suspended: row.suspended,
        stored: true,
    }))
}

/// Stores what is known, or forgets an account that is nothing to us. The row is changed in place: whoever waits for its
/// lock would not see one that was deleted and made again.
pub(crate) async fn save(tx: &impl ConnectionTrait, account: &Account) -> Result<(), DbErr> {
    let id = account.user.uuid();
    if account.roles.is_empty() && !account.suspended {
        row::Entity::delete_by_id(id).exec(tx).await?;
        return Ok(());
    }
    let roles: Vec<&str> = account.roles.iter().map(|role| role.as_str()).collect();
    let row = row::ActiveModel {
        user_id: Set(id),
        roles: Set(roles.join(" ")),
        suspended: Set(account.suspended),
    };
    if account.stored {
        row::Entity::update_many()
            .set(row)
            .filter(row::Column::UserId.eq(id))
            .exec(tx)
            .await?;
    } else {
        row::Entity::insert(row).exec_without_returning(tx).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_profession_needs_its_own_role_and_an_open_account() {
        let mut account = Account::unknown(Uuid::nil().into());
        assert!(matches!(
            check(Some(&account), Profession::Doctor, "userId", "profession"),
            Err(Rejection::NotFound { .. })
        ));
        account.set_roles(&[Role::Nurse, Role::Patient]);
        assert!(matches!(
            check(Some(&account), Profession::Doctor, "userId", "profession"),
            Err(Rejection::Invalid { .. })
        ));
        assert_eq!(
            check(Some(&account), Profession::Nurse, "userId", "profession"),
            Ok(())
        );
        account.set_suspended(true);
        assert!(matches!(
            check(Some(&account), Profession::Nurse, "userId", "profession"),
            Err(Rejection::Conflict { .. })
        ));
    }

    #[test]
    fn the_names_of_all_roles_fit_their_column() {
        let all: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        assert!(all.join(" ").len() <= 255);
    }
}
