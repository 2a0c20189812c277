//! Parts of a record: which are open, so that nobody takes what is closed for empty.

use crate::world::*;
use caregraph_contracts::RecordPart;
use caregraph_kit::on_every_document_store;
use serde_json::{Value, json};

const RECORD: &str = "query ($id: ID!) { medicalRecord(patientId: $id) { openParts allergies { id } conditions { id } background { id } } }";

on_every_document_store! {
    async fn what_is_closed_looks_alike_whether_or_not_there_is_something(world: World) {
        let everything: Vec<&str> = RecordPart::ALL.iter().map(|part| part.as_str()).collect();
        world.consent(300, STRANGER, &[RecordPart::Allergies, RecordPart::Vitals], false).await;
        let read = async |who: &caregraph_kit::auth::Principal| {
            world.data(who, RECORD, json!({ "id": id(LAN) })).await["medicalRecord"].take()
        };
        let before = read(&stranger()).await;
        assert_eq!(before["openParts"], json!(["VITALS", "ALLERGIES"]));
        let condition = json!({ "patientId": id(LAN), "code": "I10" });
        world.done(&doctor(), "recordCondition", "condition { id }", condition).await;
        let background = json!({ "patientId": id(LAN), "bloodType": "O_POSITIVE" });
        world.done(&doctor(), "updateBackground", "background { id }", background).await;
        assert_eq!(read(&stranger()).await, before);
        for who in [doctor(), lan()] {
            let seen = read(&who).await;
            assert_eq!(seen["openParts"], json!(everything));
            assert_eq!(seen["conditions"].as_array().map(Vec::len), Some(1), "{seen}");
        }
        world.consent(300, STRANGER, &[RecordPart::Allergies, RecordPart::Vitals], true).await;
        assert_eq!(read(&stranger()).await, Value::Null);
    }
}
