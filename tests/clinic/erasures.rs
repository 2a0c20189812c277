//! A patient has everything erased that no law keeps, in one process and across processes.

use crate::harness::{Clinic, Cluster, Graph, PASSWORD, Person, Stores};
use crate::records::chart::{done, done_soon, refused};
use crate::records::patiently;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::TestRedis;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// Nobody waits for two days in a test.
const AT_ONCE: (&str, &str) = ("CAREGRAPH_PRIVACY__ERASURE_DELAY_HOURS", "0");

const SHOW: &str =
    "query ($id: ID!) { erasure(id: $id) { status goes { category count } stays { category basis until } } }";
const PATIENT: &str =
    "query ($id: ID!) { patient(id: $id) { displayName medicalRecordNumber phone dateOfBirth
    erasures { id } consents { nodes { active } } } }";

on_every_engine! {
    async fn what_no_law_keeps_is_erased(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        program.stop().await;
        let program = stores.start_with(&[], &[AT_ONCE]).await;
        erase(&stores, &clinic, [program.address; 2]).await;
        program.stop().await;
    }

    /// A process for each domain and two routers: what each keeps is asked by way of Redis.
    async fn what_no_law_keeps_is_erased_across_processes(stores: Stores) {
        let Some(server) = TestRedis::new() else { return };
        let (clinic, whole) = Clinic::open(&stores).await;
        whole.stop().await;
        let cluster = Cluster::start_with(&stores, &server, &[AT_ONCE]).await;
        let [one, other] = &cluster.routers;
        erase(&stores, &clinic, [one.address, other.address]).await;
        cluster.stop().await;
    }
}

async fn erase(stores: &Stores, clinic: &Clinic, [here, elsewhere]: [SocketAddr; 2]) {
    let clinic = clinic.at(here);
    let public = Graph::new(here);
    let treated = Person::register(stores, &public, "huong@example.com").await;
    let newcomer = Person::register(stores, &public, "lan@example.com").await;
    let other = Person::register(stores, &public, "mai@example.com").await;
    let (nurse, doctor) = (&clinic.nurse, &clinic.doctors[0]);
    let slots = nurse.free_slots(&clinic.service, doctor).await;
    let visit = treated.book(&clinic.service, doctor, &slots[0]).await;
    let others = other.book(&clinic.service, doctor, &slots[4]).await;
    let vitals = json!({ "patientId": treated.id, "heartRate": 72 });
    done_soon(&doctor.graph, "recordVitals", "vitals { id }", &vitals).await;
    let contact = json!({ "id": treated.id, "phone": "+84905551177", "dateOfBirth": "1990-04-12" });
    done(&nurse.graph, "updatePatient", "patient { id }", contact).await;
    let consent = json!({ "patientId": treated.id, "granteeId": clinic.doctors[1].id, "allParts": true,
        "idempotencyKey": "erased" });
    done(&treated.graph, "grantConsent", "consent { id }", consent).await;

    let foreign = json!({ "patientId": treated.id });
    assert_eq!(refused(&other.graph, "requestErasure", foreign).await, "NotFound");
    let wanted = async |who: &Person| {
        let input = json!({ "patientId": who.id });
        done(&who.graph, "requestErasure", "erasure { id }", input).await["erasure"]["id"].take()
    };
    let watching = nurse.at(elsewhere);
    let carried_out = async |id: &Value| {
        patiently("it is carried out", async || {
            let shown = watching.graph.data(SHOW, json!({ "id": id })).await["erasure"].take();
            (shown["status"] == "DONE").then_some(shown)
        })
        .await
    };
    let erasure = wanted(&treated).await;
    let shown = carried_out(&erasure).await;
    for gone in ["ACCOUNT", "CONTACT_DETAILS", "UPCOMING_VISITS", "MESSAGES"] {
        assert!(categories(&shown["goes"]).contains(&gone), "{gone}: {shown}");
    }
    for kept in ["IDENTITY", "MEDICAL_RECORDS", "CONSENTS", "AUDIT_TRAIL"] {
        assert!(categories(&shown["stays"]).contains(&kept), "{kept}: {shown}");
    }
    let law = shown["stays"].as_array().unwrap().iter();
    let mut law = law.filter(|kept| kept["basis"] == "MEDICAL_RECORDS_LAW");
    assert!(law.all(|kept| kept["until"].is_string()), "{shown}");

    // The account has ended everywhere, and its address is free again.
    patiently("no token opens anything", async || {
        let (_, answer) = treated.at(elsewhere).graph.send("{ me { id } }", json!({})).await;
        answer["data"]["me"].is_null().then_some(())
    })
    .await;
    let sign_in = json!({ "identifier": "huong@example.com", "password": PASSWORD });
    assert_eq!(refused(&public, "login", sign_in).await, "InvalidCredentials");
    let again =
        json!({ "email": "huong@example.com", "password": PASSWORD, "firstName": "Hương", "lastName": "Lê" });
    let again = done(&public, "register", "user { id status }", again).await["user"].take();
    assert_eq!(again["status"], "PENDING_VERIFICATION", "{again}");
    assert_ne!(again["id"], json!(treated.id));

    // The visit is called off, with its time free for others; nobody else's is touched.
    let status = async |id: &str| {
        let query = "query ($id: ID!) { appointment(id: $id) { status reason } }";
        nurse.graph.data(query, json!({ "id": id })).await["appointment"].take()
    };
    let called_off = status(&visit).await;
    assert_eq!(
        (&called_off["status"], &called_off["reason"]),
        (&json!("CANCELLED_PATIENT"), &Value::Null)
    );
    assert_ne!(status(&others).await["status"], "CANCELLED_PATIENT");
    patiently("the time is free", async || {
        let free = nurse.free_slots(&clinic.service, doctor).await;
        free.contains(&slots[0]).then_some(())
    })
    .await;

    // Whose record it is stays known, how to reach them does not.
    let kept = nurse.graph.data(PATIENT, json!({ "id": treated.id })).await["patient"].take();
    assert_eq!(
        (&kept["phone"], &kept["dateOfBirth"]),
        (&Value::Null, &json!("1990-04-12")),
        "{kept}"
    );
    assert_eq!(kept["consents"]["nodes"][0]["active"], false, "{kept}");
    assert_eq!(kept["erasures"][0]["id"], erasure);
    let unknown = clinic.doctors[1]
        .graph
        .data(PATIENT, json!({ "id": treated.id }))
        .await;
    assert_eq!(unknown["patient"], Value::Null, "the consent has ended");

    // Of somebody who was never treated, nothing is left but a number.
    let shown = carried_out(&wanted(&newcomer).await).await;
    assert_eq!(categories(&shown["stays"]), ["AUDIT_TRAIL"], "{shown}");
    let gone = nurse.graph.data(PATIENT, json!({ "id": newcomer.id })).await["patient"].take();
    assert_eq!(gone["displayName"], gone["medicalRecordNumber"], "{gone}");

    patiently("the trail tells who wanted it, and holds", async || {
        let query =
            "query ($id: ID!) { auditLog(filter: { patient: $id }, first: 100) { nodes { action } } }";
        let trail = clinic.admin.graph.data(query, json!({ "id": treated.id })).await;
        let actions = trail["auditLog"]["nodes"].as_array()?;
        let told = ["ErasureAsked", "ErasureCarriedOut"];
        let all = told
            .iter()
            .all(|told| actions.iter().any(|entry| entry["action"] == *told));
        all.then_some(())
    })
    .await;
    let verdict = clinic
        .admin
        .graph
        .data("{ verifyAudit { intact } }", Value::Null)
        .await;
    assert_eq!(verdict["verifyAudit"]["intact"], true);
}

fn categories(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap();
    list.iter().map(|one| one["category"].as_str().unwrap()).collect()
}
