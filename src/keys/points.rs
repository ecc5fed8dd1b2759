//! Whether a public key is a point of its curve. A changed line often is not, and nobody holds a private half for it.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ParsedPublicKey,
};
use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U256};
use ssh_key::public::EcdsaPublicKey;

use super::algorithm::Curve;
use super::error::KeyError;

/// The field of Curve25519, 2^255 - 19 (RFC 8032 section 5.1).
const FIELD: Odd<U256> =
    Odd::<U256>::from_be_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
/// Half of what is one less: a number to this power is one if it is a square, and minus one otherwise (Euler).
const HALF: U256 =
    U256::from_be_hex("3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff6");
/// The `d` of the curve (RFC 8032 section 5.1).
const D: U256 =
    U256::from_be_hex("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");
/// The `y` of the eight points of small order: zero and 2^255 - 20, one, and two of order eight. For a key that is such a
/// point, anyone can make signatures. <https://cr.yp.to/ecdh.html#validate>
const SMALL_ORDER: [U256; 5] = [
    U256::ZERO,
    U256::ONE,
    U256::from_be_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec"),
    U256::from_be_hex("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826"),
    U256::from_be_hex("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7"),
];

/// Checks that an ECDSA key, which is written in full, lies on its curve.
pub(super) fn check_ecdsa(key: &EcdsaPublicKey) -> Result<(), KeyError> {
    let algorithm = match Curve::from(key.curve()) {
        Curve::P256 => &ECDSA_P256_SHA256_ASN1,
        Curve::P384 => &ECDSA_P384_SHA384_ASN1,
        Curve::P521 => &ECDSA_P521_SHA512_ASN1,
    };
    ParsedPublicKey::new(algorithm, key.as_sec1_bytes())
        .map(|_| ())
        .map_err(|_| KeyError::NotOnCurve)
}

/// Checks that an Ed25519 key can be decoded as RFC 8032 section 5.1.3 says, and is not of small order.
pub(super) fn check_ed25519(key: [u8; 32]) -> Result<(), KeyError> {
    let mut bytes = key;
    bytes[31] &= 0x7f;
    let x_is_odd = key[31] & 0x80 != 0;
    let y = U256::from_le_slice(&bytes);
    if y >= *FIELD {
        return Err(KeyError::NotOnCurve);
    }
    let field = FixedMontyParams::new_vartime(FIELD);
    let number = |value: &U256| FixedMontyForm::new(value, &field);
    let one = FixedMontyForm::one(&field);
    let y_squared = number(&y).square();
    // x² = (y² - 1) / (d y² + 1). The divisor is never zero, so this is a square exactly if their product is one.
    let above = y_squared.sub(&one);
    let below = y_squared.mul(&number(&D)).add(&one);
    let euler = above.mul(&below).pow_vartime(&HALF).retrieve();
    let x_is_zero = above.retrieve() == U256::ZERO;
    if (!x_is_zero && euler != U256::ONE) || (x_is_zero && x_is_odd) {
        return Err(KeyError::NotOnCurve);
    }
    if SMALL_ORDER.contains(&y) {
        return Err(KeyError::SmallOrder);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Comment, KeyPair, KeySpec, PublicKey};
    use base64::prelude::{BASE64_STANDARD, Engine as _};

    #[test]
    fn what_is_generated_is_a_point() {
        for _ in 0..50 {
            KeyPair::generate(KeySpec::Ed25519, &Comment::empty()).unwrap();
            for curve in [Curve::P256, Curve::P384, Curve::P521] {
                KeyPair::generate(KeySpec::Ecdsa(curve), &Comment::empty()).unwrap();
            }
        }
    }

    fn little_endian(number: &U256, x_is_odd: bool) -> [u8; 32] {
        let mut bytes = number.to_le_bytes();
        bytes.as_mut()[31] |= u8::from(x_is_odd) << 7;
        bytes.into()
    }

    #[test]
    fn points_of_small_order_are_refused_in_either_sign() {
        let mut refused = Vec::new();
        for y in &SMALL_ORDER {
            for x_is_odd in [false, true] {
                refused.push(check_ed25519(little_endian(y, x_is_odd)).unwrap_err());
            }
        }
        let small = refused
            .iter()
            .filter(|error| **error == KeyError::SmallOrder);
        // One and minus one have an x of zero, which has no sign.
        assert_eq!((small.count(), refused.len()), (8, 10));
    }

    #[test]
    fn a_number_that_is_not_below_the_field_is_no_point() {
        // The same as one and as three, of which three is a point's. (RFC 8032 section 5.1.3)
        for above in [1_u64, 3, 18] {
            let y = FIELD.wrapping_add(&U256::from_u64(above));
            assert_eq!(
                check_ed25519(little_endian(&y, false)),
                Err(KeyError::NotOnCurve)
            );
        }
        assert_eq!(
            check_ed25519(little_endian(&U256::from_u64(3), false)),
            Ok(())
        );
        assert_eq!(
            check_ed25519(little_endian(&U256::from_u64(2), false)),
            Err(KeyError::NotOnCurve)
        );
    }

    #[test]
    fn every_public_form_is_refused_off_its_curve() {
        let named = |name: &[u8], length: u8| [&[0, 0, 0, length], name].concat();
        for (name, oid, size) in [
            (
                &b"nistp256"[..],
                &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07][..],
                32_u8,
            ),
            (b"nistp384", &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22], 48),
            (b"nistp521", &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23], 66),
        ] {
            // One and one; and zero and zero, which is how some write the point at infinity.
            for coordinate in [1, 0] {
                let mut half = vec![0; usize::from(size)];
                half[usize::from(size) - 1] = coordinate;
                let point = [&[4][..], &half, &half].concat();
                let kind = [b"ecdsa-sha2-", name].concat();
                let blob = [
                    named(&kind, 19),
                    named(name, 8),
                    named(&point, size * 2 + 1),
                ]
                .concat();
                let base64 = BASE64_STANDARD.encode(&blob);
                let line = format!("{} {base64}", str::from_utf8(&kind).unwrap());
                let ssh2 = format!(
                    "---- BEGIN SSH2 PUBLIC KEY ----\n{base64}\n---- END SSH2 PUBLIC KEY ----\n"
                );
                let sequence = |content: &[u8]| match u8::try_from(content.len()).unwrap() {
                    short @ ..=0x7f => [&[0x30, short], content].concat(),
                    long => [&[0x30, 0x81, long], content].concat(),
                };
                let algorithm = sequence(
                    &[&[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01], oid].concat(),
                );
                let length = size * 2 + 2;
                let head = if length > 0x7f {
                    vec![0x03, 0x81, length, 0]
                } else {
                    vec![0x03, length, 0]
                };
                let spki = sequence(&[algorithm, head, point].concat());
                let pem = crate::keys::pem::armored("PUBLIC KEY", &spki);
                for text in [&line, &ssh2, &*pem] {
                    assert_eq!(
                        PublicKey::given(text.as_bytes()),
                        Err(KeyError::NotOnCurve),
                        "{text}"
                    );
                    assert_eq!(PublicKey::parse(text), Err(KeyError::NotOnCurve), "{text}");
                }
            }
        }
    }
}
