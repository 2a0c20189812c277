//! Making and changing practitioners.

use crate::support::{Clinic, as_doctor, doctor_input, nobody, reason, reasons};
use caregraph_contracts::Role;
use caregraph_contracts::events::PractitionersEvent;
use caregraph_kit::on_every_engine;
use futures::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::json;

fn names(told: &[PractitionersEvent]) -> Vec<&'static str> {
    use caregraph_contracts::PublicEvent;
    told.iter().map(PublicEvent::name).collect()
}

on_every_engine! {
    async fn a_new_practitioner_is_told_before_the_answer(clinic: Clinic) {
        let place = clinic.location("Quận 1", "Asia/Ho_Chi_Minh").await;
        let made = clinic.doctor(json!({ "locationIds": [place] })).await;
        let told = clinic.told();
        let Some(PractitionersEvent::PractitionerCreated { practitioner }) = told.last() else { panic!("{told:?}") };
        assert_eq!(practitioner.practitioner_id.to_string(), made["id"].as_str().unwrap());
        assert_eq!(practitioner.display_name, "Dr. Nguyễn Minh Anh");
        assert_eq!(practitioner.licence_expires_on, Some("2027-12-31".parse().unwrap()));
        assert_eq!(practitioner.locations.iter().map(ToString::to_string).collect::<Vec<_>>(), [place]);
        assert!(practitioner.active && practitioner.accepting_new_patients);
    }

    async fn only_staff_accounts_become_practitioners(clinic: Clinic) {
        let nobody_knows = clinic.world.ground.clock.new_id();
        let patient = clinic.account(&[Role::Patient]).await;
        let nurse = clinic.account(&[Role::Nurse]).await;
        let doctor = clinic.account(&[Role::Doctor, Role::Patient]).await;
        for (user, expected) in [
            (nobody_knows, reason("NotFound", "input.userId")),
            (patient, reason("NotFound", "input.userId")),
            (nurse, reason("InvalidInput", "input.profession")),
        ] {
            assert_eq!(clinic.refused(&clinic.admin, "createPractitioner", doctor_input(user, json!({}))).await, [expected]);
        }
        let mut input = doctor_input(doctor, json!({}));
        input["userId"] = json!("not-an-id");
        let refused = clinic.refused(&clinic.admin, "createPractitioner", input).await;
        assert_eq!(refused, [reason("NotFound", "input.userId")]);
        assert!(clinic.told().is_empty(), "a refusal changes nothing");

        clinic.done(&clinic.admin, "createPractitioner", doctor_input(doctor, json!({}))).await;
        let again = clinic.refused(&clinic.admin, "createPractitioner", doctor_input(doctor, json!({}))).await;
        assert_eq!(again, [reason("Conflict", "input.userId")]);
        assert_eq!(names(&clinic.told()), ["PractitionerCreated"]);
    }

    async fn of_many_who_create_at_once_one_succeeds(clinic: Clinic) {
        let user = clinic.account(&[Role::Doctor]).await;
        let attempts = (0..8).map(|_| clinic.change(&clinic.admin, "createPractitioner", doctor_input(user, json!({}))));
        let (done, refused): (Vec<_>, Vec<_>) =
            join_all(attempts).await.into_iter().partition(|payload| payload["errors"] == json!([]));
        assert_eq!(done.len(), 1);
        for payload in refused {
            assert_eq!(reasons(&payload), [reason("Conflict", "input.userId")]);
        }
        assert_eq!(names(&clinic.told()), ["PractitionerCreated"]);
    }

    async fn every_mistake_is_named_and_nothing_is_changed(clinic: Clinic) {
        let user = clinic.account(&[Role::Doctor]).await;
        let input = doctor_input(user, json!({
            "displayName": " ", "specialties": ["MAGIC"], "languages": ["x"], "licenceNumber": null, "practisingSince": 1,
            "photoUrl": "http://example.org/a.jpg", "workPhone": "12", "workEmail": "x", "licenceExpiresOn": "0001-01-01",
        }));
        let mut refused = clinic.refused(&clinic.admin, "createPractitioner", input).await;
        refused.sort();
        let paths = ["displayName", "languages.0", "licenceExpiresOn", "licenceNumber", "photoUrl", "practisingSince",
            "specialties.0", "workEmail", "workPhone"];
        assert_eq!(refused, paths.map(|path| reason("InvalidInput", &format!("input.{path}"))));
        assert!(clinic.found(&clinic.admin, json!({ "includeInactive": true })).await.is_empty());
        assert!(clinic.told().is_empty());
    }

    async fn places_must_exist_and_new_ones_be_in_use(clinic: Clinic) {
        let open = clinic.location("Open", "Asia/Ho_Chi_Minh").await;
        let closing = clinic.location("Closing", "Asia/Ho_Chi_Minh").await;
        let made = clinic.doctor(json!({ "locationIds": [open, closing] })).await;
        let close = json!({
            "id": closing, "name": "Closing", "addressLines": ["1"], "city": "Huế", "country": "VN",
            "timeZone": "Asia/Ho_Chi_Minh", "active": false,
        });
        clinic.done(&clinic.admin, "saveLocation", close).await;

        let user = clinic.account(&[Role::Doctor]).await;
        let places = json!({ "locationIds": [open, "nowhere", closing], "departmentIds": [open] });
        let refused = clinic.refused(&clinic.admin, "createPractitioner", doctor_input(user, places)).await;
        assert_eq!(refused, [
            reason("NotFound", "input.departmentIds.0"),
            reason("NotFound", "input.locationIds.1"),
            reason("InvalidInput", "input.locationIds.2"),
        ]);

        // Who has worked at a place that closed can still be edited, and staff still see the place.
        let edited = clinic.done(&clinic.admin, "updatePractitioner", json!({ "id": made["id"], "title": "Prof." })).await;
        assert_eq!(edited["locations"], json!([{ "id": open }, { "id": closing }]));
        let public = "query($id: ID!) { practitioner(id: $id) { locations { id } } }";
        let data = clinic.data(&nobody(), public, json!({ "id": made["id"] })).await;
        assert_eq!(data["practitioner"]["locations"], json!([{ "id": open }]));
    }

    async fn an_edit_changes_what_it_mentions(clinic: Clinic) {
        let made = clinic.doctor(json!({ "biography": "Before." })).await;
        let edit = json!({ "id": made["id"], "expectedVersion": 1, "biography": null, "languages": ["en"], "title": "Prof." });
        let edited = clinic.done(&clinic.admin, "updatePractitioner", edit).await;
        let mut expected = made.clone();
        expected.as_object_mut().unwrap().extend([
            ("biography".to_owned(), json!(null)),
            ("languages".to_owned(), json!(["en"])),
            ("title".to_owned(), json!("Prof.")),
            ("nameWithTitle".to_owned(), json!("Prof. Nguyễn Minh Anh")),
            ("version".to_owned(), json!(2)),
        ]);
        assert_eq!(edited, expected);
        assert_eq!(names(&clinic.told()), ["PractitionerCreated", "PractitionerUpdated"]);

        // What nobody else may know is nobody else's news.
        clinic.done(&clinic.admin, "updatePractitioner", json!({ "id": made["id"], "workPhone": null })).await;
        assert_eq!(names(&clinic.told()), ["PractitionerCreated", "PractitionerUpdated"]);
    }

    async fn of_many_edits_of_one_version_one_succeeds(clinic: Clinic) {
        let made = clinic.doctor(json!({})).await;
        let edits = (0..8).map(|number| {
            let edit = json!({ "id": made["id"], "expectedVersion": 1, "displayName": format!("Name {number}") });
            clinic.change(&clinic.admin, "updatePractitioner", edit)
        });
        let (done, refused): (Vec<_>, Vec<_>) =
            join_all(edits).await.into_iter().partition(|payload| payload["errors"] == json!([]));
        assert_eq!(done.len(), 1);
        for payload in refused {
            assert_eq!(reasons(&payload), [reason("Conflict", "input.expectedVersion")]);
        }
        let name = done[0]["practitioner"]["displayName"].as_str().unwrap();
        assert_eq!(clinic.found(&nobody(), json!(null)).await, [name]);
    }

    async fn edits_of_different_fields_do_not_undo_each_other(clinic: Clinic) {
        let made = clinic.doctor(json!({})).await;
        let fields = [("title", json!("Prof.")), ("biography", json!("New.")), ("practisingSince", json!(1999)),
            ("specialties", json!(["UROLOGY"])), ("languages", json!(["de"])), ("photoUrl", json!("https://a.example/b.jpg"))];
        let edits = fields.iter().map(|(field, value)| {
            let mut edit = json!({ "id": made["id"] });
            edit[field] = value.clone();
            clinic.done(&clinic.admin, "updatePractitioner", edit)
        });
        join_all(edits).await;
        let seen = clinic.done(&clinic.admin, "updatePractitioner", json!({ "id": made["id"] })).await;
        for (field, value) in &fields[..3] {
            assert_eq!(&seen[field], value, "{field}");
        }
        assert_eq!((&seen["specialties"], &seen["languages"]), (&json!([{ "code": "UROLOGY" }]), &json!(["de"])));
        assert_eq!(seen["version"], 8);
    }

    async fn practitioners_describe_themselves_and_no_more(clinic: Clinic) {
        let made = clinic.doctor(json!({})).await;
        let themselves = as_doctor(&made["id"]);
        let own = json!({
            "id": made["id"], "biography": "I like hearts.", "languages": ["vi", "fr"], "acceptingNewPatients": false,
            "workPhone": "+84 28 3822 9999", "photoUrl": "https://cdn.example/anh.jpg", "workEmail": null,
        });
        let edited = clinic.done(&themselves, "updatePractitioner", own).await;
        assert_eq!((&edited["biography"], &edited["workPhone"]), (&json!("I like hearts."), &json!("+842838229999")));

        let place = clinic.location("Quận 1", "Asia/Ho_Chi_Minh").await;
        for (field, value) in [
            ("displayName", json!("Somebody Else")),
            ("title", json!("Prof.")),
            ("profession", json!("NURSE")),
            ("specialties", json!(["NEUROSURGERY"])),
            ("licenceNumber", json!("999")),
            ("licenceExpiresOn", json!("2099-01-01")),
            ("practisingSince", json!(1950)),
            ("locationIds", json!([place])),
        ] {
            let mut edit = json!({ "id": made["id"] });
            edit[field] = value;
            assert_eq!(clinic.refused(&themselves, "updatePractitioner", edit).await, [reason("NotAllowed", "")], "{field}");
        }
    }

    async fn whoever_leaves_stays_readable_and_can_come_back(clinic: Clinic) {
        let made = clinic.doctor(json!({})).await;
        let themselves = as_doctor(&made["id"]);
        let leave = json!({ "id": made["id"], "reason": "Parental leave", "expectedVersion": 1 });
        let left = clinic.done(&clinic.admin, "deactivatePractitioner", leave.clone()).await;
        assert_eq!((&left["active"], &left["acceptsBookings"]), (&json!(false), &json!(false)));
        let told = clinic.told();
        let Some(PractitionersEvent::PractitionerDeactivated { practitioner_id, reason: why }) = told.last() else {
            panic!("{told:?}")
        };
        assert_eq!((practitioner_id.to_string().as_str(), why.as_str()), (made["id"].as_str().unwrap(), "Parental leave"));
        let again = json!({ "id": made["id"], "reason": "Again" });
        assert_eq!(clinic.refused(&clinic.admin, "deactivatePractitioner", again).await, [reason("Conflict", "input.id")]);

        // The public no longer finds them, staff do when they ask for it.
        let one = "query($id: ID!) { practitioner(id: $id) { active deactivationReason } }";
        assert_eq!(clinic.data(&nobody(), one, json!({ "id": made["id"] })).await, json!({ "practitioner": null }));
        assert!(clinic.found(&nobody(), json!({ "includeInactive": true })).await.is_empty());
        assert!(clinic.found(&clinic.admin, json!(null)).await.is_empty());
        assert_eq!(clinic.found(&clinic.admin, json!({ "includeInactive": true })).await.len(), 1);
        let nurse = caregraph_kit::testing::principal(clinic.account(&[Role::Nurse]).await, &[Role::Nurse]);
        let seen = clinic.data(&nurse, one, json!({ "id": made["id"] })).await;
        assert_eq!(seen["practitioner"], json!({ "active": false, "deactivationReason": null }));
        let seen = clinic.data(&themselves, one, json!({ "id": made["id"] })).await;
        assert_eq!(seen["practitioner"], json!({ "active": false, "deactivationReason": "Parental leave" }));
        let edit = json!({ "id": made["id"], "biography": "Still here" });
        assert_eq!(clinic.refused(&themselves, "updatePractitioner", edit).await, [reason("NotAllowed", "")]);

        // An edit while away does not lose the reason, and the way back is open.
        let edited = clinic.done(&clinic.admin, "updatePractitioner", json!({ "id": made["id"], "title": "Prof." })).await;
        assert_eq!((&edited["active"], &edited["deactivationReason"]), (&json!(false), &json!("Parental leave")));
        let back = clinic.done(&clinic.admin, "reactivatePractitioner", json!({ "id": made["id"] })).await;
        assert_eq!((&back["active"], &back["deactivationReason"]), (&json!(true), &json!(null)));
        let told = clinic.told();
        let Some(PractitionersEvent::PractitionerUpdated { practitioner }) = told.last() else { panic!("{told:?}") };
        assert!(practitioner.active);
        let again = json!({ "id": made["id"] });
        assert_eq!(clinic.refused(&clinic.admin, "reactivatePractitioner", again).await, [reason("Conflict", "input.id")]);
    }

    async fn unknown_practitioners_cannot_be_changed(clinic: Clinic) {
        for id in ["x", "00000000-0000-0000-0000-000000000000"] {
            for (mutation, input) in [
                ("updatePractitioner", json!({ "id": id, "title": "Dr." })),
                ("deactivatePractitioner", json!({ "id": id, "reason": "x" })),
                ("reactivatePractitioner", json!({ "id": id })),
            ] {
                assert_eq!(clinic.refused(&clinic.admin, mutation, input).await, [reason("NotFound", "input.id")]);
            }
        }
    }

    async fn contact_data_and_licence_are_sealed_in_the_store(clinic: Clinic) {
        clinic.doctor(json!({})).await;
        let reader = clinic.world.ground.database.reader();
        let statement = sea_orm::Statement::from_string(reader.get_database_backend(), "SELECT sealed FROM practitioners");
        let sealed: String = reader.query_one_raw(statement).await.unwrap().unwrap().try_get("", "sealed").unwrap();
        assert!(sealed.starts_with("v1."), "{sealed}");
        for secret in ["012345", "38221234", "minh.anh"] {
            assert!(!sealed.contains(secret));
        }
    }
}
