//! Accounts, sessions, roles.

use super::row::{Attempt, Row};
use super::world::{Who, World};
use crate::harness::PASSWORD;
use futures::FutureExt;
use serde_json::json;

const NEW_PASSWORD: &str = "nine-herons-fold-maps";

pub fn rows() -> Vec<Row> {
    [questions(), for_everybody(), about_oneself(), about_others()]
        .into_iter()
        .flatten()
        .collect()
}

fn questions() -> Vec<Row> {
    vec![
        Row::query("me", "{ me { id email } }", |_, _| {
            async { Attempt::with(json!({})) }.boxed()
        }),
        Row::query(
            "user",
            "query ($id: ID!) { user(id: $id) { id email } }",
            |world, _| async { Attempt::with(json!({ "id": world.owner.id })) }.boxed(),
        )
        .case("the owner's"),
        Row::query(
            "user",
            "query ($id: ID!) { user(id: $id) { activity { nodes { kind } } } }",
            |world, _| async { Attempt::with(json!({ "id": world.owner.id })).showing("SIGNED_IN") }.boxed(),
        )
        .case("the owner's → activity"),
        Row::query(
            "user",
            "query ($id: ID!) { user(id: $id) { patient { id givenName } } }",
            |world, _| async { Attempt::with(json!({ "id": world.owner.id })).showing("givenName") }.boxed(),
        )
        .case("the owner's → patient"),
        Row::query(
            "users",
            "query { users(first: 100) { nodes { id email } } }",
            |world, _| async { Attempt::with(json!({})).showing(&world.owner.id) }.boxed(),
        ),
        Row::query("sessions", "{ sessions { id device } }", |_, _| {
            async { Attempt::with(json!({})) }.boxed()
        }),
        Row::query("roles", "{ roles { role permissions { name } } }", |_, _| {
            async { Attempt::with(json!({})) }.boxed()
        }),
        Row::query("permissions", "{ permissions { name } }", |_, _| {
            async { Attempt::with(json!({})) }.boxed()
        }),
        Row::query(
            "introspectToken",
            "query ($token: String!) { introspectToken(token: $token) { active sub } }",
            |world, _| async { Attempt::with(json!({ "token": world.owner.graph.token() })) }.boxed(),
        ),
    ]
}

/// Doors that are open because somebody who cannot sign in stands before them.
fn for_everybody() -> Vec<Row> {
    vec![
        Row::mutation("register", |world, _| {
            async { Attempt::input(registration(&world.email())) }.boxed()
        }),
        Row::mutation("verifyEmail", |world, _| {
            async {
                let email = world.email();
                world
                    .command(Who::Nobody, "register", registration(&email), "")
                    .await;
                Attempt::input(json!({ "token": world.fresh_token(&email, None).await }))
            }
            .boxed()
        }),
        Row::mutation("resendVerification", |world, _| {
            async { Attempt::input(json!({ "email": world.email() })) }.boxed()
        }),
        Row::mutation("login", |world, _| {
            async { Attempt::input(json!({ "identifier": world.owner.email, "password": PASSWORD })) }.boxed()
        }),
        Row::mutation("refreshSession", |world, _| {
            async { Attempt::input(json!({ "refreshToken": world.owners_session().await.refresh_token })) }
                .boxed()
        }),
        Row::mutation("requestPasswordReset", |world, _| {
            async { Attempt::input(json!({ "email": world.email() })) }.boxed()
        }),
        Row::mutation("resetPassword", |world, _| {
            async {
                let email = world.somebody().await.email;
                let verification = world.fresh_token(&email, None).await;
                world
                    .command(Who::Nobody, "requestPasswordReset", json!({ "email": email }), "")
                    .await;
                let token = world.fresh_token(&email, Some(verification)).await;
                Attempt::input(json!({ "token": token, "newPassword": NEW_PASSWORD }))
            }
            .boxed()
        }),
        Row::mutation("acceptInvitation", |world, _| {
            async {
                let email = world.email();
                world
                    .command(Who::Admin, "inviteUser", invitation(&email, "NURSE"), "")
                    .await;
                let token = world.fresh_token(&email, None).await;
                Attempt::input(
                    json!({ "token": token, "password": PASSWORD, "firstName": "An", "lastName": "Lê" }),
                )
            }
            .boxed()
        }),
    ]
}

/// Whoever does these, does them to themselves.
fn about_oneself() -> Vec<Row> {
    vec![
        Row::mutation("updateMe", |world, who| {
            async move { stand_in(world, who, Attempt::input(json!({ "firstName": "Lan" }))).await }.boxed()
        }),
        Row::mutation("changePassword", |world, who| {
            async move {
                let input = json!({ "currentPassword": PASSWORD, "newPassword": NEW_PASSWORD });
                stand_in(world, who, Attempt::input(input)).await
            }
            .boxed()
        }),
        Row::bare_mutation("startTotp", |world, who| {
            async move { stand_in(world, who, Attempt::with(json!({}))).await }.boxed()
        }),
        // Nobody here has begun to set up a second factor.
        Row::mutation("confirmTotp", |world, who| {
            async move { stand_in(world, who, Attempt::input(json!({ "otp": "000000" }))).await }.boxed()
        }),
        Row::mutation("disableTotp", |world, who| {
            async move {
                let input = json!({ "password": PASSWORD, "otp": "000000" });
                stand_in(world, who, Attempt::input(input)).await
            }
            .boxed()
        }),
        Row::bare_mutation("logout", |world, who| {
            async move { stand_in(world, who, Attempt::with(json!({}))).await }.boxed()
        }),
        Row::bare_mutation("logoutEverywhere", |world, who| {
            async move { stand_in(world, who, Attempt::with(json!({}))).await }.boxed()
        }),
        Row::mutation("revokeSession", |world, _| {
            async {
                let other = world.owners_session().await;
                let sessions = other.graph.data("{ sessions { id current } }", json!({})).await;
                let sessions = sessions["sessions"].as_array().unwrap();
                let current = sessions
                    .iter()
                    .find(|session| session["current"] == true)
                    .unwrap();
                Attempt::input(json!({ "sessionId": current["id"] }))
            }
            .boxed()
        })
        .case("the owner's"),
    ]
}

fn about_others() -> Vec<Row> {
    vec![
        Row::mutation("inviteUser", |world, _| {
            async { Attempt::input(invitation(&world.email(), "NURSE")) }.boxed()
        })
        .case("a nurse"),
        Row::mutation("inviteUser", |world, _| {
            async { Attempt::input(invitation(&world.email(), "ADMIN")) }.boxed()
        })
        .case("an administrator"),
        Row::mutation("assignRoles", |world, _| {
            async {
                Attempt::input(json!({ "userId": world.somebody().await.id, "roles": ["PATIENT", "NURSE"] }))
            }
            .boxed()
        })
        .case("somebody's"),
        Row::mutation("assignRoles", |world, who| {
            async move {
                let Some(myself) = world.stand_in(who).await else {
                    return Attempt::input(json!({ "userId": world.owner.id, "roles": ["ADMIN"] }));
                };
                Attempt::input(json!({ "userId": myself.id, "roles": ["PATIENT", "DOCTOR"] }))
                    .by(myself.graph)
            }
            .boxed()
        })
        .case("one's own"),
        Row::mutation("suspendUser", |world, _| {
            async { Attempt::input(json!({ "userId": world.somebody().await.id, "reason": "left" })) }.boxed()
        }),
        Row::mutation("reactivateUser", |world, _| {
            async {
                let user = world.somebody().await.id;
                world
                    .command(
                        Who::Admin,
                        "suspendUser",
                        json!({ "userId": user, "reason": "left" }),
                        "",
                    )
                    .await;
                Attempt::input(json!({ "userId": user }))
            }
            .boxed()
        }),
        Row::mutation("setRolePermissions", |_, _| {
            async {
                let permissions = ["account:read", "account:write"];
                Attempt::input(json!({ "role": "INSURANCE_PROVIDER", "permissions": permissions }))
            }
            .boxed()
        }),
    ]
}

async fn stand_in(world: &World, who: Who, attempt: Attempt) -> Attempt {
    match world.stand_in(who).await {
        Some(person) => attempt.by(person.graph),
        None => attempt,
    }
}

fn registration(email: &str) -> serde_json::Value {
    json!({ "email": email, "password": PASSWORD, "firstName": "An", "lastName": "Lê" })
}

fn invitation(email: &str, role: &str) -> serde_json::Value {
    json!({ "email": email, "roles": [role] })
}
