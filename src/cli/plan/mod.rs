//! `plan`: what it would do to apply manifests, or to delete `SshKey`s.

mod ask;
mod documents;
mod dry_run;
pub(super) mod flags;
mod manifests;
mod object_changes;
mod report;
mod run;
mod text;
mod three_way;
mod totals;

pub(super) use ask::{Patience, ask};
pub(super) use documents::read as documents;
pub(super) use run::plan;
