//! The plugin of kubectl.

use std::process::ExitCode;

use sshkey_operator::{app::forbid_dumps, cli::program};

fn main() -> ExitCode {
    program(forbid_dumps)
}
