//! `make e2e`: the images and the charts in a real cluster, from the first `helm install` to what an uninstall leaves.

mod azure;
mod charts;
mod cluster;
mod ending;
mod images;
mod keys;
mod leftovers;
mod life;
mod refused;
mod replicas;
mod run;
mod steps;
mod team;
mod wrong_orders;

pub use run::{Options, run};
