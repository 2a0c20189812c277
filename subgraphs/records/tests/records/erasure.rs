//! What must stay of a record, what goes, and that nothing is left of it.

use crate::exports::{others, ready, requests, tell};
use crate::world::*;
use caregraph_contracts::RecordPart;
use caregraph_contracts::events::{
    AppointmentStatus, DataCategory, Erasable, ErasureStep, ExportPart, Holdings, PatientsEvent,
    RecordsEvent, Retained, RetentionBasis, SchedulingEvent,
};
use caregraph_contracts::ids::{DataExportId, EventId};
use caregraph_kit::documents::{Declaration, Document, Filter, Query};
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::principal;
use chrono::TimeDelta;
use futures::future::join_all;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The last moment in which what is written when a world begins must stay, and the first in which it need not.
const LAST: &str = "2036-03-03T23:59:59Z";
pub const OVER: &str = "2036-03-04T00:00:00Z";

const LOOK: &str = "query ($id: ID!, $entry: ID!, $at: DateTime!) {
    medicalRecord(patientId: $id) { background { version } allergies { id } documents { id } encounters { id } latestVitals { id } }
    recordAsOf(patientId: $id, at: $at) { allergies { id } }
    recordEntry(id: $entry) { __typename } recordHistory(id: $entry) { nodes { number } } }";

on_every_document_store! {
    async fn a_survey_changes_nothing(world: World) {
        world.allergy("Penicillin").await;
        world.done(&lan(), "exportMyData", "export { id }", json!({})).await;
        let before = kept(&world).await;
        let answer = world.answer(step(&world, 0)).await;
        let export = goes(DataCategory::DataExports, 1);
        assert_eq!(answer, Holdings { goes: vec![export], stays: vec![stays(1, "2036-03-03")] });
        world.now_is(OVER);
        let answer = world.answer(step(&world, 0)).await;
        // It says who acts for Lan.
        let (record, chart) = (goes(DataCategory::MedicalRecords, 1), goes(DataCategory::Consents, 1));
        assert_eq!(answer, Holdings { goes: vec![record, chart, export], stays: Vec::new() });
        assert_eq!(kept(&world).await, before);
    }

    async fn while_the_law_keeps_a_record_only_archives_go(world: World) {
        let allergy = world.allergy("Penicillin").await;
        let background = world.start_background();
        let export = world.done(&lan(), "exportMyData", "export { id }", json!({})).await["id"].take();
        let request = requests(&world).await.pop().unwrap();
        for domain in others() {
            tell(&world, part(request.export_id, domain, 1)).await;
        }
        let archive = ready(&world, &lan(), &export).await;
        let url = archive["download"]["url"].as_str().unwrap();
        assert_eq!(world.fetch(url).await.0, StatusCode::OK);
        // Another one is being put together.
        let mother = principal(user(MOTHER), &[caregraph_contracts::Role::Patient]);
        world.done(&mother, "exportMyData", "export { id }", json!({ "patientId": id(LAN) })).await;
        let unfinished = requests(&world).await.pop().unwrap();
        let last = others().last().unwrap();
        tell(&world, part(unfinished.export_id, last, 2)).await;
        assert_eq!(count::<Parts>(&world).await, 1);

        let answer = world.answer(step(&world, 1)).await;
        let archives = goes(DataCategory::DataExports, 2);
        assert_eq!(answer, Holdings { goes: vec![archives], stays: vec![stays(1, "2036-03-03")] });
        assert_eq!(world.fetch(url).await.0, StatusCode::NOT_FOUND);
        let shown = world.data(&lan(), "query ($id: ID!) { dataExport(id: $id) { status } }", json!({ "id": export })).await;
        assert_eq!(shown["dataExport"], Value::Null);
        // What arrives late is let go.
        tell(&world, part(unfinished.export_id, last, 1)).await;
        assert_eq!((count::<Exports>(&world).await, count::<Parts>(&world).await), (0, 0));

        world.now_is(LAST);
        let answer = world.answer(step(&world, 2)).await;
        assert_eq!(answer, Holdings { goes: Vec::new(), stays: vec![stays(1, "2036-03-03")] });
        let seen = world.data(&doctor(), LOOK, look_at(&world, &allergy)).await;
        assert_eq!(seen["medicalRecord"]["allergies"][0]["id"], allergy["id"]);
        assert_eq!(seen["recordHistory"]["nodes"], json!([{ "number": 1 }]));
        background.stop().await;
    }

    async fn after_its_time_nothing_that_a_record_said_is_left(world: World) {
        world.cares(STRANGER, AN).await;
        let of_an = json!({ "patientId": id(AN), "substance": "Latex", "category": "ENVIRONMENT" });
        world.done(&stranger(), "recordAllergy", "allergy { id }", of_an).await;
        let before = kept(&world).await;

        // Changed, taken back, unsigned, withheld, with a file, and a file that belongs to nothing yet.
        let allergy = world.allergy("Penicillin").await;
        let change = json!({ "id": allergy["id"], "version": 1, "severity": "SEVERE" });
        world.done(&nurse(), "updateAllergy", "allergy { version }", change).await;
        let wrong = world.allergy("Peanut").await;
        let retract = json!({ "id": wrong["id"], "version": 1, "reason": "wrong patient" });
        world.done(&doctor(), "retractEntry", "entry { __typename }", retract).await;
        world.done(&doctor(), "startEncounter", "encounter { id }", json!({ "patientId": id(LAN) })).await;
        let withheld = json!({ "patientId": id(LAN), "code": "I10", "withheld": true });
        world.done(&doctor(), "recordCondition", "condition { id }", withheld).await;
        let letter = document(&world).await;
        let later = json!({ "patientId": id(LAN), "fileName": "later.pdf" });
        world.done(&nurse(), "requestUpload", "upload { fileId }", later).await;
        // Some of what opened it is over, some is not.
        world.consent(300, STRANGER, &[RecordPart::Allergies], false).await;
        world.consent(301, STRANGER, &[RecordPart::Vitals], true).await;
        world.relationship(STRANGER, LAN, None, None).await;
        let glass = json!({ "patientId": id(LAN), "reason": "a good reason" });
        world.done(&stranger(), "breakGlass", "opened { until }", glass).await;

        world.now_is(OVER);
        let answer = world.answer(step(&world, 1)).await;
        let (record, over) = (goes(DataCategory::MedicalRecords, 5), goes(DataCategory::Consents, 4));
        assert_eq!(answer, Holdings { goes: vec![record, over], stays: Vec::new() });
        world.files.tidy().await.unwrap();
        let left = kept(&world).await;
        // What there was before, and the consent that still holds.
        let expected: Vec<_> = before.into_iter().map(|(name, count)| match name {
            "consents" => (name, count + 1),
            _ => (name, count),
        }).collect();
        assert_eq!(left, expected);
        for round in [1, 2] {
            assert_eq!(world.answer(step(&world, round)).await, Holdings::default());
            assert_eq!(kept(&world).await, left);
        }

        // Whoever looks finds nothing, and nothing breaks; there may be a record again.
        world.consent(300, STRANGER, &[RecordPart::Allergies], true).await;
        let mother = principal(user(MOTHER), &[caregraph_contracts::Role::Patient]);
        for who in [stranger(), mother] {
            let seen = world.data(&who, LOOK, look_at(&world, &letter)).await;
            assert_eq!(seen, json!({ "medicalRecord": null, "recordAsOf": null, "recordEntry": null, "recordHistory": null }));
        }
        for who in [lan(), doctor()] {
            let seen = world.data(&who, LOOK, look_at(&world, &letter)).await;
            let empty = json!({ "background": null, "allergies": [], "documents": [], "encounters": [], "latestVitals": null });
            assert_eq!(seen, json!({ "medicalRecord": empty, "recordAsOf": { "allergies": [] }, "recordEntry": null, "recordHistory": null }));
        }
        world.allergy("Penicillin").await;
        let answer = world.answer(step(&world, 3)).await;
        assert_eq!(answer, Holdings { goes: Vec::new(), stays: vec![stays(1, "2046-03-05")] });
    }

    async fn the_record_of_somebody_who_died_stays_longer(world: World) {
        world.allergy("Penicillin").await;
        world.now_is(OVER);
        let died = |round| ErasureStep { deceased: true, ..step(&world, round) };
        let answer = world.answer(died(1)).await;
        assert_eq!(answer, Holdings { goes: Vec::new(), stays: vec![stays(1, "2046-03-03")] });
        assert_eq!(count::<Entries>(&world).await, 1);
        world.now_is("2046-03-04T00:00:00Z");
        let answer = world.answer(died(2)).await;
        assert_eq!(answer.goes.first(), Some(&goes(DataCategory::MedicalRecords, 1)));
        assert_eq!((count::<Entries>(&world).await, count::<Versions>(&world).await), (0, 0));
    }

    async fn a_visit_counts_until_its_end(world: World) {
        let mut appointment = world.visit(500, AppointmentStatus::Completed);
        appointment.end = world.now() + TimeDelta::days(40);
        world.hear(&SchedulingEvent::AppointmentCompleted { appointment }).await;
        world.now_is(OVER);
        assert_eq!(world.answer(step(&world, 1)).await.stays, [stays(1, "2036-04-12")]);
    }

    async fn all_records_of_a_person_go_together(world: World) {
        world.cares(STRANGER, AN).await;
        world.allergy("Penicillin").await;
        world.advance(TimeDelta::days(30));
        let of_an = json!({ "patientId": id(AN), "substance": "Latex", "category": "ENVIRONMENT" });
        world.done(&stranger(), "recordAllergy", "allergy { id }", of_an).await;
        world.hear(&PatientsEvent::PatientsMerged { surviving: patient(LAN), merged: patient(AN) }).await;
        let both = |round| ErasureStep { records: vec![patient(LAN), patient(AN)], ..step(&world, round) };
        world.now_is(OVER);
        let answer = world.answer(both(1)).await;
        assert_eq!(answer, Holdings { goes: Vec::new(), stays: vec![stays(2, "2036-04-02")] });
        world.now_is("2036-04-03T00:00:00Z");
        let answer = world.answer(both(2)).await;
        let (record, chart) = (goes(DataCategory::MedicalRecords, 2), goes(DataCategory::Consents, 1));
        assert_eq!(answer.goes, [record, chart]);
        assert_eq!((count::<Entries>(&world).await, count::<Versions>(&world).await), (0, 0));
        assert_eq!((count::<Charts>(&world).await, count::<Ties>(&world).await), (2, 3));
    }

    async fn without_a_record_only_that_goes_which_is_over(world: World) {
        world.relationship(STRANGER, LAN, None, None).await;
        let (over, before) = (goes(DataCategory::Consents, 2), kept(&world).await);
        assert_eq!(world.answer(step(&world, 0)).await, Holdings { goes: vec![over], stays: Vec::new() });
        assert_eq!(kept(&world).await, before);
        assert_eq!(world.answer(step(&world, 1)).await, Holdings { goes: vec![over], stays: Vec::new() });
        assert_eq!((count::<Charts>(&world).await, count::<Ties>(&world).await), (2, 2));
        assert_eq!(world.answer(step(&world, 1)).await, Holdings::default());
        // Nobody was ever here under this identifier.
        let unknown = ErasureStep { patient_id: patient(999), records: vec![patient(999)], ..step(&world, 1) };
        assert_eq!(world.answer(unknown).await, Holdings::default());
    }

    /// More than one commit takes, and as it looks when an attempt before was cut off.
    async fn a_large_record_goes_in_pieces(world: World) {
        let writer = doctor();
        let entries = (0..150).map(async |n: usize| {
            let input = json!({ "patientId": id(LAN), "substance": format!("Substance {n}"), "category": "FOOD" });
            world.done(&writer, "recordAllergy", "allergy { id }", input).await;
        });
        join_all(entries).await;
        let versions = world.ground.documents.collection::<Versions>().unwrap();
        let first = Query::of(Filter::everything()).limit(50);
        for (_, found) in versions.find(&first).await.unwrap() {
            versions.delete(found.id, found.version).await.unwrap();
        }
        world.now_is(OVER);
        let answer = world.answer(step(&world, 1)).await;
        let (record, chart) = (goes(DataCategory::MedicalRecords, 150), goes(DataCategory::Consents, 1));
        assert_eq!(answer.goes, [record, chart]);
        assert_eq!((count::<Entries>(&world).await, count::<Versions>(&world).await), (0, 0));
        assert_eq!(world.answer(step(&world, 1)).await, Holdings::default());
    }
}

/// A round of erasing Lan's data.
pub fn step(world: &World, round: u32) -> ErasureStep {
    ErasureStep {
        erasure_id: id(900).into(),
        round,
        patient_id: patient(LAN),
        records: vec![patient(LAN)],
        deceased: false,
        requested_by: user(LAN),
        at: world.now(),
    }
}

pub fn goes(category: DataCategory, count: u64) -> Erasable {
    Erasable { category, count }
}

fn stays(count: u64, until: &str) -> Retained {
    Retained {
        category: DataCategory::MedicalRecords,
        count,
        basis: RetentionBasis::MedicalRecordsLaw,
        until: Some(until.parse().unwrap()),
    }
}

pub fn part(export_id: DataExportId, domain: caregraph_contracts::Domain, of: u32) -> ExportPart {
    ExportPart {
        export_id,
        patient_id: patient(LAN),
        domain,
        number: 1,
        of,
        list: "things".to_owned(),
        rows: vec![json!({ "row": 1 })],
    }
}

/// A document of Lan's with a file.
pub async fn document(world: &World) -> Value {
    let input = json!({ "patientId": id(LAN), "fileName": "letter.pdf" });
    let asked = world
        .done(&nurse(), "requestUpload", "upload { fileId url }", input)
        .await;
    let content = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";
    world.upload(asked["url"].as_str().unwrap(), content).await;
    let attach = json!({ "patientId": id(LAN), "fileId": asked["fileId"], "documentType": "REPORT", "title": "Letter" });
    world
        .done(&nurse(), "attachDocument", "document { id }", attach)
        .await
}

fn look_at(world: &World, entry: &Value) -> Value {
    json!({ "id": id(LAN), "entry": entry["id"], "at": world.now().to_rfc3339() })
}

impl World {
    pub fn now_is(&self, moment: &str) {
        self.ground.clock.set(moment.parse().unwrap());
    }

    /// What this domain answers to a round: once, although it hears of it twice.
    pub async fn answer(&self, step: ErasureStep) -> Holdings {
        let before = self.answers().await.len();
        self.hear(&PatientsEvent::ErasureAsked { step: step.clone() })
            .await;
        let mut answers = self.answers().await.split_off(before);
        assert_eq!(answers.len(), 1, "{answers:?}");
        let (patient_id, round, holdings) = answers.remove(0);
        assert_eq!((patient_id, round), (step.patient_id, step.round));
        holdings
    }

    async fn answers(&self) -> Vec<(caregraph_contracts::ids::PatientId, u32, Holdings)> {
        let told = self.told().await.into_iter();
        told.filter_map(|event| match event {
            RecordsEvent::ErasureAnswered { answer } => {
                Some((answer.patient_id, answer.round, answer.holdings))
            }
            _ => None,
        })
        .collect()
    }
}

/// Documents as they lie in the store, whatever they are.
macro_rules! as_they_lie {
    ($($name:ident = $collection:literal),* $(,)?) => {
        $(
            #[derive(Serialize, Deserialize)]
            #[serde(transparent)]
            pub struct $name(pub Value);

            impl Document for $name {
                type Id = EventId;
                const COLLECTION: &'static str = $collection;
                fn declaration() -> Declaration {
                    Declaration::new(Self::COLLECTION)
                }
            }
        )*

        /// How many documents there are, by collection.
        pub async fn kept(world: &World) -> Vec<(&'static str, u64)> {
            vec![$(($collection, count::<$name>(world).await)),*]
        }
    };
}

as_they_lie! {
    Charts = "charts",
    Ties = "care_ties",
    Consents = "consents",
    Glass = "glass_breaks",
    Entries = "entries",
    Versions = "entry_versions",
    FileRows = "files",
    Exports = "exports",
    Parts = "export_parts",
}

pub async fn count<T: Document>(world: &World) -> u64 {
    let all = world.ground.documents.collection::<T>().unwrap();
    all.count(&Filter::everything()).await.unwrap()
}
