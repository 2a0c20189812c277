//! What can be booked.

use crate::world::*;
use caregraph_kit::auth::Principal;
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::on_every_engine;
use caregraph_scheduling::medical_service::{
    Category, MedicalServiceFilter, MedicalServiceKey, SaveMedicalService, TimingRequest,
};

async fn names(world: &World, who: &Principal, filter: MedicalServiceFilter) -> Vec<String> {
    let page = PageArgs {
        first: 100,
        after: None,
    };
    let found = world.services.catalogue.list(who, filter, &page).await.unwrap();
    found
        .into_iter()
        .map(|(_, service)| service.details.name)
        .collect()
}

fn named(code: &str, name: &str) -> SaveMedicalService {
    SaveMedicalService {
        code: code.to_owned(),
        name: name.to_owned(),
        ..consultation(&[])
    }
}

on_every_engine! {
    async fn a_service_is_kept_as_it_was_saved(world: World) {
        let timing = TimingRequest {
            duration_minutes: 45,
            buffer_before_minutes: 5,
            buffer_after_minutes: 10,
            slot_step_minutes: 20,
        };
        let saved = world.save(SaveMedicalService { timing, ..consultation(&[binh(), an(), an()]) }).await;
        assert_eq!((saved.version, saved.details.practitioners.len()), (1, 2));
        let found = world.services.catalogue.find_many(&[saved.id, unknown()]).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[&saved.id], saved);
    }

    async fn editing_needs_the_version_that_is_there(world: World) {
        let first = world.save(consultation(&[an()])).await;
        let second = world.save(SaveMedicalService { name: "Khám".to_owned(), ..again(&first, &[binh()]) }).await;
        assert_eq!((second.version, second.details.name.as_str()), (2, "Khám"));
        assert_eq!(second.details.practitioners.iter().copied().collect::<Vec<_>>(), [binh()]);
        let stale = world.services.catalogue.save(&admin(), again(&first, &[an()])).await.unwrap_err();
        assert_eq!(paths(stale), ["expectedVersion"]);
        let found = world.services.catalogue.find_many(&[first.id]).await.unwrap();
        assert_eq!(found[&first.id], second);
    }

    async fn of_many_editors_at_once_one_wins(world: World) {
        let service = world.save(consultation(&[an()])).await;
        let editors = (0..8).map(|n| {
            let catalogue = world.services.catalogue.clone();
            let command = SaveMedicalService { name: format!("Name {n}"), ..again(&service, &[an(), binh()]) };
            tokio::spawn(async move { catalogue.save(&admin(), command).await.is_ok() })
        });
        let mut winners = 0;
        for editor in editors.collect::<Vec<_>>() {
            winners += usize::from(editor.await.unwrap());
        }
        assert_eq!(winners, 1);
    }

    async fn a_code_names_one_service(world: World) {
        let first = world.save(named("A-1", "First")).await;
        let second = world.save(named("B-1", "Second")).await;
        let taken = world.services.catalogue.save(&admin(), named("a-1", "Third")).await.unwrap_err();
        assert_eq!(paths(taken), ["code"]);
        let moved = SaveMedicalService { code: first.details.code.clone(), ..again(&second, &[]) };
        assert_eq!(paths(world.services.catalogue.save(&admin(), moved).await.unwrap_err()), ["code"]);
        // What was refused has left no trace, and the store still works.
        assert_eq!(names(&world, &admin(), MedicalServiceFilter::default()).await, ["First", "Second"]);
    }

    async fn unknown_ids_are_not_found(world: World) {
        let strangers = consultation(&[an(), unknown(), binh(), id(0xbeef)]);
        let refused = world.services.catalogue.save(&admin(), strangers).await.unwrap_err();
        assert_eq!(paths(refused), ["practitionerIds.1", "practitionerIds.3"]);
        let nothing = SaveMedicalService { id: Some(unknown()), ..consultation(&[]) };
        assert_eq!(paths(world.services.catalogue.save(&admin(), nothing).await.unwrap_err()), ["id"]);
        assert!(names(&world, &admin(), MedicalServiceFilter::default()).await.is_empty());
    }

    async fn the_catalogue_is_found_by_name_code_kind_and_practitioner(world: World) {
        world.save(SaveMedicalService { practitioners: vec![an()], ..named("TIM-1", "Khám tim mạch") }).await;
        world.save(SaveMedicalService { practitioners: vec![an(), binh()], ..named("DA-1", "Khám da liễu") }).await;
        world.save(SaveMedicalService { category: Category::Vaccination, ..named("FLU", "Tiêm 100% cúm") }).await;
        let everybody = Principal::anonymous();
        let by = |filter| names(&world, &everybody, filter);
        let text = |text: &str| MedicalServiceFilter { text: Some(text.to_owned()), ..Default::default() };
        assert_eq!(by(MedicalServiceFilter::default()).await, ["Khám da liễu", "Khám tim mạch", "Tiêm 100% cúm"]);
        assert_eq!(by(text("kham TIM")).await, ["Khám tim mạch"]);
        assert_eq!(by(text("da-1")).await, ["Khám da liễu"]);
        assert_eq!(by(text("100%")).await, ["Tiêm 100% cúm"]);
        assert!(by(text("_")).await.is_empty());
        let kind = MedicalServiceFilter { category: Some(Category::Vaccination), ..Default::default() };
        assert_eq!(by(kind).await, ["Tiêm 100% cúm"]);
        let offered = MedicalServiceFilter { practitioner: Some(binh()), ..Default::default() };
        assert_eq!(by(offered).await, ["Khám da liễu"]);
    }

    async fn pages_show_everything_once(world: World) {
        for n in 0..7 {
            // Three share a name, so that the order needs the id too.
            world.save(named(&format!("S-{n}"), if n < 3 { "Same" } else { ["A", "B", "X", "Z"][n - 3] })).await;
        }
        let mut seen = Vec::new();
        let mut after: Option<MedicalServiceKey> = None;
        loop {
            let page = PageArgs { first: 2, after };
            let mut found =
                world.services.catalogue.list(&patient(), MedicalServiceFilter::default(), &page).await.unwrap();
            let more = found.len() > 2;
            found.truncate(2);
            seen.extend(found.iter().map(|(_, service)| service.details.name.clone()));
            after = found.pop().map(|(key, _)| key);
            if !more {
                break;
            }
        }
        assert_eq!(seen, ["A", "B", "Same", "Same", "Same", "X", "Z"]);
    }

    async fn what_is_not_offered_is_listed_for_administrators_only(world: World) {
        world.save(SaveMedicalService { active: false, ..named("OLD", "Old") }).await;
        world.save(named("NEW", "New")).await;
        let all = MedicalServiceFilter::default();
        let inactive = MedicalServiceFilter { active: Some(false), ..Default::default() };
        assert_eq!(names(&world, &admin(), all.clone()).await, ["New", "Old"]);
        assert_eq!(names(&world, &admin(), inactive.clone()).await, ["Old"]);
        for who in [Principal::anonymous(), patient(), nurse(), doctor(an())] {
            assert_eq!(names(&world, &who, all.clone()).await, ["New"]);
            assert!(names(&world, &who, inactive.clone()).await.is_empty());
        }
    }

    async fn a_change_is_told_for_everybody_whom_it_concerns(world: World) {
        let mut since = 0;
        world.changed_times(&mut since).await;
        let service = world.save(consultation(&[an()])).await;
        assert_eq!(world.changed_times(&mut since).await, [an()]);
        world.save(again(&service, &[binh()])).await;
        assert_eq!(world.changed_times(&mut since).await, [an(), binh()]);
        let _ = world.services.catalogue.save(&admin(), again(&service, &[an()])).await.unwrap_err();
        assert!(world.changed_times(&mut since).await.is_empty());
    }
}
