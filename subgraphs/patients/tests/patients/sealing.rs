//! What a stolen store would tell.

use crate::searching::called;
use crate::world::*;
use caregraph_contracts::{RecordPart, Role};
use caregraph_kit::change::Change;
use caregraph_kit::on_every_engine;
use caregraph_patients::consent::{GrantConsent, RevokeConsent};
use caregraph_patients::merging::{MergePatients, UndoMerge};
use caregraph_patients::patient::{
    Address, AddressKind, BloodType, EmergencyContact, InsuranceCard, ProfileChanges, Sealing, UpdatePatient,
};
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
            "sealed_given_name",
            "sealed_family_name",
            "occupation",
            "sealed_occupation",
            "blood_type",
            "sealed_blood_type",
        ],
    ),
    ("patient_name_tokens", &["token"]),
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

/// How many match keys there are.
async fn match_keys(world: &World) -> usize {
    let connection = world.ground().database.reader();
    let sql = "SELECT value FROM patient_match_keys";
    let rows = connection
        .query_all_raw(Statement::from_string(connection.get_database_backend(), sql))
        .await;
    rows.unwrap().len()
}

on_every_engine! {
    async fn names_contact_data_and_numbers_are_sealed(world: World) {
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
            occupation: Change::Set("Occupationtext".into()),
            blood_type: Change::Set(BloodType::ONegative),
            ..named("Givenname", "Familyname")
        };
        let patient = world.walk_in(profile).await;
        assert_eq!(patient.profile.addresses[0].country, "VN");
        let raw = everything_in(&world).await;
        assert!(raw.contains(patient.mrn.as_str()), "the test reads the rows");
        for secret in [
            "987654321", "912345678", "079090001234", "Kiệt", "Hà Nội", "100000", "Contactname", "977777777", "Insurername",
            "DN4010112345678", "Occupationtext", "O_NEGATIVE", "example.com", "Givenname", "givenname", "Familyname", "familyname",
            "Accountgiven", "accountgiven", "Accountfamily", "accountfamily",
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
            all_parts: false,
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

    /// As an earlier version of the program left it.
    async fn what_stands_in_the_clear_is_read_and_sealed(world: World) {
        let one = world.walk_in(named("An", "Nguyễn")).await;
        let two = world.walk_in(named("Bình", "Trần")).await;
        let reader = world.ground().database.reader();
        reader.execute_unprepared("UPDATE patients SET occupation = 'Occupationtext', blood_type = 'O_NEGATIVE'").await.unwrap();
        let seen = async |id| {
            let patient = world.patients.get(&nurse(), id).await.unwrap().unwrap();
            let blood_type = patient.profile.identification.blood_type;
            (patient.profile.occupation, blood_type, patient.version)
        };
        let known = |occupation: &str, version| (Some(occupation.to_owned()), Some(BloodType::ONegative), version);
        assert_eq!(seen(one.id).await, known("Occupationtext", 1));

        // Whoever changes anything of a record seals all of it; the rest is sealed beside it.
        let profile = ProfileChanges { phone: Change::Set("+84987654321".into()), ..Default::default() };
        world.patients.update(&nurse(), UpdatePatient { patient: one.id, version: None, profile }).await.unwrap();
        assert_eq!(world.patients.seal_the_clear().await.unwrap(), 1);
        let raw = everything_in(&world).await;
        assert!(!raw.contains("Occupationtext") && !raw.contains("O_NEGATIVE"), "{raw}");
        assert_eq!((seen(one.id).await, seen(two.id).await), (known("Occupationtext", 2), known("Occupationtext", 1)));
        assert_eq!(world.patients.seal_the_clear().await.unwrap(), 0);

        // What stands in the clear counts, whatever is sealed beside it; and what stands nowhere in the clear stays.
        reader.execute_unprepared("UPDATE patients SET occupation = 'Newertext'").await.unwrap();
        assert_eq!(seen(two.id).await, known("Newertext", 1));
        assert_eq!(world.patients.seal_the_clear().await.unwrap(), 2);
        assert!(!everything_in(&world).await.contains("Newertext"));
        assert_eq!(seen(two.id).await, known("Newertext", 1));
    }

    /// As an earlier version of the program left it.
    async fn names_that_stand_in_the_clear_are_read_and_sealed_and_then_found(world: World) {
        let one = world.walk_in(named("An", "Nguyễn")).await;
        let two = world.walk_in(named("Bình", "Trần")).await;
        let reader = world.ground().database.reader();
        let clear = "UPDATE patients SET given_name = 'Oldgiven', family_name = 'Oldfamily', name_folded = 'oldfamily oldgiven', \
                     sealed_given_name = NULL, sealed_family_name = NULL";
        for sql in ["DELETE FROM patient_name_tokens", clear] {
            reader.execute_unprepared(sql).await.unwrap();
        }
        let seen = async |id| {
            let patient = world.patients.get(&nurse(), id).await.unwrap().unwrap();
            let name = patient.profile.identification;
            (name.family_name, name.given_name, patient.version)
        };
        let known = |family: &str, given: &str, version| (family.to_owned(), given.to_owned(), version);
        assert_eq!(seen(one.id).await, known("Oldfamily", "Oldgiven", 1));

        // Whoever changes anything of a record seals all of it; the rest is sealed beside it.
        let profile = ProfileChanges { phone: Change::Set("+84987654321".into()), ..Default::default() };
        world.patients.update(&nurse(), UpdatePatient { patient: one.id, version: None, profile }).await.unwrap();
        assert_eq!(called(&world, "oldf").await, [one.id]);
        assert_eq!(world.patients.seal_the_clear().await.unwrap(), 1);
        let raw = everything_in(&world).await.to_lowercase();
        assert!(!raw.contains("oldgiven") && !raw.contains("oldfamily"), "{raw}");
        assert_eq!((seen(one.id).await, seen(two.id).await), (known("Oldfamily", "Oldgiven", 2), known("Oldfamily", "Oldgiven", 1)));
        assert_eq!(called(&world, "oldg").await.len(), 2);
        assert_eq!(world.patients.seal_the_clear().await.unwrap(), 0);
    }

    /// It must not run any more, but should it have: it empties the columns that it knows, and knows none of the sealed ones.
    async fn what_an_earlier_version_erased_stays_erased(world: World) {
        let profile = ProfileChanges {
            date_of_birth: Change::Set(day(1990, 4, 12)),
            occupation: Change::Set("Cook".into()),
            blood_type: Change::Set(BloodType::ONegative),
            ..named("An", "Nguyễn")
        };
        let (one, two) = (world.walk_in(profile.clone()).await, world.walk_in(profile).await);
        let before = match_keys(&world).await;
        let reader = world.ground().database.reader();
        let erase = "UPDATE patients SET given_name = mrn, family_name = '', name_folded = 'p', date_of_birth = NULL, occupation = NULL, \
                     blood_type = NULL WHERE mrn = ";
        reader.execute_unprepared(&format!("{erase}'{}'", one.mrn)).await.unwrap();
        let seen = async || {
            let profile = world.patients.get(&nurse(), one.id).await.unwrap().unwrap().profile;
            let name = profile.identification;
            (name.given_name, name.family_name, name.blood_type, profile.occupation)
        };
        let erased = (one.mrn.to_string(), String::new(), None, None);
        assert_eq!(seen().await, erased);
        assert_eq!(match_keys(&world).await, before);
        assert_eq!(world.patients.seal_the_clear().await.unwrap(), 1);
        assert_eq!(seen().await, erased);
        assert_eq!(called(&world, "nguyen").await, [two.id]);
        assert_eq!(match_keys(&world).await, before / 2, "those of the name went with it");
        // What is sealed says so, too: nothing stands in the clear now.
        assert_eq!(world.patients.seal_the_clear().await.unwrap(), 0);
    }

    /// Nothing writes in the clear any more, so nobody looks through all patients every hour.
    async fn sealing_ends_when_there_is_nothing_left(world: World) {
        world.walk_in(named("An", "Nguyễn")).await;
        let reader = world.ground().database.reader();
        let clear = "UPDATE patients SET occupation = 'Occupationtext'";
        let is_clear = async || everything_in(&world).await.contains("Occupationtext");
        let sealing = Sealing::new(world.patients.clone());
        // It goes on while there is something to seal, ends once there is not, and the next start looks again.
        for _ in 0..2 {
            reader.execute_unprepared(clear).await.unwrap();
            sealing.carry_on().await.unwrap();
            assert!(!is_clear().await);
        }
        sealing.carry_on().await.unwrap();
        reader.execute_unprepared(clear).await.unwrap();
        sealing.carry_on().await.unwrap();
        assert!(is_clear().await);
        Sealing::new(world.patients.clone()).carry_on().await.unwrap();
        assert!(!is_clear().await);
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
