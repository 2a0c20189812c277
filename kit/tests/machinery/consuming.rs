//! Handlers: each event takes effect once, in order, whatever goes wrong on the way.

use crate::support::{Counting, Process, World, count_further, effects, endless};
use caregraph_kit::events::{DeadLetters, HandlerError};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::eventually;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

async fn tell(world: &World, times: usize) {
    for round in 0..times {
        count_further(world.ground(), world.things[round % world.things.len()], "")
            .await
            .unwrap();
    }
}

on_every_engine! {
    async fn a_handler_that_fails_nine_times_in_ten_takes_effect_once_per_event(world: World) {
        world.ground().bus.shut_down().await;
        let attempts = Arc::new(AtomicU32::new(0));
        let counting = Arc::clone(&attempts);
        let handler = Counting::new(&world, "unlucky", move |_| {
            let attempt = counting.fetch_add(1, Ordering::Relaxed);
            if attempt % 10 == 9 { Ok(()) } else { Err(HandlerError::other("bad luck")) }
        })
        .await;
        let process = Process::start(world.ground(), handler, endless(), |transport| transport).await;
        tell(&world, 20).await;
        eventually("all have taken effect", async || (effects(world.ground(), "unlucky").await == 20).then_some(())).await;
        assert_eq!(attempts.load(Ordering::Relaxed), 200);
        process.kill().await;
    }

    /// Two processes with the same unlucky handler: whoever is faster handles an event, and the order of each thing holds.
    async fn two_unlucky_processes_take_effect_once_per_event_and_in_order(world: World) {
        world.ground().bus.shut_down().await;
        let other = world.second_process().await;
        other.bus.shut_down().await;
        let handler = Counting::new(&world, "twins", |_| {
            if rand::random_bool(0.5) { Err(HandlerError::other("bad luck")) } else { Ok(()) }
        })
        .await;
        let processes = [
            Process::start(world.ground(), handler.clone(), endless(), |transport| transport).await,
            Process::start(&other, handler, endless(), |transport| transport).await,
        ];
        tell(&world, 60).await;
        eventually("all have taken effect", async || (effects(world.ground(), "twins").await >= 60).then_some(())).await;
        for process in processes {
            process.kill().await;
        }
        assert_eq!(effects(world.ground(), "twins").await, 60);
        let letters = DeadLetters::new(other.database.clone(), other.cipher.clone());
        assert_eq!(letters.list(10).await.unwrap(), []);
    }

    /// A handler that is added later hears what happened before.
    async fn a_new_handler_hears_everything_and_a_known_one_goes_on(world: World) {
        tell(&world, 8).await;
        let handler = Counting::new(&world, "newcomer", |_| Ok(())).await;
        world.world.start(vec![handler.clone()]);
        eventually("the past has taken effect", async || (effects(world.ground(), "newcomer").await == 8).then_some(())).await;
        world.ground().bus.shut_down().await;
        tell(&world, 8).await;
        let restarted = world.second_process().await;
        restarted.bus.add_handler(handler, &restarted.database);
        eventually("the rest has taken effect", async || (effects(&restarted, "newcomer").await == 16).then_some(())).await;
        restarted.bus.shut_down().await;
    }
}
