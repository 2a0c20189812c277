//! Which tokens somebody has, in one number. Pure.

/// Bits that a token sets. With two, somebody with fifteen tokens seems to have one more word that they lack in one of six or seven
/// searches, and two in one of forty.
const BITS: usize = 2;
/// A prime below 63, so that a number with all bits is positive in every store, and letters of a digest spread evenly.
const PLACES: u32 = 61;

/// The signature of some tokens, by superimposed coding: who has all tokens of a search has all bits of its signature, too. Who has
/// the bits may lack a token still, so it only spares looking most others up. Tokens are keyed digests, so it says nothing of a name
/// that they do not.
///
/// It is kept in stores: another way to make it needs all rows signed anew.
pub(super) fn signature<Token: AsRef<str>>(tokens: impl IntoIterator<Item = Token>) -> i64 {
    tokens
        .into_iter()
        .fold(0, |all, token| all | bits(token.as_ref()))
}

fn bits(token: &str) -> i64 {
    token
        .as_bytes()
        .chunks(2)
        .take(BITS)
        .fold(0, |bits, letters| bits | bit(letters))
}

fn bit(letters: &[u8]) -> i64 {
    let number = letters
        .iter()
        .fold(0, |number, letter| number << 8 | u32::from(*letter));
    1 << (number % PLACES)
}

#[cfg(test)]
mod tests {
    use super::super::names::UNSIGNED;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_token_sets_two_bits_at_most() {
        assert_eq!(signature([""; 0]), 0);
        assert_eq!(signature(["A"]), 1 << (65 % 61));
        assert_eq!(
            signature(["AAAB"]),
            1 << ((65 * 256 + 65) % 61) | 1 << ((65 * 256 + 66) % 61)
        );
        assert_eq!(signature(["AAAA, and so on"]).count_ones(), 1);
    }

    /// Letters of digests are those of base64 for URLs.
    #[test]
    fn all_places_are_about_equally_full() {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut full: BTreeMap<i64, usize> = BTreeMap::new();
        for pair in LETTERS
            .iter()
            .flat_map(|first| LETTERS.iter().map(move |second| [*first, *second]))
        {
            *full.entry(bit(&pair)).or_default() += 1;
        }
        assert_eq!(full.len(), 61);
        let (even, most) = (64 * 64 / 61, full.values().max().unwrap());
        assert!((even / 2..even * 2).contains(most), "{most}");
        assert!((even / 2..even * 2).contains(full.values().min().unwrap()));
    }

    proptest! {
        #[test]
        fn who_has_all_tokens_has_all_bits(tokens in prop::collection::vec("[A-Za-z0-9_-]{43}", 1..30), some in 0_usize..30) {
            let whole = signature(&tokens);
            let part = signature(tokens.iter().skip(some));
            prop_assert_eq!(whole & part, part);
            prop_assert_eq!(UNSIGNED & part, part);
            prop_assert!(whole > 0);
        }
    }
}
