//! What domains answer to exports.

use crate::export::Collecting;
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::{
    AdministrationEvent, ExportPart, IdentityEvent, NotificationsEvent, PatientsEvent, PractitionersEvent,
    SchedulingEvent,
};
use caregraph_kit::documents::{Commit, DocumentHandler};
use caregraph_kit::events::{Envelope, EventError, HandlerError};

/// Parts of exports are kept until all are there.
pub(crate) struct PartsArrive {
    pub collecting: Collecting,
}

#[async_trait]
impl DocumentHandler for PartsArrive {
    fn name(&self) -> &'static str {
        "records.exports"
    }

    fn sources(&self) -> &'static [Domain] {
        &[
            Domain::Identity,
            Domain::Patients,
            Domain::Practitioners,
            Domain::Scheduling,
            Domain::Notifications,
            Domain::Administration,
        ]
    }

    fn hears(&self, name: &str) -> bool {
        name == PART
    }

    // An archive takes its time anyway.
    fn is_awaited(&self) -> bool {
        false
    }

    async fn handle(&self, event: &Envelope) -> Result<Commit, HandlerError> {
        match part_of(event)? {
            Some(part) => Ok(self.collecting.take(&part).await?),
            None => Ok(Commit::new()),
        }
    }
}

/// What all domains call it.
const PART: &str = "DataExported";

/// The part that an event carries, if it carries one.
fn part_of(event: &Envelope) -> Result<Option<ExportPart>, EventError> {
    if event.name != PART {
        return Ok(None);
    }
    macro_rules! part {
        ($event:ident) => {
            match event.decode::<$event>()? {
                Some($event::DataExported { part }) => Some(part),
                _ => None,
            }
        };
    }
    Ok(match event.domain {
        Domain::Identity => part!(IdentityEvent),
        Domain::Patients => part!(PatientsEvent),
        Domain::Practitioners => part!(PractitionersEvent),
        Domain::Scheduling => part!(SchedulingEvent),
        Domain::Notifications => part!(NotificationsEvent),
        Domain::Administration => part!(AdministrationEvent),
        Domain::Records => None,
    })
}
