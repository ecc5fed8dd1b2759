//! An issuer of federated tokens: an HTTPS server with its discovery document, and the keys that it signs with.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

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

pub(crate) const SUBJECT: &str = "system:serviceaccount:team:deployer";

pub(crate) const AUDIENCE: &str = "api://AzureADTokenExchange";

/// An HTTPS server with a discovery document and the keys in `keys`.
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) ca_pem: String,
    pub(crate) keys: Arc<Mutex<JwkSet>>,
    pub(crate) fetches: Arc<AtomicUsize>,
    pub(crate) task: AbortHandle,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A signing key with its id.
pub(crate) struct Key {
    id: String,
    algorithm: Algorithm,
    signing: EncodingKey,
}

impl Key {
    pub(crate) fn rsa(id: &str) -> Self {
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

    pub(crate) fn ec(id: &str) -> Self {
        let signing = EncodingKey::from_ec_der(&KeyPair::generate().unwrap().serialize_der());
        Self {
            id: id.to_owned(),
            algorithm: Algorithm::ES256,
            signing,
        }
    }

    pub(crate) fn public(&self) -> Jwk {
        let mut key = Jwk::from_encoding_key(&self.signing, self.algorithm).unwrap();
        key.common.key_id = Some(self.id.clone());
        key
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.clone());
        encode(&header, claims, &self.signing).unwrap()
    }
}

impl Issuer {
    pub(crate) async fn start(keys: &[&Key]) -> Self {
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

    pub(crate) fn claims(&self) -> Value {
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
