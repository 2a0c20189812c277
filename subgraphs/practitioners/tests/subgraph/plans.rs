//! What the store is asked is found by indexes, however many practitioners there are.

use crate::support::{Clinic, nobody};
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{Case, Plans};
use caregraph_practitioners::practitioner::{Filter, Key, PractitionerService};
use serde_json::json;

/// Lists of those on one page, each in its order, and of those who were found by one of them.
const SORTED: &[&str] = &[
    "practitioners",
    "practitioner_specialties",
    "practitioner_languages",
    "practitioner_departments",
    "practitioner_locations",
];

fn page(after: Option<Key>) -> PageArgs<Key> {
    PageArgs { first: 20, after }
}

on_every_engine! {
    async fn looking_for_practitioners(clinic: Clinic) {
        let place = clinic.location("Quận 1", "Asia/Ho_Chi_Minh").await;
        clinic.doctor(json!({ "locationIds": [place] })).await;
        let service = PractitionerService::new(clinic.world.ground.clone());
        let plans = Plans::of(&clinic.world.ground.database);
        let everybody = Case::of("all of them")
            .by(&["practitioners_by_name"])
            .sorting(&SORTED[1..]);
        let found = plans
            .check(everybody.walking(&["practitioners"]), service.list(&nobody(), Filter::default(), &page(None)))
            .await
            .unwrap();
        let behind = page(Some(found[0].0.clone()));
        plans.check(everybody, service.list(&nobody(), Filter::default(), &behind)).await.unwrap();
        for (case, filter) in [
            (
                Case::of("a specialty").by(&["practitioner_specialties_by_specialty"]),
                Filter { specialty: Some("CARDIOLOGY".into()), ..Filter::default() },
            ),
            (
                Case::of("a place").by(&["practitioner_locations_by_location_id"]),
                Filter { location: Some(place.parse().unwrap()), ..Filter::default() },
            ),
            (
                // Languages are found by how their tags begin.
                Case::of("a language").reading(&["practitioner_languages"]),
                Filter { language: Some("en".parse().unwrap()), ..Filter::default() },
            ),
            (
                // Words are found anywhere.
                Case::of("a word"),
                Filter { text: Some("nguyen".into()), ..Filter::default() },
            ),
        ] {
            let found = plans
                .check(
                    case.walking(&["practitioners"]).sorting(SORTED),
                    service.list(&nobody(), filter, &page(None)),
                )
                .await
                .unwrap();
            assert_eq!(found.len(), 1, "{case:?}");
        }
        plans
            .check(
                Case::of("those of visits").sorting(&SORTED[1..]),
                service.load(&[found[0].1.practitioner.id]),
            )
            .await
            .unwrap();
    }
}
