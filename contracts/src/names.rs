//! How people are called.

/// Both names in the order of a language (BCP 47): in Vietnamese the family name comes first, in others the given name.
///
/// ```
/// # use caregraph_contracts::names::display_name;
/// assert_eq!(display_name("Lan", "Trần", "vi"), "Trần Lan");
/// assert_eq!(display_name("Ada", "Byron", "en"), "Ada Byron");
/// assert_eq!(display_name("Lan", "", "vi"), "Lan");
/// ```
pub fn display_name(given: &str, family: &str, language: &str) -> String {
    let name = if language == "vi" {
        format!("{family} {given}")
    } else {
        format!("{given} {family}")
    };
    name.trim().to_owned()
}
