//! One program, many shapes: subgraphs in processes of their own behind a router, and the commands around it.

use crate::harness::{Clinic, Graph, Live, PASSWORD, Person, Program, Script, Stores, router};
use crate::walk::walk;
use caregraph_kit::database::Engine;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{TestRedis, eventually};
use serde_json::{Value, json};
use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};

const JOINED: &str = "{ appointments(first: 5) { nodes { id status
    patient { displayName } practitioner { displayName user { id } } service { name } } } }";

const LIVE: &str = "subscription { appointmentChanged { kind
    appointment { id patient { displayName } practitioner { displayName } } } }";

on_every_engine! {
    async fn the_clinic_in_four_processes(stores: Stores) {
        // One process sets the clinic up; then its domains move apart.
        let (clinic, whole) = Clinic::open(&stores).await;
        let doctor = &clinic.doctors[0];
        let patient = Person::register(&stores, &whole.graph(), "mai@example.com").await;
        let slots = patient.free_slots(&clinic.service, doctor).await;
        whole.stop().await;

        let identity = stores.start(&["--only", "identity,notifications"]).await;
        let keys = format!("http://{}/.well-known/jwks.json", identity.address);
        let auth = [("CAREGRAPH_AUTH__JWKS_URL", keys.as_str())];
        let care = stores.start_with(&["--only", "patients,scheduling"], &auth).await;
        let practitioners = stores.start_with(&["--only", "practitioners"], &auth).await;
        let router = router(&stores, &auth, &[
            ("IDENTITY", &identity), ("PATIENTS", &care), ("SCHEDULING", &care), ("PRACTITIONERS", &practitioners),
            ("NOTIFICATIONS", &identity),
        ])
        .await;

        // Each process tells how it is.
        for (process, number) in [
            (&identity, "caregraph_jobs_waiting{domain=\"notifications\"}"),
            (&care, "caregraph_events_lag{handler=\"patients.care\",source=\"scheduling\"}"),
            (&practitioners, "caregraph_dead_letters{domain=\"practitioners\"} 0"),
            (&router, "caregraph_open_websockets"),
        ] {
            assert_eq!(page(process, "readiness").await, (200, "ready".to_owned()));
            let (status, numbers) = page(process, "metrics").await;
            assert!(status == 200 && numbers.contains(number), "{number}: {numbers}");
        }

        // Whoever signs in there is known everywhere, and whoever is not known is told so.
        let patient = Person::sign_in(&router.graph(), &patient.email, PASSWORD).await;
        let doctor = Person::sign_in(&router.graph(), &doctor.email, PASSWORD).await;
        assert_eq!(router.graph().code("{ appointments { nodes { id } } }", Value::Null).await, "UNAUTHENTICATED");
        let forged = router.graph().with_token("a.b.c");
        assert_eq!(forged.code("{ me { id } }", Value::Null).await, "UNAUTHENTICATED");

        let mut live = Live::subscribe(&doctor.graph, LIVE, json!({})).await;
        live.ready(&doctor.graph).await;
        // The subscription has a way to go: whatever is booked until it has arrived comes before it.
        let mut booked = Vec::new();
        let news = loop {
            booked.push(patient.book(&clinic.service, &doctor, &slots[2 * booked.len()]).await);
            if let Some(mut news) = live.next_within_a_moment().await {
                break news["appointmentChanged"].take();
            }
        };
        assert_eq!(news["kind"], "BOOKED");
        assert!(booked.contains(&news["appointment"]["id"].as_str().unwrap().to_owned()));
        assert_eq!(news["appointment"]["patient"]["displayName"], "Nguyễn Linh");
        assert_eq!(news["appointment"]["practitioner"]["displayName"], "Ada");

        let joined = patient.graph.data(JOINED, Value::Null).await;
        assert_eq!(
            joined["appointments"]["nodes"][0],
            json!({
                "id": booked[0], "status": "PENDING", "patient": { "displayName": "Nguyễn Linh" },
                "practitioner": { "displayName": "Ada", "user": Value::Null },
                "service": { "name": "Service CHECK-30" },
            })
        );

        // What a subgraph that is away would have said is missing, the rest is there.
        drop(practitioners);
        let (status, answer) = patient.graph.send(JOINED, Value::Null).await;
        assert!(status.is_success(), "{status} {answer}");
        let node = &answer["data"]["appointments"]["nodes"][0];
        assert_eq!((&node["id"], &node["practitioner"]), (&json!(booked[0]), &Value::Null), "{answer}");
        assert_eq!(node["patient"]["displayName"], "Nguyễn Linh");
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "SUBGRAPH_UNAVAILABLE", "{answer}");
        assert!(!answer.to_string().contains("127.0.0.1"), "where it runs is nobody's business: {answer}");

        router.stop().await;
        care.stop().await;
        identity.stop().await;
    }
}

on_every_engine! {
    /// The walk again on what `scripts/cluster` starts: the patient comes in by one router, the doctor by the other. Events and ended
    /// sessions travel by Redis.
    async fn the_walk_across_processes(stores: Stores) {
        let Some(server) = TestRedis::new() else { return };
        let (clinic, whole) = Clinic::open(&stores).await;
        whole.stop().await;

        let cluster = Script::start(&stores, &server).await;
        let [one, other] = cluster.routers;
        walk(&stores, &clinic.at(other), &Graph::new(one)).await;

        // Who signs out at one is out at the other, and at the subgraphs themselves.
        let doctor = clinic.doctors[0].at(one);
        doctor.graph.done("logout", "mutation { logout { errors { __typename } } }", Value::Null).await;
        eventually("the other router knows", || async {
            let (_, answer) = doctor.at(other).graph.send("{ me { id } }", Value::Null).await;
            (answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED").then_some(())
        })
        .await;
        let nothing: [(&str, &str); 0] = [];
        let unverified = router(&stores, &nothing, &[("SCHEDULING", cluster.scheduling)]).await;
        eventually("scheduling knows by itself", || async {
            let (_, answer) = doctor.at(&unverified).graph.send("{ appointments(first: 1) { nodes { id } } }", Value::Null).await;
            (answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED").then_some(())
        })
        .await;
        unverified.stop().await;

        cluster.process.stop().await;
        for address in cluster.everybody {
            assert!(TcpStream::connect(address).is_err(), "{address} outlives the script");
        }
    }
}

/// Status and text of a page.
async fn page(program: &Program, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://{}/{path}", program.address))
        .await
        .unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[test]
fn settings_are_printed_without_secrets() {
    let stores = Stores::new(Engine::Sqlite);
    let mut command = stores.command(&["config", "print"]);
    command.env(
        "CAREGRAPH_DATABASE__URL",
        "postgres://clinic:hunter2@db/caregraph_{domain}",
    );
    command.env("CAREGRAPH_ENCRYPTION__INDEX_KEY", "aHVudGVyMw==");
    let printed = succeeded(&mut command);
    assert!(
        !printed.contains("hunter2") && !printed.contains("aHVudGVyMw"),
        "{printed}"
    );
    assert!(
        printed.contains("url = \"***\"") && printed.contains("drain_seconds = 10"),
        "{printed}"
    );
}

#[test]
fn unknown_settings_are_an_error_at_start() {
    let stores = Stores::new(Engine::Sqlite);
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let complaint = failed(stores.command(&serve).env("CAREGRAPH_KITCHEN", "open"));
    assert!(complaint.contains("kitchen"), "{complaint}");
    std::fs::write(
        stores.data_dir().join("caregraph.toml"),
        "[router]\ndrain_secconds = 3\n",
    )
    .unwrap();
    let complaint = failed(&mut stores.command(&serve));
    assert!(complaint.contains("drain_secconds"), "{complaint}");
    let elsewhere = failed(&mut stores.command(&["serve", "--config", "nowhere.toml"]));
    assert!(elsewhere.contains("nowhere.toml"), "{elsewhere}");
}

#[test]
fn the_demo_keeps_out_of_a_store_in_use() {
    let stores = Stores::new(Engine::Sqlite);
    stores.create_administrator("admin@clinic.test", PASSWORD);
    let complaint = failed(&mut stores.command(&["serve", "--demo", "--listen", "127.0.0.1:0"]));
    assert!(complaint.contains("holds other data"), "{complaint}");
}

#[test]
fn administrators_have_good_passwords() {
    let stores = Stores::new(Engine::Sqlite);
    for weak in ["", "short", "password1234", "admin@clinic.test"] {
        let arguments = [
            "admin",
            "create",
            "--email",
            "admin@clinic.test",
            "--first-name",
            "Ada",
            "--last-name",
            "Admin",
        ];
        let mut command = stores.command(&arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that refuses at once may not read all of it.
        let _ = writeln!(child.stdin.take().unwrap(), "{weak}");
        let complaint = complaint(&child.wait_with_output().unwrap());
        assert!(
            complaint.contains("caregraph: ") && complaint.contains("password"),
            "{weak:?}: {complaint}"
        );
    }
    // Nothing was left behind that would stand in the way.
    stores.create_administrator("admin@clinic.test", PASSWORD);
}

#[test]
fn help_is_at_hand() {
    let stores = Stores::new(Engine::Sqlite);
    let help = succeeded(&mut stores.command(&["--help"]));
    for command in ["serve", "router", "migrate", "admin", "schema", "config"] {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command} is missing: {help}"
        );
        let about = succeeded(&mut stores.command(&[command, "--help"]));
        assert!(about.contains("Usage: caregraph"), "{about}");
    }
    let complaint = failed(&mut stores.command(&["serve", "--only", "kitchen"]));
    assert!(
        complaint.contains("scheduling"),
        "the subgraphs there are: {complaint}"
    );
}

/// What a command that must succeed prints.
pub fn succeeded(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that must fail complains about.
fn failed(command: &mut Command) -> String {
    complaint(&command.output().unwrap())
}

fn complaint(output: &Output) -> String {
    assert!(
        !output.status.success(),
        "it did not fail: {}",
        String::from_utf8_lossy(&output.stdout)
    );
    String::from_utf8_lossy(&output.stderr).into_owned()
}
