//! Overlaps, within one zone and between zones.

use super::*;
use crate::local_time::Hours;
use Tz::{America__New_York as NEW_YORK, Asia__Ho_Chi_Minh as HO_CHI_MINH, Europe__Berlin as BERLIN};
use Tz::{Australia__Lord_Howe as LORD_HOWE, Europe__London as LONDON};
use chrono::Weekday;
use proptest::prelude::*;
use uuid::Uuid;

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn today() -> NaiveDate {
    date(2026, 3, 2)
}

fn hours(start: &str, end: &str) -> Hours {
    Hours::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

fn rule(weekday: Weekday, start: &str, end: &str) -> Rule {
    Rule {
        weekday,
        hours: hours(start, end),
        location: Uuid::from_u128(1).into(),
        valid_from: None,
        valid_to: None,
    }
}

#[test]
fn neighbours_do_not_clash_even_within_the_hour_that_comes_twice() {
    let sunday = [
        (rule(Weekday::Sun, "01:00", "02:30"), BERLIN),
        (rule(Weekday::Sun, "02:30", "04:00"), BERLIN),
    ];
    assert_eq!(clash_within_week(&sunday, today()), None);
}

#[test]
fn entries_of_one_weekday_that_share_a_clock_face_clash() {
    let week = [
        (rule(Weekday::Mon, "08:00", "12:00"), BERLIN),
        (rule(Weekday::Tue, "08:00", "12:00"), BERLIN),
        (rule(Weekday::Mon, "11:55", "14:00"), BERLIN),
    ];
    assert_eq!(
        clash_within_week(&week, today()),
        Some(Clash {
            first: 0,
            second: 2,
            date: today()
        })
    );
}

#[test]
fn entries_that_are_never_valid_on_the_same_day_do_not_clash() {
    let mut winter = rule(Weekday::Mon, "08:00", "12:00");
    let mut summer = winter.clone();
    winter.valid_to = Some(date(2026, 4, 30));
    summer.valid_from = Some(date(2026, 5, 1));
    assert_eq!(
        clash_within_week(&[(winter.clone(), BERLIN), (summer.clone(), BERLIN)], today()),
        None
    );
    // From Tuesday to Sunday both apply, but that holds no Monday.
    summer.valid_from = Some(date(2026, 4, 28));
    winter.valid_to = Some(date(2026, 5, 3));
    assert_eq!(
        clash_within_week(&[(winter.clone(), BERLIN), (summer.clone(), BERLIN)], today()),
        None
    );
    winter.valid_to = Some(date(2026, 5, 4));
    let clash = clash_within_week(&[(winter, BERLIN), (summer, BERLIN)], today());
    assert_eq!(clash.map(|clash| clash.date), Some(date(2026, 5, 4)));
}

#[test]
fn zones_are_compared_in_real_time() {
    // Eight in Berlin is seven in London, all year round.
    let apart = [
        (rule(Weekday::Mon, "09:00", "12:00"), BERLIN),
        (rule(Weekday::Mon, "11:00", "12:00"), LONDON),
    ];
    assert_eq!(clash_within_week(&apart, today()), None);
    let together = [
        (rule(Weekday::Mon, "09:00", "12:05"), BERLIN),
        (rule(Weekday::Mon, "11:00", "12:00"), LONDON),
    ];
    assert!(clash_within_week(&together, today()).is_some());
}

#[test]
fn a_clash_of_two_weeks_a_year_is_found() {
    // New York is six hours behind Berlin, but five between 8 and 29 March and in the last week of October.
    let week = [
        (rule(Weekday::Mon, "18:00", "20:00"), BERLIN),
        (rule(Weekday::Mon, "15:00", "17:00"), NEW_YORK),
    ];
    assert_eq!(clash_within_week(&week, today()), None);
    let week = [
        (rule(Weekday::Mon, "16:00", "18:00"), BERLIN),
        (rule(Weekday::Mon, "12:00", "14:00"), NEW_YORK),
    ];
    let clash = clash_within_week(&week, today()).unwrap();
    assert_eq!((clash.first, clash.second, clash.date), (0, 1, date(2026, 3, 9)));
}

#[test]
fn a_clash_may_lie_across_the_date_line() {
    // Monday 20:00 in New York is Tuesday 08:00 in Saigon (07:00 in summer).
    let week = [
        (rule(Weekday::Tue, "08:00", "10:00"), HO_CHI_MINH),
        (rule(Weekday::Mon, "20:00", "21:00"), NEW_YORK),
    ];
    assert!(clash_within_week(&week, today()).is_some());
    let week = [
        (rule(Weekday::Tue, "10:00", "11:00"), HO_CHI_MINH),
        (rule(Weekday::Mon, "20:00", "21:00"), NEW_YORK),
    ];
    assert_eq!(clash_within_week(&week, today()), None);
}

#[test]
fn entries_that_begin_years_from_now_are_tried_when_they_have_begun() {
    let mut berlin = rule(Weekday::Mon, "09:00", "12:05");
    berlin.valid_from = Some(date(2030, 6, 1));
    let clash = clash_within_week(
        &[(rule(Weekday::Mon, "11:00", "12:00"), LONDON), (berlin, BERLIN)],
        today(),
    );
    assert_eq!(clash.map(|clash| clash.date), Some(date(2030, 6, 3)));
}

fn extra(id: u128, date: NaiveDate, start: &str, end: &str) -> ExtraHours {
    ExtraHours {
        id: Uuid::from_u128(id).into(),
        practitioner: Uuid::from_u128(1).into(),
        date,
        hours: hours(start, end),
        location: Uuid::from_u128(2).into(),
    }
}

#[test]
fn extra_hours_clash_with_the_week_and_with_each_other_but_not_with_themselves() {
    let week = [(rule(Weekday::Mon, "08:00", "12:00"), BERLIN)];
    let afternoon = extra(1, today(), "12:00", "14:00");
    assert_eq!(
        clash_on((&afternoon, BERLIN), &week, &[(afternoon.clone(), BERLIN)]),
        None
    );
    assert!(clash_on((&afternoon, LONDON), &week, &[]).is_none());
    assert!(clash_on((&extra(2, today(), "11:00", "11:30"), BERLIN), &week, &[]).is_some());
    let other = extra(3, today(), "12:00", "12:30");
    assert!(clash_on((&afternoon, BERLIN), &[], &[(other, LONDON)]).is_some());
}

/// All real time of a rule in some weeks, by asking a clock every five minutes.
fn five_minutes(rule: &Rule, zone: Tz, from: NaiveDate, weeks: i64) -> Vec<i64> {
    let start = from.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp() / 300;
    (start - 288..start + weeks * 7 * 288 + 288)
        .filter(|cell| {
            let clock = chrono::DateTime::from_timestamp(cell * 300, 0)
                .unwrap()
                .with_timezone(&zone);
            let minute = u16::try_from(chrono::Timelike::num_seconds_from_midnight(&clock) / 60).unwrap();
            rule.applies_on(clock.date_naive())
                && (rule.hours.start().minutes()..rule.hours.end().minutes()).contains(&minute)
        })
        .collect()
}

fn any_rule() -> impl Strategy<Value = (Rule, Tz)> {
    let zones = prop::sample::select(vec![BERLIN, NEW_YORK, LORD_HOWE, HO_CHI_MINH, LONDON]);
    let weekday = (0_u8..7).prop_map(|day| Weekday::try_from(day).unwrap());
    let block = (0_u16..288).prop_flat_map(|start| (Just(start), 1..=(288 - start).min(60)));
    (zones, weekday, block).prop_map(|(zone, weekday, (start, length))| {
        let time = |fives: u16| crate::local_time::LocalTime::from_minutes(fives * 5).unwrap();
        let hours = Hours::new(time(start), time(start + length)).unwrap();
        let location = Uuid::from_u128(1).into();
        (
            Rule {
                weekday,
                hours,
                location,
                valid_from: None,
                valid_to: None,
            },
            zone,
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A week that is found free of clashes has none in real time either, over the weeks in which clocks change.
    #[test]
    fn what_passes_never_overlaps(a in any_rule(), b in any_rule()) {
        let clash = clash_within_week(&[a.clone(), b.clone()], today());
        let mine = five_minutes(&a.0, a.1, today(), 8);
        let theirs = five_minutes(&b.0, b.1, today(), 8);
        let shared = mine.iter().any(|cell| theirs.binary_search(cell).is_ok());
        prop_assert!(!shared || clash.is_some(), "{:?} and {:?} overlap", a, b);
        if let Some(clash) = clash {
            let near = clash.date.checked_sub_days(Days::new(3)).unwrap();
            let mine = five_minutes(&a.0, a.1, near, 1);
            let theirs = five_minutes(&b.0, b.1, near, 1);
            prop_assert!(mine.iter().any(|cell| theirs.binary_search(cell).is_ok()), "{:?} do not overlap", clash);
        }
    }
}
