//! How old the ssh of the PATH is: what it can't do is said before it starts.

use std::{fmt, process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

use crate::{cli::error::CliError, keys::Algorithm};

/// How long it may take to say its version.
const ANSWER: Duration = Duration::from_secs(5);

/// Since when it can be told of an agent by an option. <https://www.openssh.com/txt/release-7.3>
const NAMES_AGENTS: Version = Version(7, 3);

/// A version of OpenSSH.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32, u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// What the ssh of the PATH says of itself; `None` when it says something else, and then nothing is held against it.
pub(super) async fn version() -> Option<Version> {
    let asked = Command::new("ssh")
        .arg("-V")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let said = timeout(ANSWER, asked).await.ok()?.ok()?;
    read(&String::from_utf8_lossy(&said.stderr))
}

/// `OpenSSH_9.6p1 Ubuntu-3ubuntu13.5, OpenSSL 3.0.13 30 Jan 2024`
fn read(said: &str) -> Option<Version> {
    let word = said.split([' ', ',']).next()?;
    let numbers = word.strip_prefix("OpenSSH_")?;
    let numbers = numbers.strip_prefix("for_Windows_").unwrap_or(numbers);
    let mut numbers = numbers.split(|char: char| !char.is_ascii_digit());
    let mut number = || numbers.next()?.parse().ok();
    Some(Version(number()?, number()?))
}

/// Whether it can be told of an agent by an option. Older ones take the agent of the environment, and no configuration of
/// theirs names another.
pub(super) fn names_agents(version: Option<Version>) -> bool {
    version.is_none_or(|version| version >= NAMES_AGENTS)
}

/// Refuses a kind of key that it can't log in with.
pub(super) fn check(version: Option<Version>, algorithm: Algorithm) -> Result<(), CliError> {
    let since = match algorithm {
        Algorithm::Ed25519 => Version(6, 5),
        Algorithm::Ecdsa => Version(5, 7),
        // By SHA-2: the agent signs nothing by SHA-1.
        Algorithm::Rsa => Version(7, 2),
    };
    match version {
        Some(version) if version < since => Err(CliError::NotNow(format!(
            "the ssh on the PATH is OpenSSH {version}, and a login with this {algorithm} key takes {since} or newer: install a newer client of OpenSSH"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_they_are_printed() {
        for (said, version) in [
            (
                "OpenSSH_9.6p1 Ubuntu-3ubuntu13.5, OpenSSL 3.0.13 30 Jan 2024\n",
                Some(Version(9, 6)),
            ),
            ("OpenSSH_10.0p2, LibreSSL 3.9.2", Some(Version(10, 0))),
            (
                "OpenSSH_6.6.1p1, OpenSSL 1.0.1e-fips 11 Feb 2013",
                Some(Version(6, 6)),
            ),
            (
                "OpenSSH_for_Windows_8.1p1, LibreSSL 3.0.2",
                Some(Version(8, 1)),
            ),
            ("Dropbear v2022.83", None),
            ("OpenSSH_", None),
            ("", None),
        ] {
            assert_eq!(read(said), version, "{said}");
        }
    }

    #[test]
    fn each_kind_of_key_has_a_version_that_it_takes() {
        assert!(check(None, Algorithm::Rsa).is_ok());
        assert!(check(Some(Version(7, 2)), Algorithm::Rsa).is_ok());
        assert!(check(Some(Version(10, 0)), Algorithm::Ed25519).is_ok());
        let error = check(Some(Version(7, 1)), Algorithm::Rsa).unwrap_err();
        assert!(error.line().contains("OpenSSH 7.1"), "{error}");
        assert!(check(Some(Version(6, 4)), Algorithm::Ed25519).is_err());
        assert!(names_agents(None) && names_agents(Some(Version(7, 3))));
        assert!(!names_agents(Some(Version(6, 9))));
    }
}
