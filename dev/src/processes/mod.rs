//! Children that can't outlive the harness.

mod child;
pub mod hold;
mod spawner;

pub use child::{Child, Program};
