//! A minute of `make soak`: random edits while the operator is killed, servers are restarted and requests fail.

use std::{io::Write, time::Duration};

use dev::soak::{self, Options};

#[tokio::test]
async fn a_minute_of_edits_kills_restarts_and_faults_loses_no_key_and_leaves_none_behind() {
    let options = Options {
        time: Duration::from_mins(1),
        keys: 60,
        // Chosen by the time and printed: what a run has found, another with its seed may find again.
        seed: None,
        faults: 50,
    };
    let outcome = soak::run(&options).await.unwrap();
    // Shown whether the test passes or not.
    let _ = writeln!(std::io::stderr(), "soak: {outcome}");
    assert_eq!(outcome.broken(), [""; 0]);
    assert!(
        outcome.kills() > 0 && outcome.faults > 0,
        "it was disturbed"
    );
    assert_eq!(outcome.keys, 60);
}
