//! What people search for: words that find something in the demo, as people type them, and some that find nothing.

use rand::seq::IndexedRandom;
use rand::{Rng, rngs::StdRng};

/// Beginnings of names, with marks and without.
pub const NAMES: [&str; 14] = [
    "nguyen thi",
    "Trần",
    "le van hung",
    "pham thu",
    "Hoàng Minh Tuấn",
    "huynh",
    "Phan Mỹ Linh",
    "vo dinh khoa",
    "dang ngoc",
    "Bùi Thanh Hằng",
    "tran thi thanh thuy",
    "smith",
    "walker grace",
    "hughes o",
];

/// Names and specialties of practitioners.
pub const PRACTITIONERS: [&str; 8] = [
    "tim mạch",
    "cardiology",
    "Trần",
    "carter",
    "nhi khoa",
    "da lieu",
    "bennett",
    "ophthalmology",
];

/// Names of services.
pub const SERVICES: [&str; 6] = [
    "consultation",
    "visit",
    "vaccination",
    "follow",
    "examination",
    "blood",
];

/// Diagnoses, by name and by code, some not typed to the end.
pub const DIAGNOSES: [&str; 12] = [
    "tang huyet ap",
    "hypertension",
    "J02",
    "viêm họng",
    "asthma",
    "dai thao duong",
    "E11",
    "đau thắt lưng",
    "gastrit",
    "viem phe quan",
    "dermatitis",
    "I1",
];

/// Codes that can be recorded, of those that are built in.
pub const CODES: [&str; 6] = ["J02.9", "J06.9", "I10", "E11.9", "K29.70", "M54.50"];

/// How many patients of the demo have numbers in a row.
const NUMBERED: u32 = 190;

/// One of several; there is at least one.
pub fn any<'a, T>(random: &mut StdRng, of: &'a [T]) -> &'a T {
    of.choose(random).expect("there is something to choose from")
}

/// What somebody at the front desk types to find a patient: mostly a name, sometimes a telephone number or a day of birth.
pub fn patient(random: &mut StdRng) -> String {
    match random.random_range(0..10) {
        // The demo gives out its telephone numbers like this.
        0..3 => {
            let number = 1_000_000 + random.random_range(2..NUMBERED) * 3_571;
            format!("+8490{number:07}")
        }
        3 => {
            let (day, month) = (random.random_range(1..=28), random.random_range(1..=12));
            format!("{day:02}/{month:02}/{}", random.random_range(1940..2020))
        }
        _ => (*any(random, &NAMES)).to_owned(),
    }
}
