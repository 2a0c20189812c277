//! A patient takes everything along that any domain keeps about them, in one process and across processes.

use crate::harness::{Clinic, Cluster, Graph, Person, Stores};
use crate::records::chart::{done, done_soon, text};
use crate::records::patiently;
use crate::records::trail::access_log;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::TestRedis;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::net::SocketAddr;

const SHOW: &str = "query ($id: ID!) { dataExport(id: $id) { status waitingFor size patient { displayName }
    download { url } } }";
const SCAN: &[u8] = b"%PDF-1.7\n% 8401\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";

on_every_engine! {
    async fn a_patient_takes_everything_along(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        take_along(&stores, &clinic, [program.address; 2]).await;
        program.stop().await;
    }

    /// A process for each domain and two routers: who answers is asked by way of Redis.
    async fn a_patient_takes_everything_along_across_processes(stores: Stores) {
        let Some(server) = TestRedis::new() else { return };
        let (clinic, whole) = Clinic::open(&stores).await;
        whole.stop().await;
        let cluster = Cluster::start(&stores, &server).await;
        let [one, other] = &cluster.routers;
        take_along(&stores, &clinic, [one.address, other.address]).await;
        cluster.stop().await;
    }
}

async fn take_along(stores: &Stores, clinic: &Clinic, [here, elsewhere]: [SocketAddr; 2]) {
    let clinic = clinic.at(here);
    let patient = Person::register(stores, &Graph::new(here), "linh@example.com").await;
    let other = Person::register(stores, &Graph::new(here), "khac@example.com").await;
    let slots = clinic.nurse.free_slots(&clinic.service, &clinic.doctors[0]).await;
    book(&clinic, &patient, &slots[0], "đau họng 8402").await;
    book(&clinic, &other, &slots[3], "chuyện người khác 8403").await;
    treat(&clinic, &patient).await;

    let asked = done(&patient.graph, "exportMyData", "export { id status }", json!({})).await;
    let id = asked["export"]["id"].clone();
    let elsewhere = patient.at(elsewhere);
    let ready = patiently("the archive is there", async || {
        let shown = elsewhere.graph.data(SHOW, json!({ "id": id })).await["dataExport"].take();
        (shown["status"] == "READY").then_some(shown)
    })
    .await;
    assert!(ready["patient"]["displayName"].is_string(), "{ready}");

    let content = reqwest::get(elsewhere.graph.url(&text(&ready["download"]["url"])))
        .await
        .unwrap();
    assert_eq!(content.headers()["content-type"], "application/zip");
    let content = content.bytes().await.unwrap();
    assert_eq!(json!(content.len()), ready["size"]);
    let files = unpacked(content.to_vec());
    let list = |path: &str| -> Vec<Value> {
        let file = files
            .get(path)
            .unwrap_or_else(|| panic!("{path} is missing among {:?}", files.keys()));
        serde_json::from_slice(file).unwrap()
    };
    assert_eq!(list("identity/account.json")[0]["email"], "linh@example.com");
    assert!(!list("identity/devices.json").is_empty());
    assert!(!list("identity/accountActivity.json").is_empty());
    assert_eq!(list("patients/profile.json")[0]["id"], json!(patient.id));
    assert_eq!(list("scheduling/appointments.json").len(), 1);
    assert_eq!(list("scheduling/appointments.json")[0]["reason"], "đau họng 8402");
    assert_eq!(list("records/vitals.json")[0]["note"], "sau khi nghỉ 8404");
    assert_eq!(list("records/documents.json")[0]["title"], "Phim phổi 8405");
    assert!(
        list("records/encounters.json").is_empty(),
        "a draft is not released"
    );
    let directory = list("practitioners/practitioners.json");
    assert!(
        directory
            .iter()
            .any(|one| one["id"] == json!(clinic.doctors[0].id))
    );
    list("notifications/messagePreferences.json");
    let scan = files.iter().find(|(path, _)| path.starts_with("records/files/"));
    assert_eq!(scan.unwrap().1, SCAN);
    assert!(scan.unwrap().0.ends_with("phim.pdf"));
    for (path, content) in &files {
        let text = String::from_utf8_lossy(content);
        for foreign in ["8403", "khac@example.com", &other.id, "chưa ký 8406"] {
            assert!(!text.contains(foreign), "{foreign} in {path}");
        }
    }

    let shown = clinic.doctors[0].graph.data(SHOW, json!({ "id": id })).await;
    assert_eq!(shown["dataExport"], Value::Null, "nobody else sees it");
    patiently("the patient is told, and the trail has heard", async || {
        let inbox = "{ notifications(filter: { type: DATA_EXPORT_READY }) { nodes { body } } }";
        let inbox = patient.graph.data(inbox, Value::Null).await;
        let log = access_log(&patient.graph, &patient.id).await?;
        let is_told = inbox["notifications"]["nodes"][0]["body"].is_string();
        (is_told && log.iter().any(|entry| entry["action"] == "DataExportRequested")).then_some(())
    })
    .await;
}

async fn book(clinic: &Clinic, patient: &Person, start: &str, reason: &str) {
    let input = json!({ "serviceId": clinic.service, "practitionerId": clinic.doctors[0].id, "start": start,
        "idempotencyKey": "export", "reason": reason });
    done(&patient.graph, "bookAppointment", "appointment { id }", input).await;
}

/// Vital signs, a scan, and a visit that is not signed.
async fn treat(clinic: &Clinic, patient: &Person) {
    let (nurse, doctor) = (&clinic.nurse.graph, &clinic.doctors[0].graph);
    let team = json!({ "patientId": patient.id, "members": [
        { "practitionerId": clinic.doctors[0].id, "role": "PRIMARY_PHYSICIAN" },
        { "practitionerId": clinic.nurse.id, "role": "NURSE" },
    ] });
    done(nurse, "assignCareTeam", "patient { id }", team).await;
    let vitals = json!({ "patientId": patient.id, "heartRate": 72, "note": "sau khi nghỉ 8404" });
    done_soon(nurse, "recordVitals", "vitals { id }", &vitals).await;
    let draft = json!({ "patientId": patient.id, "chiefComplaint": "chưa ký 8406" });
    done_soon(doctor, "startEncounter", "encounter { id }", &draft).await;
    let upload = json!({ "patientId": patient.id, "fileName": "phim.pdf" });
    let upload = done(doctor, "requestUpload", "upload { fileId url }", upload).await["upload"].take();
    let sent = reqwest::Client::new()
        .put(doctor.url(&text(&upload["url"])))
        .body(SCAN)
        .send()
        .await
        .unwrap();
    assert!(sent.status().is_success(), "{sent:?}");
    let document = json!({ "patientId": patient.id, "fileId": upload["fileId"], "documentType": "REPORT",
        "title": "Phim phổi 8405" });
    done(doctor, "attachDocument", "document { id }", document).await;
}

fn unpacked(content: Vec<u8>) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(content)).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut file = archive.by_index(at).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        })
        .collect()
}
