//! Resource groups.

use serde_json::json;

use crate::rig::{Rig, SUBSCRIPTION, key, reply};

#[tokio::test]
async fn a_group_is_created_with_201_and_updated_with_200() {
    let rig = Rig::start().await;
    let body = json!({"location": "West US", "tags": {"a": "b"}});
    let created = rig
        .send_json("PUT", "/resourcegroups/My.Group", &body)
        .await
        .expect(201);
    let expected = json!({
        "id": format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/My.Group"),
        "name": "My.Group",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "westus",
        "tags": {"a": "b"},
        "properties": {"provisioningState": "Succeeded"},
    });
    assert_eq!(created.json(), expected);
    assert!(
        !created.body.contains('\n'),
        "Resource Manager does not indent"
    );
    rig.send_json("PUT", "/resourcegroups/MY.GROUP", &body)
        .await
        .expect(200);
    assert_eq!(
        rig.send("GET", "/resourceGroups/my.group")
            .await
            .expect(200)
            .json(),
        expected
    );
    let patched = rig
        .send_json(
            "PATCH",
            "/resourceGroups/my.group",
            &json!({"tags": {"c": "d"}}),
        )
        .await
        .expect(200);
    assert_eq!(patched.json()["tags"], json!({"c": "d"}));
}

#[tokio::test]
async fn head_tells_whether_a_group_exists() {
    let rig = Rig::start().await;
    let missing = rig.send("HEAD", "/resourcegroups/rg").await.expect(404);
    assert_eq!(missing.header("x-ms-failure-cause"), "gateway");
    rig.put_group("rg").await;
    rig.send("HEAD", "/resourcegroups/RG").await.expect(204);
    rig.send("GET", "/resourceGroups/other")
        .await
        .expect_error(404, "ResourceGroupNotFound");
}

#[tokio::test]
async fn a_group_needs_a_location_that_exists_and_keeps_it() {
    let rig = Rig::start().await;
    rig.send_json("PUT", "/resourceGroups/rg", &json!({}))
        .await
        .expect_error(400, "LocationRequired");
    rig.send_json("PUT", "/resourceGroups/rg", &json!({"location": "x"}))
        .await
        .expect_error(400, "LocationNotAvailableForResourceGroup");
    rig.put_group("rg").await;
    let refused = rig
        .send_json("PUT", "/resourceGroups/rg", &json!({"location": "eastus"}))
        .await;
    let text = "Invalid resource group location 'eastus'. The Resource group already exists in location 'westus'.";
    assert_eq!(
        refused.error(),
        (
            409,
            "InvalidResourceGroupLocation".to_owned(),
            text.to_owned()
        )
    );
}

#[tokio::test]
async fn a_group_name_has_rules() {
    let rig = Rig::start().await;
    for name in ["ends.", "a%2Fb", "a%20b", &"a".repeat(91)] {
        rig.send_json(
            "PUT",
            &format!("/resourceGroups/{name}"),
            &json!({"location": "westus"}),
        )
        .await
        .expect_error(400, "InvalidResourceGroup");
    }
    rig.send_json(
        "PUT",
        "/resourceGroups/%C3%BC_(1)-2.x",
        &json!({"location": "westus"}),
    )
    .await
    .expect(201);
}

#[tokio::test]
async fn a_deletion_takes_its_time_refuses_writes_and_takes_the_keys_along() {
    let rig = Rig::start().await;
    rig.put_group("rg").await;
    rig.put_key("k").await;
    let accepted = rig.send("DELETE", "/resourceGroups/rg").await.expect(202);
    let location = accepted.header("location").to_owned();
    assert!(
        location.starts_with(&rig.url(&format!("/subscriptions/{SUBSCRIPTION}/operationresults/"))),
        "{location}"
    );
    let poll = || async {
        reply(rig.http.get(&location).bearer_auth(&rig.token))
            .await
            .unwrap()
    };

    assert_eq!(poll().await.expect(202).header("location"), location);
    let group = rig
        .send("GET", "/resourceGroups/rg")
        .await
        .expect(200)
        .json();
    assert_eq!(group["properties"]["provisioningState"], "Deleting");
    let put = json!({"location": "westus"});
    let refused = rig.send_json("PUT", &key("rg", "k2"), &put).await;
    let text =
        "The resource group 'rg' is in deprovisioning state and cannot perform this operation.";
    assert_eq!(
        refused.error(),
        (409, "ResourceGroupBeingDeleted".to_owned(), text.to_owned())
    );
    rig.send_json("PATCH", &key("rg", "k"), &json!({"tags": {}}))
        .await
        .expect_error(409, "ResourceGroupBeingDeleted");
    rig.send("DELETE", &key("rg", "k"))
        .await
        .expect_error(409, "ResourceGroupBeingDeleted");
    rig.send_json("PUT", "/resourceGroups/rg", &put)
        .await
        .expect_error(409, "ResourceGroupBeingDeleted");
    assert_eq!(
        rig.send("DELETE", "/resourceGroups/rg")
            .await
            .expect(202)
            .header("location"),
        location
    );

    rig.advance(5);
    assert_eq!(poll().await.expect(200).body, "");
    rig.send("GET", "/resourceGroups/rg")
        .await
        .expect_error(404, "ResourceGroupNotFound");
    assert_eq!(rig.emulator.keys(), []);
    rig.send("DELETE", "/resourceGroups/rg")
        .await
        .expect_error(404, "ResourceGroupNotFound");
    rig.put_group("rg").await;
}
