//! Who may do what, through the schema: every root field by somebody anonymous, a patient, and an administrator.

use crate::world::World;
use caregraph_contracts::links::LinkPurpose;
use caregraph_contracts::{Role, Scope};
use caregraph_identity::sdl;
use caregraph_kit::auth::Principal;
use caregraph_kit::database::Engine;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// Let in: data, or a refusal that only somebody who was let in can get.
    In,
    /// Not signed in.
    Unauthenticated,
    /// Signed in without the permission.
    Forbidden,
    /// Let in, and there is nothing to see.
    Nothing,
}
use Answer::{Forbidden, In, Nothing, Unauthenticated};

struct Case {
    field: &'static str,
    operation: String,
    anonymous: Answer,
    patient: Answer,
    admin: Answer,
}

fn case(field: &'static str, operation: impl Into<String>, answers: [Answer; 3]) -> Case {
    let [anonymous, patient, admin] = answers;
    Case {
        field,
        operation: operation.into(),
        anonymous,
        patient,
        admin,
    }
}

#[expect(clippy::too_many_lines, reason = "a table, one row per root field")]
fn cases(admin: &str) -> Vec<Case> {
    let nobody = "0190a000-0000-7000-8000-000000000000";
    vec![
        case("Query.me", "{ x: me { id } }", [Nothing, In, In]),
        case(
            "Query.user",
            format!("{{ x: user(id: \"{admin}\") {{ id }} }}"),
            [Nothing, Nothing, In],
        ),
        case(
            "Query.users",
            "{ x: users { edges { node { id } } } }",
            [Unauthenticated, Forbidden, In],
        ),
        case(
            "Query.sessions",
            "{ x: sessions { id } }",
            [Unauthenticated, In, In],
        ),
        case(
            "Query.roles",
            "{ x: roles { role permissions { name } } }",
            [Unauthenticated, Forbidden, In],
        ),
        case(
            "Query.permissions",
            "{ x: permissions { name } }",
            [Unauthenticated, Forbidden, In],
        ),
        case(
            "Query.introspectToken",
            "{ x: introspectToken(token: \"t\") { active } }",
            [Unauthenticated, Forbidden, Forbidden],
        ),
        case(
            "Mutation.register",
            "mutation { x: register(input: {email: \"\", password: \"\", firstName: \"\", lastName: \"\"}) { errors { __typename } } }",
            [In, In, In],
        ),
        case(
            "Mutation.verifyEmail",
            "mutation { x: verifyEmail(input: {token: \"t\"}) { errors { __typename } } }",
            [In, In, In],
        ),
        case(
            "Mutation.resendVerification",
            "mutation { x: resendVerification(input: {email: \"n@example.com\"}) { accepted } }",
            [In, In, In],
        ),
        case(
            "Mutation.inviteUser",
            "mutation { x: inviteUser(input: {email: \"i@example.com\", roles: [NURSE]}) { errors { __typename } } }",
            [Unauthenticated, Forbidden, In],
        ),
        case(
            "Mutation.acceptInvitation",
            "mutation { x: acceptInvitation(input: {token: \"t\", password: \"\", firstName: \"\", lastName: \"\"}) { errors { __typename } } }",
            [In, In, In],
        ),
        case(
            "Mutation.updateMe",
            "mutation { x: updateMe(input: {}) { errors { __typename } } }",
            [Unauthenticated, In, In],
        ),
        case(
            "Mutation.assignRoles",
            format!(
                "mutation {{ x: assignRoles(input: {{userId: \"{nobody}\", roles: [NURSE]}}) {{ errors {{ __typename }} }} }}"
            ),
            [Unauthenticated, Forbidden, In],
        ),
        case(
            "Mutation.suspendUser",
            format!(
                "mutation {{ x: suspendUser(input: {{userId: \"{nobody}\", reason: \"r\"}}) {{ errors {{ __typename }} }} }}"
            ),
            [Unauthenticated, Forbidden, In],
        ),
        case(
            "Mutation.reactivateUser",
            format!(
                "mutation {{ x: reactivateUser(input: {{userId: \"{nobody}\"}}) {{ errors {{ __typename }} }} }}"
            ),
            [Unauthenticated, Forbidden, In],
        ),
        case(
            "Mutation.login",
            "mutation { x: login(input: {identifier: \"n\", password: \"p\"}) { errors { __typename } } }",
            [In, In, In],
        ),
        case(
            "Mutation.refreshSession",
            "mutation { x: refreshSession(input: {refreshToken: \"t\"}) { errors { __typename } } }",
            [In, In, In],
        ),
        case(
            "Mutation.revokeSession",
            format!(
                "mutation {{ x: revokeSession(input: {{sessionId: \"{nobody}\"}}) {{ errors {{ __typename }} }} }}"
            ),
            [Unauthenticated, In, In],
        ),
        case(
            "Mutation.changePassword",
            "mutation { x: changePassword(input: {currentPassword: \"a\", newPassword: \"b\"}) { errors { __typename } } }",
            [Unauthenticated, In, In],
        ),
        case(
            "Mutation.requestPasswordReset",
            "mutation { x: requestPasswordReset(input: {email: \"n@example.com\"}) { accepted } }",
            [In, In, In],
        ),
        case(
            "Mutation.resetPassword",
            "mutation { x: resetPassword(input: {token: \"t\", newPassword: \"p\"}) { errors { __typename } } }",
            [In, In, In],
        ),
        case(
            "Mutation.startTotp",
            "mutation { x: startTotp { errors { __typename } } }",
            [Unauthenticated, In, In],
        ),
        case(
            "Mutation.confirmTotp",
            "mutation { x: confirmTotp(input: {otp: \"1\"}) { errors { __typename } } }",
            [Unauthenticated, In, In],
        ),
        case(
            "Mutation.disableTotp",
            "mutation { x: disableTotp(input: {password: \"p\", otp: \"1\"}) { errors { __typename } } }",
            [Unauthenticated, In, In],
        ),
        case(
            "Mutation.setRolePermissions",
            "mutation { x: setRolePermissions(input: {role: NURSE, permissions: [\"account:read\"]}) { errors { __typename } } }",
            [Unauthenticated, Forbidden, In],
        ),
        case(
            "Mutation.logout",
            "mutation { x: logout { errors { __typename } } }",
            [Unauthenticated, In, In],
        ),
        case(
            "Mutation.logoutEverywhere",
            "mutation { x: logoutEverywhere { errors { __typename } } }",
            [Unauthenticated, In, In],
        ),
    ]
}

fn classify(response: &Value) -> Answer {
    match response["errors"][0]["extensions"]["code"].as_str() {
        None if response["data"]["x"].is_null() => Nothing,
        None => In,
        Some("UNAUTHENTICATED") => Unauthenticated,
        Some("FORBIDDEN") => Forbidden,
        Some(other) => panic!("{other}: {response}"),
    }
}

/// The fields of a root type, out of the printed schema.
fn root_fields(sdl: &str, root: &str) -> Vec<String> {
    let start = sdl.find(&format!("type {root} ")).unwrap();
    let body = &sdl[start..start + sdl[start..].find("\n}").unwrap()];
    let mut described = false;
    body.lines()
        .skip(1)
        .filter_map(|line| {
            let text = line.strip_prefix('\t')?;
            if text.starts_with("\"\"\"") {
                described = !described;
                return None;
            }
            let end = text.find(|c: char| !c.is_ascii_alphanumeric())?;
            (!described && end > 0 && matches!(text.as_bytes()[end], b':' | b'('))
                .then(|| format!("{root}.{}", &text[..end]))
        })
        .collect()
}

#[tokio::test]
async fn every_root_field_has_its_rule() {
    let world = World::with(Engine::Sqlite, |_| {}).await;
    let patient = world.signed_in("patient@example.com", &[Role::Patient]).await;
    let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
    let cases = cases(&admin.user_id().unwrap().to_string());
    for case in &cases {
        let callers = [
            (Principal::anonymous(), case.anonymous),
            (patient.clone(), case.patient),
            (admin.clone(), case.admin),
        ];
        for (caller, expected) in callers {
            let response = world.run(&caller, &case.operation, json!({})).await;
            assert_eq!(
                classify(&response),
                expected,
                "{} by {caller:?}: {response}",
                case.field
            );
        }
    }
    let covered: BTreeSet<String> = cases.iter().map(|case| case.field.to_owned()).collect();
    let sdl = sdl();
    let all: BTreeSet<String> = root_fields(&sdl, "Query")
        .into_iter()
        .chain(root_fields(&sdl, "Mutation"))
        .collect();
    assert_eq!(covered, all);
}

#[tokio::test]
async fn services_introspect_tokens() {
    let world = World::with(Engine::Sqlite, |_| {}).await;
    let person = world.person("a@example.com", &[Role::Doctor]).await;
    let signed_in = world.login("a@example.com").await;
    let id = caregraph_contracts::ids::SessionId::from(uuid::Uuid::from_u128(1));
    let far = world.test.ground.clock.now() + chrono::TimeDelta::days(1);
    let service = Principal::user(person.id, id, [], [Scope::TokensIntrospect], far);
    let query = "query($token: String!) { introspectToken(token: $token) { active sub roles scope } }";
    let good = world
        .run(&service, query, json!({ "token": signed_in.access_token }))
        .await;
    let facts = &good["data"]["introspectToken"];
    assert_eq!(
        (&facts["active"], &facts["roles"]),
        (&json!(true), &json!(["DOCTOR"])),
        "{good}"
    );
    assert_eq!(facts["sub"], person.id.to_string());
    for bad in ["", "a.b.c", &signed_in.refresh_token] {
        let answer = world.run(&service, query, json!({ "token": bad })).await;
        let nothing = json!({ "active": false, "sub": null, "roles": null, "scope": null });
        assert_eq!(answer["data"]["introspectToken"], nothing);
    }
}

#[tokio::test]
async fn the_walk_through_the_schema() {
    let world = World::with(Engine::Sqlite, |_| {}).await;
    let anonymous = Principal::anonymous();
    let register = "mutation($input: RegisterInput!) { register(input: $input) { user { id status phone roles addresses { city } } errors { ... on UserError { message path } } } }";
    let input = json!({
        "email": "an@example.com", "password": crate::world::PASSWORD, "firstName": "An", "lastName": "Nguyễn", "locale": "vi",
        "phone": "+84 912 345 678",
    });
    let answer = world.run(&anonymous, register, json!({ "input": input })).await;
    let user = &answer["data"]["register"]["user"];
    assert_eq!(
        (&user["status"], &user["phone"]),
        (&json!("PENDING_VERIFICATION"), &Value::Null),
        "{answer}"
    );
    let token = world.token(LinkPurpose::VerifyEmail).await;
    let verify = "mutation($input: VerifyEmailInput!) { verifyEmail(input: $input) { user { status } errors { __typename } } }";
    let answer = world
        .run(&anonymous, verify, json!({ "input": { "token": token } }))
        .await;
    assert_eq!(
        answer["data"]["verifyEmail"]["user"]["status"], "ACTIVE",
        "{answer}"
    );
    let login = "mutation($input: LoginInput!) { login(input: $input) { session { accessToken refreshToken expiresAt user { id } } errors { __typename ... on UserError { message path } } } }";
    let wrong = world
        .run(
            &anonymous,
            login,
            json!({ "input": { "identifier": "an@example.com", "password": "x" } }),
        )
        .await;
    assert_eq!(
        wrong["data"]["login"]["errors"][0]["__typename"], "InvalidCredentials",
        "{wrong}"
    );
    let right = json!({ "input": { "identifier": "an@example.com", "password": crate::world::PASSWORD } });
    let answer = world.run(&anonymous, login, right).await;
    let access = answer["data"]["login"]["session"]["accessToken"]
        .as_str()
        .unwrap()
        .to_owned();
    let me = world.verifier.verify(&access).unwrap();
    let query = "{ me { phone totpEnabled displayName activity(first: 10) { edges { node { kind } } } } sessions { current } }";
    let answer = world.run(&me, query, json!({})).await;
    assert_eq!(answer["data"]["me"]["phone"], "+84912345678", "{answer}");
    assert_eq!(answer["data"]["me"]["totpEnabled"], false);
    assert_eq!(answer["data"]["sessions"], json!([{ "current": true }]));
    let happened = answer["data"]["me"]["activity"]["edges"].as_array().unwrap();
    for kind in ["REGISTERED", "EMAIL_VERIFIED", "SIGNED_IN"] {
        assert!(
            happened.iter().any(|edge| edge["node"]["kind"] == kind),
            "{kind}: {answer}"
        );
    }
}

#[tokio::test]
async fn what_you_may_not_see_does_not_exist() {
    let world = World::with(Engine::Sqlite, |_| {}).await;
    let patient = world.signed_in("patient@example.com", &[Role::Patient]).await;
    let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
    let (own, other) = (
        patient.user_id().unwrap().to_string(),
        admin.user_id().unwrap().to_string(),
    );
    let query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { email phone } } }";
    let represented = json!({ "r": [
        { "__typename": "User", "id": own }, { "__typename": "User", "id": other }, { "__typename": "User", "id": "nonsense" },
    ] });
    let answer = world.run(&patient, query, represented.clone()).await;
    assert_eq!(
        answer["data"]["_entities"][0]["email"], "patient@example.com",
        "{answer}"
    );
    assert_eq!(answer["data"]["_entities"][1], Value::Null);
    assert_eq!(answer["data"]["_entities"][2], Value::Null);
    let answer = world.run(&admin, query, represented.clone()).await;
    assert_eq!(
        answer["data"]["_entities"][0]["email"], "patient@example.com",
        "{answer}"
    );
    let answer = world.run(&Principal::anonymous(), query, represented).await;
    assert_eq!(answer["data"]["_entities"], json!([null, null, null]), "{answer}");
}
