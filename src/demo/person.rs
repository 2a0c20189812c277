//! What the simulation knows of somebody's body: it decides what may befall them.

use super::cases::{Case, Whom};
use super::clinical::{CHRONIC, Chronic};
use chrono::{Days, NaiveDate};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

/// Ages in completed years at which women of the simulation expect children.
const FERTILE: std::ops::RangeInclusive<u32> = 20..=39;
/// How long ago an illness began at most, in days.
const LONGEST_ILLNESS: u64 = 4_000;

/// Somebody's body, as far as the simulation has to know it.
#[derive(Clone, Copy)]
pub struct Body {
    pub born: NaiveDate,
    pub female: bool,
    /// Whether she expects a child, for all the weeks of the simulation.
    pub expecting: bool,
    pub illness: Option<Illness>,
}

/// A long illness of somebody.
#[derive(Clone, Copy)]
pub struct Illness {
    pub known: &'static Chronic,
    pub since: NaiveDate,
}

impl Body {
    /// Somebody who is well.
    pub fn healthy(born: NaiveDate, female: bool) -> Self {
        Self {
            born,
            female,
            expecting: false,
            illness: None,
        }
    }

    /// Somebody as one meets them at a clinic: some expect a child, some have been ill for long, nobody both, because most of what is
    /// taken against long illnesses is not for women who expect a child.
    pub fn of_somebody(random: &mut StdRng, today: NaiveDate, born: NaiveDate, female: bool) -> Self {
        let mut body = Self::healthy(born, female);
        body.expecting = female && FERTILE.contains(&body.age(today)) && random.random_bool(0.5);
        if !body.expecting && random.random_bool(0.35) {
            let possible: Vec<&Chronic> = CHRONIC
                .iter()
                .filter(|known| known.from <= body.age(today))
                .collect();
            body.illness = possible
                .choose(random)
                .copied()
                .map(|known| body.illness_since(random, today, known));
        }
        body
    }

    /// The same body with a long illness of this code, for those of whom the demo wants to have something to show.
    pub fn with(mut self, random: &mut StdRng, today: NaiveDate, code: &str) -> Self {
        let known = CHRONIC.iter().find(|known| known.code == code);
        self.illness = known.map(|known| self.illness_since(random, today, known));
        self
    }

    /// An illness begins neither before its age nor before anybody remembers.
    fn illness_since(&self, random: &mut StdRng, today: NaiveDate, known: &'static Chronic) -> Illness {
        let too_young = u64::from(known.from) * 1_461 / 4;
        let longest = self
            .age_in_days(today)
            .saturating_sub(too_young)
            .min(LONGEST_ILLNESS);
        Illness {
            known,
            since: today - Days::new(random.random_range(0..=longest)),
        }
    }

    /// Completed years of life on a day.
    pub fn age(&self, on: NaiveDate) -> u32 {
        on.years_since(self.born).unwrap_or_default()
    }

    /// Completed days of life on a day.
    pub fn age_in_days(&self, on: NaiveDate) -> u64 {
        u64::try_from((on - self.born).num_days()).unwrap_or_default()
    }

    /// Whether a case may befall them on a day.
    pub fn may_have(&self, case: &Case, on: NaiveDate) -> bool {
        let (first, last) = case.ages;
        let befalls = match case.whom {
            Whom::Anybody => true,
            Whom::Women => self.female && !self.expecting,
            Whom::Expecting => self.expecting,
            Whom::With(code) => self.has(code),
            Whom::Without(code) => !self.has(code),
        };
        befalls && (first..=last).contains(&self.age(on))
    }

    fn has(&self, code: &str) -> bool {
        self.illness.is_some_and(|illness| illness.known.code == code)
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::cases;
    use super::super::cast::{DOCTORS, OFFERS, SPECIALTIES};
    use super::super::profiles;
    use super::*;
    use rand::SeedableRng;
    use std::collections::BTreeSet;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
    }

    fn body(years: u64, female: bool) -> Body {
        Body::healthy(today() - Days::new(years * 1_461 / 4 + 40), female)
    }

    fn possible(body: &Body) -> Vec<&'static Case> {
        let all = (0..SPECIALTIES.len()).flat_map(cases);
        all.filter(|case| body.may_have(case, today())).collect()
    }

    #[test]
    fn nobody_has_what_is_not_for_their_age_and_sex() {
        for years in 0..90 {
            let man = possible(&body(years, false));
            let codes: BTreeSet<&str> = man.iter().map(|case| case.code).collect();
            for of_women in ["Z34.90", "O21.0", "Z30.09", "Z12.4"] {
                assert!(!codes.contains(of_women), "{of_women} at {years}");
            }
        }
        let child = possible(&body(6, true));
        for case in &child {
            let services: BTreeSet<&str> = case.services.iter().copied().collect();
            let of_adults = ["GP-30", "GP-60", "CARD-30", "OBG-30", "OBG-45"];
            assert!(services.is_disjoint(&of_adults.into()), "{}", case.complaint);
        }
        assert!(child.iter().any(|case| case.code == "Z00.129"));
        let newborn = possible(&body(0, true));
        assert!(newborn.iter().all(|case| case.code != "I10"));
        let expecting = Body {
            expecting: true,
            ..body(30, true)
        };
        let expecting = possible(&expecting);
        assert!(expecting.iter().any(|case| case.code == "Z34.90"));
        assert!(expecting.iter().all(|case| case.whom != Whom::Women));
    }

    #[test]
    fn whoever_offers_a_service_has_a_case_for_it_and_somebody_who_comes() {
        let people = profiles::everybody_else(&mut StdRng::seed_from_u64(super::super::SEED), today());
        for doctor in &DOCTORS {
            let offers = OFFERS.iter().filter(|offer| offer.by.contains(&doctor.specialty));
            for offer in offers {
                let mut fitting = cases(doctor.specialty)
                    .iter()
                    .filter(|case| case.services.contains(&offer.code));
                let comes = fitting.any(|case| people.iter().any(|(_, body)| body.may_have(case, today())));
                assert!(comes, "{} of {}", offer.code, doctor.last_name);
            }
        }
    }

    #[test]
    fn cases_and_illnesses_have_codes_that_the_program_knows() {
        let known = include_str!("../../subgraphs/records/assets/icd10_starter.tsv");
        let known: BTreeSet<&str> = known.lines().filter_map(|line| line.split('\t').next()).collect();
        let cases = (0..SPECIALTIES.len()).flat_map(cases).map(|case| case.code);
        for code in cases.chain(CHRONIC.iter().map(|illness| illness.code)) {
            assert!(known.contains(code), "{code}");
        }
    }

    #[test]
    fn illnesses_begin_at_their_age() {
        let mut random = StdRng::seed_from_u64(7);
        for days in (200..365 * 88).step_by(97) {
            let born = today() - Days::new(days);
            let body = Body::of_somebody(&mut random, today(), born, days % 2 == 0);
            if let Some(Illness { known, since }) = body.illness {
                assert!(!body.expecting);
                let age = (since - born).num_days() / 365;
                assert!(age >= i64::from(known.from), "{} at {age}", known.code);
            }
        }
    }
}
