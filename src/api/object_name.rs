//! What may be the name of an object, and the key of an entry in it. A name of a reference becomes part of the path of a
//! request: what is no name must never get there.

/// The rule for names in the schema: a DNS subdomain of RFC 1123.
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names>
pub(super) const NAME_RULE: &str =
    "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')";
/// What the API server says of a reference by a name that no object can have.
pub(super) const NAME_MESSAGE: &str = "no object can have this name: names have lower-case letters, digits, '-' and '.', and each part between dots begins and ends with a letter or a digit";
/// The rule for keys of entries in the schema.
/// <https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data>
pub(super) const KEY_RULE: &str = "self.matches('^[-._a-zA-Z0-9]+$')";
/// What the API server says of a key that no entry can have.
pub(super) const KEY_MESSAGE: &str =
    "no entry can have this key: keys have letters, digits, '-', '_' and '.'";

const LONGEST: usize = 253;

/// Whether an object can have this name: a DNS subdomain of RFC 1123.
pub fn is_object_name(name: &str) -> bool {
    let is_end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        let ends = bytes.first().zip(bytes.last());
        ends.is_some_and(|(first, last)| is_end(*first) && is_end(*last))
            && bytes.iter().all(|byte| is_end(*byte) || *byte == b'-')
    };
    name.len() <= LONGEST && name.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_dns_subdomain_and_nothing_that_leaves_its_place_in_a_path() {
        let longest = "a".repeat(LONGEST);
        for name in ["a", "0", "my-secret", "a.b-c.d0", &longest] {
            assert!(is_object_name(name), "{name}");
        }
        let too_long = "a".repeat(LONGEST + 1);
        for name in [
            "",
            ".",
            "..",
            "a..b",
            "../../kube-system/secrets/x",
            "a/b",
            "x/",
            "x?watch=true",
            "?limit=1",
            "x#part",
            "..%2f..",
            "my secret",
            "A",
            "-a",
            "a-",
            "a.-b",
            "a\n",
            "ä",
            &too_long,
        ] {
            assert!(!is_object_name(name), "{name}");
        }
    }
}
