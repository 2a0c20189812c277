//! Use cases of whoever reads the trail.

use super::chain::Place;
use super::head::{Head, PURPOSE};
use super::names::Names;
use super::store::{self, Narrowed};
use super::written::Written;
use crate::entry::Outcome;
use crate::people::store as people;
use caregraph_contracts::ids::{PatientId, UserId};
use caregraph_contracts::{Domain, Scope};
use caregraph_kit::auth::Principal;
use caregraph_kit::crypto::Signer;
use caregraph_kit::failure::Failure;
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::subgraph::Ground;
use caregraph_kit::{Fault, Rejection};
use chrono::{DateTime, Utc};

/// Names of events have at most so many characters.
const LONGEST_ACTION: usize = 64;

/// Which entries are wanted; all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Caused by this account.
    pub actor: Option<UserId>,
    /// Concerning this patient, or one whose record was merged into this one's.
    pub patient: Option<PatientId>,
    /// With this action.
    pub action: Option<String>,
    /// Told by this domain.
    pub domain: Option<Domain>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
    /// Recorded at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Recorded before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Only where the glass was broken.
    pub break_glass_only: bool,
}

/// An entry with its seals opened, and the name of whoever stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEntry {
    /// What is written.
    pub written: Written,
    /// The client's address.
    pub address: Option<String>,
    /// The stated reason.
    pub reason: Option<String>,
    /// The name of whoever caused it, as known now, when it is for the reader.
    pub by_name: Option<String>,
}

/// Use cases of whoever reads the trail. Cheap to clone.
#[derive(Clone)]
pub struct TrailService {
    pub(super) ground: Ground,
    pub(super) signer: Signer,
}

impl TrailService {
    /// The service on its ground.
    pub fn new(ground: Ground) -> Self {
        let signer = Signer::new(ground.cipher.ring(), PURPOSE);
        Self { ground, signer }
    }

    /// A page of the trail, newest first.
    pub async fn log(
        &self,
        principal: &Principal,
        filter: LogFilter,
        page: &PageArgs<Place>,
    ) -> Result<Edges<Place, LoggedEntry>, Failure> {
        principal.require(Scope::AuditRead)?;
        if let Some(action) = &filter.action
            && (action.len() > LONGEST_ACTION || !action.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        {
            let message = format!("must have at most {LONGEST_ACTION} letters or digits");
            return Err(Rejection::invalid("filter.action", message).into());
        }
        let reader = self.ground.database.reader();
        let patients = match filter.patient {
            Some(patient) => Some(people::family(reader, patient).await?),
            None => None,
        };
        let wanted = Narrowed {
            actor: filter.actor,
            patients,
            domain: filter.domain.map(Domain::as_str),
            action: filter.action,
            outcome: filter.outcome.map(Outcome::as_str),
            from: filter.from,
            to: filter.to,
            break_glass_only: filter.break_glass_only,
            without: &[],
        };
        let entries = store::page(reader, &wanted, page).await?;
        let names = Names::behind(&self.ground, principal, &entries).await?;
        let cipher = &self.ground.cipher;
        let opened = entries.into_iter().map(|(place, written)| {
            let entry = LoggedEntry {
                address: written.open_address(cipher),
                reason: written.open_reason(cipher),
                by_name: names.of(&written),
                written,
            };
            (place, entry)
        });
        Ok(opened.collect())
    }

    /// The newest head, to be kept elsewhere; `None` while the trail is empty, and when somebody has tampered with the head.
    pub async fn head(&self, principal: &Principal) -> Result<Option<Head>, Failure> {
        principal.require(Scope::AuditRead)?;
        Ok(self.signed_head().await?)
    }

    /// What others check the signatures of heads with.
    pub fn public_key(&self) -> String {
        self.signer.public_key()
    }

    pub(super) async fn signed_head(&self) -> Result<Option<Head>, Fault> {
        let newest = store::newest_head(self.ground.database.reader()).await?;
        Ok(newest.filter(|head| head.is_signed_by(&self.signer)))
    }
}
