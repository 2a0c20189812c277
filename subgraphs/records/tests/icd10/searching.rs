//! What is found before and after an import, and by whom.

use crate::world::*;
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::eventually;
use caregraph_records::icd10::OrderFile;
use chrono::TimeDelta;
use std::time::{Duration, Instant};

on_every_document_store! {
    async fn common_codes_are_there_before_any_import(world: World) {
        for text in ["tang huyet ap", "tăng huyết áp", "hypertnsion", "I10"] {
            assert_eq!(world.found(text).await[0], "I10", "{text}");
        }
        let code = world.icd10.get("i10").await.unwrap().unwrap();
        assert_eq!(code.title, "Essential (primary) hypertension");
        assert_eq!(code.title_vi.as_deref(), Some("Tăng huyết áp vô căn (nguyên phát)"));
        assert!(code.billable);
        let heading = world.icd10.get("E11").await.unwrap().unwrap();
        assert!(!heading.billable);
        for nothing in ["", "hypertension", "I10.9", "I10\0"] {
            assert_eq!(world.icd10.get(nothing).await.unwrap(), None, "{nothing:?}");
        }
        assert_eq!(world.icd10.release().await.unwrap(), None);
    }

    async fn a_release_takes_their_place_and_keeps_vietnamese_names(world: World) {
        world.icd10.import(&release(3, "quaggawort"), "2026").await.unwrap();
        assert_eq!(world.found("quaggawort").await, ["A00.01", "A00.02", "A00.00"], "headings last");
        assert_eq!(world.found("tăng huyết áp").await, ["I10"]);
        assert_eq!(world.icd10.get("E11.9").await.unwrap(), None, "the release does not know it");
    }

    /// Others search on in what they have, and look now and then whether there is something newer.
    async fn running_processes_notice_an_import(world: World) {
        let other = world.second_process().await;
        assert_eq!(codes(&other, "quaggawort").await, Vec::<String>::new());
        world.icd10.import(&release(3, "quaggawort"), "2026").await.unwrap();
        world.store.foundation().clock.advance(TimeDelta::milliseconds(9_999));
        for _ in 0..20 {
            assert_eq!(codes(&other, "quaggawort").await, Vec::<String>::new(), "too early to look again");
        }
        world.store.foundation().clock.advance(TimeDelta::milliseconds(1));
        eventually("the new release is found", async || {
            (codes(&other, "quaggawort").await.len() == 3).then_some(())
        }).await;
        // And the next one, which has fewer codes than the one before.
        world.icd10.import(&release(1, "quaggawort"), "2027").await.unwrap();
        world.store.foundation().clock.advance(TimeDelta::seconds(10));
        eventually("the release after that, too", async || {
            (codes(&other, "quaggawort").await.len() == 1).then_some(())
        }).await;
    }

    async fn many_who_search_first_wait_for_one_index(world: World) {
        world.icd10.import(&release(4_001, "quaggawort"), "2026").await.unwrap();
        let searches = (0..16).map(|_| codes(&world.icd10, "quaggawort kind"));
        for found in futures::future::join_all(searches).await {
            assert_eq!(found.len(), 20);
        }
    }

    /// As many codes as a published release has, from the file to the first answers. Generous bounds: tests run unoptimised on
    /// machines that do other things.
    async fn a_whole_release_is_imported_and_searched_in_seconds(world: World) {
        let bytes = order_file(100_000, "quaggawort").into_bytes();
        let started = Instant::now();
        let file = OrderFile::read(&bytes).unwrap();
        let read = started.elapsed();
        let importing = Instant::now();
        let imported = world.icd10.import(&file, "2026").await.unwrap();
        let import = importing.elapsed();
        assert_eq!(imported.codes, 100_001);
        let indexing = Instant::now();
        assert_eq!(world.found("hypertnsion").await, ["I10"]);
        let index = indexing.elapsed();
        let searching = Instant::now();
        for text in ["quaggawort", "quagawort nmber 7 kin", "a", "A00", "tang huyet ap", "encountre"] {
            assert!(!world.found(text).await.is_empty(), "{text}");
        }
        let search = searching.elapsed() / 6;
        println!("read {read:?}, import {import:?}, index {index:?}, search {search:?}");
        assert!(started.elapsed() < Duration::from_mins(2));
    }
}
