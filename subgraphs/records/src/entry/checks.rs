//! What the plainer kinds of entries may say. Pure.

use super::Content;
use super::details::{
    Allergy, Background, Code, Condition, Imaging, Immunization, MedicalDocument, Medication,
};
use caregraph_kit::validate::Checks;
use caregraph_kit::{Failure, Rejection};
use chrono::{DateTime, Days, NaiveDate, Utc};

/// Longest names, and longest texts, in characters.
const NAME: usize = 200;
const TEXT: usize = 5_000;

/// Terminologies that codes may come from.
const SYSTEMS: [&str; 6] = ["RxNorm", "SNOMED-CT", "CVX", "LOINC", "ATC", "ICD-10"];

/// The content with clean texts; every mistake at once.
pub(super) fn checked(content: Content, now: DateTime<Utc>) -> Result<Content, Failure> {
    let mut form = Form {
        checks: Checks::new(),
        // It is tomorrow already in the east.
        latest: now.date_naive() + Days::new(1),
    };
    let checked = match content {
        Content::Allergy(allergy) => Content::Allergy(form.allergy(allergy)),
        Content::Condition(condition) => Content::Condition(form.condition(condition)),
        Content::Immunization(immunization) => Content::Immunization(form.immunization(immunization)),
        Content::Medication(medication) => Content::Medication(form.medication(medication)),
        Content::Document(document) => Content::Document(form.document(document)),
        Content::Background(background) => Content::Background(form.background(background)),
        // These have rules of their own.
        other @ (Content::Encounter(_) | Content::Vitals(_)) => other,
    };
    form.checks.done::<Rejection>()?;
    Ok(checked)
}

struct Form {
    checks: Checks,
    latest: NaiveDate,
}

impl Form {
    fn allergy(&mut self, allergy: Allergy) -> Allergy {
        self.past("onset", allergy.onset);
        Allergy {
            substance: self.checks.text("substance", &allergy.substance, NAME),
            code: self.code(allergy.code),
            reaction: self.text("reaction", allergy.reaction.as_deref()),
            note: self.text("note", allergy.note.as_deref()),
            ..allergy
        }
    }

    fn condition(&mut self, condition: Condition) -> Condition {
        self.past("onset", condition.onset);
        self.past("abated", condition.abated);
        self.in_order("abated", condition.onset, condition.abated);
        Condition {
            note: self.text("note", condition.note.as_deref()),
            ..condition
        }
    }

    fn immunization(&mut self, immunization: Immunization) -> Immunization {
        self.past("givenOn", Some(immunization.given_on));
        let dose = immunization.dose;
        self.checks.require(
            dose.is_none_or(|dose| (1..=20).contains(&dose)),
            "dose",
            "must be 1 to 20",
        );
        Immunization {
            vaccine: self.checks.text("vaccine", &immunization.vaccine, NAME),
            code: self.code(immunization.code),
            lot: self.checks.optional_text("lot", immunization.lot.as_deref(), 60),
            site: self
                .checks
                .optional_text("site", immunization.site.as_deref(), NAME),
            note: self.text("note", immunization.note.as_deref()),
            ..immunization
        }
    }

    fn medication(&mut self, medication: Medication) -> Medication {
        self.past("startedOn", medication.started_on);
        self.in_order("endedOn", medication.started_on, medication.ended_on);
        Medication {
            medication: self.checks.text("medication", &medication.medication, NAME),
            code: self.code(medication.code),
            dosage: self.text("dosage", medication.dosage.as_deref()),
            reason: self.text("reason", medication.reason.as_deref()),
            note: self.text("note", medication.note.as_deref()),
            ..medication
        }
    }

    fn document(&mut self, document: MedicalDocument) -> MedicalDocument {
        self.past("datedOn", document.dated_on);
        let something = document.file.is_some()
            || document
                .report
                .as_ref()
                .is_some_and(|text| !text.trim().is_empty());
        self.checks
            .require(something, "", "a document has a file or a report");
        let imaging = document.imaging.map(|imaging| Imaging {
            modality: self.checks.text("imaging.modality", &imaging.modality, 16),
            body_site: self.checks.text("imaging.bodySite", &imaging.body_site, NAME),
        });
        MedicalDocument {
            title: self.checks.text("title", &document.title, NAME),
            report: self
                .checks
                .optional_text("report", document.report.as_deref(), 20_000),
            imaging,
            ..document
        }
    }

    fn background(&mut self, background: Background) -> Background {
        Background {
            summary: self.text("summary", background.summary.as_deref()),
            family_history: self.text("familyHistory", background.family_history.as_deref()),
            social_history: self.text("socialHistory", background.social_history.as_deref()),
            ..background
        }
    }

    fn text(&mut self, path: &str, text: Option<&str>) -> Option<String> {
        self.checks.optional_text(path, text, TEXT)
    }

    fn code(&mut self, code: Option<Code>) -> Option<Code> {
        let code = code?;
        let known = SYSTEMS
            .iter()
            .find(|system| system.eq_ignore_ascii_case(code.system.trim()));
        let message = format!("must be one of {}", SYSTEMS.join(", "));
        self.checks.require(known.is_some(), "code.system", &message);
        let text = self.checks.text("code.code", &code.code, 40);
        let plain = text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
        self.checks.require(plain, "code.code", "is not a code");
        Some(Code {
            system: (*known?).to_owned(),
            code: text,
        })
    }

    fn past(&mut self, path: &str, day: Option<NaiveDate>) {
        let (latest, earliest) = (self.latest, NaiveDate::from_ymd_opt(1890, 1, 1));
        self.checks.require(
            day.is_none_or(|day| day <= latest),
            path,
            "must not be in the future",
        );
        self.checks.require(
            day.is_none_or(|day| Some(day) >= earliest),
            path,
            "must not be before 1890",
        );
    }

    fn in_order(&mut self, path: &str, first: Option<NaiveDate>, last: Option<NaiveDate>) {
        let in_order = first.zip(last).is_none_or(|(first, last)| first <= last);
        self.checks
            .require(in_order, path, "must not be before the beginning");
    }
}
