//! The subgraph's part of the graph.

#[test]
fn the_schema_is_as_agreed() {
    let sdl = caregraph_records::sdl();
    for line in [
        "medicalRecord: MedicalRecord",
        "encounters(",
        "timeline(",
        "vitals(",
        "startEncounter(",
        "updateEncounter(",
        "signEncounter(",
        "amendEncounter(",
        "recordDiagnosis(",
        "updateDiagnosis(",
        "addTreatmentPlan(",
        "recordVitals(",
        "recordAllergy(",
        "updateAllergy(",
        "recordCondition(",
        "recordImmunization(",
        "recordMedicationStatement(",
        "recordHistory(",
        "recordAsOf(",
        "icd10(",
        "breakGlass(",
        "recordChanged(",
    ] {
        assert!(sdl.contains(line), "{line} is missing in\n{sdl}");
    }
}
