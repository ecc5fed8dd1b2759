//! Public keys that were changed on their way.

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::test_files::{ALGORITHMS, Files, text};
use crate::keys::{PublicKey, pem};

#[test]
fn no_change_of_a_point_or_a_modulus_is_read() {
    for (algorithm, args) in ALGORITHMS {
        let files = Files::new(args);
        let key = PublicKey::parse(&text(files.read("id.pub"))).unwrap();
        let mut forms = vec![files.material()];
        for format in ["RFC4716", "PKCS8", "PEM"] {
            forms.extend(files.try_run("ssh-keygen", &["-e", "-m", format, "-f", "id.pub"]));
        }
        for form in forms {
            let refused = (0..24).filter(|bit| {
                PublicKey::given(&with_last_changed(&form, *bit))
                    .and_then(|key| key.check_strength())
                    .is_err()
            });
            let refused = refused.count();
            // Half of all numbers are no Ed25519 point, and one of twelve has no small factor. No change of one coordinate is
            // a point of the other curves.
            let least = if algorithm.starts_with("ECDSA") {
                24
            } else {
                5
            };
            assert!(refused >= least, "{algorithm}: {refused} of 24\n{form}");
        }
        assert!(key.check_strength().is_ok());
    }
}

/// A public key with one of the last 24 bits of its bytes changed, in the line of a `.pub` file, RFC 4716 or PEM.
fn with_last_changed(form: &str, bit: usize) -> Vec<u8> {
    let changed = |base64: &str| {
        let mut bytes = BASE64_STANDARD.decode(base64).unwrap();
        // PKCS #1 and SPKI of RSA end with the exponent, 65537, in five bytes.
        let back = if form.contains("RSA PUBLIC")
            || (form.contains("BEGIN PUBLIC") && bytes.len() > 200)
        {
            5
        } else {
            0
        };
        let at = bytes.len() - 1 - back - bit / 8;
        bytes[at] ^= 1 << (bit % 8);
        bytes
    };
    if form.starts_with("-----") {
        let blocks = pem::blocks(form).unwrap();
        let base64 = BASE64_STANDARD.encode(&*blocks[0].bytes().unwrap());
        return pem::armored(blocks[0].label, &changed(&base64))
            .as_bytes()
            .to_vec();
    }
    if form.starts_with("----") {
        let (head, base64): (Vec<&str>, Vec<&str>) =
            form.lines().partition(|line| line.contains(['-', ':']));
        let base64 = BASE64_STANDARD.encode(changed(&base64.concat()));
        return format!("{}\n{base64}\n{}\n", head[0], head.last().unwrap()).into_bytes();
    }
    let (kind, base64) = form.split_once(' ').unwrap();
    format!("{kind} {}", BASE64_STANDARD.encode(changed(base64))).into_bytes()
}
