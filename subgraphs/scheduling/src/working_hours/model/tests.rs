//! Weeks that make sense and weeks that do not.

use super::*;
use uuid::Uuid;

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn location(id: u128, active: bool) -> Location {
    Location {
        id: Uuid::from_u128(id).into(),
        name: "Clinic".to_owned(),
        time_zone: Tz::Europe__Berlin,
        active,
    }
}

fn rule(start: &str, end: &str) -> Rule {
    Rule {
        weekday: Weekday::Mon,
        hours: Hours::new(start.parse().unwrap(), end.parse().unwrap()).unwrap(),
        location: Uuid::from_u128(1).into(),
        valid_from: None,
        valid_to: None,
    }
}

fn check(rules: &[Rule]) -> Result<usize, Vec<String>> {
    let locations = [location(1, true), location(2, false)];
    let locations: HashMap<_, _> = locations
        .into_iter()
        .map(|location| (location.id, location))
        .collect();
    let request = RulesRequest {
        rules,
        locations: &locations,
        today: date(2026, 3, 2),
    };
    match request.check() {
        Ok(placed) => Ok(placed.len()),
        Err(Failure::Refused(rejections)) => Err(rejections
            .into_iter()
            .map(|rejection| match rejection {
                Rejection::Invalid { path, .. }
                | Rejection::NotFound { path, .. }
                | Rejection::Conflict { path, .. } => path.join("."),
                Rejection::NotAllowed { message } => message,
            })
            .collect()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_week_without_hours_is_a_week() {
    assert_eq!(check(&[]), Ok(0));
}

#[test]
fn an_entry_applies_on_its_weekday_while_it_is_valid() {
    let rule = Rule {
        valid_from: Some(date(2026, 3, 9)),
        valid_to: Some(date(2026, 3, 16)),
        ..rule("08:00", "12:00")
    };
    let days: Vec<NaiveDate> = date(2026, 3, 1)
        .iter_days()
        .take(31)
        .filter(|date| rule.applies_on(*date))
        .collect();
    assert_eq!(days, [date(2026, 3, 9), date(2026, 3, 16)]);
    assert!(rule.is_valid_within(date(2026, 3, 16), date(2026, 3, 20)));
    assert!(!rule.is_valid_within(date(2026, 3, 17), date(2026, 3, 20)));
    assert!(!rule.is_valid_within(date(2026, 3, 1), date(2026, 3, 8)));
}

#[test]
fn every_mistake_of_a_week_is_reported() {
    let rules = [
        rule("08:00", "12:00"),
        Rule {
            location: Uuid::from_u128(9).into(),
            ..rule("13:00", "14:00")
        },
        Rule {
            location: Uuid::from_u128(2).into(),
            ..rule("14:00", "15:00")
        },
        Rule {
            valid_from: Some(date(2032, 1, 1)),
            ..rule("15:00", "16:00")
        },
        Rule {
            valid_to: Some(date(1999, 1, 1)),
            ..rule("16:00", "17:00")
        },
        Rule {
            valid_from: Some(date(2026, 5, 2)),
            valid_to: Some(date(2026, 5, 1)),
            ..rule("17:00", "18:00")
        },
        Rule {
            valid_to: Some(NaiveDate::MAX),
            ..rule("18:00", "19:00")
        },
    ];
    let mistakes = check(&rules).unwrap_err();
    assert_eq!(
        mistakes,
        [
            "rules.1.locationId",
            "rules.2.locationId",
            "rules.3.validFrom",
            "rules.4.validTo",
            "rules.5.validTo",
            "rules.6.validTo"
        ]
    );
}

#[test]
fn overlaps_and_endless_lists_are_refused() {
    assert_eq!(
        check(&[
            rule("08:00", "12:00"),
            rule("12:00", "13:00"),
            rule("12:30", "14:00")
        ]),
        Err(vec!["rules.2".to_owned()])
    );
    let many: Vec<Rule> = (0..101).map(|_| rule("08:00", "12:00")).collect();
    assert_eq!(check(&many), Err(vec!["rules".to_owned()]));
}
