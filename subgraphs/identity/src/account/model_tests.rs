//! What becomes of an account, and that nothing of it stays behind.

use super::*;

pub(crate) fn user(status: UserStatus) -> User {
    User {
        id: UserId::from(uuid::Uuid::from_u128(1)),
        email: "an@example.com".into(),
        email_verified: status != UserStatus::PendingVerification,
        username: None,
        phone: None,
        first_name: "An".into(),
        last_name: "Nguyễn".into(),
        locale: Locale::Vi,
        time_zone: Tz::Asia__Ho_Chi_Minh,
        avatar_url: None,
        addresses: Vec::new(),
        roles: BTreeSet::from([Role::Patient]),
        status,
        suspended_reason: None,
        joined_at: DateTime::UNIX_EPOCH,
        last_login_at: None,
        version: 1,
    }
}

#[test]
fn suspension_and_its_end_lead_back_to_where_the_account_was() {
    for status in [UserStatus::Active, UserStatus::PendingVerification] {
        let mut user = user(status);
        user.suspend("left the clinic".into()).unwrap();
        assert_eq!(user.status, UserStatus::Suspended);
        assert!(user.suspend("again".into()).is_err());
        user.reactivate().unwrap();
        assert_eq!((user.status, user.suspended_reason.clone()), (status, None));
        assert!(user.reactivate().is_err());
    }
}

#[test]
fn a_suspended_account_stays_suspended_when_its_address_is_verified() {
    let mut user = user(UserStatus::PendingVerification);
    user.suspend("spam".into()).unwrap();
    user.verify_email();
    assert_eq!(user.status, UserStatus::Suspended);
    user.reactivate().unwrap();
    assert_eq!(user.status, UserStatus::Active);
}

#[test]
fn names_stand_in_the_order_of_the_language() {
    let mut user = user(UserStatus::Active);
    assert_eq!(user.display_name(), "Nguyễn An");
    user.locale = Locale::En;
    assert_eq!(user.display_name(), "An Nguyễn");
}

#[test]
fn nobody_is_left_without_a_role() {
    let mut user = user(UserStatus::Active);
    assert!(user.assign_roles(BTreeSet::new()).is_err());
    assert_eq!(user.assign_roles(BTreeSet::from([Role::Patient])), Ok(None));
    assert!(matches!(
        user.assign_roles(BTreeSet::from([Role::Nurse])),
        Ok(Some(_))
    ));
}

#[test]
fn nothing_of_a_person_is_left_in_an_erased_account() {
    for status in [
        UserStatus::PendingVerification,
        UserStatus::Active,
        UserStatus::Suspended,
        UserStatus::Deactivated,
    ] {
        let mut user = User {
            username: Some("an.nguyen".into()),
            phone: Some("+84912345678".into()),
            locale: Locale::En,
            time_zone: Tz::Europe__Berlin,
            avatar_url: Some("https://example.com/an.png".into()),
            suspended_reason: Some("quarrels".into()),
            last_login_at: Some(DateTime::UNIX_EPOCH),
            ..user(status)
        };
        let told = user.erase(Tz::UTC);
        assert_eq!(told, Some(user.updated()));
        let left = format!("{user:?} {told:?}");
        for word in [
            "example.com",
            "an.nguyen",
            "Nguyễn",
            "\"An\"",
            "84912345678",
            "Berlin",
            "quarrels",
        ] {
            assert!(!left.contains(word), "{word} is left: {left}");
        }
        assert!(user.is_erased() && user.last_login_at.is_none());
        assert_eq!(user.erase(Tz::UTC), None, "there is nothing left to erase");
    }
}

#[test]
fn an_erased_account_stays_closed_and_its_address_is_nobodys() {
    let mut user = user(UserStatus::Suspended);
    user.erase(Tz::UTC).unwrap();
    assert!(user.reactivate().is_err());
    assert!(user.suspend("again".into()).is_err());
    assert!(user.assign_roles(BTreeSet::from([Role::Nurse])).is_err());
    user.verify_email();
    assert!(user.is_closed());
    assert!(caregraph_kit::validate::email(&user.email).is_err());
}

#[test]
fn whoever_works_here_keeps_the_account() {
    let mut user = user(UserStatus::Active);
    user.roles.insert(Role::Nurse);
    let before = user.clone();
    assert_eq!(user.erase(Tz::UTC), None);
    assert_eq!(user, before);
}
