//! What a store should answer, written as plainly as possible: everything in memory, everything looked at.

use crate::answers::{Answer, Refusal};
use crate::things::{Happened, Thing, ThingId};
use caregraph_kit::documents::{Direction, Filter, Scalar};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, RangeBounds};

/// One step of a sequence.
#[derive(Debug, Clone)]
pub enum Step {
    Commit(Vec<Write>, Vec<Happened>),
    Get(ThingId),
    Find(List),
    Count(Filter),
}

#[derive(Debug, Clone)]
pub enum Write {
    Insert(ThingId, Thing),
    Replace(ThingId, i64, Thing),
    Delete(ThingId, i64),
    Require(ThingId, i64),
}

#[derive(Debug, Clone)]
pub struct List {
    pub filter: Filter,
    pub sort: Vec<(&'static str, Direction)>,
    pub after: Option<(Vec<Option<Scalar>>, ThingId)>,
    pub limit: u64,
}

#[derive(Debug, Default)]
pub struct Model {
    pub things: BTreeMap<ThingId, (i64, Thing)>,
    pub events: Vec<Happened>,
}

impl Model {
    pub fn answer(&mut self, step: &Step) -> Answer {
        match step {
            Step::Commit(writes, events) => {
                let mut after = self.things.clone();
                for write in writes {
                    if let Err(refusal) = take(&mut after, write) {
                        return Answer::Refused(refusal);
                    }
                }
                self.things = after;
                self.events.extend(events.iter().cloned());
                Answer::Done
            }
            Step::Get(id) => Answer::Things(
                self.things
                    .get(id)
                    .map(|(version, thing)| (*id, *version, thing.clone()))
                    .into_iter()
                    .collect(),
            ),
            Step::Find(list) => Answer::Things(self.find(list)),
            Step::Count(filter) => {
                let count = self
                    .things
                    .values()
                    .filter(|(_, thing)| means(filter, thing))
                    .count();
                Answer::Count(count as u64)
            }
        }
    }

    fn find(&self, list: &List) -> Vec<(ThingId, i64, Thing)> {
        let mut found: Vec<_> = self
            .things
            .iter()
            .filter(|(_, (_, thing))| means(&list.filter, thing))
            .map(|(id, (version, thing))| (place(&list.sort, thing), *id, *version, thing.clone()))
            .filter(|(values, id, _, _)| {
                list.after.as_ref().is_none_or(|(after, after_id)| {
                    order(&list.sort, (values, *id), (after, *after_id)) == Ordering::Greater
                })
            })
            .collect();
        found.sort_by(|one, other| order(&list.sort, (&one.0, one.1), (&other.0, other.1)));
        found.truncate(usize::try_from(list.limit).unwrap());
        found
            .into_iter()
            .map(|(_, id, version, thing)| (id, version, thing))
            .collect()
    }
}

fn take(things: &mut BTreeMap<ThingId, (i64, Thing)>, write: &Write) -> Result<(), Refusal> {
    let expect = |id: &ThingId, expected: i64, things: &BTreeMap<ThingId, (i64, Thing)>| {
        let found = things.get(id).map(|(version, _)| *version);
        if found == Some(expected) {
            Ok(())
        } else {
            Err(Refusal::Conflict(*id, expected, found))
        }
    };
    match write {
        Write::Insert(id, thing) => {
            if things.contains_key(id) {
                return Err(Refusal::Duplicate(*id, "id"));
            }
            unique(things, *id, thing)?;
            things.insert(*id, (1, thing.clone()));
        }
        Write::Replace(id, expected, thing) => {
            expect(id, *expected, things)?;
            unique(things, *id, thing)?;
            things.insert(*id, (expected + 1, thing.clone()));
        }
        Write::Delete(id, expected) => {
            expect(id, *expected, things)?;
            things.remove(id);
        }
        Write::Require(id, expected) => expect(id, *expected, things)?,
    }
    Ok(())
}

fn unique(things: &BTreeMap<ThingId, (i64, Thing)>, id: ThingId, thing: &Thing) -> Result<(), Refusal> {
    let others = || {
        things
            .iter()
            .filter(|(other, _)| **other != id)
            .map(|(_, (_, thing))| thing)
    };
    if thing.inner.code.is_some() && others().any(|other| other.inner.code == thing.inner.code) {
        return Err(Refusal::Duplicate(id, "by_code"));
    }
    let same = |other: &Thing| other.name == thing.name && other.rank == thing.rank;
    if thing.rank.is_some() && others().any(same) {
        return Err(Refusal::Duplicate(id, "by_name_and_rank"));
    }
    Ok(())
}

/// What stands at a path.
pub fn values(path: &str, thing: &Thing) -> BTreeSet<Scalar> {
    match path {
        "name" => [thing.name.clone().into()].into(),
        "rank" => thing.rank.map(Scalar::from).into_iter().collect(),
        "flag" => thing.flag.map(Scalar::from).into_iter().collect(),
        "inner.code" => thing.inner.code.clone().map(Scalar::from).into_iter().collect(),
        "tags[]" => thing.tags.iter().cloned().map(Scalar::from).collect(),
        "parts[].number" => thing
            .parts
            .iter()
            .filter_map(|part| part.number)
            .map(Scalar::from)
            .collect(),
        other => panic!("no such path: {other}"),
    }
}

pub fn place(sort: &[(&'static str, Direction)], thing: &Thing) -> Vec<Option<Scalar>> {
    sort.iter()
        .map(|(path, _)| values(path, thing).into_iter().next())
        .collect()
}

fn means(filter: &Filter, thing: &Thing) -> bool {
    let any = |path: &str, holds: &dyn Fn(&Scalar) -> bool| values(path, thing).iter().any(holds);
    match filter {
        Filter::Is(path, wanted) | Filter::Contains(path, wanted) => any(path, &|value| value == wanted),
        Filter::OneOf(path, wanted) => any(path, &|value| wanted.contains(value)),
        Filter::Between(path, from, to) => any(path, &|value| {
            <(Bound<&Scalar>, Bound<&Scalar>) as RangeBounds<Scalar>>::contains(
                &(from.as_ref(), to.as_ref()),
                value,
            )
        }),
        Filter::Prefix(path, prefix) => any(
            path,
            &|value| matches!(value, Scalar::Text(text) if text.starts_with(prefix.as_str())),
        ),
        Filter::Present(path) => any(path, &|_| true),
        Filter::Absent(path) => !any(path, &|_| true),
        Filter::All(filters) => filters.iter().all(|filter| means(filter, thing)),
        Filter::Any(filters) => filters.iter().any(|filter| means(filter, thing)),
    }
}

/// What is absent comes first; rust compares texts by their bytes.
fn order(
    sort: &[(&'static str, Direction)],
    (one, one_id): (&[Option<Scalar>], ThingId),
    (other, other_id): (&[Option<Scalar>], ThingId),
) -> Ordering {
    let mut last = Direction::Ascending;
    for ((_, direction), (one, other)) in sort.iter().zip(one.iter().zip(other)) {
        last = *direction;
        let order = turned(*direction, one.cmp(other));
        if order != Ordering::Equal {
            return order;
        }
    }
    turned(last, one_id.cmp(&other_id))
}

fn turned(direction: Direction, order: Ordering) -> Ordering {
    match direction {
        Direction::Ascending => order,
        Direction::Descending => order.reverse(),
    }
}
