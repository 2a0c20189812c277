//! Codes of ICD-10 that conditions and diagnoses are coded with.

use super::{Content, Recording};
use caregraph_contracts::events::EntryKind;
use caregraph_contracts::ids::RecordEntryId;
use caregraph_kit::auth::Principal;
use caregraph_kit::{Failure, Rejection};

/// Most codes that are named to somebody who has chosen a heading.
const NAMED: usize = 5;

impl Recording {
    /// Code and title of a condition that `change` codes anew; `None` for whatever keeps its code. A code that was fine when it was
    /// recorded stays, whatever a later release makes of it.
    pub(super) async fn newly_coded(
        &self,
        principal: &Principal,
        (id, kind): (RecordEntryId, EntryKind),
        change: &impl Fn(&mut Content),
    ) -> Result<Option<(String, String)>, Failure> {
        let found = self.writer.store.get(id).await?;
        let Some(found) = found.filter(|_| kind == EntryKind::Condition) else {
            return Ok(None);
        };
        // Nobody learns about codes in a record that is closed to them.
        self.writer
            .access
            .write(principal, found.value.patient, kind, "id")
            .await?;
        let mut after = found.value.content.clone();
        change(&mut after);
        match (&found.value.content, &after) {
            (Content::Condition(before), Content::Condition(after)) if before.code != after.code => {
                Ok(Some(self.codable(&after.code).await?))
            }
            _ => Ok(None),
        }
    }

    /// A code with which something can be coded, as it is written, with its title. Refused are codes that nobody knows, and headings:
    /// those with some of the codes below them.
    pub(crate) async fn codable(&self, code: &str) -> Result<(String, String), Failure> {
        let unknown = || Rejection::invalid("code", "is not a code of ICD-10 that is known here");
        let found = self.icd10.get(code).await?.ok_or_else(unknown)?;
        if found.billable {
            return Ok((found.code, found.title));
        }
        let below = self.icd10.below(&found.code, NAMED).await?;
        Err(Rejection::invalid("code", too_general(&found.code, &below)).into())
    }
}

/// What is said to somebody who has chosen a heading.
fn too_general(heading: &str, below: &[String]) -> String {
    let refusal = format!("{heading} is the heading of more exact codes; choose one of those");
    if below.is_empty() {
        return refusal;
    }
    format!("{refusal}, for example {}", below.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_below_a_heading_are_named_when_there_are_some() {
        let below = ["E11.9", "E11.65"].map(str::to_owned);
        assert_eq!(
            too_general("E11", &below),
            "E11 is the heading of more exact codes; choose one of those, for example E11.9, E11.65"
        );
        assert_eq!(
            too_general("E11", &[]),
            "E11 is the heading of more exact codes; choose one of those"
        );
    }
}
