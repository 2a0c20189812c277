//! What answers are called.

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// To look at something that is known.
    Read,
    /// To find something.
    Search,
    /// To change something.
    Write,
    /// To change something, but somebody else was faster.
    Clash,
}

impl Sort {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 4] = [Self::Read, Self::Search, Self::Write, Self::Clash];

    /// A word for tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "reads",
            Self::Search => "searches",
            Self::Write => "writes",
            Self::Clash => "clashes",
        }
    }
}

/// Visits of a day or a week, with their patients.
pub const AGENDA: &str = "agenda";
/// Visits that wait for confirmation.
pub const REQUESTS: &str = "requests";
/// A patient's own visits.
pub const VISITS: &str = "visits";
/// Free times of a practitioner.
pub const SLOTS: &str = "slots";
/// The newest entries of a record.
pub const TIMELINE: &str = "timeline";
/// One's own messages.
pub const NOTIFICATIONS: &str = "notifications";
/// Patients by name, telephone or day of birth.
pub const PATIENT_SEARCH: &str = "patient search";
/// Practitioners by name and specialty.
pub const PRACTITIONER_SEARCH: &str = "practitioner search";
/// Services by name.
pub const SERVICE_SEARCH: &str = "service search";
/// Codes of diagnoses.
pub const CODE_SEARCH: &str = "code search";
/// A visit was booked.
pub const BOOK: &str = "book";
/// A visit was confirmed.
pub const CONFIRM: &str = "confirm";
/// Vital signs were written down.
pub const VITALS: &str = "vitals";
/// An encounter was opened.
pub const OPEN_ENCOUNTER: &str = "open encounter";
/// Findings or a diagnosis were written into an encounter.
pub const EDIT_ENCOUNTER: &str = "edit encounter";
/// An encounter was signed.
pub const SIGN_ENCOUNTER: &str = "sign encounter";
/// A message was marked as read.
pub const MARK_READ: &str = "mark read";
/// A time that was free has gone to somebody else, or the patient is elsewhere then.
pub const SLOT_TAKEN: &str = "slot taken";

/// All of them, in the order of the tables.
pub const ALL: [(&str, Sort); 18] = [
    (AGENDA, Sort::Read),
    (REQUESTS, Sort::Read),
    (VISITS, Sort::Read),
    (SLOTS, Sort::Read),
    (TIMELINE, Sort::Read),
    (NOTIFICATIONS, Sort::Read),
    (PATIENT_SEARCH, Sort::Search),
    (PRACTITIONER_SEARCH, Sort::Search),
    (SERVICE_SEARCH, Sort::Search),
    (CODE_SEARCH, Sort::Search),
    (BOOK, Sort::Write),
    (CONFIRM, Sort::Write),
    (VITALS, Sort::Write),
    (OPEN_ENCOUNTER, Sort::Write),
    (EDIT_ENCOUNTER, Sort::Write),
    (SIGN_ENCOUNTER, Sort::Write),
    (MARK_READ, Sort::Write),
    (SLOT_TAKEN, Sort::Clash),
];
