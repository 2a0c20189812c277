//! The table, as text.

use super::row::Line;
use super::world::Who;
use std::fmt::Write as _;

const LEGEND: &str = "\
Every root field, tried by everybody. Targets belong to the owner (a patient) or to the doctor, who cares for the owner.
The stranger is another patient; the other doctor, nurse and administrator have no care relationship with the owner.
The owner acts for children; the doctor cares for them all. One is nursed: the nurse cares, too. One is opened: the other doctor
and the nurse broke the glass. One is shared: the owner lets the other doctor see the allergies.

done        it was done                      data    it was answered
-           a list without the thing, or a field that is empty for this reader        null    there is no such thing
CAPITALS    the error's code: the door is closed
Name        the refusal's type. Types other than NotFound and NotAllowed mean that the door was open and something else stood in
            the way: a link that does not fit, or a visit that is not today.
";

/// Rows by type and name, in columns.
pub fn render(mut lines: Vec<Line>) -> String {
    lines.sort_by_key(|line| (line.root, line.place));
    let mut cells: Vec<Vec<String>> = vec![
        std::iter::once(String::new())
            .chain(Who::ALL.map(|who| who.to_string()))
            .collect(),
    ];
    let mut text = LEGEND.to_owned();
    for line in &lines {
        let name = if line.case.is_empty() {
            line.root.1.to_owned()
        } else {
            format!("{} ({})", line.root.1, line.case)
        };
        cells.push(
            std::iter::once(name)
                .chain(line.outcomes.iter().cloned())
                .collect(),
        );
    }
    let widths: Vec<usize> = (0..cells[0].len())
        .map(|column| {
            cells
                .iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut section = "";
    for (at, row) in cells.iter().enumerate() {
        let root = if at == 0 { "" } else { lines[at - 1].root.0 };
        if root != section {
            section = root;
            let _ = write!(text, "\n{section}\n");
        } else if at == 0 {
            text.push('\n');
        }
        let line: String = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}  "))
            .collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
