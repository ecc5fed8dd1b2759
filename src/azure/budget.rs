//! How much may be sent to Azure, and when: nothing goes there that would be refused for being too much.
//!
//! Compute takes about 120 writes of SSH public keys at once per subscription and location and then, it is assumed, 40
//! a minute, over all identities; ARM counts by identity, subscription and kind of request. Both are starting points
//! that each answer's headers correct.
//! <https://learn.microsoft.com/azure/virtual-machines/compute-throttling-limits>,
//! <https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling>

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use super::answer::AnswerHeaders;

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// PUT, PATCH and DELETE of SSH public keys, counted by Compute.
    ComputeWrites {
        /// The subscription.
        subscription: String,
        /// The location of the key.
        location: String,
    },
    /// GET and LIST, counted by ARM.
    ArmReads {
        /// The identity.
        principal: String,
        /// The subscription.
        subscription: String,
    },
    /// PUT and PATCH, counted by ARM.
    ArmWrites {
        /// The identity.
        principal: String,
        /// The subscription.
        subscription: String,
    },
    /// DELETE, counted by ARM.
    ArmDeletes {
        /// The identity.
        principal: String,
        /// The subscription.
        subscription: String,
    },
}

/// The sizes that are assumed until an answer tells better.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Writes of SSH public keys that Compute takes at once.
    pub compute_burst: u32,
    /// Writes of SSH public keys that Compute takes a minute after that.
    pub compute_per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            compute_burst: 120,
            compute_per_minute: 40,
        }
    }
}

/// All buckets of all subscriptions.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    buckets: Mutex<HashMap<Bucket, State>>,
}

/// How much room a bucket has.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// Which.
    pub bucket: Bucket,
    /// Requests that may be sent at this moment.
    pub remaining: f64,
    /// Seconds until one may be sent; 0 when it may now.
    pub wait: f64,
    /// What is left of the whole.
    share: f64,
}

/// A tenant can name any number of locations, and each has a bucket: so many are told of.
const MOST_LEVELS: usize = 100;

#[derive(Debug)]
struct State {
    tokens: f64,
    capacity: f64,
    per_second: f64,
    refilled: Timestamp,
    /// Sent and not answered yet: what the next header has not counted.
    under_way: u32,
    /// Slots that were named to those who came in vain, and have not come up yet.
    promised: f64,
    /// Azure asked for silence until then.
    closed_until: Option<Timestamp>,
}

/// Leave to send one request. To be given back with its answer; dropped, when none came.
#[derive(Debug)]
pub struct Pass<'a> {
    budget: &'a Budget,
    buckets: Vec<Bucket>,
    learned: bool,
}

impl Budget {
    /// A budget with these sizes to start from.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            buckets: Mutex::default(),
        }
    }

    /// Leave to send a request that is counted in these buckets.
    ///
    /// # Errors
    /// The time before which there is none.
    pub fn ask(&self, buckets: &[Bucket], now: Timestamp) -> Result<Pass<'_>, Timestamp> {
        let mut states = self.lock();
        let mut earliest = None;
        for bucket in buckets {
            let state = states
                .entry(bucket.clone())
                .or_insert_with(|| self.fresh(bucket, now));
            state.refill(now);
            earliest = earliest.max(state.not_before(now));
        }
        if let Some(time) = earliest {
            return Err(time);
        }
        for bucket in buckets {
            if let Some(state) = states.get_mut(bucket) {
                state.tokens -= 1.0;
                state.under_way += 1;
            }
        }
        Ok(Pass {
            budget: self,
            buckets: buckets.to_vec(),
            learned: false,
        })
    }

    fn fresh(&self, bucket: &Bucket, now: Timestamp) -> State {
        let (capacity, per_second) = match bucket {
            Bucket::ComputeWrites { .. } => (
                f64::from(self.limits.compute_burst),
                f64::from(self.limits.compute_per_minute) / 60.0,
            ),
            Bucket::ArmReads { .. } => (250.0, 25.0),
            Bucket::ArmWrites { .. } | Bucket::ArmDeletes { .. } => (200.0, 10.0),
        };
        State {
            tokens: capacity,
            capacity,
            per_second,
            refilled: now,
            under_way: 0,
            promised: 0.0,
            closed_until: None,
        }
    }

    /// How each bucket stands: of very many, those with the least left.
    pub fn levels(&self, now: Timestamp) -> Vec<Level> {
        let mut levels: Vec<Level> = self
            .lock()
            .iter_mut()
            .map(|(bucket, state)| {
                state.refill(now);
                state.level(bucket, now)
            })
            .collect();
        levels.sort_by(|one, other| one.share.total_cmp(&other.share));
        levels.truncate(MOST_LEVELS);
        levels
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Bucket, State>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn refill(&mut self, now: Timestamp) {
        let seconds = now.duration_since(self.refilled).as_secs_f64().max(0.0);
        self.tokens = (self.tokens + seconds * self.per_second).min(self.capacity);
        self.promised = (self.promised - seconds * self.per_second).max(0.0);
        self.refilled = now;
        self.closed_until = self.closed_until.filter(|until| *until > now);
    }

    /// When there is room, if not now. Each who asks is told a slot of its own: those who wait shall not all come for one.
    fn not_before(&mut self, now: Timestamp) -> Option<Timestamp> {
        if self.closed_until.is_none() && self.tokens >= 1.0 {
            return None;
        }
        let opens = self.closed_until.unwrap_or(now);
        let missing = (1.0 - self.tokens).max(0.0) + self.promised;
        self.promised += 1.0;
        let slot = seconds_rounded_up(missing / self.per_second);
        opens.checked_add(slot).ok()
    }

    fn level(&self, bucket: &Bucket, now: Timestamp) -> Level {
        let closed = self
            .closed_until
            .map_or(0.0, |until| until.duration_since(now).as_secs_f64());
        let remaining = if closed > 0.0 {
            0.0
        } else {
            self.tokens.floor()
        };
        let filled = (1.0 - self.tokens).max(0.0) / self.per_second;
        Level {
            bucket: bucket.clone(),
            remaining,
            wait: closed.max(filled),
            share: remaining / self.capacity,
        }
    }

    /// The header counts what was answered; what is still under way will be counted too.
    fn correct(&mut self, remaining: u32) {
        self.tokens = (f64::from(remaining) - f64::from(self.under_way)).max(0.0);
        self.capacity = self.capacity.max(f64::from(remaining));
    }
}

impl Pass<'_> {
    /// Gives the pass back with what the answer says of the buckets.
    pub(super) fn learn(
        mut self,
        status: u16,
        headers: &AnswerHeaders,
        wrapped: bool,
        now: Timestamp,
    ) {
        self.learned = true;
        let mut all = self.budget.lock();
        for bucket in &self.buckets {
            let Some(state) = all.get_mut(bucket) else {
                continue;
            };
            state.under_way = state.under_way.saturating_sub(1);
            state.refill(now);
            let compute = matches!(bucket, Bucket::ComputeWrites { .. });
            let remaining = if compute {
                headers.remaining_compute_writes
            } else {
                headers.remaining_requests
            };
            if let Some(remaining) = remaining {
                state.correct(remaining);
            }
            // Compute words its own throttle without ARM's envelope; where only one side counts, it is that one.
            let by_this_side = self.buckets.len() == 1 || compute != wrapped;
            if status == 429 && by_this_side {
                state.tokens = 0.0;
                state.closed_until = state.closed_until.max(headers.retry_at);
            }
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.learned {
            return;
        }
        let mut all = self.budget.lock();
        for bucket in &self.buckets {
            if let Some(state) = all.get_mut(bucket) {
                state.under_way = state.under_way.saturating_sub(1);
            }
        }
    }
}

/// A time that is a moment too early would be refused.
fn seconds_rounded_up(seconds: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(seconds + 0.001).unwrap_or(SignedDuration::from_hours(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn writes() -> Bucket {
        Bucket::ComputeWrites {
            subscription: "s".into(),
            location: "westeurope".into(),
        }
    }

    fn arm_writes() -> Bucket {
        Bucket::ArmWrites {
            principal: "p".into(),
            subscription: "s".into(),
        }
    }

    fn ok() -> AnswerHeaders {
        AnswerHeaders::default()
    }

    #[test]
    fn the_burst_goes_at_once_and_the_rest_as_the_bucket_fills() {
        let budget = Budget::new(Limits::default());
        for _ in 0..120 {
            budget
                .ask(&[writes()], at(0))
                .unwrap()
                .learn(201, &ok(), false, at(0));
        }
        let next = budget.ask(&[writes()], at(0)).unwrap_err();
        assert!(next > at(1) && next <= at(2), "{next}");
        assert!(budget.ask(&[writes()], next).is_ok());
    }

    #[test]
    fn a_header_corrects_the_count_by_what_is_still_under_way() {
        let budget = Budget::new(Limits::default());
        let first = budget.ask(&[writes()], at(0)).unwrap();
        let _second = budget.ask(&[writes()], at(0)).unwrap();
        first.learn(
            201,
            &AnswerHeaders {
                remaining_compute_writes: Some(2),
                ..ok()
            },
            false,
            at(0),
        );
        assert!(budget.ask(&[writes()], at(0)).is_ok());
        assert!(budget.ask(&[writes()], at(0)).is_err());
    }

    #[test]
    fn nothing_is_sent_before_the_time_that_azure_named_and_only_there() {
        let budget = Budget::new(Limits::default());
        let both = [writes(), arm_writes()];
        let headers = AnswerHeaders {
            retry_at: Some(at(300)),
            ..ok()
        };
        budget
            .ask(&both, at(0))
            .unwrap()
            .learn(429, &headers, false, at(0));
        assert!(budget.ask(&both, at(299)).unwrap_err() >= at(300));
        assert!(
            budget.ask(&[arm_writes()], at(1)).is_ok(),
            "ARM's own bucket was not the one that was empty"
        );
        assert!(budget.ask(&both, at(302)).is_ok());
    }

    #[test]
    fn those_who_wait_are_told_one_slot_each() {
        let budget = Budget::new(Limits {
            compute_burst: 1,
            compute_per_minute: 60,
        });
        budget
            .ask(&[writes()], at(0))
            .unwrap()
            .learn(201, &ok(), false, at(0));
        let slots: Vec<Timestamp> = (0..10)
            .map(|_| budget.ask(&[writes()], at(0)).unwrap_err())
            .collect();
        for (earlier, later) in slots.iter().zip(&slots[1..]) {
            assert!(
                later.duration_since(*earlier) >= SignedDuration::from_millis(990),
                "{slots:?}"
            );
        }
    }

    #[test]
    fn a_bucket_tells_what_is_left_and_how_long_it_is_closed() {
        let budget = Budget::new(Limits {
            compute_burst: 2,
            compute_per_minute: 60,
        });
        let level = |second| {
            let levels = budget.levels(at(second));
            assert_eq!(levels.len(), 1);
            (levels[0].remaining, levels[0].wait)
        };
        let pass = budget.ask(&[writes()], at(0)).unwrap();
        assert_eq!(level(0), (1.0, 0.0));
        let headers = AnswerHeaders {
            retry_at: Some(at(30)),
            ..ok()
        };
        pass.learn(429, &headers, false, at(0));
        // It fills while it is closed.
        assert_eq!(level(10), (0.0, 20.0));
        assert_eq!(level(30), (2.0, 0.0));
    }

    #[test]
    fn of_very_many_buckets_those_with_the_least_left_are_told_of() {
        let budget = Budget::new(Limits::default());
        for number in 0..1_000 {
            let bucket = Bucket::ComputeWrites {
                subscription: "s".into(),
                location: number.to_string(),
            };
            drop(budget.ask(&[bucket], at(0)));
        }
        budget
            .ask(&[writes()], at(0))
            .unwrap()
            .learn(429, &ok(), false, at(0));
        let levels = budget.levels(at(0));
        assert_eq!(levels.len(), 100);
        assert_eq!((&levels[0].bucket, levels[0].remaining), (&writes(), 0.0));
    }

    #[test]
    fn a_refused_request_takes_nothing_from_any_bucket() {
        let budget = Budget::new(Limits {
            compute_burst: 1,
            compute_per_minute: 40,
        });
        budget
            .ask(&[writes()], at(0))
            .unwrap()
            .learn(201, &ok(), false, at(0));
        for _ in 0..1_000 {
            assert!(budget.ask(&[writes(), arm_writes()], at(0)).is_err());
        }
        assert!(budget.ask(&[arm_writes()], at(0)).is_ok());
    }
}
