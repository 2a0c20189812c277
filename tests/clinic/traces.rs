//! One trace from the browser's request to the e-mail, through every process on the way; and what no trace says.

use crate::harness::{BOOK, Clinic, Collector, PASSWORD, Person, Program, Stores, Trace, router};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{TestRedis, eventually};
use serde_json::{Value, json};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const BROWSER: &str = "00f067aa0ba902b7";

on_every_engine! {
    async fn a_booking_is_one_trace(stores: Stores) {
        let (clinic, whole) = Clinic::open(&stores).await;
        whole.stop().await;
        let collector = Collector::start().await;
        let program = stores.start_with(&[], &[("CAREGRAPH_TRACES__OTLP_URL", &collector.url)]).await;
        let patient = Person::register(&stores, &program.graph(), "mai@example.com").await;
        book(&clinic, &patient, &program).await;
        let (trace, way) = mailed(&collector).await;
        assert_eq!(way, [
            "caregraph: POST /graphql",
            "caregraph: execute scheduling",
            "caregraph: tell AppointmentBooked",
            "caregraph: notifications.visits handles AppointmentBooked",
            "caregraph: job notifications.send-email",
            "caregraph: send EMAIL",
        ]);
        for part in ["sea_orm.begin", "sea_orm.commit", "publish AppointmentBooked", "documents commit"] {
            assert!(trace.find(part).is_some(), "{part}\n{}", trace.drawn());
        }
        says_nothing_about_people(&collector, &patient);
        program.stop().await;
    }
}

on_every_engine! {
    async fn a_trace_goes_through_all_processes(stores: Stores) {
        let Some(server) = TestRedis::new() else { return };
        let (clinic, whole) = Clinic::open(&stores).await;
        let patient = Person::register(&stores, &whole.graph(), "mai@example.com").await;
        whole.stop().await;

        let collector = Collector::start().await;
        let url = TestRedis::url().unwrap();
        let settings = |service| [
            ("CAREGRAPH_REDIS__URL", url.as_str()),
            ("CAREGRAPH_REDIS__PREFIX", server.prefix()),
            ("CAREGRAPH_TRACES__OTLP_URL", collector.url.as_str()),
            ("CAREGRAPH_TRACES__SERVICE", service),
        ];
        let care = stores.start_with(&["--only", "identity,patients,practitioners,scheduling"], &settings("care")).await;
        let keys = format!("http://{}/.well-known/jwks.json", care.address);
        let auth = ("CAREGRAPH_AUTH__JWKS_URL", keys.as_str());
        let [a, b, c, d] = settings("messages");
        let messages = stores.start_with(&["--only", "notifications"], &[a, b, c, d, auth]).await;
        let [a, b, c, d] = settings("router");
        let router = router(&stores, &[a, b, c, d, auth], &[
            ("IDENTITY", &care), ("PATIENTS", &care), ("SCHEDULING", &care), ("PRACTITIONERS", &care),
            ("NOTIFICATIONS", &messages),
        ])
        .await;

        let patient = Person::sign_in(&router.graph(), &patient.email, PASSWORD).await;
        book(&clinic, &patient, &router).await;
        let (trace, way) = mailed(&collector).await;
        println!("{}", trace.drawn());
        assert_eq!(way, [
            "router: POST /graphql",
            "router: call scheduling",
            "care: execute scheduling",
            "care: tell AppointmentBooked",
            "messages: notifications.visits handles AppointmentBooked",
            "messages: job notifications.send-email",
            "messages: send EMAIL",
        ]);
        says_nothing_about_people(&collector, &patient);
        for program in [router, messages, care] {
            program.stop().await;
        }
    }
}

/// Books as a browser does that traces what it does.
async fn book(clinic: &Clinic, patient: &Person, program: &Program) {
    let slots = patient.free_slots(&clinic.service, &clinic.doctors[0]).await;
    let input = json!({
        "serviceId": clinic.service, "practitionerId": clinic.doctors[0].id, "start": slots[0], "idempotencyKey": "traced",
    });
    let answer: Value = reqwest::Client::new()
        .post(format!("http://{}/graphql", program.address))
        .bearer_auth(patient.graph.token().unwrap())
        .header("traceparent", format!("00-{TRACE}-{BROWSER}-01"))
        .json(&json!({ "query": BOOK, "variables": { "input": input } }))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer["data"]["bookAppointment"]["errors"], json!([]), "{answer}");
}

/// The browser's trace once it has reached an e-mail, and the way there.
async fn mailed(collector: &Collector) -> (Trace, Vec<String>) {
    eventually("the trace reaches an e-mail", || async {
        let trace = collector.trace(TRACE);
        let (way, begin) = trace.way_up(trace.find("send EMAIL")?);
        // Spans arrive when they end, each process's by themselves.
        (begin == BROWSER).then_some((trace, way))
    })
    .await
}

fn says_nothing_about_people(collector: &Collector, patient: &Person) {
    let all = format!("{:?}", collector.all());
    for secret in [
        patient.email.as_str(),
        "Linh",
        "Nguyễn",
        "example.com",
        patient.graph.token().unwrap(),
        PASSWORD,
    ] {
        assert!(!all.contains(secret), "{secret} stands in a trace");
    }
}
