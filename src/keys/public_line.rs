//! The line of a public key, `<type> <base64> <comment>`, in its parts.

const BLANKS: [char; 2] = [' ', '\t'];

/// The types that [`super::PublicKey`] holds, by their names in RFC 8709, RFC 4253 and RFC 5656.
pub(super) const SUPPORTED_TYPES: [&str; 5] = [
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
];

/// The first field of a line, and what follows it.
pub(super) fn split_field(text: &str) -> (&str, &str) {
    let (field, rest) = text.split_once(BLANKS).unwrap_or((text, ""));
    (field, rest.trim_start_matches(BLANKS))
}

/// The fields of a line.
pub(super) fn fields(text: &str) -> impl Iterator<Item = &str> {
    text.split(BLANKS).filter(|field| !field.is_empty())
}

/// The wire encoding of every key starts with the length of its type's name, three zero bytes and one more: `AAAA`.
pub(super) fn is_blob(field: &str) -> bool {
    field.starts_with("AAAA")
}
