//! The promises, as what must hold of every step, of every status and of every world at rest.

pub(crate) mod custody;
pub(crate) mod in_azure;
pub(crate) mod kinds;
pub(crate) mod rest;
pub(crate) mod steps;
pub(crate) mod told;
