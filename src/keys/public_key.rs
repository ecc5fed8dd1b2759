//! Public keys: read leniently, written in one canonical way.

use std::fmt;

use ssh_key::public::KeyData;

use super::algorithm::{Algorithm, Curve, ED25519_BITS, KeySpec};
use super::comment::Comment;
use super::error::KeyError;
use super::fingerprint::Fingerprint;
use super::public_line::{SUPPORTED_TYPES, fields, is_blob, split_field};
use super::{given_text, points, private_inside, public_formats, rsa, weak_rsa, why_not};

/// The most that is read, in bytes. The largest accepted key (RSA 8192) takes about 1.4 KiB.
const MAX_BYTES: usize = 64 * 1024;

/// A public key of a type, size and shape that this program accepts.
///
/// Two are equal when their key material is; the comment does not count.
#[derive(Clone)]
pub struct PublicKey {
    /// `<type> <base64>`: the one way to write this material.
    material: String,
    algorithm: Algorithm,
    bits: i32,
    fingerprint: Fingerprint,
    comment: Comment,
}

impl PublicKey {
    /// Reads a public key as a program wrote it: in the format of a `.pub` file, in RFC 4716, or in PEM.
    ///
    /// Line breaks are ignored wherever they are, because Azure has stored keys that are wrapped inside the base64. A
    /// comment that breaks the rule of [`Comment`] is dropped.
    ///
    /// # Errors
    /// Anything but one key: options in front, several keys, more than 64 KiB, unsupported types, RSA below 2048 or
    /// above 8192 bits, and damage.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if text.len() > MAX_BYTES {
            return Err(KeyError::TooLarge {
                limit_bytes: MAX_BYTES,
            });
        }
        let text = text.trim();
        if let Some(read) = public_formats::read(text) {
            let (key, comment) = read?;
            return Self::new(&key, Comment::kept_or_dropped(&comment));
        }
        let wrapped = text.contains(LINE_BREAKS);
        let joined = text.replace(LINE_BREAKS, "");
        // With the line breaks gone, the second of two lines is a part of the first one's comment. What else stands on the
        // same line never gets out.
        Self::of_line(&joined, wrapped)
    }

    /// Reads a public key as a person gives it: as [`Self::parse`] does, and also with what editors, shells and other
    /// programs leave around it. A private key anywhere in it is found first.
    ///
    /// # Errors
    /// Everything else, by what it is.
    pub fn given(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() > MAX_BYTES {
            return Err(KeyError::TooLarge {
                limit_bytes: MAX_BYTES,
            });
        }
        if private_inside::found(bytes) {
            return Err(KeyError::PrivateKeyGiven);
        }
        if public_formats::is_der(bytes) {
            return Err(KeyError::DerPublicKey);
        }
        let text = given_text::clean(bytes)?;
        if let Some(read) = public_formats::given(&text) {
            let (key, comment) = read?;
            return Self::new(&key, Comment::kept_or_dropped(&comment));
        }
        let text = public_formats::without_comment_lines(&text)?;
        // A line end that a program wrote out stands at the end, or before another key.
        let text = text.replace("\\r\\n", "\\n");
        let text = text.trim_end_matches("\\n").trim_end();
        let joined = text.replace(LINE_BREAKS, "");
        Self::of_line(&joined, true)
    }

    /// Reads `<type> <base64> <comment>`; `alone` says that the comment must not hold another key.
    fn of_line(line: &str, alone: bool) -> Result<Self, KeyError> {
        let (kind, rest) = split_field(line);
        if !SUPPORTED_TYPES.contains(&kind) {
            return Err(why_not::public(line));
        }
        let (blob, comment) = split_field(rest);
        if alone && fields(comment).any(is_blob) {
            return Err(KeyError::SeveralPublicKeys);
        }
        let read = ssh_key::PublicKey::from_openssh(&format!("{kind} {blob}"))
            .map_err(|_| KeyError::PublicKeyDamaged)?;
        Self::new(read.key_data(), Comment::kept_or_dropped(comment))
    }

    pub(super) fn new(material: &KeyData, comment: Comment) -> Result<Self, KeyError> {
        let (algorithm, bits) = match material {
            KeyData::Ed25519(key) => {
                points::check_ed25519(key.0)?;
                (Algorithm::Ed25519, ED25519_BITS)
            }
            KeyData::Rsa(key) => {
                let bits = rsa::check_public(key)?;
                let bits = i32::try_from(bits).map_err(|_| KeyError::RsaSize { bits })?;
                (Algorithm::Rsa, bits)
            }
            KeyData::Ecdsa(key) => {
                // SEC 1 section 2.3.3: 4 stands for a point in full.
                if key.as_sec1_bytes().first() != Some(&4) {
                    return Err(KeyError::EcdsaPointCompressed);
                }
                points::check_ecdsa(key)?;
                (Algorithm::Ecdsa, Curve::from(key.curve()).bits())
            }
            other => return Err(KeyError::of_type(other.algorithm().as_str())),
        };
        Ok(Self {
            material: ssh_key::PublicKey::from(material.clone())
                .to_openssh()
                .map_err(|_| KeyError::Encode)?,
            algorithm,
            bits,
            fingerprint: Fingerprint::of(material).ok_or(KeyError::Encode)?,
            comment,
        })
    }

    /// What stands for the public half of a pair that does not exist yet. No key is equal to it, and no other of another
    /// `number`.
    pub fn stand_in(spec: KeySpec, number: usize) -> Self {
        let material = format!("{STAND_IN} {} {} {number}", spec.algorithm(), spec.bits());
        Self {
            fingerprint: Fingerprint::of_text(&material),
            algorithm: spec.algorithm(),
            bits: spec.bits(),
            comment: Comment::empty(),
            material,
        }
    }

    /// Whether this stands for a key that does not exist yet.
    pub fn is_stand_in(&self) -> bool {
        self.material.starts_with(STAND_IN)
    }

    /// The canonical text, `<type> <base64>[ <comment>]`: one line without a line end and without control characters.
    pub fn to_line(&self) -> String {
        if self.comment.is_empty() {
            self.material.clone()
        } else {
            format!("{} {}", self.material, self.comment)
        }
    }

    /// The SHA-256 fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The size in bits, as `ssh-keygen -l` prints it; 256 for Ed25519.
    pub fn bits(&self) -> i32 {
        self.bits
    }

    /// Whether an RSA key is not of those that can be broken although their size is right. It takes some milliseconds.
    ///
    /// # Errors
    /// [`KeyError::RsaWeak`] when it is one of them, [`KeyError::RsaSmallFactor`] when no program made it so.
    pub fn check_strength(&self) -> Result<(), KeyError> {
        match self.rsa_modulus() {
            Some(modulus) if weak_rsa::has_small_factor(&modulus) => Err(KeyError::RsaSmallFactor),
            Some(modulus) if weak_rsa::is_weak(&modulus) => Err(KeyError::RsaWeak),
            _ => Ok(()),
        }
    }

    /// The modulus of an RSA key, big-endian.
    pub(super) fn rsa_modulus(&self) -> Option<Vec<u8>> {
        let key = ssh_key::PublicKey::from_openssh(&self.material).ok()?;
        Some(key.key_data().rsa()?.n().as_positive_bytes()?.to_vec())
    }

    /// The comment; empty when there was none or it broke the rule.
    pub fn comment(&self) -> &Comment {
        &self.comment
    }

    /// Whether Azure's virtual machines take this key: RSA of at least 2048 bits or Ed25519
    /// (<https://learn.microsoft.com/azure/virtual-machines/linux/mac-create-ssh-keys>).
    ///
    /// # Errors
    /// When Azure would refuse the key.
    pub fn azure_accepts(&self) -> Result<(), UnsupportedByAzure> {
        match self.algorithm {
            // No `PublicKey` is an RSA key of less than 2048 bits.
            Algorithm::Ed25519 | Algorithm::Rsa => Ok(()),
            Algorithm::Ecdsa => Err(UnsupportedByAzure {
                algorithm: self.algorithm,
            }),
        }
    }
}

/// Begins no public key.
const STAND_IN: &str = "(known after apply)";

const LINE_BREAKS: [char; 2] = ['\r', '\n'];

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.material == other.material
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.to_line())
    }
}

/// Azure does not take keys of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Azure does not accept {algorithm} keys: use Ed25519, or RSA of at least 2048 bits")]
pub struct UnsupportedByAzure {
    /// The algorithm of the refused key.
    pub algorithm: Algorithm,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::algorithm::{KeySpec, RsaSize};
    use crate::keys::pair::KeyPair;
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    use proptest::prelude::*;
    use proptest::sample::Index;
    use std::sync::LazyLock;

    static KEYS: LazyLock<Vec<PublicKey>> = LazyLock::new(|| {
        [
            KeySpec::Ed25519,
            KeySpec::Rsa(RsaSize::Bits2048),
            KeySpec::Ecdsa(Curve::P256),
            KeySpec::Ecdsa(Curve::P384),
            KeySpec::Ecdsa(Curve::P521),
        ]
        .map(|spec| {
            KeyPair::generate(spec, &Comment::try_from("deploy@web").unwrap())
                .unwrap()
                .public_key()
        })
        .to_vec()
    });

    fn ed25519() -> &'static PublicKey {
        &KEYS[0]
    }

    fn blob(key: &PublicKey) -> Vec<u8> {
        let (_, base64) = key.material.split_once(' ').unwrap();
        BASE64_STANDARD.decode(base64).unwrap()
    }

    fn line_of(kind: &str, blob: &[u8]) -> String {
        format!("{kind} {}", BASE64_STANDARD.encode(blob))
    }

    #[test]
    fn a_canonical_line_is_read_back_as_the_same_key() {
        for key in KEYS.iter() {
            let read = PublicKey::parse(&key.to_line()).unwrap();
            assert_eq!(read, *key);
            assert_eq!(read.to_line(), key.to_line());
            assert_eq!(
                (read.algorithm(), read.bits(), read.fingerprint()),
                (key.algorithm, key.bits, key.fingerprint)
            );
        }
    }

    #[test]
    fn the_comment_does_not_make_another_key() {
        let line = &ed25519().material;
        let bare = PublicKey::parse(line).unwrap();
        assert_eq!(bare, *ed25519());
        assert_eq!(bare.to_line(), *line);
        assert_ne!(*ed25519(), KEYS[1]);
    }

    #[test]
    fn a_key_as_azure_once_stored_it_is_read() {
        let key = &KEYS[1];
        let (kind, base64) = key.material.split_once(' ').unwrap();
        let lines: Vec<_> = base64.as_bytes().chunks(76).collect();
        let wrapped = lines.join(&b"\r\n"[..]);
        let stored = format!(
            "{kind} {}\r\n generated-by-azure\r\n",
            String::from_utf8(wrapped).unwrap()
        );
        let read = PublicKey::parse(&stored).unwrap();
        assert_eq!(read, *key);
        assert_eq!(read.comment().as_str(), "generated-by-azure");
    }

    #[test]
    fn two_keys_on_two_lines_are_refused() {
        let (one, other) = (&KEYS[0], &KEYS[1]);
        for line_end in ["\n", "\r\n", "\r", "\n\n", " \n "] {
            for first in [&one.material, &one.to_line(), &other.to_line()] {
                for prefix in ["", "restrict ", "command=\"id\" ", "#", "\t"] {
                    let text = format!("{first}{line_end}{prefix}{}{line_end}", other.to_line());
                    assert_eq!(
                        PublicKey::parse(&text),
                        Err(KeyError::SeveralPublicKeys),
                        "{text:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_second_key_on_the_same_line_never_gets_out() {
        let text = format!("{} {}", ed25519().to_line(), KEYS[1].to_line());
        let read = PublicKey::parse(&text).unwrap();
        assert_eq!(read.to_line(), ed25519().material);
    }

    #[test]
    fn options_in_front_are_refused() {
        for options in [
            "restrict",
            "command=\"id\"",
            "command=\"a b\",no-pty",
            "@cert-authority",
        ] {
            assert_eq!(
                PublicKey::parse(&format!("{options} {}", ed25519().to_line())),
                Err(KeyError::PublicKeyOptions)
            );
        }
    }

    #[test]
    fn what_is_no_public_key_is_called_so() {
        for text in ["", "  \r\n", "hello", "hello world"] {
            assert_eq!(
                PublicKey::parse(text),
                Err(KeyError::NotPublicKey),
                "{text:?}"
            );
        }
    }

    #[test]
    fn other_types_are_named_as_unsupported() {
        for (kind, error) in [
            ("ssh-dss", KeyError::Dsa),
            ("sk-ssh-ed25519@openssh.com", KeyError::SecurityKey),
            ("sk-ecdsa-sha2-nistp256@openssh.com", KeyError::SecurityKey),
            (
                "ssh-ed25519-cert-v01@openssh.com",
                KeyError::CertificateGiven,
            ),
            (
                "sk-ssh-ed25519-cert-v01@openssh.com",
                KeyError::CertificateGiven,
            ),
            ("ecdsa-sha2-nistp192", KeyError::UnsupportedType),
        ] {
            let line = format!("{kind} AAAAB3NzaC1kc3M= x");
            assert_eq!(PublicKey::parse(&line), Err(error));
        }
    }

    #[test]
    fn a_type_that_is_not_the_keys_own_is_refused() {
        for key in KEYS.iter() {
            for kind in SUPPORTED_TYPES {
                if !key.material.starts_with(kind) {
                    assert_eq!(
                        PublicKey::parse(&line_of(kind, &blob(key))),
                        Err(KeyError::PublicKeyDamaged)
                    );
                }
            }
        }
    }

    #[test]
    fn more_than_64_kib_is_refused_unread() {
        let text = format!("{} {}", ed25519().to_line(), "x".repeat(MAX_BYTES));
        assert_eq!(
            PublicKey::parse(&text),
            Err(KeyError::TooLarge {
                limit_bytes: 65_536
            })
        );
    }

    #[test]
    fn an_rsa_key_of_1024_bits_is_refused() {
        let mut blob = b"\0\0\0\x07ssh-rsa\0\0\0\x03\x01\0\x01\0\0\0\x81\0".to_vec();
        blob.extend([0xff; 128]);
        let text = line_of("ssh-rsa", &blob);
        assert!(ssh_key::PublicKey::from_openssh(&text).is_ok());
        assert_eq!(
            PublicKey::parse(&text),
            Err(KeyError::RsaSize { bits: 1024 })
        );
    }

    #[test]
    fn a_compressed_point_is_refused() {
        let mut blob = blob(&KEYS[2]);
        // Type, curve and the length of the point take 4+19+4+8+4 bytes; then 1+32+32 bytes of point.
        assert_eq!(blob.len(), 39 + 65);
        blob.truncate(39 + 33);
        blob[38] = 33;
        blob[39] = 2;
        assert_eq!(
            PublicKey::parse(&line_of("ecdsa-sha2-nistp256", &blob)),
            Err(KeyError::EcdsaPointCompressed)
        );
    }

    #[test]
    fn azure_takes_rsa_and_ed25519_but_no_ecdsa() {
        let accepted: Vec<_> = KEYS.iter().map(|key| key.azure_accepts().is_ok()).collect();
        assert_eq!(accepted, [true, true, false, false, false]);
    }

    fn a_key() -> impl Strategy<Value = &'static PublicKey> {
        any::<Index>().prop_map(|index| index.get(KEYS.as_slice()))
    }

    proptest! {
        #[test]
        fn line_breaks_anywhere_change_nothing(
            key in a_key(),
            breaks in prop::collection::vec((any::<Index>(), "\r\n|\n|\r"), 0..40),
        ) {
            let mut text = key.to_line();
            for (at, line_break) in breaks {
                text.insert_str(at.index(text.len() + 1), &line_break);
            }
            let read = PublicKey::parse(&text);
            prop_assert_eq!(read.as_ref(), Ok(key));
            prop_assert_eq!(read.unwrap().to_line(), key.to_line());
        }

        #[test]
        fn whatever_the_comment_the_line_stays_one_line_of_at_most_three_fields(
            key in a_key(),
            comment in prop_oneof![
                any::<String>(),
                "[ -~]{0,200}",
                "(\r|\n|\0|\t|\u{2028}|command=| |ssh-rsa|AAAA|@|a){0,20}",
            ],
        ) {
            if let Ok(read) = PublicKey::parse(&format!("{} {comment}", key.material)) {
                let line = read.to_line();
                prop_assert_eq!(&read, key);
                prop_assert_eq!(line.lines().count(), 1);
                prop_assert!((2..=3).contains(&line.split(' ').count()));
                prop_assert!(line.chars().all(|each| each.is_ascii_graphic() || each == ' '));
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(
            kind in prop::sample::select(&SUPPORTED_TYPES[..]),
            bytes in prop::collection::vec(any::<u8>(), 0..600),
            text in any::<String>(),
        ) {
            let _ = PublicKey::parse(&text);
            let _ = PublicKey::parse(&format!("{kind} {text}"));
            let _ = PublicKey::parse(&line_of(kind, &bytes));
        }

        #[test]
        fn a_damaged_key_is_never_taken_for_the_whole_one(
            key in a_key(),
            at in any::<Index>(),
            bit in 0..8_u32,
            cut in any::<bool>(),
        ) {
            let (kind, _) = key.material.split_once(' ').unwrap();
            let mut blob = blob(key);
            let at = at.index(blob.len());
            if cut {
                blob.truncate(at);
            } else {
                blob[at] ^= 1 << bit;
            }
            let read = PublicKey::parse(&line_of(kind, &blob));
            prop_assert_ne!(read.as_ref(), Ok(key));
        }
    }
}
