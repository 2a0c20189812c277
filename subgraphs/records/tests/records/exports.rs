//! Archives of all data about a patient.

use crate::world::*;
use caregraph_contracts::Domain;
use caregraph_contracts::events::{
    AdministrationEvent, ExportPart, ExportRequest, IdentityEvent, NotificationsEvent, PatientsEvent,
    PractitionersEvent, RecordsEvent, SchedulingEvent,
};
use caregraph_kit::auth::Principal;
use caregraph_kit::files::{FileDoor, FileRequest, empty};
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::{eventually, principal};
use chrono::TimeDelta;
use futures::TryStreamExt;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

const EXPORT: &str = "export { id status waitingFor readyAt availableUntil size download { url } }";
const SHOW: &str = "query ($id: ID!) { dataExport(id: $id) { id status waitingFor readyAt availableUntil size
    patient { id } download { url expiresAt } } }";

on_every_document_store! {
    async fn an_archive_holds_what_all_domains_say_and_lasts_a_week(world: World) {
        let asked = world.done(&lan(), "exportMyData", EXPORT, json!({})).await;
        assert_eq!(asked["status"], "ASSEMBLING", "{asked}");
        assert_eq!(asked["waitingFor"].as_array().unwrap().len(), Domain::ALL.len() - 1, "{asked}");
        assert_eq!(asked["download"], Value::Null);
        let again = world.done(&lan(), "exportMyData", EXPORT, json!({ "patientId": id(LAN) })).await;
        assert_eq!(again["id"], asked["id"], "one at a time");
        let request = requests(&world).await.pop().unwrap();
        assert_eq!((request.patient_id, request.requested_by), (patient(LAN), user(LAN)));

        // What is released is in it, what is not is not, and nothing of anybody else.
        let allergy = world.allergy("Penicillin 7341").await;
        let draft = json!({ "patientId": id(LAN), "chiefComplaint": "unsigned 7342" });
        world.done(&doctor(), "startEncounter", "encounter { id }", draft).await;

        let background = world.start_background();
        for (number, domain) in (1_usize..).zip(others()) {
            let shown = world.data(&lan(), SHOW, json!({ "id": asked["id"] })).await["dataExport"].take();
            assert_eq!(shown["waitingFor"].as_array().unwrap().len(), others().count() + 1 - number, "{shown}");
            // The last part first.
            for part in (1..=3).rev() {
                let rows = vec![json!({ "row": part, "of": domain.to_string() })];
                let list = if part < 3 { "things" } else { "others" };
                tell(&world, ExportPart {
                    export_id: request.export_id, patient_id: request.patient_id, domain, number: part, of: 3,
                    list: list.to_owned(), rows,
                }).await;
            }
        }
        let ready = ready(&world, &lan(), &asked["id"]).await;
        assert_eq!(ready["waitingFor"], json!([]));
        assert_eq!(ready["patient"]["id"], json!(id(LAN)));
        let told = world.told().await;
        let until = told.iter().find_map(|event| match event {
            RecordsEvent::DataExportReady { until, requested_by, .. } if *requested_by == user(LAN) => Some(*until),
            _ => None,
        });
        assert_eq!(ready["availableUntil"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap(), until.unwrap());

        let (status, content) = world.fetch(ready["download"]["url"].as_str().unwrap()).await;
        assert_eq!((status, content.len()), (StatusCode::OK, usize::try_from(ready["size"].as_u64().unwrap()).unwrap()));
        let files = unpacked(content);
        for domain in others() {
            let rows = |list: &str| serde_json::from_str::<Value>(&files[&format!("{domain}/{list}.json")]).unwrap();
            let row = |number: u32| json!({ "row": number, "of": domain.to_string() });
            assert_eq!(rows("things"), json!([row(1), row(2)]), "in order, whenever they came");
            assert_eq!(rows("others"), json!([row(3)]));
        }
        let allergies: Value = serde_json::from_str(&files["records/allergies.json"]).unwrap();
        assert_eq!((&allergies[0]["id"], &allergies[0]["substance"]), (&allergy["id"], &json!("Penicillin 7341")));
        assert!(files["README.txt"].contains("not encrypted"));
        assert!(!files.values().any(|text| text.contains("unsigned 7342")), "a draft");
        let looked = told_looks(&world).await;
        assert!(looked.contains(&"dataExport".to_owned()), "{looked:?}");

        // The same day there is no other; then it goes, and another may be asked for.
        let same = world.done(&lan(), "exportMyData", EXPORT, json!({})).await;
        assert_eq!(same["id"], asked["id"]);
        let url = ready["download"]["url"].as_str().unwrap();
        world.advance(TimeDelta::days(7));
        let gone = eventually("it is removed", async || {
            let shown = world.data(&lan(), SHOW, json!({ "id": asked["id"] })).await["dataExport"].take();
            (shown["status"] == "EXPIRED").then_some(shown)
        })
        .await;
        assert_eq!(gone["download"], Value::Null);
        assert_eq!(world.fetch(url).await.0, StatusCode::GONE);
        let next = world.done(&lan(), "exportMyData", EXPORT, json!({})).await;
        assert_ne!(next["id"], asked["id"]);
        background.stop().await;
    }

    async fn only_the_patient_and_who_acts_for_them_take_data_along(world: World) {
        let own = world.done(&lan(), "exportMyData", EXPORT, json!({})).await;
        let mother = principal(user(MOTHER), &[caregraph_contracts::Role::Patient]);
        let of_lan = json!({ "patientId": id(LAN) });
        let hers = world.done(&mother, "exportMyData", EXPORT, of_lan.clone()).await;
        assert_ne!(own["id"], hers["id"], "each sees what they may see");
        let list = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Patient { dataExports { id } } } }";
        let lan_as_entity = json!({ "r": [{ "__typename": "Patient", "id": id(LAN) }] });
        let listed = world.data(&lan(), list, lan_as_entity.clone()).await;
        assert_eq!(listed["_entities"][0]["dataExports"], json!([{ "id": own["id"] }]));
        let an = principal(user(AN), &[caregraph_contracts::Role::Patient]);
        for foreign in [doctor(), nurse(), stranger(), an] {
            let refused = world.try_to(&foreign, "exportMyData", "export { id }", of_lan.clone()).await;
            assert_eq!(refused["errors"][0]["__typename"], "NotFound", "{refused}");
            let shown = world.data(&foreign, SHOW, json!({ "id": own["id"] })).await;
            assert_eq!(shown["dataExport"], Value::Null);
            let listed = world.data(&foreign, list, lan_as_entity.clone()).await;
            assert_eq!(listed["_entities"][0]["dataExports"], Value::Null);
        }
        let shown = world.data(&mother, SHOW, json!({ "id": own["id"] })).await;
        assert_eq!(shown["dataExport"], Value::Null, "hers is another one");
        let ask = "mutation { exportMyData(input: {}) { export { id } } }";
        let closed = world.ask(&Principal::anonymous(), ask, json!({})).await;
        assert_eq!(closed["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{closed}");
    }

    async fn of_many_requests_at_once_one_begins_an_export(world: World) {
        let me = lan();
        let all = (0..20).map(|_| world.done(&me, "exportMyData", "export { id }", json!({})));
        let ids: std::collections::BTreeSet<String> =
            futures::future::join_all(all).await.iter().map(|export| export["id"].to_string()).collect();
        assert_eq!(ids.len(), 1, "{ids:?}");
        assert_eq!(requests(&world).await.len(), 1);
    }

    /// A domain that never answers does not keep a person from their data for ever.
    async fn an_export_that_got_stuck_gives_way(world: World) {
        let stuck = world.done(&lan(), "exportMyData", EXPORT, json!({})).await;
        let request = requests(&world).await.pop().unwrap();
        let part = |export, number| ExportPart {
            export_id: export, patient_id: patient(LAN), domain: Domain::Patients, number, of: 2,
            list: "profile".to_owned(), rows: vec![json!({ "number": number })],
        };
        tell(&world, part(request.export_id, 1)).await;
        world.advance(TimeDelta::hours(23));
        let same = world.done(&lan(), "exportMyData", EXPORT, json!({})).await;
        assert_eq!(same["id"], stuck["id"]);
        world.advance(TimeDelta::hours(1));
        let other = world.done(&lan(), "exportMyData", EXPORT, json!({})).await;
        assert_ne!(other["id"], stuck["id"]);
        let shown = world.data(&lan(), SHOW, json!({ "id": stuck["id"] })).await;
        assert_eq!(shown["dataExport"]["status"], "EXPIRED");
        // What comes for it now is let go.
        tell(&world, part(request.export_id, 2)).await;
        assert_eq!(requests(&world).await.len(), 2);
    }

    /// What comes late, or twice under another name, or for an export that nobody knows, does no harm.
    async fn parts_of_unknown_exports_are_let_go(world: World) {
        let part = ExportPart {
            export_id: id(77).into(), patient_id: patient(LAN), domain: Domain::Patients, number: 1, of: 1,
            list: "profile".to_owned(), rows: Vec::new(),
        };
        tell(&world, part).await;
        let shown = world.data(&lan(), SHOW, json!({ "id": id(77) })).await;
        assert_eq!(shown["dataExport"], Value::Null);
    }
}

pub fn others() -> impl Iterator<Item = Domain> {
    Domain::ALL
        .iter()
        .copied()
        .filter(|domain| *domain != Domain::Records)
}

pub async fn tell(world: &World, part: ExportPart) {
    match part.domain {
        Domain::Identity => world.hear(&IdentityEvent::DataExported { part }).await,
        Domain::Patients => world.hear(&PatientsEvent::DataExported { part }).await,
        Domain::Practitioners => world.hear(&PractitionersEvent::DataExported { part }).await,
        Domain::Scheduling => world.hear(&SchedulingEvent::DataExported { part }).await,
        Domain::Notifications => world.hear(&NotificationsEvent::DataExported { part }).await,
        Domain::Administration => world.hear(&AdministrationEvent::DataExported { part }).await,
        Domain::Records => unreachable!("it asks itself"),
    }
}

pub async fn requests(world: &World) -> Vec<ExportRequest> {
    let told = world.told().await;
    told.into_iter()
        .filter_map(|event| match event {
            RecordsEvent::DataExportRequested { request } => Some(request),
            _ => None,
        })
        .collect()
}

async fn told_looks(world: &World) -> Vec<String> {
    let told = world.told().await;
    told.into_iter()
        .filter_map(|event| match event {
            RecordsEvent::RecordAccessed { access } => Some(access.what),
            _ => None,
        })
        .collect()
}

pub async fn ready(world: &World, who: &Principal, export: &Value) -> Value {
    eventually("the archive is there", async || {
        let shown = world.data(who, SHOW, json!({ "id": export })).await["dataExport"].take();
        (shown["status"] == "READY").then_some(shown)
    })
    .await
}

/// The texts in a ZIP archive by their paths.
fn unpacked(content: Vec<u8>) -> BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(content)).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut file = archive.by_index(at).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().into_owned(), text)
        })
        .collect()
}

impl World {
    pub async fn fetch(&self, url: &str) -> (StatusCode, Vec<u8>) {
        let (id, query) = url
            .strip_prefix("/files/")
            .and_then(|rest| rest.split_once('?'))
            .unwrap();
        let request = FileRequest {
            method: http::Method::GET,
            id: id.to_owned(),
            query: query.to_owned(),
            headers: HeaderMap::new(),
            user: None,
            body: empty(),
        };
        let answer = self.files.answer(request).await;
        let content: Vec<_> = answer.body.try_collect().await.unwrap();
        (answer.status, content.concat())
    }
}
