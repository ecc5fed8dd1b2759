//! What happens to the operator, to servers and to connections, one after the other at random.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{dice::Dice, tally::Tally};
use crate::{proxy::Fault, world::World};

/// One disturbance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disturbance {
    Kill,
    KillBeforeWrite,
    KillAfterWrite,
    Terminate,
    ApiServer,
    Etcd,
    Azure,
    Connections,
    Unreachable,
    SilentWatches,
}

const ALL: [Disturbance; 10] = [
    Disturbance::Kill,
    Disturbance::KillBeforeWrite,
    Disturbance::KillAfterWrite,
    Disturbance::Terminate,
    Disturbance::ApiServer,
    Disturbance::Etcd,
    Disturbance::Azure,
    Disturbance::Connections,
    Disturbance::Unreachable,
    Disturbance::SilentWatches,
];

impl Disturbance {
    fn name(self) -> &'static str {
        match self {
            Self::Kill => "SIGKILLs",
            Self::KillBeforeWrite => "SIGKILLs before a write",
            Self::KillAfterWrite => "SIGKILLs after a write",
            Self::Terminate => "SIGTERMs",
            Self::ApiServer => "API server restarts",
            Self::Etcd => "etcd restarts",
            Self::Azure => "emulator restarts",
            Self::Connections => "times all connections dropped",
            Self::Unreachable => "times the API server out of reach",
            Self::SilentWatches => "times all watches silent",
        }
    }

    fn ends_the_operator(self) -> bool {
        matches!(
            self,
            Self::Kill | Self::KillBeforeWrite | Self::KillAfterWrite | Self::Terminate
        )
    }
}

/// The kinds of [`Tally`] that are kills.
pub(super) const KILLS: [&str; 3] = [
    "SIGKILLs",
    "SIGKILLs before a write",
    "SIGKILLs after a write",
];

/// Disturbs until the end; the operator's process is left alone from `spare_operator` on, so that its memory is that of
/// a longer life.
pub(super) async fn disturb(
    world: Arc<World>,
    mut dice: Dice,
    done: Arc<Tally>,
    spare_operator: CancellationToken,
    end: CancellationToken,
) -> anyhow::Result<()> {
    // However short the run, or slow the machine.
    let mut order = vec![Disturbance::Kill];
    while !end.is_cancelled() {
        let pause = dice.time(500, 4_000);
        if end.run_until_cancelled(sleep(pause)).await.is_none() {
            break;
        }
        // Each comes once before any comes again.
        if order.is_empty() {
            order = ALL.to_vec();
        }
        let index = usize::try_from(dice.below(order.len() as u64)).unwrap_or_default();
        let next = order.swap_remove(index);
        if next.ends_the_operator() && spare_operator.is_cancelled() {
            continue;
        }
        let time = dice.time(300, 2_500);
        happen(&world, next, time, 1 + dice.below(20))
            .await
            .with_context(|| format!("{next:?}"))?;
        done.count(next.name());
        // Nobody reads them, and a long run would fill the memory with them.
        world.proxy().reset();
        world.emulator().clear_log();
    }
    Ok(())
}

async fn happen(
    world: &World,
    what: Disturbance,
    time: Duration,
    writes: u64,
) -> anyhow::Result<()> {
    match what {
        Disturbance::Kill => world.operator().restart(),
        Disturbance::KillBeforeWrite => kill_at(world, writes, Fault::KillBefore).await,
        Disturbance::KillAfterWrite => kill_at(world, writes, Fault::KillAfter).await,
        Disturbance::Terminate => {
            // It may have to be killed in the end: it waits for servers that are away.
            drop(world.operator().terminate().await);
            world.operator().restart()
        }
        Disturbance::ApiServer => {
            world.control_plane().stop_api_server().await;
            sleep(time).await;
            world.control_plane().start_api_server().await
        }
        Disturbance::Etcd => world.control_plane().restart_etcd().await,
        Disturbance::Azure => {
            world.emulator().stop().await;
            sleep(time).await;
            world
                .emulator()
                .restart()
                .await
                .context("start the emulator")
        }
        Disturbance::Connections => {
            world.proxy().drop_all_connections();
            Ok(())
        }
        Disturbance::Unreachable => {
            world.proxy().refuse(true);
            sleep(time).await;
            world.proxy().refuse(false);
            Ok(())
        }
        Disturbance::SilentWatches => {
            world.proxy().silence_watches();
            Ok(())
        }
    }
}

/// Kills the operator at one of its next writes to the API server, or without one if none comes.
async fn kill_at(world: &World, writes: u64, fault: Fault) -> anyhow::Result<()> {
    world
        .proxy()
        .at_write(world.proxy().writes() + writes, fault);
    for _ in 0..30 {
        if !world.operator().is_running() {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    world.operator().restart()
}
