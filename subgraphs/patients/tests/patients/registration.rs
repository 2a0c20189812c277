//! How somebody becomes a patient.

use crate::world::*;
use caregraph_contracts::events::{IdentityEvent, PatientsEvent};
use caregraph_contracts::ids::PatientId;
use caregraph_contracts::{Domain, Role};
use caregraph_kit::events::EventStore;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{TestDatabase, eventually};
use caregraph_migrations::{identity, patients::Migrator};
use caregraph_patients::patient::{Mrn, PatientService, RegisterPatient};
use futures::future::join_all;
use std::collections::BTreeSet;

on_every_engine! {
    async fn an_account_becomes_a_patient_once_however_often_it_is_told(world: World) {
        let event = world.envelope(&registered(user(1), &[Role::Patient], "An", "Nguyễn Văn", Some("+84912345678")));
        world.deliver(&event).await;
        world.deliver(&event).await;
        let patient = world.patients.get(&person(1), PatientId::of_user(user(1))).await.unwrap().unwrap();
        assert_eq!(patient.profile.display_name(), "Nguyễn Văn An");
        assert_eq!(patient.profile.phone.as_deref(), Some("+84912345678"));
        assert_eq!(patient.mrn, Mrn::from_counter(1));
        let told = world.told().await;
        assert_eq!(told, [PatientsEvent::PatientRegistered { patient: patient.facts() }]);
        assert_eq!(patient.facts().user_id, Some(user(1)));
    }

    async fn registering_reaches_the_profile_through_the_bus(world: World) {
        let elsewhere = TestDatabase::new(caregraph_kit::database::Engine::Sqlite);
        let database = elsewhere.migrated::<identity::Migrator>().await;
        let ground = world.ground();
        let identity = EventStore::new(Domain::Identity, database.clone(), ground.cipher.clone(), ground.clock.clone());
        ground.bus.add_source(&identity).await.unwrap();
        world.inner.start(caregraph_patients::build(ground.clone()).handlers);
        let mut tx = database.begin().await.unwrap();
        let event = registered(user(1), &[Role::Patient], "An", "Nguyễn", None);
        identity.append(&mut tx, &[event]).await.unwrap();
        tx.commit().await.unwrap();
        let found = eventually("the profile exists", async || {
            world.patients.get(&person(1), PatientId::of_user(user(1))).await.unwrap()
        });
        assert_eq!(found.await.profile.identification.given_name, "An");
    }

    async fn staff_get_a_profile_when_they_become_patients(world: World) {
        world.account(user(2), &[Role::Doctor], "Bình", "Trần").await;
        let id = PatientId::of_user(user(2));
        assert_eq!(world.patients.get(&nurse(), id).await.unwrap(), None);
        let roles = vec![Role::Doctor, Role::Patient];
        world.hear(&IdentityEvent::UserRolesChanged { user_id: user(2), roles: roles.clone() }).await;
        let patient = world.patients.get(&nurse(), id).await.unwrap().unwrap();
        assert_eq!(patient.profile.display_name(), "Trần Bình");
        // Told again, or taken away: the record stays as it is.
        world.hear(&IdentityEvent::UserRolesChanged { user_id: user(2), roles }).await;
        world.hear(&IdentityEvent::UserRolesChanged { user_id: user(2), roles: vec![Role::Doctor] }).await;
        assert_eq!(world.patients.get(&nurse(), id).await.unwrap(), Some(patient));
        assert_eq!(world.told().await.len(), 1);
    }

    async fn events_that_come_in_the_wrong_order_come_to_the_same(world: World) {
        let first = world.envelope(&registered(user(3), &[Role::Doctor], "Old", "Name", Some("+84900000001")));
        let then = world.envelope(&updated(user(3), Some("+84900000002"), "en"));
        let roles = vec![Role::Patient];
        let last = world.envelope(&IdentityEvent::UserRolesChanged { user_id: user(3), roles });
        for event in [&last, &then, &first] {
            world.deliver(event).await;
        }
        let patient = world.patients.get(&nurse(), PatientId::of_user(user(3))).await.unwrap().unwrap();
        assert_eq!(patient.profile.phone.as_deref(), Some("+84900000002"));
        assert_eq!(patient.profile.display_name(), "Other Name");
    }

    async fn the_account_gives_contact_until_it_is_edited_here(world: World) {
        world.account(user(1), &[Role::Patient], "An", "Nguyễn").await;
        world.hear(&updated(user(1), Some("+84900000001"), "en")).await;
        let id = PatientId::of_user(user(1));
        let patient = world.patients.get(&person(1), id).await.unwrap().unwrap();
        assert_eq!(patient.profile.phone.as_deref(), Some("+84900000001"));
        // The legal name is not the account's to change; the language decides which name stands first.
        assert_eq!(patient.facts().display_name, "An Nguyễn");
        assert_eq!(patient.facts().preferred_language, "en");
        assert_eq!(world.told().await.len(), 2);
    }

    async fn fifty_people_at_once_in_two_processes_get_fifty_numbers_without_gaps(world: World) {
        let second = PatientService::new(world.inner.second_process::<Migrator>().await);
        let registrations = (0..50).map(|i| {
            let profile = named("Person", &format!("N{i}"));
            let patients = if i % 2 == 0 { world.patients.clone() } else { second.clone() };
            tokio::spawn(async move {
                patients.register(&nurse(), RegisterPatient { profile, guardians: Vec::new() }).await.unwrap().mrn
            })
        });
        let numbers: BTreeSet<Mrn> = join_all(registrations).await.into_iter().map(Result::unwrap).collect();
        let wanted: BTreeSet<Mrn> = (1..=50).map(Mrn::from_counter).collect();
        assert_eq!(numbers, wanted);
    }

    async fn names_from_an_account_are_made_to_fit(world: World) {
        let long = "x".repeat(10_000);
        world.account(user(1), &[Role::Patient], &long, "\u{0}\u{7}").await;
        let patient = world.patients.get(&person(1), PatientId::of_user(user(1))).await.unwrap().unwrap();
        assert_eq!(patient.profile.identification.given_name.len(), 80);
        assert_eq!(patient.profile.identification.family_name, "");
    }
}
