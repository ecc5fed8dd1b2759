//! The endpoint by which Azure gives a machine the tokens of its managed identities: that of App Service, which asks for a
//! secret header, and the metadata service of a virtual machine, which has none. The tokens come from the emulator's Entra.
//! <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>,
//! <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>

use std::{
    collections::HashMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use arm_emulator::Emulator;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Whose tokens are given out, and where they are got.
struct Issuer {
    client: reqwest::Client,
    token_url: String,
    /// The resource that tokens may be asked for.
    resource: String,
    client_id: String,
    client_secret: String,
}

struct Shared {
    path: &'static str,
    /// What `X-IDENTITY-HEADER` must be, where it is asked for.
    header: Option<String>,
    issuer: Mutex<Option<Arc<Issuer>>>,
    asked: Mutex<Vec<HashMap<String, String>>>,
}

/// A running endpoint, which ends with this value.
pub struct ManagedIdentityEndpoint {
    shared: Arc<Shared>,
    address: SocketAddr,
    _stop: DropGuard,
}

impl ManagedIdentityEndpoint {
    /// That of App Service, on loopback, with its secret header.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn app_service(header: &str) -> anyhow::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start(address, "/msi/token", Some(header.to_owned())).await
    }

    /// The metadata service of a virtual machine, at its own address: only in a network namespace that has it.
    ///
    /// # Errors
    /// When the address is not this machine's, or may not be listened on.
    pub async fn virtual_machine() -> anyhow::Result<Self> {
        let address = SocketAddr::from(([169, 254, 169, 254], 80));
        Self::start(address, "/metadata/identity/oauth2/token", None).await
    }

    async fn start(
        address: SocketAddr,
        path: &'static str,
        header: Option<String>,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("listen on {address}"))?;
        let address = listener.local_addr().context("read the listener's port")?;
        let shared = Arc::new(Shared {
            path,
            header,
            issuer: Mutex::default(),
            asked: Mutex::default(),
        });
        let stop = CancellationToken::new();
        let accepted = accept(listener, Arc::clone(&shared));
        tokio::spawn(stop.clone().run_until_cancelled_owned(accepted));
        Ok(Self {
            shared,
            address,
            _stop: stop.drop_guard(),
        })
    }

    /// Where it is asked for tokens.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.shared.path)
    }

    /// Gives out the tokens of an application of the emulator from now on; before, no identity is assigned.
    ///
    /// # Errors
    /// When the emulator's certificate is none.
    pub fn assign(
        &self,
        emulator: &Emulator,
        tenant: &str,
        client_id: &str,
        client_secret: &str,
    ) -> anyhow::Result<()> {
        let certificate = reqwest::Certificate::from_pem(emulator.ca_pem().as_bytes())
            .context("read the emulator's certificate")?;
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([certificate])
            .build()
            .context("make an HTTP client")?;
        let issuer = Issuer {
            client,
            token_url: format!("{}/{tenant}/oauth2/v2.0/token", emulator.endpoint()),
            resource: emulator.endpoint().to_owned(),
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
        };
        *self
            .shared
            .issuer
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(issuer));
        Ok(())
    }

    /// The parameters of each request that came.
    pub fn asked(&self) -> Vec<HashMap<String, String>> {
        self.shared
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| {
            let shared = Arc::clone(&shared);
            async move { Ok::<_, Infallible>(answer(&shared, &request).await) }
        });
        tokio::spawn(async move {
            // A client that goes away is no matter.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(shared: &Shared, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let query = request.uri().query().unwrap_or_default();
    let parameters = parameters(query);
    let parameter = |name: &str| parameters.get(name).map(String::as_str);
    shared
        .asked
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(parameters.clone());
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    if request.uri().path() != shared.path {
        return refuse(StatusCode::NOT_FOUND, "not found");
    }
    if header("metadata") != Some("true") {
        return refuse(
            StatusCode::BAD_REQUEST,
            "Required metadata header not specified",
        );
    }
    if shared.header.is_some() && header("x-identity-header") != shared.header.as_deref() {
        return refuse(
            StatusCode::UNAUTHORIZED,
            "the identity header is missing or wrong",
        );
    }
    if parameter("api-version") != Some("2019-08-01") {
        return refuse(StatusCode::BAD_REQUEST, "unsupported api-version");
    }
    let issuer = shared
        .issuer
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let Some(issuer) = issuer else {
        return refuse(StatusCode::BAD_REQUEST, "Identity not found");
    };
    if parameter("resource") != Some(issuer.resource.as_str()) {
        return refuse(StatusCode::BAD_REQUEST, "the resource is not known");
    }
    if parameter("client_id").is_some_and(|asked| asked != issuer.client_id) {
        return refuse(StatusCode::BAD_REQUEST, "Identity not found");
    }
    match issuer.token().await {
        Ok(token) => json_answer(StatusCode::OK, &token),
        Err(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error:#}")),
    }
}

impl Issuer {
    async fn token(&self) -> anyhow::Result<Value> {
        let body = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={}/.default",
            self.client_id, self.client_secret, self.resource
        );
        let answer = self
            .client
            .post(&self.token_url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .context("ask the emulator for a token")?;
        let token: Value = answer.json().await.context("read the emulator's token")?;
        let expires = jiff::Timestamp::now().as_second() + 3_600;
        Ok(json!({
            "access_token": token["access_token"],
            "expires_on": expires.to_string(),
            "resource": self.resource,
            "token_type": "Bearer",
        }))
    }
}

/// No value that is asked for has any escape but those of a URL.
fn parameters(query: &str) -> HashMap<String, String> {
    let decoded = |text: &str| text.replace("%3A", ":").replace("%2F", "/");
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

fn refuse(status: StatusCode, why: &str) -> Response<Full<Bytes>> {
    json_answer(
        status,
        &json!({ "error": "invalid_request", "error_description": why }),
    )
}

fn json_answer(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    );
    response
}
