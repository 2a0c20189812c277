//! What the store is asked is found by indexes, however many accounts there are.

use crate::world::{PASSWORD, World, build, verifier};
use caregraph_contracts::Role;
use caregraph_identity::account::UserFilter;
use caregraph_identity::session::Login;
use caregraph_kit::auth::RequestInfo;
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{Case, Plans};
use futures::future::join_all;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn page(after: Option<Uuid>) -> PageArgs<Uuid> {
    PageArgs { first: 20, after }
}

fn login(identifier: &str) -> Login {
    Login {
        identifier: identifier.into(),
        password: PASSWORD.into(),
        otp: None,
    }
}

on_every_engine! {
    async fn signing_in(world: World) {
        let plans = Plans::of(&world.test.ground.database);
        let sessions = &world.services().sessions;
        let user = world.person("an@example.com", &[Role::Patient]).await;
        let info = RequestInfo::default();
        let signed_in = plans
            .check(
                Case::of("signing in").by(&["users_email_key"]),
                sessions.login(login("an@example.com"), &info),
            )
            .await
            .unwrap();
        for (case, identifier) in [
            (Case::of("a username").by(&["users_username_key", "registration_shadows_by_username"]), "an_nguyen"),
            (Case::of("a telephone number").by(&["users_phone_key", "registration_shadows_by_phone"]), "+84912345678"),
        ] {
            // Of registrations that nobody has finished, those that name an identifier are few.
            let case = case.sorting(&["registration_shadows"]);
            let refused = plans.check(case, sessions.login(login(identifier), &info)).await;
            assert!(refused.is_err(), "nobody is called {identifier}");
        }
        let who = world.principal(&signed_in);
        plans
            .check(
                Case::of("one's sessions").by(&["sessions_by_user"]).sorting(&["sessions"]),
                sessions.list(&who),
            )
            .await
            .unwrap();
        plans
            .check(
                Case::of("one's activity").by(&["user_activity_by_user"]),
                world.services().accounts.activity(&who, user.id, &page(None)),
            )
            .await
            .unwrap();
        plans
            .check(
                Case::of("signing out").by(&["sessions_by_user"]).sorting(&["sessions"]),
                sessions.logout(&who, &info),
            )
            .await
            .unwrap();
    }

    async fn administering(world: World) {
        let plans = Plans::of(&world.test.ground.database);
        let accounts = &world.services().accounts;
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let everybody = UserFilter::default();
        let found = plans
            .check(
                Case::of("all accounts").walking(&["users"]),
                accounts.list(&admin, &everybody, &page(None)),
            )
            .await
            .unwrap();
        plans
            .check(
                Case::of("a page further on"),
                accounts.list(&admin, &everybody, &page(Some(found[0].0))),
            )
            .await
            .unwrap();
        let doctors = UserFilter { role: Some(Role::Doctor), ..UserFilter::default() };
        plans
            .check(
                // Where a role is rare, its holders are looked up and sorted; where it is common, the list stops at the page.
                Case::of("those with a role").by(&["user_roles_by_role"]).walking(&["users"]).sorting(&["users"]),
                accounts.list(&admin, &doctors, &page(None)),
            )
            .await
            .unwrap();
        let called = UserFilter { text: Some("nguyen".into()), ..UserFilter::default() };
        plans
            .check(
                // Any part of an e-mail address finds its account, so all of them are looked at.
                Case::of("a word").walking(&["users"]),
                accounts.list(&admin, &called, &page(None)),
            )
            .await
            .unwrap();
        let another = verifier(&world.test.ground);
        let identity = plans
            .check(
                Case::of("starting").by(&["sessions_by_tokens_expire_at"]).reading(&["roles", "signing_keys"]),
                build(&world.test.ground, &world.settings, &another),
            )
            .await;
        let stop = CancellationToken::new();
        // Everything is done once before anybody looks whether it should stop. Invitations and registrations that nobody has taken up are few.
        stop.cancel();
        let once = identity.subgraph.background.into_iter().map(|work| work(stop.clone()));
        plans
            .check(
                Case::of("keeping order")
                    .by(&["user_activity_by_age", "sessions_by_expires_at", "link_requests_by_expiry", "throttles_by_last_at"])
                    .walking(&["users"])
                    .reading(&["signing_keys", "invitations", "registration_shadows"]),
                join_all(once),
            )
            .await;
    }
}
