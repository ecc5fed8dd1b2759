//! `make clients`: stock Azure clients, unchanged, against the emulator.

mod azure;
mod cli;
mod cli_governance;
mod cli_rows;
mod pair;
mod run;
mod sdk;
mod table;
mod terraform;

pub use run::run;
pub use terraform::run as terraform;
