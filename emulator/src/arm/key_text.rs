//! Which texts the service takes as a public key: RSA of at least 2048 bits and Ed25519
//! (learn.microsoft.com "create-ssh-keys-detailed"; terraform-provider-azurerm's validator). It also takes, and itself once stored, a key whose
//! base64 is broken over lines (azure-cli recording `test_vm_ssh_key.yaml` of 2022).

use ssh_key::{PublicKey, public::KeyData};

const SMALLEST_RSA_BITS: usize = 2048;
/// Where [`wrap`] breaks the base64.
const WRAPPED_WIDTH: usize = 64;

pub(crate) fn is_accepted(text: &str) -> bool {
    let Some((algorithm, blob, comment)) = parts(text) else {
        return false;
    };
    if comment.contains(['\r', '\n']) {
        return false;
    }
    let Ok(key) = PublicKey::from_openssh(&format!("{algorithm} {blob}")) else {
        return false;
    };
    match key.key_data() {
        KeyData::Rsa(rsa) => rsa
            .n()
            .as_positive_bytes()
            .is_some_and(|modulus| bits(modulus) >= SMALLEST_RSA_BITS),
        KeyData::Ed25519(_) => true,
        _ => false,
    }
}

/// The same key as the service itself stored generated ones in 2022: base64 in lines with CRLF, and CRLF at the end.
pub(crate) fn wrap(text: &str) -> Option<String> {
    let (algorithm, blob, comment) = parts(text)?;
    let lines: Vec<String> = blob
        .chars()
        .collect::<Vec<_>>()
        .chunks(WRAPPED_WIDTH)
        .map(|line| line.iter().collect())
        .collect();
    let space = if comment.is_empty() { "" } else { " " };
    Some(format!(
        "{algorithm} {}{space}{comment}\r\n",
        lines.join("\r\n")
    ))
}

/// Algorithm, base64 without line ends, comment.
fn parts(text: &str) -> Option<(&str, String, &str)> {
    let (algorithm, rest) = text.trim().split_once(' ')?;
    let (blob, comment) = rest.split_once(' ').unwrap_or((rest, ""));
    let blob = blob.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    Some((algorithm, blob, comment.trim()))
}

/// `modulus` is big-endian without leading zero bytes.
fn bits(modulus: &[u8]) -> usize {
    let unused = modulus
        .first()
        .map_or(0, |byte| byte.leading_zeros() as usize);
    modulus.len() * 8 - unused
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIXEaF2sU8vmSzhV8nSPmOsCV8xNGJbQD1ALTcCX1y3m";
    const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHwf2HMM5TRXvo2SQJjsNkiDD5KqiiNjrGVv3UUh+mMT5RHxiRtOnlqvjhQtBq0VpmpCV/PwUdhOig4vkbqAcEc=";

    #[test]
    fn an_ed25519_key_is_taken_with_and_without_a_comment_and_wrapped() {
        for text in [
            ED25519.to_owned(),
            format!("{ED25519} me@here with spaces"),
            format!("{ED25519}\n"),
        ] {
            assert!(is_accepted(&text), "{text:?}");
            let wrapped = wrap(&text).unwrap_or_default();
            assert!(
                wrapped.trim_end().contains("\r\n") && is_accepted(&wrapped),
                "{wrapped:?}"
            );
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "ssh-ed25519",
            "ssh-ed25519 AAAA",
            ECDSA,
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
            &format!("{ED25519}\n{ED25519}"),
            &format!("{ED25519} one\n{ED25519} two"),
        ] {
            assert!(!is_accepted(text), "{text:?}");
        }
    }
}
