//! Days on which clocks change, written out by hand, and laws for all others.

use super::*;
use Tz::{America__New_York as NEW_YORK, Asia__Ho_Chi_Minh as HO_CHI_MINH};
use Tz::{Australia__Lord_Howe as LORD_HOWE, Europe__Berlin as BERLIN};
use chrono::Days;
use proptest::prelude::*;

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn hours(start: &str, end: &str) -> Hours {
    Hours::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

fn utc(text: &str) -> DateTime<Utc> {
    format!("{text}:00Z").parse().unwrap()
}

fn stretches(zone: Tz, date: NaiveDate, start: &str, end: &str) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let found = LocalDay::of(zone, date).stretches(hours(start, end));
    found
        .into_iter()
        .map(|stretch| (stretch.from, stretch.to))
        .collect()
}

#[test]
fn an_ordinary_day_has_24_hours() {
    let day = LocalDay::of(HO_CHI_MINH, date(2026, 3, 29));
    assert_eq!(
        day.whole(),
        Some(Stretch {
            from: utc("2026-03-28T17:00"),
            to: utc("2026-03-29T17:00")
        })
    );
    assert_eq!(
        stretches(HO_CHI_MINH, date(2026, 3, 29), "08:00", "12:00"),
        [(utc("2026-03-29T01:00"), utc("2026-03-29T05:00"))]
    );
}

#[test]
fn spring_days_are_shorter_and_autumn_days_longer() {
    let minutes = |zone, date| {
        LocalDay::of(zone, date)
            .whole()
            .map(|day| (day.to - day.from).num_minutes())
    };
    assert_eq!(minutes(BERLIN, date(2026, 3, 29)), Some(23 * 60));
    assert_eq!(minutes(BERLIN, date(2026, 10, 25)), Some(25 * 60));
    assert_eq!(minutes(NEW_YORK, date(2026, 3, 8)), Some(23 * 60));
    assert_eq!(minutes(NEW_YORK, date(2026, 11, 1)), Some(25 * 60));
    // Lord Howe moves by half an hour.
    assert_eq!(minutes(LORD_HOWE, date(2026, 10, 4)), Some(23 * 60 + 30));
    assert_eq!(minutes(LORD_HOWE, date(2026, 4, 5)), Some(24 * 60 + 30));
}

#[test]
fn hours_across_a_gap_are_one_stretch_and_shorter() {
    // Berlin goes from 02:00 to 03:00.
    let day = date(2026, 3, 29);
    assert_eq!(
        stretches(BERLIN, day, "01:00", "04:00"),
        [(utc("2026-03-29T00:00"), utc("2026-03-29T02:00"))]
    );
    assert_eq!(
        stretches(BERLIN, day, "02:30", "04:00"),
        [(utc("2026-03-29T01:00"), utc("2026-03-29T02:00"))]
    );
    assert_eq!(
        stretches(BERLIN, day, "01:00", "02:30"),
        [(utc("2026-03-29T00:00"), utc("2026-03-29T01:00"))]
    );
    assert_eq!(stretches(BERLIN, day, "02:00", "03:00"), []);
}

#[test]
fn hours_across_a_repeated_hour_are_one_stretch_and_longer() {
    // Berlin goes from 03:00 back to 02:00.
    let day = date(2026, 10, 25);
    assert_eq!(
        stretches(BERLIN, day, "01:00", "04:00"),
        [(utc("2026-10-24T23:00"), utc("2026-10-25T03:00"))]
    );
    assert_eq!(
        stretches(BERLIN, day, "02:00", "03:00"),
        [(utc("2026-10-25T00:00"), utc("2026-10-25T02:00"))]
    );
}

#[test]
fn hours_that_end_or_begin_within_a_repeated_hour_are_entered_twice() {
    let day = date(2026, 10, 25);
    assert_eq!(
        stretches(BERLIN, day, "01:00", "02:30"),
        [
            (utc("2026-10-24T23:00"), utc("2026-10-25T00:30")),
            (utc("2026-10-25T01:00"), utc("2026-10-25T01:30"))
        ]
    );
    assert_eq!(
        stretches(BERLIN, day, "02:30", "04:00"),
        [
            (utc("2026-10-25T00:30"), utc("2026-10-25T01:00")),
            (utc("2026-10-25T01:30"), utc("2026-10-25T03:00"))
        ]
    );
}

#[test]
fn a_midnight_that_comes_twice_belongs_to_its_own_day() {
    // Havana goes from 01:00 back to 00:00; São Paulo used to skip midnight.
    let havana = LocalDay::of(Tz::America__Havana, date(2026, 11, 1));
    assert_eq!(
        havana.whole().map(|day| (day.to - day.from).num_hours()),
        Some(25)
    );
    let sao_paulo = LocalDay::of(Tz::America__Sao_Paulo, date(2018, 11, 4));
    assert_eq!(
        sao_paulo.whole().map(|day| day.from),
        Some(utc("2018-11-04T03:00"))
    );
    assert_eq!(
        sao_paulo.whole().map(|day| (day.to - day.from).num_hours()),
        Some(23)
    );
}

#[test]
fn a_day_that_a_zone_left_out_is_empty() {
    let day = LocalDay::of(Tz::Pacific__Apia, date(2011, 12, 30));
    assert_eq!(day.whole(), None);
    assert_eq!(day.grid(hours("00:00", "24:00"), 5).count(), 0);
    assert_eq!(LocalDay::of(BERLIN, NaiveDate::MAX).whole(), None);
    assert_eq!(LocalDay::of(BERLIN, NaiveDate::MIN).whole(), None);
}

fn any_zone() -> impl Strategy<Value = Tz> {
    prop_oneof![
        Just(BERLIN),
        Just(NEW_YORK),
        Just(LORD_HOWE),
        Just(HO_CHI_MINH),
        prop::sample::select(&chrono_tz::TZ_VARIANTS[..])
    ]
}

fn any_date() -> impl Strategy<Value = NaiveDate> {
    (0_u64..366 * 7).prop_map(|days| date(2024, 1, 1).checked_add_days(Days::new(days)).unwrap())
}

proptest! {
    /// Every instant lies on exactly one local day, and the day after begins where the one before ends.
    #[test]
    fn days_follow_each_other_without_gap_or_overlap(zone in any_zone(), date in any_date()) {
        let today = LocalDay::of(zone, date).whole().unwrap();
        let tomorrow = LocalDay::of(zone, date.succ_opt().unwrap()).whole().unwrap();
        prop_assert_eq!(today.to, tomorrow.from);
    }

    /// What a clock shows at an instant decides whether the instant belongs to the hours; nothing else does.
    #[test]
    fn an_instant_belongs_to_the_hours_when_its_clock_face_does(
        zone in any_zone(),
        date in any_date(),
        (start, length) in (0_u16..288).prop_flat_map(|start| (Just(start), 1..=288 - start)),
        offset in -6_i64 * 60..31 * 60,
    ) {
        let time = |fives: u16| LocalTime::from_minutes(fives * 5).unwrap();
        let hours = Hours::new(time(start), time(start + length)).unwrap();
        let instant = date.and_time(NaiveTime::MIN).and_utc() + TimeDelta::minutes(offset);
        let inside = LocalDay::of(zone, date)
            .stretches(hours)
            .iter()
            .any(|stretch| stretch.from <= instant && instant < stretch.to);
        let wall = instant.with_timezone(&zone).naive_local();
        let minute = wall.signed_duration_since(wall.date().and_time(NaiveTime::MIN)).num_minutes();
        let expected = wall.date() == date
            && i64::from(hours.start().minutes()) <= minute
            && minute < i64::from(hours.end().minutes());
        prop_assert_eq!(inside, expected);
    }
}
