//! A real OpenSSH server on loopback, to log in to as a user logs in to a VM.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::Command,
    time::{Instant, sleep},
};
use uuid::Uuid;

use crate::{
    checkout, ports,
    processes::{Child, Program},
};

/// A server that lets the current user in with the keys it was started with. It is killed when this is dropped.
pub struct Sshd {
    folder: TempDir,
    port: u16,
    user: String,
    child: Child,
}

impl Sshd {
    /// Starts one with these lines as its `authorized_keys`, as a VM gets them when it is created.
    ///
    /// # Errors
    /// When OpenSSH is not installed or the server does not come up.
    pub async fn start(authorized_keys: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("make a folder for sshd")?;
        let user = run(Command::new("id").arg("-un")).await?;
        prepare(folder.path(), authorized_keys).await?;
        // Between the look for a free port and its use another program can take it: rare, and worth another try.
        for _ in 0..3 {
            let [port] = ports::free()?;
            let child = launch(folder.path(), port, &user)?;
            if listens(port, &child).await? {
                return Ok(Self {
                    folder,
                    port,
                    user,
                    child,
                });
            }
        }
        bail!("sshd found its port in use three times")
    }

    /// Logs in with the private key in a file that only its owner may read, and returns what a command printed there.
    ///
    /// # Errors
    /// When `ssh` fails; with its words and the server's.
    pub async fn login(&self, private_key: &Path) -> anyhow::Result<String> {
        // A word of this login alone: what comes back was written by the other side.
        let word = Uuid::new_v4().to_string();
        let option = |name: &str, value: &str| ["-o".to_owned(), format!("{name}={value}")];
        let printed = run(Command::new("ssh")
            .arg("-i")
            .arg(private_key)
            .args(option("IdentitiesOnly", "yes"))
            .args(option("IdentityAgent", "none"))
            .args(self.options())
            .arg(self.address())
            .arg(format!("echo {word}")))
        .await
        .with_context(|| format!("the server said:\n{}", self.child.tail(20)))?;
        if printed != word {
            bail!("the login printed {printed:?} instead of {word:?}");
        }
        Ok(printed)
    }

    /// The machine, as ssh takes it.
    pub fn address(&self) -> String {
        format!("{}@127.0.0.1", self.user)
    }

    /// The options of ssh by which it finds this server and trusts it, without settings of the machine or of the user.
    pub fn options(&self) -> Vec<String> {
        let known_hosts = self.folder.path().join("known_hosts");
        let mut options: Vec<String> = ["-F", "none", "-p", &self.port.to_string()]
            .map(str::to_owned)
            .into();
        for option in [
            "BatchMode=yes".to_owned(),
            "StrictHostKeyChecking=yes".to_owned(),
            format!("UserKnownHostsFile={}", known_hosts.display()),
            "GlobalKnownHostsFile=none".to_owned(),
            "ConnectTimeout=20".to_owned(),
        ] {
            options.extend(["-o".to_owned(), option]);
        }
        options
    }

    /// The last lines of the server's log.
    pub fn tail(&self, lines: usize) -> String {
        self.child.tail(lines)
    }
}

/// Writes the host key, the known host and the authorized keys.
async fn prepare(folder: &Path, authorized_keys: &str) -> anyhow::Result<()> {
    let host_key = folder.join("host_key");
    run(Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&host_key))
    .await?;
    let host = fs::read_to_string(host_key.with_extension("pub")).context("read the host key")?;
    // Both ways to write the address: ssh leaves the port out when it is 22, which this never is, so `*` is the port.
    fs::write(folder.join("known_hosts"), format!("[127.0.0.1]:* {host}"))
        .context("write known_hosts")?;
    let authorized_keys = format!("{}\n", authorized_keys.trim_end());
    fs::write(folder.join("authorized_keys"), authorized_keys).context("write authorized_keys")
}

fn launch(folder: &Path, port: u16, user: &str) -> anyhow::Result<Child> {
    if user == "root" {
        // Where sshd run by root locks itself in before a login; it refuses to start without it.
        fs::create_dir_all("/run/sshd").context("create /run/sshd")?;
    }
    let sshd = checkout::installed(
        "sshd",
        &[Path::new("/usr/sbin"), Path::new("/usr/local/sbin")],
    )?;
    let settings = [
        ("ListenAddress", format!("127.0.0.1:{port}")),
        ("HostKey", folder.join("host_key").display().to_string()),
        (
            "AuthorizedKeysFile",
            folder.join("authorized_keys").display().to_string(),
        ),
        ("PidFile", "none".to_owned()),
        // The folder is below /tmp, which others may write to.
        ("StrictModes", "no".to_owned()),
        ("UsePAM", "no".to_owned()),
        ("AuthenticationMethods", "publickey".to_owned()),
        ("PermitRootLogin", "prohibit-password".to_owned()),
        ("LogLevel", "VERBOSE".to_owned()),
    ];
    let settings = settings.map(|(name, value)| format!("{name} {value}"));
    let config = folder.join("sshd_config");
    fs::write(&config, settings.join("\n") + "\n").context("write sshd's configuration")?;
    Program::new(sshd, folder.join("sshd.log"))
        .arg("-D")
        .arg("-e")
        .arg("-f")
        .arg(config)
        .start()
}

/// Whether the server listens; not, when its port is another's.
async fn listens(port: u16, child: &Child) -> anyhow::Result<bool> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if let Some(status) = child.ended() {
            if child.tail(20).contains("Address already in use") {
                return Ok(false);
            }
            bail!("sshd has ended ({status}); it said:\n{}", child.tail(20));
        }
        if child.tail(20).contains("Server listening")
            && TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        {
            return Ok(true);
        }
        sleep(Duration::from_millis(20)).await;
    }
    bail!(
        "sshd does not listen after 20 s; it said:\n{}",
        child.tail(20)
    )
}

/// Runs a program and returns what it printed.
async fn run(command: &mut Command) -> anyhow::Result<String> {
    let name = command
        .as_std()
        .get_program()
        .to_string_lossy()
        .into_owned();
    let output = command
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("run {name}"))?;
    if !output.status.success() {
        bail!("{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
