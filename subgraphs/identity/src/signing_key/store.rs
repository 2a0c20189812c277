//! Keys in the store; the private halves are sealed.

use super::model::Generation;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use caregraph_kit::auth::SigningKey;
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::database::is_unique_violation;
use caregraph_kit::{Clock, Fault};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;
use zeroize::Zeroizing;

mod row {
    use caregraph_kit::database::Instant;
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "signing_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub generation: i64,
        pub kid: Uuid,
        #[sea_orm(column_type = "Text")]
        pub seed_sealed: String,
        pub created_at: Instant,
        pub signs_from: Instant,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// All keys, oldest first.
pub(super) async fn all(
    connection: &impl ConnectionTrait,
    cipher: &FieldCipher,
) -> Result<Vec<(Generation, SigningKey)>, Fault> {
    let rows = row::Entity::find()
        .order_by_asc(row::Column::Generation)
        .all(connection)
        .await?;
    rows.into_iter().map(|row| open(&row, cipher)).collect()
}

/// Adds a fresh key, unless another process has made this generation.
pub(super) async fn add(
    connection: &impl ConnectionTrait,
    (cipher, clock): (&FieldCipher, &Clock),
    generation: Generation,
) -> Result<(), DbErr> {
    let kid: Uuid = clock.new_id();
    let key = SigningKey::generate(kid.to_string());
    let seed = Zeroizing::new(STANDARD.encode(key.seed().as_ref()));
    let row = row::ActiveModel {
        generation: Set(generation.number),
        kid: Set(kid),
        seed_sealed: Set(cipher.seal(place(kid), &seed)),
        created_at: Set(clock.now().into()),
        signs_from: Set(generation.signs_from.into()),
    };
    match row::Entity::insert(row).exec_without_returning(connection).await {
        Err(error) if !is_unique_violation(&error) => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Removes keys for good.
pub(super) async fn remove(connection: &impl ConnectionTrait, generations: Vec<i64>) -> Result<(), DbErr> {
    if generations.is_empty() {
        return Ok(());
    }
    row::Entity::delete_many()
        .filter(row::Column::Generation.is_in(generations))
        .exec(connection)
        .await
        .map(|_| ())
}

fn open(row: &row::Model, cipher: &FieldCipher) -> Result<(Generation, SigningKey), Fault> {
    let text = Zeroizing::new(cipher.open(place(row.kid), &row.seed_sealed)?);
    let bytes = STANDARD
        .decode(text.as_bytes())
        .map(Zeroizing::new)
        .map_err(|error| Fault::new("a signing key could not be read", error))?;
    let seed: &[u8; 32] = bytes
        .as_slice()
        .try_into()
        .map_err(|error| Fault::new("a signing key has the wrong length", error))?;
    let generation = Generation {
        number: row.generation,
        signs_from: row.signs_from.into(),
    };
    Ok((generation, SigningKey::from_seed(row.kid.to_string(), seed)))
}

fn place(kid: Uuid) -> FieldRef<'static> {
    FieldRef {
        table: "signing_keys",
        record: kid,
        field: "seed",
    }
}
