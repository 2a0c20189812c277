//! Whether a certain time is on offer, and why not.

use super::AvailabilityService;
use super::load::load;
use super::model::Offered;
use super::planner::{Days, Planner};
use super::query::DateRange;
use crate::directory::Practitioner;
use crate::medical_service::MedicalService;
use caregraph_contracts::ids::{MedicalServiceId, PractitionerId};
use caregraph_kit::{Failure, Rejection};
use chrono::{DateTime, Utc};

impl AvailabilityService {
    /// The time on offer that starts exactly at `start`, whether it is taken or not: cells decide that when it is
    /// booked. Says why when there is none.
    pub async fn offered(
        &self,
        service_id: MedicalServiceId,
        practitioner_id: PractitionerId,
        start: DateTime<Utc>,
        for_staff: bool,
    ) -> Result<Offered, Failure> {
        let service = self.service(service_id).await?;
        let practitioner = self.practitioner(practitioner_id).await?;
        let now = self.ground.clock.now();
        may_be_booked(&service, &practitioner, for_staff)?;
        if start <= now {
            return Err(Rejection::invalid("start", "must lie in the future").into());
        }
        if start - now > self.settings.horizon() {
            let message = format!(
                "must not lie more than {} days ahead",
                self.settings.horizon().num_days()
            );
            return Err(Rejection::invalid("start", message).into());
        }
        let wanted = self.wanted(
            service,
            vec![practitioner.clone()],
            None,
            DateRange::around(start),
        );
        let dates = wanted.dates;
        let planner = load(self.ground.database.reader(), wanted, false).await?;
        let slots = planner.offered(&practitioner, dates, &mut Days::new());
        match slots.into_iter().find(|dated| dated.slot.start == start) {
            Some(found) => Ok(Offered {
                service: planner.service,
                slot: found.slot,
            }),
            None => Err(why_not(&planner, &practitioner, dates, start).into()),
        }
    }
}

fn may_be_booked(
    service: &MedicalService,
    practitioner: &Practitioner,
    for_staff: bool,
) -> Result<(), Rejection> {
    if !service.details.active {
        return Err(Rejection::conflict(
            "serviceId",
            "this service cannot be booked any more",
        ));
    }
    if !service.details.practitioners.contains(&practitioner.id) {
        return Err(Rejection::invalid(
            "practitionerId",
            "does not offer this service",
        ));
    }
    if !practitioner.active {
        return Err(Rejection::conflict(
            "practitionerId",
            "takes no bookings any more",
        ));
    }
    if !practitioner.is_offered_to(for_staff) {
        let message = "takes no new patients at present; the front desk can book for patients who are known";
        return Err(Rejection::conflict("practitionerId", message));
    }
    Ok(())
}

/// Why there is no time on offer that starts at `start`, in words that help to find one.
fn why_not(
    planner: &Planner,
    practitioner: &Practitioner,
    dates: DateRange,
    start: DateTime<Utc>,
) -> Rejection {
    let end = start + planner.service.duration();
    let hours = planner.stretches(practitioner.id, dates);
    let Some((date, _)) = hours.iter().find(|(_, stretch)| stretch.contains(start, end)) else {
        let message = if hours.iter().any(|(_, stretch)| stretch.meets(start, end)) {
            "the visit would not lie entirely within the practitioner's hours"
        } else {
            "lies outside the practitioner's hours"
        };
        return Rejection::invalid("start", message);
    };
    if planner.is_absent(practitioner.id, start) {
        return Rejection::conflict("start", "the practitioner is absent then");
    }
    if !practitioner.may_see_patients_on(*date) {
        return Rejection::conflict(
            "practitionerId",
            "takes no bookings for that day: the licence will have expired",
        );
    }
    let step = planner.service.details.timing.step_minutes();
    Rejection::invalid(
        "start",
        format!(
            "is not one of the times on offer; visits start every {step} minutes from the beginning of the hours"
        ),
    )
}
