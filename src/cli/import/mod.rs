//! `import`: keys that are in Azure already, as `SshKey`s.

mod apply;
mod az;
pub(super) mod flags;
mod folder;
mod known;
mod listed;
mod manifest;
mod names;
mod pairs;
mod run;

pub(super) use run::import;
