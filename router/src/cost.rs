//! What an operation may cost at most, before it runs.
//!
//! The cost is the number of fields that the answer could hold:
//!
//! ```text
//! cost(selection) = Σ over its fields: 1 + size(field) × cost(selection of the field)
//!
//! size(field) = the argument `first` or `last`      where it is given (the larger, when both are)
//!             = 20, the default page                of a `…Connection` without them
//!             = 10                                  of any other list
//!             = 1                                   of `nodes` and `edges` in a connection, which has been counted,
//!                                                   and of everything that is not a list
//! ```
//!
//! Fragments count where they are spread. Fields that a variable may `@skip` count: what is asked for is what is paid for.
//! Introspection is free; it is answered from memory and bounded by the schema.

use hive_router::executor::introspection::schema::SchemaMetadata;
use hive_router::query_planner::ast::operation::OperationDefinition;
use hive_router::query_planner::ast::selection_item::SelectionItem;
use hive_router::query_planner::ast::selection_set::{FieldSelection, SelectionSet};
use hive_router::query_planner::ast::value::Value;
use hive_router::query_planner::state::supergraph_state::OperationKind;
use hive_router::sonic_rs::{self, JsonValueTrait as _};
use std::collections::HashMap;

const DEFAULT_PAGE: u64 = 20;
const UNBOUNDED_LIST: u64 = 10;

/// Whole numbers among an operation's variables: all that the cost depends on. `None` stands for an explicit null, which is not the
/// document's default, but a page of the default size.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageSizes(HashMap<String, Option<i64>>);

impl PageSizes {
    pub(crate) fn of(variables: &HashMap<String, sonic_rs::Value>) -> Self {
        Self(
            variables
                .iter()
                .filter_map(|(name, value)| match value.as_i64() {
                    Some(size) => Some((name.clone(), Some(size))),
                    None => value.is_null().then(|| (name.clone(), None)),
                })
                .collect(),
        )
    }
}

/// The cost of a normalized operation.
pub(crate) fn cost(operation: &OperationDefinition, variables: &PageSizes, schema: &SchemaMetadata) -> u64 {
    let root = match operation.operation_kind {
        None | Some(OperationKind::Query) => schema.query_type_name.as_deref(),
        Some(OperationKind::Mutation) => schema.mutation_type_name.as_deref(),
        Some(OperationKind::Subscription) => schema.subscription_type_name.as_deref(),
    };
    let defaults = operation
        .variable_definitions
        .iter()
        .flatten()
        .filter_map(|definition| {
            let Some(Value::Int(size)) = definition.default_value else {
                return None;
            };
            Some((definition.name.clone(), size))
        });
    let mut sizes: HashMap<String, i64> = defaults.collect();
    for (name, size) in &variables.0 {
        match size {
            Some(size) => sizes.insert(name.clone(), *size),
            None => sizes.remove(name),
        };
    }
    Counter { sizes, schema }.selection(&operation.selection_set, root.unwrap_or_default())
}

struct Counter<'a> {
    sizes: HashMap<String, i64>,
    schema: &'a SchemaMetadata,
}

impl Counter<'_> {
    fn selection(&self, selection: &SelectionSet, parent: &str) -> u64 {
        selection.items.iter().fold(0, |sum: u64, item| {
            sum.saturating_add(match item {
                SelectionItem::Field(field) => self.field(field, parent),
                SelectionItem::InlineFragment(fragment) => {
                    self.selection(&fragment.selections, &fragment.type_condition)
                }
                // Normalized operations have none.
                SelectionItem::FragmentSpread(_) => 0,
            })
        })
    }

    fn field(&self, field: &FieldSelection, parent: &str) -> u64 {
        let info = self
            .schema
            .type_fields
            .get(parent)
            .and_then(|fields| fields.get(&field.name));
        let output = info.map_or("", |info| info.output_type_name.as_str());
        let is_list = info.is_some_and(|info| info.nullability.list_item().is_some());
        let size = match self.page_size(field) {
            Some(size) => size,
            None if output.ends_with("Connection") => DEFAULT_PAGE,
            None if is_list && !parent.ends_with("Connection") => UNBOUNDED_LIST,
            None => 1,
        };
        size.saturating_mul(self.selection(&field.selections, output))
            .saturating_add(1)
    }

    /// `first` and `last`. A negative number asks for nothing and is the resolver's to refuse.
    fn page_size(&self, field: &FieldSelection) -> Option<u64> {
        let arguments = field.arguments.as_ref()?;
        let size = |name| match arguments.get_argument(name)? {
            Value::Int(size) => Some(*size),
            Value::Variable(variable) => self.sizes.get(variable).copied(),
            _ => None,
        };
        let size = size("first").max(size("last"))?;
        Some(u64::try_from(size).unwrap_or(0).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hive_router::executor::hooks::on_supergraph_load::{Supergraph, SupergraphOptions};
    use hive_router::query_planner::ast::normalization::normalize_operation;
    use hive_router::query_planner::utils::parsing::parse_operation;

    const SUPERGRAPH: &str = include_str!("../tests/fixtures/supergraph.graphql");

    fn cost_of(query: &str, variables: &[(&str, i64)]) -> u64 {
        let sizes = variables
            .iter()
            .map(|(name, size)| ((*name).to_owned(), Some(*size)));
        cost_with(query, &PageSizes(sizes.collect()))
    }

    fn cost_with(query: &str, sizes: &PageSizes) -> u64 {
        let supergraph = Supergraph::from_sdl("test", SUPERGRAPH, SupergraphOptions::default()).unwrap();
        let document = parse_operation(query);
        let operation = normalize_operation(&supergraph.planner.supergraph, &document, None)
            .unwrap()
            .operation;
        cost(&operation, sizes, &supergraph.metadata)
    }

    #[test]
    fn plain_fields_cost_one_each() {
        assert_eq!(cost_of("{ me { id name } }", &[]), 3);
    }

    #[test]
    fn pages_multiply_what_is_inside() {
        // orders (1) + 50 × (nodes (1) + id (1))
        assert_eq!(cost_of("{ orders(first: 50) { nodes { id } } }", &[]), 101);
        assert_eq!(cost_of("{ orders { nodes { id } } }", &[]), 41);
    }

    #[test]
    fn variables_count_with_their_values_or_defaults() {
        let query = "query($n: Int = 5) { orders(first: $n) { nodes { id } } }";
        assert_eq!(cost_of(query, &[]), 11);
        assert_eq!(cost_of(query, &[("n", 100)]), 201);
    }

    #[test]
    fn an_explicit_null_is_a_page_of_the_usual_size_and_not_the_documents_default() {
        let variables = std::collections::HashMap::from([("n".to_owned(), sonic_rs::Value::new())]);
        let sizes = PageSizes::of(&variables);
        let query = "query($n: Int = 1) { orders(first: $n) { nodes { id } } }";
        assert_eq!(cost_with(query, &sizes), 41);
    }

    #[test]
    fn nested_pages_multiply_and_never_overflow() {
        let most = i64::MAX;
        let query = "query($n: Int!) { orders(first: $n) { nodes { buyer { orders(first: $n) { nodes { id } } } } } }";
        assert_eq!(cost_of(query, &[("n", most)]), u64::MAX);
    }

    #[test]
    fn aliases_and_fragments_count_each_time() {
        assert_eq!(
            cost_of(
                "{ a: me { id } b: me { ...f } } fragment f on User { id name }",
                &[]
            ),
            5
        );
    }
}
