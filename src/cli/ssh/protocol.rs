//! The protocol of SSH agents, as much of it as one key takes: it is named, and it signs. Pure.
//! <https://datatracker.ietf.org/doc/draft-ietf-sshm-ssh-agent/>

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::keys::{KeyPair, RsaHash};

/// The longest message, as OpenSSH's own agent has it.
pub(super) const LONGEST: usize = 256 * 1024;

const FAILURE: u8 = 5;
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;

/// The flags by which an RSA key is asked for a hash.
const RSA_SHA2_256: u32 = 2;
const RSA_SHA2_512: u32 = 4;

/// What an agent answers to a message, both without their length. What it does not know it refuses: nothing can be added,
/// removed, locked or forwarded.
pub(super) fn answer(pair: &KeyPair, message: &[u8]) -> Vec<u8> {
    let answer = match message.split_first() {
        Some((&REQUEST_IDENTITIES, [])) => identities(pair),
        Some((&SIGN_REQUEST, request)) => signature(pair, request),
        _ => None,
    };
    answer.unwrap_or_else(|| vec![FAILURE])
}

fn identities(pair: &KeyPair) -> Option<Vec<u8>> {
    let public = pair.public_key();
    let mut answer = vec![IDENTITIES_ANSWER];
    answer.extend(1_u32.to_be_bytes());
    put(&mut answer, &blob(pair)?)?;
    put(&mut answer, public.comment().as_str().as_bytes())?;
    Some(answer)
}

fn signature(pair: &KeyPair, request: &[u8]) -> Option<Vec<u8>> {
    let (key, rest) = string(request)?;
    let (message, rest) = string(rest)?;
    let flags = u32::from_be_bytes(rest.try_into().ok()?);
    if key != blob(pair)? {
        return None;
    }
    let hash = match (is_rsa(key), flags) {
        (true, flags) if flags & RSA_SHA2_512 != 0 => RsaHash::Sha512,
        (true, flags) if flags & RSA_SHA2_256 != 0 => RsaHash::Sha256,
        // This would be SHA-1.
        (true, _) => return None,
        (false, _) => RsaHash::default(),
    };
    let mut answer = vec![SIGN_RESPONSE];
    put(&mut answer, &pair.sign_for_ssh(message, hash).ok()?)?;
    Some(answer)
}

/// The public key as SSH sends it: the middle of its line.
fn blob(pair: &KeyPair) -> Option<Vec<u8>> {
    let line = pair.public_key().to_line();
    BASE64_STANDARD.decode(line.split(' ').nth(1)?).ok()
}

fn is_rsa(blob: &[u8]) -> bool {
    string(blob).is_some_and(|(name, _)| name == b"ssh-rsa")
}

/// A string of SSH (RFC 4251 section 5), and what follows it.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = text.split_at_checked(4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?);
    rest.split_at_checked(usize::try_from(length).ok()?)
}

fn put(text: &mut Vec<u8>, part: &[u8]) -> Option<()> {
    text.extend(u32::try_from(part.len()).ok()?.to_be_bytes());
    text.extend(part);
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::{Comment, KeySpec, RsaSize};

    fn pair(spec: KeySpec) -> KeyPair {
        KeyPair::generate(spec, &Comment::for_object("a", "b")).unwrap()
    }

    fn request(key: &[u8], flags: u32) -> Vec<u8> {
        let mut request = vec![SIGN_REQUEST];
        put(&mut request, key).unwrap();
        put(&mut request, b"message").unwrap();
        request.extend(flags.to_be_bytes());
        request
    }

    #[test]
    fn one_key_is_named_and_it_alone_signs() {
        let (own, other) = (pair(KeySpec::Ed25519), pair(KeySpec::Ed25519));
        let named = answer(&own, &[REQUEST_IDENTITIES]);
        assert_eq!(named[..5], [IDENTITIES_ANSWER, 0, 0, 0, 1]);
        let key = blob(&own).unwrap();
        assert!(named.windows(key.len()).any(|part| part == key));
        assert_eq!(answer(&own, &request(&key, 0))[0], SIGN_RESPONSE);
        let strange = blob(&other).unwrap();
        assert_eq!(answer(&own, &request(&strange, 0)), [FAILURE]);
    }

    #[test]
    fn an_rsa_key_signs_with_sha_2_only() {
        let own = pair(KeySpec::Rsa(RsaSize::Bits2048));
        let key = blob(&own).unwrap();
        for (flags, name) in [
            (2, "rsa-sha2-256"),
            (4, "rsa-sha2-512"),
            (6, "rsa-sha2-512"),
        ] {
            let signed = answer(&own, &request(&key, flags));
            let is_named = signed
                .windows(name.len())
                .any(|part| part == name.as_bytes());
            assert!(is_named, "{flags}");
        }
        assert_eq!(answer(&own, &request(&key, 0)), [FAILURE]);
    }

    proptest! {
        #[test]
        fn whatever_is_asked_is_answered(message in prop::collection::vec(any::<u8>(), 0..200), kind in 0..40_u8) {
            let own = pair(KeySpec::Ed25519);
            let asked = [&[kind], message.as_slice()].concat();
            let said = answer(&own, &asked);
            prop_assert!(said == [FAILURE] || kind == REQUEST_IDENTITIES);
        }
    }
}
