//! What is stored, kept in a file.

use arm_emulator::{
    Emulator, Lock, LockLevel, Policy, PolicyEffect, RegistrationState, StartError,
};

use crate::rig::{Rig, SUBSCRIPTION, config};

#[tokio::test]
async fn everything_that_is_stored_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let with_file = || {
        let mut config = config();
        config.state_file = Some(folder.path().join("state.json"));
        config
    };
    let first = Rig::with(with_file()).await;
    first.put_group("rg").await;
    first.put_key("k").await;
    let scope = first.emulator.keys()[0].id.clone();
    first.emulator.put_lock(Lock {
        name: "keep".to_owned(),
        scope: scope.clone(),
        level: LockLevel::ReadOnly,
        notes: None,
    });
    first.emulator.set_policies(vec![Policy {
        name: "owner".to_owned(),
        display_name: None,
        scope: format!("/subscriptions/{SUBSCRIPTION}"),
        effect: PolicyEffect::DenyWithoutTag("owner".to_owned()),
        nested: false,
    }]);
    first
        .emulator
        .set_registration(SUBSCRIPTION, RegistrationState::NotRegistered);
    let (keys, groups) = (first.emulator.keys(), first.emulator.groups());
    first.emulator.stop().await;
    drop(first);

    let second = Rig::with(with_file()).await;
    assert_eq!(second.emulator.keys(), keys);
    assert_eq!(second.emulator.groups(), groups);
    let provider = second.send("GET", "/providers/Microsoft.Compute").await;
    assert_eq!(provider.json()["registrationState"], "NotRegistered");
    assert!(second.emulator.remove_lock(&scope, "keep"));
    second.emulator.clear();
    second.emulator.stop().await;
    assert!(Rig::with(with_file()).await.emulator.keys().is_empty());
}

#[tokio::test]
async fn a_file_that_is_damaged_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    std::fs::write(&path, "{\"keys\": [").unwrap();
    let mut config = config();
    config.state_file = Some(path.clone());
    let refused = Emulator::start(config).await.unwrap_err();
    assert!(matches!(refused, StartError::State(_)));
    assert!(refused.to_string().contains("is damaged"), "{refused}");
    assert_eq!(std::fs::read_to_string(path).unwrap(), "{\"keys\": [");
}
