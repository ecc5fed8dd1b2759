//! The events of a watch. Each watch pauses by itself when it fails: a controller of kube pauses as a whole, so that several
//! watches which fail together, or one that is not allowed, would leave every object unheard.

use std::{fmt::Debug, future::ready, sync::Arc, time::Duration};

use backon::ExponentialBuilder;
use futures::{Stream, StreamExt, TryStreamExt};
use kube::{
    Api, Resource,
    runtime::{
        WatchStreamExt,
        utils::{Backoff, ResetTimerBackoff},
        watcher::{self, Event, ExponentialBackoff},
    },
};

use serde::de::DeserializeOwned;

use crate::controller::context::Context;

/// The longest pause after a watch has failed, without its jitter.
const RETRY_MAX: Duration = Duration::from_secs(5);
/// A watch that has not failed for so long begins with short pauses again.
const SOUND: Duration = Duration::from_secs(30);

/// The events of a watch of `W` for the controller of `K`. It does not end, and has no errors: those are counted, logged, and
/// followed by a pause and another try.
pub(in crate::controller) fn events<K, W>(
    context: &Context,
    api: Api<W>,
    watched: watcher::Config,
) -> impl Stream<Item = Result<Event<W>, watcher::Error>> + Send + use<K, W>
where
    K: Resource<DynamicType = ()>,
    W: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    events_and_failures::<K, W>(context, api, watched).filter_map(|event| ready(event.ok().map(Ok)))
}

/// The same with the errors.
pub(in crate::controller) fn events_and_failures<K, W>(
    context: &Context,
    api: Api<W>,
    watched: watcher::Config,
) -> impl Stream<Item = Result<Event<W>, watcher::Error>> + Send + use<K, W>
where
    K: Resource<DynamicType = ()>,
    W: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + 'static,
{
    let metrics = Arc::clone(&context.metrics);
    let pauses = Pauses::new(RETRY_MAX.min(context.options.retry_max));
    let events = watcher::watcher(api, watched).backoff(pauses);
    events.inspect_err(move |error| {
        metrics.watch_failures.count([K::kind(&())]);
        let kind = W::kind(&());
        tracing::warn!(%kind, %error, "a watch failed; it will be started again");
    })
}

/// Longer and longer pauses. A watch announces each list before it asks for it, and kube takes that for success: only time
/// makes them short again.
struct Pauses(ResetTimerBackoff<ExponentialBackoff>);

impl Pauses {
    fn new(longest: Duration) -> Self {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(500).min(longest))
            .with_max_delay(longest)
            .without_max_times()
            .with_jitter();
        Self(ResetTimerBackoff::new(pauses.into(), SOUND))
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.0.next()
    }
}

impl Backoff for Pauses {
    fn reset(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest_though_a_list_was_announced_between() {
        let mut pauses = Pauses::new(RETRY_MAX);
        let first = pauses.next().unwrap();
        assert!(first <= Duration::from_secs(1), "{first:?}");
        for _ in 0..10 {
            pauses.reset();
            pauses.next();
        }
        let last = pauses.next().unwrap();
        assert!((RETRY_MAX..=2 * RETRY_MAX).contains(&last), "{last:?}");
    }
}
