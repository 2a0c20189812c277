//! What clients send to record something.

use crate::entry::{
    Allergy, AllergyCategory, AllergyStatus, Code, Condition, ConditionStatus, Content, DocumentType,
    Imaging, Immunization, MedicalDocument, Medication, MedicationSource, MedicationStatus, Placing,
    Severity, Verification,
};
use crate::vitals::{RecordVitals, Sign};
use async_graphql::{ID, InputObject};
use caregraph_contracts::ids::PatientId;
use caregraph_kit::graphql::{Date, named_id};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

/// Declares an input that records an entry: what it says, then where it goes.
macro_rules! entry_input {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(InputObject)]
        pub struct $name {
            /// Whose record.
            patient_id: ID,
            $($(#[$field_doc])* $field: $type,)*
            /// The encounter during which it is written.
            encounter_id: Option<ID>,
            /// Whether the patient may not read it yet; `releaseEntry` lets them.
            #[graphql(default)]
            withheld: bool,
            /// Makes a repetition of the request harmless, 1 to 200 characters of your choice.
            idempotency_key: Option<String>,
        }

        impl $name {
            /// Whose record.
            pub(in crate::graphql) fn patient(&self) -> PatientId {
                named_id(&self.patient_id)
            }

            /// Where it goes.
            pub(in crate::graphql) fn placing(&self) -> Placing {
                Placing {
                    encounter: self.encounter_id.as_ref().map(named_id),
                    withheld: self.withheld,
                    key: self.idempotency_key.clone(),
                }
            }
        }
    };
}

entry_input! {
    /// Vital signs; at least one value.
    RecordVitalsInput {
        /// When they were taken; now when left out.
        taken_at: Option<DateTime<Utc>>,
        /// Heart rate, 10 to 350 per minute.
        heart_rate: Option<i32>,
        /// Systolic blood pressure, 30 to 350 mm[Hg].
        systolic: Option<i32>,
        /// Diastolic blood pressure, 10 to 250 mm[Hg], below the systolic one.
        diastolic: Option<i32>,
        /// Body temperature, 25 to 45 Cel, one decimal.
        temperature: Option<Decimal>,
        /// Breaths, 1 to 120 per minute.
        respiration: Option<i32>,
        /// Oxygen saturation, 30 to 100 %, one decimal.
        oxygen_saturation: Option<Decimal>,
        /// Height, 20 to 275 cm, one decimal.
        height: Option<Decimal>,
        /// Weight, 0.2 to 650 kg, three decimals.
        weight: Option<Decimal>,
        /// Pain, 0 to 10.
        pain: Option<i32>,
        /// What else there is to say, at most 2,000 characters.
        note: Option<String>,
    }
}

impl From<RecordVitalsInput> for RecordVitals {
    fn from(input: RecordVitalsInput) -> Self {
        let whole = |value: Option<i32>| value.map(Decimal::from);
        let values = [
            (Sign::HeartRate, whole(input.heart_rate)),
            (Sign::Systolic, whole(input.systolic)),
            (Sign::Diastolic, whole(input.diastolic)),
            (Sign::Temperature, input.temperature),
            (Sign::Respiration, whole(input.respiration)),
            (Sign::OxygenSaturation, input.oxygen_saturation),
            (Sign::Height, input.height),
            (Sign::Weight, input.weight),
            (Sign::Pain, whole(input.pain)),
        ];
        Self {
            taken_at: input.taken_at,
            values: values
                .into_iter()
                .filter_map(|(sign, value)| Some((sign, value?)))
                .collect(),
            note: input.note,
        }
    }
}

entry_input! {
    /// An allergy or intolerance.
    RecordAllergyInput {
        /// What it is against, 1 to 200 characters.
        substance: String,
        /// The substance's code.
        code: Option<Code>,
        /// What kind of substance.
        category: AllergyCategory,
        /// What happens, at most 5,000 characters.
        reaction: Option<String>,
        /// How bad a reaction was.
        severity: Option<Severity>,
        /// Whether it counts now; `ACTIVE` when left out.
        status: Option<AllergyStatus>,
        /// How sure it is; `UNCONFIRMED` when left out.
        verification: Option<Verification>,
        /// When it was first noticed.
        onset: Option<Date>,
        /// What else there is to say, at most 5,000 characters.
        note: Option<String>,
    }
}

impl From<RecordAllergyInput> for Content {
    fn from(input: RecordAllergyInput) -> Self {
        Self::Allergy(Allergy {
            substance: input.substance,
            code: input.code,
            category: input.category,
            reaction: input.reaction,
            severity: input.severity,
            status: input.status.unwrap_or(AllergyStatus::Active),
            verification: input.verification.unwrap_or(Verification::Unconfirmed),
            onset: input.onset.map(Into::into),
            note: input.note,
        })
    }
}

entry_input! {
    /// A problem or diagnosis that lasts beyond a visit.
    RecordConditionInput {
        /// Code of ICD-10, with or without its dot; see `icd10`. A heading (`billable` is false there) is refused, with codes below it.
        code: String,
        /// Whether it is there now; `ACTIVE` when left out.
        status: Option<ConditionStatus>,
        /// How sure it is; `CONFIRMED` when left out.
        verification: Option<Verification>,
        /// How bad it is.
        severity: Option<Severity>,
        /// When it began.
        onset: Option<Date>,
        /// When it ended.
        abated: Option<Date>,
        /// What else there is to say, at most 5,000 characters.
        note: Option<String>,
    }
}

impl From<RecordConditionInput> for Content {
    fn from(input: RecordConditionInput) -> Self {
        Self::Condition(Condition {
            code: input.code,
            title: String::new(),
            status: input.status.unwrap_or(ConditionStatus::Active),
            verification: input.verification.unwrap_or(Verification::Confirmed),
            severity: input.severity,
            onset: input.onset.map(Into::into),
            abated: input.abated.map(Into::into),
            note: input.note,
        })
    }
}

entry_input! {
    /// An immunization.
    RecordImmunizationInput {
        /// The vaccine, 1 to 200 characters.
        vaccine: String,
        /// The vaccine's code, of `CVX` for example.
        code: Option<Code>,
        /// When it was given.
        given_on: Date,
        /// Which dose of the series, 1 to 20.
        dose: Option<i32>,
        /// The lot, at most 60 characters.
        lot: Option<String>,
        /// Where on the body, at most 200 characters.
        site: Option<String>,
        /// What else there is to say, at most 5,000 characters.
        note: Option<String>,
    }
}

impl From<RecordImmunizationInput> for Content {
    fn from(input: RecordImmunizationInput) -> Self {
        Self::Immunization(Immunization {
            vaccine: input.vaccine,
            code: input.code,
            given_on: input.given_on.into(),
            dose: input.dose,
            lot: input.lot,
            site: input.site,
            note: input.note,
        })
    }
}

entry_input! {
    /// What somebody says about a medicine that the patient takes.
    RecordMedicationStatementInput {
        /// The medicine with its strength, 1 to 200 characters.
        medication: String,
        /// The medicine's code, of `RxNorm` for example.
        code: Option<Code>,
        /// How it is taken, at most 5,000 characters.
        dosage: Option<String>,
        /// What it is taken for, at most 5,000 characters.
        reason: Option<String>,
        /// Whether it is taken now; `ACTIVE` when left out.
        status: Option<MedicationStatus>,
        /// Who says so; `REPORTED` when left out.
        source: Option<MedicationSource>,
        /// Since when.
        started_on: Option<Date>,
        /// Until when; may lie ahead.
        ended_on: Option<Date>,
        /// What else there is to say, at most 5,000 characters.
        note: Option<String>,
    }
}

impl From<RecordMedicationStatementInput> for Content {
    fn from(input: RecordMedicationStatementInput) -> Self {
        Self::Medication(Medication {
            medication: input.medication,
            code: input.code,
            dosage: input.dosage,
            reason: input.reason,
            status: input.status.unwrap_or(MedicationStatus::Active),
            source: input.source.unwrap_or(MedicationSource::Reported),
            started_on: input.started_on.map(Into::into),
            ended_on: input.ended_on.map(Into::into),
            note: input.note,
        })
    }
}

/// What is imaged.
#[derive(InputObject)]
pub struct ImagingStudyInput {
    /// How, by the code of DICOM: `DX`, `CT`, `MR`, `US` …
    modality: String,
    /// Which part of the body, 1 to 200 characters.
    body_site: String,
}

entry_input! {
    /// A document with its file, its report, or both.
    AttachDocumentInput {
        /// What kind.
        document_type: DocumentType,
        /// Its title, 1 to 200 characters.
        title: String,
        /// Its date.
        dated_on: Option<Date>,
        /// The report, or what it says in short, at most 20,000 characters; needed when there is no file.
        report: Option<String>,
        /// The file, uploaded to the address that `requestUpload` gave. A file belongs to one document.
        file_id: Option<ID>,
        /// What was imaged, for images.
        imaging: Option<ImagingStudyInput>,
    }
}

impl From<AttachDocumentInput> for Content {
    fn from(input: AttachDocumentInput) -> Self {
        Self::Document(MedicalDocument {
            document_type: input.document_type,
            title: input.title,
            dated_on: input.dated_on.map(Into::into),
            report: input.report,
            imaging: input.imaging.map(|imaging| Imaging {
                modality: imaging.modality,
                body_site: imaging.body_site,
            }),
            file: input.file_id.as_ref().map(named_id),
        })
    }
}
