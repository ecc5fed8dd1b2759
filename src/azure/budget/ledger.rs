//! All buckets of all subscriptions, those who wait for them, and the leave to send one request.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use super::{
    bucket::{Bucket, Limits},
    line::{Caller, Line, Urgency},
    meter::{Answered, Meter, Sent},
};
use crate::azure::response::AnswerHeaders;

/// What may be sent, and whose turn it is.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    accounts: HashMap<Bucket, Account>,
    /// By UID, for what each one waits.
    waiting: HashMap<String, Waits>,
}

#[derive(Debug)]
struct Account {
    meter: Meter,
    line: Line,
}

#[derive(Clone, Debug)]
struct Waits {
    caller: Caller,
    urgency: Urgency,
    buckets: Vec<Bucket>,
}

/// How a bucket stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// The bucket.
    pub bucket: Bucket,
    /// Requests that may be sent at this moment.
    pub remaining: u32,
    /// Seconds until one may be sent; 0 when it may now.
    pub wait: f64,
    /// How many objects wait for it.
    pub waiting: usize,
    /// What is left of the whole.
    share: f64,
}

/// A tenant can name any number of locations, and each has a bucket: so many are told of.
const MOST_LEVELS: usize = 100;
/// And so many are kept before those that nothing is known of are forgotten.
const MOST_ACCOUNTS: usize = 1_000;

/// Leave to send one request. To be given back with its answer; dropped, when none came.
#[derive(Debug)]
pub struct Pass<'a> {
    budget: &'a Budget,
    buckets: Vec<(Bucket, Sent)>,
    learned: bool,
}

impl Budget {
    /// A budget with these sizes to start from.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ledger: Mutex::default(),
        }
    }

    /// Leave to send a request that is counted in these buckets. Without it, the caller stands in line for it.
    ///
    /// # Errors
    /// The time before which there is none: when its turn is expected.
    pub fn ask(
        &self,
        buckets: &[Bucket],
        caller: &Caller,
        urgency: Urgency,
        now: Timestamp,
    ) -> Result<Pass<'_>, Timestamp> {
        let urgency = caller.urgency(urgency);
        let mut ledger = self.lock();
        ledger.withdraw_others(caller);
        for bucket in buckets {
            ledger.open(bucket, self.limits, now);
        }
        if let Some(time) = ledger.line_up(caller, urgency, buckets, now) {
            return Err(time);
        }
        ledger.no_longer_waits_for(buckets, caller);
        let mut sent = Vec::new();
        for bucket in buckets {
            if let Some(account) = ledger.accounts.get_mut(bucket) {
                account.line.go(caller, urgency);
                sent.push((bucket.clone(), account.meter.take(now)));
            }
        }
        Ok(Pass {
            budget: self,
            buckets: sent,
            learned: false,
        })
    }

    /// When the turn of one who stands in line is expected; `None` for one who does not, or whose turn it is.
    pub fn turn_of(&self, caller: &Caller, now: Timestamp) -> Option<Timestamp> {
        let mut ledger = self.lock();
        ledger.withdraw_others(caller);
        let waits = ledger.waiting.get(&caller.object)?.clone();
        for bucket in &waits.buckets {
            ledger.open(bucket, self.limits, now);
        }
        ledger.line_up(caller, waits.urgency, &waits.buckets, now)
    }

    /// A caller that wants nothing more leaves the line.
    pub fn withdraw(&self, object: &str) {
        self.lock().withdraw(object);
    }

    /// How each bucket stands: of very many, those with the least left.
    pub fn levels(&self, now: Timestamp) -> Vec<Level> {
        let mut ledger = self.lock();
        let mut levels: Vec<Level> = ledger
            .accounts
            .iter_mut()
            .map(|(bucket, account)| {
                account.meter.refill(now);
                let opens = account.meter.opens(0);
                Level {
                    bucket: bucket.clone(),
                    remaining: account.meter.remaining(),
                    wait: opens.map_or(0.0, |time| time.duration_since(now).as_secs_f64().max(0.0)),
                    waiting: account.line.len(),
                    share: account.meter.share(),
                }
            })
            .collect();
        levels.sort_by(|one, other| one.share.total_cmp(&other.share));
        levels.truncate(MOST_LEVELS);
        levels
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    /// The account of a bucket, brought up to now.
    fn open(&mut self, bucket: &Bucket, limits: Limits, now: Timestamp) {
        if self.accounts.len() >= MOST_ACCOUNTS && !self.accounts.contains_key(bucket) {
            self.accounts.retain(|_, account| {
                account.meter.refill(now);
                !account.meter.is_idle() || account.line.len() > 0
            });
        }
        let account = self
            .accounts
            .entry(bucket.clone())
            .or_insert_with(|| Account {
                meter: Meter::new(bucket.size(limits), now),
                line: Line::default(),
            });
        account.meter.refill(now);
    }

    /// Stands in the line of each bucket that is closed to this one, until the latest of their times; `None` when all are
    /// open. What it waits for beside these buckets, it goes on to wait for.
    fn line_up(
        &mut self,
        caller: &Caller,
        urgency: Urgency,
        buckets: &[Bucket],
        now: Timestamp,
    ) -> Option<Timestamp> {
        let mut closed = Vec::new();
        for bucket in buckets {
            let Some(Account { meter, line }) = self.accounts.get_mut(bucket) else {
                continue;
            };
            let mut opens = meter.opens(line.ahead(caller, urgency));
            if opens.is_some() && line.forget_absent(now) {
                opens = meter.opens(line.ahead(caller, urgency));
            }
            closed.extend(opens.map(|time| (bucket, time)));
        }
        let latest = closed.iter().map(|(_, time)| *time).max()?;
        let waits = self
            .waiting
            .entry(caller.object.clone())
            .or_insert_with(|| Waits {
                caller: caller.clone(),
                urgency,
                buckets: Vec::new(),
            });
        waits.urgency = urgency;
        for (bucket, _) in closed {
            if let Some(account) = self.accounts.get_mut(bucket) {
                account.line.join(caller, urgency, latest);
            }
            if !waits.buckets.contains(bucket) {
                waits.buckets.push(bucket.clone());
            }
        }
        Some(latest)
    }

    /// An object of another generation than the one that stands in line may want something else.
    fn withdraw_others(&mut self, caller: &Caller) {
        let waits = self.waiting.get(&caller.object);
        if waits.is_some_and(|waits| !caller.is_still(&waits.caller)) {
            self.withdraw(&caller.object);
        }
    }

    fn no_longer_waits_for(&mut self, buckets: &[Bucket], caller: &Caller) {
        if let Some(waits) = self.waiting.get_mut(&caller.object) {
            waits.buckets.retain(|bucket| !buckets.contains(bucket));
            if waits.buckets.is_empty() {
                self.waiting.remove(&caller.object);
            }
        }
    }

    fn withdraw(&mut self, object: &str) {
        let Some(waits) = self.waiting.remove(object) else {
            return;
        };
        for bucket in &waits.buckets {
            if let Some(account) = self.accounts.get_mut(bucket) {
                account.line.leave(&waits.caller);
            }
        }
    }
}

impl Pass<'_> {
    /// Gives the pass back with what the answer says of the buckets.
    pub(in crate::azure) fn learn(
        mut self,
        status: u16,
        headers: &AnswerHeaders,
        wrapped: bool,
        now: Timestamp,
    ) {
        self.learned = true;
        let mut ledger = self.budget.lock();
        for (bucket, sent) in &self.buckets {
            let Some(account) = ledger.accounts.get_mut(bucket) else {
                continue;
            };
            let left = if bucket.is_compute() {
                headers.remaining_compute_writes
            } else {
                headers.remaining_requests
            };
            // Compute words its own throttle without ARM's envelope; where only one side counts, it is that one.
            let by_this_side = self.buckets.len() == 1 || bucket.is_compute() != wrapped;
            let answer = Answered {
                left,
                refused: status == 429 && by_this_side,
                retry_at: headers.retry_at,
            };
            account.meter.answered(*sent, answer, now);
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.learned {
            return;
        }
        let mut ledger = self.budget.lock();
        for (bucket, _) in &self.buckets {
            if let Some(account) = ledger.accounts.get_mut(bucket) {
                account.meter.lost();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn writes() -> Bucket {
        Bucket::compute_writes("S", "West Europe")
    }

    fn arm_writes() -> Bucket {
        Bucket::arm_writes("p", "s")
    }

    fn caller(namespace: &str, object: &str) -> Caller {
        Caller {
            namespace: namespace.to_owned(),
            object: object.to_owned(),
            generation: 1,
            correlation: String::new(),
            is_question: false,
        }
    }

    fn small() -> Budget {
        Budget::new(Limits {
            compute_burst: 2,
            compute_per_minute: 2,
        })
    }

    /// Asks, and has it answered at once; whether it was sent.
    fn send(
        budget: &Budget,
        buckets: &[Bucket],
        one: &Caller,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        let pass = budget.ask(buckets, one, Urgency::Prompt, now)?;
        pass.learn(201, &AnswerHeaders::default(), false, now);
        Ok(())
    }

    #[test]
    fn a_location_is_one_however_it_is_written() {
        assert_eq!(writes(), Bucket::compute_writes("s", "westeurope"));
    }

    #[test]
    fn who_waits_is_told_the_step_in_which_its_turn_comes_and_gets_it_then() {
        let budget = small();
        let all: Vec<Caller> = (0..6).map(|n| caller("a", &n.to_string())).collect();
        let times: Vec<i64> = all
            .iter()
            .map(|one| match send(&budget, &[writes()], one, at(0)) {
                Ok(()) => 0,
                Err(time) => time.duration_since(at(0)).as_secs(),
            })
            .collect();
        assert_eq!(times, [0, 0, 60, 60, 120, 120]);
        assert!(
            send(&budget, &[writes()], &all[4], at(60)).is_err(),
            "the room is for those before it"
        );
        assert!(send(&budget, &[writes()], &all[3], at(60)).is_ok());
        assert!(send(&budget, &[writes()], &all[2], at(60)).is_ok());
        assert!(send(&budget, &[writes()], &all[5], at(120)).is_ok());
    }

    #[test]
    fn asking_again_costs_no_place_and_no_room() {
        let budget = small();
        for name in ["0", "1", "2"] {
            send(&budget, &[writes()], &caller("a", name), at(0)).ok();
        }
        for second in 1..30 {
            let told = send(
                &budget,
                &[writes(), arm_writes()],
                &caller("a", "2"),
                at(second),
            );
            assert_eq!(told, Err(at(60)));
            assert_eq!(budget.turn_of(&caller("a", "2"), at(second)), Some(at(60)));
        }
        assert!(send(&budget, &[arm_writes()], &caller("a", "x"), at(30)).is_ok());
        assert_eq!(budget.turn_of(&caller("a", "2"), at(60)), None);
        assert!(send(&budget, &[writes()], &caller("a", "2"), at(60)).is_ok());
    }

    #[test]
    fn a_look_costs_no_place() {
        let budget = small();
        for name in ["0", "1", "2", "3", "4"] {
            send(&budget, &[writes()], &caller("a", name), at(0)).ok();
        }
        let reads = Bucket::arm_reads("p", "s");
        assert!(send(&budget, &[reads], &caller("a", "2"), at(1)).is_ok());
        let told = budget.turn_of(&caller("a", "2"), at(1));
        assert_eq!(told, Some(at(60)));
        let last = budget.turn_of(&caller("a", "4"), at(1));
        assert_eq!(last, Some(at(120)));
    }

    #[test]
    fn who_withdraws_or_is_edited_holds_up_nobody() {
        let budget = small();
        for name in ["0", "1", "2", "3", "4"] {
            send(&budget, &[writes()], &caller("a", name), at(0)).ok();
        }
        budget.withdraw("2");
        let again = Caller {
            correlation: "of the next reconcile".to_owned(),
            is_question: false,
            ..caller("a", "3")
        };
        assert!(
            budget.turn_of(&again, at(1)).is_some(),
            "it waits as before"
        );
        let edited = Caller {
            generation: 2,
            ..caller("a", "3")
        };
        assert_eq!(budget.turn_of(&edited, at(1)), None);
        let told = send(&budget, &[writes()], &caller("a", "4"), at(1));
        assert_eq!(told, Err(at(60)));
    }

    #[test]
    fn nothing_is_sent_before_the_time_that_azure_named_and_only_there() {
        let budget = Budget::new(Limits::default());
        let both = [writes(), arm_writes()];
        let (one, other) = (caller("a", "0"), caller("b", "1"));
        let headers = AnswerHeaders {
            retry_at: Some(at(300)),
            ..AnswerHeaders::default()
        };
        let pass = budget.ask(&both, &one, Urgency::Prompt, at(0)).unwrap();
        pass.learn(429, &headers, false, at(0));
        assert_eq!(send(&budget, &both, &one, at(299)), Err(at(300)));
        assert!(
            send(&budget, &[arm_writes()], &other, at(1)).is_ok(),
            "ARM's own bucket was not the one that was empty"
        );
        assert!(send(&budget, &both, &one, at(300)).is_ok());
    }

    #[test]
    fn a_bucket_tells_what_is_left_how_long_it_is_closed_and_how_many_wait() {
        let budget = small();
        let level = |second| {
            let levels = budget.levels(at(second));
            assert_eq!(levels.len(), 1);
            (levels[0].remaining, levels[0].wait, levels[0].waiting)
        };
        let one = caller("a", "0");
        let pass = budget
            .ask(&[writes()], &one, Urgency::Prompt, at(0))
            .unwrap();
        assert_eq!(level(0), (1, 0.0, 0));
        let headers = AnswerHeaders {
            retry_at: Some(at(30)),
            ..AnswerHeaders::default()
        };
        pass.learn(429, &headers, false, at(0));
        send(&budget, &[writes()], &one, at(5)).ok();
        assert_eq!(level(10), (0, 20.0, 1));
        assert_eq!(level(30), (2, 0.0, 1));
    }

    #[test]
    fn of_very_many_buckets_those_with_the_least_left_are_told_of_and_the_others_forgotten() {
        let budget = Budget::new(Limits::default());
        let one = caller("a", "0");
        let bucket = |number: usize| Bucket::compute_writes("s", &number.to_string());
        let refused = budget.ask(&[writes()], &one, Urgency::Prompt, at(0));
        let headers = AnswerHeaders {
            retry_at: Some(at(4_000)),
            ..AnswerHeaders::default()
        };
        refused.unwrap().learn(429, &headers, false, at(0));
        for number in 0..900 {
            send(&budget, &[bucket(number)], &one, at(0)).unwrap();
        }
        let levels = budget.levels(at(0));
        assert_eq!(levels.len(), 100);
        assert_eq!((&levels[0].bucket, levels[0].remaining), (&writes(), 0));
        for number in 900..1_100 {
            send(&budget, &[bucket(number)], &one, at(3_600)).unwrap();
        }
        assert!(budget.lock().accounts.len() <= 202);
        assert!(send(&budget, &[writes()], &one, at(3_600)).is_err());
    }
}
