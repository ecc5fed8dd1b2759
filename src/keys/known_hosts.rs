//! Whether a text is what a `known_hosts` file holds.

/// A line that is no line of a `known_hosts` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} of knownHosts is no host key: write `HOST TYPE BASE64`, as ssh-keyscan prints it, or a comment that begins with #"
)]
pub struct NotKnownHosts {
    /// Which line, from 1.
    pub line: usize,
}

/// Checks every line. Hashed hosts, several hosts in one line, markers and comments are what `sshd(8)` describes under
/// its file format.
///
/// # Errors
/// The first line that is not valid; the last line, if there is no host key at all.
pub fn check_known_hosts(text: &str) -> Result<(), NotKnownHosts> {
    let mut hosts = 0;
    let mut last = 1;
    for (line, content) in (1..).zip(text.lines()) {
        last = line;
        let content = content.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let mut fields = content.split_ascii_whitespace();
        let mut hosts_field = fields.next();
        if hosts_field.is_some_and(|field| ["@cert-authority", "@revoked"].contains(&field)) {
            hosts_field = fields.next();
        }
        let key = (hosts_field, fields.next(), fields.next());
        let (Some(_), Some(kind), Some(base64)) = key else {
            return Err(NotKnownHosts { line });
        };
        if ssh_key::PublicKey::from_openssh(&format!("{kind} {base64}")).is_err() {
            return Err(NotKnownHosts { line });
        }
        hosts += 1;
    }
    if hosts == 0 {
        return Err(NotKnownHosts { line: last });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    #[test]
    fn what_ssh_keyscan_prints_is_taken() {
        for text in [
            format!("github.com {KEY}"),
            format!("# github.com:22 SSH-2.0\n\ngithub.com,140.82.121.3 {KEY} comment\n"),
            format!("|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= {KEY}\r\n"),
            format!("@cert-authority *.example.com {KEY}"),
            format!("[git.example.com]:2222 {KEY}"),
        ] {
            assert_eq!(check_known_hosts(&text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_no_host_key_is_refused_by_its_line() {
        for (text, line) in [
            (String::new(), 1),
            ("# nothing\n\n".to_owned(), 2),
            ("hello".to_owned(), 1),
            (format!("github.com {KEY}\ngithub.com ssh-ed25519 AAAA"), 2),
            (KEY.to_owned(), 1),
            (format!("github.com ssh-rsa {}", &KEY[12..]), 1),
        ] {
            assert_eq!(
                check_known_hosts(&text),
                Err(NotKnownHosts { line }),
                "{text}"
            );
        }
    }
}
