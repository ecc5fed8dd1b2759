//! An emulator with one tenant, two subscriptions and a client that trusts it.

use std::{collections::BTreeMap, sync::Arc};

use arm_emulator::{Application, Config, Emulator, ManualClock, StoredKey, Tenant, Throttle};
use http::{HeaderMap, Method};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Certificate, Client, RequestBuilder};
use serde_json::{Value, json};

pub(crate) const TENANT: &str = "10000000-0000-0000-0000-000000000001";
pub(crate) const OTHER_TENANT: &str = "10000000-0000-0000-0000-000000000002";
pub(crate) const SUBSCRIPTION: &str = "20000000-0000-0000-0000-000000000001";
pub(crate) const OTHER_SUBSCRIPTION: &str = "20000000-0000-0000-0000-000000000002";
pub(crate) const CLIENT: &str = "30000000-0000-0000-0000-000000000001";
pub(crate) const SECRET: &str = "the-secret~value";
pub(crate) const VERSION: &str = "2024-11-01";
pub(crate) const ED25519: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIXEaF2sU8vmSzhV8nSPmOsCV8xNGJbQD1ALTcCX1y3m me@here";
pub(crate) const OTHER_ED25519: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8fAmxhq6rSDjCyqEYOvBJmIOKvKRzPFFLqkrmTu3Fm";

pub(crate) struct Rig {
    pub(crate) emulator: Emulator,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) http: Client,
    pub(crate) token: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Status, code and message of an error in ARM's envelope.
    pub(crate) fn error(&self) -> (u16, String, String) {
        let error = &self.json()["error"];
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (self.status, text("code"), text("message"))
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    #[track_caller]
    pub(crate) fn expect_error(&self, status: u16, code: &str) {
        let (found_status, found_code, _) = self.error();
        assert_eq!(
            (found_status, found_code.as_str()),
            (status, code),
            "{}",
            self.body
        );
    }
}

pub(crate) fn application() -> Application {
    Application::new(CLIENT).secret(SECRET)
}

pub(crate) fn config() -> Config {
    let mut config = Config::default()
        .tenant(Tenant::new(TENANT).application(application()))
        .tenant(Tenant::new(OTHER_TENANT))
        .subscription(SUBSCRIPTION, TENANT)
        .subscription(OTHER_SUBSCRIPTION, OTHER_TENANT);
    config.throttle = Throttle::Off;
    config
}

impl Rig {
    pub(crate) async fn start() -> Self {
        Self::with(config()).await
    }

    /// Starts with `config`, whose clock is replaced by one that stands still, and takes a token.
    pub(crate) async fn with(mut config: Config) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::now()));
        config.clock = clock.clone();
        let emulator = Emulator::start(config).await.unwrap();
        let http = client(&emulator);
        let mut rig = Self {
            emulator,
            clock,
            http,
            token: String::new(),
        };
        rig.token = rig.take_token().await;
        rig
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.endpoint())
    }

    pub(crate) async fn take_token(&self) -> String {
        let reply = self
            .token_request(TENANT, &self.secret_form())
            .await
            .expect(200);
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn secret_form(&self) -> Vec<(&'static str, String)> {
        vec![
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", CLIENT.to_owned()),
            ("client_secret", SECRET.to_owned()),
            ("scope", format!("{}/.default", self.emulator.endpoint())),
        ]
    }

    pub(crate) async fn token_request(&self, tenant: &str, form: &[(&str, String)]) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = self
            .http
            .post(self.url(&format!("/{tenant}/oauth2/v2.0/token")))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        reply(request).await.unwrap()
    }

    /// A request with the token, below the subscription, with the usual api-version.
    pub(crate) fn request(&self, method: &str, place: &str) -> RequestBuilder {
        let query = if place.contains("api-version=") {
            String::new()
        } else {
            format!("?api-version={VERSION}")
        };
        let url = self.url(&format!("/subscriptions/{SUBSCRIPTION}{place}{query}"));
        self.http
            .request(method.parse::<Method>().unwrap(), url)
            .bearer_auth(&self.token)
    }

    pub(crate) async fn send(&self, method: &str, place: &str) -> Reply {
        reply(self.request(method, place)).await.unwrap()
    }

    pub(crate) async fn send_json(&self, method: &str, place: &str, body: &Value) -> Reply {
        reply(self.request(method, place).json(body)).await.unwrap()
    }

    pub(crate) async fn put_group(&self, name: &str) {
        let body = json!({"location": "westus"});
        self.send_json("PUT", &format!("/resourceGroups/{name}"), &body)
            .await
            .expect(201);
    }

    /// Creates a key in the group `rg`.
    pub(crate) async fn put_key(&self, name: &str) -> Reply {
        let body = json!({"location": "westus", "properties": {"publicKey": ED25519}});
        self.send_json("PUT", &key("rg", name), &body)
            .await
            .expect(201)
    }
}

pub(crate) fn key(group: &str, name: &str) -> String {
    format!("/resourceGroups/{group}/providers/Microsoft.Compute/sshPublicKeys/{name}")
}

/// A key that some other party stored.
pub(crate) fn foreign_key(name: &str) -> StoredKey {
    StoredKey {
        id: String::new(),
        subscription: SUBSCRIPTION.to_owned(),
        resource_group: "rg".to_owned(),
        name: name.to_owned(),
        location: "westus".to_owned(),
        public_key: Some(OTHER_ED25519.to_owned()),
        tags: BTreeMap::new(),
    }
}

pub(crate) fn client(emulator: &Emulator) -> Client {
    let ca = Certificate::from_pem(emulator.ca_pem().as_bytes()).unwrap();
    Client::builder().tls_certs_only([ca]).build().unwrap()
}

pub(crate) async fn reply(request: RequestBuilder) -> Result<Reply, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Reply {
        status,
        headers,
        body: response.text().await?,
    })
}
