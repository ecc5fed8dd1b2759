//! Round after round, both sides in turn; then what many keys take.

use super::{
    crowded, floor_process,
    floor_process::Floor,
    operator::{self, Measured},
    options::Options,
    playground::Playground,
    rows::{Rows, Spread, each, mib},
    scale, throttled,
};
use crate::image;

/// Measures and prints.
///
/// # Errors
/// When something can't be started, or a key does not become Ready.
pub async fn bench(options: &Options) -> anyhow::Result<()> {
    let operator = match &options.operator {
        Some(given) => given.clone(),
        None => image::operator()?,
    };
    let playground = Playground::start(operator).await?;
    let mut rows = Rows::default();
    let cpu = contest(&playground, options, &mut rows).await?;
    if options.ready_keys > 0 {
        scale::measure(&playground, options, cpu, &mut rows).await?;
    }
    if options.crowded_keys > 0 {
        crowded::measure(&playground, options, &mut rows).await?;
    }
    if options.throttled_keys > 0 {
        throttled::measure(&playground, options).await?;
    }
    println!("\n{rows}");
    Ok(())
}

/// What both sides have taken for each key.
#[derive(Default)]
struct Contest {
    rate: Spread,
    cpu: Spread,
    cpu_ratio: Spread,
    peak: Spread,
}

impl Contest {
    fn add(&mut self, floor: &Floor, operator: &Measured, keys: u32) {
        let ratio = floor.time.as_secs_f64() / operator.time.as_secs_f64();
        self.rate.add(ratio);
        let (own, floors) = (operator.usage.cpu, floor.cpu);
        self.cpu.add(each(own, keys));
        self.cpu_ratio
            .add(own.as_secs_f64() / floors.as_secs_f64().max(0.01));
        self.peak.add(mib(operator.usage.peak_kib));
        let rate = |time: std::time::Duration| f64::from(keys) / time.as_secs_f64();
        println!(
            "  floor     {:7.1} keys/s, {:.2} ms CPU a key",
            rate(floor.time),
            each(floors, keys)
        );
        println!(
            "  operator  {:7.1} keys/s, {ratio:.2} of the floor",
            rate(operator.time)
        );
        println!("            {operator}");
    }

    fn tell(&self, requests: f64, rows: &mut Rows, keys: u32) {
        let rate = self.rate.median();
        rows.add(
            format!("{keys} new keys with Azure, rate against a bare client's"),
            self.rate.to_string(),
            "≥ 0.90",
            rate >= 0.9,
        );
        rows.add(
            format!("CPU a key at {keys}, against the bare client's"),
            format!("{} × ({} ms)", self.cpu_ratio, self.cpu),
            "≤ 2 ×",
            self.cpu_ratio.median() <= 2.0,
        );
        rows.add(
            format!("peak memory, {keys} new keys"),
            format!("{} MiB", self.peak),
            "≤ 24 MiB",
            self.peak.median() <= 24.0,
        );
        rows.add(
            "API requests a new key",
            format!("{requests:.2}"),
            "4, its event among them",
            requests < 4.05,
        );
    }
}

/// Five rounds, say; the CPU time a key, in milliseconds, if there was one.
async fn contest(
    playground: &Playground,
    options: &Options,
    rows: &mut Rows,
) -> anyhow::Result<Option<f64>> {
    let keys = options.keys;
    println!(
        "{keys} pending Ed25519 keys with Azure publishing (unthrottled emulator), {} at once, {} rounds\n",
        options.concurrency, options.rounds
    );
    let mut contest = Contest::default();
    let mut requests = f64::NAN;
    for round in 1..=options.rounds {
        // Each goes first in its turn: what the other leaves in caches and in etcd helps or hinders both alike.
        let (floor, measured) = if round % 2 == 1 {
            let floor = floor_process::measure(playground, options).await?;
            (floor, operator::measure(playground, options).await?)
        } else {
            let measured = operator::measure(playground, options).await?;
            (floor_process::measure(playground, options).await?, measured)
        };
        println!("round {round}");
        contest.add(&floor, &measured, keys);
        requests = measured.requests();
    }
    if contest.cpu.is_empty() {
        return Ok(None);
    }
    println!();
    contest.tell(requests, rows, keys);
    Ok(Some(contest.cpu.median()))
}
