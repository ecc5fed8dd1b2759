//! Who leads: decided from a Lease and from how long it has been seen unchanged, as client-go decides it.
//!
//! Times in the Lease are another machine's and are never compared with this one's: a lease has run out when its holder
//! has not renewed it for its whole duration, by the clock of the one who watches. So clocks may differ by any amount.
//! <https://pkg.go.dev/k8s.io/client-go/tools/leaderelection>

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// How leadership is kept.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How long a lease counts after it was last renewed. Whole seconds.
    pub duration: Duration,
    /// How long the holder tries to renew it before it gives up: less than `duration`, so that it has stopped before
    /// another may begin.
    pub renew_deadline: Duration,
    /// How often it is renewed, or tried for.
    pub retry: Duration,
}

impl Default for Terms {
    /// The values of client-go and of Kubernetes' own controllers.
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry: Duration::from_secs(2),
        }
    }
}

/// A Lease as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Who holds it; empty when it was given back.
    pub holder: String,
    /// How long it counts without being renewed.
    pub duration: Duration,
    /// Changes with each renewal.
    pub version: String,
    /// How often it has passed from one to another.
    pub transitions: i32,
    /// Since when its holder has it, by the holder's clock: to be written again, never to decide upon.
    pub acquired: Option<Timestamp>,
}

/// What a Lease means to one who would lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is held by this one.
    Ours,
    /// It can be taken: given back, run out, or not there.
    Free,
    /// Another holds it, at least for this long.
    Theirs(Duration),
}

/// What a Lease means to `identity`, which has seen it unchanged since `seen`.
pub fn evaluate(lease: Option<&Lease>, identity: &str, seen: Instant, now: Instant) -> Standing {
    let Some(lease) = lease else {
        return Standing::Free;
    };
    if lease.holder == identity {
        return Standing::Ours;
    }
    if lease.holder.is_empty() {
        return Standing::Free;
    }
    let left = lease
        .duration
        .saturating_sub(now.saturating_duration_since(seen));
    if left.is_zero() {
        Standing::Free
    } else {
        Standing::Theirs(left)
    }
}

/// A Lease, and since when it has been seen as it is.
#[derive(Debug)]
pub struct Sight {
    lease: Option<Lease>,
    since: Instant,
}

impl Sight {
    /// Nothing seen yet.
    pub fn new(now: Instant) -> Self {
        Self {
            lease: None,
            since: now,
        }
    }

    /// It was read again. Another version starts its time again.
    pub fn see(&mut self, lease: Option<Lease>, now: Instant) {
        if self.lease != lease {
            self.lease = lease;
            self.since = now;
        }
    }

    /// What was last seen.
    pub fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }

    /// What it means to `identity` now.
    pub fn standing(&self, identity: &str, now: Instant) -> Standing {
        evaluate(self.lease.as_ref(), identity, self.since, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lease(holder: &str, version: u32) -> Lease {
        Lease {
            holder: holder.to_owned(),
            duration: Duration::from_secs(15),
            version: version.to_string(),
            transitions: 0,
            acquired: None,
        }
    }

    #[test]
    fn a_lease_is_taken_only_when_it_was_not_renewed_for_its_whole_duration() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut sight = Sight::new(start);
        assert_eq!(sight.standing("b", start), Standing::Free);
        sight.see(Some(lease("a", 1)), start);
        assert_eq!(
            sight.standing("b", at(14)),
            Standing::Theirs(Duration::from_secs(1))
        );
        sight.see(Some(lease("a", 2)), at(14));
        assert_eq!(
            sight.standing("b", at(28)),
            Standing::Theirs(Duration::from_secs(1))
        );
        sight.see(Some(lease("a", 2)), at(28));
        assert_eq!(
            sight.standing("b", at(29)),
            Standing::Free,
            "a read is no renewal"
        );
        assert_eq!(sight.standing("a", at(29)), Standing::Ours);
    }

    #[test]
    fn a_lease_that_was_given_back_is_free_at_once() {
        let now = Instant::now();
        assert_eq!(evaluate(Some(&lease("", 3)), "b", now, now), Standing::Free);
    }

    /// A machine in the model: what it has seen, and until when it leads.
    struct Candidate {
        name: &'static str,
        sight: Sight,
        renewed: Option<Instant>,
    }

    impl Candidate {
        fn leads(&self, now: Instant, terms: Terms) -> bool {
            self.renewed
                .is_some_and(|renewed| now.duration_since(renewed) < terms.renew_deadline)
        }
    }

    proptest! {
        /// Candidates look in at any times, some requests are lost on the way there or back. What their wall clocks say
        /// appears nowhere, so that any skew is covered.
        #[test]
        fn two_never_lead_at_once(
            turns in prop::collection::vec((0..3_usize, 1..5_000_u64, prop::option::weighted(0.8, any::<bool>())), 1..300),
        ) {
            let terms = Terms::default();
            let mut now = Instant::now();
            let mut stored: Option<Lease> = None;
            let mut version = 0;
            let mut all = ["a", "b", "c"].map(|name| Candidate { name, sight: Sight::new(now), renewed: None });
            for (who, pause, request) in turns {
                now += Duration::from_millis(pause);
                let me = &mut all[who];
                if let Some(answered) = request {
                    me.sight.see(stored.clone(), now);
                    if matches!(me.sight.standing(me.name, now), Standing::Theirs(_)) {
                        me.renewed = None;
                    } else {
                        version += 1;
                        stored = Some(lease(me.name, version));
                        if answered {
                            me.sight.see(stored.clone(), now);
                            me.renewed = Some(now);
                        }
                    }
                }
                let leaders = all.iter().filter(|each| each.leads(now, terms)).count();
                prop_assert!(leaders <= 1, "{leaders} lead");
            }
        }
    }
}
