//! What the evaluation of the managed Secret starts from.

use jiff::Timestamp;

use crate::plan::{
    decide::secret::content::Content,
    desired::{resolve::Desired, source::Custody},
    observed::snapshot::Observed,
};

/// The managed Secret as it is wanted, and what its facts depend on.
#[derive(Clone, Copy)]
pub(crate) struct Situation<'a> {
    pub(crate) desired: &'a Desired,
    pub(crate) custody: &'a Custody,
    pub(crate) content: Content<'a>,
    pub(crate) observed: &'a Observed,
    pub(crate) now: Timestamp,
}
