//! The fields of care that a practitioner can be put into.
//!
//! The codes are our own and never change their meaning; the list grows by addition. The English names of the medical
//! specialties follow Directive 2005/36/EC of the European Union, Annex V, points 5.1.3 and 5.1.4 (a legal text, so free to
//! use, in contrast to SNOMED CT or the NUCC taxonomy); dentistry, nursing, midwifery and pharmacy follow points 5.2 to 5.6
//! of the same annex. `TRADITIONAL_MEDICINE`, `INFECTION_CONTROL`, `CLINICAL_PHARMACY`, `CLINICAL_NUTRITION`,
//! `PSYCHOTHERAPY`, `MEDICAL_LABORATORY_TECHNOLOGY` and `RADIOGRAPHY` are not in it and are named as hospitals name them.

/// One field of care. Compared by its code.
#[derive(Debug)]
pub struct Specialty {
    /// Stable code, at most 48 capital letters and underscores.
    pub code: &'static str,
    /// Name in English.
    pub english: &'static str,
    /// Name in Vietnamese.
    pub vietnamese: &'static str,
}

impl PartialEq for Specialty {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Specialty {}

impl Specialty {
    /// All of them, by code.
    pub const ALL: &'static [Self] = ALL;

    /// The one with this code.
    pub fn find(code: &str) -> Option<&'static Self> {
        ALL.binary_search_by(|specialty| specialty.code.cmp(code))
            .ok()
            .map(|index| &ALL[index])
    }
}

const fn s(code: &'static str, english: &'static str, vietnamese: &'static str) -> Specialty {
    Specialty {
        code,
        english,
        vietnamese,
    }
}

const ALL: &[Specialty] = &[
    s("ALLERGOLOGY", "Allergology", "Dị ứng"),
    s("ANAESTHETICS", "Anaesthetics", "Gây mê hồi sức"),
    s("CARDIOLOGY", "Cardiology", "Tim mạch"),
    s("CHILD_PSYCHIATRY", "Child psychiatry", "Tâm thần nhi"),
    s("CLINICAL_NUTRITION", "Clinical nutrition", "Dinh dưỡng lâm sàng"),
    s("CLINICAL_PHARMACY", "Clinical pharmacy", "Dược lâm sàng"),
    s("COMMUNITY_MEDICINE", "Community medicine", "Y học cộng đồng"),
    s("DENTISTRY", "Dentistry", "Răng hàm mặt"),
    s(
        "DERMATOLOGY_VENEREOLOGY",
        "Dermatology and venereology",
        "Da liễu",
    ),
    s("EMERGENCY_MEDICINE", "Accident and emergency medicine", "Cấp cứu"),
    s("ENDOCRINOLOGY", "Endocrinology", "Nội tiết"),
    s("GASTROENTEROLOGY", "Gastroenterology", "Tiêu hóa"),
    s(
        "GENERAL_CARE_NURSING",
        "General care nursing",
        "Điều dưỡng đa khoa",
    ),
    s("GENERAL_MEDICINE", "General (internal) medicine", "Nội tổng quát"),
    s("GENERAL_PRACTICE", "General practice", "Y học gia đình"),
    s("GENERAL_SURGERY", "General surgery", "Ngoại tổng quát"),
    s("GERIATRICS", "Geriatrics", "Lão khoa"),
    s("HAEMATOLOGY", "General haematology", "Huyết học"),
    s("IMMUNOLOGY", "Immunology", "Miễn dịch"),
    s("INFECTION_CONTROL", "Infection control", "Kiểm soát nhiễm khuẩn"),
    s("INFECTIOUS_DISEASES", "Communicable diseases", "Truyền nhiễm"),
    s(
        "MAXILLOFACIAL_SURGERY",
        "Maxillo-facial surgery",
        "Phẫu thuật hàm mặt",
    ),
    s(
        "MEDICAL_LABORATORY_TECHNOLOGY",
        "Medical laboratory technology",
        "Kỹ thuật xét nghiệm y học",
    ),
    s("MEDICAL_ONCOLOGY", "Medical oncology", "Ung thư nội khoa"),
    s("MICROBIOLOGY", "Microbiology-bacteriology", "Vi sinh"),
    s("MIDWIFERY", "Midwifery", "Hộ sinh"),
    s("NEPHROLOGY", "Renal diseases", "Thận"),
    s("NEUROLOGY", "Neurology", "Thần kinh"),
    s("NEUROSURGERY", "Neurological surgery", "Ngoại thần kinh"),
    s("NUCLEAR_MEDICINE", "Nuclear medicine", "Y học hạt nhân"),
    s(
        "OBSTETRICS_GYNAECOLOGY",
        "Obstetrics and gynaecology",
        "Sản phụ khoa",
    ),
    s(
        "OCCUPATIONAL_MEDICINE",
        "Occupational medicine",
        "Bệnh nghề nghiệp",
    ),
    s("OPHTHALMOLOGY", "Ophthalmology", "Mắt"),
    s("ORAL_SURGERY", "Oral surgery", "Phẫu thuật miệng"),
    s("ORTHODONTICS", "Orthodontics", "Chỉnh nha"),
    s("ORTHOPAEDICS", "Orthopaedics", "Chấn thương chỉnh hình"),
    s("OTORHINOLARYNGOLOGY", "Otorhinolaryngology", "Tai mũi họng"),
    s("PAEDIATRICS", "Paediatrics", "Nhi khoa"),
    s("PAEDIATRIC_SURGERY", "Paediatric surgery", "Ngoại nhi"),
    s("PATHOLOGY", "Pathological anatomy", "Giải phẫu bệnh"),
    s("PHARMACOLOGY", "Pharmacology", "Dược lý"),
    s("PHARMACY", "Pharmacy", "Dược"),
    s(
        "PHYSIOTHERAPY",
        "Physiotherapy",
        "Vật lý trị liệu và phục hồi chức năng",
    ),
    s("PLASTIC_SURGERY", "Plastic surgery", "Phẫu thuật tạo hình"),
    s("PSYCHIATRY", "Psychiatry", "Tâm thần"),
    s("PSYCHOTHERAPY", "Psychotherapy", "Tâm lý trị liệu"),
    s("RADIOGRAPHY", "Radiography", "Kỹ thuật hình ảnh y học"),
    s("RADIOLOGY", "Diagnostic radiology", "Chẩn đoán hình ảnh"),
    s("RADIOTHERAPY", "Radiotherapy", "Xạ trị"),
    s("RESPIRATORY_MEDICINE", "Respiratory medicine", "Hô hấp"),
    s("RHEUMATOLOGY", "Rheumatology", "Cơ xương khớp"),
    s("THORACIC_SURGERY", "Thoracic surgery", "Ngoại lồng ngực"),
    s("TRADITIONAL_MEDICINE", "Traditional medicine", "Y học cổ truyền"),
    s("TROPICAL_MEDICINE", "Tropical medicine", "Bệnh nhiệt đới"),
    s("UROLOGY", "Urology", "Tiết niệu"),
    s("VASCULAR_SURGERY", "Vascular surgery", "Ngoại mạch máu"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_fit_their_column() {
        assert!(ALL.windows(2).all(|pair| pair[0].code < pair[1].code));
        for specialty in ALL {
            assert!(specialty.code.len() <= 48);
            assert!(
                specialty
                    .code
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b == b'_'),
                "{}",
                specialty.code
            );
        }
    }

    #[test]
    fn every_specialty_is_found_by_its_code_and_nothing_else_is() {
        for specialty in ALL {
            assert_eq!(Specialty::find(specialty.code), Some(specialty));
        }
        assert_eq!(Specialty::find("cardiology"), None);
        assert_eq!(Specialty::find(""), None);
    }
}
