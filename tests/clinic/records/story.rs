//! The whole story, in one process and across processes.

use super::{glass, sharing, visit};
use crate::harness::{Clinic, Cluster, Graph, Person, Stores};
use caregraph_kit::on_every_engine;
use caregraph_kit::testing::TestRedis;
use std::net::SocketAddr;

/// Who takes part, and where they come in.
pub struct Cast<'a> {
    pub stores: &'a Stores,
    pub clinic: Clinic,
    pub patient: Person,
    /// Where those look who do not treat the patient, and where changes are followed: another router, where there are two.
    pub elsewhere: SocketAddr,
}

on_every_engine! {
    async fn a_record_from_visit_to_audit(stores: Stores) {
        let (clinic, program) = Clinic::open(&stores).await;
        let here = program.address;
        tell(&stores, &clinic, [here, here]).await;
        program.stop().await;
    }

    /// A process for each domain and two routers; events travel by Redis.
    async fn a_record_across_processes(stores: Stores) {
        let Some(server) = TestRedis::new() else { return };
        let (clinic, whole) = Clinic::open(&stores).await;
        whole.stop().await;
        let cluster = Cluster::start(&stores, &server).await;
        let [one, other] = &cluster.routers;
        tell(&stores, &clinic, [one.address, other.address]).await;
        cluster.stop().await;
    }
}

async fn tell(stores: &Stores, clinic: &Clinic, [here, elsewhere]: [SocketAddr; 2]) {
    let patient = Person::register(stores, &Graph::new(here), "linh@example.com").await;
    let cast = Cast {
        stores,
        clinic: clinic.at(here),
        patient,
        elsewhere,
    };
    let encounter = visit::takes_place(&cast).await;
    glass::is_broken(&cast, &encounter).await;
    sharing::opens_and_closes(&cast, &encounter).await;
}
