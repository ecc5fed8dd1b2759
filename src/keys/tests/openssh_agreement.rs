//! OpenSSH's own tool must agree with what this room writes and reads.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use tempfile::{NamedTempFile, TempDir};

use crate::keys::{Comment, Curve, KeyError, KeyPair, KeySpec, PublicKey, RsaSize};

/// Runs `ssh-keygen` and returns what it printed.
fn ssh_keygen(arguments: &[&str], file: &Path) -> String {
    let run = Command::new("ssh-keygen")
        .args(arguments)
        .arg("-f")
        .arg(file)
        .output()
        .unwrap_or_else(|error| {
            panic!("these tests need `ssh-keygen` on the PATH; install the OpenSSH client: {error}")
        });
    assert!(
        run.status.success(),
        "ssh-keygen {arguments:?}: {}",
        String::from_utf8_lossy(&run.stderr)
    );
    String::from_utf8(run.stdout).unwrap()
}

/// A file that only its owner may read (0600), as `ssh-keygen` demands.
fn stored(pair: &KeyPair) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(pair.to_openssh().unwrap().as_bytes())
        .unwrap();
    file
}

fn assert_agreement(pair: &KeyPair) {
    let public = pair.public_key();
    let file = stored(pair);

    let derived = ssh_keygen(&["-y", "-P", ""], file.path());
    assert_eq!(derived.trim_end(), public.to_line());

    let listed = ssh_keygen(&["-l"], file.path());
    let expected = format!(
        "{} {} {} ({})",
        public.bits(),
        public.fingerprint(),
        public.comment(),
        public.algorithm().to_string().to_uppercase()
    );
    assert_eq!(listed.trim_end(), expected);
}

/// Lets `ssh-keygen` make a pair and returns both files.
fn made_by_openssh(arguments: &[&str]) -> (Vec<u8>, String) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("key");
    ssh_keygen(&[&["-q"], arguments].concat(), &file);
    (
        std::fs::read(&file).unwrap(),
        std::fs::read_to_string(file.with_extension("pub")).unwrap(),
    )
}

#[test]
fn openssh_derives_the_same_public_key_and_fingerprint() {
    let comment = Comment::for_object("web", "deploy");
    for spec in [
        KeySpec::Ed25519,
        KeySpec::Rsa(RsaSize::Bits2048),
        KeySpec::Rsa(RsaSize::Bits4096),
        KeySpec::Ecdsa(Curve::P256),
        KeySpec::Ecdsa(Curve::P384),
        KeySpec::Ecdsa(Curve::P521),
    ] {
        assert_agreement(&KeyPair::generate(spec, &comment).unwrap());
    }
}

#[test]
fn a_private_number_that_starts_with_a_zero_byte_is_read_by_openssh() {
    let comment = Comment::for_object("web", "deploy");
    let pair = std::iter::repeat_with(|| {
        KeyPair::generate(KeySpec::Ecdsa(Curve::P256), &comment).unwrap()
    })
    .find(KeyPair::has_a_short_scalar)
    .unwrap();
    assert_agreement(&pair);
    let read = KeyPair::from_openssh(pair.to_openssh().unwrap().as_bytes());
    assert_eq!(read.unwrap().public_key(), pair.public_key());
}

#[test]
fn pairs_made_by_openssh_are_read() {
    for arguments in [
        &["-t", "ed25519"][..],
        &["-t", "rsa", "-b", "2048"],
        &["-t", "rsa", "-b", "2056"],
        &["-t", "ecdsa", "-b", "384"],
        &["-t", "ecdsa", "-b", "521"],
    ] {
        let (private, public) = made_by_openssh(&[arguments, &["-N", "", "-C", "a@b"]].concat());
        let pair = KeyPair::from_openssh(&private).unwrap();
        assert_eq!(pair.public_key().to_line(), public.trim_end());
        assert_eq!(PublicKey::parse(&public).as_ref(), Ok(&pair.public_key()));
        assert_agreement(&pair);
    }
}

#[test]
fn pairs_that_are_not_stored_our_way_are_refused_by_name() {
    for (arguments, refusal) in [
        (&["-t", "ed25519", "-N", "secret"][..], KeyError::Encrypted),
        (
            &["-t", "rsa", "-b", "2048", "-N", "", "-m", "PEM"],
            KeyError::NotOpenSshPrivateKey,
        ),
        (
            &["-t", "rsa", "-b", "2048", "-N", "", "-m", "PKCS8"],
            KeyError::NotOpenSshPrivateKey,
        ),
        (
            &["-t", "ecdsa", "-N", "", "-m", "PEM"],
            KeyError::NotOpenSshPrivateKey,
        ),
        (
            &["-t", "rsa", "-b", "1024", "-N", ""],
            KeyError::RsaSize { bits: 1024 },
        ),
    ] {
        let (private, _) = made_by_openssh(arguments);
        assert_eq!(KeyPair::from_openssh(&private).unwrap_err(), refusal);
    }
}

#[test]
fn a_comment_with_a_line_break_smuggles_no_second_key() {
    let second =
        "x\nssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti y";
    let (private, public) = made_by_openssh(&["-t", "ed25519", "-N", "", "-C", second]);
    assert_eq!(PublicKey::parse(&public), Err(KeyError::SeveralPublicKeys));
    let line = KeyPair::from_openssh(&private)
        .unwrap()
        .public_key()
        .to_line();
    assert_eq!(line.split_whitespace().count(), 2);
}
