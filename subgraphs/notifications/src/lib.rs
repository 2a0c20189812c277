//! The notifications subgraph: telling people, and admitting when it failed.
//!
//! | module         | what it knows                                                              |
//! |----------------|----------------------------------------------------------------------------|
//! | `handlers`     | reactions to other domains' events: whom to tell what                      |
//! | `notification` | messages: what they say, by which way, what became of them                 |
//! | `delivery`     | the ways out: SMTP, text messages, push, a folder                          |
//! | `reminder`     | visits that are near                                                       |
//! | `template`     | texts, built in or written by an administrator                             |
//! | `preference`   | ways, language and quiet hours of each person                              |
//! | `contact`      | how people are reached, and who acts for whom                              |
//! | `erasure`      | what goes when everything about a person is erased                         |
//! | `language`     | days and times in Vietnamese and English                                   |
//! | `graphql`      | the schema; thin, no rules                                                 |

mod contact;
mod delivery;
mod erasure;
mod export;
pub mod graphql;
mod handlers;
mod language;
pub mod notification;
mod preference;
mod reminder;
mod seals;
pub mod settings;
mod template;

pub use seals::SEALS;
pub use settings::NotificationSettings;

use caregraph_contracts::events::NotificationsEvent;
use caregraph_kit::Fault;
use caregraph_kit::documents::{Declaration, Document, DocumentHandler};
use caregraph_kit::erasure::AnswersErasures;
use caregraph_kit::jobs::{self, Job, JobSettings, JobWorker, Jobs};
use caregraph_kit::portability::AnswersExports;
use caregraph_kit::subgraph::{DocumentGround, Subgraph, SubgraphSchema};
use contact::store::{ContactRow, DeviceRow, People, WardRow};
use delivery::Delivery;
use erasure::MessageEraser;
use handlers::{AccountNews, ErasureNews, PeopleBecomeKnown, RecordNews, VisitNews};
use notification::store::{NotificationRow, Notifications};
use notification::{AnnouncementRow, Channel, Desk, NotificationService, Post, Sender};
use preference::PreferenceService;
use preference::store::{PreferenceRow, PreferenceStore};
use reminder::{Reminder, VisitRow, Visits};
use std::sync::Arc;
use std::time::Duration;
use template::TemplateService;
use template::store::{TemplateRow, Templates};

/// All use cases of the domain. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Services {
    pub(crate) notifications: NotificationService,
    pub(crate) preferences: PreferenceService,
    pub(crate) templates: TemplateService,
}

/// What the domain keeps.
pub fn declarations() -> Vec<Declaration> {
    vec![
        ContactRow::declaration(),
        DeviceRow::declaration(),
        WardRow::declaration(),
        VisitRow::declaration(),
        NotificationRow::declaration(),
        AnnouncementRow::declaration(),
        PreferenceRow::declaration(),
        TemplateRow::declaration(),
        Job::declaration(),
    ]
}

/// Builds the subgraph on its ground.
pub fn build(ground: &DocumentGround, settings: NotificationSettings) -> Result<Subgraph, Fault> {
    let longest = [
        settings.email.timeout_seconds,
        settings.sms.timeout_seconds,
        settings.push.timeout_seconds,
    ];
    // What becomes of a message must be known and written down well before its lease ends; see `patience`.
    if longest.iter().any(|seconds| settings.lease_seconds < 3 * seconds) {
        return Err(Fault::new(
            "notifications",
            "lease_seconds must be at least three times every provider's timeout_seconds",
        ));
    }
    let lease = Duration::from_secs(settings.lease_seconds.into());
    build_with(
        ground,
        settings,
        JobSettings {
            lease,
            ..JobSettings::default()
        },
    )
}

/// As [`build`], with other settings of its jobs.
pub fn build_with(
    ground: &DocumentGround,
    settings: NotificationSettings,
    jobs_settings: JobSettings,
) -> Result<Subgraph, Fault> {
    let DocumentGround {
        clock,
        documents,
        cipher,
        ..
    } = ground.clone();
    let settings = Arc::new(settings);
    let jobs = Jobs::new(&documents)?;
    let people = People::new(&documents, cipher.clone())?;
    let visits = Visits::new(&documents, cipher.clone())?;
    let templates = Templates::new(&documents)?;
    let preferences = PreferenceStore::new(&documents)?;
    let post = Post {
        notifications: Notifications::new(&documents, cipher.clone())?,
        preferences: preferences.clone(),
        people: people.clone(),
        jobs: jobs.clone(),
        clock: clock.clone(),
    };
    let sender = Arc::new(Sender {
        notifications: post.notifications.clone(),
        people: people.clone(),
        preferences: preferences.clone(),
        templates: templates.clone(),
        visits: visits.clone(),
        delivery: Arc::new(Delivery::new(&settings)?),
        patience: jobs_settings.lease * 2 / 5,
        settings,
        cipher,
        clock: clock.clone(),
    });
    let reminder = Reminder {
        visits: visits.clone(),
        people: people.clone(),
        post: post.clone(),
        clock: clock.clone(),
    };
    let eraser = MessageEraser {
        documents: documents.clone(),
        visits: visits.clone(),
        post: post.clone(),
    };
    let mut handlers = reactions(&post, &visits, &eraser);
    let services = Services {
        notifications: NotificationService::new(ground, people, post),
        preferences: PreferenceService::new(preferences),
        templates: TemplateService::new(templates),
    };
    let mut workers: Vec<Arc<dyn JobWorker>> = vec![Arc::new(reminder), Arc::new(eraser)];
    for channel in Channel::ALL {
        let sender = Arc::clone(&sender);
        workers.push(Arc::new(Desk { channel, sender }));
    }
    let schema: Arc<dyn SubgraphSchema> = Arc::new(graphql::with_services(services));
    let exports = AnswersExports::of_documents(
        "notifications.export",
        ground,
        Arc::clone(&schema),
        export::LISTS,
        |part| NotificationsEvent::DataExported { part },
    );
    handlers.push(exports);
    Ok(Subgraph {
        name: "notifications",
        schema,
        handlers: Vec::new(),
        document_handlers: handlers,
        vitals: vec![jobs.vitals(ground)],
        background: vec![jobs::run(documents, jobs, clock, jobs_settings, workers)],
    })
}

/// Reactions to other domains' events, except for answers in the schema's words.
fn reactions(post: &Post, visits: &Visits, eraser: &MessageEraser) -> Vec<Arc<dyn DocumentHandler>> {
    let Post { people, clock, .. } = post;
    vec![
        Arc::new(PeopleBecomeKnown {
            people: people.clone(),
        }),
        Arc::new(AccountNews {
            post: post.clone(),
            clock: clock.clone(),
        }),
        Arc::new(RecordNews {
            visits: visits.clone(),
            people: people.clone(),
            post: post.clone(),
            clock: clock.clone(),
        }),
        Arc::new(VisitNews {
            visits: visits.clone(),
            people: people.clone(),
            post: post.clone(),
            clock: clock.clone(),
        }),
        Arc::new(ErasureNews {
            people: people.clone(),
            post: post.clone(),
            clock: clock.clone(),
        }),
        AnswersErasures::of_documents("notifications.erasure", eraser.clone(), |answer| {
            NotificationsEvent::ErasureAnswered { answer }
        }),
    ]
}

/// The schema with its federation directives, without any data behind it.
pub fn sdl() -> String {
    SubgraphSchema::sdl(&graphql::schema().finish())
}
