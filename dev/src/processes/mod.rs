//! Children that can't outlive the harness, and what they use.

mod child;
pub mod hold;
mod spawner;
mod usage;

pub use child::{Child, Program};
pub use usage::{Usage, usage};
