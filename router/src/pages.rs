//! Everything on the public port that is not the graph.

use crate::files;
use crate::gateway::Gateway;
use caregraph_kit::vitals::exposition;
use hive_router::http::{StatusCode, header};
use hive_router::ntex::web::{self, HttpResponse, types::State};
use std::sync::Arc;

const LANDING: &str = include_str!("../assets/landing/index.html");
const LANDING_STYLE: &str = include_str!("../assets/landing/landing.css");
const GRAPHIQL: &str = include_str!("../assets/graphiql/index.html");
const GRAPHIQL_SCRIPT: &[u8] = include_bytes!("../assets/graphiql/graphiql.js");
const GRAPHIQL_STYLE: &[u8] = include_bytes!("../assets/graphiql/graphiql.css");

/// Nothing from elsewhere, nothing inline, and no frame around it.
const STRICT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
                             frame-ancestors 'none'";

/// GraphiQL runs its own script, styles its editor from it, keeps workers in blobs, and talks to this server alone.
const GRAPHIQL_POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self' blob:; \
                               style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; \
                               connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Assets change only with the program, whose restart is soon enough noticed.
const CACHE_ASSETS: &str = "public, max-age=3600";

/// Mounts the pages.
pub(crate) fn configure(config: &mut web::ServiceConfig, gateway: &Gateway) {
    config
        .route("/", web::get().to(async || html(LANDING, STRICT_POLICY)))
        .route(
            "/landing.css",
            web::get().to(async || asset("text/css; charset=utf-8", LANDING_STYLE.as_bytes())),
        )
        .route("/.well-known/jwks.json", web::get().to(jwks))
        .route(
            "/health",
            web::get().to(async || HttpResponse::Ok().content_type("text/plain").body("ok")),
        )
        .route("/readiness", web::get().to(readiness))
        .route("/metrics", web::get().to(metrics));
    files::configure(config, gateway);
    if gateway.settings.graphiql {
        config
            .route(
                "/graphiql",
                web::get().to(async || html(GRAPHIQL, GRAPHIQL_POLICY)),
            )
            .route(
                "/graphiql/graphiql.js",
                web::get().to(async || asset("text/javascript; charset=utf-8", GRAPHIQL_SCRIPT)),
            )
            .route(
                "/graphiql/graphiql.css",
                web::get().to(async || asset("text/css; charset=utf-8", GRAPHIQL_STYLE)),
            );
    }
}

/// What no route answers.
pub(crate) async fn not_found() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("text/plain; charset=utf-8")
        .body("There is nothing here.")
}

fn html(body: &'static str, policy: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-cache")
        .header(header::CONTENT_SECURITY_POLICY, policy)
        .header(header::REFERRER_POLICY, "no-referrer")
        .body(body)
}

fn asset(kind: &'static str, body: &'static [u8]) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(kind)
        .header(header::CACHE_CONTROL, CACHE_ASSETS)
        .body(body)
}

async fn jwks(gateway: State<Arc<Gateway>>) -> HttpResponse {
    let Some(verifier) = &gateway.verifier else {
        return not_found().await;
    };
    HttpResponse::Ok()
        .content_type("application/json")
        // Short, because a rotated key must spread before it signs.
        .header(header::CACHE_CONTROL, "public, max-age=60")
        .body(verifier.jwks_json())
}

async fn readiness(gateway: State<Arc<Gateway>>) -> HttpResponse {
    if gateway.shutdown.is_cancelled() {
        return unready("shutting down");
    }
    match (gateway.probes.readiness)().await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain").body("ready"),
        Err(reason) => {
            tracing::warn!(reason, "not ready");
            // The reason may name hosts, so it stays in the log.
            unready("not ready")
        }
    }
}

fn unready(text: &'static str) -> HttpResponse {
    HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE)
        .content_type("text/plain")
        .body(text)
}

async fn metrics(gateway: State<Arc<Gateway>>) -> HttpResponse {
    match gateway.metrics.render() {
        Ok((kind, mut text)) => {
            let vitals = (gateway.probes.vitals)().await;
            text.extend_from_slice(exposition(&vitals).as_bytes());
            HttpResponse::Ok().content_type(kind).body(text)
        }
        Err(error) => {
            tracing::error!(%error, "metrics could not be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}
