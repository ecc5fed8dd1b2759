//! The key at the place in Azure where it is wanted.

pub(crate) mod difference;
pub(crate) mod evaluate;
pub(crate) mod leaving;
pub(crate) mod record;
pub(crate) mod situation;
