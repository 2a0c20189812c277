//! Tests of vital signs.

use super::*;
use proptest::prelude::*;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_438_400, 0).unwrap()
}

fn form(values: &[(Sign, Decimal)]) -> RecordVitals {
    RecordVitals {
        values: values.iter().copied().collect(),
        ..RecordVitals::default()
    }
}

fn born(years: i64) -> NaiveDate {
    now().date_naive() - TimeDelta::days(years * 365 + years / 4 + 30)
}

fn refused(form: &RecordVitals) -> Vec<String> {
    match Vitals::taken(form, None, now()) {
        Err(Failure::Refused(refusals)) => refusals
            .into_iter()
            .map(|refusal| match refusal {
                Rejection::Invalid { path, .. } => path.join("."),
                other => panic!("{other}"),
            })
            .collect(),
        other => panic!("should be refused: {other:?}"),
    }
}

#[test]
fn what_cannot_be_is_refused() {
    assert_eq!(
        refused(&form(&[(Sign::Temperature, Decimal::from(370))])),
        ["temperature"]
    );
    assert_eq!(refused(&form(&[(Sign::Pain, Decimal::new(25, 1))])), ["pain"]);
    assert_eq!(refused(&form(&[])), [""]);
    let swapped = form(&[
        (Sign::Systolic, Decimal::from(80)),
        (Sign::Diastolic, Decimal::from(120)),
    ]);
    assert_eq!(refused(&swapped), ["diastolic"]);
    let tomorrow = RecordVitals {
        taken_at: Some(now() + TimeDelta::days(1)),
        ..form(&[(Sign::Pain, Decimal::from(2))])
    };
    assert_eq!(refused(&tomorrow), ["takenAt"]);
}

#[test]
fn what_alarms_is_kept_and_flagged() {
    let vitals = Vitals::taken(&form(&[(Sign::Temperature, Decimal::new(415, 1))]), None, now()).unwrap();
    assert!(vitals.is_critical());
    assert_eq!(vitals.findings[&Sign::Temperature], Level::CriticallyHigh);
}

#[test]
fn what_is_normal_depends_on_age() {
    let fast = form(&[(Sign::HeartRate, Decimal::from(150))]);
    let level = |born| {
        let vitals = Vitals::taken(&fast, born, now()).unwrap();
        vitals.findings.get(&Sign::HeartRate).copied()
    };
    assert_eq!(level(Some(born(0))), None);
    assert_eq!(level(Some(born(4))), Some(Level::High));
    assert_eq!(level(Some(born(40))), Some(Level::CriticallyHigh));
    assert_eq!(level(None), Some(Level::CriticallyHigh));
}

#[test]
fn the_body_mass_index_is_computed() {
    let vitals = Vitals::taken(
        &form(&[
            (Sign::Height, Decimal::from(170)),
            (Sign::Weight, Decimal::new(655, 1)),
        ]),
        None,
        now(),
    )
    .unwrap();
    let index = vitals
        .readings()
        .into_iter()
        .find(|reading| reading.sign == Sign::BodyMassIndex);
    assert_eq!(index.unwrap().value, Decimal::new(227, 1));
}

proptest! {
    /// Of two values, the higher one never lies lower.
    #[test]
    fn levels_grow_with_values(a in 10_u32..350, b in 10_u32..350, days in proptest::option::of(0_u32..30_000)) {
        let rank = |value: u32| match level(Sign::HeartRate, Decimal::from(value), days) {
            Level::CriticallyLow => 0,
            Level::Low => 1,
            Level::Normal => 2,
            Level::High => 3,
            Level::CriticallyHigh => 4,
        };
        prop_assert!(rank(a.min(b)) <= rank(a.max(b)));
    }
}
