//! Values that somebody may take for something else.

use crate::things::{World, id, thing};
use caregraph_contracts::ids::AppointmentId;
use caregraph_kit::documents::{
    Declaration, Direction, Document, DocumentError, Filter, Kind, MOST_DOCUMENT_BYTES, MOST_KEY_BYTES,
    PageKey, Query,
};
use caregraph_kit::on_every_document_store;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

const HOSTILE: &[&str] = &[
    "$ne",
    "$where",
    "{\"$gt\": \"\"}",
    "a.b",
    "..",
    ".",
    "$",
    "",
    "\0",
    "a\0b",
    "'; DROP TABLE docs_things; --",
    "\" OR 1=1",
    "%",
    "%24",
    "__proto__",
    "_id",
    "body",
    "\u{202e}",
    "\u{feff}",
    "é",
    "e\u{301}",
    "\r\n",
    "\u{1f600}",
];

/// A document that says anything at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Anything(Map<String, Value>);

impl Document for Anything {
    type Id = AppointmentId;
    const COLLECTION: &'static str = "anything";

    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
            .field("text", Kind::Text)
            .field("number", Kind::Integer)
            .field("list[].text", Kind::Text)
    }
}

on_every_document_store! {
    async fn hostile_texts_are_found_as_what_they_are(world: World) {
        for (number, text) in (0..).zip(HOSTILE) {
            let mut value = thing(text);
            value.tags = vec![(*text).to_owned()];
            value.inner.code = Some((*text).to_owned());
            value.extra = HOSTILE.iter().map(|name| ((*name).to_owned(), json!({ *text: [text] }))).collect();
            world.things.insert(id(number), &value).await.unwrap();
            assert_eq!(world.things.get(id(number)).await.unwrap().unwrap().value, value);
        }
        for (number, text) in (0..).zip(HOSTILE) {
            for filter in [
                Filter::is("name", *text),
                Filter::contains("tags[]", *text),
                Filter::one_of("inner.code", [*text, "nobody"]),
                Filter::prefix("name", *text).and(Filter::is("inner.code", *text)),
            ] {
                let found = world.things.find(&Query::of(filter.clone())).await.unwrap();
                let ids: Vec<_> = found.iter().map(|(_, found)| found.id).collect();
                assert_eq!(ids, [id(number)], "{text:?} {filter:?}");
            }
        }
        let sorted = Query::of(Filter::everything()).sorted_by("name", Direction::Ascending);
        let found = world.things.find(&sorted).await.unwrap();
        let mut expected = HOSTILE.to_vec();
        expected.sort_unstable();
        assert_eq!(found.iter().map(|(_, found)| found.value.name.as_str()).collect::<Vec<_>>(), expected);
        // Also with the key gone through a client's hands, NUL and all.
        for (at, (key, _)) in found.iter().enumerate() {
            let key: PageKey = serde_json::from_str(&serde_json::to_string(key).unwrap()).unwrap();
            let next = world.things.find(&sorted.clone().after(Some(key)).limit(1)).await.unwrap();
            assert_eq!(next.first().map(|(_, next)| next.id), found.get(at + 1).map(|(_, next)| next.id));
        }
    }

    async fn what_cannot_be_kept_everywhere_is_refused_everywhere(world: World) {
        let documents = world.store.open(vec![Anything::declaration()]).await;
        let anything = documents.collection::<Anything>().unwrap();
        let deep = (0..80).fold(json!(1), |inner, _| json!([inner]));
        for bad in [
            json!({"number": 1.5}),
            json!({"number": u64::MAX}),
            json!({"number": "1"}),
            json!({"text": 1}),
            json!({"text": ["x"]}),
            json!({"text": "x".repeat(MOST_KEY_BYTES + 1)}),
            json!({"list": "x"}),
            json!({"list": [{"text": {}}]}),
            json!({"elsewhere": 0.1}),
            json!({ "elsewhere": deep }),
            json!({"elsewhere": "x".repeat(MOST_DOCUMENT_BYTES)}),
        ] {
            let Value::Object(bad) = bad else { panic!("not an object") };
            let error = anything.insert(id(1), &Anything(bad.clone())).await.unwrap_err();
            assert!(matches!(error, DocumentError::Unstorable { collection: "anything", .. }), "{error:?}");
            assert!(error.to_string().len() < 200, "the value is not part of the message");
        }
        assert_eq!(anything.count(&Filter::everything()).await.unwrap(), 0);
    }

    async fn what_just_fits_is_kept(world: World) {
        let documents = world.store.open(vec![Anything::declaration()]).await;
        let anything = documents.collection::<Anything>().unwrap();
        let long = "ễ".repeat(MOST_KEY_BYTES / 3);
        for (number, good) in (0..).zip([
            json!({"text": &long, "elsewhere": "x".repeat(MOST_DOCUMENT_BYTES - 2 * MOST_KEY_BYTES)}),
            json!({"number": i64::MIN, "list": (0..1_000).map(|number| json!({"text": number.to_string()})).collect::<Vec<_>>()}),
            json!({"elsewhere": (0..60).fold(json!(i64::MAX), |inner, _| json!([inner]))}),
            json!({"number": null, "text": null, "list": null}),
            json!({}),
        ]) {
            let Value::Object(good) = good else { panic!("not an object") };
            anything.insert(id(number), &Anything(good.clone())).await.unwrap();
            assert!(anything.get(id(number)).await.unwrap().unwrap().value == Anything(good), "{number}");
        }
        for (filter, count) in [
            (Filter::is("text", long.clone()), 1),
            (Filter::is("number", i64::MIN), 1),
            (Filter::contains("list[].text", "999"), 1),
            (Filter::absent("number"), 4),
            (Filter::absent("list[].text"), 4),
        ] {
            assert_eq!(anything.count(&filter).await.unwrap(), count, "{filter:?}");
        }
    }

    async fn questions_that_make_no_sense_are_refused(world: World) {
        for bad in [
            Query::of(Filter::is("extra.$where", "x")),
            Query::of(Filter::is("rank", "x")),
            Query::of(Filter::everything()).sorted_by("tags[]", Direction::Ascending),
            Query::of(Filter::everything()).sorted_by("nothing", Direction::Ascending),
            Query::of(Filter::everything()).sorted_by("rank", Direction::Ascending).sorted_by("rank", Direction::Descending),
        ] {
            let error = world.things.find(&bad).await.unwrap_err();
            assert!(matches!(error, DocumentError::Query { collection: "things", .. }), "{error:?}");
        }
        let sorted = Query::of(Filter::everything()).sorted_by("rank", Direction::Ascending);
        for key in [json!([[], id(1).to_string()]), json!([["x"], id(1).to_string()]), json!([[1, 2], id(1).to_string()])] {
            let key: PageKey = serde_json::from_value(key).unwrap();
            let error = world.things.find(&sorted.clone().after(Some(key))).await.unwrap_err();
            assert!(matches!(error, DocumentError::Cursor), "{error:?}");
        }
        for key in [json!([[1.5], id(1).to_string()]), json!([[{"$ne": 1}], id(1).to_string()]), json!([[1], "x"]), json!({})] {
            assert!(serde_json::from_value::<PageKey>(key).is_err());
        }
    }

    /// A document that was written by another version of the program, or by hand.
    async fn a_document_of_another_type_is_an_error_and_not_a_default(world: World) {
        let documents = world.store.open(vec![Anything::declaration()]).await;
        let mut body = Map::new();
        body.insert("text".into(), json!("x"));
        documents.collection::<Anything>().unwrap().insert(id(1), &Anything(body)).await.unwrap();
        let error = documents.collection::<Strict>().unwrap().get(id(1)).await.unwrap_err();
        assert!(matches!(error, DocumentError::Unreadable("anything", _)), "{error:?}");
    }
}

/// The same collection, read as something else.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Strict {
    other: i64,
}

impl Document for Strict {
    type Id = AppointmentId;
    const COLLECTION: &'static str = "anything";

    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}
