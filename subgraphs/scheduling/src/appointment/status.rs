//! Which changes of an appointment are legal.
//!
//! ```text
//!            confirm            check in            complete
//! PENDING ───────────▶ CONFIRMED ───────▶ CHECKED_IN ───────▶ COMPLETED
//!    │  ◀── patient moves ──┘  │               │
//!    │                         │ did not come  └─ practice cancels ─▶ CANCELLED_*
//!    │                         └───────────────▶ NO_SHOW
//!    └── either side cancels, practice declines ─▶ CANCELLED_PATIENT, CANCELLED_DOCTOR
//! ```

use caregraph_contracts::events::AppointmentStatus;
use serde::{Deserialize, Serialize};

/// What is done to an appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChangeKind {
    /// It came into being.
    Booked,
    /// The practice confirmed it.
    Confirmed,
    /// The practice declined it before confirming.
    Declined,
    /// It moved to another time, or to another practitioner.
    Rescheduled,
    /// Either side called it off.
    Cancelled,
    /// The patient arrived.
    CheckedIn,
    /// The visit took place.
    Completed,
    /// The patient did not come.
    NoShow,
    /// Notes changed, nothing else.
    NotesUpdated,
}

impl ChangeKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Booked,
        Self::Confirmed,
        Self::Declined,
        Self::Rescheduled,
        Self::Cancelled,
        Self::CheckedIn,
        Self::Completed,
        Self::NoShow,
        Self::NotesUpdated,
    ];

    /// What an appointment has been when this was done to it, for messages: "cannot be …".
    pub const fn participle(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Rescheduled => "rescheduled",
            Self::Cancelled => "cancelled",
            Self::CheckedIn => "checked in",
            Self::Completed => "completed",
            Self::NoShow => "marked as a no-show",
            Self::NotesUpdated => "given another note",
        }
    }
}

/// On whose behalf somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Side {
    /// The patient or a guardian.
    Patient,
    /// The practitioner or the front desk.
    Practice,
}

/// The status that follows, or `None` where the change is not legal.
pub const fn next(from: AppointmentStatus, kind: ChangeKind, side: Side) -> Option<AppointmentStatus> {
    use AppointmentStatus as S;
    match kind {
        // A booking makes an appointment; it happens to none.
        ChangeKind::Booked => None,
        ChangeKind::Confirmed => match from {
            S::Pending => Some(S::Confirmed),
            S::Confirmed
            | S::CheckedIn
            | S::Completed
            | S::CancelledPatient
            | S::CancelledDoctor
            | S::NoShow => None,
        },
        ChangeKind::Declined => match from {
            S::Pending => Some(S::CancelledDoctor),
            S::Confirmed
            | S::CheckedIn
            | S::Completed
            | S::CancelledPatient
            | S::CancelledDoctor
            | S::NoShow => None,
        },
        ChangeKind::Rescheduled => match (from, side) {
            // A time that the patient chose waits for the practice; one that the practice chose does not.
            (S::Pending | S::Confirmed, Side::Patient) => Some(S::Pending),
            (S::Pending | S::Confirmed, Side::Practice) => Some(S::Confirmed),
            (S::CheckedIn | S::Completed | S::CancelledPatient | S::CancelledDoctor | S::NoShow, _) => None,
        },
        ChangeKind::Cancelled => match (from, side) {
            (S::Pending | S::Confirmed, Side::Patient) => Some(S::CancelledPatient),
            // Also somebody who arrived and left before being seen.
            (S::Pending | S::Confirmed | S::CheckedIn, Side::Practice) => Some(S::CancelledDoctor),
            (S::CheckedIn, Side::Patient)
            | (S::Completed | S::CancelledPatient | S::CancelledDoctor | S::NoShow, _) => None,
        },
        ChangeKind::CheckedIn => match from {
            S::Confirmed => Some(S::CheckedIn),
            S::Pending
            | S::CheckedIn
            | S::Completed
            | S::CancelledPatient
            | S::CancelledDoctor
            | S::NoShow => None,
        },
        ChangeKind::Completed => match from {
            S::CheckedIn => Some(S::Completed),
            S::Pending
            | S::Confirmed
            | S::Completed
            | S::CancelledPatient
            | S::CancelledDoctor
            | S::NoShow => None,
        },
        ChangeKind::NoShow => match from {
            S::Confirmed => Some(S::NoShow),
            S::Pending
            | S::CheckedIn
            | S::Completed
            | S::CancelledPatient
            | S::CancelledDoctor
            | S::NoShow => None,
        },
        ChangeKind::NotesUpdated => match (from, side) {
            // The practice may write things down at any time; what the patient says matters before the visit.
            (
                S::Pending
                | S::Confirmed
                | S::CheckedIn
                | S::Completed
                | S::CancelledPatient
                | S::CancelledDoctor
                | S::NoShow,
                Side::Practice,
            )
            | (S::Pending | S::Confirmed, Side::Patient) => Some(from),
            (
                S::CheckedIn | S::Completed | S::CancelledPatient | S::CancelledDoctor | S::NoShow,
                Side::Patient,
            ) => None,
        },
    }
}

/// Whether an appointment in this status keeps the practitioner and the patient busy.
pub const fn occupies(status: AppointmentStatus) -> bool {
    use AppointmentStatus as S;
    match status {
        S::Pending | S::Confirmed | S::CheckedIn | S::Completed => true,
        S::CancelledPatient | S::CancelledDoctor | S::NoShow => false,
    }
}

/// All statuses, in the order of a visit.
pub const ALL_STATUSES: &[AppointmentStatus] = &[
    AppointmentStatus::Pending,
    AppointmentStatus::Confirmed,
    AppointmentStatus::CheckedIn,
    AppointmentStatus::Completed,
    AppointmentStatus::CancelledPatient,
    AppointmentStatus::CancelledDoctor,
    AppointmentStatus::NoShow,
];

#[cfg(test)]
mod tests {
    use super::*;
    use AppointmentStatus as S;
    use ChangeKind as K;

    /// The whole table by hand; whatever is not in it is refused.
    const LEGAL: &[(S, K, Side, S)] = &[
        (S::Pending, K::Confirmed, Side::Practice, S::Confirmed),
        (S::Pending, K::Confirmed, Side::Patient, S::Confirmed),
        (S::Pending, K::Declined, Side::Practice, S::CancelledDoctor),
        (S::Pending, K::Declined, Side::Patient, S::CancelledDoctor),
        (S::Pending, K::Rescheduled, Side::Patient, S::Pending),
        (S::Pending, K::Rescheduled, Side::Practice, S::Confirmed),
        (S::Confirmed, K::Rescheduled, Side::Patient, S::Pending),
        (S::Confirmed, K::Rescheduled, Side::Practice, S::Confirmed),
        (S::Pending, K::Cancelled, Side::Patient, S::CancelledPatient),
        (S::Pending, K::Cancelled, Side::Practice, S::CancelledDoctor),
        (S::Confirmed, K::Cancelled, Side::Patient, S::CancelledPatient),
        (S::Confirmed, K::Cancelled, Side::Practice, S::CancelledDoctor),
        (S::CheckedIn, K::Cancelled, Side::Practice, S::CancelledDoctor),
        (S::Confirmed, K::CheckedIn, Side::Practice, S::CheckedIn),
        (S::Confirmed, K::CheckedIn, Side::Patient, S::CheckedIn),
        (S::CheckedIn, K::Completed, Side::Practice, S::Completed),
        (S::CheckedIn, K::Completed, Side::Patient, S::Completed),
        (S::Confirmed, K::NoShow, Side::Practice, S::NoShow),
        (S::Confirmed, K::NoShow, Side::Patient, S::NoShow),
        (S::Pending, K::NotesUpdated, Side::Patient, S::Pending),
        (S::Confirmed, K::NotesUpdated, Side::Patient, S::Confirmed),
    ];

    #[test]
    fn only_the_changes_of_the_table_are_legal() {
        for from in ALL_STATUSES {
            for kind in K::ALL {
                for side in [Side::Patient, Side::Practice] {
                    let expected = if *kind == K::NotesUpdated && side == Side::Practice {
                        Some(*from)
                    } else {
                        LEGAL
                            .iter()
                            .find(|(f, k, s, _)| f == from && k == kind && *s == side)
                            .map(|(_, _, _, to)| *to)
                    };
                    assert_eq!(next(*from, *kind, side), expected, "{from:?} {kind:?} {side:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_leads_out_of_an_end() {
        for end in [S::Completed, S::CancelledPatient, S::CancelledDoctor, S::NoShow] {
            for kind in K::ALL.iter().filter(|kind| **kind != K::NotesUpdated) {
                for side in [Side::Patient, Side::Practice] {
                    assert_eq!(next(end, *kind, side), None);
                }
            }
        }
    }
}
