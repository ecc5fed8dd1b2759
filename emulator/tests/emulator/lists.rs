//! Lists and their pages.

use serde_json::Value;

use crate::rig::{Rig, SUBSCRIPTION, config, foreign_key, key, reply};

/// Follows nextLink; the names on each page.
async fn pages(rig: &Rig, place: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = rig.send("GET", place).await.expect(200).json();
    loop {
        let names = next["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["name"].as_str().unwrap().to_owned());
        pages.push(names.collect());
        let Some(link) = next["nextLink"].as_str() else {
            return pages;
        };
        assert!(link.starts_with(rig.emulator.endpoint()), "{link}");
        next = reply(rig.http.get(link).bearer_auth(&rig.token))
            .await
            .unwrap()
            .expect(200)
            .json();
    }
}

async fn rig_with_pages_of(size: usize) -> Rig {
    let mut config = config();
    config.page_size = size;
    let rig = Rig::with(config).await;
    for name in ["a", "b", "c"] {
        rig.emulator.put_key_as_someone_else(foreign_key(name));
    }
    let mut elsewhere = foreign_key("d");
    "RG-2".clone_into(&mut elsewhere.resource_group);
    rig.emulator.put_key_as_someone_else(elsewhere);
    rig
}

#[tokio::test]
async fn a_group_lists_its_own_keys_and_the_subscription_all() {
    let rig = rig_with_pages_of(100).await;
    assert_eq!(
        pages(
            &rig,
            "/resourceGroups/RG/providers/Microsoft.Compute/sshPublicKeys"
        )
        .await,
        [["a", "b", "c"]]
    );
    assert_eq!(
        pages(&rig, "/providers/Microsoft.Compute/sshPublicKeys").await,
        [["a", "b", "c", "d"]]
    );
    let empty = rig
        .send(
            "GET",
            "/resourceGroups/none/providers/Microsoft.Compute/sshPublicKeys",
        )
        .await;
    empty.expect_error(404, "ResourceGroupNotFound");
}

#[tokio::test]
async fn long_lists_come_in_pages_with_an_absolute_next_link() {
    let rig = rig_with_pages_of(2).await;
    let all = pages(&rig, "/providers/Microsoft.Compute/sshPublicKeys").await;
    assert_eq!(
        all,
        [["a", "b"], ["c", "d"]],
        "and no empty page at the end"
    );
    let one = pages(
        &rig,
        "/resourceGroups/rg/providers/Microsoft.Compute/sshPublicKeys",
    )
    .await;
    assert_eq!(one, [vec!["a", "b"], vec!["c"]]);
    assert_eq!(
        pages(&rig, "/resourceGroups").await.concat(),
        ["rg", "RG-2"]
    );
}

#[tokio::test]
async fn a_change_between_pages_neither_repeats_nor_skips_what_stays() {
    let rig = rig_with_pages_of(2).await;
    let first = rig
        .send("GET", "/providers/Microsoft.Compute/sshPublicKeys")
        .await
        .expect(200)
        .json();
    rig.send("DELETE", &key("rg", "a")).await.expect(200);
    let link = first["nextLink"].as_str().unwrap();
    let second = reply(rig.http.get(link).bearer_auth(&rig.token))
        .await
        .unwrap()
        .expect(200)
        .json();
    let names: Vec<&Value> = second["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["name"])
        .collect();
    assert_eq!(names, ["c", "d"]);
}

#[tokio::test]
async fn subscriptions_and_providers_are_listed() {
    let rig = Rig::start().await;
    let list = rig
        .http
        .get(rig.url("/subscriptions?api-version=2022-12-01"))
        .bearer_auth(&rig.token);
    let list = reply(list).await.unwrap().expect(200).json();
    assert_eq!(
        list["value"].as_array().unwrap().len(),
        1,
        "those of the token's tenant"
    );
    assert_eq!(list["value"][0]["subscriptionId"], SUBSCRIPTION);
    assert_eq!(list["value"][0]["state"], "Enabled");
    assert_eq!(
        rig.send("GET", "").await.expect(200).json()["id"],
        format!("/subscriptions/{SUBSCRIPTION}")
    );
    assert_eq!(
        rig.send("GET", "/providers/microsoft.compute")
            .await
            .expect(200)
            .json()["registrationState"],
        "Registered"
    );
    let all = rig
        .send("GET", "/providers?api-version=2022-09-01")
        .await
        .expect(200)
        .json();
    assert!(
        all["value"]
            .as_array()
            .unwrap()
            .iter()
            .any(|provider| provider["namespace"] == "Microsoft.Compute")
    );
}
