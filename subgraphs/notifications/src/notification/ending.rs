//! Which messages end when everything about a person is erased.

use super::facts::Facts;
use super::kind::NotificationType;
use super::store::{NotificationRow, Notifications, place, to};
use caregraph_contracts::ids::{NotificationId, UserId};
use caregraph_kit::Fault;
use caregraph_kit::documents::{Commit, Filter, Query, Versioned};

/// How many are looked through at a time.
const PAGE: u64 = 1000;

impl Notifications {
    /// How many messages there are to these people.
    pub(crate) async fn count_to(&self, recipients: &[UserId]) -> Result<u64, Fault> {
        self.count(&to(recipients)).await
    }

    /// How many of them tell these people of themselves as patients, or of somebody for whom they act; the others are about their work
    /// and their accounts.
    pub(crate) async fn count_to_patients(&self, recipients: &[UserId]) -> Result<u64, Fault> {
        Ok(self.to_patients(recipients, u64::MAX).await?.len() as u64)
    }

    /// Ends messages to these people, in whatever state, as part of a commit: at most so many; gives how many.
    pub(crate) async fn end(
        &self,
        commit: &mut Commit,
        recipients: &[UserId],
        limit: u64,
    ) -> Result<u64, Fault> {
        // Found and not read: a seal that does not open keeps nobody's data here.
        let rows = self
            .collection
            .find(&Query::of(to(recipients)).limit(limit))
            .await?;
        for (_, row) in &rows {
            commit.delete::<NotificationRow>(row.id, row.version);
        }
        Ok(rows.len() as u64)
    }

    /// Ends those that [`Notifications::count_to_patients`] counts: about so many at the most.
    pub(crate) async fn end_to_patients(
        &self,
        commit: &mut Commit,
        recipients: &[UserId],
        limit: u64,
    ) -> Result<u64, Fault> {
        let found = self.to_patients(recipients, limit).await?;
        for (id, version) in &found {
            commit.delete::<NotificationRow>(*id, *version);
        }
        Ok(found.len() as u64)
    }

    async fn to_patients(
        &self,
        recipients: &[UserId],
        limit: u64,
    ) -> Result<Vec<(NotificationId, i64)>, Fault> {
        let kinds = NotificationType::ALL.iter();
        let kinds = kinds.filter(|kind| kind.tells_of_a_visit() || kind.tells_of_a_record());
        let wanted = to(recipients).and(Filter::one_of("kind", kinds.map(|kind| kind.as_str())));
        let (mut found, mut after) = (Vec::new(), None);
        while !recipients.is_empty() && (found.len() as u64) < limit {
            let page = Query::of(wanted.clone())
                .after(after.take())
                .limit(limit.min(PAGE));
            let rows = self.collection.find(&page).await?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            let theirs = rows.iter().filter(|(_, row)| self.is_to_a_patient(row));
            found.extend(theirs.map(|(_, row)| (row.id, row.version)));
        }
        Ok(found)
    }

    fn is_to_a_patient(&self, row: &Versioned<NotificationId, NotificationRow>) -> bool {
        if !row.value.kind.tells_of_a_visit() {
            return true;
        }
        let facts = self
            .cipher
            .open_json::<Facts>(place(row.id, "facts"), &row.value.facts);
        // What nobody can read is of no use to whoever works here.
        facts.ok().is_none_or(|facts| !facts.are_for_a_practitioner())
    }
}
