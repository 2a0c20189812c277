//! Agendas and lists.

use crate::refusals::{kind, refusal};
use crate::world::{Clinic, cancel, tomorrow};
use caregraph_contracts::events::AppointmentStatus as S;
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::on_every_engine;
use caregraph_scheduling::appointment::{Book, ListAppointments, store};
use chrono::{DateTime, TimeDelta, Utc};

on_every_engine! {
    async fn an_agenda_adds_up(clinic: Clinic) {
        let doctor = &clinic.doctors[0];
        let buffered = clinic.offer("BUFFERED", (60, 15, 15, 15)).await;
        let wish = Book { service_id: buffered, ..clinic.checkup_at(tomorrow(10, 0)) };
        clinic.book(&clinic.newcomer(), wish).await.unwrap();
        clinic.confirmed_visit(&clinic.newcomer(), tomorrow(8, 0)).await;
        let gone = clinic.confirmed_visit(&clinic.newcomer(), tomorrow(9, 0)).await;
        clinic.here.appointments.cancel(&doctor.principal, cancel(gone.appointment.id)).await.unwrap();
        let agenda = async |from, to| {
            clinic.here.appointments.agenda(&doctor.principal, doctor.practitioner_id(), (from, to)).await
        };
        let day = agenda(tomorrow(0, 0), tomorrow(24, 0)).await.unwrap();
        let starts: Vec<_> = day.appointments.iter().map(|one| one.appointment.visit.start).collect();
        assert_eq!(starts, [tomorrow(8, 0), tomorrow(10, 0)]);
        assert_eq!((day.booked_minutes, day.working_minutes), (90, 600));
        // What reaches into the range counts with the part that lies in it.
        let hour = agenda(tomorrow(10, 30), tomorrow(11, 30)).await.unwrap();
        assert_eq!((hour.booked_minutes, hour.working_minutes), (30, 60));
        let week = agenda(tomorrow(0, 0), tomorrow(0, 0) + TimeDelta::days(7)).await.unwrap();
        assert_eq!((week.booked_minutes, week.working_minutes), (90, 4200));
        for (from, to) in [
            (tomorrow(1, 0), tomorrow(1, 0)),
            (tomorrow(1, 0), tomorrow(0, 0)),
            (tomorrow(0, 0), tomorrow(0, 0) + TimeDelta::days(63)),
            (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC),
        ] {
            assert_eq!(kind(&refusal(agenda(from, to).await)), "Invalid to");
        }
    }

    async fn the_longest_visits_are_found_at_both_ends(clinic: Clinic) {
        let (service, doctor) = (&clinic.here.appointments, &clinic.doctors[0]);
        let reader = clinic.here.ground.database.reader();
        let moment = TimeDelta::seconds(1);
        for (code, timing, start) in [
            ("TIRING", (480, 0, 120, 5), tomorrow(8, 0)),
            ("ELABORATE", (480, 120, 0, 5), tomorrow(10, 0) + TimeDelta::days(1)),
        ] {
            let wish = Book { service_id: clinic.offer(code, timing).await, ..clinic.checkup_at(start) };
            let booked = clinic.book(&clinic.newcomer(), wish).await.unwrap().appointment;
            let visit = &booked.visit;
            for (from, to) in [(visit.start, visit.start + moment), (visit.end - moment, visit.end)] {
                let agenda = service.agenda(&doctor.principal, doctor.practitioner_id(), (from, to)).await.unwrap();
                assert_eq!(agenda.appointments.len(), 1, "{code} from {from}");
            }
            let (from, to) = (visit.occupied_from, visit.occupied_to);
            for (from, to) in [(from, from + moment), (to - moment, to)] {
                let hit = store::overlapping(reader, doctor.practitioner_id(), from, to).await.unwrap();
                assert_eq!(hit, [booked.id], "{code} from {from}");
            }
        }
    }

    async fn lists_are_read_page_by_page(clinic: Clinic) {
        let patient = clinic.patient().await;
        let mut expected = Vec::new();
        for i in 0..7 {
            let doctor = &clinic.doctors[usize::from(i % 2 == 0)];
            let wish = Book { practitioner_id: doctor.practitioner_id(), ..clinic.checkup_at(tomorrow(16 - i, 0)) };
            expected.push(clinic.book(&patient, wish).await.unwrap().appointment.id);
            // Somebody else at the same time.
            let other = &clinic.doctors[usize::from(i % 2 != 0)];
            let wish = Book { practitioner_id: other.practitioner_id(), ..clinic.checkup_at(tomorrow(16 - i, 0)) };
            clinic.book(&clinic.newcomer(), wish).await.unwrap();
        }
        expected.reverse();
        let ids = |list: Vec<caregraph_scheduling::appointment::Appointment>| -> Vec<_> {
            list.into_iter().map(|one| one.id).collect()
        };
        for first in [1, 2, 3, 100] {
            assert_eq!(ids(clinic.list(&patient, ListAppointments::default(), first).await), expected);
            assert_eq!(clinic.list(&clinic.nurse, ListAppointments::default(), first).await.len(), 14);
        }
        let mine = ListAppointments { patient_id: Some(patient.patient_id()), ..ListAppointments::default() };
        let narrow = ListAppointments {
            practitioner_id: Some(clinic.doctors[0].practitioner_id()),
            statuses: vec![S::Pending, S::NoShow],
            from: Some(tomorrow(11, 0)),
            to: Some(tomorrow(15, 0)),
            ..mine
        };
        assert_eq!(ids(clinic.list(&clinic.nurse, narrow.clone(), 3).await), [expected[1], expected[3]]);
        let none = ListAppointments { statuses: vec![S::Completed], ..narrow.clone() };
        assert!(clinic.list(&clinic.nurse, none, 3).await.is_empty());
        let reversed = ListAppointments { to: narrow.from, from: narrow.to, ..narrow };
        let page = PageArgs { first: 3, after: None };
        let listed = clinic.here.appointments.list(&clinic.nurse.principal, reversed, &page).await;
        assert_eq!(kind(&refusal(listed)), "Invalid to");
    }
}
