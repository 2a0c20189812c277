//! A location's state and rules.

use crate::name::one_line;
use caregraph_contracts::events::{LocationFacts, PractitionersEvent};
use caregraph_contracts::ids::LocationId;
use caregraph_kit::validate::{Checks, country, time_zone};
use caregraph_kit::{Failure, Rejection};
use chrono_tz::Tz;
use std::collections::HashSet;

/// Most lines of an address.
const MOST_LINES: usize = 5;
/// Most rooms of a location.
const MOST_ROOMS: usize = 300;

/// Everything that is said about a place, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceDetails {
    /// Name, unique, 1 to 120 characters.
    pub name: String,
    /// Street and house, building, floor: 1 to 5 lines of at most 120 characters.
    pub address_lines: Vec<String>,
    /// City, 1 to 80 characters.
    pub city: String,
    /// ISO 3166-1 alpha-2 code.
    pub country: String,
    /// IANA time zone.
    pub time_zone: String,
    /// Names of rooms, unique, at most 300 of at most 60 characters.
    pub rooms: Vec<String>,
    /// Whether the place is in use.
    pub active: bool,
}

/// Everything that is said about a place, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name, unique.
    pub name: String,
    /// Street and house, building, floor.
    pub address_lines: Vec<String>,
    /// City.
    pub city: String,
    /// ISO 3166-1 alpha-2 code.
    pub country: String,
    /// In which zone its clocks run.
    pub time_zone: Tz,
    /// Names of rooms.
    pub rooms: Vec<String>,
    /// Whether the place is in use.
    pub active: bool,
}

impl PlaceDetails {
    /// Checks everything and reports all mistakes at once.
    pub fn check(self) -> Result<Place, Failure> {
        let mut checks = Checks::new();
        let name = one_line(&checks.text("name", &self.name, 120));
        let city = one_line(&checks.text("city", &self.city, 80));
        checks.require(
            !self.address_lines.is_empty(),
            "addressLines",
            "must not be empty",
        );
        let address_lines = texts(&mut checks, "addressLines", &self.address_lines, MOST_LINES, 120);
        let rooms = texts(&mut checks, "rooms", &self.rooms, MOST_ROOMS, 60);
        let mut seen = HashSet::new();
        let distinct = rooms.iter().all(|room| seen.insert(crate::name::key(room)));
        checks.require(distinct, "rooms", "must not name a room twice");
        let country = checks.take("country", country(&self.country));
        let time_zone = checks.take("timeZone", time_zone(&self.time_zone));
        checks.done()?;
        let (Some(country), Some(time_zone)) = (country, time_zone) else {
            return Err(Rejection::invalid("", "the location is incomplete").into());
        };
        Ok(Place {
            name,
            address_lines,
            city,
            country,
            time_zone,
            rooms,
            active: self.active,
        })
    }
}

fn texts(checks: &mut Checks, path: &str, texts: &[String], most: usize, longest: usize) -> Vec<String> {
    if texts.len() > most {
        checks.require(false, path, &format!("must have at most {most} entries"));
        return Vec::new();
    }
    let numbered = texts.iter().enumerate();
    numbered
        .map(|(index, text)| one_line(&checks.text(&format!("{path}.{index}"), text, longest)))
        .collect()
}

/// A place where care is given. Its address is public, because patients must find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Identifies it.
    pub id: LocationId,
    /// What is said about it.
    pub place: Place,
    /// Counts changes, from 1.
    pub version: i64,
}

impl Location {
    /// What other domains hear after every change.
    pub fn saved(&self) -> PractitionersEvent {
        PractitionersEvent::LocationSaved {
            location: LocationFacts {
                location_id: self.id,
                name: self.place.name.clone(),
                time_zone: self.place.time_zone.name().to_owned(),
                active: self.place.active,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clinic() -> PlaceDetails {
        PlaceDetails {
            name: " Phòng khám  Quận 1 ".into(),
            address_lines: vec!["12 Lê Lợi".into(), "Bến Nghé".into()],
            city: "Hồ Chí Minh".into(),
            country: "vn".into(),
            time_zone: "Asia/Ho_Chi_Minh".into(),
            rooms: vec!["101".into(), "102".into()],
            active: true,
        }
    }

    fn refused_at(details: PlaceDetails) -> Vec<String> {
        let Err(Failure::Refused(found)) = details.check() else {
            return Vec::new();
        };
        found
            .iter()
            .map(|rejection| match rejection {
                Rejection::Invalid { path, .. } => path.join("."),
                other => panic!("unexpected {other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_good_form_is_brought_into_shape() {
        let place = clinic().check().unwrap();
        assert_eq!(
            (place.name.as_str(), place.country.as_str()),
            ("Phòng khám Quận 1", "VN")
        );
        assert_eq!(place.time_zone, Tz::Asia__Ho_Chi_Minh);
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let details = PlaceDetails {
            name: String::new(),
            address_lines: Vec::new(),
            city: "x".repeat(81),
            country: "Vietnam".into(),
            time_zone: "Saigon".into(),
            rooms: vec!["A".into(), " ".into(), "a".into()],
            active: true,
        };
        let mut found = refused_at(details);
        found.sort();
        assert_eq!(
            found,
            [
                "addressLines",
                "city",
                "country",
                "name",
                "rooms",
                "rooms.1",
                "timeZone"
            ]
        );
    }

    #[test]
    fn lists_are_bounded() {
        assert_eq!(
            refused_at(PlaceDetails {
                rooms: vec!["x".into(); 1_000_000],
                ..clinic()
            }),
            ["rooms"]
        );
        assert_eq!(
            refused_at(PlaceDetails {
                address_lines: vec!["x".into(); 6],
                ..clinic()
            }),
            ["addressLines"]
        );
    }
}
