//! Request limits over HTTP; the buckets themselves are tested where they are.

use arm_emulator::{BucketSize, Limits, Throttle};
use serde_json::json;

use crate::rig::{Rig, config, key};

const WRITES_LEFT: &str = "x-ms-ratelimit-remaining-subscription-writes";
const COMPUTE_LEFT: &str = "x-ms-ratelimit-remaining-resource";

async fn rig(limits: Limits) -> Rig {
    let mut config = config();
    config.throttle = Throttle::On(limits);
    let rig = Rig::with(config).await;
    rig.put_group("rg").await;
    rig
}

#[tokio::test]
async fn headers_count_down_and_up_again() {
    let rig = rig(Limits::default()).await;
    let first = rig.put_key("a").await;
    assert_eq!(first.header(WRITES_LEFT), "198", "the group took one");
    assert_eq!(
        first.header("x-ms-ratelimit-remaining-subscription-global-writes"),
        "2998"
    );
    assert_eq!(
        first.header(COMPUTE_LEFT),
        "Microsoft.Compute/PutDeleteSshPublicKeysSubscriptionMaximum;119"
    );
    assert_eq!(
        rig.put_key("b").await.header(COMPUTE_LEFT),
        "Microsoft.Compute/PutDeleteSshPublicKeysSubscriptionMaximum;118"
    );
    let read = rig.send("GET", &key("rg", "a")).await;
    assert_eq!(
        read.header(COMPUTE_LEFT),
        "Microsoft.Compute/LowCostGetSubscriptionMaximum;23999"
    );
    assert_eq!(
        read.header("x-ms-ratelimit-remaining-subscription-reads"),
        "249"
    );
    rig.advance(60);
    let deleted = rig.send("DELETE", &key("rg", "a")).await;
    assert_eq!(
        deleted.header("x-ms-ratelimit-remaining-subscription-deletes"),
        "199"
    );
    assert_eq!(
        deleted.header(COMPUTE_LEFT),
        "Microsoft.Compute/PutDeleteSshPublicKeysSubscriptionMaximum;119",
        "PUT and DELETE share it"
    );
}

#[tokio::test]
async fn compute_refuses_the_121st_write_of_a_location_without_the_error_wrapper() {
    let limits = Limits {
        arm_writes: BucketSize {
            capacity: 1000,
            refill: 10,
            every_seconds: 1,
        },
        ..Limits::default()
    };
    let rig = rig(limits).await;
    for number in 0..120 {
        rig.put_key(&format!("k{number}")).await;
    }
    let body = json!({"location": "westus"});
    rig.advance(20);
    let refused = rig
        .send_json("PUT", &key("rg", "last"), &body)
        .await
        .expect(429);
    assert_eq!(refused.header("retry-after"), "40");
    let error = refused.json();
    assert_eq!(error["code"], "OperationNotAllowed");
    assert_eq!(error["details"][0]["code"], "TooManyRequests");
    assert_eq!(
        error["details"][0]["target"],
        "PutDeleteSshPublicKeysSubscriptionMaximum"
    );
    assert_eq!(rig.emulator.keys().len(), 120, "nothing was stored");
    let elsewhere = json!({"location": "eastus"});
    rig.send_json("PUT", &key("rg", "elsewhere"), &elsewhere)
        .await
        .expect(201);
    rig.advance(40);
    rig.send_json("PUT", &key("rg", "last"), &body)
        .await
        .expect(201);
}

#[tokio::test]
async fn resource_manager_refuses_with_the_error_wrapper() {
    let limits = Limits {
        arm_reads: BucketSize {
            capacity: 2,
            refill: 1,
            every_seconds: 6,
        },
        ..Limits::default()
    };
    let rig = rig(limits).await;
    for _ in 0..2 {
        rig.send("GET", "/resourceGroups/rg").await.expect(200);
    }
    let refused = rig.send("GET", "/resourceGroups/rg").await;
    refused.expect_error(429, "SubscriptionRequestsThrottled");
    assert!(
        refused
            .error()
            .2
            .ends_with("Please try again after '6' seconds."),
        "{}",
        refused.body
    );
    assert_eq!(refused.header("retry-after"), "6");
    rig.advance(6);
    rig.send("GET", "/resourceGroups/rg").await.expect(200);
}
