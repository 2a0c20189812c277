//! Verifying the trail, day after day, in batches.

use super::chain::Place;
use super::finding::{Finding, FindingKind};
use super::head::Head;
use super::service::TrailService;
use super::store::{self, Found};
use super::verification::{Step, Walk};
use caregraph_contracts::Scope;
use caregraph_kit::auth::Principal;
use caregraph_kit::failure::Failure;
use caregraph_kit::{Fault, Rejection};
use chrono::NaiveDate;

/// Verifying stops when so many things were found.
pub const MOST_FINDINGS: usize = 100;

/// How many entries are in memory at a time.
const BATCH: u64 = 500;

/// What is to be verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyTrail {
    /// The first day; `None` for the trail's first.
    pub from: Option<NaiveDate>,
    /// The last day; `None` for the trail's last.
    pub to: Option<NaiveDate>,
    /// A head that was kept elsewhere.
    pub known: Option<Head>,
}

/// What verifying came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// How many entries were looked at.
    pub entries: i64,
    /// How many days were looked at.
    pub days: i64,
    /// What was done to the trail.
    pub findings: Vec<Finding>,
    /// The newest day's head, when the trail has signed it.
    pub head: Option<Head>,
}

impl Verification {
    fn is_over(&self) -> bool {
        self.findings.len() >= MOST_FINDINGS
    }

    fn find(&mut self, kind: FindingKind, day: NaiveDate, number: Option<i64>, message: impl Into<String>) {
        self.findings.push(Finding {
            kind,
            day,
            number,
            entry: None,
            message: message.into(),
        });
    }
}

impl TrailService {
    /// Calculates the trail anew and compares it with what is stored and signed.
    pub async fn verify(&self, principal: &Principal, command: VerifyTrail) -> Result<Verification, Failure> {
        principal.require(Scope::AuditRead)?;
        let VerifyTrail { from, to, known } = command;
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            return Err(Rejection::invalid("to", "must not be before `from`").into());
        }
        if let Some(known) = &known
            && !known.is_signed_by(&self.signer)
        {
            return Err(Rejection::invalid("known", "is not signed by this trail").into());
        }
        let mut verification = Verification::default();
        if let Some(known) = &known {
            self.recall(known, &mut verification).await?;
        }
        let reader = self.ground.database.reader();
        let mut last = from.and_then(|day| day.pred_opt());
        while let Some(day) = store::day_after(reader, last).await? {
            if to.is_some_and(|to| day > to) || verification.is_over() {
                break;
            }
            self.verify_day(day, &mut verification).await?;
            last = Some(day);
        }
        verification.findings.truncate(MOST_FINDINGS);
        verification.head = self.signed_head().await?;
        Ok(verification)
    }

    /// Whether a head that was kept elsewhere is still a part of the trail.
    async fn recall(&self, known: &Head, verification: &mut Verification) -> Result<(), Fault> {
        let place = Place(known.day, known.count);
        let number = Some(known.count);
        match store::hash_at(self.ground.database.reader(), place).await? {
            Some(hash) if hash == known.last_hash => {}
            Some(_) => {
                let message = "the entry is not the one of the head that was handed in";
                verification.find(FindingKind::Changed, known.day, number, message);
            }
            None => {
                let message = "the trail ends before the head that was handed in";
                verification.find(FindingKind::Truncated, known.day, number, message);
            }
        }
        Ok(())
    }

    async fn verify_day(&self, day: NaiveDate, verification: &mut Verification) -> Result<(), Fault> {
        let reader = self.ground.database.reader();
        verification.days += 1;
        let head = store::head_of(reader, day).await?;
        let is_missing = head.is_none();
        let head = head.filter(|head| head.is_signed_by(&self.signer));
        match &head {
            Some(head) => self.verify_joint(head, verification).await?,
            None if is_missing => {
                verification.find(FindingKind::HeadMissing, day, None, "the day has no head");
            }
            None => {
                let message = "the day's head is not signed by this trail";
                verification.find(FindingKind::HeadForged, day, None, message);
            }
        }
        let mut walk = Walk::along(day, head.as_ref());
        let mut number = None;
        'walk: loop {
            let batch = store::entries_after(reader, day, number, BATCH).await?;
            if batch.is_empty() {
                break;
            }
            for found in batch {
                // What the end of an unfinished walk adds is beyond what is told.
                if verification.findings.len() + walk.found() >= MOST_FINDINGS {
                    break 'walk;
                }
                let (place, step) = match found {
                    Found::Entry(written) => (written.place, Step::of(&written, &self.ground.cipher)),
                    Found::Unreadable(place) => (place, Step::unreadable(place)),
                };
                walk.step(&step);
                verification.entries += 1;
                number = Some(place.1);
            }
        }
        // Read last: what was recorded during the walk is in it.
        let now = store::head_of(reader, day)
            .await?
            .filter(|head| head.is_signed_by(&self.signer));
        verification.findings.extend(walk.end(now.map(|head| head.count)));
        Ok(())
    }

    /// Whether a day goes on from the end of the day before it, and nothing lies between them.
    async fn verify_joint(&self, head: &Head, verification: &mut Verification) -> Result<(), Fault> {
        let reader = self.ground.database.reader();
        let before = store::day_before(reader, head.day).await?;
        match (head.previous_day, before) {
            (None, None) => {}
            (Some(previous), Some(before)) if previous == before => {
                let end = store::head_of(reader, previous).await?;
                let end = end.filter(|end| end.is_signed_by(&self.signer));
                if let Some(end) = end
                    && end.last_hash != head.previous_hash
                {
                    let message =
                        "the day was put back to an earlier state: the next day goes on from later entries";
                    verification.find(FindingKind::Truncated, previous, Some(end.count + 1), message);
                }
            }
            (Some(previous), before) if before.is_none_or(|before| before < previous) => {
                let message = "the whole day is missing";
                verification.find(FindingKind::Deleted, previous, None, message);
            }
            (_, before) => {
                let message = "the trail never had such a day";
                verification.find(FindingKind::Inserted, before.unwrap_or(head.day), None, message);
            }
        }
        Ok(())
    }
}
