//! Whether an operation's variables are what its document says they are.
//!
//! The engine looks at scalars and enums only; a subgraph ignores what it does not know. A misspelt field of a filter would then
//! widen what is asked for, so it is refused here, before anything runs.

use graphql_tools::static_graphql::query::VariableDefinition;
use graphql_tools::static_graphql::schema::{Definition, Document, InputValue, Type, TypeDefinition};
use hive_router::sonic_rs::{JsonContainerTrait as _, JsonNumberTrait as _, JsonValueTrait as _, Value};
use std::collections::{BTreeSet, HashMap};

/// Deeper input is nothing that a form could send.
const MAX_DEPTH: usize = 32;
/// What a client sends is quoted no longer than this.
const MAX_QUOTE: usize = 40;
/// Longer enumerations are not recited.
const MAX_VALUES: usize = 12;

/// The types of values that clients send.
pub(crate) struct InputTypes(HashMap<String, InputType>);

enum InputType {
    Object {
        fields: HashMap<String, Field>,
        takes_one: bool,
    },
    Enum(BTreeSet<String>),
    Scalar,
}

struct Field {
    kind: Type,
    has_default: bool,
}

impl InputTypes {
    pub(crate) fn of(schema: &Document) -> Self {
        let definitions = schema
            .definitions
            .iter()
            .filter_map(|definition| match definition {
                Definition::TypeDefinition(definition) => Some(definition),
                _ => None,
            });
        let named = definitions.filter_map(|definition| match definition {
            TypeDefinition::InputObject(object) => Some((
                object.name.clone(),
                InputType::Object {
                    fields: object.fields.iter().map(field).collect(),
                    takes_one: object
                        .directives
                        .iter()
                        .any(|directive| directive.name == "oneOf"),
                },
            )),
            TypeDefinition::Enum(choice) => {
                let values = choice.values.iter().map(|value| value.name.clone()).collect();
                Some((choice.name.clone(), InputType::Enum(values)))
            }
            TypeDefinition::Scalar(scalar) => Some((scalar.name.clone(), InputType::Scalar)),
            _ => None,
        });
        Self(named.collect())
    }

    /// What is wrong with the first variable that is wrong. Variables that are missing altogether are the engine's business.
    pub(crate) fn check(
        &self,
        definitions: &[VariableDefinition],
        variables: &HashMap<String, Value>,
    ) -> Result<(), String> {
        for definition in definitions {
            if let Some(value) = variables.get(&definition.name) {
                let mut path = format!("${}", definition.name);
                self.check_value(value, &definition.var_type, &mut path, 0)?;
            }
        }
        Ok(())
    }

    fn check_value(&self, value: &Value, kind: &Type, path: &mut String, depth: usize) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(format!("{path} nests too deeply"));
        }
        match kind {
            Type::NonNullType(_) if value.is_null() => Err(format!("{path} must not be null")),
            Type::NonNullType(inner) => self.check_value(value, inner, path, depth),
            _ if value.is_null() => Ok(()),
            Type::ListType(inner) => {
                let Some(items) = value.as_array() else {
                    // One value stands for a list of one.
                    return self.check_value(value, inner, path, depth + 1);
                };
                for (index, item) in items.iter().enumerate() {
                    within(path, &format!("[{index}]"), |path| {
                        self.check_value(item, inner, path, depth + 1)
                    })?;
                }
                Ok(())
            }
            Type::NamedType(name) => match self.0.get(name) {
                Some(InputType::Object { fields, takes_one }) => {
                    self.check_object(value, (name, fields, *takes_one), path, depth)
                }
                Some(InputType::Enum(values)) => check_enum(value, name, values, path),
                // A document that names a type that is none is refused by the engine.
                Some(InputType::Scalar) | None => check_scalar(value, name, path),
            },
        }
    }

    fn check_object(
        &self,
        value: &Value,
        (name, fields, takes_one): (&str, &HashMap<String, Field>, bool),
        path: &mut String,
        depth: usize,
    ) -> Result<(), String> {
        let Some(object) = value.as_object() else {
            return Err(format!("{path} must be an object of type {name}"));
        };
        for (field, value) in object {
            let Some(known) = fields.get(field) else {
                return Err(format!("{path}: {name} has no field `{}`", quote(field)));
            };
            within(path, &format!(".{field}"), |path| {
                self.check_value(value, &known.kind, path, depth + 1)
            })?;
        }
        if takes_one && (object.len() != 1 || object.iter().any(|(_, value)| value.is_null())) {
            return Err(format!("{path}: {name} takes exactly one of its fields"));
        }
        // The first by name, so that the same mistake gets the same answer.
        let missing = fields
            .iter()
            .filter(|(field, known)| {
                matches!(known.kind, Type::NonNullType(_))
                    && !known.has_default
                    && !object.contains_key(field)
            })
            .map(|(field, _)| field)
            .min();
        match missing {
            Some(field) => Err(format!("{path}.{field} is required")),
            None => Ok(()),
        }
    }
}

fn field(field: &InputValue) -> (String, Field) {
    let known = Field {
        kind: field.value_type.clone(),
        has_default: field.default_value.is_some(),
    };
    (field.name.clone(), known)
}

fn check_enum(value: &Value, name: &str, values: &BTreeSet<String>, path: &str) -> Result<(), String> {
    if value.as_str().is_some_and(|value| values.contains(value)) {
        return Ok(());
    }
    if values.len() > MAX_VALUES {
        return Err(format!("{path} must be a value of {name}"));
    }
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    Err(format!("{path} must be one of {}", values.join(", ")))
}

/// Scalars of our own are read by the subgraph, which knows them.
fn check_scalar(value: &Value, name: &str, path: &str) -> Result<(), String> {
    let fits = match name {
        "String" => value.is_str(),
        "ID" => value.is_str() || value.is_i64() || value.is_u64(),
        "Int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "Float" => value
            .as_number()
            .is_some_and(|number| number.as_f64().is_some_and(f64::is_finite)),
        "Boolean" => value.is_boolean(),
        _ => true,
    };
    let what = match name {
        "String" => "text",
        "ID" => "an id",
        "Int" => "a whole number of at most 32 bits",
        "Float" => "a number",
        _ => "true or false",
    };
    if fits {
        Ok(())
    } else {
        Err(format!("{path} must be {what}"))
    }
}

/// Goes one step down the path and back.
fn within<T>(
    path: &mut String,
    step: &str,
    check: impl FnOnce(&mut String) -> Result<T, String>,
) -> Result<T, String> {
    let length = path.len();
    path.push_str(step);
    let result = check(path)?;
    path.truncate(length);
    Ok(result)
}

pub(crate) fn quote(text: &str) -> String {
    let mut quoted: String = text.chars().filter(|c| !c.is_control()).take(MAX_QUOTE).collect();
    if text.chars().count() > MAX_QUOTE {
        quoted.push('…');
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use graphql_tools::parser::{parse_query, parse_schema};
    use graphql_tools::static_graphql::query::{Definition as QueryDefinition, OperationDefinition};
    use hive_router::sonic_rs;

    const SCHEMA: &str = "
        type Query { users(filter: Filter): Int }
        enum Role { NURSE DOCTOR }
        scalar Date
        input Filter { name: String, roles: [Role!], within: Range, born: Date, limit: Int! = 5, by: By }
        input Range { from: Int!, to: Int!, inner: Range }
        input By @oneOf { id: ID, name: String }
    ";

    fn check(kind: &str, value: &str) -> Result<(), String> {
        let types = InputTypes::of(&parse_schema(SCHEMA).unwrap().into_static());
        let document = parse_query(&format!("query ($x: {kind}) {{ users }}"))
            .unwrap()
            .into_static();
        let QueryDefinition::Operation(OperationDefinition::Query(query)) = &document.definitions[0] else {
            panic!("it is a query")
        };
        let value: Value = sonic_rs::from_str(value).unwrap();
        types.check(
            &query.variable_definitions,
            &HashMap::from([("x".to_owned(), value)]),
        )
    }

    fn refused(kind: &str, value: &str) -> String {
        check(kind, value).unwrap_err()
    }

    #[test]
    fn what_fits_passes() {
        for (kind, value) in [
            ("Filter", "null"),
            ("Filter!", "{}"),
            (
                "Filter",
                r#"{"name":null,"roles":["NURSE"],"within":{"from":1,"to":2},"born":"any","limit":7}"#,
            ),
            ("Filter", r#"{"roles":"DOCTOR","by":{"id":7}}"#),
            ("[Int!]!", "[1,2,3]"),
            ("[Int]", "4"),
            ("Float", "4"),
            ("ID", "\"x\""),
        ] {
            assert_eq!(check(kind, value), Ok(()), "{kind} {value}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_path() {
        assert_eq!(
            refused("Filter", r#"{"password":"x"}"#),
            "$x: Filter has no field `password`"
        );
        assert_eq!(
            refused("Filter", r#"{"within":{"from":1,"to":2,"inner":{"from":1}}}"#),
            "$x.within.inner.to is required"
        );
        assert_eq!(
            refused("Filter", r#"{"roles":["NURSE","KING"]}"#),
            "$x.roles[1] must be one of DOCTOR, NURSE"
        );
        assert_eq!(
            refused("Filter", r#"{"roles":[null]}"#),
            "$x.roles[0] must not be null"
        );
        assert_eq!(refused("Filter", "[]"), "$x must be an object of type Filter");
        assert_eq!(
            refused("Filter", r#"{"limit":null}"#),
            "$x.limit must not be null"
        );
        assert_eq!(
            refused("Filter", r#"{"limit":2147483648}"#),
            "$x.limit must be a whole number of at most 32 bits"
        );
        assert_eq!(
            refused("Filter", r#"{"limit":1.5}"#),
            "$x.limit must be a whole number of at most 32 bits"
        );
        assert_eq!(refused("Filter", r#"{"name":1}"#), "$x.name must be text");
        assert_eq!(
            refused("Filter", r#"{"by":{}}"#),
            "$x.by: By takes exactly one of its fields"
        );
        assert_eq!(
            refused("Filter", r#"{"by":{"id":"1","name":"x"}}"#),
            "$x.by: By takes exactly one of its fields"
        );
        assert_eq!(
            refused("[[Int!]]", "[[1],[2,\"3\"]]"),
            "$x[1][1] must be a whole number of at most 32 bits"
        );
        assert_eq!(refused("Boolean", "\"true\""), "$x must be true or false");
    }

    #[test]
    fn what_is_quoted_is_short_and_clean() {
        let long = format!(r#"{{"{}":1}}"#, "a\\u0007b".repeat(1_000));
        let message = refused("Filter", &long);
        assert!(
            message.chars().count() < 100 && !message.contains('\u{7}'),
            "{message}"
        );
        let mut deep = "{\"from\":1,\"to\":2}".to_owned();
        for _ in 0..40 {
            deep = format!("{{\"from\":1,\"to\":2,\"inner\":{deep}}}");
        }
        assert!(refused("Range", &deep).ends_with("nests too deeply"));
    }
}
