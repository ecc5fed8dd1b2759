//! The emulator as a client sees it, over TLS.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod rig;

mod certificates;
mod connections;
mod control;
mod faults;
mod federation;
mod governance;
mod groups;
mod issuer;
mod lists;
mod permissions;
mod program;
mod refusals;
mod ssh_public_keys;
mod state_file;
mod throttling;
mod tokens;
