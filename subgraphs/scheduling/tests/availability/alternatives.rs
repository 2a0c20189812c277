//! Whether a certain time is on offer, why not, and what else there is.

use crate::world::*;
use caregraph_contracts::events::PractitionerFacts;
use caregraph_contracts::ids::PractitionerId;
use caregraph_kit::on_every_engine;
use caregraph_kit::{Failure, Rejection};
use caregraph_scheduling::absence::{AbsencePeriod, AddAbsence};
use caregraph_scheduling::medical_service::SaveMedicalService;
use chrono::Weekday;

fn message(failure: Failure) -> (String, String) {
    let Failure::Refused(mut refusals) = failure else {
        panic!("should be refused")
    };
    assert_eq!(refusals.len(), 1);
    let refusal = refusals.remove(0);
    let text = refusal.to_string();
    (paths(Failure::<Rejection>::refused(refusal)).remove(0), text)
}

on_every_engine! {
    async fn a_time_is_on_offer_whether_it_is_taken_or_not(world: World) {
        world.weekdays(an(), "08:00", "10:00", berlin()).await;
        let service = world.save(consultation(&[an()])).await;
        let start = at("2026-03-03T08:30+01:00");
        world.take(an(), ("2026-03-03T08:30+01:00", "2026-03-03T09:00+01:00"), None).await;
        let offered = world.services.availability.offered(service.id, an(), start, false).await.unwrap();
        assert_eq!((offered.slot.start, offered.slot.end), (start, at("2026-03-03T09:00+01:00")));
        assert_eq!((offered.slot.location_id, offered.service), (Some(berlin()), service));
    }

    async fn whoever_asks_for_another_time_learns_why_not(world: World) {
        world.weekdays(an(), "08:00", "10:00", berlin()).await;
        world.practitioner(&PractitionerFacts { licence_expires_on: Some(date(2026, 6, 30)), ..facts(an(), "An") }).await;
        world.weekdays(binh(), "08:00", "10:00", berlin()).await;
        world.practitioner(&PractitionerFacts { accepting_new_patients: false, ..facts(binh(), "Bình") }).await;
        world.practitioner(&PractitionerFacts { active: false, ..facts(id(13), "Chi") }).await;
        let service = world.save(consultation(&[an(), binh(), id(13)])).await;
        let gone = world.save(SaveMedicalService { code: "GONE".to_owned(), active: false, ..consultation(&[an()]) }).await;
        let others = world.save(SaveMedicalService { code: "OTHERS".to_owned(), ..consultation(&[binh()]) }).await;
        let period = AbsencePeriod::Instants { from: at("2026-03-04T00:00Z"), to: at("2026-03-05T00:00Z") };
        world.services.absences.add(&admin(), AddAbsence { practitioner: an(), period, reason: None }).await.unwrap();
        let fine = "2026-03-03T08:30+01:00";
        for (service, practitioner, start, path, says) in [
            (unknown(), an(), fine, "serviceId", "not found"),
            (service.id, unknown(), fine, "practitionerId", "not found"),
            (gone.id, an(), fine, "serviceId", "any more"),
            (others.id, an(), fine, "practitionerId", "does not offer"),
            (service.id, id(13), fine, "practitionerId", "no bookings"),
            (service.id, binh(), fine, "practitionerId", "no new patients"),
            (service.id, an(), "2026-03-02T08:00Z", "start", "future"),
            (service.id, an(), "1999-03-02T08:00Z", "start", "future"),
            (service.id, an(), "2027-03-02T08:00:01Z", "start", "365 days"),
            (service.id, an(), "9999-03-02T08:00Z", "start", "365 days"),
            (service.id, an(), "2026-03-03T08:15+01:00", "start", "every 30 minutes"),
            (service.id, an(), "2026-03-03T08:30:00.000001+01:00", "start", "every 30 minutes"),
            (service.id, an(), "2026-03-03T07:30+01:00", "start", "outside"),
            (service.id, an(), "2026-03-03T09:45+01:00", "start", "entirely within"),
            (service.id, an(), "2026-03-04T08:30+01:00", "start", "absent"),
            (service.id, an(), "2026-07-01T08:30+02:00", "practitionerId", "licence"),
        ] {
            let refused = world.services.availability.offered(service, practitioner, at(start), false).await.unwrap_err();
            let (found, text) = message(refused);
            assert_eq!(found, path, "{start}: {text}");
            assert!(text.contains(says), "{start}: {text}");
        }
        // The front desk may book with somebody who takes no new patients.
        world.services.availability.offered(service.id, binh(), at(fine), true).await.unwrap();
        world.services.availability.offered(service.id, an(), at("2026-06-30T08:30+02:00"), false).await.unwrap();
    }

    async fn the_second_two_o_clock_is_on_offer_and_the_skipped_one_is_not(world: World) {
        world.week(an(), vec![rule(Weekday::Sun, "01:00", "04:00", berlin())]).await;
        let service = world.save(consultation(&[an()])).await;
        let offered = async |start: &str| {
            world.services.availability.offered(service.id, an(), at(start), false).await.map(|offered| offered.slot.start)
        };
        for start in ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", "2026-03-29T03:00+02:00"] {
            assert_eq!(offered(start).await.unwrap(), at(start));
        }
        // Half past two does not exist in March; what is half past one in UTC is half past three.
        assert_eq!(offered("2026-03-29T02:30+01:00").await.unwrap(), at("2026-03-29T03:30+02:00"));
        assert!(offered("2026-03-29T02:30+02:00").await.is_ok(), "that is half past one");
        assert!(offered("2026-03-29T02:30+00:00").await.is_err(), "that is half past four");
    }

    async fn alternatives_are_near_and_elsewhere(world: World) {
        world.weekdays(an(), "08:00", "12:00", berlin()).await;
        world.weekdays(binh(), "08:00", "12:00", berlin()).await;
        world.practitioner(&facts(id(13), "Dr. Chi")).await;
        world.weekdays(id(13), "10:00", "12:00", berlin()).await;
        let service = world.save(consultation(&[an(), binh(), id(13)])).await;
        let wanted = at("2026-03-03T09:00+01:00");
        world.take(an(), ("2026-03-03T09:00+01:00", "2026-03-03T10:00+01:00"), None).await;
        let found = async |limit, start| {
            let found = world.services.availability.alternatives(service.id, an(), start, limit, false).await.unwrap();
            let whose: Vec<(PractitionerId, String)> = found.iter().map(|slot| slot.practitioner_id).zip(shown(&found)).collect();
            whose
        };
        let expected = |list: &[(PractitionerId, &str)]| list.iter().map(|(who, start)| (*who, (*start).to_owned())).collect::<Vec<_>>();
        // Half past nine is taken too; of two that are equally near the earlier comes first; Chi is not there at nine.
        assert_eq!(
            found(5, wanted).await,
            expected(&[(an(), "03 08:30"), (an(), "03 08:00"), (an(), "03 10:00"), (an(), "03 10:30"), (binh(), "03 09:00")])
        );
        assert_eq!(found(1, wanted).await, expected(&[(an(), "03 08:30")]));
        assert_eq!(found(0, wanted).await, expected(&[]));
        // At ten both others have time; they take at most half.
        let ten = at("2026-03-03T10:00+01:00");
        assert_eq!(
            found(4, ten).await,
            expected(&[(an(), "03 10:30"), (an(), "03 11:00"), (binh(), "03 10:00"), (id(13), "03 10:00")])
        );
        // The others do not have it any more either.
        world.take(binh(), ("2026-03-03T09:00+01:00", "2026-03-03T09:05+01:00"), None).await;
        assert_eq!(found(2, wanted).await, expected(&[(an(), "03 08:30"), (an(), "03 08:00")]));
    }

    async fn alternatives_never_lie_in_the_past_and_may_be_far(world: World) {
        // Works on the first Monday of April only, and it is Monday in March.
        let mut april = rule(Weekday::Mon, "08:00", "09:00", berlin());
        april.valid_from = Some(date(2026, 4, 6));
        april.valid_to = Some(date(2026, 4, 6));
        world.week(an(), vec![april, rule(Weekday::Tue, "08:00", "08:30", berlin())]).await;
        let service = world.save(consultation(&[an()])).await;
        let asked = at("2026-03-03T08:00+01:00");
        let found = world.services.availability.alternatives(service.id, an(), asked, 10, false).await.unwrap();
        assert_eq!(shown(&found), ["10 08:00", "17 08:00", "24 08:00", "31 08:00", "06 08:00", "06 08:30", "07 08:00", "14 08:00"]);
        assert!(found.iter().all(|slot| slot.start > world.ground().clock.now()));
        let nobody = world.services.availability.alternatives(service.id, unknown(), asked, 10, false).await.unwrap();
        assert_eq!(nobody.iter().map(|slot| slot.start).collect::<Vec<_>>(), [asked]);
        let nothing = world.services.availability.alternatives(unknown(), an(), asked, 10, false).await.unwrap_err();
        assert_eq!(message(nothing).0, "serviceId");
    }
}
