//! Files that belong to documents.

use crate::world::*;
use caregraph_contracts::{RecordPart, Role};
use caregraph_kit::auth::Principal;
use caregraph_kit::files::{FileDoor, FileRequest, whole};
use caregraph_kit::on_every_document_store;
use caregraph_kit::testing::principal;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

const DOCUMENT: &str = "document { id file { name contentType size } download { url expiresAt } }";

on_every_document_store! {
    async fn a_file_belongs_to_one_document_of_one_patient(world: World) {
        let upload = "upload { fileId url maxBytes }";
        let input = json!({ "patientId": id(LAN), "fileName": "../../x-ray.exe" });
        let asked = world.done(&nurse(), "requestUpload", upload, input.clone()).await;
        let attach = json!({ "patientId": id(LAN), "fileId": asked["fileId"], "documentType": "REPORT", "title": "Letter",
            "idempotencyKey": "k" });
        let early = world.try_to(&nurse(), "attachDocument", "document { id }", attach.clone()).await;
        assert_ne!(early["errors"], json!([]), "nothing was uploaded yet: {early}");

        world.upload(asked["url"].as_str().unwrap(), b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n").await;
        // Somebody else's upload, and another patient's.
        let stolen = world.try_to(&doctor(), "attachDocument", "document { id }", attach.clone()).await;
        assert_ne!(stolen["errors"], json!([]), "{stolen}");
        let document = world.done(&nurse(), "attachDocument", DOCUMENT, attach.clone()).await;
        assert_eq!(document["file"]["contentType"], "application/pdf");
        assert_eq!(document["file"]["name"], "x-ray.exe.pdf");
        assert!(document["download"]["url"].is_string(), "{document}");
        // A repetition gives the same; without the key, the file belongs to something already.
        let again = world.done(&nurse(), "attachDocument", "document { id }", attach.clone()).await;
        assert_eq!(again["id"], document["id"]);
        let mut without = attach;
        without["idempotencyKey"] = Value::Null;
        let twice = world.try_to(&nurse(), "attachDocument", "document { id }", without).await;
        assert_ne!(twice["errors"], json!([]), "{twice}");

        let read = "query ($id: ID!) { recordEntry(id: $id) { ... on ClinicalDocument { download { url } } } }";
        let seen = world.data(&lan(), read, json!({ "id": document["id"] })).await;
        assert!(seen["recordEntry"]["download"]["url"].is_string(), "{seen}");
        let seen = world.data(&stranger(), read, json!({ "id": document["id"] })).await;
        assert_eq!(seen["recordEntry"], Value::Null);
        let refused = world.try_to(&stranger(), "requestUpload", upload, input).await;
        assert_eq!(refused["errors"][0]["__typename"], "NotFound", "{refused}");
    }

    /// An address is good for five minutes; what is open may close earlier.
    async fn an_address_leads_nowhere_once_the_document_is_closed(world: World) {
        let document = scan(&world).await;
        let mother = principal(user(MOTHER), &[Role::Patient]);
        world.consent(300, STRANGER, &[RecordPart::Documents], false).await;
        let mut addresses = Vec::new();
        for who in [lan(), mother, doctor(), nurse(), stranger()] {
            let address = address(&world, &who, &document).await;
            assert_eq!(world.fetch(&address).await.0, StatusCode::OK);
            addresses.push(address);
        }
        let statuses = async || {
            let mut statuses = Vec::new();
            for address in &addresses {
                statuses.push(world.fetch(address).await.0.as_u16());
            }
            statuses
        };
        // Withheld from the patient, who is told no more than of a file that never was.
        let release = |released: bool| json!({ "id": document, "released": released });
        world.done(&doctor(), "releaseEntry", "entry { __typename }", release(false)).await;
        assert_eq!(statuses().await, [404, 404, 200, 200, 200]);
        let forged = addresses[0].replace("signature=", "signature=A");
        assert_eq!(world.fetch(&addresses[0]).await, world.fetch(&forged).await);
        world.done(&doctor(), "releaseEntry", "entry { __typename }", release(true)).await;
        assert_eq!(statuses().await, [200; 5]);
        // The reasons end for which the record was open.
        world.person(LAN, &[]).await;
        world.relationship(NURSE, LAN, None, None).await;
        world.consent(300, STRANGER, &[RecordPart::Documents], true).await;
        assert_eq!(statuses().await, [200, 404, 200, 404, 404]);
        // Taken back: whoever treats still finds it in the history.
        let retract = json!({ "id": document, "version": 3, "reason": "wrong patient" });
        world.done(&doctor(), "retractEntry", "entry { __typename }", retract).await;
        assert_eq!(statuses().await, [404, 404, 200, 404, 404]);
    }

    async fn a_document_says_something(world: World) {
        let input = json!({ "patientId": id(LAN), "documentType": "OTHER", "title": "Nothing" });
        let refused = world.try_to(&doctor(), "attachDocument", "document { id }", input).await;
        assert_eq!(refused["errors"][0]["__typename"], "InvalidInput", "{refused}");
    }
}

/// A document with a file in Lan's record; gives its id.
async fn scan(world: &World) -> Value {
    let input = json!({ "patientId": id(LAN), "fileName": "scan.pdf" });
    let upload = world
        .done(&nurse(), "requestUpload", "upload { fileId url }", input)
        .await;
    let content = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";
    world.upload(upload["url"].as_str().unwrap(), content).await;
    let input = json!({ "patientId": id(LAN), "fileId": upload["fileId"], "documentType": "REPORT", "title": "Scan" });
    world
        .done(&nurse(), "attachDocument", "document { id }", input)
        .await["id"]
        .take()
}

/// The address that somebody is given for the file of a document.
async fn address(world: &World, who: &Principal, document: &Value) -> String {
    let read = "query ($id: ID!) { recordEntry(id: $id) { ... on ClinicalDocument { download { url } } } }";
    let seen = world.data(who, read, json!({ "id": document })).await;
    seen["recordEntry"]["download"]["url"]
        .as_str()
        .unwrap()
        .to_owned()
}

impl World {
    /// `PUT` to an address that `requestUpload` gave.
    pub async fn upload(&self, url: &str, content: &[u8]) {
        let (id, query) = url
            .strip_prefix("/files/")
            .and_then(|rest| rest.split_once('?'))
            .unwrap();
        let request = FileRequest {
            method: "PUT".parse().unwrap(),
            id: id.to_owned(),
            query: query.to_owned(),
            headers: HeaderMap::new(),
            user: None,
            body: whole(content.to_vec()),
        };
        let answer = self.files.answer(request).await;
        assert!(answer.status.is_success(), "{}", answer.status);
    }
}
