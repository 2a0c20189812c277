//! What a message is to say, before it is put into words.
//!
//! Facts are kept instead of words until a message leaves, so that it speaks the reader's language of that moment and the clock on
//! the reader's wall. They are named values; the name decides how a value is shown.

use super::holdings;
use super::kind::{NotificationType, Side};
use crate::language::{Language, time};
use crate::template::{Shown, Values};
use caregraph_contracts::events::{AppointmentFacts, Holdings};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Facts of one message. Sealed wherever they are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Words, ready to be shown.
    #[serde(default)]
    pub words: BTreeMap<String, String>,
    /// Instants, shown as `<name>_date` and `<name>_time` on the reader's clock.
    #[serde(default)]
    pub instants: BTreeMap<String, DateTime<Utc>>,
    /// Where the visit is, when its clock may differ from the reader's.
    pub place_zone: Option<Tz>,
    /// What becomes of data about somebody, shown as the lists `goes` and `stays`.
    pub holdings: Option<Holdings>,
    /// The request behind the link of a letter.
    pub link: Option<Uuid>,
    /// The address of a letter, which may not be the account's (yet).
    pub address: Option<String>,
    /// From then on the message helps nobody.
    pub useless_after: Option<DateTime<Utc>>,
}

/// The name of the word that says who reads of a visit.
const SIDE: &str = "side";
/// What it says to whoever works there.
const PRACTITIONER: &str = "practitioner";

impl Facts {
    /// Facts of a visit, as one side sees them. `patient` is named to the practitioner, and to whoever acts for somebody else.
    pub fn of_visit(visit: &AppointmentFacts, side: Side, patient: Option<&str>) -> Self {
        let mut facts = Self {
            place_zone: visit.time_zone.parse().ok(),
            ..Self::default()
        };
        facts.instants.insert("start".to_owned(), visit.start);
        let side = match side {
            Side::Patient => "patient",
            Side::Practitioner => PRACTITIONER,
        };
        let place = visit.location_name.as_deref().unwrap_or_default();
        for (name, word) in [
            (SIDE, side),
            ("service", &visit.service_name),
            ("practitioner", &visit.practitioner_name),
            ("place", place),
            ("patient", patient.unwrap_or_default()),
            // Not for templates: what is asked before the message leaves.
            ("appointment", &visit.appointment_id.to_string()),
        ] {
            facts.words.insert(name.to_owned(), word.to_owned());
        }
        facts
    }

    /// Whether they are those of a visit, as whoever works there sees it.
    pub fn are_for_a_practitioner(&self) -> bool {
        self.words.get(SIDE).is_some_and(|side| side == PRACTITIONER)
    }

    /// With one word more.
    #[must_use]
    pub fn word(mut self, name: &str, word: impl Into<String>) -> Self {
        self.words.insert(name.to_owned(), word.into());
        self
    }

    /// With one instant more.
    #[must_use]
    pub fn instant(mut self, name: &str, at: DateTime<Utc>) -> Self {
        self.instants.insert(name.to_owned(), at);
        self
    }

    /// With what becomes of data about somebody.
    #[must_use]
    pub fn holdings(mut self, holdings: Holdings) -> Self {
        self.holdings = Some(holdings);
        self
    }

    /// Helps nobody from then on.
    #[must_use]
    pub fn until(mut self, at: DateTime<Utc>) -> Self {
        self.useless_after = Some(at);
        self
    }

    /// The values that templates see.
    pub fn shown(&self, language: Language, zone: Tz) -> Values {
        let words = self.words.iter();
        let mut shown: Values = words
            .map(|(name, word)| (name.clone(), word.as_str().into()))
            .collect();
        for (name, at) in &self.instants {
            shown.insert(format!("{name}_date"), language.date(*at, zone).into());
            shown.insert(format!("{name}_time"), time(*at, zone).into());
        }
        if let Some(holdings) = &self.holdings {
            shown.insert("goes".to_owned(), holdings::goes(holdings, language));
            shown.insert("stays".to_owned(), holdings::stays(holdings, language));
        }
        if let Some(start) = self.instants.get("start") {
            // Told only where two clocks could be confused.
            let there = self.place_zone.unwrap_or(zone);
            let differs = there.name() != zone.name()
                && start.with_timezone(&there).naive_local() != start.with_timezone(&zone).naive_local();
            let local = format!("{}, {}", time(*start, there), language.date(*start, there));
            let clock = if differs { local } else { String::new() };
            shown.insert("place_clock".to_owned(), clock.into());
        }
        shown
    }
}

/// Values that templates of a type can use, with what they mean.
pub fn variables(kind: NotificationType) -> Vec<(&'static str, &'static str)> {
    let mut known = vec![
        ("name", "The reader's name."),
        ("organisation", "What the organisation calls itself."),
        ("url", "Where the application is."),
    ];
    known.extend_from_slice(match kind {
        NotificationType::Announcement => &[("subject", "The subject, as written."), ("body", "The text, as written.")],
        NotificationType::EmailVerification | NotificationType::PasswordReset | NotificationType::Invitation => &[
            ("link", "The link."),
            ("code", "The code in the link, for whoever types it in."),
            ("expires_date", "The day on which the link stops working."),
            ("expires_time", "The time at which the link stops working."),
        ],
        NotificationType::RolesChanged => &[("roles", "All roles after the change.")],
        NotificationType::AccountSuspended => &[("reason", "Why, in an administrator's words.")],
        NotificationType::SessionEnded => &[(
            "reason",
            "`SIGNED_OUT`, `REVOKED`, `TOKEN_REPLAYED`, `PASSWORD_CHANGED`, `ACCOUNT_SUSPENDED` or `ROLES_CHANGED`.",
        )],
        NotificationType::AccountRegistered
        | NotificationType::AccountUpdated
        | NotificationType::AccountReactivated => &[],
        NotificationType::AppointmentBooked
        | NotificationType::AppointmentConfirmed
        | NotificationType::AppointmentRescheduled
        | NotificationType::AppointmentCancelled
        | NotificationType::AppointmentCheckedIn
        | NotificationType::AppointmentCompleted
        | NotificationType::AppointmentNoShow
        | NotificationType::AppointmentNotesUpdated
        | NotificationType::AppointmentReminder => VISIT,
        NotificationType::RecordOpenedInEmergency => &[
            ("opener", "Who opened the record; empty when the name is not known."),
            ("patient", "The patient's name; empty when it is the reader."),
            ("reason", "Why, in the words of whoever opened it."),
            ("opened_date", "The day on which it was opened."),
            ("opened_time", "The time at which it was opened."),
            ("until_date", "The day until which it stays open."),
            ("until_time", "The time until which it stays open."),
        ],
        NotificationType::DataExportReady => &[
            ("patient", "The patient's name; empty when it is the reader."),
            ("until_date", "The day until which the archive is kept."),
            ("until_time", "The time until which the archive is kept."),
        ],
        NotificationType::ErasureScheduled => &[
            ("patient", "The patient's name; empty when it is the reader."),
            ("asked", "`yes` when it is the reader who asked; otherwise empty."),
            ("due_date", "The day on which it is done; until then it can be called off."),
            ("due_time", "The time at which it is done."),
            ("account_ends", "`yes` when an account goes too; otherwise empty."),
            ("goes", "What goes: a list of items with `what` and `count`."),
            (
                "stays",
                "What stays: a list of items with `what`, `count`, `why` and `until`, which is empty when there is no end.",
            ),
        ],
        NotificationType::ErasureCancelled => &[
            ("patient", "The patient's name; empty when it is the reader."),
            ("asked", "`yes` when it is the reader who had asked; otherwise empty."),
        ],
        NotificationType::VisitNotesReady => &[
            ("practitioner", "The name of the practitioner whose visit it was; empty when it is not known."),
            ("visit_date", "The day on which the visit began; empty when it is not known."),
            ("visit_time", "The time at which the visit began; empty when it is not known."),
            ("patient", "The patient's name; empty when it is the reader."),
            ("amended", "`yes` when notes that could be read before were amended; otherwise empty."),
            ("amender", "The name of whoever amended them; empty when nobody did, and when it is not known."),
            ("signed_date", "The day on which they were signed or amended."),
            ("signed_time", "The time at which they were signed or amended."),
        ],
    });
    match kind {
        NotificationType::AppointmentRescheduled => known.extend_from_slice(&[
            ("previous_date", "The day on which it would have been before."),
            ("previous_time", "The time at which it would have begun before."),
        ]),
        NotificationType::AppointmentCancelled => {
            known.push(("by", "Which side called it off: `patient` or `practice`."));
        }
        NotificationType::AppointmentReminder => known.push(("hours", "`24` or `1`.")),
        _ => {}
    }
    known
}

const VISIT: &[(&str, &str)] = &[
    ("side", "Who reads it: `patient` or `practitioner`."),
    ("service", "The service."),
    ("practitioner", "The practitioner's name."),
    ("place", "The place; empty for a video visit."),
    ("patient", "The patient's name; empty when it is the reader."),
    ("start_date", "The day, on the reader's clock."),
    ("start_time", "The time, on the reader's clock."),
    (
        "place_clock",
        "Time and day at the place; empty when they are the reader's.",
    ),
];

/// Made-up values, so that a text can be looked at before it is used.
pub fn sample(kind: NotificationType, language: Language) -> Values {
    let at = DateTime::from_timestamp(1_795_482_000, 0).unwrap_or_default();
    let zone = Tz::Asia__Ho_Chi_Minh;
    variables(kind)
        .into_iter()
        .map(|(name, _)| {
            let word = match name {
                "goes" => return (name.to_owned(), holdings::goes(&holdings::sample(), language)),
                "stays" => return (name.to_owned(), holdings::stays(&holdings::sample(), language)),
                "account_ends" | "asked" | "amended" => "yes".to_owned(),
                "name" => "Nguyễn Thị Lan".to_owned(),
                "organisation" => "Caregraph".to_owned(),
                "url" => "https://clinic.example".to_owned(),
                "subject" => "Opening hours".to_owned(),
                "body" => "We are closed on Monday.".to_owned(),
                "link" => "https://clinic.example/verify?token=abc".to_owned(),
                "code" => "abc".to_owned(),
                "roles" => "DOCTOR".to_owned(),
                "reason" => "REVOKED".to_owned(),
                "side" => "patient".to_owned(),
                "service" => "Cardiology consultation".to_owned(),
                "practitioner" | "opener" => "Phạm Thu Hà".to_owned(),
                "amender" => "James Whitfield".to_owned(),
                "place" => "Caregraph Clinic Bến Thành".to_owned(),
                "by" => "practice".to_owned(),
                "hours" => "24".to_owned(),
                name if name.ends_with("_date") => language.date(at, zone),
                name if name.ends_with("_time") => time(at, zone),
                _ => String::new(),
            };
            (name.to_owned(), Shown::Words(word))
        })
        .collect()
}
