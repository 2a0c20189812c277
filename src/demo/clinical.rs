//! What the simulated clinic sees: allergies, long illnesses, vaccines, and cases by specialty.

use caregraph_records::entry::{AllergyCategory, Severity};

/// An allergy that people bring along.
pub struct KnownAllergy {
    pub substance: &'static str,
    /// Terminology and code.
    pub code: Option<(&'static str, &'static str)>,
    pub category: AllergyCategory,
    pub reaction: &'static str,
    pub severity: Severity,
}

/// Allergies; codes of `RxNorm`.
pub const ALLERGIES: [KnownAllergy; 6] = [
    KnownAllergy {
        substance: "Penicillin",
        code: Some(("RxNorm", "7980")),
        category: AllergyCategory::Medication,
        reaction: "Phát ban toàn thân sau liều đầu",
        severity: Severity::Moderate,
    },
    KnownAllergy {
        substance: "Ibuprofen",
        code: Some(("RxNorm", "5640")),
        category: AllergyCategory::Medication,
        reaction: "Wheezing within an hour",
        severity: Severity::Severe,
    },
    KnownAllergy {
        substance: "Aspirin",
        code: Some(("RxNorm", "1191")),
        category: AllergyCategory::Medication,
        reaction: "Nổi mề đay",
        severity: Severity::Mild,
    },
    KnownAllergy {
        substance: "Đậu phộng",
        code: None,
        category: AllergyCategory::Food,
        reaction: "Sưng môi, ngứa họng",
        severity: Severity::Severe,
    },
    KnownAllergy {
        substance: "Shrimp",
        code: None,
        category: AllergyCategory::Food,
        reaction: "Hives",
        severity: Severity::Moderate,
    },
    KnownAllergy {
        substance: "Latex",
        code: None,
        category: AllergyCategory::Environment,
        reaction: "Viêm da tiếp xúc",
        severity: Severity::Mild,
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
}

/// Long illnesses.
pub const CHRONIC: [Chronic; 6] = [
    Chronic {
        code: "I10",
        medication: "Amlodipine 5 mg",
        rxnorm: "17767",
        dosage: "1 viên mỗi sáng",
    },
    Chronic {
        code: "E11.9",
        medication: "Metformin 500 mg",
        rxnorm: "6809",
        dosage: "1 viên hai lần mỗi ngày, sau ăn",
    },
    Chronic {
        code: "E78.5",
        medication: "Atorvastatin 20 mg",
        rxnorm: "83367",
        dosage: "1 tablet at night",
    },
    Chronic {
        code: "J45.909",
        medication: "Salbutamol 100 µg",
        rxnorm: "435",
        dosage: "2 puffs when short of breath",
    },
    Chronic {
        code: "K21.9",
        medication: "Omeprazole 20 mg",
        rxnorm: "7646",
        dosage: "1 viên trước ăn sáng",
    },
    Chronic {
        code: "I25.10",
        medication: "Bisoprolol 2.5 mg",
        rxnorm: "19484",
        dosage: "1 tablet in the morning",
    },
];

/// A vaccine.
pub struct Vaccine {
    pub name: &'static str,
    pub cvx: &'static str,
}

/// Vaccines, with their codes of CVX.
pub const IMMUNIZATIONS: [Vaccine; 4] = [
    Vaccine {
        name: "Viêm gan B",
        cvx: "45",
    },
    Vaccine {
        name: "Influenza",
        cvx: "88",
    },
    Vaccine {
        name: "Tetanus, diphtheria",
        cvx: "139",
    },
    Vaccine {
        name: "COVID-19",
        cvx: "213",
    },
];

/// A case as a doctor writes it up.
pub struct Case {
    pub complaint: &'static str,
    pub examination: &'static str,
    /// ICD-10.
    pub code: &'static str,
    pub plan: &'static str,
    /// When to come again, in days.
    pub again_after: Option<u64>,
}

const fn case(
    complaint: &'static str,
    examination: &'static str,
    code: &'static str,
    plan: &'static str,
    again_after: Option<u64>,
) -> Case {
    Case {
        complaint,
        examination,
        code,
        plan,
        again_after,
    }
}

/// Cases by specialty, in the order of the cast's specialties.
const CASES: [[Case; 3]; 6] = [
    [
        case(
            "Ho kéo dài, sổ mũi",
            "Họng đỏ nhẹ, phổi trong",
            "J06.9",
            "Nghỉ ngơi, uống nhiều nước, paracetamol khi sốt",
            None,
        ),
        case(
            "Morning headaches",
            "Blood pressure raised, neurological examination normal",
            "I10",
            "Start amlodipine 5 mg, measure blood pressure at home",
            Some(28),
        ),
        case(
            "Đau vùng thắt lưng sau khi khuân vác",
            "Co cứng cơ cạnh cột sống, không yếu liệt",
            "M54.50",
            "Giảm đau, tập vật lý trị liệu",
            Some(14),
        ),
    ],
    [
        case(
            "Hồi hộp đánh trống ngực",
            "Nhịp không đều, không âm thổi",
            "I48.91",
            "Holter 24 giờ, siêu âm tim",
            Some(14),
        ),
        case(
            "Chest pain on exertion",
            "Heart sounds normal, no oedema",
            "I25.10",
            "Exercise electrocardiogram, continue bisoprolol",
            Some(21),
        ),
        case(
            "Tái khám tăng huyết áp",
            "Mạch đều, phổi trong",
            "I10",
            "Tiếp tục thuốc đang dùng",
            Some(90),
        ),
    ],
    [
        case(
            "Sốt và đau tai hai ngày",
            "Màng nhĩ phải đỏ, phồng",
            "H66.90",
            "Amoxicillin 7 ngày, tái khám khi còn sốt",
            Some(7),
        ),
        case(
            "Routine check at six years",
            "Growth and development normal",
            "Z00.129",
            "Next vaccinations according to plan",
            Some(365),
        ),
        case(
            "Nôn và tiêu chảy từ hôm qua",
            "Không dấu mất nước",
            "A09",
            "Oresol từng ngụm, ăn nhẹ",
            None,
        ),
    ],
    [
        case(
            "Ngứa hai khuỷu tay",
            "Mảng đỏ, bong vảy nhẹ ở nếp gấp",
            "L20.9",
            "Dưỡng ẩm, corticoid nhẹ bôi 7 ngày",
            Some(28),
        ),
        case(
            "Acne getting worse",
            "Comedones and papules on the face",
            "L70.0",
            "Adapalene at night",
            Some(56),
        ),
        case(
            "Ngứa kẽ ngón chân",
            "Trợt da kẽ ngón, bong vảy",
            "B35.3",
            "Terbinafine bôi 2 tuần, giữ chân khô",
            None,
        ),
    ],
    [
        case(
            "Khám thai 20 tuần",
            "Tim thai đều, bề cao tử cung phù hợp tuổi thai",
            "Z34.90",
            "Siêu âm hình thái, bổ sung sắt",
            Some(28),
        ),
        case(
            "Burning when passing water",
            "No flank pain",
            "N39.0",
            "Urine culture, nitrofurantoin for 5 days",
            Some(7),
        ),
        case(
            "Tư vấn tránh thai",
            "Khám bình thường",
            "Z30.09",
            "Đã tư vấn các phương pháp",
            None,
        ),
    ],
    [
        case(
            "Đỏ mắt, ra ghèn",
            "Kết mạc cương tụ, giác mạc trong",
            "H10.9",
            "Nhỏ kháng sinh 5 ngày, rửa tay",
            None,
        ),
        case(
            "Blurred distant vision",
            "Visual acuity 6/12 in both eyes, improves with lenses",
            "H52.10",
            "Glasses prescribed",
            Some(365),
        ),
        case(
            "Mỏi mắt khi làm máy tính",
            "Phim nước mắt kém bền",
            "H04.123",
            "Nước mắt nhân tạo, nghỉ mắt 20-20-20",
            Some(60),
        ),
    ],
];

/// Cases of a specialty.
pub fn cases(specialty: usize) -> &'static [Case] {
    CASES.get(specialty).map_or(&[], <[Case; 3]>::as_slice)
}
