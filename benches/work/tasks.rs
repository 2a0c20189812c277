//! What people of each trade ask how often.

use rand::{Rng, rngs::StdRng};

/// Something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Look at the visits of a day or a week.
    Agenda,
    /// Look at the visits that wait for confirmation.
    Requests,
    /// Look at one's own visits.
    Visits,
    /// Look for free times of a practitioner.
    Slots,
    /// Read the newest entries of a record.
    Timeline,
    /// Read one's messages.
    Messages,
    /// Find patients.
    FindPatients,
    /// Find practitioners.
    FindPractitioners,
    /// Find services.
    FindServices,
    /// Find the code of a diagnosis.
    FindCodes,
    /// Book one of the times that were free.
    Book,
    /// Confirm one of the visits that waited.
    Confirm,
    /// Write down vital signs.
    Vitals,
    /// Open an encounter, or go on with the one that is open.
    Encounter,
    /// Mark a message as read.
    MarkRead,
}

/// What somebody is in the clinic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trade {
    /// Somebody in care.
    Patient,
    /// Somebody who runs the front desk and measures.
    Nurse,
    /// Somebody who gives care.
    Doctor,
    /// Somebody in care who does nothing but book, for measuring that alone.
    Booker,
}

impl Trade {
    /// How many of a hundred requests are for what: for all trades of the mix 60 to read, 25 to search, 15 to write.
    const fn shares(self) -> &'static [(Task, u32)] {
        match self {
            Self::Patient => &[
                (Task::Slots, 22),
                (Task::Timeline, 13),
                (Task::Messages, 15),
                (Task::Visits, 10),
                (Task::FindPractitioners, 15),
                (Task::FindServices, 10),
                (Task::Book, 8),
                (Task::MarkRead, 7),
            ],
            Self::Nurse => &[
                (Task::Agenda, 25),
                (Task::Slots, 12),
                (Task::Timeline, 18),
                (Task::Messages, 5),
                (Task::FindPatients, 18),
                (Task::FindPractitioners, 4),
                (Task::FindServices, 3),
                (Task::Book, 5),
                (Task::Vitals, 10),
            ],
            Self::Doctor => &[
                (Task::Agenda, 28),
                (Task::Requests, 5),
                (Task::Timeline, 22),
                (Task::Messages, 5),
                (Task::FindCodes, 17),
                (Task::FindPatients, 8),
                (Task::Confirm, 4),
                (Task::Encounter, 8),
                (Task::Vitals, 3),
            ],
            Self::Booker => &[(Task::Book, 100)],
        }
    }

    /// What to do next.
    pub fn choose(self, random: &mut StdRng) -> Task {
        let shares = self.shares();
        let all: u32 = shares.iter().map(|(_, share)| share).sum();
        let mut rest = random.random_range(0..all);
        for (task, share) in shares {
            if rest < *share {
                return *task;
            }
            rest -= share;
        }
        // Not reached: what is left is less than all shares together.
        Task::Messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(trade: Trade, of: impl Fn(Task) -> bool) -> u32 {
        let shares = trade.shares().iter();
        shares.filter(|(task, _)| of(*task)).map(|(_, share)| share).sum()
    }

    #[test]
    fn every_trade_keeps_the_proportion() {
        for trade in [Trade::Patient, Trade::Nurse, Trade::Doctor] {
            let search = |task| {
                matches!(
                    task,
                    Task::FindPatients | Task::FindPractitioners | Task::FindServices | Task::FindCodes
                )
            };
            let write = |task| {
                matches!(
                    task,
                    Task::Book | Task::Confirm | Task::Vitals | Task::Encounter | Task::MarkRead
                )
            };
            assert_eq!(share(trade, |_| true), 100, "{trade:?}");
            assert_eq!((share(trade, search), share(trade, write)), (25, 15), "{trade:?}");
        }
    }
}
