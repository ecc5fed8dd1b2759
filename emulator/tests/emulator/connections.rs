//! TLS, keep-alive, stop and restart.

use std::time::Duration;

use arm_emulator::Emulator;
use reqwest::{Certificate, Client};

use crate::rig::{Rig, SUBSCRIPTION, TENANT, VERSION, client, config, foreign_key, key, reply};

#[tokio::test]
async fn only_a_client_that_knows_the_ca_connects() {
    let rig = Rig::start().await;
    let error = Client::new()
        .get(rig.url("/metadata/endpoints"))
        .send()
        .await
        .unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    let by_address = format!("https://{}/metadata/endpoints", rig.emulator.address());
    let metadata = reply(rig.http.get(by_address))
        .await
        .unwrap()
        .expect(200)
        .json();
    let login = metadata["authentication"]["loginEndpoint"]
        .as_str()
        .unwrap();
    assert_eq!(
        login,
        format!("https://{}", rig.emulator.address()),
        "links name the host that the client used"
    );
}

#[tokio::test]
async fn stopped_it_refuses_connections_and_restarted_it_has_everything() {
    let rig = Rig::start().await;
    rig.emulator.put_key_as_someone_else(foreign_key("k"));
    rig.emulator.stop().await;
    let error = reply(rig.request("GET", &key("rg", "k")))
        .await
        .unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    rig.emulator.restart().await.unwrap();
    rig.send("GET", &key("rg", "k")).await.expect(200);
}

#[tokio::test]
async fn dropped_it_lets_go_of_the_port() {
    let rig = Rig::start().await;
    let address = rig.emulator.address();
    drop(rig);
    for _ in 0..100 {
        if tokio::net::TcpListener::bind(address).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{address} is still taken");
}

#[tokio::test]
async fn a_data_directory_keeps_the_ca() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config();
    config.data_dir = Some(directory.path().join("data"));
    let first = Emulator::start(config.clone()).await.unwrap();
    let old_client = client(&first);
    let pem = first.ca_pem().to_owned();
    assert_eq!(
        std::fs::read_to_string(first.ca_file().unwrap()).unwrap(),
        pem
    );
    drop(first);
    let second = Emulator::start(config).await.unwrap();
    assert_eq!(second.ca_pem(), pem);
    let url = format!("{}/metadata/endpoints", second.endpoint());
    assert_eq!(reply(old_client.get(url)).await.unwrap().status, 200);
}

#[tokio::test]
async fn it_is_reached_by_the_names_it_was_given() {
    const NAME: &str = "arm-emulator.azure.svc";
    let mut rig = Rig::with(config().host_name(NAME)).await;
    let address = rig.emulator.address();
    let ca = Certificate::from_pem(rig.emulator.ca_pem().as_bytes()).unwrap();
    rig.http = Client::builder()
        .tls_certs_only([ca])
        .resolve(NAME, address)
        .build()
        .unwrap();
    let origin = format!("https://{NAME}:{}", address.port());
    let mut form = rig.secret_form();
    form.retain(|(name, _)| *name != "scope");
    form.push(("scope", format!("{origin}/.default")));
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let request = rig
        .http
        .post(format!("{origin}/{TENANT}/oauth2/v2.0/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let token = reply(request).await.unwrap().expect(200).json();
    let groups = format!("{origin}/subscriptions/{SUBSCRIPTION}/resourcegroups");
    let request = rig
        .http
        .get(format!("{groups}?api-version={VERSION}"))
        .bearer_auth(token["access_token"].as_str().unwrap());
    reply(request).await.unwrap().expect(200);
}
