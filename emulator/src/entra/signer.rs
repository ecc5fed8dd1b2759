//! Access tokens: JWTs that the token endpoint signs and Resource Manager checks.

use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode,
    jwk::{Jwk, JwkSet, PublicKeyUse},
};
use rcgen::KeyPair;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Principal;

/// Why a token is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// Not a token of this emulator.
    Invalid,
    Expired {
        expiry: String,
        now: String,
    },
    Audience {
        found: String,
    },
}

/// Why there is no signer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignerError {
    #[error("signing key: {0}")]
    Key(#[from] rcgen::Error),
    #[error("signing key: {0}")]
    Jwt(#[from] jsonwebtoken::errors::Error),
}

/// How the client proved itself: `appidacr` in the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    Secret,
    Assertion,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    appid: String,
    appidacr: String,
    idp: String,
    idtyp: String,
    oid: String,
    sub: String,
    tid: String,
    uti: String,
    ver: String,
}

pub(crate) struct TokenSigner {
    signing: EncodingKey,
    verifying: DecodingKey,
    key_id: String,
    keys: JwkSet,
}

impl TokenSigner {
    /// A signer with a new key. Its tokens are good for this emulator only.
    pub(crate) fn create() -> Result<Self, SignerError> {
        let signing = EncodingKey::from_ec_der(&KeyPair::generate()?.serialize_der());
        let mut key = Jwk::from_encoding_key(&signing, Algorithm::ES256)?;
        let key_id = Uuid::new_v4().simple().to_string();
        key.common.key_id = Some(key_id.clone());
        key.common.public_key_use = Some(PublicKeyUse::Signature);
        let verifying = DecodingKey::from_jwk(&key)?;
        Ok(Self {
            signing,
            verifying,
            key_id,
            keys: JwkSet { keys: vec![key] },
        })
    }

    pub(crate) fn keys(&self) -> &JwkSet {
        &self.keys
    }

    /// A token for `principal` that is good for `lifetime` seconds at `audience`.
    pub(crate) fn issue(
        &self,
        principal: &Principal,
        audience: &str,
        proof: Proof,
        now: Timestamp,
        lifetime: u32,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let issuer = format!("https://sts.windows.net/{}/", principal.tenant);
        let claims = Claims {
            aud: audience.to_owned(),
            iss: issuer.clone(),
            iat: now.as_second(),
            nbf: now.as_second(),
            exp: now.as_second() + i64::from(lifetime),
            appid: principal.client_id.clone(),
            appidacr: match proof {
                Proof::Secret => "1".to_owned(),
                Proof::Assertion => "2".to_owned(),
            },
            idp: issuer,
            idtyp: "app".to_owned(),
            oid: principal.object_id.clone(),
            sub: principal.object_id.clone(),
            tid: principal.tenant.clone(),
            uti: Uuid::new_v4().simple().to_string(),
            ver: "1.0".to_owned(),
        };
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.key_id.clone());
        encode(&header, &claims, &self.signing)
    }

    /// The principal of a token, if it is one of ours, for one of these audiences, and still good.
    pub(crate) fn principal(
        &self,
        token: &str,
        audiences: &[String],
        now: Timestamp,
    ) -> Result<Principal, TokenFault> {
        let mut validation = Validation::new(Algorithm::ES256);
        // Time and audience are checked below, against the emulator's clock and with the answers that Resource Manager gives.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.set_required_spec_claims::<&str>(&[]);
        let claims: Claims = decode(token, &self.verifying, &validation)
            .map_err(|_| TokenFault::Invalid)?
            .claims;
        if claims.exp <= now.as_second() {
            let shown = |time: Timestamp| time.strftime("%-m/%-d/%Y %-I:%M:%S %p").to_string();
            return Err(TokenFault::Expired {
                expiry: shown(Timestamp::from_second(claims.exp).unwrap_or(now)),
                now: shown(now),
            });
        }
        if !audiences.contains(&claims.aud) {
            return Err(TokenFault::Audience { found: claims.aud });
        }
        Ok(Principal {
            tenant: claims.tid,
            client_id: claims.appid,
            object_id: claims.oid,
        })
    }
}
