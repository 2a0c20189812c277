//! Codes as a graph: thin, no rules.

use super::service::MOST_SEARCH;
use super::{Icd10, Icd10Code as Found};
use async_graphql::{Context, Error, ErrorExtensions, Object, Result, SimpleObject};
use caregraph_kit::graphql::{ContextExt, fault};

const DEFAULT: usize = 20;
const MOST: usize = 50;

/// A diagnosis code of ICD-10-CM.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Icd10Code {
    /// The code with its dot, for example `E11.9`.
    pub code: String,
    /// English title, as published.
    pub title: String,
    /// Vietnamese name, where one is known.
    pub title_vi: Option<String>,
    /// Whether a diagnosis or condition can be recorded with it. Otherwise it is the heading of more exact codes, and refused there.
    pub billable: bool,
}

impl From<Found> for Icd10Code {
    fn from(found: Found) -> Self {
        let Found {
            code,
            title,
            title_vi,
            billable,
        } = found;
        Self {
            code,
            title,
            title_vi,
            billable,
        }
    }
}

/// Diagnosis codes.
#[derive(Default)]
pub struct Icd10Query;

#[Object]
impl Icd10Query {
    /// Diagnosis codes that a text means, the best first; for everybody who is signed in. Found by the code or its beginning of two
    /// characters or more, with or without dot, and by words of the English or Vietnamese name in any order, with or without accents, as they are being typed
    /// and with typing mistakes; "tuýp" and "type" find "típ", "tiểu đường" finds "đái tháo đường". Names that begin with the text come
    /// before those that contain it, these before those that have its words elsewhere; but a common code comes before a rarer one that
    /// fits one step better: "hypertension" finds I10, "Essential (primary) hypertension", before I15.2, whose name begins with it. Then
    /// come codes that can be recorded before headings, and less exact ones before others.
    async fn icd10(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to look for, at most 100 characters. Nothing is found by nothing.")]
        search: String,
        #[graphql(desc = "How many, 1 to 50; 20 when left out.")] first: Option<i32>,
    ) -> Result<Vec<Icd10Code>> {
        ctx.principal().require_user()?;
        let limit = first.map_or(Some(DEFAULT), |first| usize::try_from(first).ok());
        let Some(limit) = limit.filter(|limit| (1..=MOST).contains(limit)) else {
            return Err(bad_input(format!("`first` must be between 1 and {MOST}")));
        };
        if search.chars().count() > MOST_SEARCH {
            return Err(bad_input(format!(
                "`search` must have at most {MOST_SEARCH} characters"
            )));
        }
        let found = ctx.service::<Icd10>().search(&search, limit).await;
        let found = found.map_err(|error| fault(ctx, error))?;
        Ok(found.into_iter().map(Icd10Code::from).collect())
    }

    /// One diagnosis code; null when there is none. For everybody who is signed in.
    async fn icd10_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code, with or without dot, in either case.")] code: String,
    ) -> Result<Option<Icd10Code>> {
        ctx.principal().require_user()?;
        let found = ctx.service::<Icd10>().get(&code).await;
        Ok(found.map_err(|error| fault(ctx, error))?.map(Icd10Code::from))
    }
}

fn bad_input(message: String) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", "BAD_USER_INPUT"))
}
