//! The answer of a subgraph in this process becomes the engine's own: its values move, nothing is written as text and read again.
//!
//! The engine's objects borrow their keys. Keys are names of fields, so those of the graph are kept for the life of the process;
//! what is asked under other names (somebody's aliases), and answers with errors, take the long way through text.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Response, Value as Answered};
use bytes::Bytes;
use hive_router::executor::executors::error::SubgraphExecutorError;
use hive_router::executor::introspection::schema::SchemaMetadata;
use hive_router::executor::response::subgraph_response::SubgraphResponse;
use hive_router::executor::response::value::Value;
use hive_router::query_planner::planner::plan_nodes::CustomScalarPaths;
use hive_router::sonic_rs;
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The planner's own aliases end in a number; this many of each are known.
const NUMBERED: usize = 16;

/// Names that an answer's keys can borrow.
pub(crate) struct Keys(HashSet<&'static str>);

impl Keys {
    /// The names of a graph's fields, and those that the planner makes up.
    pub(crate) fn of(graph: &SchemaMetadata) -> Self {
        let fields = graph.type_fields.values().flat_map(|fields| fields.keys());
        let mut keys: HashSet<_> = fields.map(|name| kept(name)).collect();
        keys.extend(["__typename", "_entities"]);
        keys.extend((0..NUMBERED).flat_map(|number| {
            [format!("_e{number}"), format!("_internal_qp_alias_{number}")].map(|name| kept(&name))
        }));
        Self(keys)
    }

    /// Whether every key of what a document asks for is known.
    pub(crate) fn cover(&self, document: &ExecutableDocument) -> bool {
        let operations = document.operations.iter().map(|(_, operation)| &operation.node);
        let fragments = document.fragments.values().map(|fragment| &fragment.node);
        operations
            .map(|operation| &operation.selection_set.node)
            .chain(fragments.map(|fragment| &fragment.selection_set.node))
            .all(|selections| self.cover_all(selections))
    }

    fn cover_all(&self, selections: &SelectionSet) -> bool {
        selections.items.iter().all(|item| match &item.node {
            Selection::Field(field) => {
                let field = &field.node;
                self.0.contains(field.response_key().node.as_str())
                    && self.cover_all(&field.selection_set.node)
            }
            Selection::InlineFragment(fragment) => self.cover_all(&fragment.node.selection_set.node),
            // Fragments are looked at where they are defined.
            Selection::FragmentSpread(_) => true,
        })
    }

    fn value(&self, value: Answered) -> Result<Value<'static>, sonic_rs::Error> {
        Ok(match value {
            Answered::Null => Value::Null,
            Answered::Boolean(boolean) => Value::Bool(boolean),
            Answered::String(text) => Value::String(Cow::Owned(text)),
            Answered::Enum(name) => Value::String(self.text(&name)),
            Answered::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(natural), _) => Value::U64(natural),
                (None, Some(integer)) => Value::I64(integer),
                (None, None) => number.as_f64().map_or(Value::Null, Value::F64),
            },
            Answered::List(values) => {
                let values: Result<_, _> = values.into_iter().map(|value| self.value(value)).collect();
                Value::Array(values?)
            }
            Answered::Object(entries) => self.object(entries)?,
            bytes @ Answered::Binary(_) => Value::RawJson(sonic_rs::to_string(&bytes)?.into()),
        })
    }

    fn object(&self, entries: IndexMap<Name, Answered>) -> Result<Value<'static>, sonic_rs::Error> {
        if !entries.keys().all(|key| self.0.contains(key.as_str())) {
            // The inside of a scalar, which nobody looks into.
            return Ok(Value::RawJson(sonic_rs::to_string(&entries)?.into()));
        }
        let known = entries
            .into_iter()
            .filter_map(|(key, value)| Some((*self.0.get(key.as_str())?, value)));
        let entries: Result<Vec<_>, _> = known.map(|(key, value)| Ok((key, self.value(value)?))).collect();
        let mut entries = entries?;
        // The engine searches them.
        entries.sort_unstable_by_key(|(key, _)| *key);
        Ok(Value::Object(entries))
    }

    fn text(&self, name: &Name) -> Cow<'static, str> {
        match self.0.get(name.as_str()) {
            Some(known) => Cow::Borrowed(known),
            None => Cow::Owned(name.to_string()),
        }
    }
}

/// A name, for the life of the process; each is kept once, however many graphs there are.
fn kept(name: &str) -> &'static str {
    static KEPT: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.get_or_insert_default();
    if let Some(known) = kept.get(name) {
        return known;
    }
    let name: &'static str = Box::leak(name.into());
    kept.insert(name);
    name
}

/// The engine's form of an answer to a document whose keys are all known.
pub(crate) fn moved(
    response: Response,
    keys: &Keys,
) -> Result<SubgraphResponse<'static>, SubgraphExecutorError> {
    if !response.errors.is_empty() || !response.extensions.is_empty() || response.data == Answered::Null {
        return written(&response, None);
    }
    let data = keys
        .value(response.data)
        .map_err(|error| SubgraphExecutorError::ResponseDeserializationFailure(error, None))?;
    Ok(SubgraphResponse {
        data,
        ..SubgraphResponse::default()
    })
}

/// The engine's form of any answer. It borrows keys and strings from one buffer, so the answer is written once and read back
/// without copying.
pub(crate) fn written(
    response: &Response,
    paths: Option<&CustomScalarPaths>,
) -> Result<SubgraphResponse<'static>, SubgraphExecutorError> {
    let text = sonic_rs::to_vec(response)
        .map_err(|error| SubgraphExecutorError::ResponseDeserializationFailure(error, None))?;
    SubgraphResponse::deserialize_from_bytes(Bytes::from(text), paths)
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
