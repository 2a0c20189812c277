//! People are looked for by the rarest word of what somebody types, and found by all of them.

use crate::support::World;
use caregraph_kit::on_every_engine;
use caregraph_kit::search::{NameTokens, fold};
use caregraph_kit::subgraph::Ground;
use sea_orm::ConnectionTrait;
use sea_orm_migration::{prelude::*, schema};
use std::collections::BTreeSet;
use uuid::Uuid;

const NAMES: NameTokens = NameTokens {
    table: "name_tokens",
    owner: "owner",
    signature: Some("signature"),
    purpose: "test/name",
};

/// A store with a table of tokens.
async fn ground(world: &World) -> &Ground {
    let ground = world.ground();
    let table = Table::create()
        .table(NAMES.table)
        .col(schema::string_len("token", 64))
        .col(schema::uuid(NAMES.owner))
        .col(schema::big_integer("signature").default(-1))
        .primary_key(Index::create().col("token").col(NAMES.owner))
        .to_owned();
    ground.database.reader().execute(&table).await.unwrap();
    ground
}

async fn keep(ground: &Ground, owner: u128, family_name: &str, given_name: &str) {
    let (reader, cipher) = (ground.database.reader(), &ground.cipher);
    let kept = NAMES.keep(reader, cipher, Uuid::from_u128(owner), family_name, given_name);
    kept.await.unwrap();
}

/// Who is called by all of some words, in the order of ids.
async fn called(ground: &Ground, words: &[&str]) -> Vec<u128> {
    let mut query = NAMES.called(&ground.cipher, words).unwrap();
    query.order_by(NAMES.owner, Order::Asc);
    let rows = ground.database.reader().query_all(&query).await.unwrap();
    let owners = rows
        .iter()
        .map(|row| row.try_get::<Uuid>("", NAMES.owner).unwrap().as_u128());
    owners.collect()
}

/// How the rows of somebody are signed; each way once.
async fn signatures(ground: &Ground, owner: u128) -> BTreeSet<i64> {
    let query = Query::select()
        .column("signature")
        .from(NAMES.table)
        .and_where(Expr::col(NAMES.owner).eq(Uuid::from_u128(owner)))
        .to_owned();
    let rows = ground.database.reader().query_all(&query).await.unwrap();
    rows.iter()
        .map(|row| row.try_get("", "signature").unwrap())
        .collect()
}

on_every_engine! {
    async fn the_rarest_word_comes_first(world: World) {
        let ground = ground(&world).await;
        let mut names = vec!["Ky Bình".to_owned()];
        names.extend((0..70).map(|number| format!("An Bình {number}")));
        names.extend((0..70).map(|number| format!("An {number}")));
        for (number, given) in (0_u128..).zip(&names) {
            let family = if number % 2 == 0 { "Nguyễn" } else { "Trần" };
            keep(ground, number, family, given).await;
        }
        let (reader, cipher) = (ground.database.reader(), &ground.cipher);
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

    async fn who_has_all_words_is_found_and_nobody_else(world: World) {
        let ground = ground(&world).await;
        let (families, middle, given) = (["Nguyễn", "Trần", "Lê"], ["Thị", "Văn"], ["An", "Anh", "Bình", "Châu", "Đức"]);
        let names: Vec<(&str, String)> = families
            .iter()
            .flat_map(|family| middle.iter().map(move |middle| (*family, *middle)))
            .flat_map(|(family, middle)| given.iter().map(move |given| (family, format!("{middle} {given}"))))
            .collect();
        for (number, (family, given)) in (0_u128..).zip(&names) {
            keep(ground, number, family, given).await;
        }
        for words in [&["ng", "th", "an"][..], &["an", "nguyen"], &["du", "tr", "va"], &["le", "le"], &["le", "x"], &["chau"]] {
            let has = |(family, given): &(&str, String)| {
                let name = fold(&format!("{family} {given}"));
                words.iter().all(|word| name.split(' ').any(|has| has.starts_with(word)))
            };
            let wanted: Vec<u128> = (0..).zip(&names).filter(|(_, name)| has(name)).map(|(number, _)| number).collect();
            assert_eq!(called(ground, words).await, wanted, "{words:?}");
        }
    }

    async fn whoever_is_renamed_is_found_by_old_words_and_new_ones_together(world: World) {
        let ground = ground(&world).await;
        keep(ground, 1, "Trần", "Châu").await;
        keep(ground, 2, "Lý", "Bình").await;
        let (before, other) = (signatures(ground, 1).await, signatures(ground, 2).await);
        keep(ground, 1, "Trần", "Khoa Đạt").await;
        for words in [["tran", "khoa"], ["khoa", "tran"], ["dat", "khoa"]] {
            assert_eq!(called(ground, &words).await, [1], "{words:?}");
        }
        assert_eq!(called(ground, &["tran", "chau"]).await, [0; 0]);
        let after = signatures(ground, 1).await;
        assert_eq!(before.len(), 1);
        assert_ne!(before, after);
        // Nobody else's rows were touched, and a shorter name takes its bits away.
        assert_eq!((after.len(), signatures(ground, 2).await), (1, other));
        keep(ground, 1, "Trần", "Châu").await;
        assert_eq!(signatures(ground, 1).await, before);
    }

    async fn rows_that_nobody_signed_are_found_and_signed_at_the_next_change(world: World) {
        let ground = ground(&world).await;
        keep(ground, 1, "Trần", "Châu").await;
        let signed = signatures(ground, 1).await;
        let forget = format!("UPDATE {} SET signature = -1", NAMES.table);
        ground.database.reader().execute_unprepared(&forget).await.unwrap();
        assert_eq!(called(ground, &["tran", "chau"]).await, [1]);
        assert_eq!(called(ground, &["tran", "le"]).await, [0; 0]);
        // Who has no bits is passed over, if there is more to be found than one word.
        let nothing = format!("UPDATE {} SET signature = 0", NAMES.table);
        ground.database.reader().execute_unprepared(&nothing).await.unwrap();
        assert_eq!(called(ground, &["tran"]).await, [1]);
        assert_eq!(called(ground, &["tran", "chau"]).await, [0; 0]);
        keep(ground, 1, "Trần", "Châu").await;
        assert_eq!(signatures(ground, 1).await, signed);
    }
}
