//! What shows of a person's records, to whom, and who is booked for.

use super::{listed, merge, of, part};
use crate::graph::Graph;
use crate::live::{changes, next, of_patient};
use crate::refusals::{refused, refused_booking};
use crate::world::{Clinic, Person, cancel, tomorrow};
use caregraph_kit::{Rejection, on_every_engine};
use caregraph_scheduling::appointment::status::ChangeKind;
use caregraph_scheduling::appointment::{Book, ListAppointments, LiveFailure, WantedChanges};
use serde_json::json;

on_every_engine! {
    async fn visits_of_all_records_show_under_each(clinic: Clinic) {
        let (lan, twin, other) = (clinic.patient().await, clinic.patient().await, clinic.patient().await);
        let own = clinic.confirmed_visit(&lan, tomorrow(9, 0)).await.appointment.id;
        let twins = clinic.confirmed_visit(&twin, tomorrow(10, 0)).await.appointment.id;
        let others = clinic.confirmed_visit(&other, tomorrow(11, 0)).await.appointment.id;
        assert_eq!(listed(&clinic, &clinic.nurse, of(lan.patient_id())).await, [own]);
        merge(&clinic, &lan, &twin).await;
        for named in [&lan, &twin] {
            let id = named.patient_id();
            assert_eq!(listed(&clinic, &clinic.nurse, of(id)).await, [own, twins]);
            assert_eq!(listed(&clinic, &clinic.doctors[0], of(id)).await, [own, twins]);
            assert!(listed(&clinic, &clinic.doctors[1], of(id)).await.is_empty());
            assert!(listed(&clinic, &other, of(id)).await.is_empty(), "a filter widens nothing");
            let under = ListAppointments::default().of_patient(id);
            assert_eq!(listed(&clinic, &clinic.nurse, under).await, [own, twins]);
            // One person under two names is no contradiction; two people are.
            assert_eq!(listed(&clinic, &clinic.nurse, of(lan.patient_id()).of_patient(id)).await, [own, twins]);
            assert_eq!(listed(&clinic, &clinic.nurse, of(twin.patient_id()).of_patient(id)).await, [own, twins]);
            assert!(listed(&clinic, &clinic.nurse, of(other.patient_id()).of_patient(id)).await.is_empty());
            assert!(listed(&clinic, &clinic.nurse, of(id).of_patient(other.patient_id())).await.is_empty());
        }
        // Whoever comes is the one who stands for the person; the visit itself stays where it was booked.
        let seen = clinic.here.appointments.find(&clinic.nurse.principal, twins).await.unwrap().unwrap();
        assert_eq!((seen.patient, seen.appointment.patient_id), (lan.patient_id(), twin.patient_id()));
        part(&clinic, &lan, &twin).await;
        assert_eq!(listed(&clinic, &clinic.nurse, of(lan.patient_id())).await, [own]);
        assert_eq!(listed(&clinic, &clinic.nurse, of(twin.patient_id())).await, [twins]);
        assert_eq!(listed(&clinic, &clinic.nurse, of(other.patient_id())).await, [others]);
        assert!(listed(&clinic, &clinic.nurse, of(lan.patient_id()).of_patient(twin.patient_id())).await.is_empty());
        let seen = clinic.here.appointments.find(&clinic.nurse.principal, twins).await.unwrap().unwrap();
        assert_eq!(seen.patient, twin.patient_id());
    }

    async fn whoever_acts_for_one_record_acts_for_all_while_they_are_one(clinic: Clinic) {
        let (lan, twin, mother, uncle) =
            (clinic.patient().await, clinic.patient().await, clinic.patient().await, clinic.patient().await);
        clinic.knows(lan.patient_id(), Some(lan.user), &[mother.user]).await;
        clinic.knows(twin.patient_id(), Some(twin.user), &[uncle.user]).await;
        let own = clinic.confirmed_visit(&lan, tomorrow(9, 0)).await;
        let twins = clinic.confirmed_visit(&twin, tomorrow(10, 0)).await;
        let (own_id, twins_id) = (own.appointment.id, twins.appointment.id);
        let service = &clinic.here.appointments;
        let sees = async |who: &Person| {
            let mut seen = Vec::new();
            for id in [own_id, twins_id] {
                seen.push(service.find(&who.principal, id).await.unwrap().map(|visible| visible.sight.texts));
            }
            let mut found = listed(&clinic, who, ListAppointments::default()).await;
            found.retain(|id| [own_id, twins_id].contains(id));
            let expected = [own_id, twins_id].into_iter().zip(&seen).filter(|(_, seen)| seen.is_some());
            assert_eq!(found, expected.map(|(id, _)| id).collect::<Vec<_>>(), "lists show what may be seen");
            seen
        };
        for who in [&lan, &mother] {
            assert_eq!(sees(who).await, [Some(true), None]);
        }
        merge(&clinic, &lan, &twin).await;
        for who in [&lan, &twin, &mother, &uncle] {
            assert_eq!(sees(who).await, [Some(true); 2]);
        }
        // They act, too, on either: as the patient's side.
        let moved = service.reschedule(&mother.principal, clinic.move_to(&twins, tomorrow(13, 0))).await.unwrap();
        assert_eq!(moved.appointment.patient_id, twin.patient_id());
        let booked = Book { patient_id: Some(lan.patient_id()), ..clinic.checkup_at(tomorrow(15, 0)) };
        let booked = clinic.book(&uncle, booked).await.unwrap().appointment;
        service.cancel(&mother.principal, cancel(booked.id)).await.unwrap();
        let stranger = clinic.patient().await;
        assert_eq!(sees(&stranger).await, [None, None]);
        part(&clinic, &lan, &twin).await;
        assert_eq!(sees(&mother).await, [Some(true), None]);
        for who in [&twin, &uncle] {
            // What was booked while they were one person was booked for the one that stood for it.
            assert!(service.find(&who.principal, booked.id).await.unwrap().is_none());
            assert!(service.find(&who.principal, own_id).await.unwrap().is_none());
            assert!(service.find(&who.principal, twins_id).await.unwrap().is_some());
        }
        assert_eq!(refused(service.cancel(&mother.principal, cancel(twins_id)).await), "NotFound id");
        let again = Book { patient_id: Some(lan.patient_id()), ..clinic.checkup_at(tomorrow(16, 0)) };
        assert_eq!(refused_booking(clinic.book(&uncle, again).await), "NotFound patientId");
    }

    async fn followers_of_one_record_hear_of_all(clinic: Clinic) {
        let (lan, twin, mother) = (clinic.patient().await, clinic.patient().await, clinic.patient().await);
        clinic.knows(lan.patient_id(), Some(lan.user), &[mother.user]).await;
        let twins = clinic.confirmed_visit(&twin, tomorrow(10, 0)).await.appointment.id;
        // Not hers yet.
        let asked = clinic.here.appointments.changes(&mother.principal, of_patient(twin.patient_id()), None).await;
        assert!(matches!(asked.err(), Some(LiveFailure::Refused(Rejection::NotFound { .. }))));
        let now = Some(clinic.end_of_log().await);
        let mut by_root = changes(&clinic.here, &clinic.nurse.principal, of_patient(lan.patient_id()), now).await;
        let mut by_mother = changes(&clinic.here, &mother.principal, WantedChanges::default(), now).await;
        merge(&clinic, &lan, &twin).await;
        let mut by_twin = changes(&clinic.here, &mother.principal, of_patient(twin.patient_id()), now).await;
        clinic.here.appointments.cancel(&clinic.nurse.principal, cancel(twins)).await.unwrap();
        let own = clinic.book(&lan, clinic.checkup_at(tomorrow(11, 0))).await.unwrap().appointment.id;
        for stream in [&mut by_root, &mut by_mother, &mut by_twin] {
            let heard: Vec<_> = next(stream, 2).await.iter().map(|news| (news.kind, news.appointment_id)).collect();
            assert_eq!(heard, [(ChangeKind::Cancelled, twins), (ChangeKind::Booked, own)]);
        }
        // The same for whoever comes back, whichever record they name.
        for who in [&clinic.nurse, &mother, &twin] {
            for wanted in [of_patient(lan.patient_id()), of_patient(twin.patient_id())] {
                let mut again = changes(&clinic.here, &who.principal, wanted, now).await;
                let heard: Vec<_> = next(&mut again, 2).await.iter().map(|news| news.appointment_id).collect();
                assert_eq!(heard, [twins, own]);
            }
        }
        part(&clinic, &lan, &twin).await;
        // Parted: the twin's next visit is not theirs to hear of, their own behind it is.
        clinic.book(&twin, clinic.checkup_at(tomorrow(12, 0))).await.unwrap();
        let own = clinic.book(&lan, clinic.checkup_at(tomorrow(13, 0))).await.unwrap().appointment.id;
        for stream in [&mut by_root, &mut by_mother] {
            assert_eq!(next(stream, 1).await[0].appointment_id, own);
        }
    }

    async fn a_dead_person_is_not_booked_for_by_any_record(clinic: Clinic) {
        let (lan, twin) = (clinic.patient().await, clinic.patient().await);
        merge(&clinic, &lan, &twin).await;
        clinic.keep_patient(lan.patient_id(), Some(lan.user), &[], true).await;
        for named in [&lan, &twin] {
            let wish = Book { patient_id: Some(named.patient_id()), ..clinic.checkup_at(tomorrow(9, 0)) };
            assert_eq!(refused_booking(clinic.book(&clinic.nurse, wish).await), "Conflict patientId");
        }
        part(&clinic, &lan, &twin).await;
        clinic.book(&twin, clinic.checkup_at(tomorrow(9, 0))).await.unwrap();
    }

    async fn a_doctor_who_met_one_record_has_met_the_person(clinic: Clinic) {
        let (lan, twin) = (clinic.patient().await, clinic.patient().await);
        let doctor = &clinic.doctors[0];
        clinic.confirmed_visit(&twin, tomorrow(9, 0)).await;
        let follow_up = |hour| Book { patient_id: Some(lan.patient_id()), ..clinic.checkup_at(tomorrow(hour, 0)) };
        assert_eq!(refused_booking(clinic.book(doctor, follow_up(10)).await), "NotFound patientId");
        merge(&clinic, &lan, &twin).await;
        let booked = clinic.book(doctor, follow_up(10)).await.unwrap();
        assert_eq!(booked.appointment.patient_id, lan.patient_id());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_graph_shows_one_patient() {
    let graph = Graph::new().await;
    let clinic = &graph.clinic;
    let (lan, twin) = (clinic.patient().await, clinic.patient().await);
    let own = graph.book(&lan, tomorrow(9, 0)).await["appointment"]["id"].take();
    let twins = graph.book(&twin, tomorrow(10, 0)).await["appointment"]["id"].take();
    merge(clinic, &lan, &twin).await;
    let ask = "query($who: [_Any!]!) { _entities(representations: $who) { ... on Patient {
        appointments { edges { node { id patient { id } } } } } } }";
    let who = [&lan, &twin].map(|one| json!({ "__typename": "Patient", "id": one.patient_id().to_string() }));
    let root = lan.patient_id().to_string();
    let all = json!({ "appointments": { "edges": [
        { "node": { "id": own, "patient": { "id": root } } },
        { "node": { "id": twins, "patient": { "id": root } } },
    ] } });
    for reader in [&lan, &twin, &clinic.nurse] {
        let found = graph.data(reader, ask, json!({ "who": who })).await;
        assert_eq!(found["_entities"], json!([all, all]));
    }
}
