//! Texts that are strange but allowed: they are kept as they are, and searched for as what they say.

use crate::harness::{Clinic, Graph, Person, Stores};
use caregraph_kit::on_every_engine;
use serde_json::{Value, json};

/// Four bytes each in UTF-8, two units each in UTF-16: what short-sighted stores cut or refuse.
const LETTER: &str = "𝒳";

on_every_engine! {
    async fn the_longest_allowed_texts_come_back_as_they_were(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        let owner = Person::register(&stores, &program.graph(), "owner@clinic.test").await;
        let (doctor, admin) = (&clinic.doctors[0], &clinic.admin.graph);
        let start = owner.free_slots(&clinic.service, doctor).await[0].clone();
        let booking = json!({
            "serviceId": clinic.service, "practitionerId": doctor.id, "start": start,
            "idempotencyKey": "k".repeat(128), "reason": LETTER.repeat(500), "noteForDoctor": LETTER.repeat(2_000),
        });
        let booked = done(&owner.graph, "bookAppointment", "appointment { id reason noteForDoctor }", booking).await;
        assert_eq!(booked["appointment"]["reason"], LETTER.repeat(500));
        assert_eq!(booked["appointment"]["noteForDoctor"], LETTER.repeat(2_000));
        let notes = json!({ "id": booked["appointment"]["id"], "doctorsNotes": LETTER.repeat(4_000) });
        let kept = done(&doctor.graph, "updateAppointmentNotes", "appointment { doctorsNotes }", notes).await;
        assert_eq!(kept["appointment"]["doctorsNotes"], LETTER.repeat(4_000));

        let patient = json!({ "id": owner.id, "occupation": LETTER.repeat(120) });
        let kept = done(&owner.graph, "updatePatient", "patient { occupation }", patient).await;
        assert_eq!(kept["patient"]["occupation"], LETTER.repeat(120));
        let walk_in = json!({ "givenName": LETTER.repeat(80), "familyName": LETTER.repeat(80) });
        let kept = done(&clinic.nurse.graph, "registerPatient", "patient { givenName familyName }", walk_in).await;
        assert_eq!(kept["patient"], json!({ "givenName": LETTER.repeat(80), "familyName": LETTER.repeat(80) }));
        let department = json!({ "name": LETTER.repeat(120), "description": LETTER.repeat(2_000) });
        let kept = done(admin, "saveDepartment", "department { name description }", department.clone()).await;
        assert_eq!(kept["department"], department);
        let practitioner = json!({ "id": doctor.id, "biography": LETTER.repeat(4_000), "displayName": LETTER.repeat(120) });
        let kept = done(admin, "updatePractitioner", "practitioner { id biography displayName }", practitioner.clone()).await;
        assert_eq!(kept["practitioner"], practitioner);
        let me = json!({ "firstName": LETTER.repeat(80), "lastName": LETTER.repeat(80) });
        let kept = done(&owner.graph, "updateMe", "user { firstName lastName }", me.clone()).await;
        assert_eq!(kept["user"], me);

        // The care relationship follows from the booking, which travels as an event.
        caregraph_kit::testing::eventually("the doctor treats the owner", || async {
            let document = "query ($id: ID!) { medicalRecord(patientId: $id) { accessBasis } }";
            let seen = doctor.graph.data(document, json!({ "id": owner.id })).await;
            seen["medicalRecord"].is_object().then_some(())
        })
        .await;
        let text = LETTER.repeat(20_000);
        let said = json!({ "chiefComplaint": LETTER.repeat(1_000), "history": text, "examination": text, "notes": text });
        let mut encounter = said.clone();
        encounter["patientId"] = json!(owner.id);
        let result = "encounter { chiefComplaint history examination notes }";
        let kept = done(&doctor.graph, "startEncounter", result, encounter).await;
        assert_eq!(kept["encounter"], said);
        let consent = json!({
            "patientId": owner.id, "granteeId": doctor.id, "allParts": true, "purpose": LETTER.repeat(500),
            "idempotencyKey": "k".repeat(128),
        });
        let kept = done(&owner.graph, "grantConsent", "consent { purpose }", consent).await;
        assert_eq!(kept["consent"]["purpose"], LETTER.repeat(500));
    }

    async fn control_characters_are_dropped_before_they_reach_a_store(stores: Stores) {
        let (clinic, _program) = Clinic::open(&stores).await;
        let text = "a\u{0}\u{7}\u{1b}b";
        let saved = done(&clinic.admin.graph, "saveDepartment", "department { name }", json!({ "name": text })).await;
        assert_eq!(saved["department"]["name"], "ab");
        let walk_in = json!({ "givenName": text, "familyName": text, "occupation": text });
        let kept = done(&clinic.nurse.graph, "registerPatient", "patient { givenName familyName occupation }", walk_in).await;
        assert_eq!(kept["patient"], json!({ "givenName": "ab", "familyName": "ab", "occupation": "ab" }));
    }

    async fn a_search_finds_what_it_says_and_nothing_by_wildcards(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        let owner = Person::register(&stores, &program.graph(), "owner@clinic.test").await;
        let nobody = program.graph();
        let searches = [
            (&clinic.nurse.graph, "patients", "query ($text: String) { patients(search: $text) { nodes { id } } }", "linh", &owner.id),
            (&nobody, "practitioners", "query ($text: String) { practitioners(filter: { text: $text }) { nodes { id } } }", "ada", &clinic.doctors[0].id),
            (&nobody, "medicalServices", "query ($text: String) { medicalServices(filter: { text: $text }) { nodes { id } } }", "check", &clinic.service),
            (&clinic.admin.graph, "users", "query ($text: String) { users(filter: { text: $text }) { nodes { id } } }", "owner@", &owner.id),
        ];
        for (graph, field, document, good, id) in searches {
            let found = graph.data(document, json!({ "text": good })).await;
            assert!(found.to_string().contains(id), "{field} finds {good}: {found}");
            for wild in ["%", "_", "%%%", "____", "l%h", "*", "\\", "\\%", "'", "' OR 1=1 --", "\"", "[a-z]", "(", "a\u{0}b"] {
                let (_, answer) = graph.send(document, json!({ "text": wild })).await;
                let refused = answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT";
                assert!(refused || answer["data"][field]["nodes"] == json!([]), "{field} {wild:?}: {answer}");
            }
        }
    }
}

async fn done(graph: &Graph, field: &str, result: &str, input: Value) -> Value {
    let (first, rest) = field.split_at(1);
    let input_type = format!("{}{rest}Input", first.to_uppercase());
    let document = format!(
        "mutation ($input: {input_type}!) {{ {field}(input: $input) {{ {result} errors {{ __typename ... on UserError {{ message path }} }} }} }}"
    );
    graph.done(field, &document, json!({ "input": input })).await
}
