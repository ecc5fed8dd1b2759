//! Where a command writes, and whom it asks.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use console::Term;

use super::error::CliError;

/// Writes to standard output; colours only where they are shown, and never with `NO_COLOR`.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut out = anstream::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(CliError::Output)
}

/// Tells a person on the way, apart from the output. Nobody who reads it is no failure.
pub(super) fn tell(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// The columns of the terminal; `None` where standard output is none, and lines may be as long as they are.
pub(super) fn width() -> Option<u16> {
    let (_, columns) = Term::stdout().size_checked()?;
    Some(columns)
}

/// Asks a person, who must be there to answer.
pub(super) fn confirm(is_sure: bool) -> Result<(), CliError> {
    if is_sure {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(CliError::NotNow(
            "nothing was changed: there is no terminal to ask on; say --yes".to_owned(),
        ));
    }
    let _ = write!(anstream::stderr(), "Continue? [y/N] ");
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(CliError::Input)?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(CliError::Declined),
    }
}
