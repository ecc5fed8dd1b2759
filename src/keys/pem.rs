//! PEM: one block of base64 between two lines that say what it is (RFC 7468), read without the leniency that would let
//! two keys pass for one.

use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// Whether bytes are a private key file as OpenSSH writes and reads it: one block of its own format, LF line ends, the last
/// one included, and nothing beside it. (A file whose last line has no end is refused: *error in libcrypto*.)
pub fn is_openssh_file(bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let lines = text
        .strip_prefix("-----BEGIN OPENSSH PRIVATE KEY-----\n")
        .and_then(|rest| rest.strip_suffix("-----END OPENSSH PRIVATE KEY-----\n"));
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    lines.is_some_and(|lines| {
        lines.ends_with('\n')
            && lines
                .lines()
                .all(|line| !line.is_empty() && line.bytes().all(is_base64))
            && !lines.contains('\r')
    })
}

/// The one block of OpenSSH's format in a text, whatever stands around it; `None` where there is none, or another block too.
pub(super) fn openssh_block(text: &[u8]) -> Option<&[u8]> {
    let text = std::str::from_utf8(text).ok()?;
    let begin = text.find("-----BEGIN OPENSSH PRIVATE KEY-----")?;
    let end = "-----END OPENSSH PRIVATE KEY-----";
    let length = text[begin..].find(end)? + end.len();
    (text.matches(BEGIN).count() == 1).then(|| &text.as_bytes()[begin..begin + length])
}

/// One block.
pub(super) struct Block<'a> {
    /// What stands between `BEGIN` and the dashes.
    pub(super) label: &'a str,
    /// The lines up to `END`.
    body: &'a str,
}

/// Why a text is not a sequence of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotArmored {
    /// It does not begin with a block.
    NoBlock,
    /// A block is cut, or text stands beside the blocks.
    Damaged,
}

/// A text, taken apart.
pub(super) struct Parts<'a> {
    /// Its blocks.
    pub(super) blocks: Vec<Block<'a>>,
    /// What stands in front of each, and after the last.
    pub(super) around: Vec<&'a str>,
}

/// Every block of a text, whatever stands around it. OpenSSL skips that as well: `openssl pkcs12` writes `Bag Attributes`
/// in front, and `-text` the numbers of a key.
pub(super) fn parts(text: &str) -> Result<Parts<'_>, NotArmored> {
    let (mut blocks, mut around) = (Vec::new(), Vec::new());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (label, after) = after.split_once(DASHES).ok_or(NotArmored::Damaged)?;
        let end = format!("{END}{label}{DASHES}");
        let (body, after) = after.split_once(&end).ok_or(NotArmored::Damaged)?;
        if label.contains(['\r', '\n']) || body.contains(DASHES) || before.contains(END) {
            return Err(NotArmored::Damaged);
        }
        blocks.push(Block { label, body });
        around.push(before);
        rest = after;
    }
    around.push(rest);
    match (blocks.is_empty(), rest.contains(END)) {
        (_, true) => Err(NotArmored::Damaged),
        (true, false) => Err(NotArmored::NoBlock),
        (false, false) => Ok(Parts { blocks, around }),
    }
}

/// Every block of a text that consists of nothing else.
pub(super) fn blocks(text: &str) -> Result<Vec<Block<'_>>, NotArmored> {
    if !text.trim_start().starts_with(BEGIN) {
        return Err(NotArmored::NoBlock);
    }
    let parts = parts(text)?;
    if parts.around.iter().all(|text| text.trim().is_empty()) {
        Ok(parts.blocks)
    } else {
        Err(NotArmored::Damaged)
    }
}

/// Lines with a colon between `BEGIN` and the base64 (RFC 1421 section 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Headers {
    /// There are none.
    Absent,
    /// They say that OpenSSL encrypted the block: `Proc-Type: 4,ENCRYPTED`.
    Encryption,
    /// The same with a cipher that OpenSSL 3 has put aside: single DES, RC2, Blowfish, CAST5, IDEA, SEED.
    LegacyCipher,
    /// They say something else.
    Other,
}

/// Why the text of a block is not base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotBase64 {
    /// It holds characters that base64 does not have.
    Foreign,
    /// Something is missing.
    Damaged,
}

/// The end of base64 that some programs cut off, `=`, may be missing.
const WITHOUT_ITS_END: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How OpenSSL names them in `DEK-Info`. (OSSL_PROVIDER-legacy(7))
const LEGACY_CIPHERS: [&str; 6] = ["DES-CBC", "RC2-", "BF-", "CAST5-", "IDEA-", "SEED-"];

impl Block<'_> {
    /// Its headers.
    pub(super) fn headers(&self) -> Headers {
        let is_legacy = |cipher: &&str| self.body.contains(*cipher);
        if !self.body.contains(':') {
            Headers::Absent
        } else if LEGACY_CIPHERS.iter().any(is_legacy) {
            Headers::LegacyCipher
        } else if self.body.contains("ENCRYPTED") || self.body.contains("DEK-Info") {
            Headers::Encryption
        } else {
            Headers::Other
        }
    }

    /// What the base64 stands for; `None` when it is not valid. Line ends and blanks in it do not count.
    pub(super) fn bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut base64 = Zeroizing::new(Vec::with_capacity(self.body.len()));
        base64.extend(self.body.bytes().filter(|byte| !byte.is_ascii_whitespace()));
        BASE64_STANDARD.decode(&*base64).ok().map(Zeroizing::new)
    }

    /// The same of a text that went through JSON, a shell or a file `.env`: line ends may be written out as `\n`, and other
    /// characters as JSON may write them.
    pub(super) fn bytes_as_given(&self) -> Result<Zeroizing<Vec<u8>>, NotBase64> {
        let mut base64 = Zeroizing::new(Vec::with_capacity(self.body.len()));
        let mut rest = self.body.bytes().peekable();
        while let Some(byte) = rest.next() {
            match byte {
                b'\\' if rest.next_if_eq(&b'u').is_some() => {
                    base64.push(escaped(&mut rest).ok_or(NotBase64::Foreign)?);
                }
                b'\\' => {
                    rest.next_if(|next| b"nrt".contains(next));
                }
                b'+' | b'/' | b'=' => base64.push(byte),
                _ if byte.is_ascii_alphanumeric() => base64.push(byte),
                _ if byte.is_ascii_whitespace() => {}
                _ => return Err(NotBase64::Foreign),
            }
        }
        let decoded = WITHOUT_ITS_END.decode(&*base64).map(Zeroizing::new);
        decoded.map_err(|_| NotBase64::Damaged)
    }
}

/// The character after `\u`: four hexadecimal digits (RFC 8259 section 7), here of one in ASCII.
fn escaped(rest: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let number = rest.take(4).try_fold(0, |number, digit| {
        Some(number * 16 + char::from(digit).to_digit(16)?)
    });
    u8::try_from(number?).ok().filter(u8::is_ascii_graphic)
}

/// A block of `bytes` under `label`, with lines of 64 characters, LF line ends and one at the end.
pub(super) fn armored(label: &str, bytes: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(BASE64_STANDARD.encode(bytes));
    let mut text = Zeroizing::new(String::with_capacity(base64.len() * 66 / 64 + 128));
    for part in [BEGIN, label, DASHES, "\n"] {
        text.push_str(part);
    }
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    for part in [END, label, DASHES, "\n"] {
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_armored_is_read_back() {
        for length in [0, 1, 47, 48, 49, 1_000] {
            let bytes: Vec<u8> = (0..=250).cycle().take(length).collect();
            let text = armored("A KEY", &bytes);
            assert!(text.lines().all(|line| line.len() <= 64));
            let read = blocks(&text).unwrap();
            assert_eq!((read.len(), read[0].label), (1, "A KEY"));
            assert_eq!(*read[0].bytes().unwrap(), bytes);
        }
    }

    #[test]
    fn text_beside_the_blocks_and_cut_blocks_are_damage() {
        let one = armored("A", b"a");
        assert_eq!(blocks("text").err(), Some(NotArmored::NoBlock));
        let beside = [format!("{}x", *one), format!("{}{}x", *one, *one)];
        for text in [
            &one[..one.len() - 8],
            &one[..20],
            &one.replace("END A", "END B"),
        ]
        .into_iter()
        .chain(beside.iter().map(String::as_str))
        {
            assert_eq!(blocks(text).err(), Some(NotArmored::Damaged), "{text}");
        }
        assert_eq!(blocks(&format!("{}{}", *one, *one)).unwrap().len(), 2);
    }
}
