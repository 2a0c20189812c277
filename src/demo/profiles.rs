//! Who comes to the clinic: profiles made up of common names, believable for the age. Two people are on record twice, so that there
//! are duplicates to look for.

use super::cast::{
    FAMILY_EN, FAMILY_VI, GIVEN_EN_F, GIVEN_EN_M, GIVEN_VI_F, GIVEN_VI_M, OCCUPATIONS, PLACES,
};
use super::person::Body;
use caregraph_kit::change::Change;
use caregraph_patients::patient::{
    Address, AddressKind, BloodType, EmergencyContact, InsuranceCard, ProfileChanges, SexAtBirth,
};
use chrono::{Datelike, Days, NaiveDate};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

/// Records of people whom the front desk registers: with the one who registers and her child, two hundred.
const REGISTERED: usize = 198;

/// Somebody who was registered twice.
struct Twice {
    /// Family name and given name as the documents say.
    first: (&'static str, &'static str),
    /// What was typed the second time.
    again: (&'static str, &'static str),
    female: bool,
    /// At the beginning of the simulation.
    age_in_days: u64,
    /// Whether the second time there was a telephone but no document: otherwise it was the other way round.
    by_telephone: bool,
}

/// One called and had no card at hand, whoever took the call left out the marks; the other one's name was typed in the wrong order.
const TWICE: [Twice; 2] = [
    Twice {
        first: ("Trần", "Thị Thanh Thủy"),
        again: ("Tran", "Thi Thanh Thuy"),
        female: true,
        age_in_days: 15_503,
        by_telephone: true,
    },
    Twice {
        first: ("Phạm", "Quốc Bảo"),
        again: ("Quốc Bảo", "Phạm"),
        female: false,
        age_in_days: 19_877,
        by_telephone: false,
    },
];

/// Profiles and bodies of everybody whom the front desk registers, in the order in which they come.
pub fn everybody_else(random: &mut StdRng, today: NaiveDate) -> Vec<(ProfileChanges, Body)> {
    let mut people: Vec<(ProfileChanges, Body)> = TWICE
        .iter()
        .enumerate()
        .map(|(number, twice)| {
            let body = Body::healthy(today - Days::new(twice.age_in_days), twice.female);
            (profile(random, today, &body, (twice.first, true), number), body)
        })
        .collect();
    for number in TWICE.len()..REGISTERED - TWICE.len() {
        people.push(somebody(random, today, number));
    }
    // Last: a second record is opened long after the first.
    for (place, twice) in TWICE.iter().enumerate() {
        let (first, body) = people[place].clone();
        people.push((registered_again(first, twice), body));
    }
    people
}

fn registered_again(first: ProfileChanges, twice: &Twice) -> ProfileChanges {
    let (family, given) = twice.again;
    let known = ProfileChanges {
        given_name: Some(given.to_owned()),
        family_name: Some(family.to_owned()),
        date_of_birth: first.date_of_birth,
        sex_at_birth: first.sex_at_birth,
        preferred_language: first.preferred_language,
        ..ProfileChanges::default()
    };
    if twice.by_telephone {
        ProfileChanges {
            phone: first.phone,
            ..known
        }
    } else {
        ProfileChanges {
            national_id: first.national_id,
            addresses: first.addresses,
            ..known
        }
    }
}

fn somebody(random: &mut StdRng, today: NaiveDate, number: usize) -> (ProfileChanges, Body) {
    let (vietnamese, female) = (random.random_bool(0.75), random.random_bool(0.52));
    let name = (family(random, vietnamese), given(random, vietnamese, female));
    let born = today - Days::new(random.random_range(200..365 * 88));
    let body = Body::of_somebody(random, today, born, female);
    (profile(random, today, &body, (name, vietnamese), number), body)
}

fn family(random: &mut StdRng, vietnamese: bool) -> &'static str {
    if vietnamese {
        pick(random, &FAMILY_VI)
    } else {
        pick(random, &FAMILY_EN)
    }
}

fn given(random: &mut StdRng, vietnamese: bool, female: bool) -> &'static str {
    match (vietnamese, female) {
        (true, true) => pick(random, &GIVEN_VI_F),
        (true, false) => pick(random, &GIVEN_VI_M),
        (false, true) => pick(random, &GIVEN_EN_F),
        (false, false) => pick(random, &GIVEN_EN_M),
    }
}

fn profile(
    random: &mut StdRng,
    today: NaiveDate,
    body: &Body,
    ((family_name, given_name), vietnamese): ((&str, &str), bool),
    number: usize,
) -> ProfileChanges {
    let age = body.age(today);
    let city = PLACES[number % PLACES.len()].city;
    let blood = [
        BloodType::OPositive,
        BloodType::BPositive,
        BloodType::APositive,
        BloodType::AbPositive,
        BloodType::ONegative,
    ];
    ProfileChanges {
        given_name: Some(given_name.to_owned()),
        family_name: Some(family_name.to_owned()),
        date_of_birth: Change::Set(body.born),
        sex_at_birth: Change::Set(if body.female {
            SexAtBirth::Female
        } else {
            SexAtBirth::Male
        }),
        national_id: Change::Set(document(body, vietnamese, number)),
        blood_type: blood
            .choose(random)
            .map_or(Change::Keep, |blood| Change::Set(*blood)),
        phone: Change::Set(format!("+8490{:07}", 1_000_000 + number * 3_571)),
        occupation: occupation(random, age),
        preferred_language: Some(if vietnamese { "vi" } else { "en" }.to_owned()),
        addresses: Some(vec![Address {
            kind: AddressKind::Home,
            street: format!(
                "{} Đường số {}",
                random.random_range(1..300),
                random.random_range(1..40)
            ),
            district: Some(format!("Phường {}", random.random_range(1..20))),
            city: city.to_owned(),
            region: None,
            postal_code: Some("700000".to_owned()),
            country: "VN".to_owned(),
        }]),
        emergency_contacts: Some(vec![relative(random, age, (family_name, vietnamese), number)]),
        insurance: Change::Set(InsuranceCard {
            insurer: "Bảo hiểm xã hội Việt Nam".to_owned(),
            plan: None,
            member_number: format!("GD4790{:09}", 100_000_000 + number * 4_241),
            valid_until: None,
        }),
        ..ProfileChanges::default()
    }
}

/// A citizen's number says the province (079 is Ho Chi Minh City), sex and century, and the year of birth; others have passports.
fn document(body: &Body, vietnamese: bool, number: usize) -> String {
    if !vietnamese {
        return format!("GBR{:07}", 5_000_000 + number * 7_919);
    }
    let (year, female) = (body.born.year(), i32::from(body.female));
    let century = if year < 2_000 { 0 } else { 2 };
    format!(
        "079{}{:02}{:06}",
        century + female,
        year % 100,
        10_000 + number * 4_517
    )
}

fn occupation(random: &mut StdRng, age: u32) -> Change<String> {
    let occupation = match age {
        // Nobody asks.
        0..6 => return Change::Keep,
        6..22 => "Student",
        22..63 => pick(random, &OCCUPATIONS),
        _ => "Retired",
    };
    Change::Set(occupation.to_owned())
}

/// A child's mother, a brother, the son of somebody old.
fn relative(
    random: &mut StdRng,
    age: u32,
    (family_name, vietnamese): (&str, bool),
    number: usize,
) -> EmergencyContact {
    let (relationship, female) = match age {
        0..18 => ("mother", true),
        18..63 => ("brother", false),
        _ => ("son", false),
    };
    let given_name = given(random, vietnamese, female);
    // Vietnamese women keep their own family's name.
    let name = match (vietnamese, female) {
        (true, true) => format!("{} {given_name}", family(random, vietnamese)),
        (true, false) => format!("{family_name} {given_name}"),
        (false, _) => format!("{given_name} {family_name}"),
    };
    EmergencyContact {
        name,
        relationship: Some(relationship.to_owned()),
        phone: format!("+8491{:07}", 1_000_000 + number * 2_311),
    }
}

fn pick<'a>(random: &mut StdRng, from: &[&'a str]) -> &'a str {
    from.choose(random).copied().unwrap_or_default()
}

#[cfg(test)]
#[path = "profiles_tests.rs"]
mod tests;
