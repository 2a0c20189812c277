//! The same key gets the first answer.

use crate::support::{World, counter, increment, value};
use caregraph_contracts::ids::UserId;
use caregraph_kit::idempotency::{Keyed, Seen, forget};
use caregraph_kit::on_every_engine;
use caregraph_kit::subgraph::Ground;
use chrono::TimeDelta;
use futures::future::join_all;
use sea_orm::DbErr;
use uuid::Uuid;

/// How a keyed command is written: look, act and keep the answer in one transaction, and look again when another was faster.
async fn pay(ground: &Ground, keyed: &Keyed) -> Result<Seen<i64>, DbErr> {
    loop {
        let tx = ground.database.begin().await?;
        let seen = keyed.look_up::<i64>(&*tx).await?;
        if seen != Seen::Never {
            return Ok(seen);
        }
        increment(&*tx, "paid").await?;
        let answer = value(&*tx, "paid").await?;
        if keyed.keep(&tx, &answer, ground.clock.now()).await? {
            tx.commit().await?;
            return Ok(Seen::Answered(answer));
        }
        tx.rollback().await?;
    }
}

fn user(number: u128) -> UserId {
    Uuid::from_u128(number).into()
}

fn keyed(user: UserId, operation: &'static str, key: &str, amount: i64) -> Keyed {
    Keyed::new(user, operation, key, &("invoice", amount)).unwrap()
}

on_every_engine! {
    async fn a_repetition_gets_the_first_answer_and_has_no_effect(world: World) {
        let ground = world.ground();
        counter(ground, "paid").await;
        let first = keyed(user(1), "pay", "k-1", 100);
        for _ in 0..3 {
            assert_eq!(pay(ground, &first).await.unwrap(), Seen::Answered(1));
        }
        assert_eq!(value(ground.database.reader(), "paid").await.unwrap(), 1);
        // A key belongs to a person and an operation; and keys are told apart letter by letter.
        assert_eq!(pay(ground, &keyed(user(2), "pay", "k-1", 100)).await.unwrap(), Seen::Answered(2));
        assert_eq!(pay(ground, &keyed(user(1), "refund", "k-1", 100)).await.unwrap(), Seen::Answered(3));
        assert_eq!(pay(ground, &keyed(user(1), "pay", "K-1", 100)).await.unwrap(), Seen::Answered(4));
        // Under a used key nothing else can be asked for.
        assert_eq!(pay(ground, &keyed(user(1), "pay", "k-1", 101)).await.unwrap(), Seen::Reused);
        assert_eq!(value(ground.database.reader(), "paid").await.unwrap(), 4);
    }

    async fn of_many_with_one_key_one_has_an_effect_and_all_get_its_answer(world: World) {
        let grounds = [world.ground().clone(), world.second_process().await];
        counter(&grounds[0], "paid").await;
        let key = keyed(user(1), "pay", "k-1", 100);
        let attempts = (0..12).map(|number| {
            let (ground, key) = (&grounds[number % 2], &key);
            async move { ground.database.retrying(|| pay(ground, key)).await.unwrap() }
        });
        for answer in join_all(attempts).await {
            assert_eq!(answer, Seen::Answered(1));
        }
        assert_eq!(value(grounds[0].database.reader(), "paid").await.unwrap(), 1);
        for ground in grounds {
            ground.bus.shut_down().await;
        }
    }

    async fn old_keys_are_forgotten_and_young_ones_kept(world: World) {
        let ground = world.ground();
        counter(ground, "paid").await;
        let (old, young) = (keyed(user(1), "pay", "old", 1), keyed(user(1), "pay", "young", 1));
        pay(ground, &old).await.unwrap();
        ground.clock.advance(TimeDelta::days(2));
        pay(ground, &young).await.unwrap();
        let forgotten = forget(ground.database.reader(), ground.clock.now() - TimeDelta::days(1)).await.unwrap();
        assert_eq!(forgotten, 1);
        let reader = ground.database.reader();
        assert_eq!(old.look_up::<i64>(reader).await.unwrap(), Seen::Never);
        assert_eq!(young.look_up::<i64>(reader).await.unwrap(), Seen::Answered(2));
    }
}

#[test]
fn keys_are_printable_and_short() {
    for good in [
        "k",
        &"k".repeat(128),
        "0190a2b4-0000-7000-8000-000000000000",
        "{!}~",
    ] {
        assert!(Keyed::new(user(1), "pay", good, &()).is_ok(), "{good}");
    }
    for bad in [
        "",
        " ",
        "a b",
        "a\0b",
        "a\nb",
        "khóa",
        &"k".repeat(129),
        &"k".repeat(10_000_000),
    ] {
        assert!(Keyed::new(user(1), "pay", bad, &()).is_err());
    }
}
