//! Tests of what people bring along.

use super::*;
use caregraph_records::vitals::Vitals;
use chrono::NaiveTime;
use rand::SeedableRng;

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
}

fn noon() -> DateTime<Utc> {
    today()
        .and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap())
        .and_utc()
}

/// Somebody of every age that comes.
fn everybody(random: &mut StdRng) -> Vec<Body> {
    (200..365 * 88)
        .step_by(61)
        .map(|days| Body::of_somebody(random, today(), today() - Days::new(days), days % 2 == 0))
        .collect()
}

#[test]
fn nothing_happened_before_birth_or_at_another_age() {
    let mut random = StdRng::seed_from_u64(1);
    for body in everybody(&mut random) {
        for content in brought_along(&mut random, &body, true, today()) {
            match content {
                Content::Allergy(allergy) => {
                    let known = ALLERGIES
                        .iter()
                        .find(|known| known.substance == allergy.substance);
                    assert!(known.is_some_and(|known| known.from <= body.age(today())));
                }
                Content::Condition(condition) => {
                    assert!(
                        condition
                            .onset
                            .is_some_and(|onset| onset > body.born && onset <= today())
                    );
                }
                Content::Medication(medication) => assert!(medication.started_on > Some(body.born)),
                Content::Immunization(given) => {
                    let vaccine = IMMUNIZATIONS.iter().find(|vaccine| vaccine.name == given.vaccine);
                    let (first, last) = vaccine.unwrap().given;
                    let at = body.age_in_days(given.given_on);
                    assert!((first..=last).contains(&at), "{} at {at} days", given.vaccine);
                    assert!(given.given_on <= today());
                }
                other => panic!("nobody brings {other:?}"),
            }
        }
    }
}

#[test]
fn the_well_have_normal_values_at_every_age() {
    let mut random = StdRng::seed_from_u64(2);
    for body in everybody(&mut random) {
        let vitals = |form| Vitals::taken(&form, Some(body.born), noon()).unwrap();
        let well = vitals(measured(&mut random, &body, noon(), false));
        assert!(well.findings.is_empty(), "{:?} born {}", well.findings, body.born);
        let raised = vitals(measured(&mut random, &body, noon(), true));
        assert!(!raised.is_critical(), "{:?} born {}", raised.findings, body.born);
    }
}

#[test]
fn what_was_measured_earlier_was_measured_while_ill() {
    let mut random = StdRng::seed_from_u64(3);
    let mut found = 0;
    for body in everybody(&mut random) {
        for earlier in measured_earlier(&mut random, &body, noon()) {
            let since = body.illness.map(|illness| illness.since);
            assert!(earlier.taken_at.map(|at| at.date_naive()) >= since);
            found += 1;
        }
    }
    assert!(found > 0);
}
