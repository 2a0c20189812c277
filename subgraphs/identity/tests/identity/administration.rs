//! What administrators do, and what they cannot.

use crate::world::{PASSWORD, World, refusal};
use caregraph_contracts::events::IdentityEvent;
use caregraph_contracts::ids::UserId;
use caregraph_contracts::{Role, Scope};
use caregraph_identity::account::{AssignRoles, SuspendUser, User, UserFilter, UserStatus};
use caregraph_identity::role::SetRolePermissions;
use caregraph_identity::session::SignInRefusal;
use caregraph_kit::auth::{Principal, TokenError};
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::testing::eventually;
use caregraph_kit::{Failure, Rejection, on_every_engine};
use std::collections::BTreeSet;

fn suspend(user: UserId) -> SuspendUser {
    SuspendUser {
        user,
        reason: "left the clinic".into(),
    }
}

fn assign(user: UserId, roles: &[Role]) -> AssignRoles {
    AssignRoles {
        user,
        roles: roles.iter().copied().collect(),
        expected_version: None,
    }
}

async fn found(world: &World, admin: &Principal, filter: UserFilter) -> Vec<String> {
    let page = PageArgs {
        first: 100,
        after: None,
    };
    let users = world
        .services()
        .accounts
        .list(admin, &filter, &page)
        .await
        .unwrap();
    users.into_iter().map(|(_, user): (_, User)| user.email).collect()
}

/// Addresses of the accounts that a search finds.
pub async fn found_by(world: &World, admin: &Principal, text: &str) -> Vec<String> {
    let filter = UserFilter {
        text: Some(text.into()),
        ..UserFilter::default()
    };
    found(world, admin, filter).await
}

on_every_engine! {
    async fn a_suspended_account_loses_its_sessions_and_cannot_sign_in(world: World) {
        let accounts = &world.services().accounts;
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let person = world.signed_in("a@example.com", &[Role::Doctor]).await;
        let id = person.user_id().unwrap();

        let closed = accounts.suspend(&admin, suspend(id)).await.unwrap();
        assert_eq!(closed.status, UserStatus::Suspended);
        assert_eq!(world.verifier.still_good(&person), Err(TokenError::Revoked));
        assert_eq!(refusal(world.try_login("a@example.com", PASSWORD).await), SignInRefusal::AccountSuspended);
        assert_eq!(refusal(world.try_login("a@example.com", "wrong").await), SignInRefusal::InvalidCredentials);
        assert!(matches!(refusal(accounts.suspend(&admin, suspend(id)).await), Rejection::Conflict { .. }));

        accounts.reactivate(&admin, id).await.unwrap();
        world.login("a@example.com").await;
        assert!(matches!(refusal(accounts.reactivate(&admin, id).await), Rejection::Conflict { .. }));
        let nobody = UserId::from(uuid::Uuid::from_u128(1));
        assert!(matches!(refusal(accounts.suspend(&admin, suspend(nobody)).await), Rejection::NotFound { .. }));
    }

    async fn changed_roles_take_effect_at_once(world: World) {
        let accounts = &world.services().accounts;
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let person = world.signed_in("a@example.com", &[Role::Patient]).await;
        let id = person.user_id().unwrap();

        accounts.assign_roles(&admin, assign(id, &[Role::Nurse, Role::Patient])).await.unwrap();
        assert_eq!(world.verifier.still_good(&person), Err(TokenError::Revoked));
        let nurse = world.principal(&world.login("a@example.com").await);
        assert!(nurse.has(Scope::AppointmentsManage) && nurse.has_role(Role::Nurse) && nurse.has_role(Role::Patient));

        accounts.assign_roles(&admin, assign(id, &[Role::Patient, Role::Nurse])).await.unwrap();
        assert!(world.verifier.still_good(&nurse).is_ok(), "the same roles change nothing");
        assert!(matches!(refusal(accounts.assign_roles(&admin, assign(id, &[])).await), Rejection::Invalid { .. }));
        let stale = AssignRoles { expected_version: Some(1), ..assign(id, &[Role::Doctor]) };
        assert!(matches!(refusal(accounts.assign_roles(&admin, stale).await), Rejection::Conflict { .. }));
    }

    async fn somebody_is_always_left_who_can_undo_it(world: World) {
        let accounts = &world.services().accounts;
        let first = world.signed_in("first@example.com", &[Role::Admin]).await;
        let second = world.signed_in("second@example.com", &[Role::Admin]).await;
        let id = |principal: &Principal| principal.user_id().unwrap();

        let own = refusal(accounts.suspend(&first, suspend(id(&first))).await);
        assert!(matches!(own, Rejection::NotAllowed { .. }));
        let own = refusal(accounts.assign_roles(&first, assign(id(&first), &[Role::Patient])).await);
        assert!(matches!(own, Rejection::NotAllowed { .. }));

        // Two administrators who throw each other out at the same time: one stays.
        let (a, b) = (accounts.clone(), accounts.clone());
        let (one, two) = (first.clone(), second.clone());
        let outcomes = tokio::join!(
            tokio::spawn(async move { a.suspend(&one, suspend(id(&two))).await.is_ok() }),
            tokio::spawn({
                let (one, two) = (first.clone(), second.clone());
                async move { b.assign_roles(&two, assign(id(&one), &[Role::Patient])).await.is_ok() }
            })
        );
        assert!(outcomes.0.unwrap() ^ outcomes.1.unwrap());
    }

    async fn whoever_manages_accounts_cannot_make_themselves_administrator(world: World) {
        let services = world.services();
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let scopes: BTreeSet<Scope> = [Scope::AccountRead, Scope::UsersRead, Scope::UsersWrite].into();
        let command = SetRolePermissions {
            role: Role::Pharmacist,
            permissions: scopes.clone(),
            requires_totp: None,
            expected_version: None,
        };
        services.roles.set_permissions(&admin, command).await.unwrap();
        let manager = world.signed_in("manager@example.com", &[Role::Pharmacist]).await;
        assert!(manager.has(Scope::UsersWrite));
        let up = assign(manager.user_id().unwrap(), &[Role::Pharmacist, Role::Admin]);
        assert!(matches!(refusal(services.accounts.assign_roles(&manager, up).await), Rejection::NotAllowed { .. }));
        let down = suspend(admin.user_id().unwrap());
        assert!(matches!(refusal(services.accounts.suspend(&manager, down).await), Rejection::NotAllowed { .. }));
    }

    async fn permissions_of_roles_are_edited_and_survive_a_restart(world: World) {
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let roles = &world.services().roles;
        let command = |role, permissions: &[Scope], version| SetRolePermissions {
            role,
            permissions: permissions.iter().copied().collect(),
            requires_totp: None,
            expected_version: Some(version),
        };
        let set = roles.set_permissions(&admin, command(Role::Nurse, &[Scope::AccountRead], 1)).await.unwrap();
        assert_eq!(set.version, 2);
        let changed = IdentityEvent::RolePermissionsChanged {
            role: Role::Nurse,
            permissions: vec![Scope::AccountRead],
            requires_totp: set.requires_totp,
        };
        eventually("it is told", async || {
            let log = world.test.ground.events.read_after(0, 1000).await.unwrap();
            log.iter().any(|event| event.decode().unwrap() == Some(changed.clone())).then_some(())
        })
        .await;
        let stale = refusal(roles.set_permissions(&admin, command(Role::Nurse, &[], 1)).await);
        assert!(matches!(stale, Rejection::Conflict { .. }));
        let locked_out = refusal(roles.set_permissions(&admin, command(Role::Admin, &[Scope::UsersRead], 1)).await);
        assert!(matches!(locked_out, Rejection::Invalid { .. }));
        let nurse = world.signed_in("nurse@example.com", &[Role::Nurse]).await;
        assert!(nurse.has(Scope::AccountRead) && !nurse.has(Scope::AppointmentsManage));

        let again = crate::world::build(&world.test.ground, &world.settings, &world.verifier).await;
        let listed = again.services.roles.list(&admin).await.unwrap();
        assert_eq!(listed.len(), Role::ALL.len());
        let nurse = listed.iter().find(|role| role.role == Role::Nurse).unwrap();
        assert_eq!(nurse.scopes, BTreeSet::from([Scope::AccountRead]));
    }

    async fn accounts_are_found_by_name_role_and_status(world: World) {
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let doctor = world.person("doctor@example.com", &[Role::Doctor]).await;
        world.person("100%_real@example.com", &[Role::Patient]).await;
        world.services().accounts.suspend(&admin, suspend(doctor.id)).await.unwrap();
        assert_eq!(found_by(&world, &admin, "nguyen DOCTOR").await, ["doctor@example.com"]);
        assert_eq!(found_by(&world, &admin, "0%_r").await, ["100%_real@example.com"]);
        assert!(found_by(&world, &admin, "%%").await.is_empty());
        let by_role = UserFilter { role: Some(Role::Doctor), ..UserFilter::default() };
        assert_eq!(found(&world, &admin, by_role).await, ["doctor@example.com"]);
        let by_status = UserFilter { status: Some(UserStatus::Suspended), ..UserFilter::default() };
        assert_eq!(found(&world, &admin, by_status).await, ["doctor@example.com"]);

        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = PageArgs { first: 1, after };
            let rows = world.services().accounts.list(&admin, &UserFilter::default(), &page).await.unwrap();
            let Some((key, user)) = rows.into_iter().next() else { break };
            after = Some(key);
            seen.push(user.email);
        }
        assert_eq!(seen.len(), 3);
    }

    async fn the_first_administrator_needs_a_good_password(world: World) {
        let accounts = &world.services().accounts;
        let weak = accounts.create_administrator("root@example.com", ("Root", "Admin"), "admin").await;
        assert!(matches!(refusal(weak), Rejection::Invalid { path, .. } if path == ["password"]));
        accounts.create_administrator("root@example.com", ("Root", "Admin"), PASSWORD).await.unwrap();
        let admin = world.principal(&world.login("root@example.com").await);
        assert!(admin.has(Scope::RolesWrite));
        let twice = accounts.create_administrator("root@example.com", ("Root", "Admin"), PASSWORD).await;
        assert!(matches!(twice, Err(Failure::Refused(_))));
    }
}
