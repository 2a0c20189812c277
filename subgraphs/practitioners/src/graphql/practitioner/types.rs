//! How a practitioner looks in the graph.

use crate::access::works_here;
use crate::graphql::department::Department;
use crate::graphql::loaders::{DepartmentLoader, LocationLoader, own};
use crate::graphql::location::Location;
use crate::graphql::specialty::Specialty;
use crate::location::Location as Place;
use crate::practitioner as domain;
use crate::practitioner::{PractitionerService, Shown};
use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use caregraph_kit::graphql::{ContextExt, Date, fault};

/// What somebody is trained as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Profession")]
pub(in crate::graphql) enum Profession {
    /// A physician or dentist.
    Doctor,
    /// A nurse or midwife.
    Nurse,
    /// A pharmacist.
    Pharmacist,
    /// A laboratory or imaging technician.
    Technician,
}

/// A person's account; everything about it is identity's to tell.
#[derive(SimpleObject)]
#[graphql(unresolvable)]
pub(in crate::graphql) struct User {
    /// Identifies the account.
    id: ID,
}

/// A practitioner as the viewer may see it.
pub(in crate::graphql) struct Practitioner(pub(in crate::graphql) Shown);

impl Practitioner {
    fn profile(&self) -> &domain::Profile {
        &self.0.practitioner.profile
    }

    fn private(&self) -> Option<&domain::Private> {
        self.0.private.as_ref()
    }

    /// Where the practitioner works, in the order of preference. A place that is gone is left out.
    async fn places(&self, ctx: &Context<'_>) -> Result<Vec<Place>> {
        let ids = &self.profile().locations;
        let loader = ctx.service::<DataLoader<LocationLoader>>();
        let mut found = loader
            .load_many(ids.iter().copied())
            .await
            .map_err(|error| fault(ctx, own(error)))?;
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }
}

/// Somebody who gives care here: a doctor, nurse, pharmacist or technician.
///
/// Anyone may see active practitioners without signing in, apart from contact data and licence. Of those who have left,
/// the public sees name, title, profession and specialties where something refers to them, for example an old
/// appointment; staff see everything that is public.
#[Object]
impl Practitioner {
    /// Identifies the practitioner; equals the id of the account.
    async fn id(&self) -> ID {
        ID(self.0.practitioner.id.to_string())
    }

    /// Name without title, for example `Nguyễn Minh Anh`.
    async fn display_name(&self) -> &str {
        &self.profile().display_name
    }

    /// Academic or professional title, for example `Dr.` or `BS.CKII`.
    async fn title(&self) -> Option<&str> {
        self.profile().title.as_deref()
    }

    /// Name with title, as it stands on the door: `Dr. Nguyễn Minh Anh`.
    async fn name_with_title(&self) -> String {
        self.profile().name_with_title()
    }

    /// What the practitioner is trained as.
    async fn profession(&self) -> Profession {
        self.profile().profession.into()
    }

    /// Fields of care, the main one first.
    async fn specialties(&self) -> Vec<Specialty> {
        self.profile()
            .specialties
            .iter()
            .copied()
            .map(Specialty::from)
            .collect()
    }

    /// Self-description for patients, at most 4000 characters.
    async fn biography(&self) -> Option<&str> {
        self.profile().biography.as_deref()
    }

    /// Languages spoken with patients as BCP 47 tags (`vi`, `en-GB`), the best first.
    async fn languages(&self) -> Vec<&str> {
        self.profile()
            .languages
            .iter()
            .map(domain::LanguageTag::as_str)
            .collect()
    }

    /// Year in which the practitioner began to practise.
    async fn practising_since(&self) -> Option<i32> {
        self.profile().practising_since
    }

    /// Whole calendar years since the practitioner began to practise, counted today.
    async fn years_in_practice(&self, ctx: &Context<'_>) -> Option<i32> {
        self.profile()
            .years_in_practice(ctx.service::<PractitionerService>().now())
    }

    /// `https` address of a picture.
    async fn photo_url(&self) -> Option<&str> {
        self.profile().photo_url.as_deref()
    }

    /// Departments, the main one first. Those not in use any more are shown to staff only.
    async fn departments(&self, ctx: &Context<'_>) -> Result<Vec<Department>> {
        let ids = &self.profile().departments;
        let loader = ctx.service::<DataLoader<DepartmentLoader>>();
        let mut found = loader
            .load_many(ids.iter().copied())
            .await
            .map_err(|error| fault(ctx, own(error)))?;
        let all = works_here(&ctx.principal());
        let visible = ids
            .iter()
            .filter_map(|id| found.remove(id))
            .filter(|department| all || department.active);
        Ok(visible.map(Department).collect())
    }

    /// Where the practitioner works, the main place first. Places not in use any more are shown to staff only.
    async fn locations(&self, ctx: &Context<'_>) -> Result<Vec<Location>> {
        let all = works_here(&ctx.principal());
        let places = self.places(ctx).await?;
        Ok(places
            .into_iter()
            .filter(|location| all || location.place.active)
            .map(Location)
            .collect())
    }

    /// Whether the practitioner takes people who have not been there before.
    async fn accepting_new_patients(&self) -> bool {
        self.profile().accepting_new_patients
    }

    /// Whether appointments can be booked at all, as of now: the practitioner works here and the licence has not expired.
    /// The last day of a licence counts in full, on the clocks of the place of work.
    async fn accepts_bookings(&self, ctx: &Context<'_>) -> Result<bool> {
        if !self.0.practitioner.active {
            return Ok(false);
        }
        let now = ctx.service::<PractitionerService>().now();
        let zones: Vec<_> = self
            .places(ctx)
            .await?
            .iter()
            .map(|location| location.place.time_zone)
            .collect();
        Ok(self.0.practitioner.accepts_bookings(now, &zones))
    }

    /// Whether the practitioner works here. `false` once deactivated: no new bookings, existing ones wait for
    /// reassignment.
    async fn active(&self) -> bool {
        self.0.practitioner.active
    }

    /// Number of the licence to practise. Null unless you are the practitioner or manage practitioners.
    async fn licence_number(&self) -> Option<&str> {
        self.private()?.licence_number.as_deref()
    }

    /// Last day on which the licence is good; null when it has no end, or unless you are the practitioner or manage
    /// practitioners.
    async fn licence_expires_on(&self) -> Option<Date> {
        self.private()?;
        self.profile().licence_expires_on.map(Date)
    }

    /// Telephone at work in E.164 (`+84912345678`). Null unless you are the practitioner or manage practitioners.
    async fn work_phone(&self) -> Option<&str> {
        self.private()?.work_phone.as_deref()
    }

    /// E-mail address at work. Null unless you are the practitioner or manage practitioners.
    async fn work_email(&self) -> Option<&str> {
        self.private()?.work_email.as_deref()
    }

    /// Why the practitioner was deactivated, while that is so. Null unless you are the practitioner or manage
    /// practitioners.
    async fn deactivation_reason(&self) -> Option<&str> {
        self.private()?.deactivation_reason.as_deref()
    }

    /// The practitioner's account. Null unless you are the practitioner or manage practitioners.
    async fn user(&self) -> Option<User> {
        self.private()?;
        Some(User {
            id: ID(self.0.practitioner.id.to_string()),
        })
    }

    /// Counts changes, from 1. Send it back as `expectedVersion` so that two people do not overwrite each other's edits.
    async fn version(&self) -> i64 {
        self.0.practitioner.version
    }
}
