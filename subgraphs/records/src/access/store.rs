//! What decides about access, as documents: copies of what patients told, and glass that was broken here.

mod erasing;
mod persons;

pub(crate) use erasing::Leftovers;
pub(crate) use persons::Persons;

use super::model::{Broken, Chart, Consent, Facts, Tie};
use caregraph_contracts::RecordPart;
use caregraph_contracts::events::SexAtBirth;
use caregraph_contracts::ids::{ConsentId, GlassBreakId, Id, PatientId, TieId, UserId};
use caregraph_kit::Fault;
use caregraph_kit::crypto::{FieldCipher, FieldRef};
use caregraph_kit::documents::{
    Collection, Commit, Declaration, Direction, Document, Documents, Filter, Kind, Query, Scalar, Versioned,
    micros,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A chart as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ChartRow {
    user: Option<UserId>,
    guardians: Vec<UserId>,
    born: Option<NaiveDate>,
    sex: Option<SexAtBirth>,
    merged_into: Option<PatientId>,
    merged: Vec<PatientId>,
}

impl Document for ChartRow {
    type Id = PatientId;
    const COLLECTION: &'static str = "charts";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
    }
}

/// A care relationship as it is kept, under an identifier that follows from the two people.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TieRow {
    /// Whose relationship; absent in those that were written before this was kept.
    patient: Option<PatientId>,
    #[serde(default, with = "micros::option")]
    since: Option<DateTime<Utc>>,
    #[serde(default, with = "micros::option")]
    until: Option<DateTime<Utc>>,
}

impl Document for TieRow {
    type Id = TieId;
    const COLLECTION: &'static str = "care_ties";
    fn declaration() -> Declaration {
        Declaration::new(Self::COLLECTION)
            .field("patient", Kind::Text)
            .index("of_patient", &[("patient", Direction::Ascending)])
    }
}

/// A consent as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ConsentRow {
    patient: PatientId,
    grantee: UserId,
    parts: Vec<RecordPart>,
    #[serde(default, with = "micros::option")]
    until: Option<DateTime<Utc>>,
    revoked: bool,
}

impl Document for ConsentRow {
    type Id = ConsentId;
    const COLLECTION: &'static str = "consents";
    fn declaration() -> Declaration {
        let up = Direction::Ascending;
        Declaration::new(Self::COLLECTION)
            .field("patient", Kind::Text)
            .field("grantee", Kind::Text)
            .field("revoked", Kind::Boolean)
            .index("by_people", &[("grantee", up), ("patient", up), ("revoked", up)])
            .index("of_patient", &[("patient", up)])
    }
}

/// Broken glass as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GlassRow {
    patient: PatientId,
    user: UserId,
    reason: String,
    #[serde(with = "micros")]
    at: DateTime<Utc>,
    #[serde(with = "micros")]
    until: DateTime<Utc>,
}

impl Document for GlassRow {
    type Id = GlassBreakId;
    const COLLECTION: &'static str = "glass_breaks";
    fn declaration() -> Declaration {
        let up = Direction::Ascending;
        Declaration::new(Self::COLLECTION)
            .field("patient", Kind::Text)
            .field("user", Kind::Text)
            .field("until", Kind::Integer)
            .index("by_people", &[("user", up), ("patient", up), ("until", up)])
            .index("of_patient", &[("patient", up)])
    }
}

/// Reads and writes what decides about access. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AccessStore {
    charts: Collection<ChartRow>,
    ties: Collection<TieRow>,
    consents: Collection<ConsentRow>,
    glass: Collection<GlassRow>,
    cipher: FieldCipher,
}

impl AccessStore {
    pub fn new(documents: &Documents, cipher: FieldCipher) -> Result<Self, Fault> {
        Ok(Self {
            charts: documents.collection()?,
            ties: documents.collection()?,
            consents: documents.collection()?,
            glass: documents.collection()?,
            cipher,
        })
    }

    pub async fn chart(&self, patient: PatientId) -> Result<Option<Versioned<PatientId, Chart>>, Fault> {
        Ok(self.charts.get(patient).await?.map(|row| Versioned {
            id: row.id,
            version: row.version,
            value: row.value.into(),
        }))
    }

    /// Writes a chart; `version` is the one that was read, if there was one.
    pub fn put_chart(
        commit: &mut Commit,
        patient: PatientId,
        version: Option<i64>,
        chart: Chart,
    ) -> Result<(), Fault> {
        put(commit, patient, version, &ChartRow::from(chart))
    }

    /// Everything that decides about `user` and `patient`, under whatever identifier the patient is asked for. Without charts when
    /// there is no such patient.
    pub async fn facts(&self, user: UserId, patient: PatientId, now: DateTime<Utc>) -> Result<Facts, Fault> {
        let Some(root) = self.root(patient).await? else {
            return Ok(Facts::default());
        };
        let mut charts: Vec<(PatientId, Chart)> = vec![root];
        let mut next = charts[0].1.merged.clone();
        while !next.is_empty() && charts.len() < MOST_MERGED {
            let rows = self.charts.get_many(&next).await?;
            let found = rows.into_iter().map(|row| (row.id, Chart::from(row.value)));
            let found: Vec<_> = found.collect();
            next = found
                .iter()
                .flat_map(|(_, chart)| chart.merged.iter().copied())
                .collect();
            charts.extend(found);
        }
        let patients: Vec<PatientId> = charts.iter().map(|(id, _)| *id).collect();
        let ids: Vec<TieId> = patients.iter().map(|id| tie_id(*id, user)).collect();
        let ties = self.ties.get_many(&ids).await?;
        let together = || Filter::one_of("patient", patients.iter().map(|id| Scalar::id(*id)));
        let consents = together()
            .and(Filter::is("grantee", Scalar::id(user)))
            .and(Filter::is("revoked", false));
        let consents = self.consents.find(&Query::of(consents)).await?;
        let broken = together()
            .and(Filter::is("user", Scalar::id(user)))
            .and(Filter::at_least("until", now));
        let broken = self.glass.find(&Query::of(broken)).await?;
        let broken = broken.into_iter().map(|(_, row)| self.broken(row));
        Ok(Facts {
            charts,
            ties: ties.into_iter().map(|row| row.value.into()).collect(),
            consents: consents.into_iter().map(|(_, row)| row.value.into()).collect(),
            broken: broken.collect::<Result<_, Fault>>()?,
        })
    }

    /// The surviving patient of those who turned out to be one.
    async fn root(&self, patient: PatientId) -> Result<Option<(PatientId, Chart)>, Fault> {
        let mut id = patient;
        for _ in 0..MOST_MERGED {
            let Some(found) = self.chart(id).await? else {
                return Ok(None);
            };
            match found.value.merged_into {
                Some(surviving) => id = surviving,
                None => return Ok(Some((id, found.value))),
            }
        }
        Err(Fault::new("patients merged in a circle", id.to_string()))
    }

    pub async fn put_tie(
        &self,
        commit: &mut Commit,
        (patient, user): (PatientId, UserId),
        tie: Tie,
    ) -> Result<(), Fault> {
        let id = tie_id(patient, user);
        let known = self.ties.get(id).await?.map(|row| row.version);
        let row = TieRow {
            patient: Some(patient),
            since: tie.since,
            until: tie.until,
        };
        put(commit, id, known, &row)
    }

    pub async fn put_consent(
        &self,
        commit: &mut Commit,
        id: ConsentId,
        (patient, grantee): (PatientId, UserId),
        consent: Consent,
    ) -> Result<(), Fault> {
        let known = self.consents.get(id).await?.map(|row| row.version);
        let row = ConsentRow {
            patient,
            grantee,
            parts: consent.parts,
            until: consent.until,
            revoked: consent.revoked,
        };
        put(commit, id, known, &row)
    }

    /// The glass of a record that somebody broke last, be it over or not; `None` when they never did.
    pub async fn last_break(&self, user: UserId, patient: PatientId) -> Result<Option<GlassBreakId>, Fault> {
        let Some((root, _)) = self.root(patient).await? else {
            return Ok(None);
        };
        let theirs = Filter::is("user", Scalar::id(user)).and(Filter::is("patient", Scalar::id(root)));
        let newest = Query::of(theirs).sorted_by("until", Direction::Descending);
        Ok(self.glass.first(newest).await?.map(|row| row.id))
    }

    /// Breaks glass after `last`. Of two who break it after the same one the commit of the second is a duplicate.
    pub fn break_glass(
        &self,
        commit: &mut Commit,
        last: Option<GlassBreakId>,
        (patient, user): (PatientId, UserId),
        reason: &str,
        (at, until): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(), Fault> {
        let id = break_id((patient, user), last);
        let row = GlassRow {
            patient,
            user,
            reason: self.cipher.seal(place(id), reason),
            at,
            until,
        };
        Ok(commit.insert(id, &row)?)
    }

    fn broken(&self, row: Versioned<GlassBreakId, GlassRow>) -> Result<Broken, Fault> {
        Ok(Broken {
            reason: self.cipher.open(place(row.id), &row.value.reason)?,
            until: row.value.until,
        })
    }
}

/// Nobody turns out to be more people than this; whoever does was merged in a circle.
const MOST_MERGED: usize = 32;

fn put<T: Document>(commit: &mut Commit, id: T::Id, known: Option<i64>, row: &T) -> Result<(), Fault> {
    match known {
        Some(version) => commit.replace(id, version, row)?,
        None => commit.insert(id, row)?,
    }
    Ok(())
}

/// One relationship between two people has one document, however often it changes.
fn tie_id(patient: PatientId, user: UserId) -> TieId {
    Uuid::new_v5(&patient.uuid(), user.uuid().as_bytes()).into()
}

/// What somebody breaks of one record after the same glass is the same glass.
fn break_id((patient, user): (PatientId, UserId), last: Option<GlassBreakId>) -> GlassBreakId {
    let pair = tie_id(patient, user).uuid();
    match last {
        Some(last) => Uuid::new_v5(&pair, last.uuid().as_bytes()).into(),
        None => Uuid::new_v5(&pair, b"first").into(),
    }
}

fn place(id: GlassBreakId) -> FieldRef<'static> {
    FieldRef {
        table: GlassRow::COLLECTION,
        record: id.uuid(),
        field: "reason",
    }
}

impl From<ChartRow> for Chart {
    fn from(row: ChartRow) -> Self {
        Self {
            user: row.user,
            guardians: row.guardians,
            born: row.born,
            sex: row.sex,
            merged_into: row.merged_into,
            merged: row.merged,
        }
    }
}

impl From<Chart> for ChartRow {
    fn from(chart: Chart) -> Self {
        Self {
            user: chart.user,
            guardians: chart.guardians,
            born: chart.born,
            sex: chart.sex,
            merged_into: chart.merged_into,
            merged: chart.merged,
        }
    }
}

impl From<TieRow> for Tie {
    fn from(row: TieRow) -> Self {
        Self {
            since: row.since,
            until: row.until,
        }
    }
}

impl From<ConsentRow> for Consent {
    fn from(row: ConsentRow) -> Self {
        Self {
            parts: row.parts,
            until: row.until,
            revoked: row.revoked,
        }
    }
}
