//! The name by which people and programs recognize a key.

use std::fmt;
use std::str::FromStr;

/// The SHA-256 of a public key's wire encoding, as `ssh-keygen -l` shows it: `SHA256:` and 43 characters of unpadded
/// base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(super) fn of(material: &ssh_key::public::KeyData) -> Option<Self> {
        material
            .fingerprint(ssh_key::HashAlg::Sha256)
            .sha256()
            .map(Self)
    }

    /// The fingerprint of what is no key.
    pub(super) fn of_text(text: &str) -> Self {
        let mut digest = [0; 32];
        digest.copy_from_slice(
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref(),
        );
        Self(digest)
    }

    /// The first 16 lower-case hexadecimal digits of the hash: a name that is legal where base64 is not, such as a
    /// Secret's data key.
    pub fn short_hex(&self) -> String {
        use fmt::Write as _;
        let mut digits = String::with_capacity(16);
        for byte in &self.0[..8] {
            // Writing to a String has no way to fail.
            let _ = write!(digits, "{byte:02x}");
        }
        digits
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ssh_key::Fingerprint::Sha256(self.0).fmt(f)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintMalformed;

    fn from_str(text: &str) -> Result<Self, FingerprintMalformed> {
        text.parse::<ssh_key::Fingerprint>()
            .ok()
            .and_then(ssh_key::Fingerprint::sha256)
            .map(Self)
            .ok_or(FingerprintMalformed)
    }
}

/// The text is no SHA-256 fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a fingerprint: it must be `SHA256:` and 43 characters of base64, as `ssh-keygen -lf` prints"
)]
pub struct FingerprintMalformed;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_short_form_is_the_start_of_the_hash_in_hex() {
        let mut hash = [0xff; 32];
        hash[..8].copy_from_slice(&[0x00, 0x01, 0x0a, 0xa0, 0xde, 0xad, 0xbe, 0xef]);
        assert_eq!(Fingerprint(hash).short_hex(), "00010aa0deadbeef");
    }

    #[test]
    fn other_hashes_and_other_lengths_are_refused() {
        let whole = Fingerprint([7; 32]).to_string();
        assert_eq!(whole.len(), "SHA256:".len() + 43);
        for text in [
            "",
            "SHA256:",
            "SHA256",
            &whole[..whole.len() - 1],
            &format!("{whole}="),
            &format!("{whole} "),
            &whole.replace("SHA256", "sha256"),
            &whole.replace("SHA256", "SHA512"),
            "MD5:aa:bb",
        ] {
            assert_eq!(
                text.parse::<Fingerprint>(),
                Err(FingerprintMalformed),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(hash in any::<[u8; 32]>()) {
            let fingerprint = Fingerprint(hash);
            prop_assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "(SHA256:)?.{0,200}") {
            let _ = text.parse::<Fingerprint>();
        }
    }
}
