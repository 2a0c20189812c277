//! Services, schedules, visits.

use super::row::{Attempt, Row};
use super::world::{DOCTORS_NOTES, REASON, Who, World, id};
use futures::FutureExt;
use serde_json::{Value, json};

pub fn rows() -> Vec<Row> {
    [
        catalogue(),
        schedules(),
        visits_seen(),
        booking(),
        visits_changed(),
        live(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn catalogue() -> Vec<Row> {
    vec![
        Row::query(
            "medicalService",
            "query ($id: ID!) { medicalService(id: $id) { id name } }",
            |world, _| async { Attempt::with(json!({ "id": world.clinic.service })) }.boxed(),
        ),
        Row::query(
            "medicalServices",
            "{ medicalServices(first: 100) { nodes { id } } }",
            |world, _| async { Attempt::with(json!({})).showing(&world.clinic.service) }.boxed(),
        ),
        Row::query(
            "availableSlots",
            "query ($input: AvailableSlotsInput!) { availableSlots(input: $input) { start } }",
            |world, _| {
                async {
                    let day = world.far_day();
                    Attempt::input(json!({ "serviceId": world.clinic.service, "from": day, "to": day }))
                        .showing("start")
                }
                .boxed()
            },
        ),
        Row::query(
            "availabilityCalendar",
            "query ($input: AvailabilityCalendarInput!) { availabilityCalendar(input: $input) { date freeSlots } }",
            |world, _| {
                async {
                    let month = world.far_day()[..7].to_owned();
                    Attempt::input(json!({ "serviceId": world.clinic.service, "month": month }))
                        .showing("freeSlots")
                }
                .boxed()
            },
        ),
        Row::mutation("saveMedicalService", |world, _| {
            async {
                Attempt::input(json!({
                    "code": format!("S-{}", world.next()), "name": "X-ray", "category": "LAB_TEST", "durationMinutes": 15,
                    "fee": { "amount": "1", "currency": "EUR" }, "practitionerIds": [],
                }))
            }
            .boxed()
        }),
    ]
}

fn schedules() -> Vec<Row> {
    vec![
        Row::mutation("setWorkingHours", |world, who| {
            async move {
                // A colleague's, because new hours would move the slots of the table.
                let colleague = world.colleague().await;
                let attempt = Attempt::input(json!({ "practitionerId": colleague.id, "rules": [] }));
                if who == Who::Doctor {
                    attempt.by(colleague.graph)
                } else {
                    attempt
                }
            }
            .boxed()
        })
        .case("the doctor's"),
        Row::mutation("addAbsence", |world, _| {
            async {
                let day = world.far_day();
                Attempt::input(
                    json!({ "practitionerId": world.doctor().id, "firstDay": day, "lastDay": day }),
                )
            }
            .boxed()
        })
        .case("the doctor's"),
        Row::mutation("removeAbsence", |world, _| {
            async { Attempt::input(json!({ "id": world.add_absence("a course").await })) }.boxed()
        })
        .case("the doctor's"),
        Row::mutation("addExtraHours", |world, _| {
            async { Attempt::input(world.extra_hours()) }.boxed()
        })
        .case("the doctor's"),
        Row::mutation("removeExtraHours", |world, _| {
            async {
                let added = world
                    .command(
                        Who::Doctor,
                        "addExtraHours",
                        world.extra_hours(),
                        "extraHours { id }",
                    )
                    .await;
                Attempt::input(json!({ "id": id(&added["extraHours"]) }))
            }
            .boxed()
        })
        .case("the doctor's"),
        Row::query(
            "agenda",
            "query ($input: AgendaInput!) { agenda(input: $input) { appointments { id } } }",
            |world, _| {
                async {
                    let now = caregraph_kit::Clock::system().now();
                    let to = now + chrono::Days::new(9);
                    Attempt::input(json!({ "practitionerId": world.doctor().id, "from": now, "to": to }))
                        .showing(&world.appointment)
                }
                .boxed()
            },
        )
        .case("the doctor's"),
    ]
}

fn visits_seen() -> Vec<Row> {
    let visit = |what: &str| format!("query ($id: ID!) {{ appointment(id: $id) {{ {what} }} }}");
    vec![
        Row::query("appointment", &visit("id status"), |world, _| {
            the_visit(world).boxed()
        })
        .case("the owner's"),
        Row::query("appointment", &visit("reason"), |world, _| {
            async { the_visit(world).await.showing(REASON) }.boxed()
        })
        .case("the owner's → reason"),
        Row::query("appointment", &visit("doctorsNotes"), |world, _| {
            async { the_visit(world).await.showing(DOCTORS_NOTES) }.boxed()
        })
        .case("the owner's → doctor's notes"),
        Row::query("appointment", &visit("patient { id givenName }"), |world, _| {
            async { the_visit(world).await.showing("givenName") }.boxed()
        })
        .case("the owner's → patient"),
        Row::query("appointment", &visit("bookedBy { email }"), |world, _| {
            async { the_visit(world).await.showing(&world.owner.email) }.boxed()
        })
        .case("the owner's → account of who booked"),
        Row::query(
            "appointments",
            "{ appointments(first: 100) { nodes { id } } }",
            |world, _| async { Attempt::with(json!({})).showing(&world.appointment) }.boxed(),
        )
        .case("the owner's in it"),
        Row::query(
            "appointmentsToReassign",
            "{ appointmentsToReassign(first: 100) { nodes { id } } }",
            |_, _| async { Attempt::with(json!({})) }.boxed(),
        ),
    ]
}

fn booking() -> Vec<Row> {
    vec![
        Row::mutation("holdSlot", |world, _| {
            async { Attempt::input(world.visit()) }.boxed()
        })
        .case("for the owner"),
        Row::mutation("releaseHold", |world, _| {
            async { Attempt::input(json!({ "id": world.hold().await })) }.boxed()
        })
        .case("the owner's"),
        Row::mutation("bookAppointment", |world, _| {
            async { Attempt::input(world.booking()) }.boxed()
        })
        .case("for the owner, with the doctor"),
        Row::mutation("bookAppointment", |world, _| {
            async {
                let mut input = world.booking();
                input["practitionerId"] = json!(world.clinic.doctors[1].id);
                Attempt::input(input)
            }
            .boxed()
        })
        .case("for the owner, with the other doctor"),
    ]
}

fn visits_changed() -> Vec<Row> {
    vec![
        Row::mutation("rescheduleAppointment", |world, _| {
            async {
                let input =
                    json!({ "id": world.book().await, "start": world.slot(), "idempotencyKey": world.key() });
                Attempt::input(input)
            }
            .boxed()
        })
        .case("the owner's"),
        Row::mutation("cancelAppointment", |world, _| visit_with_reason(world).boxed()).case("the owner's"),
        Row::mutation("confirmAppointment", |world, _| visit(world, json!({})).boxed()).case("the owner's"),
        Row::mutation("declineAppointment", |world, _| visit_with_reason(world).boxed()).case("the owner's"),
        // The visit is on another day, so whoever may do it is told so.
        Row::mutation("checkInAppointment", |world, _| visit(world, json!({})).boxed()).case("the owner's"),
        Row::mutation("completeAppointment", |world, _| {
            visit(world, json!({ "notes": "well" })).boxed()
        })
        .case("the owner's"),
        Row::mutation("markNoShow", |world, _| visit(world, json!({})).boxed()).case("the owner's"),
        Row::mutation("updateAppointmentNotes", |world, _| {
            visit(world, json!({ "noteForDoctor": "I am allergic to cats" })).boxed()
        })
        .case("the owner's note for the doctor"),
        Row::mutation("updateAppointmentNotes", |world, _| {
            visit(world, json!({ "doctorsNotes": "well" })).boxed()
        })
        .case("the doctor's notes"),
    ]
}

fn live() -> Vec<Row> {
    const CHANGES: &str = "subscription ($patientId: ID, $practitionerId: ID) {
        appointmentChanged(patientId: $patientId, practitionerId: $practitionerId) { appointment { id } } }";
    vec![
        Row::subscription("appointmentChanged", CHANGES, |world, _| {
            async { Attempt::with(json!({ "patientId": world.owner.id })) }.boxed()
        })
        .case("the owner's"),
        Row::subscription("appointmentChanged", CHANGES, |world, _| {
            async { Attempt::with(json!({ "practitionerId": world.doctor().id })) }.boxed()
        })
        .case("the doctor's"),
        Row::subscription("appointmentChanged", CHANGES, |_, _| {
            async { Attempt::with(json!({})) }.boxed()
        })
        .case("whatever one may hear"),
        Row::subscription(
            "slotsChanged",
            "subscription ($practitionerId: ID) { slotsChanged(practitionerId: $practitionerId) { occurredAt } }",
            |world, _| async { Attempt::with(json!({ "practitionerId": world.doctor().id })) }.boxed(),
        ),
    ]
}

async fn the_visit(world: &World) -> Attempt {
    Attempt::with(json!({ "id": world.appointment }))
}

/// A fresh visit, with what else the input needs.
async fn visit(world: &World, mut input: Value) -> Attempt {
    input["id"] = json!(world.book().await);
    Attempt::input(input)
}

async fn visit_with_reason(world: &World) -> Attempt {
    visit(world, json!({ "reason": "something came up" })).await
}
