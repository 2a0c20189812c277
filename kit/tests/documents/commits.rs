//! Commits take effect as a whole.

use crate::answers::Refusal;
use crate::things::{Happened, Inner, Thing, World, id, thing};
use caregraph_kit::documents::{Commit, DocumentError, Filter, Query};
use caregraph_kit::on_every_document_store;

/// Adds a write that must be refused.
type Spoil = fn(&mut Commit);

fn coded(name: &str, code: &str) -> Thing {
    let inner = Inner {
        code: Some(code.to_owned()),
    };
    Thing { inner, ..thing(name) }
}

on_every_document_store! {
    async fn a_document_comes_back_as_it_was_written(world: World) {
        let mut value = thing("Nguyễn");
        value.extra.insert("$set".into(), serde_json::json!({"a.b": [i64::MAX, null, "\0", {"": false}]}));
        world.things.insert(id(1), &value).await.unwrap();
        let read = world.things.get(id(1)).await.unwrap().unwrap();
        assert_eq!((read.id, read.version, &read.value), (id(1), 1, &value));
        value.name = "Trần".into();
        world.things.replace(id(1), 1, &value).await.unwrap();
        let read = world.things.get(id(1)).await.unwrap().unwrap();
        assert_eq!((read.version, &read.value), (2, &value));
        world.things.delete(id(1), 2).await.unwrap();
        assert_eq!(world.things.get(id(1)).await.unwrap(), None);
    }

    async fn many_are_read_at_once(world: World) {
        for number in 0..5 {
            world.things.insert(id(number), &thing("x")).await.unwrap();
        }
        let ids: Vec<_> = (3..1_500).map(id).collect();
        let mut found: Vec<_> = world.things.get_many(&ids).await.unwrap().into_iter().map(|found| found.id).collect();
        found.sort();
        assert_eq!(found, [id(3), id(4)]);
        assert_eq!(world.things.get_many(&[]).await.unwrap(), []);
    }

    /// Everything before the write that is refused is taken back, the events are not told.
    async fn nothing_of_a_refused_commit_takes_effect(world: World) {
        world.things.insert(id(1), &thing("one")).await.unwrap();
        world.things.insert(id(2), &coded("two", "C")).await.unwrap();

        let refused: [(Spoil, Refusal); 5] = [
            (|commit| commit.delete::<Thing>(id(9), 1), Refusal::Conflict(id(9), 1, None)),
            (|commit| commit.delete::<Thing>(id(2), 7), Refusal::Conflict(id(2), 7, Some(1))),
            (|commit| commit.require::<Thing>(id(2), 2), Refusal::Conflict(id(2), 2, Some(1))),
            (|commit| commit.insert(id(2), &coded("again", "C")).unwrap(), Refusal::Duplicate(id(2), "id")),
            (|commit| commit.insert(id(8), &coded("other", "C")).unwrap(), Refusal::Duplicate(id(8), "by_code")),
        ];
        for (spoil, expected) in refused {
            let mut commit = Commit::new();
            commit.insert(id(3), &thing("three")).unwrap();
            commit.replace(id(1), 1, &thing("changed")).unwrap();
            commit.tell(&Happened::to(id(3), 1)).unwrap();
            spoil(&mut commit);
            let error = world.documents.commit(commit).await.unwrap_err();
            assert!(error.lost_a_race(), "{error}");
            assert_eq!(Refusal::from(error), expected);
        }

        assert_eq!(world.things.get(id(3)).await.unwrap(), None);
        let one = world.things.get(id(1)).await.unwrap().unwrap();
        assert_eq!((one.version, one.value), (1, thing("one")));
        assert_eq!(world.told(0).await.len(), 0);
        assert_eq!(world.things.count(&Filter::everything()).await.unwrap(), 2);
    }

    /// Two values may change places within a commit only by way of a third, on every back end.
    async fn uniqueness_holds_after_every_write(world: World) {
        world.things.insert(id(1), &coded("", "A")).await.unwrap();
        world.things.insert(id(2), &coded("", "B")).await.unwrap();
        let mut commit = Commit::new();
        commit.replace(id(1), 1, &coded("", "B")).unwrap();
        commit.replace(id(2), 1, &coded("", "A")).unwrap();
        assert_eq!(world.documents.commit(commit).await.unwrap_err().duplicate(), Some("by_code"));
        let mut commit = Commit::new();
        commit.replace(id(1), 1, &coded("", "C")).unwrap();
        commit.replace(id(2), 1, &coded("", "A")).unwrap();
        commit.replace(id(1), 2, &coded("", "B")).unwrap();
        world.documents.commit(commit).await.unwrap();
        assert_eq!(world.things.get(id(1)).await.unwrap().unwrap().version, 3);
        assert_eq!(world.things.first(Query::of(Filter::is("inner.code", "A"))).await.unwrap().unwrap().id, id(2));
    }

    async fn an_empty_commit_is_no_work(world: World) {
        assert!(Commit::new().is_empty());
        assert_eq!(world.documents.commit(Commit::new()).await.unwrap(), []);
    }

    async fn a_store_knows_its_collections_only(world: World) {
        let store = world.store.open(Vec::new()).await;
        assert!(matches!(store.collection::<Thing>().err(), Some(DocumentError::Undeclared("things"))));
        let mut commit = Commit::new();
        commit.insert(id(1), &thing("x")).unwrap();
        assert!(matches!(store.commit(commit).await, Err(DocumentError::Undeclared("things"))));
    }
}
