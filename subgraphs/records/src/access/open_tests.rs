//! Tests of whether breaking the glass would add anything.

use super::super::model::{Broken, Chart, Consent, Tie};
use super::*;
use caregraph_contracts::ids::UserId;
use caregraph_contracts::{RecordPart, Role};
use caregraph_kit::testing::principal;
use chrono::TimeDelta;
use uuid::Uuid;

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(1)
}

fn later(hours: i64) -> DateTime<Utc> {
    now() + TimeDelta::hours(hours)
}

fn facts() -> Facts {
    Facts {
        charts: vec![(Uuid::from_u128(1).into(), Chart::default())],
        ..Facts::default()
    }
}

fn consent(parts: &[RecordPart], until: Option<DateTime<Utc>>) -> Consent {
    Consent {
        parts: parts.to_vec(),
        until,
        revoked: false,
    }
}

fn open(facts: &Facts) -> Option<Open> {
    let user: UserId = Uuid::from_u128(9).into();
    Open::to(&principal(user, &[Role::Doctor]), facts, now())
}

#[test]
fn what_is_closed_can_be_opened() {
    assert_eq!(open(&facts()), None);
    let over = Facts {
        ties: vec![Tie {
            since: Some(now()),
            until: Some(now()),
        }],
        consents: vec![consent(RecordPart::ALL, Some(now()))],
        broken: vec![Broken {
            reason: "unconscious".into(),
            until: now(),
        }],
        ..facts()
    };
    assert_eq!(open(&over), None);
}

#[test]
fn care_opens_until_the_last_relationship_ends() {
    let tie = |until| Tie {
        since: Some(now()),
        until,
    };
    let cared = |ties| Facts { ties, ..facts() };
    let visits = vec![tie(Some(later(1))), tie(Some(later(3))), tie(Some(later(2)))];
    assert_eq!(
        open(&cared(visits)),
        Some(Open {
            until: Some(later(3))
        })
    );
    let team = vec![tie(Some(later(1))), tie(None)];
    assert_eq!(open(&cared(team)), Some(Open { until: None }));
}

#[test]
fn consent_to_read_does_not_keep_anybody_from_opening_a_record_to_write() {
    let consented = Facts {
        consents: vec![consent(RecordPart::ALL, None)],
        ..facts()
    };
    assert_eq!(open(&consented), None);
}

#[test]
fn broken_glass_is_not_broken_again() {
    let broken = Facts {
        broken: vec![Broken {
            reason: "unconscious".into(),
            until: later(1),
        }],
        ..facts()
    };
    let open = open(&broken).unwrap();
    assert_eq!(
        open,
        Open {
            until: Some(later(1))
        }
    );
    assert_eq!(
        open.to_string(),
        "this record is open to you already, until 1970-01-02T01:00:00Z; breaking the glass would open nothing more"
    );
}
