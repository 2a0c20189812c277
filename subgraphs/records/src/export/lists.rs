//! What records itself puts into an archive.

use caregraph_kit::portability::ExportList;

/// The list of documents, whose files lie beside it.
pub(super) const DOCUMENTS: &str = "documents";

macro_rules! entries {
    ($name:expr, $kind:literal, $type:literal, $fields:literal) => {
        ExportList {
            name: $name,
            query: concat!(
                "query ($id: ID!, $after: String) {
                    _entities(representations: [{ __typename: \"Patient\", id: $id }]) { ... on Patient {
                        timeline(filter: { kinds: [",
                $kind,
                "] }, first: 100, after: $after) {
                            nodes { ... on ",
                $type,
                " { id version at recordedAt recordedBy { id } changedAt changedBy { id } enteredInError ",
                $fields,
                " } }
                            pageInfo { hasNextPage endCursor } } } } }"
            ),
            at: "/_entities/0/timeline",
            of_account: false,
        }
    };
}

/// The medical record, as far as it is released to whoever asks.
pub(crate) const LISTS: &[ExportList] = &[
    entries!(
        "encounters",
        "ENCOUNTER",
        "Encounter",
        "class status start end practitioner { id } appointment { id } chiefComplaint history examination notes
            diagnoses { id code title primary note } treatmentPlans { id description instructions followUpOn }
            signature { signedAt signedBy { id } digest }"
    ),
    entries!(
        "vitals",
        "VITALS",
        "VitalSigns",
        "takenAt takenBy { id } critical note readings { kind value unit level }"
    ),
    entries!(
        "allergies",
        "ALLERGY",
        "Allergy",
        "substance code { system code } category severity reaction status verification onset note"
    ),
    entries!(
        "conditions",
        "CONDITION",
        "Condition",
        "code title status verification severity onset abated note"
    ),
    entries!(
        "immunizations",
        "IMMUNIZATION",
        "Immunization",
        "vaccine code { system code } givenOn dose lot site note"
    ),
    entries!(
        "medications",
        "MEDICATION",
        "MedicationStatement",
        "medication code { system code } dosage status source startedOn endedOn reason note"
    ),
    entries!(
        DOCUMENTS,
        "DOCUMENT",
        "ClinicalDocument",
        "documentType title datedOn report imaging { modality bodySite } file { id name contentType size sha256 }"
    ),
    entries!(
        "background",
        "BACKGROUND",
        "RecordBackground",
        "summary bloodType familyHistory socialHistory"
    ),
];
