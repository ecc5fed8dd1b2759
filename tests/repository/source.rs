//! Rust source without its comments and the content of its literals: what is left is code.

use std::{iter::Peekable, str::Chars};

/// The code of a file; every comment and literal is one space.
pub(crate) fn code(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text.chars().peekable();
    while let Some(char) = rest.next() {
        match (char, rest.peek().copied()) {
            ('/', Some('/')) => {
                while rest.next_if(|char| *char != '\n').is_some() {}
                code.push(' ');
            }
            ('/', Some('*')) => {
                skip_block_comment(&mut rest);
                code.push(' ');
            }
            ('"', _) => {
                skip_to_quote(&mut rest, '"');
                code.push(' ');
            }
            ('r', Some('"' | '#')) if !code.ends_with(is_word) || code.ends_with(is_prefix) => {
                skip_raw(&mut rest, &mut code);
            }
            ('\'', Some(next)) => {
                let mut ahead = rest.clone();
                ahead.next();
                if next == '\\' || ahead.peek() == Some(&'\'') {
                    skip_to_quote(&mut rest, '\'');
                    code.push(' ');
                } else {
                    code.push('\''); // a lifetime
                }
            }
            _ => code.push(char),
        }
    }
    code
}

/// Whether a character can be part of a name.
pub(crate) fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// `b` and `c` stand before the `r` of a raw literal.
fn is_prefix(char: char) -> bool {
    char == 'b' || char == 'c'
}

fn skip_block_comment(rest: &mut Peekable<Chars<'_>>) {
    let mut depth = 0;
    let mut before = '/';
    for char in rest.by_ref() {
        match (before, char) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                before = char;
                continue;
            }
        }
        if depth == 0 {
            return;
        }
        before = ' ';
    }
}

fn skip_to_quote(rest: &mut Peekable<Chars<'_>>, quote: char) {
    while let Some(char) = rest.next() {
        if char == '\\' {
            rest.next();
        } else if char == quote {
            return;
        }
    }
}

fn skip_raw(rest: &mut Peekable<Chars<'_>>, code: &mut String) {
    let mut hashes = 0;
    while rest.next_if_eq(&'#').is_some() {
        hashes += 1;
    }
    if rest.next_if_eq(&'"').is_none() {
        code.push_str("r#"); // a raw name, such as r#type
        return;
    }
    while let Some(char) = rest.next() {
        if char == '"' && (0..hashes).all(|_| rest.next_if_eq(&'#').is_some()) {
            break;
        }
    }
    code.push(' ');
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = r##"a /* b /* c */ */ d // e
        "f\"g" 'h' '\'' b"i" r#"j"k"# br"l" &'m n r#type"##;
    let left = code(text);
    let words: Vec<&str> = left.split(|char| !is_word(char)).collect();
    for word in ["b", "c", "e", "f", "g", "h", "i", "j", "k", "l"] {
        // The b of a byte string stands before the quote.
        let expected = usize::from(word == "b") * 2;
        assert!(
            words.iter().filter(|found| **found == word).count() <= expected,
            "{word} is left in {left}"
        );
    }
    for word in ["a", "d", "m", "n", "type"] {
        assert!(words.contains(&word), "{word} is not left in {left}");
    }
}
