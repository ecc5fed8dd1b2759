//! `Microsoft.Compute/sshPublicKeys` on the good paths.

use serde_json::json;

use crate::rig::{ED25519, OTHER_ED25519, Rig, SUBSCRIPTION, foreign_key, key, reply};

#[tokio::test]
async fn a_put_answers_201_and_then_200_with_the_recorded_body() {
    let rig = Rig::start().await;
    rig.put_group("Rg").await;
    let body =
        json!({"location": "West US", "properties": {"publicKey": ED25519}, "tags": {"a": "b"}});
    let created = rig
        .send_json("PUT", &key("rg", "k1"), &body)
        .await
        .expect(201);
    let expected = format!(
        "{{\r\n  \"name\": \"k1\",\r\n  \"id\": \"/subscriptions/{SUBSCRIPTION}/resourceGroups/RG/providers/Microsoft.Compute/sshPublicKeys/k1\",\r\n  \
         \"location\": \"westus\",\r\n  \"tags\": {{\r\n    \"a\": \"b\"\r\n  }},\r\n  \"properties\": {{\r\n    \"publicKey\": \"{ED25519}\"\r\n  }}\r\n}}"
    );
    assert_eq!(created.body, expected);
    let again = rig
        .send_json("PUT", &key("rg", "k1"), &body)
        .await
        .expect(200);
    assert_eq!(again.body, expected);
    assert_eq!(
        rig.send("GET", &key("rg", "k1")).await.expect(200).body,
        expected
    );
}

#[tokio::test]
async fn a_key_without_a_public_key_has_empty_properties_and_no_tags() {
    let rig = Rig::start().await;
    rig.put_group("rg").await;
    let created = rig
        .send_json("PUT", &key("rg", "k"), &json!({"location": "westus"}))
        .await
        .expect(201);
    assert!(
        created.body.ends_with("\"properties\": {}\r\n}"),
        "{}",
        created.body
    );
    assert!(created.json().get("tags").is_none() && created.json().get("type").is_none());
}

#[tokio::test]
async fn paths_are_matched_without_case_and_names_keep_their_first_case() {
    let rig = Rig::start().await;
    rig.put_group("rg").await;
    rig.put_key("Key-One").await;
    let path = "/RESOURCEGROUPS/RG/PROVIDERS/microsoft.compute/SSHPUBLICKEYS/KEY%2Done";
    assert_eq!(
        rig.send("GET", path).await.expect(200).json()["name"],
        "Key-One"
    );
    let body = json!({"location": "westus", "properties": {"publicKey": ED25519}});
    let updated = rig
        .send_json("PUT", &key("Rg", "KEY-ONE"), &body)
        .await
        .expect(200);
    assert_eq!(updated.json()["name"], "Key-One");
    assert_eq!(rig.emulator.keys().len(), 1);
}

#[tokio::test]
async fn answers_carry_the_recorded_headers() {
    let rig = Rig::start().await;
    rig.put_group("rg").await;
    let reply = rig.put_key("k").await;
    for (name, value) in [
        ("content-type", "application/json; charset=utf-8"),
        ("cache-control", "no-cache"),
        ("pragma", "no-cache"),
        ("expires", "-1"),
        ("x-content-type-options", "nosniff"),
        ("x-ms-ratelimit-remaining-subscription-writes", "200"),
        (
            "x-ms-ratelimit-remaining-resource",
            "Microsoft.Compute/PutDeleteSshPublicKeysSubscriptionMaximum;120",
        ),
    ] {
        assert_eq!(reply.header(name), value, "{name}");
    }
    for name in [
        "x-ms-request-id",
        "x-ms-correlation-request-id",
        "x-ms-routing-request-id",
        "date",
    ] {
        assert!(!reply.header(name).is_empty(), "{name}");
    }
    assert_eq!(reply.header("x-ms-client-request-id"), "");
}

#[tokio::test]
async fn the_client_request_id_comes_back_when_asked_for() {
    let rig = Rig::start().await;
    rig.put_group("rg").await;
    let request = rig
        .request("GET", "/resourceGroups/rg")
        .header("x-ms-client-request-id", "mine")
        .header("x-ms-return-client-request-id", "true")
        .header(
            "x-ms-correlation-request-id",
            "6b0f0d5e-52f4-4b43-9f2f-0e6f3f0d3c11",
        );
    let answer = reply(request).await.unwrap();
    assert!(
        answer
            .header("x-ms-routing-request-id")
            .ends_with(":6b0f0d5e-52f4-4b43-9f2f-0e6f3f0d3c11")
    );
    assert_eq!(answer.header("x-ms-client-request-id"), "mine");
    assert_eq!(
        answer.header("x-ms-correlation-request-id"),
        "6b0f0d5e-52f4-4b43-9f2f-0e6f3f0d3c11"
    );
}

#[tokio::test]
async fn a_patch_changes_the_key_or_the_tags_and_leaves_the_rest() {
    let rig = Rig::start().await;
    rig.put_group("rg").await;
    rig.put_key("k").await;
    let tagged = rig
        .send_json(
            "PATCH",
            &key("rg", "k"),
            &json!({"tags": {"a": "1", "b": "2"}}),
        )
        .await
        .expect(200);
    assert_eq!(tagged.json()["properties"]["publicKey"], ED25519);
    let changed = json!({"properties": {"publicKey": OTHER_ED25519}});
    let changed = rig
        .send_json("PATCH", &key("rg", "k"), &changed)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&changed["properties"]["publicKey"], &changed["tags"]),
        (&json!(OTHER_ED25519), &json!({"a": "1", "b": "2"}))
    );
    let replaced = rig
        .send_json("PATCH", &key("rg", "k"), &json!({"tags": {"c": "3"}}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        replaced["tags"],
        json!({"c": "3"}),
        "the map that is sent replaces the one there"
    );
}

#[tokio::test]
async fn a_delete_answers_200_and_then_204_without_a_body() {
    let rig = Rig::start().await;
    rig.put_group("rg").await;
    rig.put_key("k").await;
    let deleted = rig.send("DELETE", &key("rg", "K")).await.expect(200);
    assert_eq!(
        (deleted.body.as_str(), deleted.header("content-length")),
        ("", "0")
    );
    rig.send("DELETE", &key("rg", "k")).await.expect(204);
    rig.send("GET", &key("rg", "k"))
        .await
        .expect_error(404, "ResourceNotFound");
}

#[tokio::test]
async fn an_rsa_pair_is_generated_once_and_stored() {
    let rig = Rig::start().await;
    rig.put_group("rg").await;
    rig.send_json("PUT", &key("rg", "k"), &json!({"location": "westus"}))
        .await
        .expect(201);
    let place = format!("{}/generateKeyPair", key("rg", "k"));
    let pair = rig.send("POST", &place).await.expect(200).json();
    let private = pair["privateKey"].as_str().unwrap();
    assert!(
        private.starts_with("-----BEGIN RSA PRIVATE KEY-----\r\n") && private.ends_with("\r\n")
    );
    let stored = rig.send("GET", &key("rg", "k")).await.expect(200).json();
    assert_eq!(stored["properties"]["publicKey"], pair["publicKey"]);
    assert_eq!(stored["id"], pair["id"]);
    assert!(
        pair["publicKey"]
            .as_str()
            .unwrap()
            .ends_with(" generated-by-azure")
    );
    assert_eq!(rig.send("POST", &place).await.status, 409);
}

#[tokio::test]
async fn an_ed25519_pair_is_generated_in_openssh_format() {
    let rig = Rig::start().await;
    rig.put_group("rg").await;
    rig.send_json("PUT", &key("rg", "k"), &json!({"location": "westus"}))
        .await
        .expect(201);
    let place = format!("{}/generateKeyPair", key("rg", "k"));
    rig.send_json("POST", &place, &json!({"encryptionType": ""}))
        .await
        .expect_error(400, "InvalidParameter");
    let pair = rig
        .send_json("POST", &place, &json!({"encryptionType": "Ed25519"}))
        .await
        .expect(200)
        .json();
    assert!(!pair["privateKey"].as_str().unwrap().contains('\r'));
    let private = ssh_key::PrivateKey::from_openssh(pair["privateKey"].as_str().unwrap()).unwrap();
    assert_eq!(
        private.public_key().to_openssh().unwrap(),
        pair["publicKey"].as_str().unwrap()
    );
}

#[tokio::test]
async fn a_key_wrapped_over_lines_is_echoed_byte_for_byte_and_taken_back() {
    let rig = Rig::start().await;
    let id = rig.emulator.put_key_as_someone_else(foreign_key("k"));
    assert!(rig.emulator.wrap_with_crlf(&id));
    let stored = rig.send("GET", &key("rg", "k")).await.expect(200).json();
    let text = stored["properties"]["publicKey"].as_str().unwrap();
    assert!(
        text.ends_with("\r\n") && text.trim_end().contains("\r\n"),
        "{text:?}"
    );
    let body = json!({"location": "westus", "properties": {"publicKey": text}});
    let again = rig
        .send_json("PUT", &key("rg", "k"), &body)
        .await
        .expect(200)
        .json();
    assert_eq!(again["properties"]["publicKey"], text);
}
