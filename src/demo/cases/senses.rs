//! Cases of dermatology and of ophthalmology.

use super::{Case, Whom, case};

/// Cases of dermatology.
pub const SKIN: &[Case] = &[
    case(
        ("Ngứa hai khuỷu tay", "Mảng đỏ, bong vảy nhẹ ở nếp gấp"),
        ("L20.9", "Dưỡng ẩm, corticoid nhẹ bôi 7 ngày", Some(28)),
        &["DERM-20", "FOLLOW-15", "TELE-20"],
        (1, 60),
        Whom::Anybody,
    ),
    // Nothing is prescribed that an unborn child would suffer from.
    case(
        ("Acne getting worse", "Comedones and papules on the face"),
        ("L70.0", "Benzoyl peroxide at night", Some(56)),
        &["DERM-20", "FOLLOW-15", "TELE-20"],
        (13, 35),
        Whom::Anybody,
    ),
    case(
        ("Ngứa kẽ ngón chân", "Trợt da kẽ ngón, bong vảy"),
        ("B35.3", "Terbinafine bôi 2 tuần, giữ chân khô", None),
        &["DERM-20"],
        (15, 85),
        Whom::Anybody,
    ),
    case(
        ("Nốt ruồi ở lưng to hơn trước", "Soi da: bờ đều, một màu"),
        ("D22.9", "Chụp ảnh lưu, so sánh sau một năm", Some(365)),
        &["DERM-40"],
        (12, 90),
        Whom::Anybody,
    ),
];

/// Cases of ophthalmology.
pub const EYES: &[Case] = &[
    case(
        ("Đỏ mắt, ra ghèn", "Kết mạc cương tụ, giác mạc trong"),
        ("H10.9", "Nhỏ kháng sinh 5 ngày, rửa tay", None),
        &["EYE-30"],
        (1, 95),
        Whom::Anybody,
    ),
    case(
        (
            "Blurred distant vision",
            "Visual acuity 6/12 in both eyes, improves with lenses",
        ),
        ("H52.10", "Glasses prescribed", Some(365)),
        &["EYE-30", "FOLLOW-15"],
        (7, 45),
        Whom::Anybody,
    ),
    case(
        ("Mỏi mắt khi làm máy tính", "Phim nước mắt kém bền"),
        ("H04.123", "Nước mắt nhân tạo, nghỉ mắt 20-20-20", Some(60)),
        &["EYE-30", "FOLLOW-15"],
        (16, 65),
        Whom::Anybody,
    ),
    case(
        (
            "Nhìn mờ dần, chói khi gặp đèn xe",
            "Thủy tinh thể đục nhẹ hai mắt",
        ),
        ("H25.9", "Theo dõi, hẹn đo lại thị lực", Some(180)),
        &["EYE-30", "FOLLOW-15"],
        (60, 95),
        Whom::Anybody,
    ),
];
