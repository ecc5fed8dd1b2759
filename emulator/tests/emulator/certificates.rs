//! Client certificates: an assertion that the application signs itself.

use arm_emulator::Tenant;
use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use pkcs8::PrivateKeyInfoRef;
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, date_time_ymd};
use serde_json::json;

use crate::rig::{CLIENT, Reply, Rig, TENANT, application, config};

struct Signer {
    pem: String,
    thumbprint: String,
    key: EncodingKey,
}

impl Signer {
    fn until(year: i32) -> Self {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.not_after = date_time_ymd(year, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        let pkcs8 = key.serialize_der();
        let info = PrivateKeyInfoRef::try_from(pkcs8.as_slice()).unwrap();
        Self {
            pem: certificate.pem(),
            thumbprint: BASE64_URL_SAFE_NO_PAD
                .encode(digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate.der())),
            key: EncodingKey::from_rsa_der(info.private_key.as_bytes()),
        }
    }

    fn assertion(&self, rig: &Rig, issuer: &str, tenant: &str) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.x5t = Some(self.thumbprint.clone());
        let now = Timestamp::now().as_second();
        let claims = json!({
            "aud": rig.url(&format!("/{tenant}/oauth2/v2.0/token")),
            "iss": issuer,
            "sub": issuer,
            "nbf": now,
            "exp": now + 300,
        });
        encode(&header, &claims, &self.key).unwrap()
    }
}

async fn rig(registered: &[&Signer]) -> Rig {
    let mut known = application();
    for signer in registered {
        known = known.certificate(signer.pem.clone());
    }
    let mut config = config();
    config.tenants = vec![Tenant::new(TENANT).application(known)];
    Rig::with(config).await
}

async fn ask(rig: &Rig, assertion: String) -> Reply {
    let form = [
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", CLIENT.to_owned()),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
        ),
        ("client_assertion", assertion),
        ("scope", format!("{}/.default", rig.emulator.endpoint())),
    ];
    rig.token_request(TENANT, &form).await
}

fn number(reply: &Reply) -> u64 {
    reply.json()["error_codes"][0].as_u64().unwrap()
}

#[tokio::test]
async fn an_application_signs_in_with_any_of_its_certificates() {
    let (one, other) = (Signer::until(2100), Signer::until(2100));
    let rig = rig(&[&one, &other]).await;
    for signer in [&one, &other] {
        let reply = ask(&rig, signer.assertion(&rig, CLIENT, TENANT)).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_its_own_or_has_ended_is_refused() {
    let (one, stranger, ended) = (
        Signer::until(2100),
        Signer::until(2100),
        Signer::until(2001),
    );
    let rig = rig(&[&one, &ended]).await;
    // Somebody else's key under the thumbprint of a registered certificate.
    let forged = Signer {
        thumbprint: one.thumbprint.clone(),
        ..Signer::until(2100)
    };
    for (signer, why) in [
        (&stranger, "not found"),
        (&ended, "expired"),
        (&forged, "failed"),
    ] {
        let reply = ask(&rig, signer.assertion(&rig, CLIENT, TENANT)).await;
        assert_eq!(
            (reply.status, number(&reply)),
            (401, 700_027),
            "{}",
            reply.body
        );
        assert!(reply.body.contains(why), "{}", reply.body);
    }
}

#[tokio::test]
async fn an_assertion_for_another_endpoint_or_of_another_application_is_refused() {
    let one = Signer::until(2100);
    let rig = rig(&[&one]).await;
    let elsewhere = ask(&rig, one.assertion(&rig, CLIENT, "common")).await;
    assert_eq!(number(&elsewhere), 700_023, "{}", elsewhere.body);
    let other = ask(&rig, one.assertion(&rig, TENANT, TENANT)).await;
    assert_eq!(number(&other), 700_021, "{}", other.body);
}
