//! Everything on the port that is not the graph.

use crate::world::{Builder, World};
use serde_json::Value;

async fn get(world: &World, path: &str) -> reqwest::Response {
    world.client.get(world.url(path)).send().await.unwrap()
}

fn header<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_landing_page_leads_on_and_runs_nothing() {
    let world = World::new().await;
    let page = get(&world, "/").await;
    assert_eq!(page.status(), 200);
    assert!(header(&page, "content-type").starts_with("text/html"));
    assert!(header(&page, "content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(header(&page, "x-content-type-options"), "nosniff");
    let text = page.text().await.unwrap();
    assert!(text.contains("/graphiql") && text.contains("/graphql") && !text.contains("<script"));
    assert_eq!(get(&world, "/landing.css").await.status(), 200);
    assert_eq!(get(&world, "/nowhere").await.status(), 404);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn graphiql_comes_from_here_alone() {
    let world = World::new().await;
    let page = get(&world, "/graphiql").await;
    assert!(header(&page, "content-security-policy").contains("script-src 'self';"));
    let text = page.text().await.unwrap();
    assert!(
        !text.contains("http://") || !text.contains("src=\"http"),
        "{text}"
    );
    for (path, kind) in [
        ("/graphiql/graphiql.js", "text/javascript"),
        ("/graphiql/graphiql.css", "text/css"),
    ] {
        assert!(text.contains(path));
        let asset = get(&world, path).await;
        assert_eq!(asset.status(), 200);
        assert!(header(&asset, "content-type").starts_with(kind));
        assert!(header(&asset, "cache-control").contains("max-age"));
        assert!(!asset.bytes().await.unwrap().is_empty());
    }
    world.stop().await;

    let without = Builder::new()
        .with(|settings| settings.graphiql = false)
        .start()
        .await;
    assert_eq!(get(&without, "/graphiql").await.status(), 404);
    without.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_published() {
    let world = World::new().await;
    let keys: Value = get(&world, "/.well-known/jwks.json").await.json().await.unwrap();
    assert_eq!(keys["keys"][0]["kid"], "test");
    world.stop().await;

    let without = Builder::new().without_verifier().start().await;
    assert_eq!(get(&without, "/.well-known/jwks.json").await.status(), 404);
    without.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_opens_the_graph_in_a_browser_gets_the_page_for_people() {
    let world = World::new().await;
    let open = |path: &str| {
        world
            .client
            .get(world.url(path))
            .header("accept", "text/html,*/*")
            .send()
    };
    let answer = open("/graphql").await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.url().path()),
        (200, "/graphiql")
    );
    // A question is a question, whoever asks it.
    let answer = open("/graphql?query=%7Bme%7Bid%7D%7D").await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.url().path()), (403, "/graphql"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn being_alive_and_being_ready_are_two_things() {
    let world = Builder::new().unready().start().await;
    assert_eq!(get(&world, "/health").await.status(), 200);
    let readiness = get(&world, "/readiness").await;
    assert_eq!(readiness.status(), 503);
    assert!(
        !readiness.text().await.unwrap().contains("10.0.0.7"),
        "the reason stays in the log"
    );
    world.stop().await;

    let ready = World::new().await;
    assert_eq!(get(&ready, "/readiness").await.status(), 200);
    ready.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_without_naming_anybody() {
    let world = World::new().await;
    let token = world.token(1);
    let named = world
        .post("query SecretName { me { id } }")
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(named.status(), 200);
    assert_eq!(world.ask("{ fault }").await.0, 200);
    let text = get(&world, "/metrics").await.text().await.unwrap();
    assert!(
        text.contains(r#"caregraph_http_requests_total{route="graphql",status="2xx"} 2"#),
        "{text}"
    );
    assert!(
        text.contains("# TYPE caregraph_pulse gauge\ncaregraph_pulse 60\n"),
        "{text}"
    );
    assert!(text.contains(r#"caregraph_graphql_errors_total{code="INTERNAL"} 1"#));
    assert!(text.contains("caregraph_active_subscriptions 0"));
    assert!(
        text.contains("http_server_request_duration"),
        "the engine's own metrics are there too: {text}"
    );
    for secret in ["SecretName", &crate::world::USER.to_string()] {
        assert!(!text.contains(secret), "{secret}");
    }
    world.stop().await;
}
