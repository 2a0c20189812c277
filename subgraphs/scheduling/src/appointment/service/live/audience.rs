//! Whom changes of visits and of free times concern.

use crate::appointment::happening::Happening;
use crate::appointment::status::ChangeKind;
use crate::directory::{Persons, store as directory};
use crate::medical_service::store as catalogue;
use async_trait::async_trait;
use caregraph_contracts::events::SchedulingEvent;
use caregraph_contracts::ids::{MedicalServiceId, PractitionerId, UserId};
use caregraph_kit::Fault;
use caregraph_kit::events::switchboard::{News, Topic};
use caregraph_kit::events::{Envelope, EventError};
use caregraph_kit::subgraph::Ground;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// What scheduling tells live.
pub(crate) struct Happenings {
    pub ground: Ground,
}

/// What people listen under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Audience {
    /// All visits: the front desk.
    Desk,
    /// Visits of whom an account acts for, and with whose practitioner it is.
    Account(UserId),
    /// All free times.
    Times,
    /// Free times of a practitioner.
    TimesOf(PractitionerId),
    /// Free times of those who offer a service.
    TimesFor(MedicalServiceId),
}

/// What is so when a batch is told.
pub(crate) struct Circumstances {
    /// Whose visits they are, with all their records and whoever acts for them.
    pub persons: Persons,
    /// What the practitioners offer whose free times change.
    pub offers: HashMap<PractitionerId, BTreeSet<MedicalServiceId>>,
}

#[async_trait]
impl Topic for Happenings {
    type What = Happening;
    type Key = Audience;
    type Facts = Circumstances;

    fn decode(&self, event: &Envelope) -> Result<Option<Happening>, EventError> {
        Ok(event
            .decode::<SchedulingEvent>()?
            .and_then(|event| Happening::of(&event)))
    }

    /// A doctor may see a new patient's name only once the booking has made a care relationship. Nothing follows from notes elsewhere,
    /// and who hears of free times asks nobody else about them.
    async fn settle(&self, news: &[Arc<News<Happening>>]) -> bool {
        let has_effects = |news: &&Arc<News<Happening>>| matches!(news.what.visit, Some(visit) if visit.kind != ChangeKind::NotesUpdated);
        match news.iter().rfind(has_effects) {
            Some(last) => self.ground.catch_up(last.position).await,
            None => true,
        }
    }

    async fn look_up(&self, news: &[Arc<News<Happening>>]) -> Result<Circumstances, Fault> {
        let visits = news.iter().filter_map(|news| news.what.visit.as_ref());
        let patients: BTreeSet<_> = visits.map(|visit| visit.patient).collect();
        let times = news.iter().filter_map(|news| news.what.times.as_ref());
        let practitioners: BTreeSet<_> = times.flat_map(|times| &times.practitioners).copied().collect();
        let reader = self.ground.database.reader();
        let (patients, practitioners) = (Vec::from_iter(patients), Vec::from_iter(practitioners));
        let (persons, offers) = tokio::try_join!(
            directory::persons(reader, &patients),
            catalogue::offered_by(reader, &practitioners),
        )?;
        Ok(Circumstances { persons, offers })
    }

    fn keys(&self, news: &News<Happening>, facts: &Circumstances) -> HashSet<Audience> {
        let mut keys = HashSet::new();
        if let Some(visit) = &news.what.visit {
            keys.insert(Audience::Desk);
            // Whoever has just registered may not be known yet.
            keys.insert(Audience::Account(visit.patient.as_user()));
            keys.extend(
                visit
                    .practitioners()
                    .map(|with| Audience::Account(with.as_user())),
            );
            let person = facts.persons.of(visit.patient);
            keys.extend(person.acting.iter().copied().map(Audience::Account));
        }
        if let Some(times) = &news.what.times {
            keys.insert(Audience::Times);
            for practitioner in &times.practitioners {
                keys.insert(Audience::TimesOf(*practitioner));
                let offers = facts.offers.get(practitioner).into_iter().flatten();
                keys.extend(offers.copied().map(Audience::TimesFor));
            }
        }
        keys
    }
}
