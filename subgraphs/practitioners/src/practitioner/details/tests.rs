//! Forms of practitioners, filled in well and badly.

use super::*;
use caregraph_kit::Rejection;
use proptest::prelude::*;

fn now() -> DateTime<Utc> {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

fn doctor() -> Details {
    Details {
        licence_number: Some("012345/HCM-CCHN".into()),
        specialties: vec!["CARDIOLOGY".into()],
        languages: vec!["VI".into(), "en-gb".into()],
        ..Details::new("  Nguyễn \n Minh   Anh ", Profession::Doctor)
    }
}

fn refused_at(details: Details) -> Vec<String> {
    let Err(Failure::Refused(found)) = details.check(now()) else {
        return Vec::new();
    };
    found
        .iter()
        .map(|rejection| match rejection {
            Rejection::Invalid { path, .. } => path.join("."),
            other => panic!("unexpected {other:?}"),
        })
        .collect()
}

#[test]
fn a_good_form_is_brought_into_shape() {
    let (profile, private) = doctor().check(now()).unwrap();
    assert_eq!(profile.display_name, "Nguyễn Minh Anh");
    assert_eq!(
        profile
            .languages
            .iter()
            .map(LanguageTag::as_str)
            .collect::<Vec<_>>(),
        ["vi", "en-GB"]
    );
    assert_eq!(private.licence_number.as_deref(), Some("012345/HCM-CCHN"));
}

#[test]
fn every_mistake_is_named_at_once() {
    let details = Details {
        display_name: " ".into(),
        title: Some("x".repeat(41)),
        specialties: vec!["CARDIOLOGY".into(), "MAGIC".into()],
        languages: vec!["vi".into(), "Klingon".into()],
        practising_since: Some(2027),
        photo_url: Some("javascript:alert(1)".into()),
        work_phone: Some("0912".into()),
        work_email: Some("nobody".into()),
        licence_number: None,
        licence_expires_on: NaiveDate::from_ymd_opt(1, 1, 1),
        biography: Some("x".repeat(4001)),
        ..doctor()
    };
    let mut found = refused_at(details);
    found.sort();
    assert_eq!(
        found,
        [
            "biography",
            "displayName",
            "languages.1",
            "licenceExpiresOn",
            "licenceNumber",
            "photoUrl",
            "practisingSince",
            "specialties.1",
            "title",
            "workEmail",
            "workPhone",
        ]
    );
}

#[test]
fn only_technicians_may_work_without_a_licence() {
    for profession in Profession::ALL {
        let details = Details {
            licence_number: None,
            profession: *profession,
            ..doctor()
        };
        let refused = refused_at(details) == ["licenceNumber"];
        assert_eq!(refused, *profession != Profession::Technician, "{profession:?}");
    }
}

#[test]
fn lists_are_short_and_name_nothing_twice() {
    assert_eq!(
        refused_at(Details {
            languages: vec!["vi".into(), "VI".into()],
            ..doctor()
        }),
        ["languages"]
    );
    assert_eq!(
        refused_at(Details {
            languages: vec!["vi".into(); 100_000],
            ..doctor()
        }),
        ["languages"]
    );
    assert_eq!(
        refused_at(Details {
            specialties: vec!["CARDIOLOGY".into(); 2],
            ..doctor()
        }),
        ["specialties"]
    );
    let twice = vec![uuid::Uuid::nil().into(); 2];
    assert_eq!(
        refused_at(Details {
            locations: twice,
            ..doctor()
        }),
        ["locationIds"]
    );
}

proptest! {
    /// Saving what was read is no change: an edit of one field must not be refused or altered because of another.
    #[test]
    fn a_checked_form_stays_as_it_is(name in "\\PC{1,60}", title in proptest::option::of("\\PC{0,40}"), biography in "[\\PC\\n]{0,80}") {
        let form = Details { display_name: name, title, biography: Some(biography), ..doctor() };
        if let Ok((profile, private)) = form.check(now()) {
            let practitioner = Practitioner::create(uuid::Uuid::nil().into(), profile).0;
            let again = Details::of(&practitioner, &private).check(now()).unwrap();
            prop_assert_eq!(again, (practitioner.profile, private));
        }
    }
}
