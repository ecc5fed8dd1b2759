//! Words of the cluster and of Azure on a terminal: they must not move the cursor, clear the screen or turn the
//! text around.

use std::borrow::Cow;

/// The styles of this program, which the foreign words may not add to: bold, three colours, and the end of a style.
const STYLES: [&str; 5] = ["\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"];

/// The text with everything escaped that would do something else than show: control characters but for new lines and tabs, and
/// those that change the direction of text (<https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>).
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if let Some(style) = STYLES.iter().find(|style| rest.starts_with(**style)) {
            shown.push_str(style);
            rest = &rest[style.len()..];
            continue;
        }
        if acts(next) {
            shown.extend(next.escape_unicode());
        } else {
            shown.push(next);
        }
        rest = &rest[next.len_utf8()..];
    }
    Cow::Owned(shown)
}

fn acts(character: char) -> bool {
    let is_control = character.is_control() && !matches!(character, '\n' | '\t');
    is_control || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use anstyle::AnsiColor;

    use super::*;
    use crate::cli::table::painted;

    #[test]
    fn what_moves_the_cursor_or_turns_text_is_shown_instead() {
        for (text, shown) in [
            ("\x1b[2J\x1b]0;title\x07", r"\u{1b}[2J\u{1b}]0;title\u{7}"),
            ("\x1b[8mhidden", r"\u{1b}[8mhidden"),
            ("good\rbad", r"good\u{d}bad"),
            ("\u{9b}2J", r"\u{9b}2J"),
            ("a\u{202e}b", r"a\u{202e}b"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn words_lines_and_own_colours_stay() {
        let text = format!("Grüße\n\t{}\n", painted("True", AnsiColor::Green));
        assert_eq!(printable(&text), text);
        let text = format!("{}\x1b[2J", painted("True", AnsiColor::Red));
        let shown = format!(r"{}\u{{1b}}[2J", painted("True", AnsiColor::Red));
        assert_eq!(printable(&text), shown);
    }
}
