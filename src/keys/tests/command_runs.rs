//! Commands that messages name, run on files that are refused with them.

use std::{cell::RefCell, collections::BTreeSet};

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::test_files::Files;
use crate::keys::{Fingerprint, KeyError, KeyPair, PublicKey, pem, rsa};

pub(super) const PASSPHRASE: &[u8] = b"open sesame";
/// How a test answers what the programs ask people for.
pub(super) const OPENSSL: &str = "-passin 'pass:open sesame' -passout 'pass:open sesame'";
pub(super) const SSH_KEYGEN: &str = "-q -P 'open sesame' -N 'open sesame'";

/// The commands of a text: what stands in backquotes and works on `FILE`.
pub(super) fn commands(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|code| code.contains(' ') && code.split(' ').any(|word| word == "FILE"))
}

/// A folder, and the commands that were run in it.
pub(super) struct Tried {
    pub(super) files: Files,
    pub(super) commands: RefCell<BTreeSet<String>>,
}

impl Tried {
    pub(super) fn new(algorithm: &[&str]) -> Self {
        Self {
            files: Files::new(algorithm),
            commands: RefCell::default(),
        }
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        let line = String::from_utf8(self.files.read("id.pub")).unwrap();
        PublicKey::parse(&line).unwrap().fingerprint()
    }

    /// Makes a file by a shell's line, and its content.
    pub(super) fn made(&self, line: &str) -> Vec<u8> {
        self.files.run("sh", &["-c", line]);
        self.files.read("made")
    }

    /// Runs the command of `error` on a file, with answers, and returns what it wrote.
    pub(super) fn mended(&self, file: &[u8], error: KeyError, answers: &str) -> Vec<u8> {
        let message = error.to_string();
        let command = commands(&message)
            .next()
            .unwrap_or_else(|| panic!("no command: {message}"));
        self.commands.borrow_mut().insert(command.to_owned());
        self.files.write("FILE", file);
        let line = match command.split_once(" > ") {
            Some((command, to)) => format!("{command} {answers} > {to}"),
            None => format!("{command} {answers}"),
        };
        self.files.run("sh", &["-c", &line]);
        let result = if command.contains("NEW") {
            "NEW"
        } else {
            "FILE"
        };
        self.files.read(result)
    }

    /// A private key that is refused so is read after the command.
    pub(super) fn mends(&self, what: &str, file: &[u8], error: KeyError, answers: &str) {
        assert_eq!(
            KeyPair::read(file, Some(PASSPHRASE)).err(),
            Some(error),
            "{what}"
        );
        let mended = self.mended(file, error, answers);
        let read = KeyPair::read(&mended, Some(PASSPHRASE))
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(
            read.public_key().fingerprint(),
            self.fingerprint(),
            "{what}"
        );
    }

    /// The same of a public key.
    pub(super) fn mends_public(&self, what: &str, file: &[u8], error: KeyError) {
        assert_eq!(PublicKey::given(file).err(), Some(error), "{what}");
        let mended = self.mended(file, error, "");
        let read = PublicKey::given(&mended).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(read.fingerprint(), self.fingerprint(), "{what}");
    }
}

/// A container of ssh.com with an RSA key, as `do_convert_private_ssh2` of OpenSSH's `ssh-keygen.c` reads it.
pub(super) fn ssh_com(pem: &[u8], cipher: &str) -> Vec<u8> {
    let blocks = pem::blocks(str::from_utf8(pem).unwrap()).unwrap();
    let pair = rsa::from_pkcs1(&blocks[0].bytes().unwrap())
        .unwrap()
        .unwrap();
    let counted = |bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).unwrap();
        [&length.to_be_bytes(), bytes].concat()
    };
    let (public, private) = (pair.public(), pair.private());
    // The exponent, 65537, after its length in bits.
    let mut inside = vec![0, 0, 0, 17, 1, 0, 1];
    for number in [
        private.d(),
        public.n(),
        private.iqmp(),
        private.q(),
        private.p(),
    ] {
        let bytes = number.as_positive_bytes().unwrap();
        let bits = u32::try_from(bytes.len() * 8).unwrap();
        inside.extend(bits.to_be_bytes());
        inside.extend(bytes);
    }
    let kind = b"if-modn{sign{rsa-pkcs1-sha1},encrypt{rsa-pkcs1v2-oaep}}";
    let rest = [
        counted(kind),
        counted(cipher.as_bytes()),
        counted(&counted(&inside)),
    ]
    .concat();
    let length = u32::try_from(rest.len() + 8).unwrap();
    let container = [&[0x3f, 0x6f, 0xf9, 0xeb], &length.to_be_bytes()[..], &rest].concat();
    let base64 = BASE64_STANDARD.encode(container);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(70)
        .map(|line| str::from_utf8(line).unwrap())
        .collect();
    format!(
        "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: \"of \\\nweb\"\n{}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----\n",
        lines.join("\n")
    )
    .into_bytes()
}
