//! The program from its first line to its exit code.

use std::{
    env,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use clap::Parser as _;
use tokio::runtime::Builder;

use super::{arguments::Arguments, error::CliError, run::run};

/// The file name by which kubectl finds it.
pub const PROGRAM: &str = "kubectl-sshkey";

/// Whether this process was started under the program's name: the image has one file for the operator and for it.
pub fn is_called() -> bool {
    let called = env::args_os().next();
    called.is_some_and(|path| {
        Path::new(&path)
            .file_name()
            .is_some_and(|name| name == PROGRAM)
    })
}

/// Does what the command line of this process asks for. `prepare` comes before anything is read.
pub fn program(prepare: impl FnOnce() -> io::Result<()>) -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and version are no failures. A wrong command line ends as kubectl's own do.
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::from(error.use_stderr()));
        }
    };
    match start(prepare, arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(anstream::stderr(), "error: {}", error.line());
            ExitCode::from(error.exit_code())
        }
    }
}

fn start(prepare: impl FnOnce() -> io::Result<()>, arguments: Arguments) -> Result<u8, CliError> {
    prepare().map_err(CliError::Start)?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CliError::Start)?;
    runtime.block_on(run(arguments))
}
