//! Who has no licence takes no bookings.

use crate::support::{Clinic, nobody};
use caregraph_kit::on_every_engine;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn accepts_bookings(clinic: &Clinic, id: &Value) -> bool {
    let operation = "query($id: ID!) { practitioner(id: $id) { acceptsBookings active } }";
    let data = clinic.data(&nobody(), operation, json!({ "id": id })).await;
    assert_eq!(
        data["practitioner"]["active"], true,
        "an expired licence ends no employment"
    );
    data["practitioner"]["acceptsBookings"].as_bool().unwrap()
}

on_every_engine! {
    async fn the_last_day_of_a_licence_counts_in_full_at_the_place_of_work(clinic: Clinic) {
        let saigon = clinic.location("Quận 1", "Asia/Ho_Chi_Minh").await;
        let made = clinic.doctor(json!({ "licenceExpiresOn": "2026-03-10", "locationIds": [saigon] })).await;
        let clock = clinic.world.ground.clock.clone();
        for (now, accepts) in [
            ("2026-03-09T12:00:00Z", true),
            ("2026-03-10T16:59:59Z", true),
            ("2026-03-10T17:00:00Z", false),
            ("2026-04-01T00:00:00Z", false),
        ] {
            clock.set(at(now));
            assert_eq!(accepts_bookings(&clinic, &made["id"]).await, accepts, "at {now}");
        }
        assert_eq!(clinic.found(&nobody(), json!(null)).await.len(), 1, "the public still finds the practitioner");
        assert!(clinic.found(&nobody(), json!({ "acceptingNew": true })).await.is_empty());
        assert_eq!(clinic.found(&nobody(), json!({ "acceptingNew": false })).await.len(), 1);

        let renewed = json!({ "id": made["id"], "licenceExpiresOn": "2031-03-10" });
        clinic.done(&clinic.admin, "updatePractitioner", renewed).await;
        assert!(accepts_bookings(&clinic, &made["id"]).await);
        assert_eq!(clinic.found(&nobody(), json!({ "acceptingNew": true })).await.len(), 1);
    }

    async fn a_licence_without_end_does_not_expire(clinic: Clinic) {
        let made = clinic.doctor(json!({ "licenceExpiresOn": null })).await;
        clinic.world.ground.clock.set(at("2126-01-01T00:00:00Z"));
        assert!(accepts_bookings(&clinic, &made["id"]).await);
    }

    async fn whoever_takes_no_new_patients_can_still_be_booked(clinic: Clinic) {
        let made = clinic.doctor(json!({ "acceptingNewPatients": false })).await;
        assert!(accepts_bookings(&clinic, &made["id"]).await);
    }
}
