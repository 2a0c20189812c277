//! The texts that come with the program: one file per type and language in `templates/`.
//!
//! A file has three parts, divided by lines of `---`: the subject, one short text for inboxes, telephones and text messages, and
//! the text of an e-mail.

use super::model::{TemplateKey, Wording};
use crate::language::Language;
use crate::notification::{Channel, NotificationType};

macro_rules! files {
    ($($variant:ident = $file:literal;)*) => {
        const fn file(kind: NotificationType, language: Language) -> &'static str {
            match (kind, language) {
                $(
                    (NotificationType::$variant, Language::En) => include_str!(concat!("../../templates/en/", $file, ".jinja")),
                    (NotificationType::$variant, Language::Vi) => include_str!(concat!("../../templates/vi/", $file, ".jinja")),
                )*
            }
        }
    };
}

files! {
    Announcement = "announcement";
    EmailVerification = "email_verification";
    PasswordReset = "password_reset";
    Invitation = "invitation";
    AccountRegistered = "account_registered";
    AccountUpdated = "account_updated";
    RolesChanged = "roles_changed";
    AccountSuspended = "account_suspended";
    AccountReactivated = "account_reactivated";
    SessionEnded = "session_ended";
    AppointmentBooked = "appointment_booked";
    AppointmentConfirmed = "appointment_confirmed";
    AppointmentRescheduled = "appointment_rescheduled";
    AppointmentCancelled = "appointment_cancelled";
    AppointmentCheckedIn = "appointment_checked_in";
    AppointmentCompleted = "appointment_completed";
    AppointmentNoShow = "appointment_no_show";
    AppointmentNotesUpdated = "appointment_notes_updated";
    AppointmentReminder = "appointment_reminder";
    RecordOpenedInEmergency = "record_opened_in_emergency";
    VisitNotesReady = "visit_notes_ready";
    DataExportReady = "data_export_ready";
    ErasureScheduled = "erasure_scheduled";
    ErasureCancelled = "erasure_cancelled";
}

/// The built-in text.
pub(crate) fn wording(key: TemplateKey) -> Wording {
    let mut parts = file(key.kind, key.language).splitn(3, "\n---\n");
    let mut part = || parts.next().unwrap_or_default().trim().to_owned();
    let (subject, short, long) = (part(), part(), part());
    let text = match key.channel {
        Channel::Email => long,
        Channel::InApp | Channel::Sms | Channel::Push => short,
    };
    Wording {
        subject,
        text,
        html: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notification::sample;
    use crate::template::render::render;

    #[test]
    fn every_built_in_text_renders_with_what_its_type_offers() {
        for kind in NotificationType::ALL {
            for channel in kind.possible() {
                for language in Language::ALL {
                    let key = TemplateKey {
                        kind: *kind,
                        channel,
                        language,
                    };
                    let rendered = render(&wording(key), channel, &sample(*kind, language));
                    let rendered = rendered.unwrap_or_else(|error| panic!("{key:?}: {error}"));
                    assert!(
                        !rendered.subject.is_empty() && !rendered.text.is_empty(),
                        "{key:?}"
                    );
                    assert!(!rendered.text.contains("---"), "{key:?}");
                }
            }
        }
    }
}
