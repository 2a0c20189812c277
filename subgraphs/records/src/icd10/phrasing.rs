//! What people say for what is written. Pure.

/// What is said, and what names have in its place; folded, as all words of a search. Where one expression begins like another, the
/// longer one stands first.
const SAID: [(&[&str], &[&str]); 13] = [
    // Bộ Y tế writes "típ"; people write "tuýp" or, as in English, "type".
    (&["tuyp"], &["tip"]),
    (&["type"], &["tip"]),
    (&["typ"], &["tip"]),
    (&["tieu", "duong"], &["dai", "thao", "duong"]),
    (&["cao", "huyet", "ap"], &["tang", "huyet", "ap"]),
    (&["bao", "tu"], &["da", "day"]),
    (&["dau", "hong"], &["viem", "hong"]),
    // Whoever is pregnant is looked after first of all; names with "thai" alone begin with what goes wrong.
    (&["mang", "thai"], &["theo", "doi", "thai"]),
    (&["co", "bau"], &["theo", "doi", "thai"]),
    (&["sore", "throat"], &["pharyngitis"]),
    (&["heart", "attack"], &["myocardial", "infarction"]),
    (&["high", "blood", "pressure"], &["hypertension"]),
    (&["broken"], &["fracture"]),
];

/// The words as they were typed, and once more as they would be written, where that is something else. Both are looked for: English
/// names have "type", too.
pub(super) fn phrasings(typed: Vec<String>) -> Vec<Vec<String>> {
    let written = written(&typed);
    if written == typed {
        return vec![typed];
    }
    vec![typed, written]
}

fn written(typed: &[String]) -> Vec<String> {
    let mut words = Vec::with_capacity(typed.len());
    let mut rest = typed;
    while let Some((first, others)) = rest.split_first() {
        let known = SAID
            .iter()
            .find(|(said, _)| rest.len() >= said.len() && rest.iter().zip(*said).all(|(a, b)| a == b));
        if let Some((said, written)) = known {
            words.extend(written.iter().map(|word| (*word).to_owned()));
            rest = &rest[said.len()..];
        } else {
            words.push(first.clone());
            rest = others;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let typed = text.split(' ').map(str::to_owned).collect();
        phrasings(typed).iter().map(|words| words.join(" ")).collect()
    }

    #[test]
    fn what_is_said_is_looked_for_beside_what_was_typed() {
        assert_eq!(
            said("tieu duong tuyp 2"),
            ["tieu duong tuyp 2", "dai thao duong tip 2"]
        );
        assert_eq!(
            said("benh cao huyet ap"),
            ["benh cao huyet ap", "benh tang huyet ap"]
        );
        assert_eq!(said("type 2 diabetes"), ["type 2 diabetes", "tip 2 diabetes"]);
        for nothing_else in ["dai thao duong tip 2", "tieu", "cao huyet", "duong tieu"] {
            assert_eq!(said(nothing_else), [nothing_else]);
        }
        assert_eq!(phrasings(Vec::new()), [Vec::<String>::new()]);
    }
}
