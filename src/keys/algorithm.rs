//! What can be generated: algorithms and their sizes.

use std::fmt;

/// A signature algorithm of SSH keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Signatures on the Edwards curve of Curve25519, `ssh-ed25519` (RFC 8709).
    Ed25519,
    /// RSA with PKCS #1 v1.5 signatures, `ssh-rsa` (RFC 4253, RFC 8332).
    Rsa,
    /// ECDSA on a NIST curve, `ecdsa-sha2-nistp*` (RFC 5656).
    Ecdsa,
}

impl fmt::Display for Algorithm {
    /// The names of the API: `Ed25519`, `RSA`, `ECDSA`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ed25519 => "Ed25519",
            Self::Rsa => "RSA",
            Self::Ecdsa => "ECDSA",
        })
    }
}

/// What to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeySpec {
    /// An Ed25519 pair; there is one size.
    Ed25519,
    /// An RSA pair with a modulus of this size.
    Rsa(RsaSize),
    /// An ECDSA pair on this curve.
    Ecdsa(Curve),
}

impl KeySpec {
    /// The algorithm of the pair.
    pub fn algorithm(self) -> Algorithm {
        match self {
            Self::Ed25519 => Algorithm::Ed25519,
            Self::Rsa(_) => Algorithm::Rsa,
            Self::Ecdsa(_) => Algorithm::Ecdsa,
        }
    }

    /// The size in bits, as `ssh-keygen -l` prints it: of the modulus for RSA, of the curve otherwise.
    pub fn bits(self) -> i32 {
        match self {
            Self::Ed25519 => ED25519_BITS,
            Self::Rsa(size) => size.bits(),
            Self::Ecdsa(curve) => curve.bits(),
        }
    }
}

/// The size that OpenSSH shows for every Ed25519 key.
pub(super) const ED25519_BITS: i32 = 256;

/// The size of a generated RSA modulus. These are the sizes that aws-lc generates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RsaSize {
    /// 2048 bits, about as strong as 112 symmetric bits (NIST SP 800-57 part 1, table 2).
    Bits2048,
    /// 3072 bits, about as strong as 128 symmetric bits.
    Bits3072,
    /// 4096 bits.
    Bits4096,
    /// 8192 bits. Generating one takes many seconds of CPU time.
    Bits8192,
}

impl RsaSize {
    /// The size in bits.
    pub fn bits(self) -> i32 {
        match self {
            Self::Bits2048 => 2048,
            Self::Bits3072 => 3072,
            Self::Bits4096 => 4096,
            Self::Bits8192 => 8192,
        }
    }
}

impl TryFrom<i32> for RsaSize {
    type Error = UnsupportedSize;

    /// From a size in bits.
    fn try_from(bits: i32) -> Result<Self, UnsupportedSize> {
        match bits {
            2048 => Ok(Self::Bits2048),
            3072 => Ok(Self::Bits3072),
            4096 => Ok(Self::Bits4096),
            8192 => Ok(Self::Bits8192),
            bits => Err(UnsupportedSize::Rsa { bits }),
        }
    }
}

/// A NIST curve (FIPS 186-4, named for SSH in RFC 5656 section 10.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// `nistp256`
    P256,
    /// `nistp384`
    P384,
    /// `nistp521`
    P521,
}

impl Curve {
    /// The size in bits.
    pub fn bits(self) -> i32 {
        match self {
            Self::P256 => 256,
            Self::P384 => 384,
            Self::P521 => 521,
        }
    }
}

impl TryFrom<i32> for Curve {
    type Error = UnsupportedSize;

    /// From a size in bits.
    fn try_from(bits: i32) -> Result<Self, UnsupportedSize> {
        match bits {
            256 => Ok(Self::P256),
            384 => Ok(Self::P384),
            521 => Ok(Self::P521),
            bits => Err(UnsupportedSize::Ecdsa { bits }),
        }
    }
}

impl From<ssh_key::EcdsaCurve> for Curve {
    fn from(curve: ssh_key::EcdsaCurve) -> Self {
        match curve {
            ssh_key::EcdsaCurve::NistP256 => Self::P256,
            ssh_key::EcdsaCurve::NistP384 => Self::P384,
            ssh_key::EcdsaCurve::NistP521 => Self::P521,
        }
    }
}

/// A size in bits that the algorithm does not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsupportedSize {
    /// Not an RSA size.
    #[error("RSA keys of {bits} bits are not supported: use 2048, 3072, 4096 or 8192")]
    Rsa {
        /// The size that was asked for.
        bits: i32,
    },
    /// Not a NIST curve.
    #[error("ECDSA keys of {bits} bits are not supported: use 256, 384 or 521")]
    Ecdsa {
        /// The size that was asked for.
        bits: i32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_read_back_from_its_bits() {
        for bits in [2048, 3072, 4096, 8192] {
            assert_eq!(RsaSize::try_from(bits).map(RsaSize::bits), Ok(bits));
        }
        for bits in [256, 384, 521] {
            assert_eq!(Curve::try_from(bits).map(Curve::bits), Ok(bits));
        }
    }

    #[test]
    fn an_unknown_size_names_the_sizes_that_exist() {
        for bits in [i32::MIN, -1, 0, 512, 1024, 2047, 16384, i32::MAX] {
            let said = RsaSize::try_from(bits).unwrap_err().to_string();
            assert!(
                said.contains(&bits.to_string()) && said.contains("4096"),
                "{said}"
            );
        }
        let said = Curve::try_from(512).unwrap_err().to_string();
        assert!(said.contains("521"), "{said}");
    }

    #[test]
    fn algorithms_have_the_names_of_the_api() {
        let names =
            [Algorithm::Ed25519, Algorithm::Rsa, Algorithm::Ecdsa].map(|each| each.to_string());
        assert_eq!(names, ["Ed25519", "RSA", "ECDSA"]);
    }
}
