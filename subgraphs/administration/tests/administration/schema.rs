//! The subgraph's part of the graph.

#[test]
fn the_schema_is_as_agreed() {
    let sdl = caregraph_administration::sdl();
    for line in [
        "type Patient @key(fields: \"id\")",
        "auditLog(",
        "verifyAudit(",
        "auditHead: AuditHead",
        "accessLog(",
        "type AuditEntry {",
        "byName: String",
        "patientId: ID",
        "enum AuditFindingKind {",
        "scalar Date",
    ] {
        assert!(sdl.contains(line), "{line} is missing in\n{sdl}");
    }
    assert!(sdl.contains("type Query") && !sdl.contains("type Mutation"));
}

/// The schema is the manual: everything in it says what it is.
#[tokio::test]
async fn everything_is_described() {
    let query = "{ __schema { types { kind name description
        fields { name description args { name description } }
        inputFields { name description } enumValues { name description } } } }";
    let schema = caregraph_administration::graphql::schema().finish();
    let answer = serde_json::to_value(schema.execute(query).await).unwrap();
    let mut silent = Vec::new();
    for kind in answer["data"]["__schema"]["types"].as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        let is_ours = !name.starts_with('_')
            && ![
                "ID",
                "Query",
                "AuditEntryConnection",
                "AuditEntryEdge",
                "AccessLogEntryConnection",
                "AccessLogEntryEdge",
            ]
            .contains(&name);
        if name.starts_with('_') {
            continue;
        }
        if is_ours && is_silent(kind) {
            silent.push(name.to_owned());
        }
        for list in ["fields", "inputFields", "enumValues"] {
            for member in kind[list].as_array().into_iter().flatten() {
                let member_name = member["name"].as_str().unwrap();
                if is_silent(member) && !member_name.starts_with('_') {
                    silent.push(format!("{name}.{member_name}"));
                }
                for argument in member["args"].as_array().into_iter().flatten() {
                    if is_silent(argument) && !member_name.starts_with('_') {
                        silent.push(format!("{name}.{member_name}({})", argument["name"]));
                    }
                }
            }
        }
    }
    assert_eq!(silent, [""; 0]);
}

fn is_silent(described: &serde_json::Value) -> bool {
    described["description"].as_str().is_none_or(str::is_empty)
}
