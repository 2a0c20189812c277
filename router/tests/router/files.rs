//! Files on the public port, kept in this process or in another one.

mod keeper;

use crate::world::{USER, within};
use caregraph_kit::testing::eventually;
use caregraph_router::Rate;
use keeper::{Keeper, ORIGIN, World, pdf};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

fn header<'a>(response: &'a reqwest::Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

async fn assert_code(answer: reqwest::Response, status: u16, code: &str) {
    assert_eq!(answer.status(), status);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], code);
}

async fn a_file_goes_in_and_comes_out(keeper: Keeper) {
    let world = World::new(keeper).await;
    // More than any limit of bodies elsewhere, and than several parts.
    let content = pdf(5_000_000);
    let url = world.stored(&content).await;
    let answer = within(world.client.get(&url).send()).await.unwrap();
    assert_eq!(answer.status(), 200);
    for (name, value) in [
        ("content-type", "application/pdf"),
        ("content-length", "5000000"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, no-store"),
        (
            "content-disposition",
            "inline; filename=\"scan.pdf\"; filename*=UTF-8''scan.pdf",
        ),
    ] {
        assert_eq!(header(&answer, name), value, "{name}");
    }
    assert!(!header(&answer, "x-request-id").is_empty());
    assert!(answer.bytes().await.unwrap() == content, "another content");

    let part = world.client.get(&url).header("range", "bytes=65535-65536").send();
    let part = within(part).await.unwrap();
    assert_eq!(
        (part.status().as_u16(), header(&part, "content-range")),
        (206, "bytes 65535-65536/5000000")
    );
    assert_eq!(part.bytes().await.unwrap(), &content[65_535..=65_536]);

    let head = within(world.client.head(&url).send()).await.unwrap();
    assert_eq!(
        (head.status().as_u16(), header(&head, "content-length")),
        (200, "5000000")
    );
    // The connection is in order after it.
    assert_eq!(
        within(world.client.get(world.url("/health")).send())
            .await
            .unwrap()
            .status(),
        200
    );
    world.stop().await;
}

async fn what_is_not_taken_is_said_so(keeper: Keeper) {
    let world = World::new(keeper).await;
    let (_, url) = world.begin().await;
    assert_code(
        world.put(&url, "<!DOCTYPE html><script>1</script>").await,
        415,
        "BAD_REQUEST",
    )
    .await;
    let (_, url) = world.begin().await;
    assert_code(world.put(&url, pdf(6_000_001)).await, 413, "LIMIT_EXCEEDED").await;
    // Without a length beforehand: chunked.
    let pieces = (0..40).map(|_| Ok::<_, std::io::Error>(pdf(400_000)));
    let endless = reqwest::Body::wrap_stream(futures::stream::iter(pieces));
    assert_code(world.put(&url, endless).await, 413, "LIMIT_EXCEEDED").await;
    assert_code(world.put(&url, pdf(10)).await, 404, "NOT_FOUND").await;
    let (id, url) = world.begin().await;
    assert_eq!(world.put(&url, pdf(1_000)).await.status(), 201);
    assert_code(world.put(&url, pdf(1_000)).await, 409, "CONFLICT").await;

    let link = world.link(id).await;
    for wrong in [
        link.replace("inline", "attachment"),
        world.url("/files/x?y"),
        world.url("/files/..%2F..%2Fhealth?y"),
    ] {
        assert_code(
            within(world.client.get(wrong).send()).await.unwrap(),
            404,
            "NOT_FOUND",
        )
        .await;
    }
    assert_code(
        within(world.client.post(&link).send()).await.unwrap(),
        405,
        "BAD_REQUEST",
    )
    .await;
    let with = |token: String| within(world.client.get(&link).bearer_auth(token).send());
    assert_eq!(with(world.token(USER)).await.unwrap().status(), 200);
    assert_code(
        with(world.token(Uuid::from_u128(8))).await.unwrap(),
        404,
        "NOT_FOUND",
    )
    .await;
    assert_code(with("forged".to_owned()).await.unwrap(), 401, "UNAUTHENTICATED").await;
    world.stop().await;
}

async fn an_upload_that_breaks_off_is_no_file(keeper: Keeper) {
    let world = World::new(keeper).await;
    for head in ["content-length: 1000000", "transfer-encoding: chunked"] {
        let (id, url) = world.begin().await;
        let path = url.split_once(&world.address.to_string()).unwrap().1;
        let mut socket = TcpStream::connect(world.address).await.unwrap();
        let mut request = format!("PUT {path} HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n").into_bytes();
        if head.starts_with("transfer") {
            request.extend_from_slice(b"186a0\r\n");
        }
        request.extend(pdf(100_000));
        socket.write_all(&request).await.unwrap();
        socket.shutdown().await.unwrap();
        // Whatever is answered, if anything.
        let _ = within(socket.read_to_end(&mut Vec::new())).await;
        drop(socket);
        eventually("the upload can be tried again", async || {
            let answer = world.put(&url, pdf(50_000)).await;
            (answer.status() == 201).then_some(())
        })
        .await;
        let read = within(world.client.get(world.link(id).await).send())
            .await
            .unwrap();
        assert_eq!(read.bytes().await.unwrap().len(), 50_000, "{head}");
    }
    world.stop().await;
}

macro_rules! here_and_elsewhere {
    ($($name:ident),*) => {
        mod here {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Keeper::Here).await;
            }
        )*}
        mod elsewhere {$(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Keeper::Elsewhere).await;
            }
        )*}
    };
}

here_and_elsewhere!(
    a_file_goes_in_and_comes_out,
    what_is_not_taken_is_said_so,
    an_upload_that_breaks_off_is_no_file
);

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_that_is_away_is_said_so() {
    let world = World::new(Keeper::Away).await;
    let (_, url) = world.begin().await;
    assert_code(world.put(&url, pdf(10)).await, 503, "SUBGRAPH_UNAVAILABLE").await;
    assert_code(
        within(world.client.get(&url).send()).await.unwrap(),
        503,
        "SUBGRAPH_UNAVAILABLE",
    )
    .await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_allowed_origins_may_upload_and_read() {
    let world = World::new(Keeper::Here).await;
    let url = world.stored(&pdf(100)).await;
    let ask = |origin: &'static str| world.client.get(&url).header("origin", origin).send();
    let allowed = within(ask(ORIGIN)).await.unwrap();
    assert_eq!(header(&allowed, "access-control-allow-origin"), ORIGIN);
    assert!(header(&allowed, "access-control-expose-headers").contains("content-disposition"));
    let other = within(ask("https://evil.example")).await.unwrap();
    assert_eq!(header(&other, "access-control-allow-origin"), "");
    let preflight = world
        .client
        .request(reqwest::Method::OPTIONS, &url)
        .header("origin", ORIGIN)
        .header("access-control-request-method", "PUT");
    let preflight = within(preflight.send()).await.unwrap();
    assert_eq!(preflight.status(), 204);
    assert!(header(&preflight, "access-control-allow-methods").contains("PUT"));
    assert!(header(&preflight, "access-control-allow-headers").contains("range"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_for_files_are_counted_like_others() {
    let world = World::with(Keeper::Here, |settings| {
        settings.rate_limits.address = Rate {
            per_second: 1,
            burst: 3,
        };
    })
    .await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let answer = world.client.get(world.url("/files/x?y")).send();
        statuses.push(within(answer).await.unwrap().status().as_u16());
    }
    assert_eq!(statuses[..3], [404, 404, 404]);
    assert!(statuses[3..].contains(&429), "{statuses:?}");
    world.stop().await;
}
