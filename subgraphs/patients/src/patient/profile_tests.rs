//! Tests of the profile's rules.

use super::*;
use crate::patient::AddressKind;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_438_400, 0).unwrap()
}

fn day(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).unwrap()
}

fn named() -> ProfileChanges {
    ProfileChanges {
        given_name: Some("An".into()),
        family_name: Some("Nguyễn".into()),
        ..Default::default()
    }
}

fn refusals(changes: &ProfileChanges) -> Vec<String> {
    match Profile::blank(Language::En).changed(changes, now()) {
        Ok(_) => Vec::new(),
        Err(Failure::Refused(rejections)) => rejections
            .into_iter()
            .map(|rejection| match rejection {
                Rejection::Invalid { path, .. } => path.join("."),
                other => panic!("unexpected {other:?}"),
            })
            .collect(),
        Err(other) => panic!("unexpected {other:?}"),
    }
}

#[test]
fn a_profile_needs_a_name_with_a_letter() {
    assert_eq!(refusals(&ProfileChanges::default()), ["givenName"]);
    let dots = ProfileChanges {
        given_name: Some("...".into()),
        ..Default::default()
    };
    assert_eq!(refusals(&dots), ["givenName"]);
    let one_name = ProfileChanges {
        given_name: Some("Suharto".into()),
        ..Default::default()
    };
    assert!(refusals(&one_name).is_empty());
}

#[test]
fn days_must_be_plausible() {
    let born = |day| ProfileChanges {
        date_of_birth: Change::Set(day),
        ..named()
    };
    assert_eq!(refusals(&born(day(1889, 12, 31))), ["dateOfBirth"]);
    assert_eq!(refusals(&born(day(2026, 3, 3))), ["dateOfBirth"]);
    assert!(refusals(&born(day(2026, 3, 2))).is_empty());
    let reversed = ProfileChanges {
        deceased_on: Change::Set(day(1989, 1, 1)),
        ..born(day(1990, 1, 1))
    };
    assert_eq!(refusals(&reversed), ["deceasedOn"]);
    let alive = ProfileChanges {
        deceased: Some(false),
        deceased_on: Change::Set(day(2020, 1, 1)),
        ..born(day(1990, 1, 1))
    };
    assert_eq!(refusals(&alive), ["deceasedOn"]);
}

#[test]
fn a_day_of_death_implies_death_and_goes_with_it() {
    let died = ProfileChanges {
        deceased_on: Change::Set(day(2020, 1, 1)),
        ..named()
    };
    let profile = Profile::blank(Language::En).changed(&died, now()).unwrap();
    assert!(profile.identification.deceased);
    let mistake = ProfileChanges {
        deceased: Some(false),
        ..Default::default()
    };
    let profile = profile.changed(&mistake, now()).unwrap();
    assert_eq!(profile.identification.deceased_on, None);
}

#[test]
fn age_is_completed_years_and_ends_with_life() {
    let born = ProfileChanges {
        date_of_birth: Change::Set(day(2004, 2, 29)),
        ..named()
    };
    let profile = Profile::blank(Language::En).changed(&born, now()).unwrap();
    assert_eq!(profile.age(day(2026, 2, 28)), Some(21));
    assert_eq!(profile.age(day(2026, 3, 1)), Some(22));
    let died = ProfileChanges {
        deceased_on: Change::Set(day(2014, 3, 1)),
        ..Default::default()
    };
    assert_eq!(
        profile.changed(&died, now()).unwrap().age(day(2026, 3, 1)),
        Some(10)
    );
}

#[test]
fn every_mistake_is_named_at_its_place() {
    let address = Address {
        kind: AddressKind::Home,
        street: String::new(),
        district: None,
        city: "x".repeat(101),
        region: None,
        postal_code: None,
        country: "Vietnam".into(),
    };
    let contact = EmergencyContact {
        name: "B".into(),
        relationship: None,
        phone: "113".into(),
    };
    let changes = ProfileChanges {
        addresses: Some(vec![address]),
        emergency_contacts: Some(vec![contact]),
        national_id: Change::Set("12".into()),
        phone: Change::Set("0912".into()),
        preferred_language: Some("fr".into()),
        ..named()
    };
    let mut found = refusals(&changes);
    found.sort();
    let wanted = [
        "addresses.0.city",
        "addresses.0.country",
        "addresses.0.street",
        "emergencyContacts.0.phone",
        "nationalId",
        "phone",
        "preferredLanguage",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn sending_back_what_was_shown_is_no_edit() {
    let mut profile = Profile::blank(Language::Vi).changed(&named(), now()).unwrap();
    profile.phone = Some("+84912345678".into());
    profile.phone_from_account = true;
    profile.language_from_account = true;
    let echo = ProfileChanges {
        phone: Change::Set("+84 912 345 678".into()),
        preferred_language: Some("vi".into()),
        ..Default::default()
    };
    assert_eq!(profile.changed(&echo, now()).unwrap(), profile);
    let removed = ProfileChanges {
        phone: Change::Clear,
        ..Default::default()
    };
    assert!(!profile.changed(&removed, now()).unwrap().phone_from_account);
}
