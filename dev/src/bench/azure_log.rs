//! What was asked of the emulator.

use std::time::{Duration, Instant};

use arm_emulator::RequestRecord;

use super::playground::Playground;

/// Waits until nothing was asked of Azure for so long, or for four times as long at most.
pub(super) async fn quiet(playground: &Playground, so_long: Duration) {
    let started = Instant::now();
    let mut last = (playground.emulator.log().len(), Instant::now());
    while last.1.elapsed() < so_long && started.elapsed() < 4 * so_long {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let count = playground.emulator.log().len();
        if count != last.0 {
            last = (count, Instant::now());
        }
    }
}

pub(super) fn is_write(one: &RequestRecord) -> bool {
    one.request.is_arm_write()
}

pub(super) fn is_list(one: &RequestRecord) -> bool {
    one.request.method == "GET" && one.request.path.ends_with("/sshPublicKeys")
}

pub(super) fn is_look(one: &RequestRecord) -> bool {
    one.request.method == "GET" && one.request.path.contains("/sshPublicKeys/")
}

pub(super) fn count(log: &[RequestRecord], is_so: fn(&RequestRecord) -> bool) -> usize {
    log.iter().filter(|one| is_so(one)).count()
}
