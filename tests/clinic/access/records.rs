//! Medical records: what is written in them.

use super::charts::{self, UNSIGNED, WITHHELD, Whose, Written};
use super::row::{Attempt, Row};
use super::world::Who;
use futures::FutureExt;
use serde_json::{Value, json};

pub fn rows() -> Vec<Row> {
    [
        observed(),
        concluded(),
        entries_changed(),
        visits_changed(),
        things_that_are_not_there(),
        emergencies(),
        taken_along(),
        live(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A new entry in somebody's record.
fn new(field: &'static str, case: &'static str, whose: Whose, input: fn(&str) -> Value) -> Row {
    Row::mutation(field, move |world, _| {
        let input = input(whose(world));
        async move { Attempt::input(input) }.boxed()
    })
    .case(case)
    .at_once()
}

/// What nurses write, too.
fn observed() -> Vec<Row> {
    let mut rows = Vec::new();
    for (field, input) in [
        ("recordVitals", charts::vitals as fn(&str) -> Value),
        ("recordAllergy", charts::allergy),
        ("recordImmunization", charts::immunization),
        ("recordMedicationStatement", charts::medicine),
        ("attachDocument", charts::document),
        ("requestUpload", charts::upload),
    ] {
        rows.push(new(field, "the owner's", charts::owner, input));
        rows.push(new(field, "nursed", charts::nursed, input));
    }
    rows.push(new("recordVitals", "opened", charts::opened, charts::vitals));
    rows.push(new("recordAllergy", "shared", charts::shared, charts::allergy));
    rows
}

/// What only doctors write.
fn concluded() -> Vec<Row> {
    let mut rows = Vec::new();
    for (field, input) in [
        ("recordCondition", charts::condition as fn(&str) -> Value),
        ("startEncounter", charts::encounter),
    ] {
        rows.push(new(field, "the owner's", charts::owner, input));
        rows.push(new(field, "nursed", charts::nursed, input));
        rows.push(new(field, "opened", charts::opened, input));
    }
    rows.push(
        Row::mutation("updateBackground", |world, _| {
            async {
                // A child's of whom nothing was written down, so that everybody has read the right version.
                let child = world.dependant().await;
                Attempt::input(json!({ "patientId": child, "bloodType": "O_POSITIVE" }))
            }
            .boxed()
        })
        .case("a child's")
        .at_once(),
    );
    rows
}

/// Where nurses may write, too.
const EVERYWHERE: &[(&str, Whose)] = &[
    ("the owner's", charts::owner),
    ("nursed", charts::nursed),
    ("opened", charts::opened),
];
/// Where only doctors write.
const BY_DOCTORS: &[(&str, Whose)] = &[("the owner's", charts::owner), ("opened", charts::opened)];

/// What is there already, written by the doctor, is changed.
fn change(
    field: &'static str,
    places: &'static [(&'static str, Whose)],
    written: Written,
    input: fn(Value) -> Value,
) -> Vec<Row> {
    places
        .iter()
        .map(|(case, whose)| {
            Row::mutation(field, move |world, _| {
                async move { Attempt::input(input(written(world, whose(world)).await)) }.boxed()
            })
            .case(case)
            .at_once()
        })
        .collect()
}

fn entries_changed() -> Vec<Row> {
    let mut rows = Vec::new();
    rows.extend(change(
        "updateAllergy",
        EVERYWHERE,
        |world, patient| world.allergy(patient, charts::ALLERGY, false).boxed(),
        |entry| json!({ "id": entry["id"], "version": entry["version"], "reaction": "hives" }),
    ));
    rows.extend(change(
        "updateMedicationStatement",
        EVERYWHERE,
        |world, patient| world.medicine(patient).boxed(),
        |entry| json!({ "id": entry["id"], "version": entry["version"], "status": "STOPPED" }),
    ));
    rows.extend(change(
        "updateCondition",
        BY_DOCTORS,
        |world, patient| world.condition(patient).boxed(),
        |entry| json!({ "id": entry["id"], "version": entry["version"], "status": "RESOLVED" }),
    ));
    rows.extend(change(
        "releaseEntry",
        EVERYWHERE,
        |world, patient| world.allergy(patient, WITHHELD, true).boxed(),
        |entry| json!({ "id": entry["id"] }),
    ));
    rows.extend(change(
        "retractEntry",
        EVERYWHERE,
        |world, patient| world.allergy(patient, charts::ALLERGY, false).boxed(),
        |entry| json!({ "id": entry["id"], "version": entry["version"], "reason": "the wrong patient" }),
    ));
    rows
}

fn visits_changed() -> Vec<Row> {
    let unsigned: Written = |world, patient| world.visit_about(patient, UNSIGNED).boxed();
    let mut rows = Vec::new();
    rows.extend(change(
        "updateEncounter",
        BY_DOCTORS,
        unsigned,
        |visit| json!({ "id": visit["id"], "version": visit["version"], "examination": "Clear lungs." }),
    ));
    rows.extend(change("signEncounter", BY_DOCTORS, unsigned, |visit| visit));
    rows.extend(change(
        "amendEncounter", BY_DOCTORS,
        |world, patient| world.signed_visit(patient).boxed(),
        |visit| {
            json!({ "id": visit["id"], "version": visit["version"], "notes": "Some fever.", "reason": "left out" })
        },
    ));
    rows.extend(change(
        "recordDiagnosis",
        BY_DOCTORS,
        unsigned,
        |visit| json!({ "encounterId": visit["id"], "diagnosis": { "code": "I10" } }),
    ));
    rows.extend(change(
        "updateDiagnosis", BY_DOCTORS,
        |world, patient| world.diagnosed_visit(patient).boxed(),
        |visit| {
            json!({ "encounterId": visit["id"], "diagnosisId": visit["diagnosis"], "diagnosis": { "code": "E11.9" } })
        },
    ));
    rows.extend(change(
        "addTreatmentPlan",
        BY_DOCTORS,
        unsigned,
        |visit| json!({ "encounterId": visit["id"], "description": "Rest." }),
    ));
    rows
}

/// The door is as closed to what is not there as to what is: whoever knocks learns nothing from the answer.
fn things_that_are_not_there() -> Vec<Row> {
    const NOTHING: &str = "018f0000-0000-7000-8000-000000000000";
    let change = |field, input: fn() -> Value| {
        Row::mutation(field, move |_, _| {
            async move {
                let mut input = input();
                input["id"] = json!(NOTHING);
                Attempt::input(input)
            }
            .boxed()
        })
        .case("of nothing")
        .at_once()
    };
    vec![
        change("updateAllergy", || json!({ "version": 1 })),
        change("updateCondition", || json!({ "version": 1 })),
        change("signEncounter", || json!({ "version": 1 })),
        change("releaseEntry", || json!({})),
        change(
            "retractEntry",
            || json!({ "version": 1, "reason": "the wrong patient" }),
        ),
    ]
}

/// Data are taken along by the patient and whoever acts for them, and fetched by whoever asked.
fn taken_along() -> Vec<Row> {
    let ask = |case, whose: Whose| {
        Row::mutation("exportMyData", move |world, _| {
            async move { Attempt::input(json!({ "patientId": whose(world) })) }.boxed()
        })
        .case(case)
        .at_once()
    };
    let show = "query ($id: ID!) { dataExport(id: $id) { id } }";
    vec![
        ask("the owner's", charts::owner),
        ask("nursed", charts::nursed),
        Row::mutation("exportMyData", |_, _| {
            async { Attempt::input(json!({ "patientId": "018f0000-0000-7000-8000-000000000000" })) }.boxed()
        })
        .case("nobody's"),
        Row::query("dataExport", show, |world, _| {
            async {
                let input = json!({ "patientId": world.owner.id });
                let asked = world
                    .command(Who::Owner, "exportMyData", input, "export { id }")
                    .await;
                let id = asked["export"]["id"].as_str().unwrap_or_default();
                Attempt::with(json!({ "id": id })).showing(id)
            }
            .boxed()
        })
        .case("the owner's"),
    ]
}

fn emergencies() -> Vec<Row> {
    vec![
        Row::mutation("breakGlass", |world, _| {
            async { Attempt::input(charts::emergency(&world.dependant().await)) }.boxed()
        })
        .case("a child's")
        .at_once(),
        Row::mutation("breakGlass", |_, _| {
            async { Attempt::input(charts::emergency("018f0000-0000-7000-8000-000000000000")) }.boxed()
        })
        .case("nobody's"),
    ]
}

fn live() -> Vec<Row> {
    const CHANGES: &str = "subscription ($id: ID!) {
        recordChanged(patientId: $id) { entry { ... on Allergy { substance } ... on VitalSigns { critical } } } }";
    vec![
        Row::subscription("recordChanged", CHANGES, |world, _| {
            async { Attempt::with(json!({ "id": world.owner.id })) }.boxed()
        })
        .case("the owner's")
        .when(|world| world.let_the_record_change().boxed()),
        // It comes first, so whoever hears of something else was not told of it.
        Row::subscription("recordChanged", CHANGES, |world, _| {
            async { Attempt::with(json!({ "id": world.owner.id })).showing(WITHHELD) }.boxed()
        })
        .case("the owner's → what is withheld")
        .when(|world| world.let_the_record_change().boxed()),
    ]
}
