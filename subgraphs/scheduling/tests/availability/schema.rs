//! The subgraph's part of the graph.

#[test]
fn the_schema_is_as_agreed() {
    let sdl = bare(&caregraph_scheduling::sdl());
    for line in [
        "type MedicalService @key(fields: \"id\")",
        "type Practitioner @key(fields: \"id\")",
        "type Location @key(fields: \"id\", resolvable: false)",
        "medicalService(",
        "medicalServices(",
        "saveMedicalService( input: SaveMedicalServiceInput! ): SaveMedicalServicePayload!",
        "setWorkingHours( input: SetWorkingHoursInput! ): SetWorkingHoursPayload!",
        "addAbsence( input: AddAbsenceInput! ): AddAbsencePayload!",
        "removeAbsence( input: RemoveAbsenceInput! ): RemoveAbsencePayload!",
        "addExtraHours( input: AddExtraHoursInput! ): AddExtraHoursPayload!",
        "removeExtraHours( input: RemoveExtraHoursInput! ): RemoveExtraHoursPayload!",
        "availableSlots( input: AvailableSlotsInput! ): [Slot!]!",
        "availabilityCalendar( input: AvailabilityCalendarInput! ): [AvailabilityDay!]!",
        "from: Date!",
        "type Query",
        "type Mutation",
        "type Subscription",
    ] {
        assert!(sdl.contains(line), "{line} is missing in\n{sdl}");
    }
}

/// The schema is the manual: everything in it says what it is.
#[tokio::test]
async fn everything_is_described() {
    let query = "{ __schema { types { name description
        fields { name description args { name description } }
        inputFields { name description } enumValues { name description } } } }";
    let schema = caregraph_scheduling::graphql::schema().finish();
    let answer = serde_json::to_value(schema.execute(query).await).unwrap();
    let mut silent = Vec::new();
    for kind in answer["data"]["__schema"]["types"].as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        if name.starts_with('_') {
            continue;
        }
        // These come from the library, without words.
        let foreign = ["Query", "Mutation", "Subscription", "ID", "Decimal"].contains(&name)
            || name.ends_with("Connection");
        if is_silent(kind) && !foreign {
            silent.push(name.to_owned());
        }
        for list in ["fields", "inputFields", "enumValues"] {
            for member in kind[list].as_array().into_iter().flatten() {
                let member_name = member["name"].as_str().unwrap();
                if member_name.starts_with('_') {
                    continue;
                }
                if is_silent(member) {
                    silent.push(format!("{name}.{member_name}"));
                }
                for argument in member["args"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter(|one| is_silent(one))
                {
                    silent.push(format!("{name}.{member_name}({})", argument["name"]));
                }
            }
        }
    }
    assert_eq!(silent, [""; 0]);
}

fn is_silent(described: &serde_json::Value) -> bool {
    described["description"]
        .as_str()
        .is_none_or(|text| text.trim().is_empty())
}

/// The schema without descriptions, on one line.
fn bare(sdl: &str) -> String {
    let code = sdl.split("\"\"\"").step_by(2);
    code.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}
