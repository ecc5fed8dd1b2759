//! Whether a private key stands anywhere in what was given as a public one, in whatever order, encoding and wrapping:
//! others may be able to read that place, so nothing else of the text counts then.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::signatures;

/// How often a text is decoded: a Secret's `data` that was encoded by hand, and once more by a program.
const DEPTH: u32 = 3;
/// The least that is decoded, in characters: an Ed25519 key in PKCS #8 has 64.
const SHORTEST: usize = 40;

/// Words that stand in a private key's file and in no public one's, without what is between their letters: of `PuTTY`, of
/// RSA keys as `openssl -text` prints them, of age.
const WORDS: [&[u8]; 4] = [
    b"PUTTYUSERKEYFILE",
    b"PRIVATELINES",
    b"PRIVATEEXPONENT",
    b"AGESECRETKEY",
];

/// Words that follow "private key": `Private-Key: (256 bit)` and `priv:`, as `openssl -text` prints it, and
/// `Private-key-format: v1.3` of DNSSEC.
const FOLLOWING: [&[u8]; 3] = [b"BIT", b"PRIV", b"FORMAT"];

/// Base64 as it is found: with or without its end, and with bits left over.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Whether a private key stands in these bytes.
pub(super) fn found(bytes: &[u8]) -> bool {
    look(bytes, DEPTH)
}

fn look(bytes: &[u8], depth: u32) -> bool {
    if signatures::private(bytes) || is_said(bytes) || is_structured(bytes) {
        return true;
    }
    if depth == 0 {
        return false;
    }
    encoded(bytes, base64_digit).any(|run| {
        // Where a run begins that was joined from lines is not known: one of four places is the right one.
        (0..4).any(|from| {
            let run = run.get(from..).unwrap_or_default();
            // One character alone at the end says nothing.
            let whole = run.len() - usize::from(run.len() % 4 == 1);
            let decoded = LENIENT.decode(&run[..whole]).map(Zeroizing::new);
            decoded.is_ok_and(|decoded| look(&decoded, depth - 1))
        })
    }) || encoded(bytes, hexadecimal_digit).any(|run| {
        (0..2).any(|from| {
            look(
                &from_hexadecimal(run.get(from..).unwrap_or_default()),
                depth - 1,
            )
        })
    })
}

/// Whether words say so. Letters alone are compared: blanks may be written in many ways, and UTF-16 has a zero byte after
/// each letter.
fn is_said(bytes: &[u8]) -> bool {
    let mut letters = Zeroizing::new(Vec::<u8>::with_capacity(bytes.len()));
    letters.extend(
        bytes
            .iter()
            .filter(|byte| byte.is_ascii_alphabetic())
            .map(u8::to_ascii_uppercase),
    );
    let at = |word: &[u8], within: &[u8]| within.windows(word.len()).any(|window| window == word);
    let has_end = at(b"-----END", bytes);
    // A letter or two may stand between words, of a blank that is written as `\\u0020`.
    let named = places(&letters, b"PRIVATE").any(|place| {
        let before = &letters[place.saturating_sub(24)..place];
        let after = &letters[place + 7..letters.len().min(place + 14)];
        let Some(key) = places(after, b"KEY").next() else {
            return false;
        };
        let key = place + 7 + key + 3;
        let following = &letters[key..letters.len().min(key + 8)];
        at(b"BEGIN", before)
            || (has_end && at(b"END", before))
            || FOLLOWING.iter().any(|word| at(word, following))
    });
    named || WORDS.iter().any(|word| at(word, &letters))
}

fn places<'a>(bytes: &'a [u8], word: &'static [u8]) -> impl Iterator<Item = usize> + 'a {
    let windows = bytes.windows(word.len()).enumerate();
    windows.filter_map(move |(at, window)| (window == word).then_some(at))
}

/// Whether it is a key in JSON (RFC 7517, with its private number `d`) or in XML (`RSAKeyValue` of .NET, with `D`).
fn is_structured(bytes: &[u8]) -> bool {
    let mut text = Zeroizing::new(Vec::<u8>::with_capacity(bytes.len()));
    text.extend(
        bytes
            .iter()
            .filter(|byte| !byte.is_ascii_whitespace() && !b"\\\0".contains(byte)),
    );
    let has = |part: &[u8]| text.windows(part.len()).any(|window| window == part);
    (has(b"\"kty\":") && has(b"\"d\":\"")) || (has(b"RSAKeyValue") && has(b"<D>"))
}

/// Runs of an encoding's digits, long enough to be a key, without the blanks and line ends in them.
fn encoded(bytes: &[u8], digit: fn(u8) -> Option<u8>) -> impl Iterator<Item = Zeroizing<Vec<u8>>> {
    let mut runs = Vec::new();
    let mut run = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if let Some(digit) = digit(byte) {
            run.push(digit);
        } else if byte == b'\\' {
            // A line end that was written out, `\n`.
            rest.next_if(|next| b"nrt".contains(next));
        } else if !byte.is_ascii_whitespace() && byte != 0 {
            if run.len() >= SHORTEST {
                runs.push(Zeroizing::new(run.to_vec()));
            }
            run.clear();
        }
    }
    if run.len() >= SHORTEST {
        runs.push(run);
    }
    runs.into_iter()
}

/// A digit of base64 in the usual alphabet, from that one or the one for addresses (RFC 4648 section 5).
fn base64_digit(byte: u8) -> Option<u8> {
    match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        b'+' | b'/' => Some(byte),
        _ => byte.is_ascii_alphanumeric().then_some(byte),
    }
}

fn hexadecimal_digit(byte: u8) -> Option<u8> {
    byte.is_ascii_hexdigit().then_some(byte)
}

fn from_hexadecimal(digits: &[u8]) -> Zeroizing<Vec<u8>> {
    let value = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    let pairs = digits.chunks_exact(2);
    Zeroizing::new(
        pairs
            .filter_map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?))
            .collect(),
    )
}
