//! An Entra that fails, or that the operator does not trust: it is told, waited for, and never given a secret.

use std::net::SocketAddr;

use arm_emulator::{Application, Config, Effect, Emulator, Fault, FaultAnswer, Tenant};
use dev::world::{
    CLIENT, CLIENT_SECRET, LOCATION, RESOURCE_GROUP, SUBSCRIPTION, TENANT, World, WorldOptions,
};
use sshkey_operator::api::{ConditionType, Reason, SshKey, condition::find};

use super::{
    client_secret::TOKENS,
    of_a_namespace::{client_secret, credentials, no_store, store, wait_issued, wait_not_ready},
};
use crate::manifests::key;

#[tokio::test]
async fn an_entra_that_is_ill_is_waited_for() {
    let world = no_store().await;
    world
        .apply(&credentials("clientSecret", CLIENT_SECRET))
        .await;
    let html = "<html><body>Bad gateway</body></html>";
    let cases = [
        (
            "error",
            Effect::Answer(FaultAnswer::error(
                500,
                "90033",
                "A transient error has occurred.",
            )),
            Reason::AzureUnavailable,
        ),
        (
            "page",
            Effect::Answer(FaultAnswer::raw(200, "text/html", html)),
            Reason::AzureAnswerInvalid,
        ),
        (
            "gateway",
            Effect::Answer(FaultAnswer::raw(502, "text/html", html)),
            Reason::AzureAnswerInvalid,
        ),
        (
            "empty",
            Effect::Answer(FaultAnswer::raw(200, "application/json", "")),
            Reason::AzureAnswerInvalid,
        ),
        (
            "busy",
            Effect::Answer(FaultAnswer::error(429, "90055", "Too many requests.").retry_after(1)),
            Reason::Throttled,
        ),
        ("dropped", Effect::DropBeforeStore, Reason::AzureUnavailable),
    ];
    for (name, effect, reason) in cases {
        let fault = world
            .emulator()
            .faults()
            .add(Fault::on("POST", TOKENS, effect).times(0));
        world.apply(&store(name, &client_secret())).await;
        world
            .apply(&key(
                name,
                &format!("{{azure: {{storeRef: {{name: {name}}}}}}}"),
            ))
            .await;
        let said = wait_not_ready(&world, name, reason, false).await;
        assert!(
            !said.contains("<html>") && !said.contains('\n'),
            "{name}: {said}"
        );
        let waiting: SshKey = world
            .wait_condition(name, ConditionType::Ready, "False", Reason::StoreNotReady)
            .await;
        let conditions = waiting.status.unwrap().conditions;
        assert!(
            find(&conditions, ConditionType::Stalled).is_none(),
            "{name}: it passes by itself: {conditions:?}"
        );
        world.emulator().faults().remove(fault);
        wait_issued(&world, name).await;
        world.wait_ready(name).await;
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_told_and_a_trusted_one_mends_it() {
    let folder = tempfile::tempdir().unwrap();
    let with_other_ca = |address: SocketAddr| Config {
        address,
        data_dir: Some(folder.path().to_owned()),
        ..Config::default()
            .tenant(Tenant::new(TENANT).application(Application::new(CLIENT).secret(CLIENT_SECRET)))
            .subscription(SUBSCRIPTION, TENANT)
    };
    let other = Emulator::start(with_other_ca(SocketAddr::from(([127, 0, 0, 1], 0))))
        .await
        .unwrap();
    let trusted = other.ca_file().unwrap().to_owned();
    drop(other);
    let world = World::start(WorldOptions::new().flag("azure-ca-file", trusted.display())).await;
    world.apply(&key("web", "{azure: {}}")).await;
    let said = wait_not_ready(&world, "default", Reason::CertificateNotTrusted, false).await;
    assert!(said.contains("--azure-ca-file"), "{said}");
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotReady)
        .await;
    assert!(
        world.emulator().log().is_empty(),
        "no request, and no secret, went over it"
    );

    // The same address with a certificate of the authority that is trusted.
    let port = world
        .emulator()
        .endpoint()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    world.emulator().stop().await;
    let trusted = Emulator::start(with_other_ca(SocketAddr::from(([127, 0, 0, 1], port))))
        .await
        .unwrap();
    trusted.put_group(SUBSCRIPTION, RESOURCE_GROUP, LOCATION);
    wait_issued(&world, "default").await;
    world.wait_ready("web").await;
    assert_eq!(trusted.keys().len(), 1);
}
