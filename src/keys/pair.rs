//! A key pair in memory.

use std::fmt;

use ssh_key::LineEnding;
use ssh_key::private::KeypairData;
use zeroize::Zeroizing;

use super::agent_signature::{self, RsaHash};
use super::algorithm::KeySpec;
use super::comment::Comment;
use super::error::KeyError;
use super::public_key::PublicKey;
use super::{exports, generate, pem, private_formats, proof, rsa};

/// The most that is read, in bytes. An RSA 8192 pair takes about 6 KiB.
const MAX_BYTES: usize = 64 * 1024;
/// The longest passphrase that is used, in bytes. `ssh-keygen` reads 1,024.
const PASSPHRASE_BYTES_MAX: usize = 4 * 1024;

/// A key pair whose private half has been seen to sign what its public half verifies.
///
/// There is no way to print, compare, clone or serialize the private half but [`KeyPair::to_openssh`], whose text wipes
/// itself, too.
pub struct KeyPair {
    /// Boxed, so that a move of the pair leaves no copy of the key behind. Its key material is wiped on drop.
    private: Box<ssh_key::PrivateKey>,
    public: PublicKey,
}

impl KeyPair {
    /// Generates a pair. Ed25519 and ECDSA take less than a millisecond, RSA up to many seconds of CPU time, so an
    /// asynchronous caller hands this to a thread of its own.
    ///
    /// # Errors
    /// [`KeyError::Generate`] when the library fails; [`KeyError::Proof`] or one of the `Rsa` errors if it made a pair
    /// that does not work, which then is not returned.
    pub fn generate(spec: KeySpec, comment: &Comment) -> Result<Self, KeyError> {
        let private = ssh_key::PrivateKey::new(generate::generate(spec)?, comment.as_str())
            .map_err(|_| KeyError::Encode)?;
        Self::proven(private, comment.clone())
    }

    /// Reads a private key as somebody has it: PEM in OpenSSH's format or in PKCS #8, plain or encrypted, in PKCS #1 or
    /// SEC 1. Text around the PEM is skipped, unless it holds another key. The public half is computed from the private
    /// one. One line end after the passphrase does not count; without encryption the passphrase is not used. To open an encrypted key may take some seconds of CPU time.
    ///
    /// # Errors
    /// Every other input, by what has to be done about it: [`KeyError::refusal`] groups them.
    pub fn read(text: &[u8], passphrase: Option<&[u8]>) -> Result<Self, KeyError> {
        Self::check_sizes(text, passphrase)?;
        let private_formats::Found { opened, beside } =
            private_formats::private_key(text, passphrase)?;
        let comment = Comment::kept_or_dropped(&opened.comment);
        let private = ssh_key::PrivateKey::new(opened.pair, comment.as_str())
            .map_err(|_| KeyError::UnsupportedType)?;
        let pair = Self::proven(private, comment)?;
        pair.public.check_strength()?;
        if beside.iter().any(|key| *key != pair.public) {
            return Err(KeyError::SeveralPrivateKeys);
        }
        Ok(pair)
    }

    /// Whether what is to be read is small enough. Who keeps it until its turn comes asks before: what a user gives can be as
    /// large as a Secret.
    ///
    /// # Errors
    /// [`KeyError::TooLarge`] and [`KeyError::PassphraseTooLong`].
    pub fn check_sizes(text: &[u8], passphrase: Option<&[u8]>) -> Result<(), KeyError> {
        check_length(text)?;
        if passphrase.is_some_and(|passphrase| passphrase.len() > PASSPHRASE_BYTES_MAX) {
            return Err(KeyError::PassphraseTooLong {
                limit_bytes: PASSPHRASE_BYTES_MAX,
            });
        }
        Ok(())
    }

    /// Reads an unencrypted private key in OpenSSH's format (`openssh-key-v1` in PEM), such as [`KeyPair::to_openssh`]
    /// writes. A comment that breaks the rule of [`Comment`] is dropped.
    ///
    /// # Errors
    /// Every other input: larger than 64 KiB, another format, several keys, encrypted, damaged, an unsupported type,
    /// an RSA key outside 2048 to 8192 bits or with inconsistent numbers, halves that do not belong together.
    pub fn from_openssh(pem: &[u8]) -> Result<Self, KeyError> {
        check_length(pem)?;
        let pem = pem.trim_ascii();
        check_armor(pem)?;
        let opened = private_formats::openssh(pem)?;
        let comment = Comment::kept_or_dropped(&opened.comment);
        let private = ssh_key::PrivateKey::new(opened.pair, comment.as_str())
            .map_err(|_| KeyError::PrivateKeyDamaged)?;
        Self::proven(private, comment)
    }

    /// Reads what [`KeyPair::from_openssh`] does, whatever stands around the one block: a byte order mark, text of a person.
    /// The key is whole, though OpenSSH may refuse such a file.
    ///
    /// # Errors
    /// As [`KeyPair::from_openssh`], of the block or, where there is no single one, of the whole.
    pub fn from_openssh_amid(text: &[u8]) -> Result<Self, KeyError> {
        let strict = Self::from_openssh(text);
        match (&strict, pem::openssh_block(text)) {
            (Err(_), Some(block)) if block.len() < text.len() => Self::from_openssh(block),
            _ => strict,
        }
    }

    /// Reads the private key of a managed Secret, as a person may have put it there: what [`KeyPair::from_openssh_amid`] reads, and of
    /// other formats what [`KeyPair::read`] reads without a passphrase. OpenSSH reads most of them too.
    ///
    /// # Errors
    /// As [`KeyPair::from_openssh_amid`].
    pub fn from_secret(text: &[u8]) -> Result<Self, KeyError> {
        Self::from_openssh_amid(text).or_else(|error| Self::read(text, None).map_err(|_| error))
    }

    fn proven(private: ssh_key::PrivateKey, comment: Comment) -> Result<Self, KeyError> {
        let private = Box::new(private);
        let public = PublicKey::new(private.public_key().key_data(), comment)?;
        let pair = Self { private, public };
        pair.prove()?;
        Ok(pair)
    }

    /// Signs a message with the private half and verifies it with the public half.
    ///
    /// # Errors
    /// [`KeyError::Proof`], or [`KeyError::RsaInconsistent`] if the private key is not even consistent in itself.
    pub fn prove(&self) -> Result<(), KeyError> {
        proof::prove(
            self.private.key_data(),
            self.private.public_key().key_data(),
        )
    }

    /// The public half, with the comment.
    pub fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    /// The private half in OpenSSH's format (`openssh-key-v1` in PEM), unencrypted, with LF line ends and one at the
    /// end. The same pair always gives the same text.
    ///
    /// # Errors
    /// [`KeyError::Encode`] if the library fails.
    pub fn to_openssh(&self) -> Result<Zeroizing<String>, KeyError> {
        self.private
            .to_openssh(LineEnding::LF)
            .map_err(|_| KeyError::Encode)
    }

    /// The private half as Azure's portal gives it: PKCS #1 PEM for RSA, OpenSSH's format for the others. (OpenSSH before
    /// 9.6 reads no Ed25519 key in PKCS #8.) Unencrypted, LF line ends and one at the end.
    ///
    /// # Errors
    /// [`KeyError::Encode`] if the library fails.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        match self.private.key_data() {
            KeypairData::Rsa(rsa) => Ok(pem::armored("RSA PRIVATE KEY", &rsa::to_pkcs1(rsa)?)),
            _ => self.to_openssh(),
        }
    }

    /// The private half in PKCS #1 PEM (RFC 8017); `None` for a key that is not RSA, for which there is no such form.
    /// Unencrypted, LF line ends and one at the end.
    ///
    /// # Errors
    /// [`KeyError::Encode`] if the library fails.
    pub fn to_pkcs1(&self) -> Result<Option<Zeroizing<String>>, KeyError> {
        match self.private.key_data() {
            KeypairData::Rsa(_) => self.to_pem().map(Some),
            _ => Ok(None),
        }
    }

    /// The private half in PKCS #8 PEM (RFC 5958, version 1). Unencrypted, LF line ends and one at the end.
    ///
    /// # Errors
    /// [`KeyError::Encode`] if the library fails.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<String>, KeyError> {
        exports::pkcs8(self.private.key_data())
    }

    /// The signature that an SSH agent answers with: the name of its algorithm and its bytes, each as an SSH string
    /// (RFC 4253 section 6.6). `hash` matters to RSA keys only.
    ///
    /// # Errors
    /// [`KeyError::Proof`] if the library does not sign.
    pub fn sign_for_ssh(&self, message: &[u8], hash: RsaHash) -> Result<Vec<u8>, KeyError> {
        agent_signature::sign(self.private.key_data(), message, hash)
    }
}

fn check_length(text: &[u8]) -> Result<(), KeyError> {
    if text.len() > MAX_BYTES {
        return Err(KeyError::TooLarge {
            limit_bytes: MAX_BYTES,
        });
    }
    Ok(())
}

/// Checks that there is one PEM block (RFC 7468) with OpenSSH's label and nothing in front of it.
fn check_armor(pem: &[u8]) -> Result<(), KeyError> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    const LABEL: &[u8] = b"-----BEGIN OPENSSH PRIVATE KEY-----";
    if pem
        .windows(BEGIN.len())
        .filter(|window| *window == BEGIN)
        .nth(1)
        .is_some()
    {
        return Err(KeyError::SeveralPrivateKeys);
    }
    if pem.starts_with(LABEL) {
        Ok(())
    } else {
        Err(KeyError::NotOpenSshPrivateKey)
    }
}

impl fmt::Debug for KeyPair {
    /// The public half only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::algorithm::{Algorithm, Curve, RsaSize};
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    use proptest::prelude::*;
    use proptest::sample::Index;
    use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, RsaKeypair, RsaPrivateKey};
    use std::sync::LazyLock;

    const QUICK: [KeySpec; 5] = [
        KeySpec::Ed25519,
        KeySpec::Rsa(RsaSize::Bits2048),
        KeySpec::Ecdsa(Curve::P256),
        KeySpec::Ecdsa(Curve::P384),
        KeySpec::Ecdsa(Curve::P521),
    ];

    impl KeyPair {
        /// Whether the private number of this ECDSA pair starts with a zero byte.
        pub(in crate::keys) fn has_a_short_scalar(&self) -> bool {
            let data = self.private.key_data().ecdsa();
            data.is_some_and(|pair| pair.private_key_bytes()[0] == 0)
        }
    }

    static PAIRS: LazyLock<Vec<KeyPair>> =
        LazyLock::new(|| QUICK.map(new_pair).into_iter().collect());

    fn new_pair(spec: KeySpec) -> KeyPair {
        KeyPair::generate(spec, &Comment::for_object("web", "deploy")).unwrap()
    }

    fn armored(container: &[u8]) -> String {
        let lines: Vec<_> = BASE64_STANDARD
            .encode(container)
            .into_bytes()
            .chunks(70)
            .map(|line| String::from_utf8(line.to_vec()).unwrap())
            .collect();
        format!(
            "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n",
            lines.join("\n")
        )
    }

    fn container(pair: &KeyPair) -> Zeroizing<Vec<u8>> {
        pair.private.to_bytes().unwrap()
    }

    fn written(data: KeypairData, comment: &[u8]) -> String {
        ssh_key::PrivateKey::new(data, comment.to_vec())
            .unwrap()
            .to_openssh(LineEnding::LF)
            .unwrap()
            .to_string()
    }

    fn refusal(pem: &str) -> KeyError {
        KeyPair::from_openssh(pem.as_bytes()).unwrap_err()
    }

    fn assert_round_trip(spec: KeySpec) {
        let pair = new_pair(spec);
        let public = pair.public_key();
        assert_eq!(public.algorithm(), spec.algorithm());
        assert_eq!(public.bits(), spec.bits());
        assert_eq!(public.comment().as_str(), "deploy@web");

        let stored = pair.to_openssh().unwrap();
        assert!(stored.ends_with("-----END OPENSSH PRIVATE KEY-----\n"));
        assert!(!stored.contains('\r'));

        let read = KeyPair::from_openssh(stored.as_bytes()).unwrap();
        assert_eq!(read.public_key(), public);
        assert_eq!(read.public_key().to_line(), public.to_line());
        assert_eq!(read.to_openssh().unwrap(), stored);
    }

    #[test]
    fn every_kind_of_pair_survives_being_stored() {
        for spec in QUICK {
            assert_round_trip(spec);
        }
        assert_round_trip(KeySpec::Rsa(RsaSize::Bits3072));
        assert_round_trip(KeySpec::Rsa(RsaSize::Bits4096));
    }

    #[test]
    fn the_largest_rsa_pair_survives_being_stored() {
        assert_round_trip(KeySpec::Rsa(RsaSize::Bits8192));
    }

    #[test]
    fn two_generated_pairs_are_never_the_same() {
        for spec in QUICK {
            assert_ne!(new_pair(spec).public_key(), new_pair(spec).public_key());
        }
    }

    #[test]
    fn a_pair_may_be_made_on_another_thread() {
        fn assert_may_cross_threads<T: Send + Sync + 'static>() {}
        assert_may_cross_threads::<KeyPair>();
    }

    #[test]
    fn debug_shows_the_public_half_only() {
        for pair in PAIRS.iter() {
            let shown = format!("{pair:?}");
            assert_eq!(
                shown,
                format!("KeyPair {{ public: {:?}, .. }}", pair.public_key())
            );
        }
    }

    #[test]
    fn other_line_ends_and_blank_lines_around_are_read() {
        for pair in PAIRS.iter() {
            let stored = pair.to_openssh().unwrap();
            for text in [
                stored.replace('\n', "\r\n"),
                stored.trim_end().to_owned(),
                format!("\n \n{}\n\n", *stored),
            ] {
                let read = KeyPair::from_openssh(text.as_bytes()).expect(&text);
                assert_eq!(read.public_key(), pair.public_key());
            }
        }
    }

    #[test]
    fn a_line_break_in_the_comment_gives_no_second_public_key() {
        let evil = b"x\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti evil";
        let not_utf8 = b"\xff\xfe";
        for comment in [
            &evil[..],
            b"a\rb",
            b"a b",
            b"a\0b",
            b"command=\"id\"",
            not_utf8,
        ] {
            for pair in PAIRS.iter() {
                let text = written(pair.private.key_data().clone(), comment);
                let read = KeyPair::from_openssh(text.as_bytes()).unwrap();
                assert_eq!(read.public_key(), pair.public_key());
                assert_eq!(read.public_key().to_line().split(' ').count(), 2);
                let stored = read.to_openssh().unwrap();
                let stored = ssh_key::PrivateKey::from_openssh(stored.as_str()).unwrap();
                assert!(stored.comment().is_empty());
            }
        }
    }

    #[test]
    fn halves_of_different_pairs_are_refused() {
        for (spec, pair) in QUICK.into_iter().zip(PAIRS.iter()) {
            let other = new_pair(spec);
            let mixed = match (pair.private.key_data(), other.private.key_data()) {
                (KeypairData::Ed25519(one), KeypairData::Ed25519(other)) => {
                    KeypairData::Ed25519(Ed25519Keypair {
                        public: one.public,
                        private: other.private.clone(),
                    })
                }
                (KeypairData::Rsa(one), KeypairData::Rsa(other)) => KeypairData::Rsa(
                    RsaKeypair::new(one.public().clone(), other.private().clone()).unwrap(),
                ),
                (KeypairData::Ecdsa(one), KeypairData::Ecdsa(other)) => {
                    let mut mixed = other.clone();
                    match (&mut mixed, one) {
                        (
                            EcdsaKeypair::NistP256 { public, .. },
                            EcdsaKeypair::NistP256 { public: wrong, .. },
                        ) => *public = *wrong,
                        (
                            EcdsaKeypair::NistP384 { public, .. },
                            EcdsaKeypair::NistP384 { public: wrong, .. },
                        ) => *public = *wrong,
                        (
                            EcdsaKeypair::NistP521 { public, .. },
                            EcdsaKeypair::NistP521 { public: wrong, .. },
                        ) => *public = *wrong,
                        _ => unreachable!("both pairs are on the same curve"),
                    }
                    KeypairData::Ecdsa(mixed)
                }
                _ => unreachable!("both pairs have the same algorithm"),
            };
            let expected = match spec.algorithm() {
                Algorithm::Rsa => vec![KeyError::RsaInconsistent],
                Algorithm::Ecdsa => vec![KeyError::Proof],
                // The container reader compares them too when it can compute with the curve.
                Algorithm::Ed25519 => vec![KeyError::Proof, KeyError::PrivateKeyDamaged],
            };
            let got = refusal(&written(mixed, b""));
            assert!(expected.contains(&got), "{spec:?}: {got:?}");
        }
    }

    #[test]
    fn an_rsa_pair_with_a_damaged_prime_is_refused() {
        let KeypairData::Rsa(rsa) = PAIRS[1].private.key_data() else {
            unreachable!("the second pair is RSA")
        };
        let private = rsa.private();
        let mut q = private.q().as_positive_bytes().unwrap().to_vec();
        q[10] ^= 4;
        let damaged = RsaPrivateKey::new(
            private.d().clone(),
            private.iqmp().clone(),
            private.p().clone(),
            ssh_key::Mpint::from_positive_bytes(&q),
        );
        let damaged = RsaKeypair::new(rsa.public().clone(), damaged.unwrap()).unwrap();
        let text = written(KeypairData::Rsa(damaged), b"");
        assert!(ssh_key::PrivateKey::from_openssh(&text).is_ok());
        assert_eq!(refusal(&text), KeyError::RsaInconsistent);
    }

    #[test]
    fn other_formats_are_refused_by_name() {
        for label in [
            "PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "RSA PRIVATE KEY",
            "EC PRIVATE KEY",
            "PUBLIC KEY",
            "OPENSSH PRIVATE KEY X",
        ] {
            let text = format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
            assert_eq!(refusal(&text), KeyError::NotOpenSshPrivateKey, "{label}");
        }
        let stored = PAIRS[0].to_openssh().unwrap();
        for text in [
            "",
            "\n",
            "PuTTY-User-Key-File-3: ssh-ed25519",
            &PAIRS[0].public_key().to_line(),
            &format!("Bag Attributes: x\n{}", *stored),
            &stored.replace("BEGIN", "begin"),
        ] {
            assert_eq!(refusal(text), KeyError::NotOpenSshPrivateKey, "{text:?}");
        }
    }

    #[test]
    fn text_after_the_key_is_refused() {
        let stored = PAIRS[0].to_openssh().unwrap();
        for rest in ["x", "ssh-ed25519 AAAA", "-----END OPENSSH PRIVATE KEY-----"] {
            assert_eq!(
                refusal(&format!("{}{rest}\n", *stored)),
                KeyError::PrivateKeyDamaged
            );
        }
    }

    #[test]
    fn two_private_keys_are_refused_in_two_blocks_or_in_one() {
        let stored = PAIRS[0].to_openssh().unwrap();
        assert_eq!(
            refusal(&format!("{}{}", *stored, *stored)),
            KeyError::SeveralPrivateKeys
        );
        let mut bytes = container(&PAIRS[0]);
        // The magic (15 bytes) and three strings, "none", "none" and "", precede the number of keys.
        assert_eq!(bytes[35..39], [0, 0, 0, 1]);
        for (count, error) in [
            (0, KeyError::PrivateKeyDamaged),
            (2, KeyError::SeveralPrivateKeys),
            (255, KeyError::SeveralPrivateKeys),
        ] {
            bytes[38] = count;
            assert_eq!(refusal(&armored(&bytes)), error);
        }
    }

    #[test]
    fn more_than_64_kib_is_refused_unread() {
        let mut text = PAIRS[0].to_openssh().unwrap();
        text.push_str(&"\n".repeat(MAX_BYTES));
        assert_eq!(
            refusal(&text),
            KeyError::TooLarge {
                limit_bytes: 65_536
            }
        );
    }

    #[test]
    fn more_passphrase_than_any_is_refused_before_it_waits_for_its_turn() {
        let text = PAIRS[0].to_openssh().unwrap();
        let check = |bytes| KeyPair::check_sizes(text.as_bytes(), Some(&vec![b'x'; bytes]));
        assert_eq!(check(PASSPHRASE_BYTES_MAX), Ok(()));
        let refused = KeyError::PassphraseTooLong { limit_bytes: 4_096 };
        assert_eq!(check(PASSPHRASE_BYTES_MAX + 1), Err(refused));
    }

    #[test]
    fn lengths_that_promise_more_than_there_is_are_refused() {
        for pair in PAIRS.iter() {
            let whole = container(pair);
            for at in 0..whole.len() - 4 {
                let mut bytes = whole.clone();
                bytes[at..at + 4].copy_from_slice(&0x000f_ffff_u32.to_be_bytes());
                if let Ok(read) = KeyPair::from_openssh(armored(&bytes).as_bytes()) {
                    assert_eq!(read.public_key(), pair.public_key(), "at {at}");
                }
            }
        }
    }

    #[test]
    fn no_truncated_pair_is_accepted() {
        for pair in PAIRS.iter() {
            let whole = container(pair);
            for end in 0..whole.len() {
                // Only padding may be missing, as some writers leave it out.
                if let Ok(read) = KeyPair::from_openssh(armored(&whole[..end]).as_bytes()) {
                    assert_eq!(read.public_key(), pair.public_key());
                }
            }
        }
    }

    #[test]
    fn one_wrong_bit_never_gives_another_key() {
        let pair = &PAIRS[0];
        let whole = container(pair);
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = KeyPair::from_openssh(armored(&bytes).as_bytes()) {
                assert_eq!(read.public_key(), pair.public_key(), "bit {bit}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let _ = KeyPair::from_openssh(&bytes);
            let _ = KeyPair::from_openssh(armored(&bytes).as_bytes());
            let mut with_magic = b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01".to_vec();
            with_magic.extend(&bytes);
            let _ = KeyPair::from_openssh(armored(&with_magic).as_bytes());
        }

        #[test]
        fn a_damaged_file_never_gives_another_key(
            pair in any::<Index>(),
            at in any::<Index>(),
            bit in 0..8_u32,
            cut in any::<bool>(),
            inside in any::<bool>(),
        ) {
            let pair = pair.get(PAIRS.as_slice());
            let mut bytes = if inside {
                container(pair).to_vec()
            } else {
                pair.to_openssh().unwrap().as_bytes().to_vec()
            };
            let at = at.index(bytes.len());
            if cut {
                bytes.truncate(at);
            } else {
                bytes[at] ^= 1 << bit;
            }
            if inside {
                bytes = armored(&bytes).into_bytes();
            }
            if let Ok(read) = KeyPair::from_openssh(&bytes) {
                prop_assert_eq!(read.public_key(), pair.public_key());
            }
        }
    }
}
