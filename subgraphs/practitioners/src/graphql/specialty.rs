//! Fields of care.

use crate::practitioner::Specialty as Known;
use async_graphql::{Object, SimpleObject};

/// A field of care, for example cardiology.
#[derive(SimpleObject)]
pub(super) struct Specialty {
    /// Stable code, for example `CARDIOLOGY`; use it in filters and inputs.
    code: &'static str,
    /// Name in English, after Annex V of the European Union's Directive 2005/36/EC where it lists the field.
    name_en: &'static str,
    /// Name in Vietnamese.
    name_vi: &'static str,
}

impl From<&'static Known> for Specialty {
    fn from(known: &'static Known) -> Self {
        Self {
            code: known.code,
            name_en: known.english,
            name_vi: known.vietnamese,
        }
    }
}

#[derive(Default)]
pub(super) struct SpecialtyQuery;

#[Object]
impl SpecialtyQuery {
    /// All fields of care that practitioners can be put into, by code. The list is the same for everybody and grows only
    /// with new versions of the program. Open to everybody.
    async fn specialties(&self) -> Vec<Specialty> {
        Known::ALL.iter().map(Specialty::from).collect()
    }
}
