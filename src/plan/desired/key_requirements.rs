//! What a spec asks of a key that is generated, and which key would do.

use crate::{
    api::source::{self, Generate},
    keys::{Algorithm, Curve, KeySpec, PublicKey, RsaSize},
};

/// What a spec asks of a generated key: what it leaves open sticks to what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRequirements {
    /// The algorithm that the spec names.
    algorithm: Option<Algorithm>,
    /// What a first key is.
    initial: KeySpec,
    /// Whether the spec names a size.
    is_sized: bool,
}

impl KeyRequirements {
    /// What this part of a spec asks for.
    ///
    /// # Errors
    /// A message when algorithm and size do not fit, which the API server's rules refuse before.
    pub fn of(generate: &Generate) -> Result<Self, String> {
        let algorithm = generate.algorithm.map(|algorithm| match algorithm {
            source::Algorithm::Ed25519 => Algorithm::Ed25519,
            source::Algorithm::Rsa => Algorithm::Rsa,
            source::Algorithm::Ecdsa => Algorithm::Ecdsa,
        });
        Ok(Self {
            algorithm,
            initial: of_size(algorithm.unwrap_or(Algorithm::Ed25519), generate.size)?,
            is_sized: generate.size.is_some(),
        })
    }

    /// What to generate when there was no key before.
    pub fn initial(&self) -> KeySpec {
        self.initial
    }

    /// Whether a key is what the spec asks for as far as it says.
    pub fn fits(&self, key: &PublicKey) -> bool {
        self.algorithm
            .is_none_or(|algorithm| algorithm == key.algorithm())
            && (!self.is_sized || self.initial.bits() == key.bits())
    }

    /// What to generate in the place of a key. One of a size that is not generated is followed by a first key's.
    pub fn successor(&self, key: &PublicKey) -> KeySpec {
        if !self.fits(key) {
            return self.initial;
        }
        of_size(key.algorithm(), Some(key.bits())).unwrap_or(self.initial)
    }
}

fn of_size(algorithm: Algorithm, size: Option<i32>) -> Result<KeySpec, String> {
    let unfit = |size: i32| format!("{size} is no size of {algorithm} keys");
    match (algorithm, size) {
        (Algorithm::Ed25519, None | Some(256)) => Ok(KeySpec::Ed25519),
        (Algorithm::Ed25519, Some(size)) => Err(unfit(size)),
        (Algorithm::Rsa, size) => RsaSize::try_from(size.unwrap_or(3072))
            .map(KeySpec::Rsa)
            .map_err(|_| unfit(size.unwrap_or(3072))),
        (Algorithm::Ecdsa, size) => Curve::try_from(size.unwrap_or(256))
            .map(KeySpec::Ecdsa)
            .map_err(|_| unfit(size.unwrap_or(256))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Comment, KeyPair};

    fn requirements(algorithm: Option<source::Algorithm>, size: Option<i32>) -> KeyRequirements {
        KeyRequirements::of(&Generate {
            algorithm,
            size,
            comment: None,
        })
        .unwrap()
    }

    fn key(spec: KeySpec) -> PublicKey {
        KeyPair::generate(spec, &Comment::empty())
            .unwrap()
            .public_key()
    }

    #[test]
    fn what_is_left_open_sticks_to_the_key_that_is_there() {
        let (curve, rsa) = (KeySpec::Ecdsa(Curve::P384), KeySpec::Rsa(RsaSize::Bits2048));
        let nothing = requirements(None, None);
        assert_eq!(nothing.initial(), KeySpec::Ed25519);
        assert!(nothing.fits(&key(curve)));
        assert_eq!(nothing.successor(&key(curve)), curve);
        let any_rsa = requirements(Some(source::Algorithm::Rsa), None);
        assert_eq!(any_rsa.initial(), KeySpec::Rsa(RsaSize::Bits3072));
        assert!(any_rsa.fits(&key(rsa)) && !any_rsa.fits(&key(curve)));
        assert_eq!(any_rsa.successor(&key(rsa)), rsa);
        assert_eq!(any_rsa.successor(&key(curve)), any_rsa.initial());
    }

    #[test]
    fn what_is_named_is_asked_for() {
        let small = key(KeySpec::Rsa(RsaSize::Bits2048));
        let large = requirements(Some(source::Algorithm::Rsa), Some(4096));
        assert!(!large.fits(&small));
        assert_eq!(large.successor(&small), KeySpec::Rsa(RsaSize::Bits4096));
        assert!(!requirements(Some(source::Algorithm::Ed25519), None).fits(&small));
        let unfit = Generate {
            algorithm: Some(source::Algorithm::Rsa),
            size: Some(1000),
            comment: None,
        };
        assert!(KeyRequirements::of(&unfit).is_err());
    }
}
