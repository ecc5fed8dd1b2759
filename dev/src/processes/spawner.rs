//! The one thread that starts every child: a child dies with the thread that started it, so that thread must live as
//! long as the process.

use std::{
    io,
    process::{Child, Command},
    sync::{
        OnceLock,
        mpsc::{self, Sender},
    },
    thread,
};

type Request = (Command, Sender<io::Result<Child>>);

static SPAWNER: OnceLock<Sender<Request>> = OnceLock::new();

/// Starts `command` from the thread that never ends.
pub(super) fn spawn(command: Command) -> io::Result<Child> {
    let spawner = SPAWNER.get_or_init(|| {
        let (requests, inbox) = mpsc::channel::<Request>();
        // Never joined: it ends with the process, since SPAWNER keeps the channel open.
        thread::spawn(move || {
            for (mut command, answer) in inbox {
                // The asker waits for the answer; were it gone, the child would be nobody's.
                if let Err(mpsc::SendError(Ok(mut orphan))) = answer.send(command.spawn()) {
                    let _ = orphan.kill();
                }
            }
        });
        requests
    });
    let (answer, result) = mpsc::channel();
    let gone = || io::Error::other("the thread that starts children is gone");
    spawner.send((command, answer)).map_err(|_| gone())?;
    result.recv().map_err(|_| gone())?
}
