//! The comment of a key, narrowed to what cannot carry a second key.

use std::fmt;

/// The comment of a key: at most 128 characters out of `A-Z a-z 0-9 @ . _ + -`, and it may be empty.
///
/// OpenSSH lets a comment hold anything, a line break too; written out as a public key, such a comment becomes a
/// further line of `authorized_keys`, hence a further key. Nothing that this type accepts can do that, and it needs no
/// quoting in a shell or in YAML.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Comment(String);

/// More characters than this are refused. A namespace and a name of Kubernetes are up to 63 and 253 characters.
const MAX_CHARS: usize = 128;

fn is_allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '@' | '.' | '_' | '+' | '-')
}

impl Comment {
    /// No comment at all: the public key then has two fields.
    pub fn empty() -> Self {
        Self::default()
    }

    /// `<name>@<namespace>` of a Kubernetes object, cut to 128 characters.
    pub fn for_object(namespace: &str, name: &str) -> Self {
        // Names in Kubernetes hold allowed characters only; the filter makes the type's rule hold whatever comes.
        let kept = name
            .chars()
            .chain(std::iter::once('@'))
            .chain(namespace.chars())
            .filter(|character| is_allowed(*character))
            .take(MAX_CHARS);
        Self(kept.collect())
    }

    /// The comment of a key from elsewhere: kept if it obeys the rule, otherwise dropped whole, because
    /// half a comment would say something that nobody wrote.
    pub(super) fn kept_or_dropped(text: &str) -> Self {
        Self::try_from(text.trim()).unwrap_or_default()
    }

    /// The text, possibly empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no comment.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<&str> for Comment {
    type Error = CommentRefused;

    fn try_from(text: &str) -> Result<Self, CommentRefused> {
        if !text.chars().all(is_allowed) {
            return Err(CommentRefused::Character);
        }
        if text.len() > MAX_CHARS {
            return Err(CommentRefused::Length);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Comment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no [`Comment`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommentRefused {
    /// A character outside the allowed set.
    #[error(
        "the comment holds a character that is not allowed: use letters, digits and @ . _ + - only"
    )]
    Character,
    /// Too long.
    #[error("the comment is longer than {MAX_CHARS} characters: shorten it")]
    Length,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_comments_are_kept_as_they_are() {
        for text in [
            "",
            "deploy@web",
            "generated-by-azure",
            "a.b_c+d-e@F9",
            &"x".repeat(128),
        ] {
            assert_eq!(
                Comment::try_from(text).as_ref().map(Comment::as_str),
                Ok(text)
            );
        }
    }

    #[test]
    fn nothing_that_could_start_a_line_or_an_option_is_a_comment() {
        for text in [
            "a\nssh-ed25519 AAAA",
            "a\r",
            "a b",
            "a\tb",
            "a\0",
            "a\u{2028}b",
            "a\u{85}b",
            "command=\"id\"",
            "é",
            "#",
        ] {
            assert_eq!(
                Comment::try_from(text),
                Err(CommentRefused::Character),
                "{text:?}"
            );
        }
        assert_eq!(
            Comment::try_from("x".repeat(129).as_str()),
            Err(CommentRefused::Length)
        );
    }

    #[test]
    fn an_object_gives_name_at_namespace_cut_to_the_limit() {
        assert_eq!(Comment::for_object("web", "deploy").as_str(), "deploy@web");
        let long = Comment::for_object(&"n".repeat(63), &"o".repeat(253));
        assert_eq!(long.as_str().len(), MAX_CHARS);
    }

    proptest! {
        #[test]
        fn whatever_made_it_a_comment_obeys_its_own_rule(one in any::<String>(), other in any::<String>()) {
            for comment in [Comment::for_object(&one, &other), Comment::kept_or_dropped(&one)] {
                prop_assert_eq!(Comment::try_from(comment.as_str()), Ok(comment.clone()));
            }
        }
    }
}
