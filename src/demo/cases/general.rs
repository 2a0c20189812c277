//! Cases of general practice and of cardiology. Children see paediatricians, so nobody here is younger than sixteen.

use super::{Case, Whom, case};

/// Cases of general practice.
pub const PRACTICE: &[Case] = &[
    case(
        ("Ho kéo dài, sổ mũi", "Họng đỏ nhẹ, phổi trong"),
        ("J06.9", "Nghỉ ngơi, uống nhiều nước, paracetamol khi sốt", None),
        &["GP-30", "TELE-20"],
        (16, 95),
        Whom::Anybody,
    ),
    case(
        (
            "Morning headaches",
            "Blood pressure raised, neurological examination normal",
        ),
        (
            "I10",
            "Start amlodipine 5 mg, measure blood pressure at home",
            Some(28),
        ),
        &["GP-30"],
        (40, 80),
        Whom::Without("I10"),
    ),
    case(
        (
            "Đau vùng thắt lưng sau khi khuân vác",
            "Co cứng cơ cạnh cột sống, không yếu liệt",
        ),
        ("M54.50", "Chườm ấm, tập vật lý trị liệu", Some(14)),
        &["GP-30"],
        (18, 70),
        Whom::Anybody,
    ),
    case(
        (
            "Khó ngủ từ vài tuần nay",
            "Tỉnh táo, khám trong giới hạn bình thường",
        ),
        ("G47.00", "Vệ sinh giấc ngủ, ghi nhật ký giấc ngủ", Some(28)),
        &["GP-30", "TELE-20"],
        (18, 95),
        Whom::Anybody,
    ),
    case(
        ("Heartburn after late meals", "Abdomen soft, no tenderness"),
        (
            "K21.9",
            "Omeprazole for four weeks, no meals late in the evening",
            Some(28),
        ),
        &["GP-30", "FOLLOW-15"],
        (20, 80),
        Whom::Without("K21.9"),
    ),
    case(
        (
            "Tái khám đái tháo đường, lấy thuốc tháng này",
            "Bàn chân không tổn thương, cảm giác còn tốt",
        ),
        ("E11.9", "Xét nghiệm HbA1c, dùng tiếp Metformin", Some(90)),
        &["GP-30", "LAB-15", "FOLLOW-15"],
        (40, 95),
        Whom::With("E11.9"),
    ),
    case(
        ("Asthma review", "Breathing quietly, no wheeze"),
        (
            "J45.909",
            "Inhaler technique shown again, salbutamol as needed",
            Some(180),
        ),
        &["GP-30", "FOLLOW-15"],
        (16, 95),
        Whom::With("J45.909"),
    ),
    case(
        ("Kiểm tra lại sau đợt cảm", "Hết sốt, phổi trong"),
        ("Z09", "Đã khỏi, sinh hoạt bình thường", None),
        &["FOLLOW-15"],
        (16, 95),
        Whom::Anybody,
    ),
    case(
        ("Check-up before a new job", "No findings, fit for work"),
        ("Z02.1", "Certificate handed out", None),
        &["GP-60"],
        (18, 60),
        Whom::Anybody,
    ),
    case(
        ("Khám sức khỏe hằng năm", "Không ghi nhận bất thường"),
        ("Z00.00", "Giữ lối sống hiện tại, khám lại năm sau", Some(365)),
        &["GP-60"],
        (18, 95),
        Whom::Anybody,
    ),
    case(
        ("Tiêm phòng cúm mùa này", "Không sốt, không có chống chỉ định"),
        ("Z23", "Theo dõi ba mươi phút sau tiêm", None),
        &["FLU"],
        (16, 95),
        Whom::Anybody,
    ),
    case(
        ("Muốn kiểm tra đường huyết", "Lấy máu lúc đói"),
        ("Z13.1", "Báo kết quả sau hai ngày", None),
        &["LAB-15"],
        (35, 95),
        Whom::Without("E11.9"),
    ),
];

/// Cases of cardiology.
pub const CARDIOLOGY: &[Case] = &[
    case(
        ("Hồi hộp đánh trống ngực", "Nhịp không đều, không âm thổi"),
        ("I48.91", "Holter 24 giờ, siêu âm tim", Some(14)),
        &["CARD-30"],
        (50, 90),
        Whom::Anybody,
    ),
    case(
        ("Chest pain on exertion", "Heart sounds normal, no oedema"),
        (
            "I25.10",
            "Exercise electrocardiogram, continue bisoprolol",
            Some(21),
        ),
        &["CARD-30", "CARD-ECG", "FOLLOW-15"],
        (50, 95),
        Whom::With("I25.10"),
    ),
    case(
        ("Tái khám tăng huyết áp", "Mạch đều, phổi trong"),
        ("I10", "Tiếp tục thuốc đang dùng", Some(90)),
        &["CARD-30", "FOLLOW-15"],
        (40, 95),
        Whom::With("I10"),
    ),
    case(
        (
            "Shortness of breath when climbing stairs",
            "No murmur, no oedema, lungs clear",
        ),
        (
            "R06.02",
            "No sign of ischaemia under load; walk every day",
            Some(60),
        ),
        &["CARD-30", "CARD-ECG"],
        (40, 80),
        Whom::Anybody,
    ),
    case(
        ("Tim đập nhanh khi hồi hộp lo lắng", "Nhịp xoang đều"),
        ("R00.2", "Bớt cà phê, ghi lại các cơn", Some(60)),
        &["CARD-30", "FOLLOW-15"],
        (18, 65),
        Whom::Anybody,
    ),
];
