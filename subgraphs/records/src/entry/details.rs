//! What the plainer kinds of entries say. Terms and values follow HL7 FHIR R4.

use async_graphql::{Enum, InputObject, SimpleObject};
use caregraph_contracts::ids::FileId;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

macro_rules! terms {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum $name { $($(#[$vdoc])* $variant),* }
    )*};
}

terms! {
    /// What an allergy is against.
    AllergyCategory {
        /// Something eaten.
        Food,
        /// A medicine.
        Medication,
        /// Something around us, such as pollen or latex.
        Environment,
        /// A biological product, such as a vaccine.
        Biologic,
    }
    /// Whether an allergy counts now.
    AllergyStatus {
        /// It counts.
        Active,
        /// There was no reaction for long; care is still called for.
        Inactive,
        /// It was outgrown or shown not to be there.
        Resolved,
    }
    /// How sure something is.
    Verification {
        /// Told, or suspected.
        Unconfirmed,
        /// Confirmed by a test or by observation.
        Confirmed,
        /// Shown to be wrong.
        Refuted,
    }
    /// How bad something is.
    Severity {
        /// Mild.
        Mild,
        /// Moderate.
        Moderate,
        /// Severe.
        Severe,
    }
    /// Whether a condition is there now.
    ConditionStatus {
        /// It is there.
        Active,
        /// It came back.
        Recurrence,
        /// It is there without symptoms.
        Remission,
        /// It is over.
        Resolved,
    }
    /// Whether a medicine is taken now.
    MedicationStatus {
        /// It is taken.
        Active,
        /// It is paused.
        OnHold,
        /// It was given up before its time.
        Stopped,
        /// The course is over.
        Completed,
    }
    /// Who says that a medicine is taken.
    MedicationSource {
        /// The patient or a relative.
        Reported,
        /// A prescription.
        Prescribed,
    }
    /// What kind of document.
    DocumentType {
        /// A letter or report of another practice.
        Report,
        /// A summary of a stay.
        DischargeSummary,
        /// A referral.
        Referral,
        /// Results of a laboratory.
        LaboratoryReport,
        /// An image or a series of images.
        Imaging,
        /// A signed form.
        Form,
        /// Something else.
        Other,
    }
    /// Blood group by AB0 and rhesus factor.
    BloodType {
        /// A, rhesus positive.
        APositive,
        /// A, rhesus negative.
        ANegative,
        /// B, rhesus positive.
        BPositive,
        /// B, rhesus negative.
        BNegative,
        /// AB, rhesus positive.
        AbPositive,
        /// AB, rhesus negative.
        AbNegative,
        /// 0, rhesus positive.
        OPositive,
        /// 0, rhesus negative.
        ONegative,
    }
}

/// A concept of a terminology.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject, InputObject)]
#[graphql(name = "ClinicalCode", input_name = "ClinicalCodeInput")]
pub struct Code {
    /// The terminology: `RxNorm`, `SNOMED-CT`, `CVX`, `LOINC`, `ATC` or `ICD-10`.
    pub system: String,
    /// The code in it, for example `7980`.
    pub code: String,
}

/// An allergy or intolerance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allergy {
    /// What it is against, in words.
    pub substance: String,
    /// The substance's code.
    pub code: Option<Code>,
    /// What kind of substance.
    pub category: AllergyCategory,
    /// What happens.
    pub reaction: Option<String>,
    /// How bad a reaction was.
    pub severity: Option<Severity>,
    /// Whether it counts now.
    pub status: AllergyStatus,
    /// How sure it is.
    pub verification: Verification,
    /// When it was first noticed.
    pub onset: Option<NaiveDate>,
    /// What else there is to say.
    pub note: Option<String>,
}

/// A problem or diagnosis that lasts beyond a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Code of ICD-10, with its dot.
    pub code: String,
    /// The code's title when it was recorded.
    pub title: String,
    /// Whether it is there now.
    pub status: ConditionStatus,
    /// How sure it is.
    pub verification: Verification,
    /// How bad it is.
    pub severity: Option<Severity>,
    /// When it began.
    pub onset: Option<NaiveDate>,
    /// When it ended.
    pub abated: Option<NaiveDate>,
    /// What else there is to say.
    pub note: Option<String>,
}

/// An immunization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Immunization {
    /// The vaccine, in words.
    pub vaccine: String,
    /// The vaccine's code, of CVX for example.
    pub code: Option<Code>,
    /// When it was given.
    pub given_on: NaiveDate,
    /// Which dose of the series, from 1.
    pub dose: Option<i32>,
    /// The lot.
    pub lot: Option<String>,
    /// Where on the body.
    pub site: Option<String>,
    /// What else there is to say.
    pub note: Option<String>,
}

/// A medicine in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Medication {
    /// The medicine, in words, with its strength.
    pub medication: String,
    /// The medicine's code, of `RxNorm` for example.
    pub code: Option<Code>,
    /// How it is taken, in words: "1 tablet twice daily after meals".
    pub dosage: Option<String>,
    /// What it is taken for.
    pub reason: Option<String>,
    /// Whether it is taken now.
    pub status: MedicationStatus,
    /// Who says so.
    pub source: MedicationSource,
    /// Since when.
    pub started_on: Option<NaiveDate>,
    /// Until when.
    pub ended_on: Option<NaiveDate>,
    /// What else there is to say.
    pub note: Option<String>,
}

/// What an imaging study shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imaging {
    /// How the images were made, by the code of DICOM: `DX`, `CT`, `MR`, `US` …
    pub modality: String,
    /// Which part of the body.
    pub body_site: String,
}

/// A document or an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MedicalDocument {
    /// What kind.
    pub document_type: DocumentType,
    /// Its title.
    pub title: String,
    /// Its date.
    pub dated_on: Option<NaiveDate>,
    /// The report, or what it says in short.
    pub report: Option<String>,
    /// What was imaged, for images.
    pub imaging: Option<Imaging>,
    /// The file.
    pub file: Option<FileId>,
}

/// What holds for the person rather than for a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Background {
    /// Blood group, as determined.
    pub blood_type: Option<BloodType>,
    /// The record in a few sentences.
    pub summary: Option<String>,
    /// Illnesses in the family.
    pub family_history: Option<String>,
    /// Work, home, tobacco, alcohol.
    pub social_history: Option<String>,
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.system, self.code)
    }
}

impl Allergy {
    /// Whether a prescription must heed it.
    pub fn counts(&self) -> bool {
        self.status != AllergyStatus::Resolved && self.verification != Verification::Refuted
    }
}

impl Medication {
    /// Whether it is taken now.
    pub fn is_taken(&self) -> bool {
        self.status == MedicationStatus::Active
    }
}
