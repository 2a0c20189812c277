//! Finding accounts, in pages.

use super::rows::{role_row, row};
use super::{NAMES, with_roles};
use crate::account::model::{User, UserStatus};
use caregraph_contracts::Role;
use caregraph_contracts::ids::Id;
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::{Fault, search};
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

/// Which accounts to list. What is not set does not matter.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Words, each of them a part of the e-mail address or the username, or the beginning of a word of the name; case and diacritics do
    /// not matter.
    pub text: Option<String>,
    /// Has this role.
    pub role: Option<Role>,
    /// Is in this status.
    pub status: Option<UserStatus>,
}

/// Accounts in the order in which they were made.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
    filter: &UserFilter,
    page: &PageArgs<Uuid>,
) -> Result<Edges<Uuid, User>, Fault> {
    let mut query = row::Entity::find();
    for word in filter.text.as_deref().map(search::words).unwrap_or_default() {
        query = query.filter(matching(cipher, &word));
    }
    if let Some(role) = filter.role {
        query = query.filter(row::Column::Id.in_subquery(holders(role)));
    }
    if let Some(status) = filter.status {
        query = query.filter(row::Column::Status.eq(status.as_str()));
    }
    if let Some(after) = page.after {
        query = query.filter(row::Column::Id.gt(after));
    }
    let rows = query
        .order_by_asc(row::Column::Id)
        .limit(page.limit())
        .all(connection)
        .await?;
    let mut users = with_roles(connection, cipher, rows).await?;
    users.sort_by_key(|user| user.id);
    Ok(users.into_iter().map(|user| (user.id.uuid(), user)).collect())
}

/// How many people with a role can sign in.
pub(crate) async fn count_active(connection: &impl ConnectionTrait, role: Role) -> Result<u64, DbErr> {
    row::Entity::find()
        .filter(row::Column::Id.in_subquery(holders(role)))
        .filter(row::Column::Status.eq(UserStatus::Active.as_str()))
        .count(connection)
        .await
}

/// Whether an account has a folded word. Also any part of the name, as long as that stands in the clear: see `clear`.
fn matching(cipher: &FieldCipher, word: &str) -> Condition {
    let pattern = LikeExpr::new(search::contains_pattern(word)).escape('!');
    let called = NAMES.called(cipher, &[word]);
    Condition::any()
        .add(Expr::col(row::Column::SearchText).like(pattern))
        .add_option(called.map(|ids| row::Column::Id.in_subquery(ids)))
}

fn holders(role: Role) -> SelectStatement {
    Query::select()
        .column(role_row::Column::UserId)
        .from(role_row::Entity)
        .and_where(role_row::Column::Role.eq(role.as_str()))
        .to_owned()
}
