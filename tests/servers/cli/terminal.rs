//! A terminal, as a person sees it: what stands on it after all that was written, and keys that are pressed.

use std::{
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
};

use dev::world::World;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, ChildStdin, Command},
    task::JoinHandle,
};

/// Ctrl-C and Ctrl-D, as a terminal sends them.
pub(crate) const CTRL_C: &str = "\u{3}";
pub(crate) const CTRL_D: &str = "\u{4}";

/// The program on a terminal of its own.
pub(crate) struct Terminal {
    columns: usize,
    child: Child,
    keyboard: ChildStdin,
    written: Arc<Mutex<Vec<u8>>>,
    reading: JoinHandle<()>,
}

/// What stands on a terminal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Screen {
    /// Its lines, without those at the end that are empty.
    pub(crate) lines: Vec<String>,
    pub(crate) has_cursor: bool,
}

impl Terminal {
    /// Starts the program on a terminal with so many columns.
    pub(crate) fn start(world: &World, folder: &Path, columns: usize, arguments: &str) -> Self {
        let line = format!(
            "stty rows 50 cols {columns}; exec {} --kubeconfig {} -n {} {arguments}",
            env!("CARGO_BIN_EXE_kubectl-sshkey"),
            world.control_plane().kubeconfig().display(),
            world.namespace(),
        );
        let mut child = Command::new("script")
            .args(["-qefc", &line, "/dev/null"])
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("NO_COLOR", "1")
            .env("TERM", "xterm")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let keyboard = child.stdin.take().unwrap();
        let mut output = child.stdout.take().unwrap();
        let written = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&written);
        let reading = tokio::spawn(async move {
            let mut bytes = [0; 4_096];
            while let Ok(count @ 1..) = output.read(&mut bytes).await {
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.extend(&bytes[..count]);
            }
        });
        Self {
            columns,
            child,
            keyboard,
            written,
            reading,
        }
    }

    pub(crate) async fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).await.unwrap();
        self.keyboard.flush().await.unwrap();
    }

    /// What stands on it now.
    pub(crate) fn screen(&self) -> Screen {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        drawn(&String::from_utf8_lossy(&written), self.columns)
    }

    /// Waits until a line has this text.
    pub(crate) async fn until_shown(&self, world: &World, text: &str) {
        let shown = async || {
            let screen = self.screen();
            let is_shown = screen.lines.iter().any(|line| line.contains(text));
            is_shown.then_some(()).ok_or_else(|| format!("{screen:?}"))
        };
        world
            .until(format!("the terminal shows {text}"), shown)
            .await;
    }

    /// The exit code, and what stays on the terminal.
    pub(crate) async fn ended(mut self) -> (Option<i32>, Screen) {
        let status = self.child.wait().await.unwrap();
        (&mut self.reading).await.unwrap();
        (status.code(), self.screen())
    }
}

/// What stands on a terminal after a text with the sequences that programs move its cursor by.
fn drawn(text: &str, columns: usize) -> Screen {
    let mut lines: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column, mut has_cursor) = (0_usize, 0_usize, true);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\r' => column = 0,
            '\n' => row += 1,
            '\u{8}' => column = column.saturating_sub(1),
            '\u{1b}' => {
                assert_eq!(chars.next(), Some('['), "{text:?}");
                let mut numbers = String::new();
                let end = loop {
                    match chars.next().unwrap() {
                        end if end.is_ascii_alphabetic() => break end,
                        other => numbers.push(other),
                    }
                };
                let count = numbers.parse().unwrap_or(1);
                match (end, numbers.as_str()) {
                    ('A', _) => row = row.saturating_sub(count),
                    ('B', _) => row += count,
                    ('K', "2") => lines[row].clear(),
                    ('K', _) => lines[row].truncate(column),
                    // From the cursor on.
                    ('J', _) => {
                        lines[row].truncate(column);
                        lines.truncate(row + 1);
                    }
                    ('l', "?25") => has_cursor = false,
                    ('h', "?25") => has_cursor = true,
                    ('m', _) => {}
                    other => panic!("{other:?} in {text:?}"),
                }
            }
            char => {
                if column == columns {
                    (row, column) = (row + 1, 0);
                    lines.resize(lines.len().max(row + 1), Vec::new());
                }
                let line = &mut lines[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = char;
                column += 1;
            }
        }
        lines.resize(lines.len().max(row + 1), Vec::new());
    }
    let lines = lines.into_iter().map(String::from_iter);
    let mut lines: Vec<String> = lines
        .map(|line: String| line.trim_end().to_owned())
        .collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    Screen { lines, has_cursor }
}

#[test]
fn a_terminal_shows_what_was_written_last() {
    let shown = |text: &str| drawn(text, 5).lines;
    assert_eq!(shown("abcdefg\r\nh"), ["abcde", "fg", "h"]);
    assert_eq!(shown("bar\r\u{1b}[2Knew"), ["new"]);
    assert_eq!(shown("one\r\ntwo\r\u{1b}[1A\u{1b}[Jx"), ["x"]);
    assert!(!drawn("\u{1b}[?25l", 5).has_cursor);
}
