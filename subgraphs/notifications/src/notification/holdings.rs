//! What becomes of data about somebody, in words.

use crate::language::Language;
use crate::template::{Item, Shown};
use caregraph_contracts::events::{DataCategory, Holdings, RetentionBasis};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What goes: items with `what` and `count`, each category once, whoever keeps it.
pub(super) fn goes(holdings: &Holdings, language: Language) -> Shown {
    let mut counts: BTreeMap<DataCategory, u64> = BTreeMap::new();
    for gone in &holdings.goes {
        let count = counts.entry(gone.category).or_default();
        *count = count.saturating_add(gone.count);
    }
    let items = counts.into_iter();
    Shown::Items(
        items
            .map(|(category, count)| item(category, count, language))
            .collect(),
    )
}

/// What stays: items with `what`, `count`, `why` and `until`, the latest day on which anything of it must stay; empty without an end.
pub(super) fn stays(holdings: &Holdings, language: Language) -> Shown {
    let mut known: BTreeMap<(DataCategory, RetentionBasis), (u64, Option<NaiveDate>)> = BTreeMap::new();
    for kept in &holdings.stays {
        let (count, until) = known
            .entry((kept.category, kept.basis))
            .or_insert((0, Some(NaiveDate::MIN)));
        *count = count.saturating_add(kept.count);
        // No end is later than any day.
        *until = until.zip(kept.until).map(|(one, other)| one.max(other));
    }
    let items = known.into_iter().map(|((category, basis), (count, until))| {
        let mut item = item(category, count, language);
        item.insert("why", why(basis, language).to_owned());
        let until = until.map(|day| language.day(day));
        item.insert("until", until.unwrap_or_default());
        item
    });
    Shown::Items(items.collect())
}

fn item(category: DataCategory, count: u64, language: Language) -> Item {
    Item::from([
        ("what", what(category, language).to_owned()),
        ("count", count.to_string()),
    ])
}

/// Made-up data, so that a text can be looked at before it is used.
pub(super) fn sample() -> Holdings {
    let mut holdings = Holdings::default();
    for (category, count) in [
        (DataCategory::Account, 1),
        (DataCategory::UpcomingVisits, 2),
        (DataCategory::Messages, 37),
    ] {
        holdings.go(category, count);
    }
    let records = DataCategory::MedicalRecords;
    let until = NaiveDate::from_ymd_opt(2036, 11, 24);
    holdings.stay(records, 12, RetentionBasis::MedicalRecordsLaw, until);
    let trail = DataCategory::AuditTrail;
    holdings.stay(trail, 85, RetentionBasis::Accountability, None);
    holdings
}

const fn what(category: DataCategory, language: Language) -> &'static str {
    use DataCategory as C;
    match (language, category) {
        (Language::En, C::Account) => {
            "the account, with its e-mail address, telephone number, password and sessions"
        }
        (Language::En, C::ContactDetails) => {
            "telephone numbers, addresses, emergency contacts, occupation, insurance card and guardians"
        }
        (Language::En, C::Identity) => "name, date of birth, sex, identity document and blood type",
        (Language::En, C::Consents) => "the list of who was allowed to see the medical record",
        (Language::En, C::UpcomingVisits) => "visits still to come, which are called off",
        (Language::En, C::PastVisits) => "visits that took place, and what they were for",
        (Language::En, C::MissedVisits) => "what visits that were called off or missed were for",
        (Language::En, C::MedicalRecords) => "the medical record, with all its versions and files",
        (Language::En, C::DataExports) => "archives of data that were put together to be fetched",
        (Language::En, C::Messages) => "messages, and preferences about them",
        (Language::En, C::AuditTrail) => "the log of who did what, and who looked at what, when",
        (Language::Vi, C::Account) => {
            "tài khoản, gồm địa chỉ e-mail, số điện thoại, mật khẩu và các phiên đăng nhập"
        }
        (Language::Vi, C::ContactDetails) => {
            "số điện thoại, địa chỉ, người liên hệ khẩn cấp, nghề nghiệp, thẻ bảo hiểm và người giám hộ"
        }
        (Language::Vi, C::Identity) => "họ tên, ngày sinh, giới tính, giấy tờ tùy thân và nhóm máu",
        (Language::Vi, C::Consents) => "danh sách những người từng được phép xem hồ sơ bệnh án",
        (Language::Vi, C::UpcomingVisits) => "các lịch khám sắp tới, và các lịch này sẽ bị hủy",
        (Language::Vi, C::PastVisits) => "các lần khám đã diễn ra và lý do khám",
        (Language::Vi, C::MissedVisits) => "lý do khám của các lịch khám đã hủy hoặc đã lỡ",
        (Language::Vi, C::MedicalRecords) => "hồ sơ bệnh án cùng mọi phiên bản và tệp đính kèm",
        (Language::Vi, C::DataExports) => "các tệp dữ liệu đã được tập hợp để tải về",
        (Language::Vi, C::Messages) => "các thông báo và tùy chọn nhận thông báo",
        (Language::Vi, C::AuditTrail) => "nhật ký ghi lại ai đã làm gì, đã xem gì và khi nào",
    }
}

const fn why(basis: RetentionBasis, language: Language) -> &'static str {
    use RetentionBasis as B;
    match (language, basis) {
        (Language::En, B::MedicalRecordsLaw) => "the law on medical examination and treatment requires it",
        (Language::En, B::Employment) => "the account is that of somebody who works here",
        (Language::En, B::Accountability) => {
            "it proves who did and saw what, also to the person whom it is about"
        }
        (Language::Vi, B::MedicalRecordsLaw) => "pháp luật về khám bệnh, chữa bệnh yêu cầu lưu giữ",
        (Language::Vi, B::Employment) => "đây là tài khoản của người đang làm việc tại đây",
        (Language::Vi, B::Accountability) => {
            "đây là bằng chứng về việc ai đã làm gì và đã xem gì, kể cả đối với chính người liên quan"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(shown: Shown) -> Vec<Item> {
        match shown {
            Shown::Items(items) => items,
            Shown::Words(words) => panic!("{words}"),
        }
    }

    #[test]
    fn what_several_domains_keep_of_a_kind_is_said_once() {
        let day = |year| NaiveDate::from_ymd_opt(year, 3, 2);
        let law = RetentionBasis::MedicalRecordsLaw;
        let mut holdings = Holdings::default();
        holdings.go(DataCategory::Messages, 2);
        holdings.go(DataCategory::Account, 1);
        holdings.go(DataCategory::Messages, 3);
        holdings.stay(DataCategory::PastVisits, 1, law, day(2036));
        holdings.stay(DataCategory::PastVisits, 1, law, day(2031));
        holdings.stay(DataCategory::MedicalRecords, 1, law, day(2036));
        holdings.stay(DataCategory::MedicalRecords, 1, law, None);
        let counts: Vec<_> = items(goes(&holdings, Language::En))
            .into_iter()
            .map(|item| item["count"].clone())
            .collect();
        assert_eq!(counts, ["1", "5"]);
        let ends: Vec<_> = items(stays(&holdings, Language::Vi))
            .into_iter()
            .map(|item| item["until"].clone())
            .collect();
        assert_eq!(ends, ["02/03/2036", ""]);
    }
}
