//! What must hold of replicas that come and go.

use super::Stage;
use crate::model::system::System;
use crate::model::system::slab::NONE;

/// Every pod is somewhere, and no replica is nobody's.
pub(in crate::model::system) fn check_scaling(system: &System) {
    for (ix, station) in system.stations.iter().enumerate().filter(|(_, station)| !station.removed) {
        let Some(pool) = station.pool() else { continue };
        let Some(scaling) = &pool.scaling else { continue };
        assert!(scaling.pods.windows(2).all(|pair| pair[0].number < pair[1].number), "pods of {}", station.label);
        if scaling.rollout.is_none() {
            assert_eq!(
                scaling.pods.staying().count() as u32,
                scaling.pods.wanted,
                "{} has what is wanted",
                station.label
            );
            assert!(scaling.pods.staying().all(|pod| pod.version.number == scaling.version.number), "one version only");
        }
        for pod in scaling.pods.iter() {
            let listed = pool.replicas.contains(&pod.replica);
            match pod.stage {
                Stage::Pending | Stage::Pulling => assert_eq!(pod.replica, NONE),
                Stage::Booting => assert_eq!(pod.replica, NONE),
                Stage::Ready | Stage::Restarting => assert!(listed, "{} replica {}", station.label, pod.number),
                Stage::Leaving => assert!(!listed && pod.replica != NONE),
            }
            if let Some(replica) = system.replicas.get(pod.replica as usize) {
                assert_eq!((replica.number, replica.station as usize), (pod.number, ix));
                assert!(!replica.removed, "{} replica {} is gone", station.label, pod.number);
                assert_eq!(replica.draining, pod.stage == Stage::Leaving);
            }
        }
        for &replica in &pool.replicas {
            let number = system.replicas[replica as usize].number;
            assert!(scaling.pods.iter().any(|pod| pod.number == number), "{} replica {number}", station.label);
        }
    }
}
