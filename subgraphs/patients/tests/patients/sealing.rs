//! What a stolen store would tell.

use crate::world::*;
use caregraph_contracts::{RecordPart, Role};
use caregraph_kit::change::Change;
use caregraph_kit::on_every_engine;
use caregraph_patients::consent::{GrantConsent, RevokeConsent};
use caregraph_patients::merging::{MergePatients, UndoMerge};
use caregraph_patients::patient::{Address, AddressKind, EmergencyContact, InsuranceCard, ProfileChanges};
use sea_orm::{ConnectionTrait, Statement};

const COLUMNS: &[(&str, &[&str])] = &[
    (
        "patients",
        &[
            "mrn",
            "given_name",
            "family_name",
            "name_folded",
            "phone",
            "phone_index",
            "national_id",
            "national_id_index",
            "addresses",
            "emergency_contacts",
            "insurance",
            "occupation",
        ],
    ),
    ("accounts", &["details", "roles"]),
    (
        "consents",
        &[
            "parts",
            "purpose",
            "granting_form",
            "revocation_reason",
            "revoking_form",
        ],
    ),
    ("patient_merges", &["concerns", "reason", "undo_reason"]),
    ("patient_match_keys", &["value"]),
    ("idempotency_keys", &["answer"]),
    ("event_outbox", &["name", "payload"]),
];

async fn everything_in(world: &World) -> String {
    let connection = world.ground().database.reader();
    let mut text = String::new();
    for (table, columns) in COLUMNS {
        for column in *columns {
            let sql = format!("SELECT {column} AS value FROM {table}");
            let rows = connection
                .query_all_raw(Statement::from_string(connection.get_database_backend(), sql))
                .await
                .unwrap();
            for row in rows {
                text.push_str(
                    &row.try_get::<Option<String>>("", "value")
                        .unwrap()
                        .unwrap_or_default(),
                );
                text.push('\n');
            }
        }
    }
    text
}

on_every_engine! {
    async fn contact_data_and_numbers_are_sealed(world: World) {
        world.account(user(1), &[Role::Patient], "Accountgiven", "Accountfamily").await;
        let profile = ProfileChanges {
            phone: Change::Set("+84 987 654 321".into()),
            national_id: Change::Set("079090001234".into()),
            addresses: Some(vec![Address {
                kind: AddressKind::Home,
                street: "12 Lý Thường Kiệt".into(),
                district: None,
                city: "Hà Nội".into(),
                region: None,
                postal_code: Some("100000".into()),
                country: "vn".into(),
            }]),
            emergency_contacts: Some(vec![EmergencyContact {
                name: "Contactname".into(),
                relationship: Some("sister".into()),
                phone: "+84 977 777 777".into(),
            }]),
            insurance: Change::Set(InsuranceCard {
                insurer: "Insurername".into(),
                plan: None,
                member_number: "DN4010112345678".into(),
                valid_until: None,
            }),
            ..named("Clear", "Name")
        };
        let patient = world.walk_in(profile).await;
        assert_eq!(patient.profile.addresses[0].country, "VN");
        let raw = everything_in(&world).await;
        assert!(raw.contains("clear"), "the test reads the rows");
        for secret in [
            "987654321", "912345678", "079090001234", "Kiệt", "Hà Nội", "100000", "Contactname", "977777777", "Insurername",
            "DN4010112345678", "example.com",
        ] {
            assert!(!raw.contains(secret), "{secret} is readable");
        }
        let again = world.patients.get(&nurse(), patient.id).await.unwrap().unwrap();
        assert_eq!(again, patient);
    }

    async fn reasons_and_purposes_are_sealed(world: World) {
        world.account(user(901), &[Role::Doctor], "Chi", "Lê").await;
        let born = ProfileChanges { date_of_birth: Change::Set(day(1990, 4, 12)), ..named("Clear", "Name") };
        let (one, two) = (world.walk_in(born.clone()).await.id, world.walk_in(born).await.id);
        let consent = GrantConsent {
            patient: one,
            grantee: user(901),
            parts: vec![RecordPart::Vitals],
            until: None,
            purpose: Some("Purposetext".into()),
            signed_form: Some("Grantingform".into()),
            idempotency_key: "k".into(),
        };
        let consent = world.consents.grant(&nurse(), consent).await.unwrap();
        let revoke = RevokeConsent { consent: consent.id, reason: Some("Revocationtext".into()), signed_form: Some("Revokingform".into()) };
        world.consents.revoke(&nurse(), revoke).await.unwrap();
        let merge = MergePatients { surviving: one, merged: two, reason: "Mergetext".into(), checked: [].into() };
        let merge = world.merges.merge(&nurse(), merge).await.unwrap();
        world.merges.undo(&nurse(), UndoMerge { merge: merge.id, reason: "Undotext".into() }).await.unwrap();
        let raw = everything_in(&world).await;
        assert!(raw.contains("VITALS"), "the test reads the rows");
        for secret in ["Purposetext", "Grantingform", "Revocationtext", "Revokingform", "Mergetext", "Undotext", "1990-04-12"] {
            assert!(!raw.contains(secret), "{secret} is readable");
        }
    }

    async fn a_sealed_value_does_not_open_elsewhere(world: World) {
        let one = world.walk_in(ProfileChanges { phone: Change::Set("+84987654321".into()), ..named("A", "A") }).await;
        let two = world.walk_in(ProfileChanges { phone: Change::Set("+84987654322".into()), ..named("B", "B") }).await;
        let connection = world.ground().database.reader();
        let sql = "UPDATE patients SET phone = (SELECT p.phone FROM (SELECT mrn, phone FROM patients) p WHERE p.mrn = \
                   'MRN1') WHERE mrn = 'MRN2'";
        let sql = sql.replace("MRN1", one.mrn.as_str()).replace("MRN2", two.mrn.as_str());
        connection.execute_unprepared(&sql).await.unwrap();
        assert!(world.patients.get(&nurse(), one.id).await.unwrap().is_some());
        assert!(world.patients.get(&nurse(), two.id).await.is_err());
    }
}
