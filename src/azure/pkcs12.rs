//! PKCS #12 (RFC 7292): one private key with its certificates, encrypted by a password. What the whole file costs is known
//! before anything of it is computed.

use aws_lc_rs::hmac;
use cbc::{
    Decryptor,
    cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, KeyInit, KeyIvInit as _, block_padding},
};
use des::TdesEde3;
use pkcs8::{
    ObjectIdentifier,
    der::{
        Decode as _, Encode as _,
        asn1::{AnyRef, ContextSpecific, OctetString},
    },
    pkcs5::EncryptionScheme,
    spki::AlgorithmIdentifierOwned,
};
use pkcs12::{
    AuthenticatedSafe, CertBag,
    cms::{content_info::ContentInfo, encrypted_data::EncryptedData},
    kdf::{Pkcs12KeyType, derive_key_utf8},
    pbe_params::{EncryptedPrivateKeyInfo, Pkcs12PbeParams},
    pfx::Pfx,
    safe_bag::{SafeBag, SafeContents},
};
use rc2::Rc2;
use zeroize::Zeroizing;

use super::certificate_error::{
    CertificateError as Refused, PKCS12_ITERATIONS_MAX, PKCS12_SAFES_MAX,
};
use crate::keys::kdf_cost;

/// RFC 5652 section 4.
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
/// RFC 5652 section 8.
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
/// RFC 8018 appendix A.4.
const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");

/// What is in a file.
pub(super) struct Contents {
    /// PKCS #8, DER.
    pub(super) key: Zeroizing<Vec<u8>>,
    /// X.509, DER, in the file's order.
    pub(super) certificates: Vec<Vec<u8>>,
}

/// Opens a file.
///
/// # Errors
/// What costs too much, has not exactly one key, or does not open.
pub(super) fn open(file: &[u8], password: &str) -> Result<Contents, Refused> {
    let pfx = Pfx::from_der(file).map_err(unreadable)?;
    let content = octets_of(&pfx.auth_safe)?;
    let safes = AuthenticatedSafe::from_der(&content).map_err(unreadable)?;
    if safes.len() > PKCS12_SAFES_MAX {
        return Err(Refused::SeveralKeys);
    }
    let mut cost = Cost::default();
    if let Some(mac) = &pfx.mac_data {
        cost.add(iterations(mac.iterations))?;
    }
    let mut plain = Vec::new();
    let mut encrypted = Vec::new();
    for safe in &safes {
        match safe.content_type {
            DATA => plain.extend(cost.of_bags(&octets_of(safe)?)?),
            ENCRYPTED_DATA => {
                let content = safe.content.to_der().map_err(unreadable)?;
                let content = EncryptedData::from_der(&content).map_err(unreadable)?;
                let content = content.enc_content_info;
                let scheme = Scheme::of(&content.content_enc_alg)?;
                cost.add(scheme.cost)?;
                encrypted.extend(content.encrypted_content.map(|data| (scheme, data)));
            }
            _ => return Err(Refused::DoesNotOpen),
        }
    }
    if let Some(mac) = &pfx.mac_data {
        let salt = mac.mac_salt.as_bytes();
        let key = mac_key(mac.mac.algorithm.oid, password, salt, mac.iterations)?;
        hmac::verify(&key, &content, mac.mac.digest.as_bytes())
            .map_err(|_| Refused::DoesNotOpen)?;
    }
    let mut bags = plain;
    for (scheme, data) in encrypted {
        let opened = scheme.decrypt(data.as_bytes(), password)?;
        // What is in it is known only now, and counts as well.
        bags.extend(cost.of_bags(&opened)?);
    }
    sort(bags, password)
}

/// What was not opened yet of a bag, and what can be had from it.
enum Bag {
    Key(Zeroizing<Vec<u8>>),
    Encrypted(Scheme, Vec<u8>),
    Certificate(Vec<u8>),
}

fn sort(bags: Vec<Bag>, password: &str) -> Result<Contents, Refused> {
    let mut key = None;
    let mut certificates = Vec::new();
    for bag in bags {
        match bag {
            Bag::Key(plain) => key = Some(plain),
            Bag::Encrypted(scheme, data) => key = Some(scheme.decrypt(&data, password)?),
            Bag::Certificate(certificate) => certificates.push(certificate),
        }
    }
    let key = key.ok_or(Refused::NoKey)?;
    Ok(Contents { key, certificates })
}

/// What a file costs, as far as it is known.
#[derive(Default)]
struct Cost {
    iterations: u64,
    keys: usize,
}

impl Cost {
    fn add(&mut self, iterations: u64) -> Result<(), Refused> {
        self.iterations = self.iterations.saturating_add(iterations);
        if self.iterations > PKCS12_ITERATIONS_MAX {
            return Err(Refused::TooCostly);
        }
        Ok(())
    }

    /// Reads the bags of a safe, and counts what it takes to open them. Bags of other kinds are of no use here and are
    /// not opened.
    fn of_bags(&mut self, safe: &[u8]) -> Result<Vec<Bag>, Refused> {
        let mut found = Vec::new();
        for bag in SafeContents::from_der(safe).map_err(unreadable)? {
            let bag = match bag.bag_id {
                pkcs12::PKCS_12_CERT_BAG_OID => certificate(&bag)?,
                pkcs12::PKCS_12_KEY_BAG_OID => {
                    self.count_key()?;
                    let key = ContextSpecific::<AnyRef<'_>>::from_der(&bag.bag_value);
                    let key = key.map_err(unreadable)?.value.to_der();
                    Bag::Key(Zeroizing::new(key.map_err(unreadable)?))
                }
                pkcs12::PKCS_12_PKCS8_KEY_BAG_OID => {
                    self.count_key()?;
                    let key = ContextSpecific::<EncryptedPrivateKeyInfo>::from_der(&bag.bag_value);
                    let key = key.map_err(unreadable)?;
                    let scheme = Scheme::of(&key.value.encryption_algorithm)?;
                    self.add(scheme.cost)?;
                    Bag::Encrypted(scheme, key.value.encrypted_data.into_bytes().into())
                }
                _ => continue,
            };
            found.push(bag);
        }
        Ok(found)
    }

    fn count_key(&mut self) -> Result<(), Refused> {
        self.keys += 1;
        if self.keys > 1 {
            return Err(Refused::SeveralKeys);
        }
        Ok(())
    }
}

fn certificate(bag: &SafeBag) -> Result<Bag, Refused> {
    let bag = ContextSpecific::<CertBag>::from_der(&bag.bag_value).map_err(unreadable)?;
    if bag.value.cert_id != pkcs12::PKCS_12_X509_CERT_OID {
        return Err(Refused::DoesNotOpen);
    }
    Ok(Bag::Certificate(bag.value.cert_value.into_bytes().into()))
}

/// How a part is encrypted, and what it costs to derive its key.
struct Scheme {
    how: How,
    cost: u64,
}

enum How {
    Pbes2(EncryptionScheme),
    TripleDes(Pkcs12PbeParams),
    Rc2(Pkcs12PbeParams),
}

impl Scheme {
    fn of(algorithm: &AlgorithmIdentifierOwned) -> Result<Self, Refused> {
        if algorithm.oid == PBES2 {
            let der = algorithm.to_der().map_err(unreadable)?;
            let scheme = EncryptionScheme::from_der(&der).map_err(unreadable)?;
            let cost = kdf_cost(&scheme).map_err(|_| Refused::TooCostly)?;
            let how = How::Pbes2(scheme);
            return Ok(Self { how, cost });
        }
        let parameters = algorithm.parameters.as_ref().ok_or(Refused::DoesNotOpen)?;
        let parameters = parameters.to_der().map_err(unreadable)?;
        let parameters = Pkcs12PbeParams::from_der(&parameters).map_err(unreadable)?;
        // RFC 7292 appendix B: a key that is longer than one digest takes two, and the initialization vector one more.
        let each = iterations(parameters.iterations);
        let (how, derivations) = match algorithm.oid {
            pkcs12::PKCS_12_PBE_WITH_SHAAND3_KEY_TRIPLE_DES_CBC => (How::TripleDes(parameters), 3),
            pkcs12::PKCS_12_PBEWITH_SHAAND40_BIT_RC2_CBC => (How::Rc2(parameters), 2),
            _ => return Err(Refused::DoesNotOpen),
        };
        let cost = each.saturating_mul(derivations);
        Ok(Self { how, cost })
    }

    fn decrypt(&self, data: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, Refused> {
        match &self.how {
            How::Pbes2(scheme) => {
                let opened = scheme.decrypt(password, data);
                opened.map(Zeroizing::new).map_err(unreadable)
            }
            How::TripleDes(parameters) => cbc::<TdesEde3>(parameters, 24, data, password),
            How::Rc2(parameters) => cbc::<Rc2>(parameters, 5, data, password),
        }
    }
}

/// RFC 7292 appendix C.
fn cbc<Cipher: BlockCipherDecrypt + KeyInit>(
    parameters: &Pkcs12PbeParams,
    length: usize,
    data: &[u8],
    password: &str,
) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let derive = |purpose, length| {
        let salt = parameters.salt.as_bytes();
        derive_key_utf8::<sha1::Sha1>(password, salt, purpose, parameters.iterations, length)
            .map(Zeroizing::new)
            .map_err(unreadable)
    };
    let key = derive(Pkcs12KeyType::EncryptionKey, length)?;
    let vector = derive(Pkcs12KeyType::Iv, 8)?;
    let cipher = Decryptor::<Cipher>::new_from_slices(&key, &vector);
    let opened = cipher
        .map_err(unreadable)?
        .decrypt_padded_vec::<block_padding::Pkcs7>(data);
    opened.map(Zeroizing::new).map_err(unreadable)
}

/// RFC 7292 appendix B.4: the key of the code that says whether file and password are right.
fn mac_key(
    digest: ObjectIdentifier,
    password: &str,
    salt: &[u8],
    iterations: i32,
) -> Result<hmac::Key, Refused> {
    /// RFC 8017 appendix B.1.
    const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
    const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
    const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
    const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
    let kind = Pkcs12KeyType::Mac;
    let (algorithm, key) = match digest {
        SHA1 => (
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            derive_key_utf8::<sha1::Sha1>(password, salt, kind, iterations, 20),
        ),
        SHA256 => (
            hmac::HMAC_SHA256,
            derive_key_utf8::<sha2::Sha256>(password, salt, kind, iterations, 32),
        ),
        SHA384 => (
            hmac::HMAC_SHA384,
            derive_key_utf8::<sha2::Sha384>(password, salt, kind, iterations, 48),
        ),
        SHA512 => (
            hmac::HMAC_SHA512,
            derive_key_utf8::<sha2::Sha512>(password, salt, kind, iterations, 64),
        ),
        _ => return Err(Refused::DoesNotOpen),
    };
    let key = Zeroizing::new(key.map_err(unreadable)?);
    Ok(hmac::Key::new(algorithm, &key))
}

fn octets_of(content: &ContentInfo) -> Result<Zeroizing<Vec<u8>>, Refused> {
    if content.content_type != DATA {
        return Err(Refused::DoesNotOpen);
    }
    let octets = content.content.decode_as::<OctetString>();
    let octets = octets.map_err(unreadable)?.into_bytes();
    Ok(Zeroizing::new(octets.into()))
}

fn iterations(said: i32) -> u64 {
    said.max(1).unsigned_abs().into()
}

/// What is damaged and what a wrong password leaves look the same.
fn unreadable<E>(_: E) -> Refused {
    Refused::DoesNotOpen
}

#[cfg(test)]
mod tests {
    use ::pkcs8::pkcs5::pbes2::{
        self, EncryptionScheme as Cipher, Kdf, Parameters, Pbkdf2Params, Pbkdf2Prf, Salt,
        ScryptParams,
    };

    use super::*;

    const BAG_OF_KEY: &str = "1.2.840.113549.1.12.10.1.2";
    const CONTENT: [&str; 2] = ["1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"];

    fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        let head = match (length, content.len()) {
            ([_, short], 0..128) => vec![tag, short],
            ([0, middle], _) => vec![tag, 0x81, middle],
            ([high, low], _) => vec![tag, 0x82, high, low],
        };
        [head, content].concat()
    }

    fn name(dotted: &str) -> Vec<u8> {
        ObjectIdentifier::new_unwrap(dotted).to_der().unwrap()
    }

    fn pbkdf2(iterations: u32) -> Kdf {
        Kdf::Pbkdf2(Pbkdf2Params {
            salt: Salt::new(b"salt").unwrap(),
            iteration_count: iterations,
            key_length: None,
            prf: Pbkdf2Prf::HmacWithSha256,
        })
    }

    fn scheme(kdf: Kdf) -> pbes2::Parameters {
        let encryption = Cipher::Aes256Cbc { iv: [0; 16] };
        Parameters { kdf, encryption }
    }

    fn algorithm(kdf: Kdf) -> Vec<u8> {
        EncryptionScheme::Pbes2(scheme(kdf)).to_der().unwrap()
    }

    /// A key bag whose content is nothing that decrypts.
    fn key_bag(kdf: Kdf) -> Vec<u8> {
        let encrypted = der(0x30, &[&algorithm(kdf), &der(4, &[&[0; 16]])]);
        der(0x30, &[&name(BAG_OF_KEY), &der(0xa0, &[&encrypted])])
    }

    fn plain(bags: &[Vec<u8>]) -> Vec<u8> {
        let bags = der(0x30, &bags.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let content = der(0xa0, &[&der(4, &[&bags])]);
        der(0x30, &[&name(CONTENT[0]), &content])
    }

    /// A safe that takes so many iterations to open, with what is in it if the password is `open`.
    fn encrypted(kdf: &Kdf, bags: &[Vec<u8>]) -> Vec<u8> {
        let bags = der(0x30, &bags.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let quick = match kdf {
            Kdf::Pbkdf2(pbkdf2) if pbkdf2.iteration_count < 10_000 => kdf.clone(),
            _ => pbkdf2(1),
        };
        let data = scheme(quick).encrypt("open", &bags).unwrap();
        let content = der(0x80, &[&data]);
        let content = [name(CONTENT[0]), algorithm(kdf.clone()), content].concat();
        let content = der(0x30, &[&[2, 1, 0], &der(0x30, &[&content])]);
        der(0x30, &[&name(CONTENT[1]), &der(0xa0, &[&content])])
    }

    fn file(safes: &[Vec<u8>]) -> Vec<u8> {
        let safes = der(0x30, &safes.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let content = der(0xa0, &[&der(4, &[&safes])]);
        let content = der(0x30, &[&name(CONTENT[0]), &content]);
        der(0x30, &[&[2, 1, 3], &content])
    }

    fn refused(safes: &[Vec<u8>]) -> Refused {
        open(&file(safes), "open").map(|_| ()).unwrap_err()
    }

    #[test]
    fn a_file_of_many_keys_is_refused_before_any_of_them_is_opened() {
        let many: Vec<_> = (0..200).map(|_| key_bag(pbkdf2(1_000_000))).collect();
        assert_eq!(refused(&[plain(&many)]), Refused::SeveralKeys);
        let one_each: Vec<_> = (0..2).map(|_| plain(&[key_bag(pbkdf2(1))])).collect();
        assert_eq!(refused(&one_each), Refused::SeveralKeys);
        // One key alone is opened, which this one can't be.
        assert_eq!(
            refused(&[plain(&[key_bag(pbkdf2(1))])]),
            Refused::DoesNotOpen
        );
    }

    #[test]
    fn the_cost_of_all_parts_together_is_bounded() {
        let million = pbkdf2(1_000_000);
        let three = [
            encrypted(&million, &[]),
            encrypted(&million, &[]),
            plain(&[key_bag(pbkdf2(1))]),
        ];
        assert_eq!(refused(&three), Refused::TooCostly);
        let one = [plain(&[key_bag(pbkdf2(1_000_001))])];
        assert_eq!(refused(&one), Refused::TooCostly);
        let scrypt = |cost_parameter| {
            Kdf::Scrypt(ScryptParams {
                salt: Salt::new(b"salt").unwrap(),
                cost_parameter,
                block_size: 8,
                parallelization: 1,
                key_length: None,
            })
        };
        let memory = [plain(&[key_bag(scrypt(1 << 20))])];
        assert_eq!(refused(&memory), Refused::TooCostly);
        let many: Vec<_> = (0..=PKCS12_SAFES_MAX)
            .map(|_| encrypted(&pbkdf2(1), &[]))
            .collect();
        assert_eq!(refused(&many), Refused::SeveralKeys);
    }

    #[test]
    fn what_an_encrypted_part_hides_counts_before_it_is_opened() {
        let hidden = |bags: &[Vec<u8>]| refused(&[encrypted(&pbkdf2(1_000), bags)]);
        let (few, many) = (pbkdf2(1_000), pbkdf2(1_000_000));
        assert_eq!(hidden(&[key_bag(few.clone())]), Refused::DoesNotOpen);
        assert_eq!(
            hidden(&[key_bag(few.clone()), key_bag(few)]),
            Refused::SeveralKeys
        );
        assert_eq!(hidden(&[key_bag(pbkdf2(1_000_001))]), Refused::TooCostly);
        let parts = [
            encrypted(&pbkdf2(1_000), &[key_bag(many.clone())]),
            encrypted(&pbkdf2(500_000), &[]),
            encrypted(&pbkdf2(500_000), &[]),
        ];
        assert_eq!(refused(&parts), Refused::TooCostly);
    }
}
