//! Tokens that must not open anything: expired, forged, unsigned, meant for others, revoked, replayed.

mod forger;

use crate::harness::{Clinic, Graph, PASSWORD, Person, Program, Stores};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use caregraph_kit::auth::SigningKey;
use caregraph_kit::database::Engine;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::eventually;
use chrono::TimeDelta;
use forger::Forger;
use serde_json::{Value, json};

const ME: &str = "{ me { id } }";
const REFRESH: &str = "mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) {
    session { accessToken refreshToken } errors { __typename } } }";
const NEW_PASSWORD: &str = "nine-herons-fold-maps";

on_every_engine! {
    /// A valid key of the house is used for the tokens that are only too old or meant for others, so that nothing but that can
    /// be why they are refused.
    async fn what_is_not_a_good_token_of_this_house_opens_nothing(stores: Stores) {
        let (_program, person) = one_person(&stores).await;
        let good = person.graph.token().unwrap().to_owned();
        let forger = Forger::of(&stores, &good).await;
        let hour = TimeDelta::hours(1);
        assert_eq!(
            person.graph.with_token(&forger.token("caregraph", "caregraph", hour)).data(ME, json!({})).await["me"]["id"],
            json!(person.id),
            "the forger's own tokens are good, otherwise the rest proves nothing"
        );
        let stranger = Forger { key: SigningKey::generate(forger.key.kid()), claims: forger.claims.clone() };
        let parts: Vec<&str> = good.split('.').collect();
        let [header, claims, signature] = parts[..] else { panic!("a token has three parts") };
        let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let kid = forger.key.kid();
        let none = encode(json!({ "alg": "none", "typ": "JWT", "kid": kid }));
        let symmetric = encode(json!({ "alg": "HS256", "typ": "JWT", "kid": kid }));
        let mut claimed: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        claimed["roles"] = json!(["ADMIN"]);
        claimed["scope"] = json!("users:read users:write");
        let promoted = encode(claimed);
        let bad = [
            ("expired", forger.token("caregraph", "caregraph", -hour)),
            ("expired just now", forger.token("caregraph", "caregraph", TimeDelta::seconds(-1))),
            ("of another issuer", forger.token("somebody", "caregraph", hour)),
            ("for another audience", forger.token("caregraph", "somebody", hour)),
            ("of another key by the same name", stranger.token("caregraph", "caregraph", hour)),
            ("unsigned", format!("{none}.{claims}.")),
            ("unsigned with a signature", format!("{none}.{claims}.{signature}")),
            ("symmetric", format!("{symmetric}.{claims}.{signature}")),
            ("with other claims", format!("{header}.{promoted}.{signature}")),
            ("without signature", format!("{header}.{claims}.")),
            ("cut", format!("{header}.{claims}")),
            ("nonsense", "a.b.c".to_owned()),
            ("enormous", "x".repeat(7_000)),
        ];
        for (what, token) in bad {
            let (status, answer) = person.graph.with_token(&token).send(ME, json!({})).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{what}: {answer}");
            assert_eq!(status, 401, "{what}");
            assert!(answer.get("data").is_none_or(Value::is_null), "{what}: {answer}");
        }
    }

    async fn signing_out_ends_the_session_and_no_other(stores: Stores) {
        let (program, first) = one_person(&stores).await;
        let second = Person::sign_in(&program.graph(), &first.email, PASSWORD).await;
        first.graph.done("logout", "mutation { logout { errors { __typename } } }", json!({})).await;
        assert_dead(&first).await;
        assert_alive(&second).await;
        let third = Person::sign_in(&program.graph(), &first.email, PASSWORD).await;
        let all = "mutation { logoutEverywhere { errors { __typename } } }";
        second.graph.done("logoutEverywhere", all, json!({})).await;
        assert_dead(&second).await;
        assert_dead(&third).await;
    }

    async fn a_new_password_ends_the_other_sessions(stores: Stores) {
        let (program, first) = one_person(&stores).await;
        let second = Person::sign_in(&program.graph(), &first.email, PASSWORD).await;
        let change = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { errors { __typename } } }";
        let passwords = json!({ "currentPassword": PASSWORD, "newPassword": NEW_PASSWORD });
        first.graph.done("changePassword", change, json!({ "input": passwords })).await;
        assert_dead(&second).await;
        assert_alive(&first).await;
    }

    async fn suspension_and_new_roles_end_every_session(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        let first = &clinic.doctors[0];
        let second = Person::sign_in(&program.graph(), &first.email, PASSWORD).await;
        let assign = "mutation ($input: AssignRolesInput!) { assignRoles(input: $input) { errors { __typename } } }";
        let roles = json!({ "userId": first.id, "roles": ["DOCTOR", "PATIENT"] });
        clinic.admin.graph.done("assignRoles", assign, json!({ "input": roles })).await;
        assert_dead(first).await;
        assert_dead(&second).await;

        let third = Person::sign_in(&program.graph(), &first.email, PASSWORD).await;
        let suspend = "mutation ($input: SuspendUserInput!) { suspendUser(input: $input) { errors { __typename } } }";
        let input = json!({ "userId": first.id, "reason": "left" });
        clinic.admin.graph.done("suspendUser", suspend, json!({ "input": input })).await;
        assert_dead(&third).await;
        let login = "mutation ($input: LoginInput!) { login(input: $input) { errors { __typename } } }";
        let input = json!({ "identifier": first.email, "password": PASSWORD });
        let refused = program.graph().refused("login", login, json!({ "input": input })).await;
        assert_eq!(refused["__typename"], "AccountSuspended");
    }

    /// Somebody who holds a copy of a refresh token, and its rightful owner, cannot be told apart, so both are out.
    async fn a_replayed_refresh_token_ends_its_family_and_no_other(stores: Stores) {
        let (program, victim) = one_person(&stores).await;
        let elsewhere = Person::sign_in(&program.graph(), &victim.email, PASSWORD).await;
        let second = refreshed(&program.graph(), &victim).await.expect("the first use is good");
        let third = refreshed(&program.graph(), &second).await.expect("tokens go on rotating");
        assert_alive(&third).await;
        assert_eq!(refreshed(&program.graph(), &victim).await.map(|_| ()), Err("InvalidRefreshToken".to_owned()));
        for member in [&victim, &second, &third] {
            assert_dead(member).await;
        }
        assert_alive(&elsewhere).await;
        assert!(refreshed(&program.graph(), &elsewhere).await.is_ok());
    }

    /// Two clients with the same token cannot both win, at whatever moment they come.
    async fn of_many_who_refresh_at_once_at_most_one_gets_tokens(stores: Stores) {
        let (program, person) = one_person(&stores).await;
        let graph = program.graph();
        let attempts = (0..12).map(|_| refreshed(&graph, &person));
        let outcomes = futures::future::join_all(attempts).await;
        let winners: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
        assert_eq!(winners.len(), 1, "{:?}", outcomes.iter().map(|outcome| outcome.as_ref().err()).collect::<Vec<_>>());
        for refusal in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert_eq!(refusal, "InvalidRefreshToken");
        }
        assert_dead(winners[0]).await;
    }

    /// On SQLite one process has the store to itself.
    async fn another_process_hears_of_the_end(stores: Stores) {
        if stores.engine == Engine::Sqlite {
            return;
        }
        let (program, person) = one_person(&stores).await;
        let other = stores.start(&[]).await;
        let there = Person { graph: person.graph.at(other.address), ..person.clone() };
        assert_alive(&there).await;
        person.graph.done("logout", "mutation { logout { errors { __typename } } }", json!({})).await;
        eventually("the other process knows", || async {
            let (_, answer) = there.graph.send(ME, json!({})).await;
            (answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED").then_some(())
        })
        .await;
        drop(program);
        assert_dead(&there).await;
    }

    async fn what_was_ended_stays_ended_after_a_restart(stores: Stores) {
        let (program, person) = one_person(&stores).await;
        person.graph.done("logout", "mutation { logout { errors { __typename } } }", json!({})).await;
        program.kill();
        let program = stores.start(&[]).await;
        assert_eq!(person.graph.at(program.address).code(ME, json!({})).await, "UNAUTHENTICATED");
        let graph = program.graph();
        assert_eq!(refreshed(&graph, &person).await.map(|_| ()), Err("InvalidRefreshToken".to_owned()));
    }
}

async fn one_person(stores: &Stores) -> (Program, Person) {
    let program = stores.start(&[]).await;
    let person = Person::register(stores, &program.graph(), "somebody@clinic.test").await;
    (program, person)
}

/// The same person with a fresh pair of tokens, or why not.
async fn refreshed(graph: &Graph, person: &Person) -> Result<Person, String> {
    let input = json!({ "refreshToken": person.refresh_token });
    let payload = graph.data(REFRESH, json!({ "input": input })).await["refreshSession"].take();
    match payload["session"]["accessToken"].as_str() {
        None => Err(payload["errors"][0]["__typename"].as_str().unwrap().to_owned()),
        Some(token) => Ok(Person {
            graph: graph.with_token(token),
            refresh_token: payload["session"]["refreshToken"].as_str().unwrap().to_owned(),
            ..person.clone()
        }),
    }
}

async fn assert_alive(person: &Person) {
    assert_eq!(
        person.graph.data(ME, json!({})).await["me"]["id"],
        json!(person.id)
    );
}

/// Neither token of the session works any more, from the very next request on.
async fn assert_dead(person: &Person) {
    assert_eq!(person.graph.code(ME, json!({})).await, "UNAUTHENTICATED");
    let graph = Graph::new(person.graph.address);
    assert_eq!(
        refreshed(&graph, person).await.map(|_| ()),
        Err("InvalidRefreshToken".to_owned())
    );
}
