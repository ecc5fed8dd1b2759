//! PEM: one block of base64 between two lines that say what it is (RFC 7468), read without the leniency that would let
//! two keys pass for one.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

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

/// Every block of a text that consists of nothing else.
pub(super) fn blocks(text: &str) -> Result<Vec<Block<'_>>, NotArmored> {
    let mut blocks = Vec::new();
    let mut rest = text.trim();
    if !rest.starts_with(BEGIN) {
        return Err(NotArmored::NoBlock);
    }
    while let Some(after) = rest.strip_prefix(BEGIN) {
        let (label, after) = after.split_once(DASHES).ok_or(NotArmored::Damaged)?;
        let end = format!("{END}{label}{DASHES}");
        let (body, after) = after.split_once(&end).ok_or(NotArmored::Damaged)?;
        if label.contains(['\r', '\n']) || body.contains(DASHES) {
            return Err(NotArmored::Damaged);
        }
        blocks.push(Block { label, body });
        rest = after.trim_start();
    }
    if rest.is_empty() {
        Ok(blocks)
    } else {
        Err(NotArmored::Damaged)
    }
}

impl Block<'_> {
    /// Whether it has headers, which is how OpenSSL once marked encryption (RFC 1421).
    pub(super) fn has_headers(&self) -> bool {
        self.body.contains(':')
    }

    /// What the base64 stands for; `None` when it is none. Line ends and blanks in it do not count.
    pub(super) fn bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut base64 = Zeroizing::new(Vec::with_capacity(self.body.len()));
        base64.extend(self.body.bytes().filter(|byte| !byte.is_ascii_whitespace()));
        BASE64_STANDARD.decode(&*base64).ok().map(Zeroizing::new)
    }
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
