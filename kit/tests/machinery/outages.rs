//! A store that is away is waited for; nobody's event is parked because of it.

use crate::support::{Counting, World, count_further, effects};
use caregraph_kit::database::Engine;
use caregraph_kit::events::{DeadLetters, HandlerError};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::eventually;
use sea_orm::{ConnAcquireErr, ConnectionTrait, DbErr, Statement};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

on_every_engine! {
    async fn an_outage_is_no_failure_of_the_event(world: World) {
        let ground = world.ground();
        let outages = AtomicU32::new(0);
        // The world's consumers give up after four failures.
        let handler = Counting::new(&world, "waiting", move |_| {
            if outages.fetch_add(1, Ordering::Relaxed) < 20 {
                Err(HandlerError::from(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
            } else {
                Ok(())
            }
        })
        .await;
        world.world.start(vec![handler]);
        count_further(ground, world.things[0], "").await.unwrap();
        eventually("the event has taken effect", async || (effects(ground, "waiting").await == 1).then_some(())).await;
        let letters = DeadLetters::new(ground.database.clone(), ground.cipher.clone());
        assert_eq!(letters.list(10).await.unwrap(), []);
        ground.bus.shut_down().await;
    }

    /// The server ends every connection of the process, ten times, wherever handler and relay are.
    async fn connections_cut_by_the_server_lose_and_repeat_nothing(world: World) {
        let ground = world.ground();
        let (connections, cut) = match ground.database.engine() {
            // There is no server that could cut anything.
            Engine::Sqlite => return,
            Engine::Postgres => (
                "SELECT pid::bigint AS id FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
                "SELECT pg_terminate_backend({})",
            ),
            Engine::MariaDb => (
                "SELECT CAST(id AS SIGNED) AS id FROM information_schema.processlist
                 WHERE db = DATABASE() AND id <> CONNECTION_ID()",
                "KILL {}",
            ),
        };
        let handler = Counting::new(&world, "cut", |_| Ok(())).await;
        for round in 0..40 {
            count_further(ground, world.things[round % 4], "").await.unwrap();
        }
        let axe = world.world.database.open().await;
        world.world.start(vec![handler]);
        let backend = axe.reader().get_database_backend();
        for _ in 0..10 {
            let victims = axe.reader().query_all_raw(Statement::from_string(backend, connections)).await;
            for victim in victims.unwrap_or_default() {
                let id: i64 = victim.try_get("", "id").unwrap();
                // It may be gone already, or be another connection of our own.
                let _ = axe.reader().execute_unprepared(&cut.replace("{}", &id.to_string())).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        eventually("all have taken effect", async || {
            let name = "effects-cut";
            (crate::support::value(ground.database.reader(), name).await.ok()? == 40).then_some(())
        })
        .await;
        let letters = DeadLetters::new(ground.database.clone(), ground.cipher.clone());
        assert_eq!(letters.list(10).await.unwrap(), []);
        ground.bus.shut_down().await;
        assert_eq!(effects(ground, "cut").await, 40);
    }
}
