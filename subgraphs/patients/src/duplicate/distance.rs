//! How many slips of the pen lie between two names.

/// The number of insertions, deletions, substitutions and swaps of neighbours that make one text of the other, where no
/// letter is touched twice (optimal string alignment). Texts are compared up to 128 letters.
pub(super) fn slips(one: &str, other: &str) -> usize {
    const LENGTH: usize = 128;
    let one: Vec<char> = one.chars().take(LENGTH).collect();
    let other: Vec<char> = other.chars().take(LENGTH).collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = Vec::with_capacity(other.len() + 1);
        row.push(i + 1);
        for (j, b) in other.iter().enumerate() {
            let substituted = last[j] + usize::from(a != b);
            let mut fewest = substituted.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                fewest = fewest.min(before_last[j - 1] + 1);
            }
            row.push(fewest);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slips_are_counted() {
        for (one, other, wanted) in [
            ("", "", 0),
            ("", "an", 2),
            ("nguyen", "nguyen", 0),
            ("nguyen", "nguyn", 1),
            ("nguyen", "ngueyn", 1),
            ("nguyen", "nguyem", 1),
            ("hoang", "huynh", 3),
        ] {
            assert_eq!(slips(one, other), wanted, "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn it_is_the_same_in_both_directions(one in "[a-d]{0,8}", other in "[a-d]{0,8}") {
            prop_assert_eq!(slips(&one, &other), slips(&other, &one));
            prop_assert_eq!(slips(&one, &other) == 0, one == other);
        }

        #[test]
        fn one_slip_is_one(word in "[a-z]{2,12}", at in 0_usize..12, letter in "[a-z]") {
            let at = at % word.len();
            let mut changed = word.clone();
            changed.replace_range(at..=at, &letter);
            prop_assert!(slips(&word, &changed) <= 1);
            let mut shorter = word.clone();
            shorter.remove(at);
            prop_assert_eq!(slips(&word, &shorter), 1);
        }
    }
}
