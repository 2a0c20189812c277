//! Keys change; the trail holds.

use crate::world::*;
use caregraph_administration::SEALS;
use caregraph_contracts::Role;
use caregraph_contracts::access::AccessBasis;
use caregraph_kit::crypto::{FieldCipher, KeyRing};
use caregraph_kit::on_every_engine;
use caregraph_kit::subgraph::Ground;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

async fn column(world: &World, name: &str) -> Vec<String> {
    let connection = world.ground().database.reader();
    let sql = format!("SELECT {name} AS value FROM audit_entries ORDER BY number");
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter()
        .filter_map(|row| row.try_get::<Option<String>>("", "value").unwrap())
        .collect()
}

on_every_engine! {
    async fn sealing_anew_leaves_the_trail_intact(world: World) {
        let by = actor(user(901), Role::Doctor);
        for n in 1..=3 {
            world.hear(&accessed(patient(n), user(901), AccessBasis::BrokenGlass, Some("unconscious")), Some(&by)).await;
        }
        let head = world.head().await;
        let before = column(&world, "reason").await;

        let (seal, index) = &world.keys;
        let new = world.ground().cipher.ring().another();
        let both = FieldCipher::new(KeyRing::parse(&[new.clone(), seal.clone()], index).unwrap());
        let renewal = world.ground().database.renew_seals(&both, SEALS).await.unwrap();
        assert_eq!((renewal.renewed, renewal.unreadable), (6, 0));
        let after = column(&world, "reason").await;
        assert!(before.iter().zip(&after).all(|(before, after)| before != after));

        // The old key is gone for good.
        let cipher = FieldCipher::new(KeyRing::parse(&[new], index).unwrap());
        let ground = Ground { cipher, ..world.ground().clone() };
        let rotated = World { schema: schema_on(&ground), inner: caregraph_kit::testing::TestWorld { ground, ..world.inner }, ..world };
        assert_eq!(kinds(&rotated.verify(head).await), []);
        for entry in rotated.log(json!({})).await {
            assert_eq!((&entry["reason"], &entry["address"]), (&json!("unconscious"), &json!("203.0.113.7")));
        }
        rotated.hear_updates(1).await;
        let verification = rotated.verify(Value::Null).await;
        assert_eq!((&verification["entries"], &verification["intact"]), (&json!(4), &json!(true)));
    }

    async fn addresses_and_reasons_are_sealed(world: World) {
        let by = actor(user(901), Role::Doctor);
        for _ in 0..2 {
            world.hear(&accessed(patient(1), user(901), AccessBasis::BrokenGlass, Some("unconscious")), Some(&by)).await;
        }
        for name in ["address", "address_digest", "reason", "reason_digest", "digest_after", "what"] {
            let values = column(&world, name).await;
            assert_eq!(values.len(), 2, "{name}");
            for secret in ["203.0.113.7", "unconscious"] {
                assert!(values.iter().all(|value| !value.contains(secret)), "{secret} is readable in {name}");
            }
        }
        // Not even that two are the same shows.
        for name in ["address_digest", "reason_digest"] {
            let values = column(&world, name).await;
            assert_ne!(values[0], values[1]);
        }
    }

    async fn a_damaged_seal_hides_nothing_else(world: World) {
        let by = actor(user(901), Role::Doctor);
        world.hear(&accessed(patient(1), user(901), AccessBasis::BrokenGlass, Some("unconscious")), Some(&by)).await;
        world.tamper(&["UPDATE audit_entries SET reason = 'v1.k1.AAAA'"]).await;
        let log = world.log(json!({})).await;
        assert_eq!((&log[0]["reason"], &log[0]["action"]), (&json!(null), &json!("RecordAccessed")));
        assert_eq!(world.findings().await, [("CHANGED".to_owned(), Some(1))]);
    }
}
