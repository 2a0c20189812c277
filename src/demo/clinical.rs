//! What people bring along when they first come to the simulated clinic: allergies, long illnesses, vaccines, each at the ages at
//! which they are met.

use caregraph_records::entry::{AllergyCategory, Severity};

/// An allergy that people bring along.
pub struct KnownAllergy {
    pub substance: &'static str,
    /// Terminology and code.
    pub code: Option<(&'static str, &'static str)>,
    pub category: AllergyCategory,
    pub reaction: &'static str,
    pub severity: Severity,
    /// Youngest age in years: nobody knows before they have met it.
    pub from: u32,
}

/// Allergies; codes of `RxNorm`.
pub const ALLERGIES: [KnownAllergy; 6] = [
    KnownAllergy {
        substance: "Penicillin",
        code: Some(("RxNorm", "7980")),
        category: AllergyCategory::Medication,
        reaction: "Phát ban toàn thân sau liều đầu",
        severity: Severity::Moderate,
        from: 1,
    },
    KnownAllergy {
        substance: "Ibuprofen",
        code: Some(("RxNorm", "5640")),
        category: AllergyCategory::Medication,
        reaction: "Wheezing within an hour",
        severity: Severity::Severe,
        from: 3,
    },
    KnownAllergy {
        substance: "Aspirin",
        code: Some(("RxNorm", "1191")),
        category: AllergyCategory::Medication,
        reaction: "Nổi mề đay",
        severity: Severity::Mild,
        from: 18,
    },
    KnownAllergy {
        substance: "Đậu phộng",
        code: None,
        category: AllergyCategory::Food,
        reaction: "Sưng môi, ngứa họng",
        severity: Severity::Severe,
        from: 1,
    },
    KnownAllergy {
        substance: "Shrimp",
        code: None,
        category: AllergyCategory::Food,
        reaction: "Hives",
        severity: Severity::Moderate,
        from: 3,
    },
    KnownAllergy {
        substance: "Latex",
        code: None,
        category: AllergyCategory::Environment,
        reaction: "Viêm da tiếp xúc",
        severity: Severity::Mild,
        from: 12,
    },
];

/// A long illness with what is taken against it.
pub struct Chronic {
    /// ICD-10.
    pub code: &'static str,
    pub medication: &'static str,
    /// Ingredient in `RxNorm`.
    pub rxnorm: &'static str,
    pub dosage: &'static str,
    /// Youngest age in years at which it begins here.
    pub from: u32,
}

/// Long illnesses.
pub static CHRONIC: [Chronic; 6] = [
    Chronic {
        code: "I10",
        medication: "Amlodipine 5 mg",
        rxnorm: "17767",
        dosage: "1 viên mỗi sáng",
        from: 40,
    },
    Chronic {
        code: "E11.9",
        medication: "Metformin 500 mg",
        rxnorm: "6809",
        dosage: "1 viên hai lần mỗi ngày, sau ăn",
        from: 40,
    },
    Chronic {
        code: "E78.5",
        medication: "Atorvastatin 20 mg",
        rxnorm: "83367",
        dosage: "1 tablet at night",
        from: 40,
    },
    Chronic {
        code: "J45.909",
        medication: "Salbutamol 100 µg",
        rxnorm: "435",
        dosage: "2 puffs when short of breath",
        from: 5,
    },
    Chronic {
        code: "K21.9",
        medication: "Omeprazole 20 mg",
        rxnorm: "7646",
        dosage: "1 viên trước ăn sáng",
        from: 20,
    },
    Chronic {
        code: "I25.10",
        medication: "Bisoprolol 2.5 mg",
        rxnorm: "19484",
        dosage: "1 tablet in the morning",
        from: 50,
    },
];

/// A vaccine.
pub struct Vaccine {
    pub name: &'static str,
    pub cvx: &'static str,
    /// Age in days at which it is given: from, and up to.
    pub given: (u64, u64),
    /// Days after which nobody has the paper any more.
    pub remembered: u64,
    /// Which part of those who may have had it bring the paper, of 100.
    pub share: u32,
}

/// Ages without an upper bound.
const ANY_AGE: u64 = 365 * 120;
/// A child's vaccination card is kept until the child is grown up.
const CHILDHOOD: u64 = 365 * 16;

/// Vaccines, with their codes of CVX.
pub const IMMUNIZATIONS: [Vaccine; 7] = [
    Vaccine {
        name: "Bạch hầu, ho gà, uốn ván, bại liệt, Hib, viêm gan B",
        cvx: "146",
        given: (60, 180),
        remembered: CHILDHOOD,
        share: 90,
    },
    Vaccine {
        name: "Measles, mumps, rubella",
        cvx: "03",
        given: (365, 600),
        remembered: CHILDHOOD,
        share: 85,
    },
    Vaccine {
        name: "Viêm não Nhật Bản",
        cvx: "134",
        given: (380, 1_000),
        remembered: CHILDHOOD,
        share: 70,
    },
    Vaccine {
        name: "Viêm gan B",
        cvx: "45",
        given: (365 * 18, ANY_AGE),
        remembered: 1_500,
        share: 40,
    },
    Vaccine {
        name: "Influenza",
        cvx: "88",
        given: (200, ANY_AGE),
        remembered: 400,
        share: 40,
    },
    Vaccine {
        name: "Tetanus, diphtheria",
        cvx: "139",
        given: (365 * 12, ANY_AGE),
        remembered: 1_500,
        share: 40,
    },
    Vaccine {
        name: "COVID-19",
        cvx: "213",
        given: (365 * 5, ANY_AGE),
        remembered: 1_500,
        share: 40,
    },
];
