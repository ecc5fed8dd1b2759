//! The program around the library.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::{Certificate, Client};
use serde_json::Value;

#[tokio::test]
async fn the_program_says_when_it_is_ready_and_stops_on_sigterm() {
    let directory = tempfile::tempdir().unwrap();
    let (config, ready_file) = (
        directory.path().join("emulator.yaml"),
        directory.path().join("ready.json"),
    );
    std::fs::write(&config, "throttle: off\n").unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_arm-emulator"))
        .arg("--config")
        .arg(&config)
        .args(["--address", "127.0.0.1:0", "--ready-file"])
        .arg(&ready_file)
        .arg("--data-dir")
        .arg(directory.path().join("data"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !ready_file.exists() {
        assert_eq!(
            program.try_wait().unwrap(),
            None,
            "it ended before it was ready"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let ready: Value = serde_json::from_slice(&std::fs::read(&ready_file).unwrap()).unwrap();
    let ca =
        Certificate::from_pem(&std::fs::read(ready["caFile"].as_str().unwrap()).unwrap()).unwrap();
    let client = Client::builder().tls_certs_only([ca]).build().unwrap();
    let url = format!("{}/metadata/endpoints", ready["endpoint"].as_str().unwrap());
    assert_eq!(client.get(url).send().await.unwrap().status(), 200);
    kill(
        Pid::from_raw(program.id().try_into().unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    let status = tokio::task::spawn_blocking(move || program.wait().unwrap())
        .await
        .unwrap();
    assert!(status.success(), "{status}");
}
