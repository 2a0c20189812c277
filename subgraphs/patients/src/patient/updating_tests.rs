//! Tests of what the front desk changes only, by the names of the input.

use super::*;
use crate::patient::{Language, Profile};
use chrono::{DateTime, NaiveDate};

fn known() -> Profile {
    let changes = ProfileChanges {
        given_name: Some("An".into()),
        family_name: Some("Nguyễn".into()),
        ..Default::default()
    };
    after(&Profile::blank(Language::Vi), &changes)
}

fn after(profile: &Profile, changes: &ProfileChanges) -> Profile {
    let now = DateTime::from_timestamp(1_772_438_400, 0).unwrap();
    profile.changed(changes, now).unwrap()
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()
}

fn named(profile: &Profile, changes: &ProfileChanges) -> Vec<&'static str> {
    let then = after(profile, changes);
    let fields = made_different(&profile.identification, &then.identification, changes);
    assert_eq!(
        fields.is_empty(),
        then.identification == profile.identification,
        "{changes:?}"
    );
    fields
}

#[test]
fn every_field_that_differs_is_named_and_no_other() {
    let changes = ProfileChanges {
        given_name: Some("An".into()),
        family_name: Some("Trần".into()),
        national_id: Change::Set("079090001234".into()),
        occupation: Change::Set("Cook".into()),
        ..Default::default()
    };
    assert_eq!(named(&known(), &changes), ["familyName", "nationalId"]);
    assert_eq!(named(&after(&known(), &changes), &changes), [""; 0]);
}

#[test]
fn of_death_what_stands_in_the_input_is_named() {
    let died = ProfileChanges {
        deceased: Some(true),
        ..Default::default()
    };
    let on = ProfileChanges {
        deceased_on: Change::Set(day()),
        ..Default::default()
    };
    let lives = ProfileChanges {
        deceased: Some(false),
        ..Default::default()
    };
    let unknown_when = ProfileChanges {
        deceased_on: Change::Clear,
        ..Default::default()
    };
    let (living, dead) = (known(), after(&known(), &on));
    assert_eq!(named(&living, &died), ["deceased"]);
    assert_eq!(named(&living, &on), ["deceasedOn"]);
    assert_eq!(named(&after(&living, &died), &on), ["deceasedOn"]);
    assert_eq!(named(&dead, &lives), ["deceased"]);
    assert_eq!(named(&dead, &unknown_when), ["deceasedOn"]);
    assert_eq!(named(&living, &lives), [""; 0]);
}
