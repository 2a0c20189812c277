//! People are looked for by the rarest word of what somebody types.

use crate::support::World;
use caregraph_kit::on_every_engine;
use caregraph_kit::search::NameTokens;
use sea_orm::ConnectionTrait;
use sea_orm_migration::{prelude::*, schema};

const NAMES: NameTokens = NameTokens {
    table: "name_tokens",
    owner: "owner",
    purpose: "test/name",
};

on_every_engine! {
    async fn the_rarest_word_comes_first(world: World) {
        let ground = world.ground();
        let (reader, cipher) = (ground.database.reader(), &ground.cipher);
        let table = Table::create()
            .table(NAMES.table)
            .col(schema::string_len("token", 64))
            .col(schema::uuid(NAMES.owner))
            .primary_key(Index::create().col("token").col(NAMES.owner))
            .to_owned();
        reader.execute(&table).await.unwrap();
        for given in ["An", "Bình", "Ky"] {
            NAMES.keep(reader, cipher, ground.clock.new_id(), "Nguyễn", given).await.unwrap();
        }
        for (typed, rarest_first) in [
            (&["nguyen", "ky"][..], &["ky", "nguyen"][..]),
            // Nobody is called that.
            (&["nguyen", "ky", "x"], &["x", "ky", "nguyen"]),
            // As rare as each other: the longer one says more.
            (&["an", "binh", "nguyen"], &["binh", "an", "nguyen"]),
            (&["nguyen"], &["nguyen"]),
            (&[], &[]),
        ] {
            assert_eq!(NAMES.rarest_first(reader, cipher, typed).await.unwrap(), rarest_first);
        }
    }
}
