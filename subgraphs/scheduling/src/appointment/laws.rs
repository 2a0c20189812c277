//! Laws of the model, for arbitrary sequences of commands.

use super::model::*;
use super::refusal::{ChangeRefusal, IllegalStatusChange, StatusRefusal, TooLate};
use super::status::{ALL_STATUSES, ChangeKind, Side, next, occupies};
use caregraph_contracts::events::AppointmentStatus as S;
use caregraph_contracts::ids::{PractitionerId, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use uuid::Uuid;

const NOTICE: TimeDelta = TimeDelta::hours(2);

#[derive(Debug, Clone)]
enum Command {
    Confirm,
    Decline,
    Cancel {
        for_patient: bool,
    },
    Reschedule {
        hours: i64,
        practitioner: u128,
    },
    CheckIn,
    Complete {
        notes: Option<String>,
    },
    NoShow,
    /// Absent leaves a note alone, empty removes it.
    Notes {
        note: Option<String>,
        own: Option<String>,
    },
}

fn command() -> impl Strategy<Value = Command> {
    let text = || proptest::option::of("[a-c]{1,2}");
    prop_oneof![
        Just(Command::Confirm),
        Just(Command::Decline),
        any::<bool>().prop_map(|for_patient| Command::Cancel { for_patient }),
        (-48_i64..96, 1_u128..3)
            .prop_map(|(hours, practitioner)| Command::Reschedule { hours, practitioner }),
        Just(Command::CheckIn),
        text().prop_map(|notes| Command::Complete { notes }),
        Just(Command::NoShow),
        (
            proptest::option::of("[a-c]{0,2}"),
            proptest::option::of("[a-c]{0,2}")
        )
            .prop_map(|(note, own)| Command::Notes { note, own }),
    ]
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_510_400, 0).unwrap()
}

fn visit(practitioner: u128, start: DateTime<Utc>) -> Visit {
    let minutes = TimeDelta::minutes;
    Visit {
        practitioner_id: PractitionerId::from(Uuid::from_u128(practitioner)),
        location_id: None,
        time_zone: chrono_tz::Asia::Ho_Chi_Minh,
        start,
        end: start + minutes(30),
        occupied_from: start - minutes(5),
        occupied_to: start + minutes(40),
    }
}

fn actor(side: Side, now: DateTime<Utc>) -> Actor {
    let user = match side {
        Side::Patient => UserId::from(Uuid::from_u128(10)),
        Side::Practice => UserId::from(Uuid::from_u128(1)),
    };
    Actor { user, side, now }
}

fn book(side: Side) -> (Appointment, Change) {
    let booking = Booking {
        id: Uuid::from_u128(100).into(),
        patient_id: Uuid::from_u128(10).into(),
        service_id: Uuid::from_u128(1000).into(),
        visit: visit(1, start()),
        texts: ClinicalTexts::default(),
    };
    Appointment::book(booking, actor(side, start() - TimeDelta::days(2)))
}

fn kept(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

enum Refused {
    Illegal,
    TooLate,
    Other,
}

impl From<IllegalStatusChange> for Refused {
    fn from(_: IllegalStatusChange) -> Self {
        Self::Illegal
    }
}

impl From<StatusRefusal> for Refused {
    fn from(refusal: StatusRefusal) -> Self {
        match refusal {
            StatusRefusal::Illegal(_) => Self::Illegal,
            StatusRefusal::Common(_) => Self::Other,
        }
    }
}

impl From<ChangeRefusal> for Refused {
    fn from(refusal: ChangeRefusal) -> Self {
        match refusal {
            ChangeRefusal::Illegal(_) => Self::Illegal,
            ChangeRefusal::TooLate(_) => Self::TooLate,
            ChangeRefusal::Common(_) => Self::Other,
        }
    }
}

impl Command {
    fn kind(&self) -> ChangeKind {
        match self {
            Self::Confirm => ChangeKind::Confirmed,
            Self::Decline => ChangeKind::Declined,
            Self::Cancel { .. } => ChangeKind::Cancelled,
            Self::Reschedule { .. } => ChangeKind::Rescheduled,
            Self::CheckIn => ChangeKind::CheckedIn,
            Self::Complete { .. } => ChangeKind::Completed,
            Self::NoShow => ChangeKind::NoShow,
            Self::Notes { .. } => ChangeKind::NotesUpdated,
        }
    }

    fn run(&self, appointment: &mut Appointment, actor: Actor) -> Result<Option<Change>, Refused> {
        let why = || "why".to_owned();
        Ok(match self.clone() {
            Self::Confirm => Some(appointment.confirm(actor)?),
            Self::Decline => Some(appointment.decline(why(), actor)?),
            Self::Cancel { for_patient } => Some(appointment.cancel(
                (Some(why()), for_patient || actor.side == Side::Patient),
                actor,
                NOTICE,
            )?),
            Self::Reschedule { hours, practitioner } => {
                let to = visit(practitioner, start() + TimeDelta::hours(hours));
                Some(appointment.reschedule((to, None), actor, NOTICE)?)
            }
            Self::CheckIn => Some(appointment.check_in(actor)?),
            Self::Complete { notes } => Some(appointment.complete(notes, actor)?),
            Self::NoShow => Some(appointment.mark_no_show(actor)?),
            Self::Notes { note, own } => appointment.update_notes(
                NewNotes {
                    note_for_doctor: note.map(kept),
                    doctors_notes: own.map(kept),
                },
                actor,
            )?,
        })
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_rules_hold(
        by_patient in any::<bool>(),
        commands in prop::collection::vec((command(), any::<bool>(), -72_i64..72), 0..24),
    ) {
        let (mut appointment, first) = book(if by_patient { Side::Patient } else { Side::Practice });
        let mut history = vec![first];
        for (command, by_patient, hours) in commands {
            let actor = actor(if by_patient { Side::Patient } else { Side::Practice }, start() + TimeDelta::hours(hours));
            let before = appointment.clone();
            let in_time = actor.now <= before.visit.start - NOTICE;
            match command.run(&mut appointment, actor) {
                Err(refused) => {
                    prop_assert_eq!(&appointment, &before, "a refusal changes nothing");
                    let legal = next(before.status, command.kind(), actor.side).is_some();
                    prop_assert_eq!(matches!(refused, Refused::Illegal), !legal);
                    if matches!(refused, Refused::TooLate) {
                        prop_assert!(actor.side == Side::Patient && !in_time);
                    }
                }
                Ok(None) => prop_assert_eq!(&appointment, &before),
                Ok(Some(change)) => {
                    let moves = matches!(command.kind(), ChangeKind::Rescheduled | ChangeKind::Cancelled);
                    prop_assert!(!(moves && actor.side == Side::Patient && !in_time), "patients keep the notice");
                    prop_assert_eq!(appointment.revision, before.revision + 1);
                    prop_assert_eq!(change.revision, appointment.revision);
                    prop_assert_eq!((change.by, change.at, change.kind), (actor.user, actor.now, command.kind()));
                    if command.kind() != ChangeKind::Rescheduled {
                        prop_assert_eq!(&appointment.visit, &before.visit);
                    }
                    if !occupies(before.status) || before.status == S::Completed {
                        prop_assert_eq!(appointment.status, before.status, "nothing leads out of an end");
                    }
                    // What was replaced can be read in the history.
                    if appointment.texts.doctors_notes != before.texts.doctors_notes {
                        prop_assert_eq!(&change.texts.previous_doctors_notes, &before.texts.doctors_notes);
                    }
                    if appointment.texts.note_for_doctor != before.texts.note_for_doctor {
                        prop_assert_eq!(&change.texts.previous_note_for_doctor, &before.texts.note_for_doctor);
                    }
                    history.push(change);
                }
            }
        }
        prop_assert_eq!(history.len(), usize::try_from(appointment.revision).unwrap());
        for pair in history.windows(2) {
            prop_assert_eq!(pair[1].before, Some(pair[0].after));
        }
        let last = history.last().unwrap().after;
        prop_assert_eq!((last.status, last.start, last.end), (appointment.status, appointment.visit.start, appointment.visit.end));
        prop_assert!(ALL_STATUSES.contains(&appointment.status));
    }
}

#[test]
fn the_notice_ends_to_the_microsecond() {
    let latest = start() - NOTICE;
    let (appointment, _) = book(Side::Patient);
    assert!(appointment.may_move(actor(Side::Patient, latest), NOTICE).is_ok());
    let late = actor(Side::Patient, latest + TimeDelta::microseconds(1));
    assert_eq!(appointment.may_move(late, NOTICE), Err(TooLate { latest }.into()));
    assert!(
        appointment
            .may_move(
                Actor {
                    side: Side::Practice,
                    ..late
                },
                NOTICE
            )
            .is_ok()
    );
}

#[test]
fn texts_are_not_shown_by_accident() {
    let texts = ClinicalTexts {
        reason: Some("Cough".to_owned()),
        ..ClinicalTexts::default()
    };
    let change = ChangeTexts {
        reason: Some("Cough".to_owned()),
        ..ChangeTexts::default()
    };
    assert!(!format!("{texts:?}{change:?}").contains("Cough"));
}
