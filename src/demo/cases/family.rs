//! Cases of paediatrics, and of obstetrics and gynaecology.

use super::{Case, Whom, case};

/// Cases of paediatrics, whose patients are younger than sixteen.
pub const PAEDIATRICS: &[Case] = &[
    case(
        ("Sốt và đau tai hai ngày", "Màng nhĩ phải đỏ, không phồng"),
        (
            "H66.90",
            "Hạ sốt, giảm đau, khám lại sau hai ngày nếu không đỡ",
            Some(7),
        ),
        &["PED-30"],
        (0, 10),
        Whom::Anybody,
    ),
    case(
        ("Khám phát triển định kỳ cho bé", "Growth and development normal"),
        ("Z00.129", "Next vaccinations according to plan", Some(180)),
        &["PED-30"],
        (0, 15),
        Whom::Anybody,
    ),
    case(
        ("Nôn và tiêu chảy từ hôm qua", "Không dấu mất nước"),
        ("A09", "Oresol từng ngụm, ăn nhẹ", None),
        &["PED-30"],
        (0, 15),
        Whom::Anybody,
    ),
    case(
        (
            "Examination before starting school",
            "Sees and hears well, moves and speaks as expected",
        ),
        ("Z02.0", "Certificate for the school handed out", None),
        &["PED-30"],
        (5, 7),
        Whom::Anybody,
    ),
    case(
        ("Khò khè về đêm", "Ran rít nhẹ hai bên, không co kéo"),
        ("J45.909", "Salbutamol khi cần, tránh khói thuốc", Some(28)),
        &["PED-30", "FOLLOW-15"],
        (5, 15),
        Whom::With("J45.909"),
    ),
    case(
        ("Tiêm nhắc theo lịch của bé", "Khỏe, không sốt"),
        ("Z23", "Theo dõi tại nhà hai ngày sau tiêm", None),
        &["PED-VAC"],
        (0, 15),
        Whom::Anybody,
    ),
    case(
        ("Flu vaccination for the whole family", "Healthy, no fever"),
        ("Z23", "Watched for half an hour, well", None),
        &["FLU"],
        (1, 15),
        Whom::Anybody,
    ),
    case(
        ("Khám lại sau viêm tai", "Màng nhĩ hai bên bình thường"),
        ("Z09", "Đã khỏi, đi học lại", None),
        &["FOLLOW-15"],
        (1, 12),
        Whom::Anybody,
    ),
];

/// Cases of obstetrics and gynaecology.
pub const OBSTETRICS_GYNAECOLOGY: &[Case] = &[
    // No week is named: she may come several times.
    case(
        (
            "Khám thai định kỳ",
            "Tim thai đều, bề cao tử cung phù hợp tuổi thai",
        ),
        ("Z34.90", "Siêu âm theo hẹn, bổ sung sắt", Some(28)),
        &["OBG-30", "FOLLOW-15"],
        (18, 45),
        Whom::Expecting,
    ),
    case(
        (
            "Buồn nôn nhiều vào buổi sáng",
            "Không sụt cân, không dấu mất nước",
        ),
        ("O21.0", "Ăn ít một, chia nhiều bữa", Some(14)),
        &["OBG-30"],
        (18, 45),
        Whom::Expecting,
    ),
    case(
        ("Burning when passing water", "No flank pain"),
        ("N39.0", "Urine culture, nitrofurantoin for 5 days", Some(7)),
        &["OBG-45", "FOLLOW-15"],
        (16, 80),
        Whom::Women,
    ),
    case(
        ("Tư vấn tránh thai", "Khám bình thường"),
        ("Z30.09", "Đã tư vấn các phương pháp", None),
        &["OBG-45"],
        (18, 45),
        Whom::Women,
    ),
    case(
        (
            "Routine smear test",
            "Cervix without visible changes, smear taken",
        ),
        ("Z12.4", "Result by message, next smear in three years", None),
        &["OBG-45"],
        (25, 65),
        Whom::Women,
    ),
];
