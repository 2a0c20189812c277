//! Keys rotate while the clinic goes on: nothing becomes unreadable, and nothing keeps the old key.

use crate::harness::{BOOK, Clinic, PASSWORD, Person, Stores};
use crate::records::chart::{done, done_soon};
use crate::topology::succeeded;
use caregraph_contracts::Domain;
use caregraph_contracts::events::StoreKind;
use caregraph_kit::database::{Database, Engine, PoolSettings};
use caregraph_kit::on_every_engine;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::PathBuf;

const RECORD: &str =
    "query ($id: ID!) { patient(id: $id) { displayName phone nationalId occupation bloodType addresses { city } emergencyContacts { name } }
    appointments(first: 50) { nodes { id reason } } medicalRecord(patientId: $id) { latestVitals { note } } }";

on_every_engine! {
    async fn keys_rotate_while_the_clinic_goes_on(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        let patient = Person::register(&stores, &program.graph(), "linh@example.com").await;
        fill(&clinic, &patient).await;
        let doctor = &clinic.doctors[0];
        let slots = clinic.nurse.free_slots(&clinic.service, doctor).await;
        book(&patient, &clinic, &slots[0], "before").await;
        let before = clinic.nurse.graph.data(RECORD, json!({ "id": patient.id })).await;
        assert_eq!(before["appointments"]["nodes"][0]["reason"], "reason before", "{before}");
        assert_eq!(before["patient"]["nationalId"], "012345678901", "{before}");
        assert_eq!(before["medicalRecord"]["latestVitals"]["note"], "sau khi nghỉ", "{before}");
        program.stop().await;

        // The new key opens everywhere before it seals anywhere.
        let old = keys(&stores).remove(0);
        let new = format!("seal = {}", run(&stores, &["keys", "new"]).trim());
        assert!(new.starts_with("seal = k2:"), "{new}");
        write_keys(&stores, &[&old, &new]);
        stores.start(&[]).await.stop().await;
        write_keys(&stores, &[&new, &old]);
        let program = stores.start(&[]).await;

        // Everybody reads and writes while everything is sealed anew.
        let (patient, clinic) = (patient.at(&program), clinic.at(&program));
        let rotating = tokio::task::spawn_blocking({
            let mut command = stores.command(&["keys", "rotate"]);
            move || command.output().unwrap()
        });
        for number in 1..8 {
            let key = format!("during-{number}");
            book(&patient, &clinic, &slots[3 * number], &key).await;
            let now = clinic.nurse.graph.data(RECORD, json!({ "id": patient.id })).await;
            assert_eq!(now["patient"], before["patient"]);
        }
        let rotated = rotating.await.unwrap();
        let told = String::from_utf8(rotated.stdout).unwrap();
        assert!(rotated.status.success(), "{told}{}", String::from_utf8_lossy(&rotated.stderr));
        assert!(told.starts_with("sealing with k2\n"), "{told}");
        for domain in Domain::ALL {
            assert!(!told.contains(&format!("{domain}: 0 sealed anew")), "{told}");
        }
        program.stop().await;

        // What was in flight meanwhile is sealed anew by asking once more, and then there is nothing left.
        run(&stores, &["keys", "rotate"]);
        let told = run(&stores, &["keys", "rotate"]);
        for domain in Domain::ALL {
            assert!(told.contains(&format!("{domain}: 0 sealed anew, 0 cannot be opened")), "{told}");
            assert_eq!(sealed_with(&stores, *domain, "k1").await, Vec::<String>::new());
        }

        // The old key is not needed any more.
        write_keys(&stores, &[&new]);
        let program = stores.start(&[]).await;
        let nurse = Person::sign_in(&program.graph(), &clinic.nurse.email, PASSWORD).await;
        let after = nurse.graph.data(RECORD, json!({ "id": patient.id })).await;
        assert_eq!(after["patient"], before["patient"]);
        assert_eq!(after["medicalRecord"], before["medicalRecord"]);
        let mut reasons: Vec<&str> = after["appointments"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|visit| visit["reason"].as_str().unwrap())
            .collect();
        reasons.sort_unstable();
        assert_eq!(reasons.len(), 8);
        assert_eq!((reasons[0], reasons[7]), ("reason before", "reason during-7"));
        let inbox = patient.at(&program).graph.data("{ me { displayName } notifications(first: 1) { nodes { subject } } }", Value::Null).await;
        assert!(inbox["notifications"]["nodes"][0]["subject"].is_string(), "{inbox}");
        assert!(inbox["me"]["displayName"].is_string(), "{inbox}");
        book(&patient.at(&program), &clinic, &slots[30], "after").await;
        program.stop().await;
    }
}

/// Something sealed in every place.
async fn fill(clinic: &Clinic, patient: &Person) {
    let record = json!({ "input": {
        "id": patient.id, "phone": "+84901234567", "nationalId": "012345678901", "occupation": "Cook", "bloodType": "O_NEGATIVE",
        "addresses": [{ "kind": "HOME", "street": "1 Lê Lợi", "city": "Huế", "country": "VN" }],
        "emergencyContacts": [{ "name": "Minh", "relationship": "MOTHER", "phone": "+84901234568" }],
    } });
    clinic.nurse.graph.done(
        "updatePatient",
        "mutation ($input: UpdatePatientInput!) { updatePatient(input: $input) { errors { __typename ... on UserError { message path } } } }",
        record,
    )
    .await;
    let today = caregraph_kit::Clock::system().now().date_naive();
    let absence = json!({ "input": {
        "practitionerId": clinic.doctors[1].id, "reason": "holiday",
        "firstDay": today + chrono::Days::new(30), "lastDay": today + chrono::Days::new(31),
    } });
    clinic.admin.graph.done(
        "addAbsence",
        "mutation ($input: AddAbsenceInput!) { addAbsence(input: $input) { errors { __typename ... on UserError { message path } } } }",
        absence,
    )
    .await;
    let team = json!({ "patientId": patient.id, "members": [{ "practitionerId": clinic.nurse.id, "role": "NURSE" }] });
    done(&clinic.nurse.graph, "assignCareTeam", "patient { id }", team).await;
    let vitals = json!({ "patientId": patient.id, "heartRate": 72, "note": "sau khi nghỉ" });
    done_soon(&clinic.nurse.graph, "recordVitals", "vitals { id }", &vitals).await;
}

async fn book(patient: &Person, clinic: &Clinic, start: &str, key: &str) {
    let input = json!({ "input": {
        "serviceId": clinic.service, "practitionerId": clinic.doctors[0].id, "start": start, "idempotencyKey": key,
        "reason": format!("reason {key}"),
    } });
    patient.graph.done("bookAppointment", BOOK, input).await;
}

fn key_file(stores: &Stores) -> PathBuf {
    stores.data_dir().join("caregraph.keys")
}

/// The lines of the sealing keys.
fn keys(stores: &Stores) -> Vec<String> {
    let text = std::fs::read_to_string(key_file(stores)).unwrap();
    text.lines()
        .filter(|line| line.starts_with("seal"))
        .map(str::to_owned)
        .collect()
}

fn write_keys(stores: &Stores, seals: &[&str]) {
    let text = std::fs::read_to_string(key_file(stores)).unwrap();
    let mut anew = String::new();
    for line in text
        .lines()
        .filter(|line| !line.starts_with("seal"))
        .chain(seals.iter().copied())
    {
        writeln!(anew, "{line}").unwrap();
    }
    std::fs::write(key_file(stores), anew).unwrap();
}

fn run(stores: &Stores, arguments: &[&str]) -> String {
    succeeded(&mut stores.command(arguments))
}

/// Columns of a domain's tables in which a value stands that a key sealed, looked for behind the program's back: in all tables, so that
/// a column that nobody thought of is found. On MongoDB the command's own count must do.
async fn sealed_with(stores: &Stores, domain: Domain, key: &str) -> Vec<String> {
    if domain.store() == StoreKind::Documents && stores.engine != Engine::Sqlite {
        return Vec::new();
    }
    let database = Database::open(&stores.url(domain), &PoolSettings::default())
        .await
        .unwrap();
    let reader = database.reader();
    let backend = reader.get_database_backend();
    let columns = match stores.engine {
        Engine::Sqlite => {
            "SELECT m.name AS tab, c.name AS col FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
        }
        Engine::Postgres => {
            "SELECT table_name::text AS tab, column_name::text AS col FROM information_schema.columns
             WHERE table_schema = 'public' AND data_type IN ('text', 'character varying')"
        }
        Engine::MariaDb => {
            "SELECT table_name AS tab, column_name AS col FROM information_schema.columns
             WHERE table_schema = DATABASE() AND data_type IN ('text', 'varchar', 'mediumtext', 'longtext')"
        }
    };
    let quote = if stores.engine == Engine::MariaDb {
        '`'
    } else {
        '"'
    };
    let mut found = Vec::new();
    for row in reader
        .query_all_raw(Statement::from_string(backend, columns))
        .await
        .unwrap()
    {
        let (table, column): (String, String) =
            (row.try_get("", "tab").unwrap(), row.try_get("", "col").unwrap());
        let count = format!(
            "SELECT COUNT(*) AS n FROM {quote}{table}{quote} WHERE {quote}{column}{quote} LIKE '%v1.{key}.%'"
        );
        let row = reader
            .query_one_raw(Statement::from_string(backend, count))
            .await
            .unwrap()
            .unwrap();
        let number: i64 = row.try_get("", "n").unwrap();
        if number > 0 {
            found.push(format!("{table}.{column}: {number}"));
        }
    }
    database.close().await.unwrap();
    found
}
