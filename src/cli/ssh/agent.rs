//! An agent with one key, on a socket in a folder that only its owner can enter. Both go with it.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
    task::{AbortHandle, JoinSet},
};

use super::protocol::{LONGEST, answer};
use crate::keys::KeyPair;

/// An agent at work.
pub(super) struct Agent {
    folder: TempDir,
    work: AbortHandle,
}

impl Agent {
    /// Starts one. The private key stays in this process.
    pub(super) fn start(pair: KeyPair) -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("kubectl-sshkey-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        let listener = UnixListener::bind(socket(folder.path()))?;
        fs::write(
            public_key(folder.path()),
            pair.public_key().to_line() + "\n",
        )?;
        let work = tokio::spawn(serve(listener, Arc::new(pair))).abort_handle();
        Ok(Self { folder, work })
    }

    /// The socket.
    pub(super) fn socket(&self) -> PathBuf {
        socket(self.folder.path())
    }

    /// A file with the public key, by which ssh picks the key out of an agent.
    pub(super) fn public_key(&self) -> PathBuf {
        public_key(self.folder.path())
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.work.abort();
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("agent.sock")
}

fn public_key(folder: &Path) -> PathBuf {
    folder.join("key.pub")
}

/// Answers until it is ended; its connections end with it.
async fn serve(listener: UnixListener, pair: Arc<KeyPair>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(converse(stream, Arc::clone(&pair)));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection, until the other side ends it or breaks the protocol.
async fn converse(mut stream: UnixStream, pair: Arc<KeyPair>) -> io::Result<()> {
    loop {
        let length = usize::try_from(stream.read_u32().await?).unwrap_or(usize::MAX);
        if length > LONGEST {
            return Ok(());
        }
        let mut message = vec![0; length];
        stream.read_exact(&mut message).await?;
        let answer = answer(&pair, &message);
        // A signature and a public key are much shorter than what a length can say.
        let length = u32::try_from(answer.len()).map_err(io::Error::other)?;
        stream.write_u32(length).await?;
        stream.write_all(&answer).await?;
    }
}
