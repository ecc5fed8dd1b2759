//! A key's text as editors, shells and web pages leave it, made into the text that was meant.

use zeroize::Zeroizing;

use super::error::KeyError;

/// Marks in pairs that a text was quoted with.
const QUOTES: [(char, char); 6] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('\u{201c}', '\u{201d}'),
    ('\u{2018}', '\u{2019}'),
    ('\u{ab}', '\u{bb}'),
];

/// Makes text of what was given: without byte order marks, characters that nobody sees, NUL bytes at its ends and
/// quotation marks around it. Bytes that are not UTF-8 become U+FFFD, since a comment may hold them and a key can't.
///
/// # Errors
/// [`KeyError::Utf16`]: all of it would have to be written otherwise.
pub(super) fn clean(bytes: &[u8]) -> Result<Zeroizing<String>, KeyError> {
    if is_utf16(bytes) {
        return Err(KeyError::Utf16);
    }
    let mut text = Zeroizing::new(String::with_capacity(bytes.len().saturating_mul(3)));
    for chunk in bytes.utf8_chunks() {
        text.extend(
            chunk
                .valid()
                .chars()
                .filter(|char| !is_invisible(*char))
                .map(plain_blank),
        );
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    let inside = unquoted(trimmed(&text));
    Ok(Zeroizing::new(inside.to_owned()))
}

/// Whether it is UTF-16: by its byte order mark, or since every other byte of its beginning is zero.
fn is_utf16(bytes: &[u8]) -> bool {
    const LOOKED_AT: usize = 32;
    let half = |first: usize, zero: bool| {
        let bytes = bytes.iter().take(LOOKED_AT).skip(first).step_by(2);
        bytes.into_iter().all(|byte| (*byte == 0) == zero)
    };
    bytes.starts_with(&[0xff, 0xfe])
        || bytes.starts_with(&[0xfe, 0xff])
        || (bytes.len() >= LOOKED_AT
            && ((half(0, false) && half(1, true)) || (half(0, true) && half(1, false))))
}

/// Zero-width blanks and joiners, the soft hyphen, marks of direction, and the byte order mark (Unicode's general category
/// Cf, as far as web pages and editors put it into a text).
fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
    )
}

/// Blanks of other widths are blanks.
fn plain_blank(char: char) -> char {
    if char.is_whitespace() && !char.is_ascii() {
        ' '
    } else {
        char
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|char: char| char.is_whitespace() || char == '\0')
}

fn unquoted(text: &str) -> &str {
    let inside = QUOTES
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close));
    inside.map_or(text, trimmed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_taken_away() {
        for given in [
            "a b",
            "\u{feff}a b",
            " \u{200b}\ta\u{a0}b\r\n",
            "a b\0\0\n\0",
            "\"a b\"\n",
            "' a b '",
            "\u{201c}a b\u{201d}",
            "\u{feff}\"a\u{2060} b\"",
        ] {
            assert_eq!(**clean(given.as_bytes()).unwrap(), *"a b", "{given:?}");
        }
        assert_eq!(**clean(b"a \xe9\n").unwrap(), *"a \u{fffd}");
        for kept in ["\"a", "a\"", "\"a'", "\"", ""] {
            assert_eq!(**clean(kept.as_bytes()).unwrap(), *kept);
        }
    }

    #[test]
    fn utf_16_is_seen_with_its_mark_and_without() {
        let text = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            little.clone(),
            big.clone(),
            [&[0xff, 0xfe], &little[..]].concat(),
            [&[0xfe, 0xff], &big[..]].concat(),
        ] {
            assert_eq!(clean(&bytes).err(), Some(KeyError::Utf16));
        }
        assert!(clean(text.as_bytes()).is_ok());
        assert!(clean(&[0; 64]).is_ok());
    }
}
