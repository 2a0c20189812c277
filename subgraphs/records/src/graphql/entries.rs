//! Entries of the plainer kinds, as clients see them.

use super::encounter::Encounter;
use super::people::{Patient, Practitioner};
use super::vitals::VitalSigns;
use crate::Services;
use crate::entry::{
    self, AllergyCategory, AllergyStatus, BloodType, Code, ConditionStatus, Content, DocumentType, Entry,
    MedicationSource, MedicationStatus, Severity, Verification,
};
use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject, Union};
use caregraph_contracts::ids::FileId;
use caregraph_kit::files::{Disposition, DownloadLink, FileInfo};
use caregraph_kit::graphql::{ContextExt, Date, answer, fault, named_id};
use chrono::{DateTime, Utc};

/// What all entries of a record have.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "EntryMeta")]
pub struct Meta {
    /// Identifies the entry; `recordHistory` and `retractEntry` take it.
    pub id: ID,
    /// Counts its versions, from 1. Hand it back when you change the entry.
    pub version: i64,
    /// Whose record.
    pub patient: Option<Patient>,
    /// Its place on the timeline: when what it tells of took place or began, as far as that was said.
    pub at: DateTime<Utc>,
    /// When it was written.
    pub recorded_at: DateTime<Utc>,
    /// Who wrote it; null for what was opened by itself.
    pub recorded_by: Option<Practitioner>,
    /// When this version was written.
    pub changed_at: DateTime<Utc>,
    /// Who wrote this version.
    pub changed_by: Option<Practitioner>,
    /// Whether the patient may read it.
    pub released: bool,
    /// Whether it was entered in error; then it counts for nothing.
    pub entered_in_error: bool,
}

impl From<&Entry> for Meta {
    fn from(entry: &Entry) -> Self {
        Self {
            id: entry.id.to_string().into(),
            version: entry.number,
            patient: Some(entry.patient.into()),
            at: entry.at,
            recorded_at: entry.created_at,
            recorded_by: entry.created_by.map(Practitioner::of_user),
            changed_at: entry.changed_at,
            changed_by: entry.changed_by.map(Practitioner::of_user),
            released: entry.released,
            entered_in_error: entry.retracted,
        }
    }
}

/// An allergy or intolerance.
#[derive(Debug, Clone, SimpleObject)]
pub struct Allergy {
    #[graphql(flatten)]
    meta: Meta,
    /// What it is against, in words.
    substance: String,
    /// The substance's code.
    code: Option<Code>,
    /// What kind of substance.
    category: AllergyCategory,
    /// What happens.
    reaction: Option<String>,
    /// How bad a reaction was.
    severity: Option<Severity>,
    /// Whether it counts now.
    status: AllergyStatus,
    /// How sure it is.
    verification: Verification,
    /// When it was first noticed.
    onset: Option<Date>,
    /// What else there is to say.
    note: Option<String>,
}

/// A problem or diagnosis that lasts beyond a visit.
#[derive(Debug, Clone, SimpleObject)]
pub struct Condition {
    #[graphql(flatten)]
    meta: Meta,
    /// Code of ICD-10.
    code: String,
    /// The code's title when it was recorded.
    title: String,
    /// Whether it is there now.
    status: ConditionStatus,
    /// How sure it is.
    verification: Verification,
    /// How bad it is.
    severity: Option<Severity>,
    /// When it began.
    onset: Option<Date>,
    /// When it ended.
    abated: Option<Date>,
    /// What else there is to say.
    note: Option<String>,
}

/// An immunization.
#[derive(Debug, Clone, SimpleObject)]
pub struct Immunization {
    #[graphql(flatten)]
    meta: Meta,
    /// The vaccine, in words.
    vaccine: String,
    /// The vaccine's code.
    code: Option<Code>,
    /// When it was given.
    given_on: Date,
    /// Which dose of the series, from 1.
    dose: Option<i32>,
    /// The lot.
    lot: Option<String>,
    /// Where on the body.
    site: Option<String>,
    /// What else there is to say.
    note: Option<String>,
}

/// What somebody says about a medicine that the patient takes.
#[derive(Debug, Clone, SimpleObject)]
pub struct MedicationStatement {
    #[graphql(flatten)]
    meta: Meta,
    /// The medicine, in words, with its strength.
    medication: String,
    /// The medicine's code.
    code: Option<Code>,
    /// How it is taken.
    dosage: Option<String>,
    /// What it is taken for.
    reason: Option<String>,
    /// Whether it is taken now.
    status: MedicationStatus,
    /// Who says so.
    source: MedicationSource,
    /// Since when.
    started_on: Option<Date>,
    /// Until when.
    ended_on: Option<Date>,
    /// What else there is to say.
    note: Option<String>,
}

/// A document, or a study with images.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ClinicalDocument {
    #[graphql(flatten)]
    meta: Meta,
    /// What kind.
    document_type: DocumentType,
    /// Its title.
    title: String,
    /// Its date.
    dated_on: Option<Date>,
    /// The report, or what it says in short.
    report: Option<String>,
    /// What was imaged; null for documents.
    imaging: Option<ImagingStudy>,
    #[graphql(skip)]
    file: Option<FileId>,
}

#[ComplexObject]
impl ClinicalDocument {
    /// The file; null when there is only a report.
    async fn file(&self, ctx: &Context<'_>) -> Result<Option<ClinicalFile>> {
        let Some(file) = self.file else { return Ok(None) };
        let found = ctx.service::<Services>().attachments.info(file).await;
        let found = found.map_err(|inner| fault(ctx, inner))?;
        Ok(found.map(ClinicalFile::from))
    }

    /// An address where you can read the file, good for five minutes and for you alone; null when there is none. Asking is
    /// written down. It leads nowhere (404) from the moment on in which the document is not open to you any more: withheld from
    /// you, or in a record that has been closed to you. What was taken back is withheld from the patient; whoever gives care still reads it.
    async fn download(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default = false,
            desc = "Whether a browser is to show it, where it can, rather than to save it."
        )]
        inline: bool,
    ) -> Result<Option<FileDownload>> {
        if self.file.is_none() {
            return Ok(None);
        }
        let disposition = if inline {
            Disposition::Inline
        } else {
            Disposition::Attachment
        };
        let attachments = &ctx.service::<Services>().attachments;
        let link = attachments
            .download(&ctx.principal(), named_id(&self.meta.id), disposition)
            .await;
        Ok(answer(ctx, link)?.map(FileDownload::from))
    }
}

/// A file.
#[derive(Debug, Clone, SimpleObject)]
pub struct ClinicalFile {
    /// Identifies the file.
    id: ID,
    /// Its name.
    name: String,
    /// Its media type, found out from the content.
    content_type: String,
    /// Its size in bytes.
    size: u64,
    /// SHA-256 of its content, in hexadecimal.
    sha256: String,
}

impl From<FileInfo> for ClinicalFile {
    fn from(info: FileInfo) -> Self {
        Self {
            id: info.id.to_string().into(),
            name: info.name,
            content_type: info.kind.media_type().to_owned(),
            size: info.size,
            sha256: info.sha256,
        }
    }
}

/// Leave to read a file.
#[derive(Debug, Clone, SimpleObject)]
pub struct FileDownload {
    /// Where: a whole address, or a path on this server. It is a secret.
    url: String,
    /// Until when reading may begin.
    expires_at: DateTime<Utc>,
}

impl From<DownloadLink> for FileDownload {
    fn from(link: DownloadLink) -> Self {
        Self {
            url: link.url,
            expires_at: link.expires_at,
        }
    }
}

/// What was imaged.
#[derive(Debug, Clone, SimpleObject)]
pub struct ImagingStudy {
    /// How, by the code of DICOM: `DX`, `CT`, `MR`, `US` …
    modality: String,
    /// Which part of the body.
    body_site: String,
}

/// What holds for the person rather than for a moment.
#[derive(Debug, Clone, SimpleObject)]
pub struct RecordBackground {
    #[graphql(flatten)]
    meta: Meta,
    /// Blood group, as determined.
    blood_type: Option<BloodType>,
    /// The record in a few sentences.
    summary: Option<String>,
    /// Illnesses in the family.
    family_history: Option<String>,
    /// Work, home, tobacco, alcohol.
    social_history: Option<String>,
}

/// Anything that a medical record consists of.
#[derive(Union)]
#[expect(clippy::large_enum_variant, reason = "made for an answer and gone with it")]
pub enum RecordEntry {
    /// A visit.
    Encounter(Encounter),
    /// Vital signs.
    VitalSigns(VitalSigns),
    /// An allergy.
    Allergy(Allergy),
    /// A condition.
    Condition(Condition),
    /// An immunization.
    Immunization(Immunization),
    /// A medicine.
    MedicationStatement(MedicationStatement),
    /// A document.
    ClinicalDocument(ClinicalDocument),
    /// The background.
    RecordBackground(RecordBackground),
}

impl From<Entry> for RecordEntry {
    fn from(entry: Entry) -> Self {
        let meta = Meta::from(&entry);
        match entry.content.clone() {
            Content::Encounter(encounter) => Self::Encounter(Encounter::new(entry, encounter)),
            Content::Vitals(vitals) => Self::VitalSigns(VitalSigns::new(&entry, vitals)),
            Content::Allergy(allergy) => Self::Allergy(Allergy::new(meta, allergy)),
            Content::Condition(condition) => Self::Condition(Condition::new(meta, condition)),
            Content::Immunization(immunization) => Self::Immunization(Immunization::new(meta, immunization)),
            Content::Medication(medication) => {
                Self::MedicationStatement(MedicationStatement::new(meta, medication))
            }
            Content::Document(document) => Self::ClinicalDocument(ClinicalDocument::new(meta, document)),
            Content::Background(background) => {
                Self::RecordBackground(RecordBackground::new(meta, background))
            }
        }
    }
}

/// Entries of one kind, out of a list of entries that holds no others.
macro_rules! of_entry {
    ($($type:ident from $variant:ident($content:ty) { $($field:ident $(: $convert:expr)?),* $(,)? })*) => {$(
        impl $type {
            fn new(meta: Meta, content: $content) -> Self {
                Self { meta, $($field: of_entry!(@ content.$field $(, $convert)?)),* }
            }

            /// The entry as this type; `None` for one of another kind.
            pub(in crate::graphql) fn of(entry: Entry) -> Option<Self> {
                let meta = Meta::from(&entry);
                match entry.content {
                    Content::$variant(content) => Some(Self::new(meta, content)),
                    _ => None,
                }
            }
        }
    )*};
    (@ $value:expr) => { $value };
    (@ $value:expr, $convert:expr) => { $convert($value) };
}

fn days(day: Option<chrono::NaiveDate>) -> Option<Date> {
    day.map(Date)
}

of_entry! {
    Allergy from Allergy(entry::Allergy) {
        substance, code, category, reaction, severity, status, verification, onset: days, note,
    }
    Condition from Condition(entry::Condition) {
        code, title, status, verification, severity, onset: days, abated: days, note,
    }
    Immunization from Immunization(entry::Immunization) {
        vaccine, code, given_on: Date, dose, lot, site, note,
    }
    MedicationStatement from Medication(entry::Medication) {
        medication, code, dosage, reason, status, source, started_on: days, ended_on: days, note,
    }
    ClinicalDocument from Document(entry::MedicalDocument) {
        document_type, title, dated_on: days, report, file,
        imaging: |imaging: Option<entry::Imaging>| imaging.map(ImagingStudy::from),
    }
    RecordBackground from Background(entry::Background) {
        blood_type, summary, family_history, social_history,
    }
}

impl From<entry::Imaging> for ImagingStudy {
    fn from(imaging: entry::Imaging) -> Self {
        Self {
            modality: imaging.modality,
            body_site: imaging.body_site,
        }
    }
}
