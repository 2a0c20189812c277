//! Which times are free.

use crate::world::*;
use caregraph_contracts::events::{IdentityEvent, PractitionerFacts};
use caregraph_contracts::ids::{HoldId, PractitionerId};
use caregraph_kit::on_every_engine;
use caregraph_scheduling::absence::{AbsencePeriod, AddAbsence};
use caregraph_scheduling::availability::{Month, SlotQuery};
use caregraph_scheduling::cells::{self, Owner};
use caregraph_scheduling::extra_hours::AddExtraHours;
use caregraph_scheduling::medical_service::{Category, SaveMedicalService, TimingRequest};
use chrono::{DateTime, TimeDelta, Utc, Weekday};

impl World {
    /// Somebody holds a practitioner's time until `expires_at`.
    pub async fn take(
        &self,
        practitioner: PractitionerId,
        (from, to): (&str, &str),
        expires_at: Option<DateTime<Utc>>,
    ) {
        let tx = self.ground().database.begin().await.unwrap();
        let owner = Owner::Hold(self.ground().clock.new_id::<HoldId>());
        let now = self.ground().clock.now();
        cells::take(&tx, (practitioner, at(from), at(to)), owner, expires_at, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

on_every_engine! {
    async fn times_come_by_start_then_name(world: World) {
        // By name Bình comes behind An, though ids say otherwise once the names are swapped.
        world.practitioner(&facts(an(), "Dr. Zung")).await;
        world.weekdays(an(), "08:00", "09:00", berlin()).await;
        world.weekdays(binh(), "08:30", "09:30", berlin()).await;
        let service = world.save(consultation(&[an(), binh()])).await;
        let slots = world.free(query(service.id, tuesday(), tuesday())).await;
        let found: Vec<_> = shown(&slots).into_iter().zip(slots.iter().map(|slot| slot.practitioner_id)).collect();
        let expected = [("03 08:00", an()), ("03 08:30", binh()), ("03 08:30", an()), ("03 09:00", binh())];
        assert_eq!(found, expected.map(|(start, who)| (start.to_owned(), who)));
        assert!(slots.iter().all(|slot| slot.end - slot.start == TimeDelta::minutes(30)));
        assert!(slots.iter().all(|slot| slot.location_id == Some(berlin()) && slot.service_id == service.id));
    }

    async fn a_question_can_be_narrowed(world: World) {
        world.week(an(), vec![rule(Weekday::Tue, "08:00", "09:00", berlin()), rule(Weekday::Wed, "08:00", "09:00", saigon())]).await;
        world.weekdays(binh(), "08:00", "08:30", berlin()).await;
        let service = world.save(consultation(&[an(), binh()])).await;
        let week = query(service.id, date(2026, 3, 2), date(2026, 3, 8));
        let one = world.free(SlotQuery { practitioner_id: Some(an()), ..week.clone() }).await;
        assert_eq!(shown(&one), ["03 08:00", "03 08:30", "04 08:00", "04 08:30"]);
        let there = world.free(SlotQuery { location_id: Some(saigon()), ..week.clone() }).await;
        assert_eq!(shown(&there), ["04 08:00", "04 08:30"]);
        let both = SlotQuery { practitioner_id: Some(binh()), location_id: Some(saigon()), ..week.clone() };
        assert!(world.free(both).await.is_empty());
        let others = world.save(SaveMedicalService { code: "OTHER".to_owned(), ..consultation(&[binh()]) }).await;
        let not_offered = SlotQuery { service_id: others.id, practitioner_id: Some(an()), ..week };
        assert!(world.free(not_offered).await.is_empty());
    }

    async fn the_past_and_the_far_future_are_not_offered(world: World) {
        // It is nine in Berlin on Monday.
        world.weekdays(an(), "08:00", "10:00", berlin()).await;
        let service = world.save(consultation(&[an()])).await;
        let monday = date(2026, 3, 2);
        assert_eq!(shown(&world.free(query(service.id, monday, monday)).await), ["02 09:30"]);
        assert!(world.free(query(service.id, date(2026, 2, 1), date(2026, 3, 1))).await.is_empty());
        // The horizon is 365 days, to the minute.
        let edge = world.free(query(service.id, date(2027, 3, 1), date(2027, 3, 31))).await;
        assert_eq!(shown(&edge), ["01 08:00", "01 08:30", "01 09:00", "01 09:30", "02 08:00", "02 08:30", "02 09:00"]);
        assert!(world.free(query(service.id, date(2036, 3, 1), date(2036, 3, 31))).await.is_empty());
    }

    async fn dates_are_those_of_the_place(world: World) {
        world.week(an(), vec![rule(Weekday::Tue, "00:00", "01:00", saigon())]).await;
        let service = world.save(consultation(&[an()])).await;
        let slots = world.free(query(service.id, tuesday(), tuesday())).await;
        assert_eq!(slots.iter().map(|slot| slot.start).collect::<Vec<_>>(), [at("2026-03-02T17:00Z"), at("2026-03-02T17:30Z")]);
        assert!(world.free(query(service.id, date(2026, 3, 2), date(2026, 3, 2))).await.is_empty());
    }

    async fn rules_apply_while_they_are_valid(world: World) {
        let mut from = rule(Weekday::Tue, "08:00", "08:30", berlin());
        let mut until = rule(Weekday::Tue, "14:00", "14:30", berlin());
        from.valid_from = Some(date(2026, 3, 17));
        until.valid_to = Some(date(2026, 3, 10));
        world.week(an(), vec![from, until]).await;
        let service = world.save(consultation(&[an()])).await;
        let slots = world.free(query(service.id, date(2026, 3, 2), date(2026, 3, 31))).await;
        assert_eq!(shown(&slots), ["03 14:00", "10 14:00", "17 08:00", "24 08:00", "31 08:00"]);
    }

    async fn taken_time_is_not_free_and_buffers_count(world: World) {
        world.weekdays(an(), "08:00", "10:00", berlin()).await;
        let timing = TimingRequest { buffer_before_minutes: 5, buffer_after_minutes: 10, ..TimingRequest::of(30) };
        let service = world.save(SaveMedicalService { timing, ..consultation(&[an()]) }).await;
        let tuesday = query(service.id, tuesday(), tuesday());
        // The buffers of the first and the last visit lie outside the hours, which is fine.
        assert_eq!(
            shown(&world.free(tuesday.clone()).await),
            ["03 08:00", "03 08:15", "03 08:30", "03 08:45", "03 09:00", "03 09:15", "03 09:30"]
        );
        // Twenty past to half past eight: a visit at 08:00 would need the time until 08:40, one at 08:30 that from 08:25.
        world.take(an(), ("2026-03-03T08:20+01:00", "2026-03-03T08:30+01:00"), None).await;
        assert_eq!(shown(&world.free(tuesday.clone()).await), ["03 08:45", "03 09:00", "03 09:15", "03 09:30"]);
        // Somebody else's time is not this practitioner's.
        world.take(binh(), ("2026-03-03T09:00+01:00", "2026-03-03T10:00+01:00"), None).await;
        // A hold counts until it expires.
        let soon = world.ground().clock.now() + TimeDelta::minutes(5);
        world.take(an(), ("2026-03-03T10:05+01:00", "2026-03-03T10:10+01:00"), Some(soon)).await;
        assert_eq!(shown(&world.free(tuesday.clone()).await), ["03 08:45", "03 09:00", "03 09:15"]);
        world.ground().clock.advance(TimeDelta::minutes(5));
        assert_eq!(shown(&world.free(tuesday).await), ["03 08:45", "03 09:00", "03 09:15", "03 09:30"]);
    }

    async fn absences_hide_times_and_give_them_back(world: World) {
        world.weekdays(an(), "08:00", "10:00", berlin()).await;
        let timing = TimingRequest { slot_step_minutes: 30, buffer_after_minutes: 30, ..TimingRequest::of(30) };
        let service = world.save(SaveMedicalService { timing, ..consultation(&[an()]) }).await;
        let tuesday = query(service.id, tuesday(), tuesday());
        let period = AbsencePeriod::Instants { from: at("2026-03-03T08:45+01:00"), to: at("2026-03-03T09:30+01:00") };
        let away = AddAbsence { practitioner: an(), period, reason: None };
        let away = world.services.absences.add(&admin(), away).await.unwrap();
        // The buffer of the visit at eight lies within the absence, which is fine.
        assert_eq!(shown(&world.free(tuesday.clone()).await), ["03 08:00", "03 09:30"]);
        world.services.absences.remove(&admin(), away.id).await.unwrap();
        assert_eq!(shown(&world.free(tuesday).await), ["03 08:00", "03 08:30", "03 09:00", "03 09:30"]);
    }

    async fn extra_hours_add_times(world: World) {
        world.weekdays(an(), "08:00", "08:30", berlin()).await;
        let service = world.save(consultation(&[an()])).await;
        let extra = AddExtraHours { practitioner: an(), date: tuesday(), hours: hours("20:10", "21:30"), location: saigon() };
        let extra = world.services.extra_hours.add(&admin(), extra).await.unwrap();
        let tuesday = query(service.id, tuesday(), tuesday());
        let found = world.free(tuesday.clone()).await;
        // Saigon is ahead, and the grid begins with the hours.
        assert_eq!(shown(&found), ["03 08:00", "03 20:10", "03 20:40"]);
        assert_eq!(found[1].location_id, Some(saigon()));
        world.services.extra_hours.remove(&admin(), extra.id).await.unwrap();
        assert_eq!(shown(&world.free(tuesday).await), ["03 08:00"]);
    }

    async fn nobody_is_offered_behind_the_end_of_the_licence(world: World) {
        world.weekdays(an(), "08:00", "08:30", berlin()).await;
        world.practitioner(&PractitionerFacts { licence_expires_on: Some(date(2026, 3, 4)), ..facts(an(), "An") }).await;
        let service = world.save(consultation(&[an()])).await;
        let week = query(service.id, date(2026, 3, 2), date(2026, 3, 8));
        assert_eq!(shown(&world.free(week.clone()).await), ["03 08:00", "04 08:00"]);
        world.practitioner(&PractitionerFacts { licence_expires_on: Some(date(2026, 3, 1)), ..facts(an(), "An") }).await;
        assert!(world.free(week).await.is_empty());
    }

    async fn what_takes_no_bookings_has_no_free_times(world: World) {
        world.weekdays(an(), "08:00", "08:30", berlin()).await;
        let service = world.save(consultation(&[an()])).await;
        let tuesday = query(service.id, tuesday(), tuesday());
        let count = async || world.free(tuesday.clone()).await.len();
        assert_eq!(count().await, 1);
        world.practitioner(&PractitionerFacts { active: false, ..facts(an(), "An") }).await;
        assert_eq!(count().await, 0);
        world.practitioner(&facts(an(), "An")).await;
        world.hear(&IdentityEvent::UserSuspended { user_id: an().as_user(), reason: String::new() }).await;
        assert_eq!(count().await, 0);
        world.hear(&IdentityEvent::UserReactivated { user_id: an().as_user() }).await;
        world.location(berlin(), "Europe/Berlin", false).await;
        assert_eq!(count().await, 0);
        world.location(berlin(), "Europe/Berlin", true).await;
        assert_eq!(count().await, 1);
        world.save(SaveMedicalService { active: false, ..again(&service, &[an()]) }).await;
        assert_eq!(count().await, 0);
    }

    async fn whoever_takes_no_new_patients_is_shown_to_the_front_desk(world: World) {
        world.weekdays(an(), "08:00", "08:30", berlin()).await;
        world.practitioner(&PractitionerFacts { accepting_new_patients: false, ..facts(an(), "An") }).await;
        let service = world.save(consultation(&[an()])).await;
        let tuesday = query(service.id, tuesday(), tuesday());
        assert!(world.free(tuesday.clone()).await.is_empty());
        assert_eq!(world.free(SlotQuery { for_staff: true, ..tuesday }).await.len(), 1);
    }

    async fn visits_by_video_have_no_place(world: World) {
        world.weekdays(an(), "08:00", "08:30", berlin()).await;
        let service = world.save(SaveMedicalService { category: Category::Telehealth, ..consultation(&[an()]) }).await;
        let slots = world.free(query(service.id, tuesday(), tuesday())).await;
        assert_eq!((slots.len(), slots[0].location_id, slots[0].time_zone), (1, None, chrono_tz::Tz::Europe__Berlin));
        let elsewhere = SlotQuery { location_id: Some(saigon()), ..query(service.id, tuesday(), tuesday()) };
        assert!(world.free(elsewhere).await.is_empty());
    }

    async fn days_on_which_clocks_change_keep_their_times(world: World) {
        world.week(an(), vec![rule(Weekday::Sun, "01:00", "04:00", berlin())]).await;
        let service = world.save(consultation(&[an()])).await;
        let spring = world.free(query(service.id, date(2026, 3, 29), date(2026, 3, 29))).await;
        assert_eq!(shown(&spring), ["29 01:00", "29 01:30", "29 03:00", "29 03:30"]);
        let autumn = world.free(query(service.id, date(2026, 10, 25), date(2026, 10, 25))).await;
        assert_eq!(
            shown(&autumn),
            ["25 01:00", "25 01:30", "25 02:00", "25 02:30", "25 02:00", "25 02:30", "25 03:00", "25 03:30"]
        );
        assert!(autumn.windows(2).all(|pair| pair[1].start - pair[0].start == TimeDelta::minutes(30)));
        // The second "two o'clock" is a time of its own: taking the first leaves it free.
        world.take(an(), ("2026-10-25T02:00+02:00", "2026-10-25T02:30+02:00"), None).await;
        let left = world.free(query(service.id, date(2026, 10, 25), date(2026, 10, 25))).await;
        assert_eq!(shown(&left), ["25 01:00", "25 01:30", "25 02:30", "25 02:00", "25 02:30", "25 03:00", "25 03:30"]);
        assert!(left.iter().any(|slot| slot.start == at("2026-10-25T02:00+01:00")));
    }

    async fn a_place_that_moves_to_another_zone_takes_its_hours_with_it(world: World) {
        world.weekdays(an(), "08:00", "08:30", berlin()).await;
        let service = world.save(consultation(&[an()])).await;
        world.location(berlin(), "America/New_York", true).await;
        let slots = world.free(query(service.id, tuesday(), tuesday())).await;
        assert_eq!(slots.iter().map(|slot| slot.start).collect::<Vec<_>>(), [at("2026-03-03T08:00-05:00")]);
    }

    async fn the_calendar_counts_what_the_list_shows(world: World) {
        world.weekdays(an(), "08:00", "09:00", berlin()).await;
        world.week(binh(), vec![rule(Weekday::Tue, "08:00", "09:30", saigon())]).await;
        let service = world.save(consultation(&[an(), binh()])).await;
        world.take(an(), ("2026-03-05T08:00+01:00", "2026-03-05T09:00+01:00"), None).await;
        let month: Month = "2026-03".parse().unwrap();
        let days = world.services.availability.calendar(service.id, month, false).await.unwrap();
        assert_eq!(days.len(), 31);
        let counts = |day: usize| days[day - 1].practitioners.iter().map(|one| (one.practitioner_id, one.free)).collect::<Vec<_>>();
        assert_eq!(counts(2), []);
        assert_eq!(counts(3), [(an(), 2), (binh(), 3)]);
        assert_eq!(counts(4), [(an(), 2)]);
        assert_eq!(counts(5), []);
        assert_eq!(counts(7), []);
        let listed = world.free(query(service.id, date(2026, 3, 1), date(2026, 3, 31))).await;
        let counted: usize = days.iter().flat_map(|day| &day.practitioners).map(|one| one.free).sum();
        assert_eq!(listed.len(), counted);
    }

    async fn working_minutes_leave_absences_out(world: World) {
        world.weekdays(an(), "08:00", "12:00", berlin()).await;
        let (from, to) = (at("2026-03-02T00:00Z"), at("2026-03-09T00:00Z"));
        let minutes = async || world.services.availability.working_minutes(an(), from, to).await.unwrap();
        assert_eq!(minutes().await, 5 * 240);
        let period = AbsencePeriod::Instants { from: at("2026-03-03T10:00+01:00"), to: at("2026-03-04T09:00+01:00") };
        world.services.absences.add(&admin(), AddAbsence { practitioner: an(), period, reason: None }).await.unwrap();
        assert_eq!(minutes().await, 5 * 240 - 120 - 60);
    }
}
