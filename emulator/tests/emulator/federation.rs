//! Federated credentials, with an issuer of the test's own.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use arm_emulator::Tenant;
use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeyPair as RsaKeyPair, KeySize},
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, EncodingKey, Header, encode,
    jwk::{Jwk, JwkSet},
};
use parking_lot::Mutex;
use pkcs8::PrivateKeyInfoRef;
use rcgen::{CertificateParams, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::AbortHandle};
use tokio_rustls::TlsAcceptor;

use crate::rig::{CLIENT, Reply, Rig, SUBSCRIPTION, TENANT, application, config, reply};

const SUBJECT: &str = "system:serviceaccount:team:deployer";
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// An HTTPS server with a discovery document and the keys in `keys`.
struct Issuer {
    url: String,
    ca_pem: String,
    keys: Arc<Mutex<JwkSet>>,
    fetches: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A signing key with its id.
struct Key {
    id: String,
    algorithm: Algorithm,
    signing: EncodingKey,
}

impl Key {
    fn rsa(id: &str) -> Self {
        let pkcs8 = RsaKeyPair::generate(KeySize::Rsa2048)
            .unwrap()
            .as_der()
            .unwrap();
        let pkcs1 = PrivateKeyInfoRef::try_from(pkcs8.as_ref())
            .unwrap()
            .private_key
            .as_bytes()
            .to_vec();
        Self {
            id: id.to_owned(),
            algorithm: Algorithm::RS256,
            signing: EncodingKey::from_rsa_der(&pkcs1),
        }
    }

    fn ec(id: &str) -> Self {
        let signing = EncodingKey::from_ec_der(&KeyPair::generate().unwrap().serialize_der());
        Self {
            id: id.to_owned(),
            algorithm: Algorithm::ES256,
            signing,
        }
    }

    fn public(&self) -> Jwk {
        let mut key = Jwk::from_encoding_key(&self.signing, self.algorithm).unwrap();
        key.common.key_id = Some(self.id.clone());
        key
    }

    fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.clone());
        encode(&header, claims, &self.signing).unwrap()
    }
}

impl Issuer {
    async fn start(keys: &[&Key]) -> Self {
        let server_key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()])
            .unwrap()
            .self_signed(&server_key)
            .unwrap();
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
        let tls = ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .unwrap();
        let url = format!(
            "https://localhost:{}",
            listener.local_addr().unwrap().port()
        );
        let keys = Arc::new(Mutex::new(JwkSet {
            keys: keys.iter().map(|key| key.public()).collect(),
        }));
        let fetches = Arc::new(AtomicUsize::new(0));
        let serving = serve(
            listener,
            TlsAcceptor::from(Arc::new(tls)),
            url.clone(),
            keys.clone(),
            fetches.clone(),
        );
        Self {
            url,
            ca_pem: certificate.pem(),
            keys,
            fetches,
            task: tokio::spawn(serving).abort_handle(),
        }
    }

    fn claims(&self) -> Value {
        let now = Timestamp::now().as_second();
        json!({"iss": self.url, "sub": SUBJECT, "aud": [AUDIENCE], "iat": now, "nbf": now, "exp": now + 600})
    }
}

async fn serve(
    listener: TcpListener,
    tls: TlsAcceptor,
    url: String,
    keys: Arc<Mutex<JwkSet>>,
    fetches: Arc<AtomicUsize>,
) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (tls, url, keys, fetches) = (tls.clone(), url.clone(), keys.clone(), fetches.clone());
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else {
                return;
            };
            let service = service_fn(move |request: Request<Incoming>| {
                let body = if request.uri().path() == "/.well-known/openid-configuration" {
                    json!({"issuer": url, "jwks_uri": format!("{url}/openid/v1/jwks")})
                } else {
                    fetches.fetch_add(1, Ordering::SeqCst);
                    json!(*keys.lock())
                };
                async move {
                    Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(body.to_string()))))
                }
            });
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn rig(issuer: &Issuer) -> Rig {
    let mut config = config().issuer(&issuer.url, &issuer.ca_pem);
    config.tenants[0] =
        Tenant::new(TENANT).application(application().federated(&issuer.url, SUBJECT, AUDIENCE));
    Rig::with(config).await
}

async fn ask(rig: &Rig, assertion: &str) -> Reply {
    let form = [
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", CLIENT.to_owned()),
        ("client_assertion", assertion.to_owned()),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
        ),
        ("scope", "https://management.azure.com/.default".to_owned()),
    ];
    rig.token_request(TENANT, &form).await
}

#[track_caller]
fn assert_refused(reply: &Reply, status: u16, number: u64) {
    let body = reply.json();
    assert_eq!(
        (reply.status, &body["error_codes"]),
        (status, &json!([number])),
        "{}",
        reply.body
    );
}

#[tokio::test]
async fn a_good_assertion_gets_a_token_that_arm_takes() {
    for key in [Key::rsa("one"), Key::ec("two")] {
        let issuer = Issuer::start(&[&key]).await;
        let rig = rig(&issuer).await;
        // A file that was written by an editor ends in a newline.
        let answer = ask(&rig, &format!("{}\n", key.sign(&issuer.claims())))
            .await
            .expect(200)
            .json();
        let url = rig.url(&format!(
            "/subscriptions/{SUBSCRIPTION}?api-version=2022-12-01"
        ));
        let token = answer["access_token"].as_str().unwrap();
        assert_eq!(
            reply(rig.http.get(url).bearer_auth(token))
                .await
                .unwrap()
                .status,
            200
        );
    }
}

#[tokio::test]
async fn a_wrong_issuer_subject_or_audience_is_refused_and_named() {
    let key = Key::ec("one");
    let issuer = Issuer::start(&[&key]).await;
    let rig = rig(&issuer).await;
    for (claim, value) in [
        ("iss", "https://localhost:1"),
        ("sub", "system:serviceaccount:team:other"),
        ("aud", "https://kubernetes.default.svc"),
    ] {
        let mut claims = issuer.claims();
        claims[claim] = json!(value);
        let refused = ask(&rig, &key.sign(&claims)).await;
        assert_refused(&refused, 400, 70_021);
        assert!(
            refused.body.contains(&format!("'{value}'")),
            "{}",
            refused.body
        );
    }
    assert_eq!(
        issuer.fetches.load(Ordering::SeqCst),
        0,
        "such an issuer is not even asked"
    );
}

#[tokio::test]
async fn a_bad_signature_is_refused() {
    let (key, forger) = (Key::ec("one"), Key::ec("one"));
    let issuer = Issuer::start(&[&key]).await;
    let rig = rig(&issuer).await;
    assert_refused(
        &ask(&rig, &forger.sign(&issuer.claims())).await,
        401,
        700_027,
    );
    let unknown = Key::ec("unknown");
    assert_refused(
        &ask(&rig, &unknown.sign(&issuer.claims())).await,
        401,
        700_027,
    );
    assert_refused(&ask(&rig, "not.a.jwt").await, 400, 50_027);
}

#[tokio::test]
async fn an_expired_or_future_assertion_is_refused() {
    let key = Key::ec("one");
    let issuer = Issuer::start(&[&key]).await;
    let rig = rig(&issuer).await;
    let assertion = key.sign(&issuer.claims());
    ask(&rig, &assertion).await.expect(200);
    rig.advance(600 + 301);
    assert_refused(&ask(&rig, &assertion).await, 401, 700_024);
    rig.advance(-2000);
    assert_refused(&ask(&rig, &assertion).await, 401, 700_024);
}

#[tokio::test]
async fn keys_are_kept_and_fetched_again_for_an_unknown_id() {
    let (old, new) = (Key::ec("old"), Key::ec("new"));
    let issuer = Issuer::start(&[&old]).await;
    let rig = rig(&issuer).await;
    for _ in 0..3 {
        ask(&rig, &old.sign(&issuer.claims())).await.expect(200);
    }
    assert_eq!(issuer.fetches.load(Ordering::SeqCst), 1);
    issuer.keys.lock().keys.push(new.public());
    ask(&rig, &new.sign(&issuer.claims())).await.expect(200);
    assert_eq!(issuer.fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_or_trusted_is_an_error_of_its_own() {
    let key = Key::ec("one");
    let issuer = Issuer::start(&[&key]).await;
    let rig = rig(&issuer).await;
    issuer.task.abort();
    tokio::task::yield_now().await;
    let refused = ask(&rig, &key.sign(&issuer.claims())).await;
    assert_refused(&refused, 400, 50_166);
}
