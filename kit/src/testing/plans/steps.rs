//! Reading what engines say about their plans. Pure.

/// What an engine does at a place of a plan, other than searching an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Goes through an index of this table from an end on.
    Walk(String),
    /// Reads this table whole.
    Scan(String),
    /// Sorts what it has found.
    Sort,
}

/// A row of MariaDB's answer.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) table: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) possible: Option<String>,
}

/// Reads the lines of `EXPLAIN QUERY PLAN`.
pub(super) fn of_sqlite(statement: &str, lines: &[String]) -> Vec<Step> {
    // A result that the plan makes itself is as long as what was found for it.
    let is_made = |name: &str| {
        let makes = |line: &String| {
            let made = line
                .strip_prefix("CO-ROUTINE ")
                .or_else(|| line.strip_prefix("MATERIALIZE "));
            made == Some(name)
        };
        name == "CONSTANT" || name.starts_with('(') || lines.iter().any(makes)
    };
    let step = |line: &String| {
        if line.starts_with("USE TEMP B-TREE FOR") && line.ends_with("ORDER BY") {
            return Some(Step::Sort);
        }
        if let Some(rest) = line.strip_prefix("SEARCH ") {
            return says_nothing(statement, rest).then(|| Step::Walk(words(rest).0.to_owned()));
        }
        let (name, how) = words(line.strip_prefix("SCAN ")?);
        if is_made(name) {
            None
        } else if how.contains("INDEX") {
            Some(Step::Walk(name.to_owned()))
        } else {
            Some(Step::Scan(name.to_owned()))
        }
    };
    lines.iter().filter_map(step).collect()
}

/// Whether all that is searched for is a column without a value. SQLite takes that for something that few rows have, though it may be
/// what nearly all have.
fn says_nothing(statement: &str, search: &str) -> bool {
    let terms = search.rsplit_once('(').map_or("", |(_, terms)| terms);
    let column = terms.strip_suffix("=?)").unwrap_or_default();
    !column.is_empty() && statement.contains(&format!("\"{column}\" IS NULL"))
}

/// Reads the lines of `EXPLAIN (COSTS OFF)`.
pub(super) fn of_postgres(lines: &[String]) -> Vec<Step> {
    let step = |(at, line): (usize, &String)| {
        let node = line.trim_start().trim_start_matches("->").trim_start();
        if node == "Sort" || node == "Incremental Sort" {
            return Some(Step::Sort);
        }
        if let Some(rest) = node.strip_prefix("Seq Scan on ") {
            return Some(Step::Scan(words(rest).0.to_owned()));
        }
        let rest = node
            .strip_prefix("Index Scan")
            .or_else(|| node.strip_prefix("Index Only Scan"))?;
        let (_, table) = rest.split_once(" on ")?;
        // What is said about a node stands behind it, before the next one.
        let mut details = lines[at + 1..].iter().take_while(|line| !is_node(line));
        let narrowed = details.any(|detail| detail.trim_start().starts_with("Index Cond:"));
        (!narrowed).then(|| Step::Walk(words(table).0.to_owned()))
    };
    lines.iter().enumerate().filter_map(step).collect()
}

fn is_node(line: &str) -> bool {
    let line = line.trim_start();
    ["->", "SubPlan", "InitPlan", "CTE"]
        .iter()
        .any(|start| line.starts_with(start))
}

/// Reads the rows of `EXPLAIN`. Where an index is possible, reading all is only a matter of how much there is.
pub(super) fn of_mariadb(rows: &[Access]) -> Vec<Step> {
    let step = |row: &Access| {
        // A name in brackets is a result that the plan makes itself.
        let table = row.table.clone().filter(|table| !table.starts_with('<'))?;
        match (row.kind.as_deref(), &row.possible) {
            (Some("ALL"), None) => Some(Step::Scan(table)),
            (Some("index"), None) => Some(Step::Walk(table)),
            _ => None,
        }
    };
    rows.iter().filter_map(step).collect()
}

/// The table that a statement names first.
pub(super) fn first_table(statement: &str) -> &str {
    let rest = match statement.strip_prefix("UPDATE ") {
        Some(rest) => rest,
        None => statement.split_once(" FROM ").map_or("", |(_, rest)| rest),
    };
    rest.trim_start_matches(['"', '`'])
        .split(['"', '`', ' '])
        .next()
        .unwrap_or_default()
}

/// How many parameters a statement for PostgreSQL has.
pub(super) fn parameters(statement: &str) -> usize {
    let number = |part: &str| {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part[..end].parse().unwrap_or(0)
    };
    statement.split('$').skip(1).map(number).max().unwrap_or(0)
}

fn words(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    fn walk(table: &str) -> Step {
        Step::Walk(table.to_owned())
    }

    fn scan(table: &str) -> Step {
        Step::Scan(table.to_owned())
    }

    #[test]
    fn sqlite_is_understood() {
        for (plan, steps) in [
            (
                "SEARCH visits USING INDEX by_doctor (doctor_id=? AND at<?)",
                vec![],
            ),
            ("SCAN visits USING INDEX by_start", vec![walk("visits")]),
            ("SCAN visits", vec![scan("visits")]),
            (
                "SEARCH visits USING INDEX by_id (id=?)\nUSE TEMP B-TREE FOR LAST TERM OF ORDER BY",
                vec![Step::Sort],
            ),
            (
                "CO-ROUTINE found\nSEARCH people USING INDEX by_phone (phone=?)\nSCAN found\nSCAN CONSTANT ROW",
                vec![],
            ),
        ] {
            assert_eq!(of_sqlite("SELECT 1", &lines(plan)), steps, "{plan}");
        }
        let standing = "SELECT * FROM \"people\" WHERE \"people\".\"merged_into\" IS NULL";
        for (plan, steps) in [
            (
                "SEARCH people USING INDEX standing (merged_into=?)",
                vec![walk("people")],
            ),
            (
                "SEARCH people USING INDEX standing (merged_into=? AND id=?)",
                vec![],
            ),
            ("SEARCH people USING INDEX people_key (id=?)", vec![]),
        ] {
            assert_eq!(of_sqlite(standing, &lines(plan)), steps, "{plan}");
        }
    }

    #[test]
    fn postgres_is_understood() {
        for (plan, steps) in [
            (
                "Limit\n  ->  Index Scan using by_start on visits\n        Filter: (at > $1)",
                vec![walk("visits")],
            ),
            (
                "Limit\n  ->  Index Scan Backward using by_start on visits v\n        Index Cond: (at < $1)",
                vec![],
            ),
            (
                "Sort\n  Sort Key: at\n  ->  Bitmap Heap Scan on visits\n        ->  Bitmap Index Scan on by_id",
                vec![Step::Sort],
            ),
            (
                "Nested Loop\n  ->  Index Only Scan using a on one\n  ->  Index Scan using b on other\n        Index Cond: (id = one.id)",
                vec![walk("one")],
            ),
            (
                "Delete on notes\n  ->  Seq Scan on notes\n        Filter: (at < $1)",
                vec![scan("notes")],
            ),
        ] {
            assert_eq!(of_postgres(&lines(plan)), steps, "{plan}");
        }
    }

    #[test]
    fn mariadb_is_understood() {
        let row = |table: &str, kind: &str, possible: Option<&str>| Access {
            table: Some(table.to_owned()),
            kind: Some(kind.to_owned()),
            possible: possible.map(str::to_owned),
        };
        let nothing = Access {
            table: None,
            kind: None,
            possible: None,
        };
        let rows = [
            row("visits", "ALL", None),
            row("people", "index", None),
            row("people", "ALL", Some("by_phone")),
            row("<subquery2>", "ALL", None),
            nothing,
        ];
        assert_eq!(of_mariadb(&rows), [scan("visits"), walk("people")]);
    }

    #[test]
    fn statements_name_their_tables_and_parameters() {
        assert_eq!(
            first_table("SELECT \"a\" FROM \"visits\" WHERE \"b\" = $1"),
            "visits"
        );
        assert_eq!(first_table("DELETE FROM `visits`"), "visits");
        assert_eq!(first_table("UPDATE \"visits\" SET \"a\" = ?"), "visits");
        assert_eq!(parameters("SELECT $2, $11 FROM a WHERE b = $3"), 11);
        assert_eq!(parameters("SELECT 1"), 0);
    }
}
