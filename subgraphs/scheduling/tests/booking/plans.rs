//! What the store is asked is found by indexes, however many visits there are.

use crate::world::{Clinic, cancel, tomorrow};
use caregraph_contracts::events::AppointmentStatus;
use caregraph_kit::graphql::PageArgs;
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::{Case, Plans};
use caregraph_scheduling::appointment::{ListAppointments, store};
use caregraph_scheduling::availability::SlotQuery;
use caregraph_scheduling::hold::HoldSlot;
use chrono::TimeDelta;

/// Records of a person are read with their guardians, and sorted so that what belongs to one record comes together: few for anybody.
/// Where the table holds next to nothing, PostgreSQL goes through its key instead.
const RECORDS: &str = "known_patients";

fn first_page<K>() -> PageArgs<K> {
    PageArgs {
        first: 20,
        after: None,
    }
}

on_every_engine! {
    async fn days_and_lists(clinic: Clinic) {
        let plans = Plans::of(&clinic.here.ground.database);
        let appointments = &clinic.here.appointments;
        let (doctor, nurse) = (&clinic.doctors[0], &clinic.nurse);
        let patient = clinic.patient().await;
        clinic.confirmed_visit(&patient, tomorrow(9, 0)).await;
        let day = (tomorrow(0, 0), tomorrow(24, 0));
        plans
            .check(
                Case::of("a doctor's day")
                    .by(&["appointments_by_practitioner"])
                    .walking(&[RECORDS])
                    .sorting(&["extra_hours", RECORDS]),
                appointments.agenda(&doctor.principal, doctor.practitioner_id(), day),
            )
            .await
            .unwrap();
        let everything = ListAppointments::default();
        let page = plans
            .check(
                Case::of("the front desk's list")
                    .by(&["appointments_by_start"])
                    .walking(&["appointments", RECORDS])
                    .sorting(&[RECORDS]),
                appointments.list(&nurse.principal, everything.clone(), &first_page()),
            )
            .await
            .unwrap();
        let deep = PageArgs { first: 20, after: Some(page[0].0) };
        plans
            .check(
                Case::of("a page further on")
                    .by(&["appointments_by_start"])
                    .walking(&[RECORDS])
                    .sorting(&[RECORDS]),
                appointments.list(&nurse.principal, everything.clone(), &deep),
            )
            .await
            .unwrap();
        plans
            .check(
                Case::of("one's own visits, as a patient and as a practitioner")
                    .by(&[
                        "appointments_by_patient",
                        "appointments_by_practitioner",
                        "known_guardians_by_user",
                        "known_patients_by_survivor",
                    ])
                    .walking(&[RECORDS])
                    .sorting(&["appointments", RECORDS]),
                appointments.list(&patient.principal, everything.clone(), &first_page()),
            )
            .await
            .unwrap();
        let of_patient = everything.clone().of_patient(patient.patient_id());
        plans
            .check(
                Case::of("a patient's visits")
                    .by(&["appointments_by_patient"])
                    .walking(&[RECORDS])
                    .sorting(&[RECORDS]),
                appointments.list(&nurse.principal, of_patient, &first_page()),
            )
            .await
            .unwrap();
        let of_doctor = ListAppointments {
            statuses: vec![AppointmentStatus::Pending, AppointmentStatus::Confirmed],
            from: Some(day.0),
            to: Some(day.1),
            ..everything.with_practitioner(doctor.practitioner_id())
        };
        plans
            .check(
                Case::of("a practitioner's visits of a day")
                    .by(&["appointments_by_practitioner"])
                    .walking(&[RECORDS])
                    .sorting(&[RECORDS]),
                appointments.list(&nurse.principal, of_doctor, &first_page()),
            )
            .await
            .unwrap();
    }

    async fn booking_and_what_follows(clinic: Clinic) {
        let plans = Plans::of(&clinic.here.ground.database);
        let (appointments, holds) = (&clinic.here.appointments, &clinic.here.holds);
        let (doctor, patient) = (&clinic.doctors[0], clinic.patient().await);
        let day = tomorrow(12, 0).date_naive();
        let free = SlotQuery {
            service_id: clinic.checkup,
            practitioner_id: None,
            location_id: None,
            from: day,
            to: day,
            for_staff: false,
        };
        plans
            .check(
                Case::of("free times of a service")
                    .by(&["absences_by_practitioner", "extra_hours_by_practitioner"])
                    .sorting(&["extra_hours", "practitioner_cells", "working_hours"]),
                clinic.here.services.availability.free_slots(free),
            )
            .await
            .unwrap();
        let visit = plans
            .check(
                Case::of("booking")
                    .by(&["appointments_by_patient"])
                    .walking(&[RECORDS])
                    .sorting(&["extra_hours", "practitioner_cells", RECORDS]),
                appointments.book(&patient.principal, clinic.checkup_at(tomorrow(9, 0))),
            )
            .await
            .unwrap();
        let id = visit.appointment.id;
        plans
            .check(
                Case::of("a visit's history").walking(&[RECORDS]).sorting(&[RECORDS]),
                appointments.history(&patient.principal, id),
            )
            .await
            .unwrap();
        plans
            .check(
                Case::of("calling off")
                    .by(&["practitioner_cells_by_owner", "patient_cells_by_appointment"])
                    .walking(&[RECORDS])
                    .sorting(&[RECORDS]),
                appointments.cancel(&patient.principal, cancel(id)),
            )
            .await
            .unwrap();
        let wish = HoldSlot {
            service_id: clinic.checkup,
            practitioner_id: doctor.practitioner_id(),
            start: tomorrow(10, 0),
            patient_id: None,
        };
        plans
            .check(
                Case::of("holding a time")
                    .by(&["holds_one_per_place"])
                    .walking(&[RECORDS])
                    .sorting(&["extra_hours", RECORDS]),
                holds.hold(&patient.principal, wish),
            )
            .await
            .unwrap();
    }

    async fn what_the_front_desk_and_the_clock_ask(clinic: Clinic) {
        let plans = Plans::of(&clinic.here.ground.database);
        let (ground, appointments) = (&clinic.here.ground, &clinic.here.appointments);
        let (doctor, gone) = (&clinic.doctors[0], &clinic.doctors[1]);
        let (from, to) = (tomorrow(0, 0), tomorrow(24, 0));
        plans
            .check(
                Case::of("what an absence hits").by(&["appointments_by_practitioner"]),
                store::overlapping(ground.database.reader(), doctor.practitioner_id(), from, to),
            )
            .await
            .unwrap();
        clinic.practises(gone, false).await;
        plans
            .check(
                Case::of("visits without a practitioner")
                    .by(&["appointments_by_practitioner"])
                    .reading(&["known_practitioners", "known_suspensions"])
                    .walking(&[RECORDS])
                    .sorting(&[RECORDS]),
                appointments.to_reassign(&clinic.nurse.principal, None, &first_page()),
            )
            .await
            .unwrap();
        ground.clock.advance(TimeDelta::hours(1));
        plans
            .check(
                Case::of("holds that are over").by(&["holds_by_expiry"]),
                clinic.here.holds.clear_expired(),
            )
            .await
            .unwrap();
        plans
            .check(
                Case::of("forgetting answers").by(&["idempotency_keys_by_age"]),
                appointments.forget_old_answers(),
            )
            .await
            .unwrap();
    }
}
