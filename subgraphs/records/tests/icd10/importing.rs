//! Importing a release: as a whole or not at all.

use crate::world::*;
use caregraph_contracts::ids::JobId;
use caregraph_kit::documents::{Collection, Declaration, Direction, Document, Filter, Kind};
use caregraph_kit::on_every_document_store;
use caregraph_records::icd10::{Icd10, ImportError};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Chunks as they are kept, to see what is left of earlier imports.
#[derive(Serialize, Deserialize)]
struct Chunk {
    edition: i64,
    lines: String,
}

impl Document for Chunk {
    type Id = JobId;
    const COLLECTION: &'static str = "code_chunks";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
            .field("edition", Kind::Integer)
            .index("by_edition", &[("edition", Direction::Ascending)])
    }
}

fn chunks(world: &World) -> Collection<Chunk> {
    world.documents.collection().unwrap()
}

async fn count(world: &World) -> u64 {
    chunks(world).count(&Filter::everything()).await.unwrap()
}

on_every_document_store! {
    async fn an_import_says_what_it_did_and_leaves_nothing_of_the_last(world: World) {
        let now = world.store.foundation().clock.now();
        let imported = world.icd10.import(&release(4_000, "quaggawort"), " icd10cm_order_2026 ").await.unwrap();
        assert_eq!(
            (imported.label.as_str(), imported.codes, imported.imported_at, imported.edition),
            ("icd10cm_order_2026", 4_001, now, 1)
        );
        assert_eq!(world.icd10.release().await.unwrap(), Some(imported));
        assert_eq!(count(&world).await, 3);
        // The same file once more is harmless, and so is a smaller one.
        for (codes, expected) in [(4_000, 3), (1, 1)] {
            let again = world.icd10.import(&release(codes, "quaggawort"), "2026").await.unwrap();
            assert_eq!(again.codes, codes + 1);
            assert_eq!(count(&world).await, expected);
        }
        assert_eq!(world.icd10.release().await.unwrap().unwrap().edition, 3);
    }

    async fn of_two_imports_at_once_each_is_there_as_a_whole(world: World) {
        let (first, second) = (world.icd10.clone(), world.second_process().await);
        for _ in 0..5 {
            let (small, large) = (release(2_100, "quaggawort"), release(6_100, "thylacine"));
            let (a, b) = futures::join!(first.import(&small, "small"), second.import(&large, "large"));
            assert!(a.is_ok() || b.is_ok(), "one wins");
            for lost in [a, b].into_iter().filter_map(Result::err) {
                assert!(matches!(lost, ImportError::Overtaken), "{lost:?}");
            }
            let current = world.icd10.release().await.unwrap().unwrap();
            let fresh = world.second_process().await;
            let (word, chunks) = if current.label == "small" { ("quaggawort", 2) } else { ("thylacine", 4) };
            assert_eq!(codes(&fresh, word).await.len(), 20);
            assert_eq!(count(&world).await, chunks, "nothing is left of the other one");
        }
    }

    /// Given up at any moment, as by a process that is killed: the release before, or the new one, and nothing in between.
    async fn an_import_that_is_killed_half_way_changes_nothing(world: World) {
        world.icd10.import(&release(2_100, "quaggawort"), "before").await.unwrap();
        for pause in 0..12_u64 {
            let (icd10, file) = (world.second_process().await, release(8_000, "thylacine"));
            let import = tokio::spawn(async move { icd10.import(&file, "after").await.map(|_| ()) });
            tokio::time::sleep(Duration::from_millis(pause * pause * 4)).await;
            import.abort();
            let _ = import.await;
            let fresh = world.second_process().await;
            // Whatever a killed process had under way may be finished or not when somebody looks.
            let (old, new) = (all(&fresh, "quaggawort").await, all(&fresh, "thylacine").await);
            assert!(matches!((old, new), (2_100, 0) | (0, 8_000)), "{old} old and {new} new codes");
        }
        world.icd10.import(&release(10, "numbat"), "at last").await.unwrap();
        assert_eq!(count(&world).await, 1, "what was left behind is removed");
        assert_eq!(all(&world.second_process().await, "numbat").await, 10);
    }

    /// Somebody was killed between the commit and the removal of the chunks before.
    async fn left_over_chunks_are_removed_and_never_read(world: World) {
        world.icd10.import(&release(10, "quaggawort"), "2026").await.unwrap();
        for _ in 0..25 {
            let id = world.store.foundation().clock.new_id();
            chunks(&world).insert(id, &Chunk { edition: 0, lines: "A000\t1\tQuaggawort\n".to_owned() }).await.unwrap();
        }
        assert_eq!(all(&world.second_process().await, "quaggawort").await, 10);
        world.icd10.import(&release(20, "quaggawort"), "2027").await.unwrap();
        assert_eq!(count(&world).await, 1);
    }

    async fn a_release_has_a_name(world: World) {
        let file = release(1, "quaggawort");
        for label in ["", "  ", &"x".repeat(101), "a\nb"] {
            let refused = world.icd10.import(&file, label).await.unwrap_err();
            assert!(matches!(refused, ImportError::Label), "{label:?}");
        }
        assert_eq!(world.icd10.release().await.unwrap(), None);
    }

    /// What a store gives is not believed blindly either.
    async fn a_damaged_release_is_a_fault_and_no_wrong_answer(world: World) {
        world.icd10.import(&release(10, "quaggawort"), "2026").await.unwrap();
        let found = chunks(&world).first(caregraph_kit::documents::Query::of(Filter::everything())).await.unwrap().unwrap();
        chunks(&world).delete(found.id, found.version).await.unwrap();
        let fresh = world.second_process().await;
        assert!(fresh.search("quaggawort", 5).await.is_err());
        world.icd10.import(&release(10, "quaggawort"), "2026").await.unwrap();
        assert_eq!(all(&fresh, "quaggawort").await, 10, "importing again mends it");
    }
}

async fn all(icd10: &Icd10, word: &str) -> usize {
    icd10.search(word, 10_000).await.unwrap().len()
}
