//! The plugin of kubectl.

use std::{io::Write as _, process::ExitCode};

use clap::Parser;
use sshkey_operator::{
    app::forbid_dumps,
    cli::{Arguments, CliError, run},
};
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and version are no failures. A wrong command line ends as kubectl's own do.
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::from(error.use_stderr()));
        }
    };
    match start(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(anstream::stderr(), "error: {}", error.line());
            ExitCode::from(error.exit_code())
        }
    }
}

fn start(arguments: Arguments) -> Result<u8, CliError> {
    forbid_dumps().map_err(CliError::Start)?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Start)?;
    runtime.block_on(run(arguments))
}
