//! How many WebSockets there are, in all and from each network: so that nobody takes all of them.

use crate::rate_limit::network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The seats of one router. Cheap to clone; clones share.
#[derive(Clone, Default)]
pub(crate) struct Seats(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    all: usize,
    networks: HashMap<u64, usize>,
}

/// One taken seat; free again when dropped.
pub(crate) struct Seat {
    seats: Seats,
    network: Option<u64>,
}

impl Seats {
    /// Takes a seat, of at most `most` in all and `most_of_one` from one network; `None` when there is none.
    pub(crate) fn take(&self, address: Option<IpAddr>, (most, most_of_one): (usize, usize)) -> Option<Seat> {
        let network = address.map(network);
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= most {
            return None;
        }
        if let Some(network) = network {
            let seats = taken.networks.entry(network).or_default();
            if *seats >= most_of_one {
                return None;
            }
            *seats += 1;
        }
        taken.all += 1;
        drop(taken);
        Some(Seat {
            seats: self.clone(),
            network,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Some(network) = self.network
            && let Some(seats) = taken.networks.get_mut(&network)
        {
            *seats -= 1;
            if *seats == 0 {
                taken.networks.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_counted_in_all_and_for_each_network_and_given_back() {
        let seats = Seats::default();
        let address = |text: &str| Some(text.parse().unwrap());
        let one = seats.take(address("10.0.0.1"), (3, 2)).unwrap();
        let two = seats.take(address("10.0.0.1"), (3, 2)).unwrap();
        assert!(
            seats.take(address("10.0.0.1"), (3, 2)).is_none(),
            "this network has its share"
        );
        let _other = seats.take(address("10.0.0.2"), (3, 2)).unwrap();
        assert!(seats.take(None, (3, 2)).is_none(), "the house is full");
        drop((one, two));
        assert!(seats.take(address("10.0.0.1"), (3, 2)).is_some());
        assert_eq!(
            seats.0.lock().unwrap().networks.len(),
            1,
            "nothing is kept of those who left"
        );
    }
}
