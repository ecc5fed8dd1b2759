//! The control plane starts, serves, and its API server goes and comes back.

use dev::control_plane::ControlPlane;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::{
    Api,
    api::{DeleteParams, ObjectMeta, PostParams},
};
use serde_json::Value;

#[tokio::test]
async fn it_serves_and_survives_the_loss_of_its_parts() {
    let folder = tempfile::tempdir().unwrap();
    let plane = ControlPlane::start(&folder.path().join("plane"))
        .await
        .unwrap();
    let client = plane.admin().client().await.unwrap();
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let namespace = Namespace {
        metadata: ObjectMeta {
            name: Some("probe".into()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    };
    namespaces
        .create(&PostParams::default(), &namespace)
        .await
        .unwrap();

    plane.stop_api_server().await;
    assert!(namespaces.get("probe").await.is_err());
    plane.start_api_server().await.unwrap();
    plane.restart_etcd().await.unwrap();
    let again = plane.admin().client().await.unwrap();
    let namespaces: Api<Namespace> = Api::all(again.clone());
    namespaces.get("probe").await.unwrap();

    // The namespace controller works: a deleted namespace goes with what it holds.
    let maps: Api<ConfigMap> = Api::namespaced(again, "probe");
    let map = ConfigMap {
        metadata: ObjectMeta {
            name: Some("held".into()),
            ..ObjectMeta::default()
        },
        ..ConfigMap::default()
    };
    maps.create(&PostParams::default(), &map).await.unwrap();
    namespaces
        .delete("probe", &DeleteParams::default())
        .await
        .unwrap();
    for _ in 0..300 {
        if namespaces.get_opt("probe").await.unwrap().is_none() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the namespace did not go");
}

#[tokio::test]
async fn anyone_can_read_the_keys_of_its_tokens() {
    let plane = ControlPlane::shared().await;
    let ca = reqwest::Certificate::from_pem(plane.ca_pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([ca])
        .build()
        .unwrap();
    let url = format!("{}/.well-known/openid-configuration", plane.server_url());
    let document: Value = client
        .get(url)
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(document["issuer"], plane.server_url());
    let keys: Value = client
        .get(document["jwks_uri"].as_str().unwrap())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(keys["keys"][0]["alg"], "RS256");
}
