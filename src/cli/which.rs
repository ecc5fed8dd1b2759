//! Which of an object's keys is meant.

// These comments are what --help prints, where backticks would stand as they are.
#![allow(clippy::doc_markdown)]

use clap::Args;

/// Which of an object's keys.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct Which {
    /// A former key instead of the current one: 1 is the newest of them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    pub(super) previous: Option<u8>,
}
