//! What domains answer to erasures.

use crate::erasure::ErasureProgress;
use async_trait::async_trait;
use caregraph_contracts::Domain;
use caregraph_contracts::events::{
    AdministrationEvent, ErasureAnswer, IdentityEvent, NotificationsEvent, RecordsEvent, SchedulingEvent,
};
use caregraph_kit::database::Transaction;
use caregraph_kit::events::{Envelope, EventError, EventHandler, HandlerError};

/// Answers carry erasures on.
pub struct AnswersCarryErasures(pub ErasureProgress);

#[async_trait]
impl EventHandler for AnswersCarryErasures {
    fn name(&self) -> &'static str {
        "patients.erasures"
    }

    fn sources(&self) -> &'static [Domain] {
        ErasureAnswer::DOMAINS
    }

    fn hears(&self, name: &str) -> bool {
        name == ANSWER
    }

    // An erasure takes its time anyway.
    fn is_awaited(&self) -> bool {
        false
    }

    // The last answer erases the person.
    fn is_brief(&self) -> bool {
        false
    }

    async fn handle(&self, tx: &mut Transaction, event: &Envelope) -> Result<(), HandlerError> {
        match answer_of(event)? {
            Some(answer) => Ok(self.0.hear(tx, answer).await?),
            None => Ok(()),
        }
    }
}

/// What all domains call it.
const ANSWER: &str = "ErasureAnswered";

/// The answer that an event carries, if it carries one.
fn answer_of(event: &Envelope) -> Result<Option<ErasureAnswer>, EventError> {
    if event.name != ANSWER {
        return Ok(None);
    }
    macro_rules! answer {
        ($event:ident) => {
            match event.decode::<$event>()? {
                Some($event::ErasureAnswered { answer }) => Some(answer),
                _ => None,
            }
        };
    }
    Ok(match event.domain {
        Domain::Identity => answer!(IdentityEvent),
        Domain::Scheduling => answer!(SchedulingEvent),
        Domain::Records => answer!(RecordsEvent),
        Domain::Notifications => answer!(NotificationsEvent),
        Domain::Administration => answer!(AdministrationEvent),
        Domain::Patients | Domain::Practitioners => None,
    })
}
