//! Who and what the demo clinic is made of. Names are common ones in Vietnam and in English-speaking countries, combined at
//! random; nobody in particular is meant.

use caregraph_scheduling::medical_service::Category;

/// A place of the clinic.
pub struct Place {
    pub name: &'static str,
    pub lines: &'static [&'static str],
    pub city: &'static str,
    pub rooms: &'static [&'static str],
}

/// The three places, all in the time zone of [`TIME_ZONE`] and the country of [`COUNTRY`].
pub const PLACES: [Place; 3] = [
    Place {
        name: "Caregraph Clinic Bến Thành",
        lines: &["12 Lê Lợi", "Quận 1"],
        city: "Thành phố Hồ Chí Minh",
        rooms: &["101", "102", "103", "201", "202"],
    },
    Place {
        name: "Caregraph Clinic Phú Mỹ Hưng",
        lines: &["88 Nguyễn Lương Bằng", "Quận 7"],
        city: "Thành phố Hồ Chí Minh",
        rooms: &["A1", "A2", "A3", "B1"],
    },
    Place {
        name: "Caregraph Clinic Thủ Đức",
        lines: &["5 Võ Văn Ngân"],
        city: "Thành phố Thủ Đức",
        rooms: &["1", "2", "3"],
    },
];

/// Where the clinic's clocks run.
pub const TIME_ZONE: &str = "Asia/Ho_Chi_Minh";
/// ISO 3166-1 code of the clinic's country.
pub const COUNTRY: &str = "VN";

/// A practitioner. The first is the one who signs in as `doctor@demo.test`.
pub struct Doctor {
    pub first_name: &'static str,
    pub last_name: &'static str,
    /// Index into [`SPECIALTIES`].
    pub specialty: usize,
    pub languages: &'static [&'static str],
    /// First year in practice.
    pub since: i32,
}

/// Codes of the six specialties, from the list that practitioners bundles.
pub const SPECIALTIES: [&str; 6] = [
    "GENERAL_PRACTICE",
    "CARDIOLOGY",
    "PAEDIATRICS",
    "DERMATOLOGY_VENEREOLOGY",
    "OBSTETRICS_GYNAECOLOGY",
    "OPHTHALMOLOGY",
];

const fn doctor(
    first_name: &'static str,
    last_name: &'static str,
    specialty: usize,
    languages: &'static [&'static str],
    since: i32,
) -> Doctor {
    Doctor {
        first_name,
        last_name,
        specialty,
        languages,
        since,
    }
}

/// The twelve practitioners.
pub const DOCTORS: [Doctor; 12] = [
    doctor("Minh Anh", "Trần", 0, &["vi", "en"], 2008),
    doctor("Emily", "Carter", 0, &["en"], 2012),
    doctor("Quốc Huy", "Lê", 0, &["vi"], 2016),
    doctor("Thu Hà", "Phạm", 1, &["vi", "en", "fr"], 2001),
    doctor("James", "Whitfield", 1, &["en"], 1998),
    doctor("Ngọc Lan", "Vũ", 2, &["vi", "en"], 2010),
    doctor("Đức Thắng", "Hoàng", 2, &["vi"], 2014),
    doctor("Bảo Châu", "Đặng", 3, &["vi", "en"], 2011),
    doctor("Oliver", "Bennett", 3, &["en", "de"], 2006),
    doctor("Mai Hương", "Nguyễn", 4, &["vi", "en"], 2004),
    doctor("Thanh Tâm", "Bùi", 4, &["vi"], 2013),
    doctor("Gia Bảo", "Đỗ", 5, &["vi", "en"], 2009),
];

/// A service of the catalogue.
pub struct Offer {
    pub code: &'static str,
    pub name: &'static str,
    pub category: Category,
    pub minutes: u16,
    pub buffer_after: u16,
    /// In Vietnamese đồng.
    pub fee: i64,
    /// Indexes into [`SPECIALTIES`] of those who offer it.
    pub by: &'static [usize],
}

const fn offer(
    code: &'static str,
    name: &'static str,
    category: Category,
    (minutes, buffer_after): (u16, u16),
    fee: i64,
    by: &'static [usize],
) -> Offer {
    Offer {
        code,
        name,
        category,
        minutes,
        buffer_after,
        fee,
        by,
    }
}

/// The fifteen services.
pub const OFFERS: [Offer; 15] = [
    offer(
        "GP-30",
        "General check-up",
        Category::GeneralCheckup,
        (30, 0),
        300_000,
        &[0],
    ),
    offer(
        "GP-60",
        "Annual health examination",
        Category::GeneralCheckup,
        (60, 10),
        900_000,
        &[0],
    ),
    offer(
        "CARD-30",
        "Cardiology consultation",
        Category::SpecialistConsultation,
        (30, 10),
        600_000,
        &[1],
    ),
    offer(
        "CARD-ECG",
        "Exercise electrocardiogram",
        Category::SpecialistConsultation,
        (45, 15),
        1_200_000,
        &[1],
    ),
    offer(
        "PED-30",
        "Child health visit",
        Category::SpecialistConsultation,
        (30, 5),
        450_000,
        &[2],
    ),
    offer(
        "PED-VAC",
        "Childhood vaccination",
        Category::Vaccination,
        (15, 5),
        350_000,
        &[2],
    ),
    offer(
        "DERM-20",
        "Skin consultation",
        Category::SpecialistConsultation,
        (20, 5),
        500_000,
        &[3],
    ),
    offer(
        "DERM-40",
        "Mole mapping",
        Category::SpecialistConsultation,
        (40, 5),
        950_000,
        &[3],
    ),
    offer(
        "OBG-30",
        "Antenatal visit",
        Category::SpecialistConsultation,
        (30, 10),
        550_000,
        &[4],
    ),
    offer(
        "OBG-45",
        "Gynaecological examination",
        Category::SpecialistConsultation,
        (45, 10),
        650_000,
        &[4],
    ),
    offer(
        "EYE-30",
        "Eye examination",
        Category::SpecialistConsultation,
        (30, 0),
        400_000,
        &[5],
    ),
    offer(
        "FLU",
        "Influenza vaccination",
        Category::Vaccination,
        (15, 0),
        280_000,
        &[0, 2],
    ),
    offer(
        "LAB-15",
        "Blood sample",
        Category::LabTest,
        (15, 0),
        150_000,
        &[0],
    ),
    offer(
        "FOLLOW-15",
        "Follow-up visit",
        Category::FollowUp,
        (15, 0),
        200_000,
        &[0, 1, 2, 3, 4, 5],
    ),
    offer(
        "TELE-20",
        "Video consultation",
        Category::Telehealth,
        (20, 5),
        250_000,
        &[0, 3],
    ),
];

/// Vietnamese family names, most common first.
pub const FAMILY_VI: [&str; 12] = [
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ",
];
/// Vietnamese given names of women.
pub const GIVEN_VI_F: [&str; 12] = [
    "Thị Hoa",
    "Thu Trang",
    "Ngọc Ánh",
    "Mỹ Linh",
    "Phương Thảo",
    "Thanh Hằng",
    "Kim Ngân",
    "Bích Ngọc",
    "Hồng Nhung",
    "Quỳnh Như",
    "Diễm My",
    "Tường Vi",
];
/// Vietnamese given names of men.
pub const GIVEN_VI_M: [&str; 12] = [
    "Văn Hùng",
    "Minh Tuấn",
    "Quang Vinh",
    "Hữu Phước",
    "Đình Khoa",
    "Trọng Nghĩa",
    "Anh Dũng",
    "Thành Đạt",
    "Hoàng Long",
    "Công Danh",
    "Bá Lộc",
    "Xuân Trường",
];
/// English family names.
pub const FAMILY_EN: [&str; 10] = [
    "Smith", "Johnson", "Brown", "Taylor", "Wilson", "Evans", "Walker", "Hughes", "Edwards", "Turner",
];
/// English given names of women.
pub const GIVEN_EN_F: [&str; 8] = [
    "Alice",
    "Charlotte",
    "Grace",
    "Hannah",
    "Isla",
    "Nora",
    "Ruby",
    "Sophie",
];
/// English given names of men.
pub const GIVEN_EN_M: [&str; 8] = [
    "Arthur", "Daniel", "Edward", "Henry", "Jack", "Oscar", "Samuel", "Thomas",
];
/// Occupations of those who are neither at school nor too old to work.
pub const OCCUPATIONS: [&str; 8] = [
    "Teacher",
    "Engineer",
    "Farmer",
    "Shopkeeper",
    "Driver",
    "Nurse",
    "Accountant",
    "Cook",
];
