//! What a client asks for besides the document: which of its operations, with which variables.

use crate::variables::{InputTypes, quote};
use caregraph_kit::hosting::codes;
use graphql_tools::static_graphql::query::{Definition, Document, OperationDefinition, VariableDefinition};
use graphql_tools::validation::utils::ValidationError;
use hive_router::executor::hooks::on_graphql_params::GraphQLParams;
use hive_router::sonic_rs::Value;
use std::collections::HashMap;

/// Kept aside before the engine consumes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    operation: Option<String>,
    variables: HashMap<String, Value>,
}

impl Asked {
    pub(crate) fn of(params: &GraphQLParams) -> Self {
        Self {
            operation: params.operation_name.clone().filter(|name| !name.is_empty()),
            variables: params.variables.clone(),
        }
    }

    /// Why it cannot be done. The engine itself would take the first of several operations, and any input.
    pub(crate) fn check(&self, document: &Document, types: &InputTypes) -> Result<(), ValidationError> {
        let definitions = self.chosen(document).map_err(refusal)?;
        types.check(definitions, &self.variables).map_err(refusal)
    }

    /// The variables of the operation that is meant.
    fn chosen<'a>(&self, document: &'a Document) -> Result<&'a [VariableDefinition], String> {
        let mut operations = document
            .definitions
            .iter()
            .filter_map(|definition| match definition {
                Definition::Operation(operation) => Some(parts(operation)),
                Definition::Fragment(_) => None,
            });
        if let Some(wanted) = &self.operation {
            return operations
                .find(|(name, _)| *name == Some(wanted))
                .map(|(_, definitions)| definitions)
                .ok_or_else(|| format!("The document has no operation named `{}`", quote(wanted)));
        }
        let first = operations.next();
        let others = operations.count();
        if others > 0 {
            return Err(format!(
                "The document has {} operations; say which with `operationName`",
                others + 1
            ));
        }
        // A document of fragments alone is refused by the engine.
        Ok(first.map_or(&[], |(_, definitions)| definitions))
    }
}

fn parts(operation: &OperationDefinition) -> (Option<&String>, &[VariableDefinition]) {
    match operation {
        OperationDefinition::SelectionSet(_) => (None, &[]),
        OperationDefinition::Query(query) => (query.name.as_ref(), &query.variable_definitions),
        OperationDefinition::Mutation(mutation) => (mutation.name.as_ref(), &mutation.variable_definitions),
        OperationDefinition::Subscription(subscription) => {
            (subscription.name.as_ref(), &subscription.variable_definitions)
        }
    }
}

fn refusal(message: String) -> ValidationError {
    ValidationError {
        locations: Vec::new(),
        message,
        error_code: codes::BAD_USER_INPUT,
    }
}
