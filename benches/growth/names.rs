//! What people are called.

use rand::seq::IndexedRandom;
use rand::{SeedableRng, rngs::StdRng};

/// Family names with how many of a hundred people have them: about as in Vietnam, where every third is called Nguyễn. So the commonest
/// word of a clinic's names is as common in a large one as in a small one, and whole names are rare in both.
const FAMILIES: [(&str, usize); 14] = [
    ("Nguyễn", 38),
    ("Trần", 12),
    ("Lê", 10),
    ("Phạm", 7),
    ("Hoàng", 5),
    ("Phan", 5),
    ("Vũ", 4),
    ("Đặng", 3),
    ("Bùi", 3),
    ("Đỗ", 3),
    ("Hồ", 3),
    ("Ngô", 3),
    ("Dương", 2),
    ("Lý", 2),
];

const MIDDLE: [&str; 8] = ["Văn", "Thị", "Minh", "Ngọc", "Quốc", "Thanh", "Gia", "Hữu"];

const GIVEN: [&str; 40] = [
    "An", "Bảo", "Bình", "Châu", "Chi", "Cường", "Diệp", "Dũng", "Duy", "Đạt", "Đức", "Giang", "Hà", "Hải",
    "Hạnh", "Hiếu", "Hoa", "Hùng", "Huy", "Hương", "Khánh", "Khoa", "Kiên", "Lan", "Linh", "Loan", "Long",
    "Mai", "Nam", "Nga", "Nhung", "Phong", "Phúc", "Quân", "Sơn", "Tâm", "Thảo", "Trang", "Tuấn", "Yến",
];

/// Somebody's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The family's.
    pub family: &'static str,
    /// The rest.
    pub given: String,
}

impl Name {
    /// The name of whoever is the `number`th in care: of each hundred, as many have a family name as have it everywhere.
    pub fn of(number: u32) -> Self {
        let mut random = StdRng::seed_from_u64(number.into());
        let mut pick = |of: &[&'static str]| of.choose(&mut random).copied().unwrap_or_default();
        let given = format!("{} {} {}", pick(&MIDDLE), pick(&GIVEN), pick(&GIVEN));
        Self {
            family: family(number),
            given,
        }
    }

    /// As people say it.
    pub fn whole(&self) -> String {
        format!("{} {}", self.family, self.given)
    }
}

fn family(number: u32) -> &'static str {
    // A number without divisors in common with a hundred: neighbours differ, and every hundred has all shares.
    let mut place = usize::try_from(number % 100 * 61 % 100).unwrap_or_default();
    for (family, share) in FAMILIES {
        if place < share {
            return family;
        }
        place -= share;
    }
    // Not reached: what is left is less than all shares together.
    "Nguyễn"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_hundred_has_all_shares() {
        assert_eq!(FAMILIES.iter().map(|(_, share)| share).sum::<usize>(), 100);
        for from in [0, 200, 1_900] {
            for (wanted, share) in FAMILIES {
                let found = (from..from + 100).filter(|number| family(*number) == wanted);
                assert_eq!(found.count(), share, "{wanted}");
            }
        }
    }

    #[test]
    fn hardly_anybody_is_called_like_somebody_else() {
        assert_eq!(Name::of(7), Name::of(7));
        let names: BTreeSet<String> = (0..20_000).map(|number| Name::of(number).whole()).collect();
        assert!(names.len() > 16_000, "{}", names.len());
        assert_eq!(GIVEN.iter().collect::<BTreeSet<_>>().len(), GIVEN.len());
    }
}
