//! The committed schemas are what the program would write.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{InterfaceType, ObjectType, TypeKind, TypeSystemDefinition};
use std::process::Command;

#[test]
fn committed_schemas_are_fresh() {
    let output = Command::new(env!("CARGO_BIN_EXE_caregraph"))
        .args(["schema", "check", "schema"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

/// Every type and field that a client can see says what it is.
#[test]
fn everything_in_the_schemas_is_documented() {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/schema")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "graphql")
            || path.ends_with("supergraph.graphql")
        {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let missing = undocumented(&text);
        found.extend(
            missing
                .into_iter()
                .map(|place| format!("{}: {place}", path.display())),
        );
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Types, fields, arguments and values without a description. What begins with an underscore is federation's machinery.
fn undocumented(sdl: &str) -> Vec<String> {
    let document = parse_schema(sdl).expect("what we export is valid");
    let mut found = Vec::new();
    let mut expect = |described: bool, name: String| {
        if !described {
            found.push(name);
        }
    };
    for definition in &document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else {
            continue;
        };
        let (definition, name) = (&definition.node, &definition.node.name.node);
        let speaks_for_itself = matches!(name.as_str(), "Query" | "Mutation" | "Subscription" | "Decimal")
            // Generic in async-graphql, which has no place for a text; the fields that return it say what is in it.
            || name.ends_with("Connection");
        expect(
            speaks_for_itself || definition.description.is_some(),
            name.to_string(),
        );
        match &definition.kind {
            TypeKind::Object(ObjectType { fields, .. })
            | TypeKind::Interface(InterfaceType { fields, .. }) => {
                for field in fields.iter().map(|field| &field.node) {
                    let place = format!("{name}.{}", field.name.node);
                    for argument in field.arguments.iter().map(|argument| &argument.node) {
                        let is_described = argument.description.is_some() || place.starts_with("Query._");
                        expect(is_described, format!("{place}({}:)", argument.name.node));
                    }
                    expect(field.description.is_some() || place.starts_with("Query._"), place);
                }
            }
            TypeKind::InputObject(input) => {
                for field in input.fields.iter().map(|field| &field.node) {
                    expect(field.description.is_some(), format!("{name}.{}", field.name.node));
                }
            }
            TypeKind::Enum(choice) => {
                for value in choice.values.iter().map(|value| &value.node) {
                    expect(
                        value.description.is_some(),
                        format!("{name}.{}", value.value.node),
                    );
                }
            }
            TypeKind::Scalar | TypeKind::Union(_) => {}
        }
    }
    found
}
