//! The root fields of the graph, read from the committed schemas.

use async_graphql::parser::{
    parse_schema,
    types::{TypeKind, TypeSystemDefinition},
};
use std::{collections::BTreeSet, path::Path};

/// A root field: type and name.
pub type Root = (&'static str, &'static str);

const ROOT_TYPES: [&str; 3] = ["Query", "Mutation", "Subscription"];

/// All of them, of all subgraphs.
pub fn roots() -> BTreeSet<Root> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    let mut roots = BTreeSet::new();
    for domain in caregraph_contracts::Domain::ALL {
        let path = folder.join(format!("{}.graphql", domain.as_str()));
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        // The parser does not know schema extensions without a body; they say nothing about fields.
        let text = text.split("extend schema").next().unwrap_or_default();
        let document = parse_schema(text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else {
                continue;
            };
            let name = definition.node.name.node.as_str();
            let Some(root) = ROOT_TYPES.into_iter().find(|root| *root == name) else {
                continue;
            };
            let TypeKind::Object(object) = definition.node.kind else {
                panic!("{root} is an object")
            };
            for field in object.fields {
                // Leaked once per field of a test's short life, so that rows can be written as literals.
                roots.insert((root, &*field.node.name.node.to_string().leak()));
            }
        }
    }
    roots
}
