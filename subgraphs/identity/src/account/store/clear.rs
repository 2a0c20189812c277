//! Names, which earlier versions of the program kept in the clear.
//!
//! They have sealed columns beside the old ones. This version writes the sealed ones and empties the others with every account that it
//! saves, and [`seal`] does so with those that nobody changes. Once it has run, no process of an earlier version may run on the same
//! store (see `docs/operations.md`), so where a name stands in the clear, it is not sealed yet.
//!
//! Should one have run all the same, then it has written whole accounts: with a first name, both names in the clear count, also an
//! empty one. Otherwise a name that it took away would come back from what is sealed beside it.

use super::NAMES;
use super::mapping::{open_names, place, search_text};
use super::rows::row;
use caregraph_contracts::ids::{Id, UserId};
use caregraph_kit::Fault;
use caregraph_kit::crypto::FieldCipher;
use caregraph_kit::database::Transaction;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

/// Accounts of which a name stands in the clear, by id behind `after`, at most `most`.
pub(crate) async fn in_the_clear(
    connection: &impl ConnectionTrait,
    after: Option<UserId>,
    most: u64,
) -> Result<Vec<UserId>, DbErr> {
    let clear = Condition::any()
        .add(row::Column::FirstName.ne(""))
        .add(row::Column::LastName.ne(""));
    let which = Condition::all()
        .add(clear)
        .add_option(after.map(|id| row::Column::Id.gt(id.uuid())));
    let ids: Vec<Uuid> = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(which)
        .order_by_asc(row::Column::Id)
        .limit(most)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(ids.into_iter().map(UserId::from).collect())
}

/// Seals the names of an account. Its version stays: it says the same as before.
pub(crate) async fn seal(tx: &Transaction, cipher: &FieldCipher, id: UserId) -> Result<(), Fault> {
    let id = id.uuid();
    // Read again under the lock that everybody takes who saves an account.
    let found = row::Entity::find_by_id(id).lock_exclusive().one(&**tx).await?;
    let Some(found) = found else {
        return Ok(());
    };
    let (first_name, last_name) = open_names(cipher, &found)?;
    let row = row::ActiveModel {
        first_name: Set(String::new()),
        last_name: Set(String::new()),
        first_name_sealed: Set(Some(cipher.seal(place(id, "first_name"), &first_name))),
        last_name_sealed: Set(Some(cipher.seal(place(id, "last_name"), &last_name))),
        search_text: Set(search_text(&found.email, found.username.as_deref())),
        ..Default::default()
    };
    row::Entity::update_many()
        .set(row)
        .filter(row::Column::Id.eq(id))
        .exec(&**tx)
        .await?;
    NAMES.keep(&**tx, cipher, id, &last_name, &first_name).await?;
    Ok(())
}
