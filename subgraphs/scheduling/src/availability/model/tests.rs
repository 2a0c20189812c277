//! Starts of visits: days on which clocks change, written out by hand, and the same rule in other words as an oracle.

use super::*;
use crate::local_time::LocalTime;
use crate::medical_service::TimingRequest;
use Tz::{America__New_York as NEW_YORK, Asia__Ho_Chi_Minh as HO_CHI_MINH};
use Tz::{Australia__Lord_Howe as LORD_HOWE, Europe__Berlin as BERLIN};
use caregraph_kit::validate::Checks;
use chrono::{Datelike, Days, Duration, NaiveDate, Offset, TimeZone, Timelike};
use proptest::prelude::*;

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn hours(start: &str, end: &str) -> Hours {
    Hours::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

fn timing(duration: i32, step: i32) -> Timing {
    let asked = TimingRequest {
        slot_step_minutes: step,
        ..TimingRequest::of(duration)
    };
    Timing::check(asked, &mut Checks::new()).unwrap()
}

/// Starts as the clock shows them, with the offset from UTC that tells repeated ones apart.
fn shown(zone: Tz, date: NaiveDate, hours: Hours, timing: Timing) -> Vec<String> {
    starts(&LocalDay::of(zone, date), hours, timing)
        .map(|start| start.with_timezone(&zone).format("%H:%M %:z").to_string())
        .collect()
}

#[test]
fn a_morning_in_saigon_is_like_any_other() {
    let found = shown(
        HO_CHI_MINH,
        date(2026, 3, 29),
        hours("08:00", "10:00"),
        timing(30, 30),
    );
    assert_eq!(
        found,
        ["08:00 +07:00", "08:30 +07:00", "09:00 +07:00", "09:30 +07:00"]
    );
}

#[test]
fn a_visit_must_end_within_the_hours() {
    let found = shown(
        HO_CHI_MINH,
        date(2026, 3, 29),
        hours("08:00", "09:00"),
        timing(40, 15),
    );
    assert_eq!(found, ["08:00 +07:00", "08:15 +07:00"]);
    assert!(
        shown(
            HO_CHI_MINH,
            date(2026, 3, 29),
            hours("08:00", "08:30"),
            timing(40, 5)
        )
        .is_empty()
    );
}

#[test]
fn berlin_in_spring_skips_two_o_clock() {
    let found = shown(BERLIN, date(2026, 3, 29), hours("01:00", "04:00"), timing(30, 30));
    assert_eq!(
        found,
        ["01:00 +01:00", "01:30 +01:00", "03:00 +02:00", "03:30 +02:00"]
    );
    // A visit of three quarters of an hour that begins at 01:30 ends at 03:15, which is within the hours.
    let found = shown(BERLIN, date(2026, 3, 29), hours("01:00", "04:00"), timing(45, 30));
    assert_eq!(found, ["01:00 +01:00", "01:30 +01:00", "03:00 +02:00"]);
    // The grid stays that of 02:10, although no clock shows 02:10.
    let found = shown(BERLIN, date(2026, 3, 29), hours("02:10", "04:00"), timing(20, 20));
    assert_eq!(found, ["03:10 +02:00", "03:30 +02:00"]);
}

#[test]
fn berlin_in_autumn_has_two_o_clock_twice() {
    let found = shown(
        BERLIN,
        date(2026, 10, 25),
        hours("01:00", "04:00"),
        timing(30, 30),
    );
    assert_eq!(
        found,
        [
            "01:00 +02:00",
            "01:30 +02:00",
            "02:00 +02:00",
            "02:30 +02:00",
            "02:00 +01:00",
            "02:30 +01:00",
            "03:00 +01:00",
            "03:30 +01:00"
        ]
    );
}

#[test]
fn hours_that_end_within_the_repeated_hour_offer_no_visit_beyond_them() {
    // The clock leaves the hours at 02:30 and enters them again at 02:00. A visit of an hour that begins at 01:30 would
    // last until the first 02:30 and fits; one that begins at the first 02:00 would reach over the time in between.
    let found = shown(
        BERLIN,
        date(2026, 10, 25),
        hours("01:00", "02:30"),
        timing(30, 30),
    );
    assert_eq!(
        found,
        ["01:00 +02:00", "01:30 +02:00", "02:00 +02:00", "02:00 +01:00"]
    );
    let found = shown(
        BERLIN,
        date(2026, 10, 25),
        hours("01:00", "02:30"),
        timing(60, 30),
    );
    assert_eq!(found, ["01:00 +02:00", "01:30 +02:00"]);
}

#[test]
fn ordinary_office_hours_are_the_same_on_the_day_of_the_change() {
    for (zone, change, winter, summer) in [
        (BERLIN, date(2026, 3, 29), "+01:00", "+02:00"),
        (BERLIN, date(2026, 10, 25), "+02:00", "+01:00"),
        (NEW_YORK, date(2026, 3, 8), "-05:00", "-04:00"),
        (NEW_YORK, date(2026, 11, 1), "-04:00", "-05:00"),
        (LORD_HOWE, date(2026, 4, 5), "+11:00", "+10:30"),
        (LORD_HOWE, date(2026, 10, 4), "+10:30", "+11:00"),
    ] {
        let expected = |offset: &str| vec![format!("08:00 {offset}"), format!("08:30 {offset}")];
        let office = hours("08:00", "09:00");
        assert_eq!(
            shown(zone, change.pred_opt().unwrap(), office, timing(30, 30)),
            expected(winter),
            "{zone}"
        );
        assert_eq!(
            shown(zone, change, office, timing(30, 30)),
            expected(summer),
            "{zone}"
        );
    }
}

#[test]
fn new_york_in_spring_and_autumn() {
    let night = hours("01:00", "04:00");
    let spring = shown(NEW_YORK, date(2026, 3, 8), night, timing(60, 60));
    assert_eq!(spring, ["01:00 -05:00", "03:00 -04:00"]);
    let autumn = shown(NEW_YORK, date(2026, 11, 1), night, timing(60, 60));
    assert_eq!(
        autumn,
        ["01:00 -04:00", "01:00 -05:00", "02:00 -05:00", "03:00 -05:00"]
    );
}

#[test]
fn lord_howe_moves_by_half_an_hour() {
    // In October clocks go from 02:00 to 02:30, in April from 02:00 back to 01:30.
    let night = hours("01:00", "03:00");
    let spring = shown(LORD_HOWE, date(2026, 10, 4), night, timing(15, 15));
    assert_eq!(
        spring,
        [
            "01:00 +10:30",
            "01:15 +10:30",
            "01:30 +10:30",
            "01:45 +10:30",
            "02:30 +11:00",
            "02:45 +11:00"
        ]
    );
    let autumn = shown(LORD_HOWE, date(2026, 4, 5), night, timing(30, 30));
    assert_eq!(
        autumn,
        [
            "01:00 +11:00",
            "01:30 +11:00",
            "01:30 +10:30",
            "02:00 +10:30",
            "02:30 +10:30"
        ]
    );
}

#[test]
fn midnight_is_an_end() {
    let found = shown(BERLIN, date(2026, 3, 28), hours("23:00", "24:00"), timing(30, 30));
    assert_eq!(found, ["23:00 +01:00", "23:30 +01:00"]);
}

/// The rule said differently: walk over every five minutes in which the day can possibly lie, and ask a clock.
fn oracle(zone: Tz, date: NaiveDate, hours: Hours, timing: Timing) -> Vec<DateTime<Utc>> {
    let (open, close) = (
        u32::from(hours.start().minutes()),
        u32::from(hours.end().minutes()),
    );
    let is_open = |instant: DateTime<Utc>| {
        let clock = instant.with_timezone(&zone);
        let minute = clock.hour() * 60 + clock.minute();
        clock.date_naive() == date && minute >= open && minute < close
    };
    let first = Utc
        .with_ymd_and_hms(date.year(), date.month(), date.day(), 0, 0, 0)
        .unwrap()
        - Duration::hours(15);
    (0..54 * 12)
        .map(|fives| first + Duration::minutes(5 * fives))
        .filter(|start| {
            let clock = start.with_timezone(&zone);
            let minute = clock.hour() * 60 + clock.minute();
            let visit = timing.duration().num_minutes() / 5;
            is_open(*start)
                && (minute - open) % u32::from(timing.step_minutes()) == 0
                && (0..visit).all(|fives| is_open(*start + Duration::minutes(5 * fives)))
        })
        .collect()
}

/// Half of the dates are near a change of clocks in one of the zones.
fn any_date() -> impl Strategy<Value = NaiveDate> {
    let plain = (0_u64..366 * 7).prop_map(|days| date(2024, 1, 1).checked_add_days(Days::new(days)).unwrap());
    let months = prop::sample::select(vec![3_u32, 4, 10, 11]);
    let near = (2024_i32..=2030, months, 1_u32..=31)
        .prop_filter_map("a date that exists", |(year, month, day)| {
            NaiveDate::from_ymd_opt(year, month, day)
        })
        .prop_filter("a Sunday", |date| date.weekday() == chrono::Weekday::Sun);
    prop_oneof![plain, near]
}

fn any_hours() -> impl Strategy<Value = Hours> {
    let whole = (0_u16..288).prop_flat_map(|start| (Just(start), 1..=288 - start));
    let night = (0_u16..48).prop_flat_map(|start| (Just(start), 1..=60 - start));
    prop_oneof![whole, night].prop_map(|(start, length)| {
        let time = |fives: u16| LocalTime::from_minutes(fives * 5).unwrap();
        Hours::new(time(start), time(start + length)).unwrap()
    })
}

fn any_zone() -> impl Strategy<Value = Tz> {
    prop::sample::select(vec![BERLIN, NEW_YORK, LORD_HOWE, HO_CHI_MINH])
}

fn changes_clocks(zone: Tz, date: NaiveDate) -> bool {
    let offset = |date: NaiveDate, hour| {
        zone.offset_from_utc_datetime(&date.and_hms_opt(hour, 0, 0).unwrap())
            .fix()
            .local_minus_utc()
    };
    let (before, after) = (date.pred_opt().unwrap(), date.succ_opt().unwrap());
    offset(before, 0) != offset(after, 23)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    /// No slot is lost, doubled or shifted: exactly those that the oracle finds, each once, in order.
    #[test]
    fn starts_are_what_clocks_say(
        zone in any_zone(),
        date in any_date(),
        hours in any_hours(),
        duration in 1_i32..=24,
        step in 1_i32..=24,
    ) {
        let timing = timing(duration * 5, step * 5);
        let found: Vec<_> = starts(&LocalDay::of(zone, date), hours, timing).collect();
        prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "doubled or out of order: {:?}", found);
        prop_assert_eq!(&found, &oracle(zone, date, hours, timing));
        for start in found {
            // Told from its ends: the clock shows hours of this day at the first and at the last moment of the visit.
            let clock = |instant: DateTime<Utc>| instant.with_timezone(&zone).naive_local();
            let (opens, last) = (clock(start), clock(start + timing.duration() - Duration::seconds(1)));
            prop_assert_eq!((opens.date(), last.date()), (date, date));
            prop_assert!(opens.hour() * 60 + opens.minute() >= u32::from(hours.start().minutes()));
            prop_assert!(last.hour() * 60 + last.minute() < u32::from(hours.end().minutes()));
        }
    }

    /// On days without a change the number of starts is plain arithmetic.
    #[test]
    fn ordinary_days_count_as_one_would(
        zone in any_zone(),
        date in any_date(),
        hours in any_hours(),
        duration in 1_i32..=24,
        step in 1_i32..=24,
    ) {
        prop_assume!(!changes_clocks(zone, date));
        let found = starts(&LocalDay::of(zone, date), hours, timing(duration * 5, step * 5)).count();
        let open = i32::from(hours.end().minutes() - hours.start().minutes());
        let expected = if open < duration * 5 { 0 } else { (open - duration * 5) / (step * 5) + 1 };
        prop_assert_eq!(i32::try_from(found).unwrap(), expected);
    }

    /// Times that both days show are offered on both: a change of clocks shifts nothing.
    #[test]
    fn local_times_are_the_same_as_a_week_before(zone in any_zone(), date in any_date(), hours in any_hours(), step in 1_i32..=24) {
        let week_before = date.checked_sub_days(Days::new(7)).unwrap();
        prop_assume!(!changes_clocks(zone, week_before));
        // Visits of five minutes fit wherever a clock shows their start.
        let timing = timing(5, step * 5);
        let shown = |date: NaiveDate| {
            starts(&LocalDay::of(zone, date), hours, timing)
                .map(|start| start.with_timezone(&zone).time())
                .collect::<BTreeSet<_>>()
        };
        let skipped = |time: &chrono::NaiveTime| zone.from_local_datetime(&date.and_time(*time)).earliest().is_none();
        let expected: BTreeSet<_> = shown(week_before).into_iter().filter(|time| !skipped(time)).collect();
        prop_assert_eq!(shown(date), expected);
    }
}
