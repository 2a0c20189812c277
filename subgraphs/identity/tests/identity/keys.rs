//! Keys follow one another without a token becoming unreadable.

use crate::world::{World, build, verifier};
use caregraph_contracts::{Domain, Role};
use caregraph_identity::IdentitySettings;
use caregraph_identity::settings::PasswordSettings;
use caregraph_kit::database::Engine;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{OnEngine, TestWorld};
use caregraph_migrations::identity::Migrator;
use chrono::TimeDelta;

fn kids(jwks: &str) -> Vec<String> {
    let document: serde_json::Value = serde_json::from_str(jwks).unwrap();
    let mut kids: Vec<String> = document["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect();
    kids.sort();
    kids
}

fn kid_of(token: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<serde_json::Value>(&header).unwrap()["kid"]
        .as_str()
        .unwrap()
        .to_owned()
}

struct Unbuilt(TestWorld);

impl OnEngine for Unbuilt {
    async fn on(engine: Engine) -> Self {
        Self(TestWorld::new::<Migrator>(engine, Domain::Identity).await)
    }
}

on_every_engine! {
    async fn processes_that_make_the_first_key_at_once_end_with_the_same(unbuilt: Unbuilt) {
        let settings = IdentitySettings {
            password: PasswordSettings { memory_kib: 8, iterations: 1, parallelism: 1, concurrent: 4 },
            ..IdentitySettings::default()
        };
        let mut grounds = vec![unbuilt.0.ground.clone()];
        for _ in 0..3 {
            grounds.push(unbuilt.0.second_process::<Migrator>().await);
        }
        let starting: Vec<_> = grounds
            .into_iter()
            .map(|ground| {
                let settings = settings.clone();
                tokio::spawn(async move {
                    let verifier = verifier(&ground);
                    (build(&ground, &settings, &verifier).await, verifier)
                })
            })
            .collect();
        let mut published = std::collections::BTreeSet::new();
        for one in starting {
            published.insert(one.await.unwrap().1.jwks_json());
        }
        assert_eq!(published.len(), 1, "{published:?}");
        assert_eq!(kids(published.first().unwrap()).len(), 1);
    }

    async fn the_next_key_is_published_a_day_before_it_signs(world: World) {
        let keys = &world.services().keys;
        world.person("a@example.com", &[Role::Patient]).await;
        let first = kids(&world.verifier.jwks_json());
        assert_eq!(first.len(), 1);

        world.advance(TimeDelta::days(29));
        keys.refresh().await.unwrap();
        assert_eq!(kids(&world.verifier.jwks_json()).len(), 2);
        assert_eq!(kid_of(&world.login("a@example.com").await.access_token), first[0]);

        world.advance(TimeDelta::days(1) - TimeDelta::seconds(1));
        let last_of_first = world.login("a@example.com").await;
        assert_eq!(kid_of(&last_of_first.access_token), first[0]);
        world.advance(TimeDelta::seconds(1));
        let of_second = world.login("a@example.com").await;
        assert_ne!(kid_of(&of_second.access_token), first[0]);
        keys.refresh().await.unwrap();
        world.principal(&last_of_first);

        world.advance(TimeDelta::hours(1));
        keys.refresh().await.unwrap();
        assert_eq!(kids(&world.verifier.jwks_json()), [kid_of(&of_second.access_token)]);
    }

    async fn processes_that_start_together_use_the_same_keys(world: World) {
        let mut starting = Vec::new();
        for _ in 0..4 {
            let ground = world.test.second_process::<Migrator>().await;
            let settings = world.settings.clone();
            starting.push(tokio::spawn(async move {
                let verifier = verifier(&ground);
                let identity = build(&ground, &settings, &verifier).await;
                (identity, verifier)
            }));
        }
        world.person("a@example.com", &[Role::Patient]).await;
        let token = world.login("a@example.com").await.access_token;
        for one in starting {
            let (_, verifier) = one.await.unwrap();
            assert_eq!(kids(&verifier.jwks_json()), kids(&world.verifier.jwks_json()));
            assert!(verifier.verify(&token).is_ok());
        }
    }

    async fn a_rotation_in_one_process_reaches_the_others(world: World) {
        let ground = world.test.second_process::<Migrator>().await;
        let other_verifier = verifier(&ground);
        let other = build(&ground, &world.settings, &other_verifier).await;
        world.advance(TimeDelta::days(29));
        let (one, two) = tokio::join!(world.services().keys.refresh(), other.services.keys.refresh());
        one.unwrap();
        two.unwrap();
        world.services().keys.refresh().await.unwrap();
        other.services.keys.refresh().await.unwrap();
        assert_eq!(kids(&world.verifier.jwks_json()), kids(&other_verifier.jwks_json()));
        assert_eq!(kids(&other_verifier.jwks_json()).len(), 2);
    }
}
