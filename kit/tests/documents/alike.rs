//! Random sequences of operations: every back end answers as the model does, and so as every other.
//!
//! `CAREGRAPH_TEST_SEQUENCES` says how many (100), `CAREGRAPH_TEST_SEED` where they begin (1). A failure names its seed.

use crate::model::{List, Model, Step, Write, values};
use crate::things::{Happened, Inner, Part, Thing, ThingId, World, id};
use caregraph_kit::documents::{Direction, Filter, Scalar};
use caregraph_kit::testing::{DocumentEngine, OnDocumentEngine, keeps_documents};
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::json;
use std::ops::Bound;

const STEPS: usize = 20;
const IDS: u128 = 10;

/// Texts that somebody may take for something else, or sort in some language's order.
const TEXTS: &[&str] = &[
    "",
    "a",
    "A",
    "aa",
    "ä",
    "a\u{308}",
    "z",
    "é",
    "ß",
    "ễ",
    "İ",
    "i",
    "\0",
    "a\0",
    "a\0b",
    "$ne",
    "$where",
    "a.b",
    "'; --",
    "%",
    "%00",
    "_",
    "\\",
    "\"",
    "\u{ffff}",
    "\u{1f600}",
    "\u{10ffff}",
    "1",
    "01",
    "null",
    "true",
    " a",
    "a ",
    "\u{200b}",
];
const NUMBERS: &[i64] = &[i64::MIN, -1, 0, 1, 2, 10, 9_007_199_254_740_993, i64::MAX];
const SCALARS: &[&str] = &["name", "rank", "flag", "inner.code"];
const PATHS: &[&str] = &["name", "rank", "flag", "inner.code", "tags[]", "parts[].number"];

fn number_of(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable)
        .ok()
        .map_or(otherwise, |text| text.parse().unwrap())
}

struct Dice<'a> {
    random: StdRng,
    /// The texts of this sequence: few, so that they meet.
    texts: &'a [&'static str],
    model: &'a mut Model,
}

impl Dice<'_> {
    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of.choose(&mut self.random).unwrap().clone()
    }

    fn chance(&mut self, of_ten: u32) -> bool {
        self.random.random_ratio(of_ten, 10)
    }

    fn id(&mut self) -> ThingId {
        id(self.random.random_range(0..IDS))
    }

    fn text(&mut self) -> String {
        if self.random.random_ratio(39, 40) {
            self.pick(self.texts).to_owned()
        } else {
            "ễ".repeat(1_000)
        }
    }

    fn maybe<T>(&mut self, draw: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(6).then(|| draw(self))
    }

    fn several<T>(&mut self, most: usize, mut draw: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.random.random_range(0..=most))
            .map(|_| draw(self))
            .collect()
    }

    fn thing(&mut self) -> Thing {
        Thing {
            name: self.text(),
            rank: self.maybe(|dice| dice.pick(NUMBERS)),
            flag: self.maybe(|dice| dice.chance(5)),
            tags: self.several(3, Self::text),
            inner: Inner {
                code: self.maybe(Self::text),
            },
            parts: self.several(3, |dice| Part {
                number: dice.maybe(|dice| dice.pick(NUMBERS)),
            }),
            extra: self
                .several(3, |dice| {
                    let value =
                        json!([{ dice.text(): dice.text() }, dice.pick(NUMBERS), null, dice.chance(5)]);
                    (dice.text(), value)
                })
                .into_iter()
                .collect(),
        }
    }

    /// Mostly the present version, so that something happens.
    fn version(&mut self, id: ThingId) -> i64 {
        let known = self.model.things.get(&id).map(|(version, _)| *version);
        match known {
            Some(version) if self.random.random_ratio(14, 15) => version,
            _ => self.random.random_range(0..4),
        }
    }

    fn write(&mut self) -> Write {
        let id = self.id();
        // Mostly what can be done, so that something happens.
        let sensible = self.random.random_ratio(14, 15);
        let there = self.model.things.contains_key(&id) == sensible;
        match self.random.random_range(0..10) {
            _ if !there => Write::Insert(id, self.thing()),
            0..7 => Write::Replace(id, self.version(id), self.thing()),
            7 => Write::Delete(id, self.version(id)),
            _ => Write::Require(id, self.version(id)),
        }
    }

    /// Mostly a value that some document has.
    fn value(&mut self, path: &str) -> Scalar {
        let known: Vec<Scalar> = self
            .model
            .things
            .values()
            .flat_map(|(_, thing)| values(path, thing))
            .collect();
        if !known.is_empty() && self.chance(7) {
            return self.pick(&known);
        }
        match path {
            "rank" | "parts[].number" => self.pick(NUMBERS).into(),
            "flag" => self.chance(5).into(),
            _ => self.text().into(),
        }
    }

    fn bound(&mut self, path: &str) -> Bound<Scalar> {
        match self.random.random_range(0..3) {
            0 => Bound::Unbounded,
            1 => Bound::Included(self.value(path)),
            _ => Bound::Excluded(self.value(path)),
        }
    }

    fn filter(&mut self, levels: u32) -> Filter {
        let one = self.pick(SCALARS);
        let any = self.pick(PATHS);
        match self.random.random_range(0..if levels == 0 { 7 } else { 10 }) {
            0 => Filter::Is(one.to_owned(), self.value(one)),
            1 => Filter::OneOf(one.to_owned(), self.several(3, |dice| dice.value(one))),
            2 => {
                let path = self.pick(&["name", "rank", "inner.code"]);
                Filter::Between(path.to_owned(), self.bound(path), self.bound(path))
            }
            3 => {
                let prefix: String = self.text().chars().take(2).collect();
                Filter::prefix(self.pick(&["name", "inner.code"]), prefix)
            }
            4 => {
                let path = self.pick(&["tags[]", "parts[].number"]);
                Filter::Contains(path.to_owned(), self.value(path))
            }
            5 => Filter::present(any),
            6 => Filter::absent(any),
            7 | 8 => Filter::All(self.several(3, |dice| dice.filter(levels - 1))),
            _ => Filter::Any(self.several(3, |dice| dice.filter(levels - 1))),
        }
    }

    fn list(&mut self) -> List {
        let mut sort = Vec::new();
        for _ in 0..self.random.random_range(0..4) {
            let path = self.pick(SCALARS);
            if sort.iter().all(|(known, _)| *known != path) {
                sort.push((path, self.pick(&[Direction::Ascending, Direction::Descending])));
            }
        }
        let after = self.maybe(|dice| {
            let known: Vec<(ThingId, Thing)> = dice
                .model
                .things
                .iter()
                .map(|(id, (_, thing))| (*id, thing.clone()))
                .collect();
            if !known.is_empty() && dice.chance(8) {
                let (id, thing) = dice.pick(&known);
                return (crate::model::place(&sort, &thing), id);
            }
            let values = sort
                .iter()
                .map(|(path, _)| dice.maybe(|dice| dice.value(path)))
                .collect();
            (values, dice.id())
        });
        List {
            filter: if self.chance(4) {
                Filter::everything()
            } else {
                self.filter(2)
            },
            sort,
            after,
            limit: self.random.random_range(0..10),
        }
    }

    fn step(&mut self) -> Step {
        match self.random.random_range(0..10) {
            0..5 => {
                let writes = self.several(4, Self::write);
                let events = self.several(3, |dice| Happened::to(dice.id(), dice.pick(NUMBERS)));
                Step::Commit(writes, events)
            }
            5 => Step::Get(self.id()),
            6..9 => Step::Find(self.list()),
            _ => Step::Count(self.filter(2)),
        }
    }
}

/// Empties a store that an earlier sequence has filled.
async fn empty(things: &World) {
    let everything = things.find(&everything()).await;
    let rest = everything
        .into_iter()
        .map(|(id, version, _)| Write::Delete(id, version));
    things.answer(&Step::Commit(rest.collect(), Vec::new())).await;
}

fn everything() -> List {
    List {
        filter: Filter::everything(),
        sort: Vec::new(),
        after: None,
        limit: 100,
    }
}

async fn run(seed: u64, stores: &[(DocumentEngine, World)]) {
    let mut model = Model::default();
    let mut before = Vec::new();
    for (_, things) in stores {
        empty(things).await;
        before.push(things.documents.events().head().await.unwrap());
    }
    let mut random = StdRng::seed_from_u64(seed);
    let texts: Vec<_> = TEXTS.choose_multiple(&mut random, 6).copied().collect();
    for number in 0..STEPS {
        let step = Dice {
            random: StdRng::seed_from_u64(random.random()),
            texts: &texts,
            model: &mut model,
        }
        .step();
        let expected = model.answer(&step);
        let answers = join_all(stores.iter().map(|(_, things)| things.answer(&step))).await;
        for ((engine, _), answer) in stores.iter().zip(answers) {
            assert_eq!(
                answer, expected,
                "{engine:?}, seed {seed}, step {number}: {step:?}"
            );
        }
    }
    let everything = Step::Find(everything());
    let expected = model.answer(&everything);
    for ((engine, things), before) in stores.iter().zip(before) {
        assert_eq!(
            things.answer(&everything).await,
            expected,
            "{engine:?}, seed {seed}"
        );
        let told = things.told(before).await;
        let events: Vec<Happened> = told
            .iter()
            .map(|event| event.decode().unwrap().unwrap())
            .collect();
        assert_eq!(events, model.events, "{engine:?}, seed {seed}");
        for (event, position) in told.iter().zip(before + 1..) {
            assert_eq!(event.position, position, "{engine:?}, seed {seed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_back_end_answers_as_the_model_does() {
    let mut stores = Vec::new();
    for engine in [DocumentEngine::Sqlite, DocumentEngine::MongoDb] {
        if keeps_documents(engine) {
            stores.push((engine, World::on(engine).await));
        }
    }
    let first = number_of("CAREGRAPH_TEST_SEED", 1);
    for seed in first..first + number_of("CAREGRAPH_TEST_SEQUENCES", 100) {
        run(seed, &stores).await;
    }
}
