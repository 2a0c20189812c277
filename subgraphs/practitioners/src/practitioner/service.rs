//! What can be done with practitioners.

use super::store::{self, Stored};
use super::{Changes, Details, Filter, Key, Practitioner, Private, Profile, Specialty};
use crate::access::{is, manages, sees_private_part, works_here};
use crate::name::breaks_a_unique_constraint;
use crate::{department, location, staff};
use caregraph_contracts::Scope;
use caregraph_contracts::events::PractitionersEvent;
use caregraph_contracts::ids::{EventId, PractitionerId};
use caregraph_kit::auth::{AccessDenied, Principal};
use caregraph_kit::database::Transaction;
use caregraph_kit::graphql::{Edges, PageArgs};
use caregraph_kit::subgraph::Ground;
use caregraph_kit::validate::Checks;
use caregraph_kit::{Failure, Fault, Rejection};
use std::collections::HashMap;

/// Longest text that is searched for, in characters.
const LONGEST_SEARCH: usize = 200;

/// A practitioner as somebody may see it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The public part; less of it when the practitioner has left and the viewer does not work here.
    pub practitioner: Practitioner,
    /// Contact data and licence; only for the practitioner and for those who manage practitioners.
    pub private: Option<Private>,
}

/// Makes an account's owner a practitioner.
#[derive(Debug, Clone)]
pub struct CreatePractitioner {
    /// Id of the account, which becomes the practitioner's.
    pub id: PractitionerId,
    /// Everything else.
    pub details: Details,
}

/// Changes what is said about a practitioner.
#[derive(Debug, Clone)]
pub struct UpdatePractitioner {
    /// Whom.
    pub id: PractitionerId,
    /// The version the changes were made on; `None` to overwrite whatever is there.
    pub expected_version: Option<i64>,
    /// What changes.
    pub changes: Changes,
}

/// Ends somebody's work here.
#[derive(Debug, Clone)]
pub struct DeactivatePractitioner {
    /// Whom.
    pub id: PractitionerId,
    /// Why, 1 to 500 characters. Other domains hear it, and the practitioner can read it.
    pub reason: String,
    /// The version the decision was made on; `None` for whatever is there.
    pub expected_version: Option<i64>,
}

/// Takes somebody back.
#[derive(Debug, Clone)]
pub struct ReactivatePractitioner {
    /// Whom.
    pub id: PractitionerId,
    /// The version the decision was made on; `None` for whatever is there.
    pub expected_version: Option<i64>,
}

/// Use cases about practitioners. Cheap to clone.
#[derive(Clone)]
pub struct PractitionerService {
    ground: Ground,
}

impl PractitionerService {
    /// Use cases on `ground`.
    pub fn new(ground: Ground) -> Self {
        Self { ground }
    }

    /// The present, by which licences expire.
    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.ground.clock.now()
    }

    /// One practitioner. Those who have left are there for staff and for themselves only.
    pub async fn get(&self, principal: &Principal, id: PractitionerId) -> Result<Option<Shown>, Fault> {
        let stored = store::find(self.ground.database.reader(), &[id])
            .await?
            .remove(&id);
        let visible =
            stored.filter(|stored| stored.practitioner.active || works_here(principal) || is(principal, id));
        visible.map(|stored| self.show(principal, stored)).transpose()
    }

    /// A page of practitioners by name.
    pub async fn list(
        &self,
        principal: &Principal,
        mut filter: Filter,
        page: &PageArgs<Key>,
    ) -> Result<Edges<Key, Shown>, Failure> {
        let mut checks = Checks::new();
        let short = filter
            .text
            .as_ref()
            .is_none_or(|text| text.chars().take(LONGEST_SEARCH + 1).count() <= LONGEST_SEARCH);
        checks.require(short, "filter.text", "must have at most 200 characters");
        checks.done()?;
        if filter
            .specialty
            .as_deref()
            .is_some_and(|code| Specialty::find(code).is_none())
        {
            return Ok(Vec::new());
        }
        filter.include_inactive &= works_here(principal);
        let (reader, now) = (self.ground.database.reader(), self.now());
        let rows = store::list(reader, &filter, page.after.as_ref(), page.limit(), now).await?;
        rows.into_iter()
            .map(|(key, stored)| Ok((key, self.show(principal, stored)?)))
            .collect()
    }

    /// Practitioners by id, for references from other domains: also those who have left, so that old appointments read well.
    /// What comes out is not yet what somebody may see: [`PractitionerService::show`] decides that.
    pub async fn load(&self, ids: &[PractitionerId]) -> Result<HashMap<PractitionerId, Stored>, Fault> {
        store::find(self.ground.database.reader(), ids).await
    }

    /// As much of a practitioner as somebody may see.
    pub fn show(&self, principal: &Principal, stored: Stored) -> Result<Shown, Fault> {
        let id = stored.practitioner.id;
        let private = sees_private_part(principal, id)
            .then(|| stored.open(&self.ground.cipher))
            .transpose()?;
        let whole = stored.practitioner.active || works_here(principal) || is(principal, id);
        let practitioner = if whole {
            stored.practitioner
        } else {
            stored.practitioner.remembered()
        };
        Ok(Shown {
            practitioner,
            private,
        })
    }

    /// Makes the owner of a staff account a practitioner.
    pub async fn create(&self, principal: &Principal, command: CreatePractitioner) -> Result<Shown, Failure> {
        principal.require(Scope::PractitionersManage)?;
        let (profile, private) = command.details.check(self.now())?;
        let (practitioner, told) = self
            .ground
            .database
            .retrying(|| async {
                let mut tx = self.ground.database.begin().await?;
                let account = staff::lock(&*tx, command.id.as_user()).await?;
                staff::check(account.as_ref(), profile.profession, "userId", "profession")?;
                check_places(&tx, &profile, None).await?;
                let (practitioner, event) = Practitioner::create(command.id, profile.clone());
                store::insert(&*tx, &self.ground.cipher, &practitioner, &private, self.now())
                    .await
                    .map_err(already_there)?;
                let told = self.ground.events.append(&mut tx, &[event]).await?;
                tx.commit().await?;
                Ok::<_, Failure>((practitioner, told))
            })
            .await?;
        self.settle(&told).await;
        Ok(Shown {
            practitioner,
            private: Some(private),
        })
    }

    /// Changes what is said about a practitioner. Practitioners may describe themselves (biography, languages, picture,
    /// contact at work, whether they take new patients); the rest takes the permission to manage practitioners.
    pub async fn update(&self, principal: &Principal, command: UpdatePractitioner) -> Result<Shown, Failure> {
        let id = command.id;
        principal.require_user()?;
        let themselves = is(principal, id) && principal.has(Scope::AccountWrite);
        if !manages(principal) && !themselves {
            return Err(AccessDenied::MissingScope(Scope::PractitionersManage).into());
        }
        let (shown, told) = self
            .ground
            .database
            .retrying(|| async {
                let tx = self.ground.database.begin().await?;
                let (account, mut practitioner, before) = self.load_for_update(&tx, id).await?;
                practitioner.expect_version(command.expected_version)?;
                let mut details = Details::of(&practitioner, &before);
                command.changes.clone().apply(&mut details);
                let (profile, mut private) = details.check(self.now())?;
                private
                    .deactivation_reason
                    .clone_from(&before.deactivation_reason);
                if !manages(principal) {
                    only_self_description(&practitioner, &profile, &before, &private)?;
                }
                if practitioner.active && profile.profession != practitioner.profile.profession {
                    staff::check(account.as_ref(), profile.profession, "profession", "profession")?;
                }
                check_places(&tx, &profile, Some(&practitioner.profile)).await?;
                let event = practitioner.revise(profile);
                self.store(tx, practitioner, private, event).await
            })
            .await?;
        self.settle(&told).await;
        Ok(shown)
    }

    /// Somebody no longer works here. Takes no new bookings from the moment this is answered.
    pub async fn deactivate(
        &self,
        principal: &Principal,
        command: DeactivatePractitioner,
    ) -> Result<Shown, Failure> {
        principal.require(Scope::PractitionersManage)?;
        let mut checks = Checks::new();
        let reason = checks.text("reason", &command.reason, 500);
        checks.done()?;
        let (shown, told) = self
            .ground
            .database
            .retrying(|| async {
                let tx = self.ground.database.begin().await?;
                let (_, mut practitioner, mut private) = self.load_for_update(&tx, command.id).await?;
                practitioner.expect_version(command.expected_version)?;
                let event = practitioner.deactivate(&mut private, reason.clone())?;
                self.store(tx, practitioner, private, Some(event)).await
            })
            .await?;
        self.settle(&told).await;
        Ok(shown)
    }

    /// Somebody works here again, if the account still has the role for it and is not suspended.
    pub async fn reactivate(
        &self,
        principal: &Principal,
        command: ReactivatePractitioner,
    ) -> Result<Shown, Failure> {
        principal.require(Scope::PractitionersManage)?;
        let (shown, told) = self
            .ground
            .database
            .retrying(|| async {
                let tx = self.ground.database.begin().await?;
                let (account, mut practitioner, mut private) = self.load_for_update(&tx, command.id).await?;
                practitioner.expect_version(command.expected_version)?;
                let event = practitioner.reactivate(&mut private)?;
                staff::check(account.as_ref(), practitioner.profile.profession, "id", "id")?;
                self.store(tx, practitioner, private, Some(event)).await
            })
            .await?;
        self.settle(&told).await;
        Ok(shown)
    }

    /// The account is locked before the practitioner, here as in the reactions to accounts, so that no two wait for each
    /// other.
    async fn load_for_update(
        &self,
        tx: &Transaction,
        id: PractitionerId,
    ) -> Result<(Option<staff::Account>, Practitioner, Private), Failure> {
        let account = staff::lock(&**tx, id.as_user()).await?;
        let stored = store::load_for_update(&**tx, id)
            .await?
            .ok_or_else(|| Rejection::not_found("id", "practitioner"))?;
        let private = stored.open(&self.ground.cipher)?;
        Ok((account, stored.practitioner, private))
    }

    async fn store(
        &self,
        mut tx: Transaction,
        mut practitioner: Practitioner,
        private: Private,
        event: Option<PractitionersEvent>,
    ) -> Result<(Shown, Vec<EventId>), Failure> {
        if !store::save(&*tx, &self.ground.cipher, &mut practitioner, &private, self.now()).await? {
            return Err(Rejection::conflict("id", "somebody else changed the practitioner meanwhile").into());
        }
        let told = self.ground.events.append(&mut tx, event.as_slice()).await?;
        tx.commit().await?;
        Ok((
            Shown {
                practitioner,
                private: Some(private),
            },
            told,
        ))
    }

    /// Waits until the other domains in this process know: who has just left cannot be booked any more.
    async fn settle(&self, told: &[EventId]) {
        if let Some(last) = told.last() {
            self.ground.settle(*last).await;
        }
    }
}

/// Refuses changes to anything but the self-description.
fn only_self_description(
    practitioner: &Practitioner,
    profile: &Profile,
    before: &Private,
    after: &Private,
) -> Result<(), Rejection> {
    if !practitioner.active {
        return Err(Rejection::not_allowed("you do not work here any more"));
    }
    if practitioner.profile.differs_beyond_self_description(profile)
        || before.licence_number != after.licence_number
    {
        return Err(Rejection::not_allowed(
            "you may change your biography, languages, picture, contact at work and whether you take new patients; \
             the rest is changed by an administrator",
        ));
    }
    Ok(())
}

/// Departments and locations must be there, and new ones in use. What somebody had before may have been closed since.
async fn check_places(tx: &Transaction, profile: &Profile, before: Option<&Profile>) -> Result<(), Failure> {
    let departments = department::store::find(&**tx, &profile.departments).await?;
    let locations = location::store::find(&**tx, &profile.locations).await?;
    let departments = profile.departments.iter().enumerate().filter_map(|(index, id)| {
        let had = before.is_some_and(|before| before.departments.contains(id));
        let in_use = departments.get(id).map(|department| department.active);
        unusable(&format!("departmentIds.{index}"), "department", in_use, had)
    });
    let locations = profile.locations.iter().enumerate().filter_map(|(index, id)| {
        let had = before.is_some_and(|before| before.locations.contains(id));
        let in_use = locations.get(id).map(|location| location.place.active);
        unusable(&format!("locationIds.{index}"), "location", in_use, had)
    });
    let found: Vec<Rejection> = departments.chain(locations).collect();
    if found.is_empty() {
        Ok(())
    } else {
        Err(Failure::Refused(found))
    }
}

/// What is wrong with a reference, if anything. `in_use` is `None` when it leads nowhere.
fn unusable(path: &str, what: &'static str, in_use: Option<bool>, had: bool) -> Option<Rejection> {
    match in_use {
        None => Some(Rejection::not_found(path, what)),
        Some(false) if !had => Some(Rejection::invalid(path, "is not in use any more")),
        Some(_) => None,
    }
}

/// Whoever is created twice at the same moment is refused like whoever is created twice.
fn already_there(fault: Fault) -> Failure {
    if breaks_a_unique_constraint(&fault) {
        Rejection::conflict("userId", "the account belongs to a practitioner already").into()
    } else {
        fault.into()
    }
}
