//! What can be told, and by which ways.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A way to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Channel {
    /// The inbox inside the application.
    InApp,
    /// E-mail.
    Email,
    /// Text message.
    Sms,
    /// Telephone or browser.
    Push,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::InApp, Self::Email, Self::Sms, Self::Push];

    /// The name on the wire and in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InApp => "IN_APP",
            Self::Email => "EMAIL",
            Self::Sms => "SMS",
            Self::Push => "PUSH",
        }
    }
}

/// On which side of a visit somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The patient, or whoever acts for one; and everybody in what is about their own account.
    Patient,
    /// The practitioner.
    Practitioner,
}

macro_rules! types {
    ($($(#[$doc:meta])* $variant:ident = $text:literal;)*) => {
        /// What a message is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum NotificationType {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)*
        }

        impl NotificationType {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name on the wire and in stores.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

types! {
    /// Words of an administrator.
    Announcement = "ANNOUNCEMENT";
    /// A link that shows that an address is one's own.
    EmailVerification = "EMAIL_VERIFICATION";
    /// A link for a new password.
    PasswordReset = "PASSWORD_RESET";
    /// A link for an account among the staff.
    Invitation = "INVITATION";
    /// Welcome.
    AccountRegistered = "ACCOUNT_REGISTERED";
    /// Name, address, number or language of the account changed.
    AccountUpdated = "ACCOUNT_UPDATED";
    /// What one may do here changed.
    RolesChanged = "ROLES_CHANGED";
    /// The account may not be used any more.
    AccountSuspended = "ACCOUNT_SUSPENDED";
    /// The account may be used again.
    AccountReactivated = "ACCOUNT_REACTIVATED";
    /// A session was ended by somebody else than its owner.
    SessionEnded = "SESSION_ENDED";
    /// A visit was booked.
    AppointmentBooked = "APPOINTMENT_BOOKED";
    /// The practice confirmed a visit.
    AppointmentConfirmed = "APPOINTMENT_CONFIRMED";
    /// A visit moved.
    AppointmentRescheduled = "APPOINTMENT_RESCHEDULED";
    /// A visit was called off.
    AppointmentCancelled = "APPOINTMENT_CANCELLED";
    /// The patient has arrived.
    AppointmentCheckedIn = "APPOINTMENT_CHECKED_IN";
    /// The visit took place.
    AppointmentCompleted = "APPOINTMENT_COMPLETED";
    /// The patient did not come.
    AppointmentNoShow = "APPOINTMENT_NO_SHOW";
    /// What is written about a visit changed.
    AppointmentNotesUpdated = "APPOINTMENT_NOTES_UPDATED";
    /// A visit is near.
    AppointmentReminder = "APPOINTMENT_REMINDER";
    /// Somebody opened a medical record that was closed to them, for a stated reason.
    RecordOpenedInEmergency = "RECORD_OPENED_IN_EMERGENCY";
    /// The notes of a visit can be read.
    VisitNotesReady = "VISIT_NOTES_READY";
    /// An archive of all data about a patient can be fetched.
    DataExportReady = "DATA_EXPORT_READY";
    /// Everything about a patient that may go will be erased: told to all accounts of the patient and to all guardians, whoever asked.
    ErasureScheduled = "ERASURE_SCHEDULED";
    /// It will not be erased: that was called off. Told to the same people.
    ErasureCancelled = "ERASURE_CANCELLED";
}

impl NotificationType {
    /// About the safety of an account or of a medical record: sent whatever somebody prefers, and at night too.
    pub const fn is_security(self) -> bool {
        matches!(
            self,
            Self::EmailVerification
                | Self::PasswordReset
                | Self::Invitation
                | Self::AccountSuspended
                | Self::AccountReactivated
                | Self::RolesChanged
                | Self::SessionEnded
                | Self::RecordOpenedInEmergency
                | Self::DataExportReady
                | Self::ErasureScheduled
                | Self::ErasureCancelled
        )
    }

    /// Says that somebody is expected at a time, which may have changed when the message leaves.
    pub const fn tells_of_a_visit_to_come(self) -> bool {
        matches!(
            self,
            Self::AppointmentBooked
                | Self::AppointmentConfirmed
                | Self::AppointmentRescheduled
                | Self::AppointmentReminder
        )
    }

    /// Tells of a visit, to either side of it.
    pub const fn tells_of_a_visit(self) -> bool {
        matches!(
            self,
            Self::AppointmentBooked
                | Self::AppointmentConfirmed
                | Self::AppointmentRescheduled
                | Self::AppointmentCancelled
                | Self::AppointmentCheckedIn
                | Self::AppointmentCompleted
                | Self::AppointmentNoShow
                | Self::AppointmentNotesUpdated
                | Self::AppointmentReminder
        )
    }

    /// Tells of what is kept about a patient, to nobody but the patient and those who act for one.
    pub const fn tells_of_a_record(self) -> bool {
        matches!(
            self,
            Self::RecordOpenedInEmergency
                | Self::VisitNotesReady
                | Self::DataExportReady
                | Self::ErasureScheduled
                | Self::ErasureCancelled
        )
    }

    /// Carries a link that works only in the mailbox it was sent to, so it goes nowhere else.
    pub const fn is_letter(self) -> bool {
        matches!(
            self,
            Self::EmailVerification | Self::PasswordReset | Self::Invitation
        )
    }

    /// Ways that make sense.
    pub fn possible(self) -> BTreeSet<Channel> {
        if self.is_letter() {
            return BTreeSet::from([Channel::Email]);
        }
        Channel::ALL.into_iter().collect()
    }

    /// Ways until the person prefers others. Practitioners have their calendar open all day, so their mailbox stays empty.
    pub fn usual(self, side: Side) -> BTreeSet<Channel> {
        use Channel::{Email, InApp, Push};
        let channels: &[Channel] = match (self, side) {
            (Self::EmailVerification | Self::PasswordReset | Self::Invitation, _) => &[Email],
            (
                Self::AccountSuspended
                | Self::AccountReactivated
                | Self::RolesChanged
                | Self::SessionEnded
                | Self::RecordOpenedInEmergency
                | Self::DataExportReady
                | Self::ErasureScheduled
                | Self::ErasureCancelled
                | Self::Announcement,
                _,
            ) => &[InApp, Email],
            (Self::AppointmentNotesUpdated, _)
            | (Self::AppointmentCompleted | Self::AppointmentReminder, Side::Practitioner) => &[],
            (Self::AccountRegistered | Self::AccountUpdated, _)
            | (Self::AppointmentCheckedIn | Self::AppointmentCompleted, Side::Patient) => &[InApp],
            (_, Side::Practitioner) => &[InApp, Push],
            (_, Side::Patient) => &[InApp, Email, Push],
        };
        channels.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_usual_is_impossible() {
        for kind in NotificationType::ALL {
            for side in [Side::Patient, Side::Practitioner] {
                assert!(kind.usual(side).is_subset(&kind.possible()), "{kind:?}");
            }
        }
    }

    #[test]
    fn what_is_told_of_an_account_is_told_of_no_patient() {
        for kind in NotificationType::ALL {
            if kind.tells_of_a_record() {
                assert!(!kind.tells_of_a_visit(), "{kind:?}");
            }
            if kind.tells_of_a_visit_to_come() {
                assert!(kind.tells_of_a_visit(), "{kind:?}");
            }
            let of_a_visit = kind.as_str().starts_with("APPOINTMENT_");
            assert_eq!(kind.tells_of_a_visit(), of_a_visit, "{kind:?}");
        }
        assert!(!NotificationType::RolesChanged.tells_of_a_record());
    }

    #[test]
    fn links_go_to_mailboxes_only() {
        for kind in NotificationType::ALL.iter().filter(|kind| kind.is_letter()) {
            assert_eq!(kind.possible(), BTreeSet::from([Channel::Email]));
            assert!(kind.is_security());
        }
    }
}
