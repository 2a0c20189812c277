//! What stands in medical records, and fresh entries for people to try their hands on.

use super::world::{Who, World, id};
use caregraph_kit::Clock;
use caregraph_kit::testing::eventually;
use futures::future::BoxFuture;
use serde_json::{Value, json};

/// The medical records of the table. Of the owner's children, one is *nursed*: the nurse cares for them, as the doctor does for
/// all. One is *opened*: the other doctor and the nurse broke the glass. One is *shared*: the owner lets the other doctor see the
/// allergies.
#[derive(Default)]
pub struct Charts {
    pub nursed: String,
    pub opened: String,
    pub shared: String,
    /// An allergy of the owner's.
    pub allergy: String,
    /// One that is withheld from the owner.
    pub withheld: String,
    /// One that was withheld while it said something else.
    pub corrected: String,
    /// When it said that.
    pub then: String,
    /// A report in the owner's record, with a file.
    pub report: String,
    /// A signed visit of the owner's.
    pub signed: String,
    /// One that the doctor writes about.
    pub unsigned: String,
    /// What lets the other doctor see the shared child's allergies.
    pub consent: String,
}

/// Substances.
pub const ALLERGY: &str = "penicillin";
pub const WITHHELD: &str = "an adhesive, as a parent told in confidence";
pub const MISTAKEN: &str = "peanuts, of somebody else's";
/// Why people came.
pub const SIGNED: &str = "a sore throat";
pub const UNSIGNED: &str = "a cough at night";
/// The title of the code with which conditions are recorded.
pub const CONDITION: &str = "hypertension";
/// Why the glass was broken.
pub const EMERGENCY: &str = "brought in unconscious, nobody else at hand";

/// Whose record.
pub type Whose = for<'a> fn(&'a World) -> &'a str;

pub fn owner(world: &World) -> &str {
    &world.owner.id
}

pub fn nursed(world: &World) -> &str {
    &world.charts.nursed
}

pub fn opened(world: &World) -> &str {
    &world.charts.opened
}

pub fn shared(world: &World) -> &str {
    &world.charts.shared
}

/// Writes an entry into somebody's record, and gives its id and version.
pub type Written = for<'a> fn(&'a World, &'a str) -> BoxFuture<'a, Value>;

impl World {
    /// Fills the records, before anybody tries anything.
    pub async fn write_charts(&self) -> Charts {
        let owner = self.owner.id.as_str();
        eventually("the doctor treats the owner", || async {
            let document = "query ($id: ID!) { medicalRecord(patientId: $id) { accessBasis } }";
            let seen = self
                .graph(Who::Doctor)
                .data(document, json!({ "id": owner }))
                .await;
            seen["medicalRecord"].is_object().then_some(())
        })
        .await;
        let mut charts = Charts {
            nursed: self.dependant().await,
            opened: self.dependant().await,
            shared: self.dependant().await,
            allergy: id(&self.allergy(owner, ALLERGY, false).await),
            withheld: id(&self.allergy(owner, WITHHELD, true).await),
            report: self.report().await,
            signed: id(&self.signed_visit(owner).await),
            unsigned: id(&self.visit_about(owner, UNSIGNED).await),
            ..Charts::default()
        };
        (charts.corrected, charts.then) = self.corrected_allergy().await;
        self.written("recordVitals", vitals(owner), "vitals").await;
        for child in [&charts.nursed, &charts.opened, &charts.shared] {
            self.allergy(child, ALLERGY, false).await;
            self.allergy(child, WITHHELD, true).await;
            self.condition(child).await;
        }
        let mut team = self.team_of(&charts.nursed);
        let nurse = json!({ "practitionerId": self.clinic.nurse.id, "role": "NURSE" });
        team["members"].as_array_mut().unwrap().push(nurse);
        self.command(Who::Nurse, "assignCareTeam", team, "patient { id }")
            .await;
        for who in [Who::OtherDoctor, Who::Nurse] {
            self.command(who, "breakGlass", emergency(&charts.opened), "opened { until }")
                .await;
        }
        let consent = json!({
            "patientId": charts.shared, "granteeId": self.clinic.doctors[1].id, "parts": ["ALLERGIES"],
            "idempotencyKey": self.key(),
        });
        let given = self.command(Who::Owner, "grantConsent", consent, "consent { id }");
        charts.consent = id(&given.await["consent"]);
        charts
    }

    /// Writes what only the doctor writes here, and gives what `result` names of it.
    async fn written(&self, field: &str, input: Value, result: &str) -> Value {
        let selection = format!("{result} {{ id version }}");
        self.command(Who::Doctor, field, input, &selection).await[result].take()
    }

    pub async fn allergy(&self, patient: &str, substance: &str, withheld: bool) -> Value {
        let mut input = allergy(patient);
        input["substance"] = json!(substance);
        input["withheld"] = json!(withheld);
        self.written("recordAllergy", input, "allergy").await
    }

    pub async fn condition(&self, patient: &str) -> Value {
        self.written("recordCondition", condition(patient), "condition")
            .await
    }

    pub async fn medicine(&self, patient: &str) -> Value {
        self.written("recordMedicationStatement", medicine(patient), "medication")
            .await
    }

    /// A visit that the doctor writes about, and that could be signed.
    pub async fn visit_about(&self, patient: &str, complaint: &str) -> Value {
        let mut input = encounter(patient);
        input["chiefComplaint"] = json!(complaint);
        self.written("startEncounter", input, "encounter").await
    }

    pub async fn signed_visit(&self, patient: &str) -> Value {
        let visit = self.visit_about(patient, SIGNED).await;
        self.written("signEncounter", visit, "encounter").await
    }

    /// A visit with a diagnosis, whose id is `diagnosis`.
    pub async fn diagnosed_visit(&self, patient: &str) -> Value {
        let visit = self.visit_about(patient, UNSIGNED).await;
        let input = json!({ "encounterId": visit["id"], "diagnosis": { "code": "I10" } });
        let selection = "encounter { id version diagnoses { id } }";
        let mut diagnosed = self
            .command(Who::Doctor, "recordDiagnosis", input, selection)
            .await;
        let mut visit = diagnosed["encounter"].take();
        visit["diagnosis"] = visit["diagnoses"][0]["id"].take();
        visit
    }

    /// An allergy of the owner's that was corrected before it was released, and when it was not yet.
    async fn corrected_allergy(&self) -> (String, String) {
        let mistaken = self.allergy(&self.owner.id, MISTAKEN, true).await;
        let then = Clock::system().now().to_rfc3339();
        let input = json!({ "id": mistaken["id"], "version": mistaken["version"], "substance": "pollen" });
        self.written("updateAllergy", input, "allergy").await;
        let input = json!({ "id": mistaken["id"] });
        self.command(Who::Doctor, "releaseEntry", input, "entry { __typename }")
            .await;
        (id(&mistaken), then)
    }

    /// Leave for the doctor to upload a file about somebody, with the file's id and address.
    async fn upload(&self, patient: &str) -> Value {
        let input = json!({ "patientId": patient, "fileName": "letter.pdf" });
        self.command(Who::Doctor, "requestUpload", input, "upload { fileId url }")
            .await["upload"]
            .take()
    }

    /// A report in the owner's record, with a file.
    async fn report(&self) -> String {
        const FILE: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";
        let upload = self.upload(&self.owner.id).await;
        let address = self.doctor().graph.url(upload["url"].as_str().unwrap());
        let answer = reqwest::Client::new()
            .put(address)
            .body(FILE)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
        let mut input = document(&self.owner.id);
        input["fileId"] = upload["fileId"].clone();
        id(&self.written("attachDocument", input, "document").await)
    }

    /// What the owner may not read yet is written, and then what they may.
    pub async fn let_the_record_change(&self) {
        self.allergy(&self.owner.id, WITHHELD, true).await;
        self.written("recordVitals", vitals(&self.owner.id), "vitals")
            .await;
    }
}

pub fn vitals(patient: &str) -> Value {
    json!({ "patientId": patient, "heartRate": 72, "temperature": "36.8" })
}

pub fn allergy(patient: &str) -> Value {
    json!({ "patientId": patient, "substance": ALLERGY, "category": "MEDICATION" })
}

pub fn condition(patient: &str) -> Value {
    json!({ "patientId": patient, "code": "I10" })
}

pub fn immunization(patient: &str) -> Value {
    json!({ "patientId": patient, "vaccine": "Tetanus", "givenOn": "2020-05-01" })
}

pub fn medicine(patient: &str) -> Value {
    json!({ "patientId": patient, "medication": "Salbutamol 100 µg" })
}

pub fn document(patient: &str) -> Value {
    json!({ "patientId": patient, "documentType": "REPORT", "title": "Letter", "report": "All is well." })
}

pub fn encounter(patient: &str) -> Value {
    json!({ "patientId": patient, "chiefComplaint": UNSIGNED, "notes": "No fever." })
}

pub fn upload(patient: &str) -> Value {
    json!({ "patientId": patient, "fileName": "letter.pdf" })
}

pub fn emergency(patient: &str) -> Value {
    json!({ "patientId": patient, "reason": EMERGENCY })
}
