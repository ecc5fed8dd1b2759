//! Where a command writes, and whom it asks.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    thread,
};

use console::Term;
use tokio::sync::oneshot;

use super::{error::CliError, printable::printable};

/// Writes to standard output, and nothing that would do more than show; colours only where they are shown, and never with `NO_COLOR`.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    write(anstream::stdout().lock(), &printable(text))
}

/// Writes what a program may read, and changes nothing of it where one may: a terminal is a person's.
pub(super) fn print_document(text: &str) -> Result<(), CliError> {
    if io::stdout().is_terminal() {
        return print(text);
    }
    write(io::stdout().lock(), text)
}

fn write(mut out: impl io::Write, text: &str) -> Result<(), CliError> {
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(CliError::Output)
}

/// Tells a person on the way, apart from the output. Nobody who reads it is no failure.
pub(super) fn tell(text: &str) {
    let _ = writeln!(anstream::stderr(), "{}", printable(text));
}

/// The columns of the terminal; `None` where standard output is none, and lines may be as long as they are.
pub(super) fn width() -> Option<u16> {
    let (_, columns) = Term::stdout().size_checked()?;
    Some(columns)
}

/// Asks a person, who must be there to answer. Ctrl-C is heard meanwhile: the answer is read apart.
pub(super) async fn confirm(is_sure: bool) -> Result<(), CliError> {
    if is_sure {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(CliError::NotNow(
            "nothing was changed: there is no terminal to ask on; say --yes".to_owned(),
        ));
    }
    let mut question = Question::ask("Continue? [y/N] ");
    let (sender, answer) = oneshot::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        // Nobody waits for it where the command was ended.
        let _ = sender.send(read.map(|_| line));
    });
    let gone = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let answer = answer.await.unwrap_or_else(|_| Err(gone()));
    let answer = answer.map_err(CliError::Input)?;
    question.is_answered = answer.ends_with('\n');
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(CliError::Declined),
    }
}

/// A question on the screen. What is told after one without an answer begins on a line of its own.
struct Question {
    is_answered: bool,
}

impl Question {
    fn ask(text: &str) -> Self {
        let _ = write!(anstream::stderr(), "{text}");
        Self { is_answered: false }
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        if !self.is_answered {
            tell("");
        }
    }
}
