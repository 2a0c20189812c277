//! Declarations that change from one version of the program to the next.

use crate::things::{Bare, id};
use caregraph_contracts::ids::AppointmentId;
use caregraph_kit::documents::{
    Collection, Declaration, Direction, Document, DocumentError, Documents, Filter, Kind, Query,
};
use caregraph_kit::on_every_document_store;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Letter(Map<String, Value>);

impl Document for Letter {
    type Id = AppointmentId;
    const COLLECTION: &'static str = "letters";

    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

fn letter(value: Value) -> Letter {
    let Value::Object(body) = value else {
        panic!("not an object")
    };
    Letter(body)
}

fn letters(documents: &Documents) -> Collection<Letter> {
    documents.collection().unwrap()
}

fn first() -> Declaration {
    Letter::declaration().field("to", Kind::Text)
}

async fn insert(documents: &Documents, number: u128, value: Value) -> Result<(), DocumentError> {
    letters(documents).insert(id(number), &letter(value)).await
}

on_every_document_store! {
    async fn what_was_there_is_found_by_a_new_path(bare: Bare) {
        let before = bare.0.open(vec![first()]).await;
        for number in 0..3 {
            insert(&before, number, json!({"to": "x", "sent": 10 - i64::try_from(number).unwrap(), "tags": ["a", number.to_string()]})).await.unwrap();
        }
        let second = first()
            .field("sent", Kind::Integer)
            .field("tags[]", Kind::Text)
            .index("by_sent", &[("sent", Direction::Ascending)]);
        let after = bare.0.open(vec![second.clone()]).await;
        let query = Query::of(Filter::contains("tags[]", "a")).sorted_by("sent", Direction::Ascending);
        let ids = async |documents: &Documents| -> Vec<AppointmentId> {
            letters(documents).find(&query).await.unwrap().into_iter().map(|(_, found)| found.id).collect()
        };
        assert_eq!(ids(&after).await, [id(2), id(1), id(0)]);
        assert_eq!(letters(&after).get(id(0)).await.unwrap().unwrap().version, 1);
        // A process of the old version that is still running writes as it knows; the next start takes care of that.
        insert(&before, 3, json!({"to": "x", "sent": 1, "tags": ["a"]})).await.unwrap();
        let again = bare.0.open(vec![second]).await;
        assert_eq!(ids(&again).await, [id(3), id(2), id(1), id(0)]);
    }

    async fn a_path_may_change_its_kind(bare: Bare) {
        let before = bare.0.open(vec![first()]).await;
        insert(&before, 1, json!({"other": 1})).await.unwrap();
        let numbers = Letter::declaration().field("to", Kind::Integer);
        let after = bare.0.open(vec![numbers.clone()]).await;
        insert(&after, 2, json!({"to": 7})).await.unwrap();
        assert_eq!(letters(&after).count(&Filter::is("to", 7)).await.unwrap(), 1);
        // What the new declaration cannot mean stops the start instead of being lost.
        let error = Documents::open(bare.0.location(), bare.0.foundation().clone(), vec![first()]).await.err();
        assert!(matches!(error, Some(DocumentError::Unstorable { collection: "letters", .. })), "{error:?}");
    }

    async fn unique_indexes_come_and_go(bare: Bare) {
        let unique = first().unique("by_to", &["to"]);
        let strict = bare.0.open(vec![unique.clone()]).await;
        insert(&strict, 1, json!({"to": "x"})).await.unwrap();
        assert_eq!(insert(&strict, 2, json!({"to": "x"})).await.unwrap_err().duplicate(), Some("by_to"));
        let lax = bare.0.open(vec![first()]).await;
        insert(&lax, 2, json!({"to": "x"})).await.unwrap();
        let refused = Documents::open(bare.0.location(), bare.0.foundation().clone(), vec![unique.clone()]).await;
        assert!(refused.is_err());
        letters(&lax).delete(id(2), 1).await.unwrap();
        let strict = bare.0.open(vec![unique]).await;
        assert_eq!(insert(&strict, 2, json!({"to": "x"})).await.unwrap_err().duplicate(), Some("by_to"));
    }

    /// Under the same name, an index may cover something else.
    async fn an_index_may_change(bare: Bare) {
        let before = bare.0.open(vec![first().field("from", Kind::Text).unique("one", &["to"])]).await;
        insert(&before, 1, json!({"to": "x", "from": "a"})).await.unwrap();
        let after = bare.0.open(vec![first().field("from", Kind::Text).unique("one", &["to", "from"])]).await;
        insert(&after, 2, json!({"to": "x", "from": "b"})).await.unwrap();
        assert_eq!(insert(&after, 3, json!({"to": "x", "from": "b"})).await.unwrap_err().duplicate(), Some("one"));
    }

    async fn processes_that_start_together_do_not_disturb_each_other(bare: Bare) {
        let declaration = || first().unique("by_to", &["to"]);
        let before = bare.0.open(vec![Letter::declaration()]).await;
        for number in 0..20 {
            insert(&before, number, json!({"to": number.to_string()})).await.unwrap();
        }
        let starts = (0..4).map(|_| bare.0.open(vec![declaration()]));
        for documents in futures::future::join_all(starts).await {
            assert_eq!(letters(&documents).count(&Filter::is("to", "7")).await.unwrap(), 1);
        }
    }

    async fn a_wrong_declaration_is_refused(bare: Bare) {
        let wrong = Letter::declaration().field("$where", Kind::Text);
        let error = Documents::open(bare.0.location(), bare.0.foundation().clone(), vec![wrong]).await.err();
        assert!(matches!(error, Some(DocumentError::Declaration("letters", _))), "{error:?}");
    }
}
