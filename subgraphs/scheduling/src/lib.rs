//! The scheduling subgraph: the right time, once.
//!
//! | module | what it knows |
//! |---|---|
//! | [`medical_service`] | the catalogue: what can be booked, how long it takes, who offers it |
//! | [`working_hours`], [`extra_hours`], [`absence`] | when practitioners work; [`schedule`] is what the three share |
//! | [`local_time`] | clocks on walls, and the days on which they change |
//! | [`availability`] | which times are free |
//! | [`appointment`] | booked visits: what may happen to them, who may see them |
//! | [`hold`] | times kept free for a few minutes |
//! | [`cells`] | the guarantee that nothing is booked twice |
//! | [`directory`] | what is known of practitioners, locations and patients, from [`handlers`] |
//! | `erasure` | what of a person's visits goes when their data are erased |
//! | [`settings`] | what an organisation may decide |
//! | [`graphql`] | the domain as a graph |

pub mod absence;
pub mod appointment;
pub mod availability;
pub mod cells;
pub mod directory;
mod erasure;
mod export;
pub mod extra_hours;
pub mod graphql;
pub mod handlers;
pub mod hold;
pub mod local_time;
pub mod medical_service;
pub mod schedule;
mod seals;
pub mod settings;
pub mod working_hours;

use absence::AbsenceService;
use appointment::AppointmentService;
use availability::AvailabilityService;
use caregraph_contracts::events::SchedulingEvent;
use caregraph_kit::erasure::AnswersErasures;
use caregraph_kit::portability::AnswersExports;
use caregraph_kit::subgraph::{Ground, Subgraph, SubgraphSchema, every};
use erasure::VisitEraser;
use extra_hours::ExtraHoursService;
use handlers::DirectoryHandler;
use hold::HoldService;
use medical_service::ServiceCatalogue;
pub use seals::SEALS;
pub use settings::SchedulingSettings;
use std::{sync::Arc, time::Duration};
use working_hours::WorkingHoursService;

/// How often holds that have expired are cleared away. They do not count any more from the moment they expire.
const CLEARING: Duration = Duration::from_secs(15);

/// How often answers under old idempotency keys are forgotten.
const FORGETTING: Duration = Duration::from_hours(1);

/// All use cases of the domain, on one ground. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// The catalogue.
    pub catalogue: ServiceCatalogue,
    /// Weekly hours.
    pub working_hours: WorkingHoursService,
    /// One-off hours.
    pub extra_hours: ExtraHoursService,
    /// Absences.
    pub absences: AbsenceService,
    /// Free times.
    pub availability: AvailabilityService,
    /// Visits.
    pub appointments: AppointmentService,
    /// Times kept free for a few minutes.
    pub holds: HoldService,
}

impl Services {
    /// The use cases on their ground.
    pub fn new(ground: &Ground, settings: &SchedulingSettings) -> Self {
        let availability = AvailabilityService::new(ground.clone(), settings.clone());
        let appointments = AppointmentService::new(ground.clone(), availability.clone(), settings.clone());
        Self {
            catalogue: ServiceCatalogue::new(ground.clone()),
            working_hours: WorkingHoursService::new(ground.clone()),
            extra_hours: ExtraHoursService::new(ground.clone()),
            absences: AbsenceService::new(ground.clone()),
            availability,
            holds: HoldService::new(appointments.clone()),
            appointments,
        }
    }
}

/// Builds the subgraph on its ground.
pub fn build(ground: Ground, settings: SchedulingSettings) -> Subgraph {
    let services = Services::new(&ground, &settings);
    let (holds, appointments) = (services.holds.clone(), services.appointments.clone());
    let eraser = VisitEraser::new(appointments.clone(), holds.clone());
    let clear_expired = move || {
        let holds = holds.clone();
        async move { holds.clear_expired().await.map(drop) }
    };
    let forget_answers = move || {
        let appointments = appointments.clone();
        async move { appointments.forget_old_answers().await.map(drop) }
    };
    let schema: Arc<dyn SubgraphSchema> = Arc::new(graphql::with_services(services));
    let exports = AnswersExports::of_tables(
        "scheduling.export",
        &ground,
        Arc::clone(&schema),
        export::LISTS,
        |part| SchedulingEvent::DataExported { part },
    );
    let erasures =
        AnswersErasures::of_tables("scheduling.erasure", ground.events.clone(), eraser, |answer| {
            SchedulingEvent::ErasureAnswered { answer }
        });
    Subgraph {
        name: "scheduling",
        schema,
        handlers: vec![Arc::new(DirectoryHandler::new(ground.events)), exports, erasures],
        document_handlers: Vec::new(),
        vitals: Vec::new(),
        background: vec![
            every(CLEARING, "scheduling.clear_expired_holds", clear_expired),
            every(FORGETTING, "scheduling.forget_old_answers", forget_answers),
        ],
    }
}

/// The schema with its federation directives, without any data behind it.
pub fn sdl() -> String {
    SubgraphSchema::sdl(&graphql::schema().finish())
}
