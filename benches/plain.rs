//! The limit: what async-graphql and the stores can do without federation.
//!
//! One schema, served by axum, on the same stores, by the same use cases with the same access decisions: the list by scheduling,
//! practitioners, places and patients by loaders, the token verified once. It has the fields that are measured and no others. Beside
//! it runs everything that runs beside the graph in `caregraph serve`.

mod graph;

use super::Plain;
use crate::clinic::Clinic;
use crate::settings::Settings;
use anyhow::Result;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{EmptyMutation, EmptySubscription, Request, Response, Schema, ValidationMode};
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use caregraph_contracts::Domain;
use caregraph_contracts::ids::{LocationId, PatientId, PractitionerId};
use caregraph_kit::auth::TokenVerifier;
use caregraph_kit::hosting::session;
use caregraph_kit::near;
use caregraph_kit::{Clock, Fault, telemetry};
use caregraph_patients::patient::{Patient, PatientService, Viewer};
use caregraph_practitioners::location::{Location, LocationService};
use caregraph_practitioners::practitioner::{PractitionerService, Stored};
use caregraph_scheduling::Services;
use graph::Query;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Serves until asked to stop.
pub async fn serve(settings: Settings, arguments: &Plain) -> Result<()> {
    let telemetry = telemetry::install(settings.log.format, &settings.log.filter, &settings.traces);
    let clinic = Clinic::open(&settings, Clock::system(), Domain::ALL).await?;
    let practitioners = clinic.foundations().ground(Domain::Practitioners)?;
    let loads = Loads {
        practitioners: PractitionerService::new(practitioners.clone()),
        places: LocationService::new(practitioners),
        patients: PatientService::new(clinic.foundations().ground(Domain::Patients)?),
    };
    let scheduling = clinic.foundations().ground(Domain::Scheduling)?;
    let mut schema = Schema::build(Query, EmptyMutation, EmptySubscription)
        .validation_mode(ValidationMode::Fast)
        .data(Services::new(&scheduling, &settings.scheduling).appointments)
        .data(loads.practitioners.clone());
    if arguments.shared_loaders {
        schema = schema.data(loads.loader());
    }
    let graph = Graph {
        schema: schema.finish(),
        verifier: Arc::clone(&clinic.verifier),
        loads: (!arguments.shared_loaders).then_some(loads),
    };
    let app = Router::new()
        .route("/graphql", post(execute))
        .route("/readiness", get(|| async { "ready" }))
        .with_state(Arc::new(graph));
    let listener = TcpListener::bind(arguments.listen).await?;
    let mut terminate = signal(SignalKind::terminate())?;
    println!(
        "the plain schema listens on http://{}/graphql",
        listener.local_addr()?
    );
    tokio::select! {
        served = axum::serve(listener, app) => served?,
        _ = terminate.recv() => {}
    }
    clinic.close().await;
    telemetry.finish().await;
    Ok(())
}

struct Graph {
    schema: Schema<Query, EmptyMutation, EmptySubscription>,
    verifier: Arc<TokenVerifier>,
    /// For loaders of each request's own.
    loads: Option<Loads>,
}

async fn execute(
    State(graph): State<Arc<Graph>>,
    headers: HeaderMap,
    Json(request): Json<Request>,
) -> Result<Json<Response>, StatusCode> {
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let principal =
        session::authenticate(Some(&*graph.verifier), authorization).map_err(|_| StatusCode::UNAUTHORIZED)?;
    let mut request = request.data(principal);
    if let Some(loads) = &graph.loads {
        request = request.data(loads.loader());
    }
    Ok(Json(graph.schema.execute(request).await))
}

/// What is looked up in batches.
#[derive(Clone)]
struct Loads {
    practitioners: PractitionerService,
    places: LocationService,
    patients: PatientService,
}

impl Loads {
    fn loader(&self) -> DataLoader<Self> {
        DataLoader::new(self.clone(), near::spawn)
    }
}

impl Loader<PractitionerId> for Loads {
    type Value = Stored;
    type Error = Arc<Fault>;

    async fn load(&self, ids: &[PractitionerId]) -> Result<HashMap<PractitionerId, Stored>, Arc<Fault>> {
        self.practitioners.load(ids).await.map_err(Arc::new)
    }
}

impl Loader<LocationId> for Loads {
    type Value = Location;
    type Error = Arc<Fault>;

    async fn load(&self, ids: &[LocationId]) -> Result<HashMap<LocationId, Location>, Arc<Fault>> {
        self.places.load(ids).await.map_err(Arc::new)
    }
}

impl Loader<(Viewer, PatientId)> for Loads {
    type Value = Patient;
    type Error = Arc<Fault>;

    async fn load(
        &self,
        keys: &[(Viewer, PatientId)],
    ) -> Result<HashMap<(Viewer, PatientId), Patient>, Arc<Fault>> {
        let mut by_viewer: HashMap<Viewer, Vec<PatientId>> = HashMap::new();
        for (viewer, id) in keys {
            by_viewer.entry(*viewer).or_default().push(*id);
        }
        let mut found = HashMap::with_capacity(keys.len());
        for (viewer, ids) in by_viewer {
            let patients = self.patients.visible(viewer, &ids).await?;
            found.extend(patients.into_iter().map(|(id, patient)| ((viewer, id), patient)));
        }
        Ok(found)
    }
}
