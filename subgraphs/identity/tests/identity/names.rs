//! Names of accounts: nobody reads them in the store, and who looks for one finds it.

use crate::administration::found_by;
use crate::store::texts;
use crate::world::World;
use caregraph_contracts::Role;
use caregraph_contracts::ids::UserId;
use caregraph_identity::account::{ProfileChanges, Sealing};
use caregraph_kit::auth::{Principal, RequestInfo};
use caregraph_kit::on_every_engine;
use sea_orm::ConnectionTrait;

/// Everything textual that is kept of accounts, in lower case.
async fn kept(world: &World) -> String {
    let mut kept = String::new();
    for sql in [
        "SELECT email AS x FROM users",
        "SELECT username AS x FROM users",
        "SELECT first_name AS x FROM users",
        "SELECT last_name AS x FROM users",
        "SELECT first_name_sealed AS x FROM users",
        "SELECT last_name_sealed AS x FROM users",
        "SELECT search_text AS x FROM users",
        "SELECT token AS x FROM user_name_tokens",
        "SELECT payload AS x FROM event_outbox",
    ] {
        for text in texts(&world.test.ground.database, sql).await {
            kept.push_str(&text.unwrap_or_default());
            kept.push('\n');
        }
    }
    kept.to_lowercase()
}

/// First and last name as an administrator reads them, and the version.
async fn seen(world: &World, admin: &Principal, id: UserId) -> (String, String, i64) {
    let user = world.services().accounts.user(admin, id).await.unwrap().unwrap();
    (user.first_name, user.last_name, user.version)
}

on_every_engine! {
    async fn accounts_are_found_by_how_their_names_begin_and_by_parts_of_their_addresses(world: World) {
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        world.called("someone@example.com", ("Đức Minh", "Trần-Phạm"), &[Role::Patient]).await;
        world.called("ada@clinic.test", ("Ada", "Lovelace"), &[Role::Doctor]).await;
        for text in ["Đức", "duc", "DU", "Trần", "tran", "ph", "Pham min", "trần-ph", "omeone@", "duc someone"] {
            assert_eq!(found_by(&world, &admin, text).await, ["someone@example.com"], "{text}");
        }
        for text in ["uc", "ran", "ham", "trana", "tran pham duc minha", "duc lovelace", "duc ada@"] {
            assert_eq!(found_by(&world, &admin, text).await, [""; 0], "{text}");
        }
        let mut both = found_by(&world, &admin, "xample.com").await;
        both.sort();
        assert_eq!(both, ["admin@example.com", "someone@example.com"]);
    }

    async fn a_renamed_account_is_found_by_its_new_name_only(world: World) {
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        world.called("someone@example.com", ("Đức", "Trần"), &[Role::Patient]).await;
        let someone = world.principal(&world.login("someone@example.com").await);
        let changes = ProfileChanges { last_name: Some("Hoàng".into()), ..ProfileChanges::default() };
        world.services().accounts.update_me(&someone, changes, &RequestInfo::default()).await.unwrap();
        assert_eq!(found_by(&world, &admin, "tran").await, [""; 0]);
        for text in ["hoang", "duc hoa"] {
            assert_eq!(found_by(&world, &admin, text).await, ["someone@example.com"], "{text}");
        }
    }

    async fn no_name_stands_in_the_open(world: World) {
        world.called("someone@example.com", ("Givenname", "Familyname"), &[Role::Patient]).await;
        let kept = kept(&world).await;
        assert!(kept.contains("someone@example.com"), "the test reads the rows");
        for name in ["givenname", "familyname"] {
            assert!(!kept.contains(name), "{name} is readable: {kept}");
        }
    }

    /// As an earlier version of the program left it.
    async fn names_that_stand_in_the_clear_are_read_and_sealed_and_then_found(world: World) {
        let accounts = &world.services().accounts;
        let admin = world.signed_in("admin@example.com", &[Role::Admin]).await;
        let id = world.called("someone@example.com", ("A", "B"), &[Role::Patient]).await.id;
        let reader = world.test.ground.database.reader();
        let clear = "UPDATE users SET first_name = 'Oldgiven', last_name = 'Oldfamily', first_name_sealed = NULL, last_name_sealed = NULL, \
                     search_text = 'oldfamily oldgiven oldfamily someone@example.com' WHERE email = 'someone@example.com'";
        for sql in ["DELETE FROM user_name_tokens", clear] {
            reader.execute_unprepared(sql).await.unwrap();
        }
        let known = |first: &str, last: &str| (first.to_owned(), last.to_owned(), 1);
        assert_eq!(seen(&world, &admin, id).await, known("Oldgiven", "Oldfamily"));
        assert_eq!(found_by(&world, &admin, "oldgiven").await, ["someone@example.com"]);

        assert_eq!(accounts.seal_the_clear().await.unwrap(), 1);
        let raw = kept(&world).await;
        assert!(!raw.contains("oldgiven") && !raw.contains("oldfamily"), "{raw}");
        assert_eq!(seen(&world, &admin, id).await, known("Oldgiven", "Oldfamily"));
        for text in ["oldg", "oldfamily oldgiven", "omeone"] {
            assert_eq!(found_by(&world, &admin, text).await, ["someone@example.com"], "{text}");
        }
        assert_eq!(found_by(&world, &admin, "ldgiven").await, [""; 0]);
        assert_eq!(accounts.seal_the_clear().await.unwrap(), 0);

        // The earlier version must not run any more. Should it have: what it wrote counts as a whole, and what it took away stays away.
        let newer = "UPDATE users SET first_name = 'Newergiven', last_name = '' WHERE email = 'someone@example.com'";
        reader.execute_unprepared(newer).await.unwrap();
        assert_eq!(seen(&world, &admin, id).await, known("Newergiven", ""));
        assert_eq!(accounts.seal_the_clear().await.unwrap(), 1);
        assert!(!kept(&world).await.contains("newergiven"));
        assert_eq!(seen(&world, &admin, id).await, known("Newergiven", ""));
        for text in ["oldg", "oldf"] {
            assert_eq!(found_by(&world, &admin, text).await, [""; 0], "{text}");
        }
        assert_eq!(found_by(&world, &admin, "newerg").await, ["someone@example.com"]);
    }

    /// Nothing writes in the clear any more, so nobody looks through all accounts every hour.
    async fn sealing_ends_when_there_is_nothing_left(world: World) {
        let accounts = &world.services().accounts;
        world.called("someone@example.com", ("A", "B"), &[Role::Patient]).await;
        let reader = world.test.ground.database.reader();
        let clear = "UPDATE users SET first_name = 'Oldgiven', last_name = 'Oldfamily'";
        let is_clear = async || kept(&world).await.contains("oldgiven");
        let sealing = Sealing::new(accounts.clone());
        // It goes on while there is something to seal, ends once there is not, and the next start looks again.
        for _ in 0..2 {
            reader.execute_unprepared(clear).await.unwrap();
            sealing.carry_on().await.unwrap();
            assert!(!is_clear().await);
        }
        sealing.carry_on().await.unwrap();
        reader.execute_unprepared(clear).await.unwrap();
        sealing.carry_on().await.unwrap();
        assert!(is_clear().await);
        Sealing::new(accounts.clone()).carry_on().await.unwrap();
        assert!(!is_clear().await);
    }
}
