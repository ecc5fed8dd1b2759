//! The container images: one static program each, FROM scratch, written without a container engine.

mod archive;
mod authorities;
mod build;
mod layout;
mod program;

pub use build::{Options, build, operator};
pub(crate) use build::{QUICK, mebibytes};
pub use layout::{Image, LIMIT};
pub use program::check_static;
