//! RSA keys that can be broken although their size is right: made by faulty programs and chips. Two that a glance at the
//! modulus finds; lists of leaked keys are not consulted.

use crypto_bigint::BoxedUint;

/// Rounds of Fermat's method. Primes that differ in their lower half only fall in the first.
const FERMAT_ROUNDS: u32 = 100;

/// The primes of the test for ROCA: modulo each of them, a modulus of such a chip is a power of 65537.
/// CVE-2017-15361, <https://crocs.fi.muni.cz/public/papers/rsa_ccs17>
const ROCA_PRIMES: [u64; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Where trial division ends.
const SMALL: u64 = 1_000;

/// Whether a modulus, big-endian, is one that is easily factored.
pub(super) fn is_weak(modulus: &[u8]) -> bool {
    is_of_a_faulty_chip(modulus) || has_close_primes(modulus)
}

fn is_of_a_faulty_chip(modulus: &[u8]) -> bool {
    ROCA_PRIMES.iter().all(|prime| {
        let remainder = remainder(modulus, *prime);
        let mut power = 1;
        loop {
            if power == remainder {
                return true;
            }
            power = power * (65_537 % prime) % prime;
            if power == 1 {
                return false;
            }
        }
    })
}

/// Whether a number, big-endian, has a prime factor below [`SMALL`]. No RSA modulus has one that a program made, and of
/// numbers at random eleven in twelve do (Mertens: the others are about 0.56 / ln 1000): mostly a line that was changed.
pub(super) fn has_small_factor(modulus: &[u8]) -> bool {
    let is_prime = |number: &u64| {
        (2..*number)
            .take_while(|factor| factor * factor <= *number)
            .all(|factor| !number.is_multiple_of(factor))
    };
    (2..SMALL)
        .filter(is_prime)
        .any(|prime| remainder(modulus, prime) == 0)
}

fn remainder(number: &[u8], divisor: u64) -> u64 {
    // The first word is the one that may be short.
    let (short, words) = number.split_at(number.len() % 4);
    let first = short
        .iter()
        .fold(0, |value, byte| value << 8 | u64::from(*byte));
    let (words, _) = words.as_chunks::<4>();
    words.iter().fold(first % divisor, |remainder, word| {
        (remainder << 32 | u64::from(u32::from_be_bytes(*word))) % divisor
    })
}

/// Fermat: n = a² - b², where a is near the root of n when the primes are near each other.
/// <https://fermatattack.secvuln.info>
fn has_close_primes(modulus: &[u8]) -> bool {
    // Room for the carry of one more round.
    let Ok(bits) = u32::try_from((modulus.len() + 8) * 8) else {
        return false;
    };
    let Ok(modulus) = BoxedUint::from_be_slice(modulus, bits) else {
        return false;
    };
    let mut root = modulus.floor_sqrt_vartime();
    // Equal primes: the first round below begins above the root.
    if root.wrapping_mul(&root) == modulus {
        return true;
    }
    let one = BoxedUint::one_with_precision(bits);
    for _ in 0..FERMAT_ROUNDS {
        root = root.wrapping_add(&one);
        let difference = root.wrapping_mul(&root).wrapping_sub(&modulus);
        if difference.checked_sqrt_vartime().is_some() {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Comment, KeyPair, KeySpec, RsaSize};

    #[test]
    fn a_sound_key_is_not_weak() {
        for _ in 0..3 {
            let pair =
                KeyPair::generate(KeySpec::Rsa(RsaSize::Bits2048), &Comment::empty()).unwrap();
            assert!(!is_weak(&pair.public_key().rsa_modulus().unwrap()));
        }
    }

    #[test]
    fn primes_near_each_other_are_found() {
        // Two odd numbers of 1,024 bits that differ in their last 64 bits; that they are no primes does not matter here.
        let mut p = vec![0xc5; 128];
        p[127] = 1;
        let mut q = p.clone();
        q[120..].copy_from_slice(&[0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x89]);
        let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, 2_048).unwrap();
        let product = number(&p).wrapping_mul(number(&q));
        assert!(has_close_primes(&product.to_be_bytes()));
        q[3] ^= 0x40;
        let product = number(&p).wrapping_mul(number(&q));
        assert!(!has_close_primes(&product.to_be_bytes()));
    }

    #[test]
    fn equal_primes_are_found() {
        for last in [1, 3, 0x77] {
            let mut prime = vec![0xc5; 128];
            prime[127] = last;
            let number = BoxedUint::from_be_slice(&prime, 2_048).unwrap();
            assert!(has_close_primes(
                &number.wrapping_mul(&number).to_be_bytes()
            ));
        }
    }

    #[test]
    fn every_divisor_below_1000_is_found_and_none_above() {
        // 2^2048 + 1 has no factor below 1000 of its own, as a power of two to which one is added: F11 begins with 319489.
        let mut number = vec![0; 257];
        (number[0], number[256]) = (1, 1);
        assert!(!has_small_factor(&number));
        let whole = BoxedUint::from_be_slice(&number, 2_112).unwrap();
        for divisor in 2..=1_100_u64 {
            let factor = BoxedUint::from_be_slice(&divisor.to_be_bytes(), 2_112).unwrap();
            let product = whole.wrapping_mul(&factor).to_be_bytes();
            let expected = (2..1_000).any(|small| divisor % small == 0);
            assert_eq!(has_small_factor(&product), expected, "{divisor}");
        }
        for _ in 0..3 {
            let pair =
                KeyPair::generate(KeySpec::Rsa(RsaSize::Bits2048), &Comment::empty()).unwrap();
            assert!(!has_small_factor(&pair.public_key().rsa_modulus().unwrap()));
        }
    }

    #[test]
    fn a_power_of_65537_is_what_a_faulty_chip_makes() {
        let mut power = BoxedUint::one_with_precision(2_048);
        let factor = BoxedUint::from_be_slice(&65_537_u32.to_be_bytes(), 2_048).unwrap();
        for _ in 0..100 {
            power = power.wrapping_mul(&factor);
        }
        assert!(is_of_a_faulty_chip(&power.to_be_bytes()));
        let next = power.wrapping_add(BoxedUint::one_with_precision(2_048));
        assert!(!is_of_a_faulty_chip(&next.to_be_bytes()));
    }
}
