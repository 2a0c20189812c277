//! Whoever has the database's password can change everything in it, but not unnoticed.

use crate::world::*;
use caregraph_kit::database::Engine;
use caregraph_kit::on_every_engine;
use serde_json::{Value, json};

fn found(kind: &str, number: i64) -> (String, Option<i64>) {
    (kind.to_owned(), Some(number))
}

fn found_on_day(kind: &str) -> (String, Option<i64>) {
    (kind.to_owned(), None)
}

/// A copy of an entry under another number and another id.
fn forge(engine: Engine, number: i64, of: i64) -> String {
    let id = match engine {
        Engine::Sqlite => "randomblob(16)",
        Engine::Postgres => "gen_random_uuid()",
        Engine::MariaDb => "UNHEX(REPLACE(UUID(), '-', ''))",
    };
    let columns = "domain, action, outcome, actor_roles, subject_kind, subject_id, parts, occurred_at, recorded_at, previous, hash";
    format!(
        "INSERT INTO audit_entries (day, number, id, {columns}) SELECT day, {number}, {id}, {columns} FROM audit_entries \
         WHERE number = {of}"
    )
}

on_every_engine! {
    async fn a_changed_entry_is_found(world: World) {
        world.hear_updates(6).await;
        world.tamper(&["UPDATE audit_entries SET outcome = 'DENIED' WHERE number = 3"]).await;
        let verification = world.verify(Value::Null).await;
        assert_eq!(kinds(&verification), [found("CHANGED", 3)]);
        assert_eq!(verification["findings"][0]["day"], "2026-03-02");
        let third = &world.log(json!({})).await[3];
        assert_eq!(verification["findings"][0]["entryId"], third["id"]);
    }

    async fn every_column_counts(world: World) {
        world.hear_updates(2).await;
        for column in [
            "domain = 'records'", "action = 'X'", "actor_user = NULL", "actor_session = NULL", "actor_roles = ''",
            "request = NULL", "address = NULL", "address_digest = NULL", "address = 'v1.k1.AAAA'", "subject_kind = 'OTHER'",
            "subject_id = patient_id, patient_id = NULL", "purpose = 'CARE'", "parts = 'VITALS'", "what = ''", "reason = 'x'",
            "reason_digest = 'x'", "digest_before = ''", "digest_after = NULL", "occurred_at = occurred_at + 1",
            "recorded_at = recorded_at - 1", "previous = 'x'", "hash = 'x'",
        ] {
            world.tamper(&[
                "CREATE TABLE kept AS SELECT * FROM audit_entries WHERE number = 1",
                &format!("UPDATE audit_entries SET {column} WHERE number = 1"),
            ]).await;
            assert_eq!(world.findings().await, [found("CHANGED", 1)], "{column}");
            world.tamper(&[
                "DELETE FROM audit_entries WHERE number = 1",
                "INSERT INTO audit_entries SELECT * FROM kept",
                "DROP TABLE kept",
            ]).await;
            assert_eq!(world.findings().await, [], "after {column}");
        }
    }

    async fn a_deleted_entry_is_found_also_when_the_gap_is_closed(world: World) {
        world.hear_updates(6).await;
        world.tamper(&["DELETE FROM audit_entries WHERE number = 3"]).await;
        assert_eq!(world.findings().await, [found("DELETED", 3)]);
        world.tamper(&[
            "UPDATE audit_entries SET number = 1 - number WHERE number > 3",
            "UPDATE audit_entries SET number = -number WHERE number < 0",
        ]).await;
        assert_eq!(world.findings().await, [found("DELETED", 3)]);
    }

    async fn an_inserted_entry_is_found(world: World) {
        world.hear_updates(6).await;
        let engine = world.ground().database.engine();
        world.tamper(&[
            "UPDATE audit_entries SET number = -number - 1 WHERE number > 3",
            "UPDATE audit_entries SET number = -number WHERE number < 0",
            &forge(engine, 4, 2),
        ]).await;
        // The forger could not give it a hash that fits, and the others moved down.
        assert_eq!(world.findings().await, [found("CHANGED", 4), found("INSERTED", 4)]);
    }

    async fn an_entry_behind_the_last_one_is_found(world: World) {
        world.hear_updates(3).await;
        world.tamper(&[&forge(world.ground().database.engine(), 4, 3)]).await;
        // Neither is it what its hash is of, nor does the head know of it.
        assert_eq!(world.findings().await, [found("CHANGED", 4), found("INSERTED", 4)]);
    }

    async fn entries_that_changed_places_are_found(world: World) {
        world.hear_updates(6).await;
        world.tamper(&[
            "UPDATE audit_entries SET number = -1 WHERE number = 2",
            "UPDATE audit_entries SET number = 2 WHERE number = 5",
            "UPDATE audit_entries SET number = 5 WHERE number = -1",
        ]).await;
        assert_eq!(world.findings().await, [found("REORDERED", 2), found("REORDERED", 5)]);
    }

    async fn a_trail_that_was_cut_off_is_found(world: World) {
        world.hear_updates(6).await;
        world.tamper(&["DELETE FROM audit_entries WHERE number > 4"]).await;
        assert_eq!(world.findings().await, [found("TRUNCATED", 5)]);
        world.tamper(&["DELETE FROM audit_entries"]).await;
        assert_eq!(world.findings().await, [found("TRUNCATED", 1)]);
    }

    async fn a_forged_head_is_found(world: World) {
        world.hear_updates(6).await;
        // Cut off, and the head made to fit: only the signature cannot be.
        world.tamper(&[
            "DELETE FROM audit_entries WHERE number > 4",
            "UPDATE audit_heads SET entries = 4, last_hash = (SELECT hash FROM audit_entries WHERE number = 4)",
        ]).await;
        let verification = world.verify(Value::Null).await;
        assert_eq!(kinds(&verification), [found_on_day("HEAD_FORGED")]);
        assert_eq!(verification["head"], Value::Null);
        assert_eq!(world.head().await, Value::Null, "nobody should keep a forged head");
        world.tamper(&["DELETE FROM audit_heads"]).await;
        assert_eq!(world.findings().await, [found_on_day("HEAD_MISSING")]);
    }

    async fn the_trail_goes_on_behind_tampering_without_vouching_for_it(world: World) {
        for (statement, kind, number) in [
            ("UPDATE audit_heads SET signature = 'x' WHERE day = '2026-03-02'", "HEAD_FORGED", None),
            ("DELETE FROM audit_heads WHERE day = '2026-03-03'", "HEAD_MISSING", None),
        ] {
            world.hear_updates(3).await;
            world.tamper(&[statement]).await;
            world.hear_updates(2).await;
            let found = world.findings().await;
            assert_eq!(found.last(), Some(&(kind.to_owned(), number)));
        }
        assert_eq!(world.findings().await, [found_on_day("HEAD_FORGED"), found_on_day("HEAD_MISSING")]);
        let engine = world.ground().database.engine();
        let forged = forge(engine, 3, 1).replace("WHERE", "WHERE day = '2026-03-04' AND");
        world.tamper(&[&forged]).await;
        world.hear_updates(1).await;
        assert_eq!(world.findings().await.last(), Some(&found("INSERTED", 3)));
        assert_eq!(world.log(json!({})).await[0]["day"], "2026-03-05");
        assert_eq!(world.head().await["day"], "2026-03-05");
    }

    async fn a_day_that_is_missing_is_found(world: World) {
        for _ in 0..3 {
            world.hear_updates(2).await;
            world.next_day();
        }
        assert_eq!(world.findings().await, []);
        world.tamper(&["DELETE FROM audit_entries WHERE day = '2026-03-03'", "DELETE FROM audit_heads WHERE day = '2026-03-03'"]).await;
        let verification = world.verify(Value::Null).await;
        assert_eq!(kinds(&verification), [found_on_day("DELETED")]);
        assert_eq!(verification["findings"][0]["day"], "2026-03-03");
    }

    async fn a_day_that_was_made_up_is_found(world: World) {
        world.hear_updates(2).await;
        for _ in 0..2 {
            world.next_day();
        }
        world.hear_updates(2).await;
        world.tamper(&[
            "INSERT INTO audit_heads SELECT '2026-03-03', entries, last_hash, previous_day, previous_hash, signature FROM audit_heads \
             WHERE day = '2026-03-02'".replace("SELECT '2026-03-03'", match world.ground().database.engine() {
                Engine::Postgres => "SELECT DATE '2026-03-03'",
                Engine::Sqlite | Engine::MariaDb => "SELECT '2026-03-03'",
            }).as_str(),
        ]).await;
        assert_eq!(world.findings().await, [found_on_day("HEAD_FORGED"), found_on_day("INSERTED")]);
    }

    async fn a_day_that_was_put_back_to_an_earlier_state_is_found_by_the_next(world: World) {
        world.hear_updates(3).await;
        world.tamper(&["CREATE TABLE kept AS SELECT * FROM audit_heads"]).await;
        world.hear_updates(2).await;
        world.next_day();
        world.hear_updates(1).await;
        world.tamper(&[
            "DELETE FROM audit_entries WHERE day = '2026-03-02' AND number > 3",
            "DELETE FROM audit_heads WHERE day = '2026-03-02'",
            "INSERT INTO audit_heads SELECT * FROM kept",
        ]).await;
        assert_eq!(world.findings().await, [found("TRUNCATED", 4)]);
    }

    async fn a_trail_that_was_put_back_altogether_is_found_by_a_head_that_was_kept(world: World) {
        world.hear_updates(3).await;
        world.tamper(&["CREATE TABLE kept AS SELECT * FROM audit_heads"]).await;
        world.hear_updates(2).await;
        let known = world.head().await;
        assert_eq!(world.verify(known.clone()).await["intact"], true);
        world.tamper(&[
            "DELETE FROM audit_entries WHERE number > 3",
            "DELETE FROM audit_heads",
            "INSERT INTO audit_heads SELECT * FROM kept",
        ]).await;
        assert_eq!(world.findings().await, [], "nothing in the store tells");
        assert_eq!(kinds(&world.verify(known.clone()).await), [found("TRUNCATED", 5)]);
        // Nor when it has grown again since.
        world.hear_updates(4).await;
        assert_eq!(world.findings().await, []);
        assert_eq!(kinds(&world.verify(known).await), [found("CHANGED", 5)]);
    }
}
