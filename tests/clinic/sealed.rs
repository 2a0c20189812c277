//! What lies in the stores: of everything that patients tell and doctors write, nothing can be read without the key.
//!
//! The program fills the stores with its demo, people write some more through the graph, and then all raw files of embedded storage are
//! searched; with `CAREGRAPH_TEST_SEALED_SERVERS=1` also every row and every document that servers keep.
//! So are the names of all patients, those who have an account included. In the clear are names of practitioners, whom everybody may
//! find, in the domains that show them to everybody, but not where accounts and patients are kept; days of birth and sex, which are no
//! text, in the table of patients; and e-mail addresses and usernames, with which people sign in, in that of accounts. Not searched are
//! the file of the keys, which opens everything, and the outbox, in whose place a real installation has a mail server.

use crate::harness::{Graph, Person, Program, Stores};
use crate::records::chart::{done, record, text};
use crate::records::patiently;
use crate::records::trail::access_log;
use caregraph_kit::database::Engine;
use caregraph_kit::testing::is_available;
use search::Search;
use serde_json::{Value, json};
use servers::Contents;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[expect(dead_code, reason = "only what people say is looked for")]
#[path = "../../src/demo/cases/mod.rs"]
mod cases;
#[expect(dead_code, reason = "only what people say is looked for")]
#[path = "../../src/demo/cast.rs"]
mod cast;
#[expect(dead_code, reason = "only what people say is looked for")]
#[path = "../../src/demo/clinical.rs"]
mod clinical;
mod people;
mod search;
mod servers;

/// A place that is called like this, for everybody to read.
const OPEN: &str = "Nhà Hoa Ban 7391";
/// Part of a practitioner's name in the demo.
const DOCTOR: &str = "Minh Anh";
/// Part of the name of a patient whom nobody else is called like.
const NAME: &str = "Tôn Nữ Thiên Lý";
/// Name of the demo's only patient who has an account.
const READER: &str = "Nguyễn Thị Lan";
/// Where not even the names of places and practitioners are found, though practitioners have accounts.
const CLOSED: [&str; 3] = ["identity.db", "patients.db", "records.db"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_can_be_read_in_the_files() {
    let stores = Stores::new(Engine::Sqlite);
    let (program, secret) = written(&stores).await;

    // While the program runs, what is new stands in the logs of SQLite only; when it has stopped, in the files.
    let look = || (found(&stores, &secret), found(&stores, [OPEN, DOCTOR]));
    let while_it_runs = look();
    program.stop().await;
    let afterwards = look();

    // What is in the clear by design is found, so what is not found is not in the clear.
    let place = |file: &str, phrase: &str| format!("{file}: {phrase}");
    assert!(
        while_it_runs.1.contains(&place("practitioners.db-wal", OPEN)),
        "{:?}",
        while_it_runs.1
    );
    assert!(
        afterwards.1.contains(&place("practitioners.db", OPEN)),
        "{:?}",
        afterwards.1
    );
    assert!(
        afterwards.1.contains(&place("practitioners.db", DOCTOR)),
        "{:?}",
        afterwards.1
    );
    for (secrets, open) in [while_it_runs, afterwards] {
        nothing_is_open(&secrets, &open);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_can_be_read_in_postgres_and_mongodb() {
    // What is sealed is sealed before it reaches a database, so one kind of server speaks for both; MongoDB comes with it.
    // It takes some ten minutes, most of them for filling the demo on servers, so it is done on demand.
    if std::env::var_os("CAREGRAPH_TEST_SEALED_SERVERS").is_none() || !is_available(Engine::Postgres) {
        return;
    }
    let stores = Stores::new(Engine::Postgres);
    let (program, secret) = written(&stores).await;
    program.stop().await;
    let contents = Contents::of(&stores).await;
    let open = contents.search([OPEN, DOCTOR]);
    for phrase in [OPEN, DOCTOR] {
        assert!(open.contains(&format!("practitioners.db: {phrase}")), "{open:?}");
    }
    nothing_is_open(&contents.search(&secret), &open);
    // Files lie in a folder with every engine.
    assert_eq!(found(&stores, &secret), BTreeSet::new());
}

/// Stores full of the demo and of what some more people write; with the words that nobody may read in them.
async fn written(stores: &Stores) -> (Program, BTreeSet<String>) {
    fill(stores).await;
    let program = stores.start(&[]).await;
    let graph = program.graph();
    let mut secret = people::of_patients(&graph).await;
    secret.extend(of_the_demo());
    assert!(secret.len() > 800, "{} phrases", secret.len());
    for name in [cast::GIVEN_VI_F[0], READER] {
        assert!(secret.contains(name), "names are among them");
    }
    secret.extend(write(stores, &graph).await);
    (program, secret)
}

/// Secrets, names of patients among them, are nowhere; what is public is where it is shown.
fn nothing_is_open(secrets: &BTreeSet<String>, open: &BTreeSet<String>) {
    assert_eq!(secrets, &BTreeSet::new(), "in the clear");
    let is_closed = |place: &&String| CLOSED.iter().any(|domain| place.starts_with(domain));
    assert_eq!(open.iter().find(is_closed), None, "{open:?}");
}

/// Lets the program fill the stores with its demo, which takes longer than a program may take to start.
async fn fill(stores: &Stores) {
    let mut command = stores.command(&["serve", "--demo", "--listen", "127.0.0.1:0"]);
    tokio::task::spawn_blocking(move || {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let complaints = BufReader::new(child.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok)
            .inspect(|line| println!("{line}"));
        let complaints = std::thread::spawn(move || complaints.collect::<Vec<String>>());
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let listens = lines.find(|line| line.contains("http://"));
        assert!(listens.is_some(), "the demo was not set up: {:?}", child.wait());
        let reading = std::thread::spawn(move || lines.count());
        let asked = Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(asked.success());
        assert!(child.wait().unwrap().success());
        reading.join().unwrap();
        // Whoever starts a demo is not to wonder what is wrong. That a busy machine is slow, it may say.
        let is_slowness = |line: &String| line.contains("handlers are slow") || line.contains("was cut off");
        let complaints: Vec<String> = complaints.join().unwrap();
        assert!(complaints.iter().all(is_slowness), "{complaints:#?}");
    })
    .await
    .unwrap();
}

/// What doctors of the demo write and its patients tell. Titles of diagnoses are public, and so are names of substances.
fn of_the_demo() -> BTreeSet<String> {
    let mut phrases = BTreeSet::new();
    for specialty in 0..cast::SPECIALTIES.len() {
        for case in cases::cases(specialty) {
            phrases.extend([case.complaint, case.examination, case.plan]);
        }
    }
    phrases.extend(clinical::ALLERGIES.iter().map(|allergy| allergy.reaction));
    phrases.extend(
        clinical::CHRONIC
            .iter()
            .flat_map(|illness| [illness.dosage, illness.medication]),
    );
    phrases.into_iter().map(str::to_owned).collect()
}

/// Writes something into every kind of entry and everything around it, each time other words; gives the words.
async fn write(stores: &Stores, graph: &Graph) -> BTreeSet<String> {
    let sign_in = async |email: &str| Person::sign_in(graph, email, "caregraph-demo").await;
    let (patient, doctor) = (
        sign_in("patient@demo.test").await,
        sign_in("doctor@demo.test").await,
    );
    let (nurse, admin) = (sign_in("nurse@demo.test").await, sign_in("admin@demo.test").await);
    let mut said = BTreeSet::new();
    let mut say = |what: &str| {
        let words = format!("{what} thứ {}, nhớ kỹ", 7_000 + 13 * said.len());
        said.insert(words.clone());
        json!(words)
    };
    let id = json!(patient.id);
    let does = async |who: &Person, operation: &str, fields: &str, input: Value| {
        done(&who.graph, operation, fields, input).await
    };

    let house = json!({ "name": OPEN, "addressLines": ["1 Lê Lợi"], "city": "Huế", "country": "VN", "timeZone": "Asia/Ho_Chi_Minh" });
    does(&admin, "saveLocation", "location { id }", house).await;
    let somebody = json!({ "givenName": NAME, "familyName": "Nguyễn" });
    does(&nurse, "registerPatient", "patient { id }", somebody).await;
    let profile = json!({ "id": id, "nationalId": "079555000123", "phone": "+84905550123", "occupation": say("Nghề"),
        "insurance": { "insurer": "Bảo Minh", "memberNumber": "GD4555000123", "plan": say("Gói") },
        "addresses": [{ "kind": "HOME", "street": say("Đường"), "city": "Huế", "country": "VN" }],
        "emergencyContacts": [{ "name": say("Bà"), "phone": "+84915550123" }] });
    does(&nurse, "updatePatient", "patient { id }", profile).await;

    let allergy = json!({ "patientId": id, "substance": say("Mủ cây"), "category": "FOOD", "reaction": say("Khó thở"), "note": say("Ghi chú") });
    let allergy = does(&doctor, "recordAllergy", "allergy { id }", allergy).await["allergy"]["id"].take();
    let wrong = json!({ "id": allergy, "version": 1, "reason": say("Nhầm") });
    does(&doctor, "retractEntry", "entry { __typename }", wrong).await;
    let visit = json!({ "patientId": id, "chiefComplaint": say("Đau"), "history": say("Bệnh sử"), "examination": say("Khám"), "notes": say("Thêm") });
    let visit = does(&doctor, "startEncounter", "encounter { id }", visit).await["encounter"]["id"].take();
    let diagnosis = json!({ "encounterId": visit, "diagnosis": { "code": "I10", "note": say("Chẩn đoán") } });
    does(&doctor, "recordDiagnosis", "encounter { id }", diagnosis).await;
    let plan = json!({ "encounterId": visit, "description": say("Làm"), "instructions": say("Dặn") });
    let version =
        does(&doctor, "addTreatmentPlan", "encounter { version }", plan).await["encounter"]["version"]
            .as_i64()
            .unwrap();
    does(
        &doctor,
        "signEncounter",
        "encounter { id }",
        json!({ "id": visit, "version": version }),
    )
    .await;
    let amend =
        json!({ "id": visit, "version": version + 1, "examination": say("Khám lại"), "reason": say("Sửa") });
    does(&doctor, "amendEncounter", "encounter { id }", amend).await;
    let vitals = json!({ "patientId": id, "height": "181.4", "note": say("Đo") });
    does(&nurse, "recordVitals", "vitals { id }", vitals).await;
    let condition = json!({ "patientId": id, "code": "J45.909", "note": say("Bệnh") });
    does(&doctor, "recordCondition", "condition { id }", condition).await;
    let vaccine = json!({ "patientId": id, "vaccine": say("Vắc xin"), "givenOn": "2020-01-02", "lot": say("Lô"), "site": say("Tay"), "note": say("Tiêm") });
    does(&nurse, "recordImmunization", "immunization { id }", vaccine).await;
    let medication = json!({ "patientId": id, "medication": say("Thuốc"), "dosage": say("Liều"), "reason": say("Vì"), "note": say("Uống") });
    does(
        &doctor,
        "recordMedicationStatement",
        "medication { id }",
        medication,
    )
    .await;
    let background = json!({ "patientId": id, "familyHistory": say("Gia đình"), "socialHistory": say("Nghề nghiệp"), "summary": say("Tóm tắt") });
    does(&doctor, "updateBackground", "background { id }", background).await;

    let upload = json!({ "patientId": id, "fileName": format!("{}.pdf", text(&say("Tệp"))) });
    let upload = does(&doctor, "requestUpload", "upload { fileId url }", upload).await["upload"].take();
    let content = format!(
        "%PDF-1.7\n% {}\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n",
        text(&say("Trang"))
    );
    let sent = reqwest::Client::new()
        .put(graph.url(&text(&upload["url"])))
        .body(content)
        .send()
        .await
        .unwrap();
    assert!(sent.status().is_success(), "{sent:?}");
    let document = json!({ "patientId": id, "fileId": upload["fileId"], "documentType": "REPORT", "title": say("Thư"), "report": say("Kết luận") });
    does(&doctor, "attachDocument", "document { id }", document).await;

    let service = graph
        .data(
            "{ medicalServices(first: 100) { nodes { id code } } }",
            Value::Null,
        )
        .await;
    let service = service["medicalServices"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|service| service["code"] == "GP-30")
        .unwrap();
    let slots = patient.free_slots(&text(&service["id"]), &doctor).await;
    let booking = json!({ "serviceId": service["id"], "practitionerId": doctor.id, "start": slots[0], "reason": say("Lý do"),
        "noteForDoctor": say("Nhắn"), "idempotencyKey": "sealed" });
    let booked =
        does(&patient, "bookAppointment", "appointment { id }", booking).await["appointment"]["id"].take();
    does(
        &doctor,
        "updateAppointmentNotes",
        "appointment { id }",
        json!({ "id": booked, "doctorsNotes": say("Riêng") }),
    )
    .await;
    does(
        &patient,
        "cancelAppointment",
        "appointment { id }",
        json!({ "id": booked, "reason": say("Bận") }),
    )
    .await;

    let other = graph
        .data(
            "{ practitioners(filter: { text: \"Emily\" }, first: 1) { nodes { id } } }",
            Value::Null,
        )
        .await;
    let consent = json!({ "patientId": id, "granteeId": other["practitioners"]["nodes"][0]["id"], "allParts": true,
        "purpose": say("Mục đích"), "idempotencyKey": "sealed" });
    let consent = does(&patient, "grantConsent", "consent { id }", consent).await["consent"]["id"].take();
    does(
        &patient,
        "revokeConsent",
        "consent { id }",
        json!({ "consentId": consent, "reason": say("Thôi") }),
    )
    .await;
    let foreign = admin.invite(stores, "foreign@demo.test", &["DOCTOR"]).await;
    does(
        &foreign,
        "breakGlass",
        "opened { until }",
        json!({ "patientId": id, "reason": say("Cấp cứu") }),
    )
    .await;
    assert!(record(&foreign.graph, &patient.id).await.is_object());

    // Everything once more: in parts that wait for each other, and in an archive.
    let export = does(&patient, "exportMyData", "export { id }", json!({})).await["export"]["id"].take();
    patiently("the archive is there", async || {
        let show = "query ($id: ID!) { dataExport(id: $id) { status } }";
        let shown = patient.graph.data(show, json!({ "id": export })).await;
        (shown["dataExport"]["status"] == "READY").then_some(())
    })
    .await;

    // It goes on as events: into the inbox and the trail, where the demo goes, too.
    patiently("the patient is told, and the trail has heard", async || {
        let inbox = "{ notifications(filter: { type: RECORD_OPENED_IN_EMERGENCY, channel: IN_APP }) { nodes { body } } }";
        let inbox = patient.graph.data(inbox, Value::Null).await;
        let log = access_log(&patient.graph, &patient.id).await.unwrap();
        let is_told = inbox["notifications"]["nodes"][0]["body"].is_string();
        (is_told && log.iter().any(|entry| entry["action"] == "GlassBroken")).then_some(())
    })
    .await;
    said.extend(
        [
            "079555000123",
            "+84905550123",
            "GD4555000123",
            "+84915550123",
            "181.4",
        ]
        .map(str::to_owned),
    );
    said.extend(people::written(NAME, "Nguyễn"));
    said
}

/// Where phrases stand in the data folder.
fn found(stores: &Stores, phrases: impl IntoIterator<Item = impl AsRef<str>>) -> BTreeSet<String> {
    Search::new(phrases).among(stores.data_dir())
}
