//! Two patients who turn out to be one, and two again.

use crate::world::*;
use caregraph_contracts::events::PatientsEvent;
use caregraph_kit::on_every_document_store;
use serde_json::{Value, json};

const RECORD: &str = "query ($id: ID!) { medicalRecord(patientId: $id) { patient { id } allergies { substance patient { id } } } }";

on_every_document_store! {
    async fn one_record_of_two_and_two_again(world: World) {
        world.allergy("Penicillin").await;
        world.cares(STRANGER, AN).await;
        let input = json!({ "patientId": id(AN), "substance": "Latex", "category": "ENVIRONMENT" });
        world.done(&stranger(), "recordAllergy", "allergy { id }", input).await;
        let read = async |who: &caregraph_kit::auth::Principal, n: u128| world.data(who, RECORD, json!({ "id": id(n) })).await["medicalRecord"].take();
        assert_eq!(read(&doctor(), AN).await, Value::Null);

        world.hear(&PatientsEvent::PatientsMerged { surviving: patient(LAN), merged: patient(AN) }).await;
        let an = caregraph_kit::testing::principal(user(AN), &[caregraph_contracts::Role::Patient]);
        for (who, n) in [(doctor(), LAN), (doctor(), AN), (stranger(), AN), (lan(), LAN), (an, AN)] {
            let seen = read(&who, n).await;
            assert_eq!(seen["patient"]["id"], json!(id(LAN)), "{seen}");
            assert_eq!(seen["allergies"].as_array().unwrap().len(), 2, "{seen}");
            assert_eq!(seen["allergies"][0]["patient"]["id"], json!(id(LAN)));
        }
        world.hear(&PatientsEvent::PatientsUnmerged { surviving: patient(LAN), merged: patient(AN) }).await;
        assert_eq!(read(&doctor(), AN).await, Value::Null);
        assert_eq!(read(&doctor(), LAN).await["allergies"].as_array().unwrap().len(), 1);
        assert_eq!(read(&stranger(), AN).await["allergies"][0]["substance"], "Latex");
    }
}
