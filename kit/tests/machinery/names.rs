//! People are looked for by the rarest word of what somebody types.

use crate::support::World;
use caregraph_kit::on_every_engine;
use caregraph_kit::search::NameTokens;
use sea_orm::ConnectionTrait;
use sea_orm_migration::{prelude::*, schema};
use uuid::Uuid;

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
        let mut names = vec!["Ky Bình".to_owned()];
        names.extend((0..70).map(|number| format!("An Bình {number}")));
        names.extend((0..70).map(|number| format!("An {number}")));
        for (number, given) in (0_u128..).zip(&names) {
            let family = if number % 2 == 0 { "Nguyễn" } else { "Trần" };
            NAMES.keep(reader, cipher, Uuid::from_u128(number), family, given).await.unwrap();
        }
        for (typed, rarest_first) in [
            // One of 141 is called Ky.
            (&["nguyen", "ky"][..], &["ky", "nguyen"][..]),
            // The last who are called An are last of all; every other one is called Nguyễn, and Bình is none of the latter half.
            (&["an", "binh", "nguyen"], &["binh", "nguyen", "an"]),
            // Nobody is called the one, and one the other: as good as each other, and the longer one says more.
            (&["x", "nguyen", "ky"], &["ky", "x", "nguyen"]),
            (&["nguyen"], &["nguyen"]),
            (&[], &[]),
        ] {
            assert_eq!(NAMES.rarest_first(reader, cipher, typed).await.unwrap(), rarest_first);
        }
    }
}
