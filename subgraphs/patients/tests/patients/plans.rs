//! What the store is asked is found by indexes, however many patients there are.

use crate::world::{World, appointment, booked, doctor, named, nurse, person, user};
use caregraph_kit::change::Change;
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{Case, Plans};
use caregraph_patients::patient::{ListFilter, ListKey, Patient, ProfileChanges, Viewer};
use chrono::NaiveDate;

/// The tables in which the records and the guardians of a person are: few, whoever the person is.
const OF_A_PERSON: &[&str] = &["patients", "patient_guardians"];

/// By what those are found whom a member of staff may see.
const STAFF_SEE_BY: &[&str] = &[
    "care_appointments_by_user",
    "care_assignments_by_user",
    "consents_by_grantee",
    "glass_breaks_by_user",
];

fn page(after: Option<ListKey>) -> PageArgs<ListKey> {
    PageArgs { first: 20, after }
}

async fn registered(world: &World) -> Patient {
    let profile = ProfileChanges {
        phone: Change::Set("+84912345678".into()),
        national_id: Change::Set("079090001234".into()),
        date_of_birth: Change::Set(NaiveDate::from_ymd_opt(1990, 4, 12).unwrap()),
        ..named("Văn An", "Nguyễn")
    };
    world.walk_in(profile).await
}

on_every_engine! {
    async fn the_front_desk_finds_people(world: World) {
        let plans = Plans::of(&world.ground().database);
        let patient = registered(&world).await;
        let (nurse, filter) = (nurse(), ListFilter::default());
        let list = Case::of("the front desk's list").by(&["patients_by_surviving"]).sorting(OF_A_PERSON);
        let found = plans
            .check(list.walking(&["patients"]), world.patients.list(&nurse, None, &filter, &page(None)))
            .await
            .unwrap();
        let behind = page(Some(found[0].0));
        plans.check(list, world.patients.list(&nurse, None, &filter, &behind)).await.unwrap();
        for (case, search) in [
            (Case::of("a name"), "nguyen an".to_owned()),
            (Case::of("a telephone number").by(&["patients_by_phone"]), "+84 912 345 678".to_owned()),
            (Case::of("an identity document").by(&["patients_by_national_id"]), "079090001234".to_owned()),
            (Case::of("a record's number"), patient.mrn.to_string()),
            (Case::of("a birthday").by(&["patients_by_birthday"]), "1990-04-12".to_owned()),
        ] {
            let first = page(None);
            let search = world.patients.list(&nurse, Some(&search), &filter, &first);
            let found = plans.check(case.sorting(OF_A_PERSON), search).await.unwrap();
            assert_eq!(found.len(), 1, "{case:?}");
        }
    }

    async fn staff_and_patients_find_theirs(world: World) {
        let plans = Plans::of(&world.ground().database);
        let patient = registered(&world).await;
        let visit = appointment(1, patient.id, user(901), world.now());
        plans
            .check(
                Case::of("a booking makes care").by(&["care_appointments_by_patient"]).sorting(OF_A_PERSON),
                world.hear(&booked(&visit)),
            )
            .await;
        let viewer = Viewer::of(&doctor()).unwrap();
        let seen = plans
            .check(
                Case::of("patients of visits, for a doctor").by(STAFF_SEE_BY).sorting(OF_A_PERSON),
                world.patients.visible(viewer, &[patient.id]),
            )
            .await
            .unwrap();
        assert_eq!(seen.len(), 1);
        let filter = ListFilter::default();
        plans
            .check(
                Case::of("a doctor's list").by(STAFF_SEE_BY).sorting(OF_A_PERSON),
                world.patients.list(&doctor(), None, &filter, &page(None)),
            )
            .await
            .unwrap();
        plans
            .check(
                Case::of("one's own").by(&["patient_guardians_by_guardian"]).sorting(OF_A_PERSON),
                world.patients.mine(&person(5)),
            )
            .await
            .unwrap();
    }
}
