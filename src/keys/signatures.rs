//! Private keys by the bytes that stand in each: the magic of a container, or an algorithm after a version number in DER.

/// OpenSSH (PROTOCOL.key), a keystore of Java (JKS, version 1 or 2), and `ssh-keygen` for SSH version 1.
const MAGICS: [&[u8]; 4] = [
    b"openssh-key-v1\0",
    &[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 1],
    &[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2],
    b"SSH PRIVATE KEY FILE FORMAT",
];

/// How DER begins the algorithms that private keys are encrypted by, and the bags of PKCS #12 that hold them. They stand
/// in nothing public.
const ENCRYPTED: [&[u8]; 4] = [
    // PBES2 (RFC 8018 appendix A.4).
    &[
        0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d,
    ],
    // pbeWithSHAAnd... (RFC 7292 appendix C).
    &[
        0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01,
    ],
    // keyBag and pkcs8ShroudedKeyBag (RFC 7292 appendix D).
    &[
        0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x01,
    ],
    &[
        0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02,
    ],
];

/// PBES1 (RFC 8018 appendix A.3), before its last byte.
const PBES1: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05];
const PBES1_LAST: [u8; 6] = [1, 3, 4, 6, 10, 11];

/// The algorithms of keys: RSA, ECDSA, DSA (RFC 3279 section 2.3), and X25519 to Ed448 before the last byte (RFC 8410).
const ALGORITHMS: [&[u8]; 4] = [
    &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01],
    &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
    &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01],
    &[0x06, 0x03, 0x2b, 0x65],
];

/// Whether a private key begins anywhere in the bytes.
pub(super) fn private(bytes: &[u8]) -> bool {
    let anywhere = |part: &&[u8]| bytes.windows(part.len()).any(|window| window == *part);
    MAGICS.iter().any(anywhere)
        || ENCRYPTED.iter().any(anywhere)
        || bytes.windows(PBES1.len() + 1).any(is_pbes1)
        || (0..bytes.len()).any(|at| {
            let rest = &bytes[at..];
            is_pkcs8(rest) || is_pkcs1(rest) || is_sec1(rest) || is_ssh_com(rest)
        })
}

/// Whether the bytes as a whole are DER (X.690): a SEQUENCE that is as long as they are.
pub(super) fn is_der(bytes: &[u8]) -> bool {
    inside_sequence(bytes).is_some_and(|(inside, length)| inside.len() == length && length > 16)
}

/// Whether they are a PKCS #12 container (RFC 7292 section 4): version 3, and a content of a type of PKCS #7.
pub(super) fn is_pkcs12(bytes: &[u8]) -> bool {
    const DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
    let inside = inside_sequence(bytes).and_then(|(inside, _)| inside.strip_prefix(&[2, 1, 3]));
    inside
        .and_then(inside_sequence)
        .is_some_and(|(content, _)| content.starts_with(DATA))
}

fn is_pbes1(window: &[u8]) -> bool {
    window.starts_with(PBES1) && window.last().is_some_and(|last| PBES1_LAST.contains(last))
}

/// `PrivateKeyInfo` (RFC 5958): version 0 or 1, then the algorithm.
fn is_pkcs8(rest: &[u8]) -> bool {
    let [2, 1, 0 | 1, rest @ ..] = rest else {
        return false;
    };
    inside_sequence(rest).is_some_and(|(rest, _)| {
        ALGORITHMS
            .iter()
            .any(|algorithm| rest.starts_with(algorithm))
    })
}

/// `RSAPrivateKey` (RFC 8017 appendix A.1.2): version 0, then a modulus of 1024 bits and more.
fn is_pkcs1(rest: &[u8]) -> bool {
    inside_sequence(rest).is_some_and(|(rest, _)| {
        matches!(
            rest,
            [2, 1, 0, 2, 0x81, _, 0, ..] | [2, 1, 0, 2, 0x82, _, _, 0, ..]
        )
    })
}

/// `ECPrivateKey` (RFC 5915): version 1, then a number of the length of the curve.
fn is_sec1(rest: &[u8]) -> bool {
    inside_sequence(rest)
        .is_some_and(|(rest, _)| matches!(rest, [2, 1, 1, 4, 0x20 | 0x30 | 0x42, ..]))
}

/// The container of SSH Communications Security: a number, and a length that has two zero bytes in front.
fn is_ssh_com(rest: &[u8]) -> bool {
    matches!(rest, [0x3f, 0x6f, 0xf9, 0xeb, 0, 0, _, _, 0, 0, 0, _, ..])
}

/// What follows the head of a SEQUENCE, and how long it says that its content is.
fn inside_sequence(bytes: &[u8]) -> Option<(&[u8], usize)> {
    match bytes {
        [0x30, 0x81, length, rest @ ..] | [0x30, length @ ..=0x7f, rest @ ..] => {
            Some((rest, usize::from(*length)))
        }
        [0x30, 0x82, high, low, rest @ ..] => {
            Some((rest, usize::from(u16::from_be_bytes([*high, *low]))))
        }
        _ => None,
    }
}
