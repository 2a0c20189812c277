//! Who sees an appointment, and who books for whom.

use crate::refusals::{door, refusal, refused, refused_booking};
use crate::world::{Clinic, Person, cancel, tomorrow};
use caregraph_contracts::events::AppointmentStatus as S;
use caregraph_contracts::ids::PatientId;
use caregraph_contracts::{Role, Scope};
use caregraph_kit::auth::{AccessDenied, Principal};
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::{Rejection, on_every_engine};
use caregraph_scheduling::appointment::{
    Book, Complete, Decline, ListAppointments, RescheduleRefusal, UpdateNotes,
};
use chrono::{DateTime, Utc};

on_every_engine! {
    async fn an_appointment_exists_for_those_it_concerns(clinic: Clinic) {
        let (child, guardian, stranger) = (clinic.newcomer(), clinic.patient().await, clinic.patient().await);
        clinic.knows(child.patient_id(), Some(child.user), &[guardian.user]).await;
        let visit = clinic.confirmed_visit(&child, tomorrow(9, 0)).await;
        let id = visit.appointment.id;
        let service = &clinic.here.appointments;
        let sees = async |who: &Principal| service.find(who, id).await.unwrap().is_some();
        for who in [&child, &guardian, &clinic.doctors[0], &clinic.nurse, &clinic.admin] {
            assert!(sees(&who.principal).await);
            assert_eq!(clinic.list(who, ListAppointments::default(), 20).await.len(), 1);
        }
        for who in [&stranger, &clinic.doctors[1]] {
            assert!(!sees(&who.principal).await);
            assert!(clinic.list(who, ListAppointments::default(), 20).await.is_empty());
            // A filter widens nothing.
            let wanted = ListAppointments {
                patient_id: Some(child.patient_id()),
                practitioner_id: Some(clinic.doctors[0].practitioner_id()),
                ..ListAppointments::default()
            };
            assert!(clinic.list(who, wanted, 20).await.is_empty());
            // Nor does it exist for commands.
            assert_eq!(refused(service.confirm(&who.principal, id).await), "NotFound id");
            assert_eq!(refused(service.check_in(&who.principal, id).await), "NotFound id");
            assert_eq!(refused(service.mark_no_show(&who.principal, id).await), "NotFound id");
            assert_eq!(refused(service.cancel(&who.principal, cancel(id)).await), "NotFound id");
            let done = Complete { id, notes: None };
            assert_eq!(refused(service.complete(&who.principal, done).await), "NotFound id");
            let no = Decline { id, reason: "No".to_owned() };
            assert_eq!(refused(service.decline(&who.principal, no).await), "NotFound id");
            let notes = UpdateNotes { id, note_for_doctor: Some("x".to_owned()), doctors_notes: None };
            assert_eq!(refused(service.update_notes(&who.principal, notes).await), "NotFound id");
            let moved = service.reschedule(&who.principal, clinic.move_to(&visit, tomorrow(10, 0))).await;
            assert!(matches!(refusal(moved), RescheduleRefusal::Common(Rejection::NotFound { .. })));
        }
        // The patient's side sees it but does not run the practice.
        for who in [&child, &guardian] {
            assert_eq!(refused(service.confirm(&who.principal, id).await), "NotAllowed");
            assert_eq!(refused(service.check_in(&who.principal, id).await), "NotAllowed");
            assert_eq!(refused(service.mark_no_show(&who.principal, id).await), "NotAllowed");
            let done = Complete { id, notes: None };
            assert_eq!(refused(service.complete(&who.principal, done).await), "NotAllowed");
            let notes = UpdateNotes { id, note_for_doctor: None, doctors_notes: Some("x".to_owned()) };
            assert_eq!(refused(service.update_notes(&who.principal, notes).await), "NotAllowed");
        }
        // Administrators run the desk, but neither end visits nor write clinical texts.
        let done = Complete { id, notes: None };
        assert_eq!(refused(service.complete(&clinic.admin.principal, done).await), "NotAllowed");
        let notes = UpdateNotes { id, note_for_doctor: Some("x".to_owned()), doctors_notes: None };
        assert_eq!(refused(service.update_notes(&clinic.admin.principal, notes).await), "NotAllowed");
        // A guardian who is none any more sees nothing from then on.
        clinic.knows(child.patient_id(), Some(child.user), &[]).await;
        assert!(!sees(&guardian.principal).await);
        assert_eq!(refused(service.cancel(&guardian.principal, cancel(id)).await), "NotFound id");
        assert_eq!(clinic.look_at(id).await.revision, 2);
    }

    async fn doors_are_closed_without_a_token_or_scope(clinic: Clinic) {
        let id = clinic.confirmed_visit(&clinic.newcomer(), tomorrow(9, 0)).await.appointment.id;
        let service = &clinic.here.appointments;
        let bare = Principal::user(
            clinic.doctors[0].user,
            uuid::Uuid::from_u128(1).into(),
            [Role::Doctor],
            [Scope::AccountRead],
            DateTime::<Utc>::MAX_UTC,
        );
        for (who, expected) in [
            (Principal::anonymous(), AccessDenied::Unauthenticated),
            (bare.clone(), AccessDenied::MissingScope(Scope::AppointmentsWrite)),
        ] {
            let denied = |failure: Option<AccessDenied>| assert_eq!(failure, Some(expected));
            denied(door(service.book(&who, clinic.checkup_at(tomorrow(10, 0))).await));
            denied(door(service.confirm(&who, id).await));
            denied(door(service.cancel(&who, cancel(id)).await));
            denied(door(service.complete(&who, Complete { id, notes: None }).await));
        }
        assert_eq!(
            door(service.find(&bare, id).await),
            Some(AccessDenied::MissingScope(Scope::AppointmentsRead))
        );
        let page = PageArgs { first: 20, after: None };
        for who in [&clinic.doctors[0], &clinic.newcomer()] {
            let listed = service.to_reassign(&who.principal, None, &page).await;
            assert_eq!(door(listed), Some(AccessDenied::MissingScope(Scope::AppointmentsManage)));
        }
        let range = (tomorrow(0, 0), tomorrow(24, 0));
        let agenda = service.agenda(&clinic.newcomer().principal, clinic.doctors[0].practitioner_id(), range).await;
        assert_eq!(door(agenda), Some(AccessDenied::MissingScope(Scope::AppointmentsManage)));
    }

    async fn who_books_for_whom(clinic: Clinic) {
        let (adult, stranger) = (clinic.patient().await, clinic.patient().await);
        let dependant: PatientId = clinic.here.ground.clock.new_id();
        clinic.knows(dependant, None, &[adult.user]).await;
        let unknown: PatientId = clinic.here.ground.clock.new_id();
        let at = |hour, patient: Option<PatientId>| Book { patient_id: patient, ..clinic.checkup_at(tomorrow(hour, 0)) };
        // Oneself, at once after registering, and one's dependants; never strangers.
        let own = clinic.book(&clinic.newcomer(), at(8, None)).await.unwrap();
        assert_eq!(own.appointment.status, S::Pending);
        let childs = clinic.book(&adult, at(9, Some(dependant))).await.unwrap();
        assert_eq!((childs.appointment.patient_id, childs.appointment.booked_by), (dependant, adult.user));
        for (who, patient) in [(&stranger, dependant), (&stranger, adult.patient_id()), (&adult, unknown)] {
            assert_eq!(refused_booking(clinic.book(who, at(10, Some(patient))).await), "NotFound patientId");
        }
        // The front desk: anybody who is known and alive.
        let by_desk = clinic.book(&clinic.nurse, at(10, Some(stranger.patient_id()))).await.unwrap();
        assert_eq!(by_desk.appointment.status, S::Confirmed);
        assert_eq!(refused_booking(clinic.book(&clinic.nurse, at(11, Some(unknown))).await), "NotFound patientId");
        assert_eq!(refused_booking(clinic.book(&clinic.nurse, at(11, None)).await), "NotFound patientId");
        let dead: PatientId = clinic.here.ground.clock.new_id();
        clinic.keep_patient(dead, None, &[adult.user], true).await;
        for who in [&clinic.nurse, &adult] {
            assert_eq!(refused_booking(clinic.book(who, at(11, Some(dead))).await), "Conflict patientId");
        }
        // Doctors: follow-ups with themselves, for patients they meet.
        let [first, second] = &clinic.doctors;
        let follow_up = clinic.book(first, at(11, Some(stranger.patient_id()))).await.unwrap();
        assert_eq!(follow_up.appointment.status, S::Confirmed);
        let unmet = Book { practitioner_id: second.practitioner_id(), ..at(12, Some(stranger.patient_id())) };
        assert_eq!(refused_booking(clinic.book(second, unmet.clone()).await), "NotFound patientId");
        assert_eq!(refused_booking(clinic.book(first, unmet).await), "NotFound patientId");
        // They move visits in their own calendar only.
        let mut to_colleague = clinic.move_to(&follow_up, tomorrow(13, 0));
        to_colleague.practitioner_id = Some(second.practitioner_id());
        let moved = clinic.here.appointments.reschedule(&first.principal, to_colleague).await;
        assert!(matches!(refusal(moved), RescheduleRefusal::Common(Rejection::NotAllowed { .. })));
        clinic.here.appointments.reschedule(&first.principal, clinic.move_to(&follow_up, tomorrow(13, 0))).await.unwrap();
        assert_eq!(clinic.everything().await.len(), 4);
    }

    async fn visits_of_a_doctor_who_left_wait_for_another(clinic: Clinic) {
        let [leaving, staying] = &clinic.doctors;
        let visit = clinic.confirmed_visit(&clinic.newcomer(), tomorrow(9, 0)).await;
        let cancelled = clinic.confirmed_visit(&clinic.newcomer(), tomorrow(10, 0)).await;
        clinic.here.appointments.cancel(&clinic.nurse.principal, cancel(cancelled.appointment.id)).await.unwrap();
        let to_reassign = async |doctor: Option<&Person>| {
            let page = PageArgs { first: 20, after: None };
            let doctor = doctor.map(Person::practitioner_id);
            let rows = clinic.here.appointments.to_reassign(&clinic.nurse.principal, doctor, &page).await.unwrap();
            rows.into_iter().map(|(_, visible)| visible.appointment.id).collect::<Vec<_>>()
        };
        assert!(to_reassign(None).await.is_empty());
        clinic.practises(leaving, false).await;
        assert_eq!(to_reassign(None).await, [visit.appointment.id]);
        assert_eq!(to_reassign(Some(leaving)).await, [visit.appointment.id]);
        assert!(to_reassign(Some(staying)).await.is_empty());
        let mut command = clinic.move_to(&visit, tomorrow(9, 0));
        command.practitioner_id = Some(staying.practitioner_id());
        let moved = clinic.here.appointments.reschedule(&clinic.nurse.principal, command).await.unwrap();
        assert_eq!(moved.appointment.visit.practitioner_id, staying.practitioner_id());
        assert!(to_reassign(None).await.is_empty());
    }
}
