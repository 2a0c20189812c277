//! What lies in the store, and that it can be sealed anew.

use crate::world::*;
use caregraph_kit::crypto::{FieldCipher, KeyRing};
use caregraph_kit::documents::{Documents, Foundation};
use caregraph_kit::on_every_document_store;
use caregraph_records::{SEALS, declarations};
use serde_json::json;

on_every_document_store! {
    async fn entries_are_read_under_a_new_key(world: World) {
        let allergy = world.allergy("Penicillin").await;
        world.done(&stranger(), "breakGlass", "opened { until }", json!({ "patientId": id(LAN), "reason": "a good reason" })).await;
        let input = json!({ "id": allergy["id"], "version": 1, "reason": "wrong patient" });
        world.done(&doctor(), "retractEntry", "entry { __typename }", input).await;
        // With a ring that knows none of the old keys, everything that is sealed is counted: nothing is left out of the list.
        let (seal, index) = KeyRing::generate();
        let foundation = Foundation {
            cipher: FieldCipher::new(KeyRing::parse(&[seal.replacen("k1", "other", 1)], &index).unwrap()),
            ..world.store.foundation().clone()
        };
        let documents = Documents::open(world.store.location(), foundation, declarations()).await.unwrap();
        let renewal = documents.renew_seals(SEALS).await.unwrap();
        // One entry, two versions, a reason of a version, a reason for breaking glass; the rest are events.
        assert!(renewal.unreadable >= 5, "{renewal:?}");
        assert_eq!(renewal.renewed, 0);
    }
}
