//! Pages of lists.

use crate::things::{Thing, World, id, thing};
use caregraph_kit::documents::{Direction, Filter, Query};
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::on_every_document_store;

async fn fill(world: &World, count: i64) {
    for number in 0..count {
        let value = Thing {
            rank: (number % 4 > 0).then_some(number % 3),
            tags: vec![format!("tag-{}", number % 2)],
            ..thing(&format!("{number:03}"))
        };
        world
            .things
            .insert(id(u128::try_from(number).unwrap()), &value)
            .await
            .unwrap();
    }
}

/// All pages of a list, by identifier.
async fn walk(world: &World, query: &Query, size: u64) -> Vec<String> {
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = world
            .things
            .find(&query.clone().after(after).limit(size))
            .await
            .unwrap();
        let Some((last, _)) = page.last() else { return seen };
        after = Some(last.clone());
        seen.extend(page.into_iter().map(|(_, found)| found.value.name));
    }
}

on_every_document_store! {
    async fn pages_together_are_the_list(world: World) {
        fill(&world, 30).await;
        for direction in [Direction::Ascending, Direction::Descending] {
            for filter in [Filter::everything(), Filter::contains("tags[]", "tag-1")] {
                let query = Query::of(filter).sorted_by("rank", direction);
                let whole = walk(&world, &query, 1_000).await;
                assert!(whole.len() == 30 || whole.len() == 15);
                for size in [1, 4, 7] {
                    assert_eq!(walk(&world, &query, size).await, whole, "{direction:?} {size}");
                }
            }
        }
    }

    /// Documents without a value come first, or last the other way round; ties go by the identifier, in the same direction.
    async fn what_is_absent_comes_before_everything(world: World) {
        fill(&world, 8).await;
        let names = async |direction| walk(&world, &Query::of(Filter::everything()).sorted_by("rank", direction), 3).await;
        let ascending = names(Direction::Ascending).await;
        assert_eq!(ascending, ["000", "004", "003", "006", "001", "007", "002", "005"]);
        let mut descending = names(Direction::Descending).await;
        descending.reverse();
        assert_eq!(descending, ascending);
    }

    /// What goes or comes while somebody leafs through the list makes nothing else appear twice or not at all.
    async fn pages_hold_while_documents_come_and_go(world: World) {
        fill(&world, 9).await;
        let query = Query::of(Filter::everything()).sorted_by("name", Direction::Ascending).limit(3);
        let first = world.things.find(&query).await.unwrap();
        let (key, last) = first.last().unwrap();
        world.things.delete(last.id, last.version).await.unwrap();
        world.things.insert(id(100), &thing("0015")).await.unwrap();
        world.things.insert(id(101), &thing("0035")).await.unwrap();
        let second = world.things.find(&query.after(Some(key.clone()))).await.unwrap();
        let names: Vec<_> = second.iter().map(|(_, found)| found.value.name.as_str()).collect();
        assert_eq!(names, ["003", "0035", "004"]);
    }

    async fn a_list_is_a_connection(world: World) {
        fill(&world, 5).await;
        let list = async |after: Option<&str>| {
            let page = PageArgs::read(Some(2), after).unwrap();
            let query = Query::of(Filter::everything())
                .sorted_by("name", Direction::Descending)
                .after(page.after.clone())
                .limit(page.limit());
            let edges = world.things.find(&query).await.unwrap().into_iter().map(|(key, found)| (key, found.value.name));
            caregraph_kit::graphql::connection(&page, edges.collect())
        };
        let first = list(None).await;
        assert_eq!(first.edges.iter().map(|edge| edge.node.as_str()).collect::<Vec<_>>(), ["004", "003"]);
        let cursor = async_graphql::connection::CursorType::encode_cursor(&first.edges[1].cursor);
        let second = list(Some(&cursor)).await;
        assert_eq!(second.edges.iter().map(|edge| edge.node.as_str()).collect::<Vec<_>>(), ["002", "001"]);
    }

    async fn lists_have_bounds(world: World) {
        fill(&world, 3).await;
        let query = Query::of(Filter::everything());
        assert_eq!(world.things.find(&query.clone().limit(0)).await.unwrap(), []);
        assert_eq!(world.things.find(&query.limit(u64::MAX)).await.unwrap().len(), 3);
    }
}
