//! What people come to the simulated clinic for, and what a doctor writes about it: each case with whom it may befall and with the
//! services that it is booked for.

mod family;
mod general;
mod senses;

/// Whom a case may befall, beside the age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Everybody.
    Anybody,
    /// Women who do not expect a child: what is advised or prescribed is not for those who do.
    Women,
    /// Women who expect a child.
    Expecting,
    /// People with this long illness, by its code of ICD-10.
    With(&'static str),
    /// People without this long illness: for them it is found, or looked for.
    Without(&'static str),
}

/// A case as a doctor writes it up.
pub struct Case {
    /// What the patient says, when booking and when the doctor asks.
    pub complaint: &'static str,
    pub examination: &'static str,
    /// ICD-10.
    pub code: &'static str,
    pub plan: &'static str,
    /// When to come again, in days.
    pub again_after: Option<u64>,
    /// Codes of the services that it is booked for.
    pub services: &'static [&'static str],
    /// Ages in completed years, first and last.
    pub ages: (u32, u32),
    pub whom: Whom,
}

const fn case(
    (complaint, examination): (&'static str, &'static str),
    (code, plan, again_after): (&'static str, &'static str, Option<u64>),
    services: &'static [&'static str],
    ages: (u32, u32),
    whom: Whom,
) -> Case {
    Case {
        complaint,
        examination,
        code,
        plan,
        again_after,
        services,
        ages,
        whom,
    }
}

/// Cases of a specialty, by its place in the cast's list.
pub fn cases(specialty: usize) -> &'static [Case] {
    match specialty {
        0 => general::PRACTICE,
        1 => general::CARDIOLOGY,
        2 => family::PAEDIATRICS,
        3 => senses::SKIN,
        4 => family::OBSTETRICS_GYNAECOLOGY,
        5 => senses::EYES,
        _ => &[],
    }
}
