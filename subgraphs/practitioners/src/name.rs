//! Names: written on one line, and sometimes unique.

use caregraph_kit::database::is_unique_violation;
use caregraph_kit::{Failure, Fault, Rejection};
use sea_orm::DbErr;
use std::error::Error;
use unicode_normalization::UnicodeNormalization;

/// The text on one line with single spaces.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What makes two names the same: letters in lower case, one Unicode form, single spaces. Diacritics stay, because "Bà Rịa"
/// and "Ba Ria" may well be two places.
pub(crate) fn key(name: &str) -> String {
    one_line(name).to_lowercase().nfc().collect()
}

/// Whoever takes a name that another has, or takes at the same moment, is refused.
pub(crate) fn taken(fault: Fault) -> Failure {
    if breaks_a_unique_constraint(&fault) {
        Rejection::conflict("name", "the name is taken").into()
    } else {
        fault.into()
    }
}

/// Whether a row was refused because another one is there already.
pub(crate) fn breaks_a_unique_constraint(fault: &Fault) -> bool {
    fault
        .source()
        .and_then(|source| source.downcast_ref::<DbErr>())
        .is_some_and(is_unique_violation)
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn case_spacing_and_unicode_form_make_no_difference() {
        assert_eq!(key("  Bà   Rịa "), key("bà rịa"));
        assert_eq!(key("Ba\u{300} Ria"), key("Bà ria"));
        assert_ne!(key("Ba Ria"), key("Bà Ria"));
    }
}
