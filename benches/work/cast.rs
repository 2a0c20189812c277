//! Everybody who works on the day.

use super::care;
use super::directory::Directory;
use super::ledger::Ledger;
use super::tasks::Trade;
use super::worker::{Turn, Worker, lock};
use crate::bench::client::Connection;
use crate::bench::load::User;
use crate::bench::people::{People, Person};
use crate::bench::report::say;
use anyhow::Result;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

/// So many practitioners the demo has.
const DOCTORS: usize = 12;

/// How many of whom.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// Those who give care.
    pub doctors: usize,
    /// Those who run the front desk and measure, with the one of the demo.
    pub nurses: usize,
    /// Those in care.
    pub patients: usize,
}

impl Crowd {
    /// Of ten people, two give care and one runs the front desk.
    pub fn of(users: u32) -> Result<Self> {
        let users = usize::try_from(users)?;
        let doctors = (users / 5).clamp(1, DOCTORS);
        let nurses = (users / 10).max(1);
        Ok(Self {
            doctors,
            nurses,
            patients: users.saturating_sub(doctors + nurses).max(1),
        })
    }
}

/// Everybody who works.
pub struct Cast {
    /// Each with what they know and have done.
    pub crew: Vec<Arc<Mutex<Worker>>>,
    /// Who finds everything in the end.
    pub desk: Person,
}

impl Cast {
    /// Brings a crowd together: `hired` are the nurses besides the demo's, everybody else is there already. The program at `address` must
    /// run on what they were made on.
    pub async fn assemble(
        address: SocketAddr,
        (people, hired): (&People, Vec<Person>),
        crowd: Crowd,
        seed: u64,
    ) -> Result<Self> {
        say("arranging who cares for whom");
        let mut connection = Connection::open(address).await?;
        let desk = people.nurse.clone();
        let doctors = first(&people.doctors, crowd.doctors);
        let patients = first(&people.patients, crowd.patients);
        let mut nurses = hired;
        nurses.push(desk.clone());
        care::arrange(&mut connection, &desk, (doctors, &nurses), patients).await?;
        let mut cast = Self::empty(desk);
        let directory = directory(&mut connection, people).await?;
        for doctor in doctors {
            let panel = care::panel(&mut connection, doctor).await?;
            cast.join((doctor, Trade::Doctor), panel, &directory, seed);
        }
        for nurse in &nurses {
            let panel = care::panel(&mut connection, nurse).await?;
            cast.join((nurse, Trade::Nurse), panel, &directory, seed);
        }
        for patient in patients {
            let panel = vec![patient.id.to_string()];
            cast.join((patient, Trade::Patient), panel, &directory, seed);
        }
        Ok(cast)
    }

    /// Patients who do nothing but book.
    pub async fn bookers(address: SocketAddr, people: &People, seed: u64) -> Result<Self> {
        let mut connection = Connection::open(address).await?;
        let directory = directory(&mut connection, people).await?;
        let mut cast = Self::empty(people.nurse.clone());
        for patient in &people.patients {
            let panel = vec![patient.id.to_string()];
            cast.join((patient, Trade::Booker), panel, &directory, seed);
        }
        Ok(cast)
    }

    fn empty(desk: Person) -> Self {
        Self {
            crew: Vec::new(),
            desk,
        }
    }

    fn join(
        &mut self,
        (person, trade): (&Person, Trade),
        panel: Vec<String>,
        directory: &Arc<Directory>,
        seed: u64,
    ) {
        let number = self.crew.len();
        let worker = Worker::new(
            (person.clone(), trade),
            panel,
            Arc::clone(directory),
            (seed, number),
        );
        self.crew.push(Arc::new(Mutex::new(worker)));
    }

    /// From now on, names of what is new begin with `tag`.
    pub fn begin(&self, tag: &str) {
        for worker in &self.crew {
            lock(worker).begin(tag);
        }
    }

    /// Everybody, ready to ask as fast as the answers come.
    pub fn users(&self) -> Vec<User> {
        let users = self.crew.iter().map(|worker| User {
            authorization: lock(worker).authorization(),
            script: Box::new(Turn(Arc::clone(worker))),
        });
        users.collect()
    }

    /// What was answered to anybody since this was asked last.
    pub fn take_ledger(&self) -> Ledger {
        let mut all = Ledger::default();
        for worker in &self.crew {
            all.absorb(lock(worker).take_ledger());
        }
        all
    }
}

async fn directory(connection: &mut Connection, people: &People) -> Result<Arc<Directory>> {
    let practitioners = people.doctors.iter().map(|doctor| doctor.id.to_string());
    let directory = Directory::read(connection, &people.nurse, practitioners.collect()).await?;
    Ok(Arc::new(directory))
}

fn first(people: &[Person], most: usize) -> &[Person] {
    people.get(..most).unwrap_or(people)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_of_those_who_use_a_clinic_are_patients() {
        let crowd = Crowd::of(50).unwrap();
        assert_eq!((crowd.doctors, crowd.nurses, crowd.patients), (10, 5, 35));
        let crowd = Crowd::of(100).unwrap();
        assert_eq!((crowd.doctors, crowd.nurses, crowd.patients), (12, 10, 78));
    }
}
