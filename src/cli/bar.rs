//! Progress on standard error, where that is a terminal: one line, which goes however a command ends.
//!
//! The line is never filled up to the edge: what the terminal itself writes after it, such as `^C`, stands on the same line, and
//! goes with it.

use std::{
    cell::{Cell, RefCell},
    env,
    io::{self, Write as _},
};

use console::{Term, truncate_str};

/// How wide the bar itself is. With its words it fits a terminal of 40 columns.
const WIDTH: usize = 16;

/// What the terminal itself may write after the line.
const ROOM: usize = 3;

/// What turns while something is waited for that can't be counted.
const TURNS: [char; 4] = ['|', '/', '-', '\\'];

/// One line of progress.
pub(super) struct Bar {
    /// `None` where nothing is drawn.
    columns: Option<usize>,
    doing: String,
    /// Of how many; `None` where that can't be said.
    count: Option<usize>,
    done: Cell<usize>,
    drawn: RefCell<String>,
}

impl Bar {
    /// A bar of so many, with what is done with them.
    pub(super) fn of(doing: &str, count: usize) -> Self {
        Self::drawn(doing, Some(count))
    }

    /// Something that is waited for.
    pub(super) fn waiting(doing: &str) -> Self {
        Self::drawn(doing, None)
    }

    fn drawn(doing: &str, count: Option<usize>) -> Self {
        let is_capable = env::var_os("TERM").is_some_and(|term| term != "dumb");
        let size = Term::stderr().size_checked().filter(|_| is_capable);
        let bar = Self {
            columns: size.map(|(_, columns)| usize::from(columns)),
            doing: doing.to_owned(),
            count,
            done: Cell::new(0),
            drawn: RefCell::default(),
        };
        bar.set(0);
        bar
    }

    /// One more is done, or it is waited for a little longer.
    pub(super) fn advance(&self) {
        self.set(self.done.get() + 1);
    }

    /// So many are done.
    pub(super) fn set(&self, done: usize) {
        self.done.set(done);
        let Some(columns) = self.columns else {
            return;
        };
        let line = line(&self.doing, self.count, done);
        let room = columns.saturating_sub(ROOM);
        let line = truncate_str(&line, room, "").into_owned();
        if self.drawn.replace(line.clone()) != line {
            put(&line);
        }
    }

    /// Takes the line away for what stays on the terminal, and draws it again.
    pub(super) fn aside(&self, tell: impl FnOnce()) {
        self.clear();
        tell();
        self.set(self.done.get());
    }

    fn clear(&self) {
        if !self.drawn.take().is_empty() {
            put("");
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Puts a line in the place of the one that the cursor is on. Nobody who sees it is no failure.
fn put(line: &str) {
    let mut terminal = io::stderr().lock();
    let _ = write!(terminal, "\r\u{1b}[2K{line}").and_then(|()| terminal.flush());
}

fn line(doing: &str, count: Option<usize>, done: usize) -> String {
    let Some(count) = count else {
        let turn = TURNS.get(done % TURNS.len()).unwrap_or(&' ');
        return format!("{turn} {doing}");
    };
    let full = (done * WIDTH)
        .checked_div(count)
        .unwrap_or(WIDTH)
        .min(WIDTH);
    let bar = "█".repeat(full) + &"░".repeat(WIDTH - full);
    let line = format!("{doing} {done} of {count} {bar}");
    line.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is() {
        assert_eq!(line("", Some(4), 0), "0 of 4 ░░░░░░░░░░░░░░░░");
        assert_eq!(
            line("planning", Some(4), 1),
            "planning 1 of 4 ████░░░░░░░░░░░░"
        );
        assert_eq!(line("", Some(3), 3), "3 of 3 ████████████████");
        assert_eq!(line("", Some(0), 0), "0 of 0 ████████████████");
        assert_eq!(line("waiting", None, 5), "/ waiting");
    }
}
