//! What is kept in these tests.

use caregraph_contracts::ids::{AppointmentId, Id};
use caregraph_contracts::{Domain, PublicEvent};
use caregraph_kit::documents::{Collection, Declaration, Direction, Document, Documents, Kind};
use caregraph_kit::testing::{DocumentEngine, OnDocumentEngine, TestDocuments};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

pub type ThingId = AppointmentId;

/// One of every kind of path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thing {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<i64>,
    pub flag: Option<bool>,
    pub tags: Vec<String>,
    pub inner: Inner,
    pub parts: Vec<Part>,
    pub extra: Map<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inner {
    pub code: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub number: Option<i64>,
}

impl Document for Thing {
    type Id = ThingId;
    const COLLECTION: &'static str = "things";

    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
            .field("name", Kind::Text)
            .field("rank", Kind::Integer)
            .field("flag", Kind::Boolean)
            .field("inner.code", Kind::Text)
            .field("tags[]", Kind::Text)
            .field("parts[].number", Kind::Integer)
            .unique("by_code", &["inner.code"])
            .unique("by_name_and_rank", &["name", "rank"])
            .index("by_rank", &[("rank", Direction::Descending)])
            .index(
                "by_tag",
                &[("tags[]", Direction::Ascending), ("rank", Direction::Descending)],
            )
    }
}

/// A thing with a name and nothing else.
pub fn thing(name: &str) -> Thing {
    Thing {
        name: name.to_owned(),
        ..Thing::default()
    }
}

/// Identifiers that are the same in every run.
pub fn id(number: u128) -> ThingId {
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + number).into()
}

/// Something happened to a thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    pub thing: Uuid,
    pub number: i64,
}

impl Happened {
    pub fn to(thing: ThingId, number: i64) -> Self {
        Self {
            thing: thing.uuid(),
            number,
        }
    }
}

impl PublicEvent for Happened {
    const DOMAIN: Domain = Domain::Scheduling;

    fn name(&self) -> &'static str {
        "Happened"
    }

    fn aggregate(&self) -> Uuid {
        self.thing
    }
}

/// A store of things.
pub struct World {
    pub store: TestDocuments,
    pub documents: Documents,
    pub things: Collection<Thing>,
}

impl OnDocumentEngine for World {
    async fn on(engine: DocumentEngine) -> Self {
        let store = TestDocuments::new(engine, Domain::Scheduling);
        let documents = store.open(vec![Thing::declaration()]).await;
        let things = documents.collection().unwrap();
        Self {
            store,
            documents,
            things,
        }
    }
}

/// A back end with nothing set up on it.
pub struct Bare(pub TestDocuments);

impl OnDocumentEngine for Bare {
    async fn on(engine: DocumentEngine) -> Self {
        Self(TestDocuments::new(engine, Domain::Scheduling))
    }
}
