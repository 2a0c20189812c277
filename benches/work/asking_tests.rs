//! Requests are whole, and carry what they must.

use super::*;
use crate::bench::people::Person;
use crate::bench::work::directory::Directory;
use crate::bench::work::tasks::Trade;
use caregraph_contracts::ids::UserId;
use hyper::header::HeaderValue;
use serde_json::Value;

fn worker() -> Worker {
    let person = Person {
        id: UserId::from(uuid::Uuid::nil()),
        authorization: HeaderValue::from_static("Bearer x"),
    };
    let directory = Directory::of("service".to_owned(), vec!["practitioner".to_owned()]).unwrap();
    let panel = vec!["patient".to_owned()];
    let mut worker = Worker::new((person, Trade::Nurse), panel, Arc::new(directory), (1, 7));
    worker.begin("day1");
    worker
}

fn variables(body: &Bytes) -> Value {
    let mut request: Value = serde_json::from_slice(body).unwrap();
    assert!(request["query"].is_string(), "{request}");
    request["variables"].take()
}

#[test]
fn every_request_is_json() {
    let mut worker = worker();
    for task in [
        Task::Agenda,
        Task::Requests,
        Task::Visits,
        Task::Slots,
        Task::Timeline,
        Task::Messages,
        Task::FindPatients,
        Task::FindPractitioners,
        Task::FindServices,
        Task::FindCodes,
        Task::Vitals,
    ] {
        for _ in 0..20 {
            let (asked, body) = worker.ask(task);
            assert!(variables(&body).is_object(), "{asked:?}");
        }
    }
}

#[test]
fn what_is_booked_carries_its_name() {
    let mut worker = worker();
    worker.memory.practitioner = "practitioner".to_owned();
    worker.memory.starts = vec!["2026-11-24T01:00:00+00:00".to_owned()];
    let (asked, body) = worker.ask(Task::MarkRead);
    let input = variables(&body)["input"].take();
    assert_eq!(
        (&input["reason"], &input["idempotencyKey"]),
        (&"day1-7-1".into(), &"day1-7-1".into())
    );
    assert_eq!(input["start"], "2026-11-24T01:00:00+00:00");
    assert!(matches!(asked, Asked::Write(Write::Book(..))));
    let (asked, _) = worker.ask(Task::Book);
    assert!(
        matches!(asked, Asked::Slots(_)),
        "without a free time it is asked for some"
    );
}

#[test]
fn an_encounter_is_opened_written_and_signed() {
    let mut worker = worker();
    let (asked, body) = worker.ask(Task::Confirm);
    assert!(
        matches!(asked, Asked::Write(Write::Open(_))),
        "nothing waits for confirmation"
    );
    assert_eq!(variables(&body)["input"]["chiefComplaint"], "day1-7-1");
    for (version, signs) in [(1, false), (2, false), (3, true)] {
        let entry = worker.new_entry();
        worker.memory.encounter = Some(Open { entry, version });
        let (asked, body) = worker.ask(Task::Encounter);
        assert_eq!(variables(&body)["input"]["version"], version);
        assert_eq!(matches!(asked, Asked::Write(Write::Sign(_))), signs);
    }
}
