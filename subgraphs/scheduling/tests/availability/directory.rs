//! What other domains tell, and what follows from it.

use crate::world::*;
use caregraph_contracts::events::{
    IdentityEvent, LocationFacts, PatientsEvent, PractitionerFacts, PractitionersEvent,
};
use caregraph_contracts::ids::PatientId;
use caregraph_kit::events::EventHandler;
use caregraph_kit::on_every_engine;
use caregraph_scheduling::directory::store;
use caregraph_scheduling::handlers::DirectoryHandler;

fn suspended(practitioner: caregraph_contracts::ids::PractitionerId) -> IdentityEvent {
    IdentityEvent::UserSuspended {
        user_id: practitioner.as_user(),
        reason: "Asked for it".to_owned(),
    }
}

on_every_engine! {
    async fn practitioners_are_known_as_they_were_told_last(world: World) {
        let reader = world.ground().database.reader();
        let told = PractitionerFacts {
            licence_expires_on: Some(date(2026, 5, 31)),
            accepting_new_patients: false,
            locations: vec![saigon(), berlin()],
            ..facts(an(), "PGS. TS. An")
        };
        world.practitioner(&told).await;
        let known = store::practitioner(reader, an()).await.unwrap().unwrap();
        assert_eq!(known.display_name, "PGS. TS. An");
        assert_eq!((known.licence_expires_on, known.accepting_new, known.active), (Some(date(2026, 5, 31)), false, true));
        assert_eq!(known.locations, [saigon(), berlin()]);
        assert!(store::practitioner(reader, unknown()).await.unwrap().is_none());
        world.hear(&PractitionersEvent::PractitionerDeactivated { practitioner_id: an(), reason: "Left".to_owned() }).await;
        assert!(!store::practitioner(reader, an()).await.unwrap().unwrap().active);
        assert_eq!(store::not_working(reader).await.unwrap(), [an()]);
    }

    async fn an_old_event_that_comes_late_changes_nothing(world: World) {
        let reader = world.ground().database.reader();
        let old = world.envelope(&PractitionersEvent::PractitionerUpdated { practitioner: facts(an(), "Old name") });
        let moved = LocationFacts { location_id: berlin(), name: "Old".to_owned(), time_zone: "America/New_York".to_owned(), active: false };
        let moved = world.envelope(&PractitionersEvent::LocationSaved { location: moved });
        let register = world.envelope(&PatientsEvent::PatientRegistered { patient: patient_facts(31, &[id(41)]) });
        world.practitioner(&facts(an(), "New name")).await;
        world.location(berlin(), "Europe/Berlin", true).await;
        world.hear(&PatientsEvent::PatientUpdated { patient: patient_facts(31, &[id(42)]) }).await;
        for late in [old, moved, register] {
            world.deliver(&late).await;
        }
        assert_eq!(store::practitioner(reader, an()).await.unwrap().unwrap().display_name, "New name");
        assert_eq!(store::location(reader, berlin()).await.unwrap().unwrap().time_zone, chrono_tz::Tz::Europe__Berlin);
        assert_eq!(store::guardians_of(reader, id(31)).await.unwrap(), [id(42)]);
    }

    async fn hearing_something_twice_is_hearing_it_once(world: World) {
        let reader = world.ground().database.reader();
        let event = world.envelope(&PatientsEvent::PatientRegistered { patient: patient_facts(31, &[id(41), id(42), id(41)]) });
        world.deliver(&event).await;
        world.deliver(&event).await;
        let mut guardians = store::guardians_of(reader, id(31)).await.unwrap();
        guardians.sort_unstable();
        assert_eq!(guardians, [id(41), id(42)]);
        assert_eq!(store::patients_of_guardian(reader, id(41)).await.unwrap(), [id::<PatientId>(31)]);
    }

    async fn patients_die_and_turn_out_to_be_others(world: World) {
        let reader = world.ground().database.reader();
        for n in [31, 32] {
            world.hear(&PatientsEvent::PatientRegistered { patient: patient_facts(n, &[id(41)]) }).await;
        }
        let known = store::persons(reader, &[id(31), id(32), unknown()]).await.unwrap();
        for patient in [id(31), id(32)] {
            let person = known.of(patient);
            assert_eq!((person.root, person.known, person.deceased), (patient, true, false));
            assert!(person.is_acted_for_by(id(41)));
        }
        assert!(!known.of(unknown()).known);
        world.hear(&PatientsEvent::PatientsMerged { surviving: id(31), merged: id(32) }).await;
        // Facts that are told later do not undo it.
        world.hear(&PatientsEvent::PatientUpdated { patient: patient_facts(32, &[]) }).await;
        let merged = store::person(reader, id(32)).await.unwrap();
        assert_eq!((merged.root, &merged.records[..]), (id(31), &[id(31), id(32)][..]));
        let mut gone = patient_facts(31, &[id(41)]);
        gone.deceased = true;
        world.hear(&PatientsEvent::PatientUpdated { patient: gone }).await;
        for patient in [id(31), id(32)] {
            assert!(store::person(reader, patient).await.unwrap().deceased);
        }
    }

    async fn every_record_leads_to_all_of_its_person(world: World) {
        let reader = world.ground().database.reader();
        for n in 31..=35 {
            world.hear(&PatientsEvent::PatientRegistered { patient: patient_facts(n, &[id(40 + n)]) }).await;
        }
        for (surviving, merged) in [(32, 31), (32, 33), (35, 34)] {
            world.hear(&PatientsEvent::PatientsMerged { surviving: id(surviving), merged: id(merged) }).await;
        }
        let asked: [PatientId; 4] = [id(31), id(32), id(34), unknown()];
        let persons = store::persons(reader, &asked).await.unwrap();
        let records = |patient| persons.of(patient).records.clone();
        for patient in [31, 32, 33] {
            assert_eq!(records(id(patient)), [id(31), id(32), id(33)]);
        }
        assert_eq!(records(id(34)), [id(34), id(35)]);
        assert_eq!(records(unknown()), [unknown()]);
        assert_eq!(store::acted_for_by(reader, id(73)).await.unwrap(), [id(31), id(32), id(33), id(73)]);
        // The one that stood for all is put to another one: the patients' domain tells each record that moves.
        for merged in [31, 33] {
            world.hear(&PatientsEvent::PatientsUnmerged { surviving: id(32), merged: id(merged) }).await;
        }
        for merged in [31, 32, 33] {
            world.hear(&PatientsEvent::PatientsMerged { surviving: id(35), merged: id(merged) }).await;
        }
        let person = store::person(reader, id(31)).await.unwrap();
        assert_eq!((person.root, person.records.len()), (id(35), 5));
    }

    async fn parted_records_stand_for_themselves_again(world: World) {
        let reader = world.ground().database.reader();
        for n in [31, 32, 33] {
            world.hear(&PatientsEvent::PatientRegistered { patient: patient_facts(n, &[]) }).await;
        }
        let root = || async { store::person(reader, id(32)).await.unwrap().root };
        world.hear(&PatientsEvent::PatientsMerged { surviving: id(31), merged: id(32) }).await;
        world.hear(&PatientsEvent::PatientsUnmerged { surviving: id(31), merged: id(32) }).await;
        assert_eq!(root().await, id(32));
        assert_eq!(store::person(reader, id(31)).await.unwrap().records, [id(31)]);
        // Moved on to another record; that it left the first one, heard late, takes nothing back.
        let parted = world.envelope(&PatientsEvent::PatientsUnmerged { surviving: id(31), merged: id(32) });
        world.hear(&PatientsEvent::PatientsMerged { surviving: id(33), merged: id(32) }).await;
        world.deliver(&parted).await;
        assert_eq!(root().await, id(33));
        world.hear(&PatientsEvent::PatientsUnmerged { surviving: id(33), merged: id(32) }).await;
        assert_eq!(root().await, id(32));
    }

    async fn a_suspension_counts_whenever_it_is_heard(world: World) {
        let reader = world.ground().database.reader();
        world.hear(&suspended(an())).await;
        // Of this one we hear the suspension before anything else.
        world.hear(&suspended(id(13))).await;
        world.practitioner(&facts(id(13), "Dr. Chi")).await;
        for practitioner in [an(), id(13)] {
            assert!(!store::practitioner(reader, practitioner).await.unwrap().unwrap().active);
        }
        assert!(store::practitioner(reader, binh()).await.unwrap().unwrap().active);
        world.hear(&IdentityEvent::UserReactivated { user_id: an().as_user() }).await;
        assert!(store::practitioner(reader, an()).await.unwrap().unwrap().active);
        assert_eq!(store::not_working(reader).await.unwrap(), [id(13)]);
    }

    async fn what_changes_free_times_is_told(world: World) {
        world.weekdays(an(), "08:00", "12:00", berlin()).await;
        world.weekdays(binh(), "08:00", "12:00", saigon()).await;
        let mut since = 0;
        world.changed_times(&mut since).await;
        world.practitioner(&facts(an(), "Another name")).await;
        assert!(world.changed_times(&mut since).await.is_empty());
        world.practitioner(&PractitionerFacts { accepting_new_patients: false, ..facts(an(), "An") }).await;
        assert_eq!(world.changed_times(&mut since).await, [an()]);
        world.hear(&suspended(binh())).await;
        assert_eq!(world.changed_times(&mut since).await, [binh()]);
        world.hear(&IdentityEvent::UserSuspended { user_id: id(23), reason: String::new() }).await;
        assert!(world.changed_times(&mut since).await.is_empty());
        world.location(berlin(), "Europe/Berlin", false).await;
        assert_eq!(world.changed_times(&mut since).await, [an()]);
    }

    async fn a_zone_that_nobody_knows_is_parked_and_not_guessed(world: World) {
        let moved = LocationFacts {
            location_id: berlin(),
            name: "Clinic".to_owned(),
            time_zone: "Mars/Olympus_Mons".to_owned(),
            active: true,
        };
        let event = world.envelope(&PractitionersEvent::LocationSaved { location: moved });
        let mut tx = world.ground().database.begin().await.unwrap();
        let handler = DirectoryHandler::new(world.ground().events.clone());
        assert!(handler.handle(&mut tx, &event).await.is_err());
        drop(tx);
        let known = store::location(world.ground().database.reader(), berlin()).await.unwrap().unwrap();
        assert_eq!(known.time_zone, chrono_tz::Tz::Europe__Berlin);
    }
}
