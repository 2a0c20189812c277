//! What of the changes that may concern somebody they hear.

use super::audience::{Audience, Circumstances, Happenings};
use super::{AppointmentNews, LiveFailure, SlotNews, WantedChanges, WantedSlots};
use crate::appointment::happening::{Happening, VisitChange};
use crate::appointment::sight::{Parties, sight};
use crate::directory::{Person, store as directory};
use crate::medical_service::store as catalogue;
use async_trait::async_trait;
use caregraph_contracts::Scope;
use caregraph_contracts::ids::{MedicalServiceId, PractitionerId, UserId};
use caregraph_kit::auth::Principal;
use caregraph_kit::events::switchboard::{Listener, News, Recall};
use caregraph_kit::subgraph::Ground;
use std::collections::HashSet;

/// Somebody who follows visits.
pub(super) struct VisitListener {
    pub ground: Ground,
    pub principal: Principal,
    pub user: UserId,
    pub wanted: WantedChanges,
}

#[async_trait]
impl Listener for VisitListener {
    type Topic = Happenings;
    type Heard = AppointmentNews;
    type Error = LiveFailure;

    fn key(&self) -> Audience {
        if self.principal.has(Scope::AppointmentsManage) {
            Audience::Desk
        } else {
            Audience::Account(self.user)
        }
    }

    fn hear(&self, news: &News<Happening>, facts: &Circumstances) -> Option<AppointmentNews> {
        let visit = news.what.visit.as_ref()?;
        let person = facts.persons.of(visit.patient);
        // Records may be put together or parted while somebody listens, so whose record it is counts as it is now.
        let is_wanted = self.wanted.is_with(visit)
            && self
                .wanted
                .patient_id
                .is_none_or(|wanted| person.records.contains(&wanted));
        (is_wanted && sees(&self.principal, visit, &person.acting)).then(|| told(news, visit))
    }

    async fn recall(&self) -> Result<Recall<Self>, LiveFailure> {
        let (principal, user, wanted) = (self.principal.clone(), self.user, self.wanted);
        let reader = self.ground.database.reader();
        let acted_for: HashSet<_> = match self.key() {
            // Sees everything anyway.
            Audience::Desk => HashSet::new(),
            _ => directory::acted_for_by(reader, user).await?.into_iter().collect(),
        };
        let only = match wanted.patient_id {
            Some(patient) => Some(directory::person(reader, patient).await?),
            None => None,
        };
        let is_of = move |person: &Person, visit: &VisitChange| person.records.contains(&visit.patient);
        Ok(Box::new(move |news| {
            let visit = news.what.visit.as_ref()?;
            let acting: &[UserId] = if acted_for.contains(&visit.patient) {
                &[user]
            } else {
                &[]
            };
            let is_wanted = wanted.is_with(visit) && only.as_ref().is_none_or(|person| is_of(person, visit));
            (is_wanted && sees(&principal, visit, acting)).then(|| told(news, visit))
        }))
    }
}

/// Whether somebody hears of a visit, where `acting` are those who act for the patient.
fn sees(principal: &Principal, visit: &VisitChange, acting: &[UserId]) -> bool {
    visit.practitioners().any(|practitioner| {
        let parties = Parties {
            patient: visit.patient,
            practitioner,
        };
        sight(principal, parties, acting).is_some()
    })
}

fn told(news: &News<Happening>, visit: &VisitChange) -> AppointmentNews {
    AppointmentNews {
        position: news.position,
        kind: visit.kind,
        occurred_at: news.occurred_at,
        appointment_id: visit.appointment,
        previous_start: visit.previous.map(|previous| previous.start),
    }
}

impl WantedChanges {
    /// Whether a change concerns the practitioner who is asked for.
    fn is_with(&self, visit: &VisitChange) -> bool {
        self.practitioner_id
            .is_none_or(|wanted| visit.practitioners().any(|with| with == wanted))
    }
}

/// Somebody who follows free times.
pub(super) struct TimesListener {
    pub ground: Ground,
    pub wanted: WantedSlots,
}

#[async_trait]
impl Listener for TimesListener {
    type Topic = Happenings;
    type Heard = SlotNews;
    type Error = LiveFailure;

    fn key(&self) -> Audience {
        match (self.wanted.practitioner_id, self.wanted.service_id) {
            (Some(practitioner), _) => Audience::TimesOf(practitioner),
            (None, Some(service)) => Audience::TimesFor(service),
            (None, None) => Audience::Times,
        }
    }

    fn hear(&self, news: &News<Happening>, facts: &Circumstances) -> Option<SlotNews> {
        self.wanted.narrow(news, |practitioner, service| {
            let offers = facts.offers.get(&practitioner);
            offers.is_some_and(|offers| offers.contains(&service))
        })
    }

    async fn recall(&self) -> Result<Recall<Self>, LiveFailure> {
        let wanted = self.wanted;
        let service = match wanted.service_id {
            Some(service) => catalogue::find(self.ground.database.reader(), service).await?,
            None => None,
        };
        Ok(Box::new(move |news| {
            wanted.narrow(news, |practitioner, _| {
                let service = service.as_ref();
                service.is_some_and(|service| service.details.practitioners.contains(&practitioner))
            })
        }))
    }
}

impl WantedSlots {
    /// What of a change is asked for, where `offers` says who offers what.
    fn narrow(
        &self,
        news: &News<Happening>,
        offers: impl Fn(PractitionerId, MedicalServiceId) -> bool,
    ) -> Option<SlotNews> {
        let times = news.what.times.as_ref()?;
        let is_wanted = |practitioner: &PractitionerId| {
            self.practitioner_id.is_none_or(|only| only == *practitioner)
                && self
                    .service_id
                    .is_none_or(|service| offers(*practitioner, service))
        };
        let practitioners: Vec<_> = times.practitioners.iter().copied().filter(is_wanted).collect();
        (!practitioners.is_empty()).then_some(SlotNews {
            position: news.position,
            occurred_at: news.occurred_at,
            practitioners,
            range: times.range,
        })
    }
}
