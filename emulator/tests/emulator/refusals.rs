//! Requests that Resource Manager or Compute does not take.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use ssh_key::{
    Mpint, PublicKey,
    public::{KeyData, RsaPublicKey},
};

use crate::rig::{ED25519, Rig, key, reply};

const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHwf2HMM5TRXvo2SQJjsNkiDD5KqiiNjrGVv3UUh+mMT5RHxiRtOnlqvjhQtBq0VpmpCV/PwUdhOig4vkbqAcEc=";

/// An RSA public key with a modulus of this many bits.
fn rsa(bits: usize) -> String {
    let mut modulus = vec![0x55; bits.div_ceil(8)];
    modulus[0] = if bits.is_multiple_of(8) { 0xd5 } else { 0x55 };
    let (exponent, modulus) = (
        Mpint::from_positive_bytes(&[1, 0, 1]),
        Mpint::from_positive_bytes(&modulus),
    );
    let key = KeyData::Rsa(RsaPublicKey::new(exponent, modulus).unwrap());
    PublicKey::from(key).to_openssh().unwrap()
}

fn body() -> Value {
    json!({"location": "westus", "properties": {"publicKey": ED25519}})
}

async fn rig() -> Rig {
    let rig = Rig::start().await;
    rig.put_group("rg").await;
    rig
}

#[tokio::test]
async fn a_put_of_another_location_is_refused_with_409() {
    let rig = rig().await;
    rig.put_key("k").await;
    let refused = rig
        .send_json("PUT", &key("rg", "k"), &json!({"location": "eastus"}))
        .await;
    let text = "The resource 'k' already exists in location 'westus' in resource group 'rg'. A resource with the same name cannot be created in \
                location 'eastus'. Please select a new resource name.";
    assert_eq!(
        refused.error(),
        (409, "InvalidResourceLocation".to_owned(), text.to_owned())
    );
    assert_eq!(refused.header("x-ms-failure-cause"), "gateway");
    assert_eq!(rig.emulator.keys()[0].location, "westus");
}

#[tokio::test]
async fn a_put_without_a_location_or_with_an_unknown_one_is_refused_with_400() {
    let rig = rig().await;
    rig.send_json("PUT", &key("rg", "k"), &json!({}))
        .await
        .expect_error(400, "LocationRequired");
    rig.send_json("PUT", &key("rg", "k"), &json!({"location": "atlantis"}))
        .await
        .expect_error(400, "LocationNotAvailableForResourceType");
}

#[tokio::test]
async fn a_key_that_the_service_does_not_take_is_refused_with_400() {
    let rig = rig().await;
    let private = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n";
    for text in [
        &rsa(1024),
        &rsa(2047),
        ECDSA,
        private,
        "",
        "ssh-rsa",
        "nonsense",
    ] {
        let refused = rig
            .send_json(
                "PUT",
                &key("rg", "k"),
                &json!({"location": "westus", "properties": {"publicKey": text}}),
            )
            .await;
        refused.expect_error(400, "InvalidParameter");
        let error = &refused.json()["error"];
        assert_eq!(
            error["message"],
            "The value of parameter publicKey is invalid."
        );
        assert_eq!(error["target"], "publicKey");
        assert!(
            refused.body.contains("\r\n"),
            "Compute indents its errors as it does its answers"
        );
    }
    rig.put_key("k").await;
    rig.send_json(
        "PATCH",
        &key("rg", "k"),
        &json!({"properties": {"publicKey": ECDSA}}),
    )
    .await
    .expect_error(400, "InvalidParameter");
    assert_eq!(rig.emulator.keys()[0].public_key.as_deref(), Some(ED25519));
}

#[tokio::test]
async fn an_rsa_key_of_2048_bits_is_taken() {
    let rig = rig().await;
    let body = json!({"location": "westus", "properties": {"publicKey": rsa(2048)}});
    rig.send_json("PUT", &key("rg", "k"), &body)
        .await
        .expect(201);
}

#[tokio::test]
async fn what_is_missing_is_named_in_the_404() {
    let rig = rig().await;
    let text = "The Resource 'Microsoft.Compute/sshPublicKeys/k' under resource group 'rg' was not found. For more details please go to \
                https://aka.ms/ARMResourceNotFoundFix";
    assert_eq!(
        rig.send("GET", &key("rg", "k")).await.error(),
        (404, "ResourceNotFound".to_owned(), text.to_owned())
    );
    rig.send_json("PATCH", &key("rg", "k"), &json!({"tags": {}}))
        .await
        .expect_error(404, "ResourceNotFound");
    let text = "Resource group 'nope' could not be found.";
    for method in ["GET", "DELETE"] {
        assert_eq!(
            rig.send(method, &key("nope", "k")).await.error(),
            (404, "ResourceGroupNotFound".to_owned(), text.to_owned())
        );
    }
    rig.send_json("PUT", &key("nope", "k"), &body())
        .await
        .expect_error(404, "ResourceGroupNotFound");
}

#[tokio::test]
async fn the_api_version_must_be_there_and_be_known() {
    let rig = rig().await;
    let bare = rig
        .http
        .get(rig.url(&format!(
            "/subscriptions/{}/resourceGroups/rg",
            crate::rig::SUBSCRIPTION
        )))
        .bearer_auth(&rig.token);
    reply(bare)
        .await
        .unwrap()
        .expect_error(400, "MissingApiVersionParameter");
    let old = format!("{}?api-version=2015-06-15", key("rg", "k"));
    let refused = rig.send("GET", &old).await;
    refused.expect_error(400, "InvalidResourceType");
    assert!(
        refused.error().2.contains("'2026-04-01, ") && refused.error().2.contains("2019-12-01'")
    );
    rig.send_json("PUT", &old, &body())
        .await
        .expect_error(400, "NoRegisteredProviderFound");
    rig.send("GET", "/resourceGroups/rg?api-version=1999-01-01")
        .await
        .expect_error(400, "InvalidApiVersionParameter");
    for version in ["2019-12-01", "2024-03-01", "2024-11-01", "2026-04-01"] {
        let place = format!("{}?api-version={version}", key("rg", version));
        rig.send_json("PUT", &place, &body()).await.expect(201);
    }
}

#[tokio::test]
async fn a_body_must_be_json_and_say_so() {
    let rig = rig().await;
    let broken = rig
        .request("PUT", &key("rg", "k"))
        .header("content-type", "application/json; charset=utf-8")
        .body("{\"location\":");
    reply(broken)
        .await
        .unwrap()
        .expect_error(400, "InvalidRequestContent");
    let plain = rig
        .request("PUT", &key("rg", "k"))
        .header("content-type", "text/plain")
        .body(body().to_string());
    reply(plain)
        .await
        .unwrap()
        .expect_error(415, "UnsupportedMediaType");
    let large = rig
        .request("PUT", &key("rg", "k"))
        .header("content-type", "application/json")
        .body(vec![b' '; 5 * 1024 * 1024]);
    reply(large)
        .await
        .unwrap()
        .expect_error(413, "RequestContentTooLarge");
}

#[tokio::test]
async fn names_and_tags_have_limits() {
    let rig = rig().await;
    for name in ["a".repeat(129), "a%20b".to_owned(), "a%3Fb".to_owned()] {
        rig.send_json("PUT", &key("rg", &name), &body())
            .await
            .expect_error(400, "InvalidResourceName");
    }
    rig.send_json("PUT", &key("rg", &"a".repeat(128)), &body())
        .await
        .expect(201);
    let tagged = |tags: BTreeMap<String, String>| json!({"location": "westus", "tags": tags});
    let many = |count: usize| {
        (0..count)
            .map(|number| (format!("t{number}"), String::new()))
            .collect::<BTreeMap<_, _>>()
    };
    let one = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
    for (tags, code) in [
        (many(51), "TagCountExceeded"),
        (one(&"n".repeat(513), ""), "InvalidTagNameLength"),
        (one("a/b", ""), "InvalidTagNameCharacters"),
        (one("a", &"v".repeat(257)), "InvalidTagValueLength"),
        (
            BTreeMap::from([
                ("Name".to_owned(), String::new()),
                ("name".to_owned(), String::new()),
            ]),
            "InvalidTagName",
        ),
    ] {
        rig.send_json("PUT", &key("rg", "k"), &tagged(tags))
            .await
            .expect_error(400, code);
    }
    rig.send_json("PUT", &key("rg", "k"), &tagged(many(50)))
        .await
        .expect(201);
    rig.send_json(
        "PUT",
        &key("rg", "k"),
        &tagged(one(&"n".repeat(512), &"v".repeat(256))),
    )
    .await
    .expect(200);
}

#[tokio::test]
async fn a_read_only_subscription_takes_no_writes() {
    let mut config = crate::rig::config();
    config.subscriptions[0].state = "Disabled".to_owned();
    let rig = Rig::with(config).await;
    let refused = rig
        .send_json("PUT", "/resourceGroups/rg", &json!({"location": "westus"}))
        .await;
    refused.expect_error(409, "ReadOnlyDisabledSubscription");
    rig.send("GET", "/resourceGroups").await.expect(200);
}

#[tokio::test]
async fn what_does_not_exist_is_refused() {
    let rig = rig().await;
    rig.send(
        "GET",
        "/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm",
    )
    .await
    .expect_error(404, "InvalidResourceType");
    rig.send("HEAD", &key("rg", "k")).await.expect(405);
    assert_eq!(
        reply(rig.http.get(rig.url("/nowhere")))
            .await
            .unwrap()
            .status,
        404
    );
}
