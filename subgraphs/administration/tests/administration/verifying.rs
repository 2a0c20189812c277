//! Verifying what nobody has touched.

use crate::world::*;
use caregraph_kit::on_every_engine;
use serde_json::{Value, json};

on_every_engine! {
    async fn an_empty_trail_is_intact_and_has_no_head(world: World) {
        let verification = world.verify(Value::Null).await;
        assert_eq!(verification, json!({ "intact": true, "entries": 0, "days": 0, "findings": [], "head": null }));
        assert_eq!(world.head().await, Value::Null);
    }

    async fn days_hang_together(world: World) {
        for count in [3, 1, 2] {
            world.hear_updates(count).await;
            world.next_day();
        }
        world.next_day();
        world.hear_updates(1).await;
        let verification = world.verify(Value::Null).await;
        assert_eq!((&verification["entries"], &verification["days"]), (&json!(7), &json!(4)));
        assert_eq!(kinds(&verification), []);
        let head = world.head().await;
        assert_eq!((&head["day"], &head["count"], &head["previousDay"]), (&json!("2026-03-06"), &json!(1), &json!("2026-03-04")));
        let log = world.log(json!({})).await;
        assert_eq!((&head["lastHash"], &head["previousHash"]), (&log[0]["hash"], &log[1]["hash"]));
    }

    async fn a_part_of_the_trail_can_be_verified(world: World) {
        for _ in 0..3 {
            world.hear_updates(2).await;
            world.next_day();
        }
        world.tamper(&["UPDATE audit_entries SET outcome = 'DENIED' WHERE day = '2026-03-03' AND number = 1"]).await;
        let query = "query($from: Date, $to: Date) { verifyAudit(from: $from, to: $to) { intact days entries } }";
        for (from, to, intact, days) in [
            (json!("2026-03-02"), json!("2026-03-02"), true, 1),
            (json!(null), json!("2026-03-03"), false, 2),
            (json!("2026-03-04"), json!(null), true, 1),
            (json!("2026-03-05"), json!(null), true, 0),
        ] {
            let answer = world.ask(&admin(), query, json!({ "from": from, "to": to })).await;
            let expected = json!({ "intact": intact, "days": days, "entries": days * 2 });
            assert_eq!(answer["data"]["verifyAudit"], expected, "{from} to {to}");
        }
        let answer = world.ask(&admin(), query, json!({ "from": "2026-03-03", "to": "2026-03-02" })).await;
        assert_eq!(code(&answer), "BAD_USER_INPUT");
    }

    async fn a_head_that_this_trail_has_not_signed_is_refused(world: World) {
        world.hear_updates(2).await;
        let head = world.head().await;
        let query = "query($known: AuditHeadInput) { verifyAudit(known: $known) { intact } }";
        for (field, value) in [
            ("count", json!(1)), ("lastHash", json!("0".repeat(64))), ("previousDay", json!("2026-03-01")),
            ("signature", json!("")), ("day", json!("2026-03-01")),
        ] {
            let mut forged = head.clone();
            forged[field] = value;
            let answer = world.ask(&admin(), query, json!({ "known": forged })).await;
            assert_eq!(code(&answer), "BAD_USER_INPUT", "{field}");
        }
        let answer = world.ask(&admin(), query, json!({ "known": head })).await;
        assert_eq!(answer["data"]["verifyAudit"]["intact"], true);
    }

    /// What somebody else needs to check a head without us.
    async fn a_head_says_what_is_signed_and_by_which_key(world: World) {
        world.hear_updates(2).await;
        let query = "{ auditHead { day count lastHash previousHash statement publicKey signature } }";
        let head = world.ask(&admin(), query, Value::Null).await["data"]["auditHead"].clone();
        let text = |field: &str| head[field].as_str().unwrap().to_owned();
        let statement = format!(
            "caregraph audit head 1\n2026-03-02\n2\n{}\nnone\n{}\n", text("lastHash"), text("previousHash")
        );
        assert_eq!(text("statement"), statement);
        assert_eq!((text("publicKey").len(), text("signature").len()), (43, 86));
        let key = caregraph_kit::crypto::Signer::new(world.ground().cipher.ring(), "administration/audit");
        assert_eq!(text("publicKey"), key.public_key());
    }

    /// More than fits into one batch, and more findings than are told.
    async fn a_long_day_is_verified_in_batches_and_stops_at_a_hundred_findings(world: World) {
        world.hear_updates(620).await;
        let verification = world.verify(Value::Null).await;
        assert_eq!((&verification["entries"], &verification["intact"]), (&json!(620), &json!(true)));
        world.tamper(&["UPDATE audit_entries SET action = 'X' WHERE number > 480"]).await;
        let verification = world.verify(Value::Null).await;
        assert_eq!(verification["findings"].as_array().unwrap().len(), 100);
        assert_eq!(verification["findings"][0]["number"], 481);
    }
}
