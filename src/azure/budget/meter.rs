//! What is left of one bucket, as far as it is certain.
//!
//! Azure fills a bucket in steps and does not say when. What is known is when a request was answered and what was left
//! then: within one period after an answer there is a step, and from the answer that shows one, the next is within a
//! period again. Nothing is counted on before that, so nothing is refused that was counted on.

use jiff::{SignedDuration, Timestamp};

use super::bucket::Size;

/// The longest that is waited after a refusal that did not say for how long.
const LONGEST_GUESS: SignedDuration = SignedDuration::from_mins(5);

/// What is waited after a first refusal, whatever it said; after each further one in a row twice as long.
const SHORTEST: SignedDuration = SignedDuration::from_secs(1);
/// The longest that this grows to.
const LONGEST_LEAST: SignedDuration = SignedDuration::from_mins(1);

/// Those for whom one step makes room come one after the other, in the order of the line.
const STAGGER: SignedDuration = SignedDuration::from_millis(10);

/// The level of one bucket.
#[derive(Debug)]
pub(super) struct Meter {
    size: Size,
    /// Requests that Azure takes for certain, beside those under way.
    left: u32,
    /// When the next step has been made, at the latest.
    refilled_by: Timestamp,
    /// The first request was taken from a full bucket: the time of its steps is known from the answer on.
    starts_with_answer: bool,
    /// Sent and not answered yet: what the next header may not have counted.
    under_way: u32,
    /// Requests that were ever sent, and steps that were ever counted on: what happened while one was under way.
    taken: u64,
    steps: u64,
    /// Azure asked for silence until then.
    closed_until: Option<Timestamp>,
    /// Refusals in a row that did not say for how long.
    refusals: u32,
    /// Refusals in a row, whatever they said: those of requests that were under way at once are one.
    rounds: u32,
    /// What had been taken when the last of them came.
    refused_at: u64,
}

/// How a bucket stood when a request was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    left: u32,
    under_way: u32,
    taken: u64,
    steps: u64,
}

/// What an answer says of a bucket.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answered {
    /// What is left, by the header.
    pub(super) left: Option<u32>,
    /// It was refused, for being too much for this bucket.
    pub(super) refused: bool,
    /// When to come again.
    pub(super) retry_at: Option<Timestamp>,
}

impl Meter {
    /// A full bucket.
    pub(super) fn new(size: Size, now: Timestamp) -> Self {
        Self {
            size,
            left: size.capacity,
            refilled_by: later(now, size.period, 1),
            starts_with_answer: false,
            under_way: 0,
            taken: 0,
            steps: 0,
            closed_until: None,
            refusals: 0,
            rounds: 0,
            refused_at: 0,
        }
    }

    /// Adds the steps that have been made by now.
    pub(super) fn refill(&mut self, now: Timestamp) {
        self.closed_until = self.closed_until.filter(|until| *until > now);
        if self.refilled_by > now {
            return;
        }
        let passed = now.duration_since(self.refilled_by).as_millis();
        let steps = passed / self.size.period.as_millis().max(1) + 1;
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        let added = steps.saturating_mul(self.step());
        self.left = self.left.saturating_add(added).min(self.size.capacity);
        self.refilled_by = later(self.refilled_by, self.size.period, steps);
        self.steps += u64::from(steps);
    }

    /// When there is room for the one who has `ahead` others before it in the line; `None`: now.
    pub(super) fn opens(&self, ahead: u32) -> Option<Timestamp> {
        let missing = (ahead.saturating_add(1)).saturating_sub(self.left);
        if missing == 0 {
            return self.closed_until;
        }
        let (steps, place) = ((missing - 1) / self.step(), (missing - 1) % self.step());
        let filled = later(self.refilled_by, self.size.period, steps);
        let filled = later(filled, STAGGER, place);
        Some(self.closed_until.map_or(filled, |until| until.max(filled)))
    }

    /// One request is sent.
    pub(super) fn take(&mut self, now: Timestamp) -> Sent {
        if self.left == self.size.capacity {
            self.starts_with_answer = true;
            self.refilled_by = later(now, self.size.period, 1);
        }
        self.left = self.left.saturating_sub(1);
        self.taken += 1;
        let sent = Sent {
            left: self.left,
            under_way: self.under_way,
            taken: self.taken,
            steps: self.steps,
        };
        self.under_way += 1;
        sent
    }

    /// A request was answered.
    pub(super) fn answered(&mut self, sent: Sent, answer: Answered, now: Timestamp) {
        self.lost();
        self.refill(now);
        if self.starts_with_answer {
            self.starts_with_answer = false;
            self.refilled_by = later(now, self.size.period, 1);
        }
        if let Some(left) = answer.left {
            self.correct(sent, left, now);
        }
        if !answer.refused {
            self.refusals = 0;
            self.rounds = 0;
            return;
        }
        self.left = 0;
        if sent.taken > self.refused_at {
            self.rounds += 1;
        }
        self.refused_at = self.taken;
        let time = answer.retry_at.unwrap_or_else(|| {
            self.refusals += 1;
            later(now, self.longer_and_longer(), 1)
        });
        let time = time.max(later(now, self.least(), 1));
        self.closed_until = self.closed_until.max(Some(time));
        self.refilled_by = time;
    }

    /// What a step adds for certain. After a refusal that did not say for how long, it is tried with one.
    fn step(&self) -> u32 {
        if self.refusals > 0 {
            1
        } else {
            self.size.refill.max(1)
        }
    }

    /// What is waited at least, whatever the refusal said: one that says too little, again and again, would otherwise be
    /// asked for as often.
    fn least(&self) -> SignedDuration {
        let doublings = self.rounds.saturating_sub(1).min(16);
        let wait = SHORTEST.saturating_mul(1 << doublings);
        wait.min(LONGEST_LEAST)
    }

    /// A period after the first of such refusals, then twice as long each time.
    fn longer_and_longer(&self) -> SignedDuration {
        let doublings = self.refusals.saturating_sub(1).min(16);
        let wait = self.size.period.saturating_mul(1 << doublings);
        wait.min(LONGEST_GUESS.max(self.size.period))
    }

    /// A request came to nothing, or nobody knows to what.
    pub(super) fn lost(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// The header has counted the answered request, and nobody knows how many of those that were under way beside it.
    fn correct(&mut self, sent: Sent, said: u32, now: Timestamp) {
        // A step that was counted on in the meantime may have come before or after the header was written.
        if self.steps != sent.steps {
            return;
        }
        let later_ones = u32::try_from(self.taken - sent.taken).unwrap_or(u32::MAX);
        let certain = said.saturating_sub(sent.under_way.saturating_add(later_ones));
        if said > sent.left.saturating_add(sent.under_way) {
            // More than there can be without a step, or without a larger bucket than was assumed.
            self.left = certain;
            self.size.capacity = self.size.capacity.max(said);
            self.refilled_by = later(now, self.size.period, 1);
            self.steps += 1;
        } else if said < self.left {
            // Others write as well, or the bucket is smaller than was assumed.
            self.left = certain;
        }
    }

    /// Requests that may be sent at this moment.
    pub(super) fn remaining(&self) -> u32 {
        if self.closed_until.is_some() {
            0
        } else {
            self.left
        }
    }

    /// What is left of the whole.
    pub(super) fn share(&self) -> f64 {
        f64::from(self.remaining()) / f64::from(self.size.capacity.max(1))
    }

    /// Whether it is as a new one would be.
    pub(super) fn is_idle(&self) -> bool {
        self.left == self.size.capacity && self.under_way == 0 && self.closed_until.is_none()
    }
}

fn later(from: Timestamp, period: SignedDuration, times: u32) -> Timestamp {
    let times = i32::try_from(times).unwrap_or(i32::MAX);
    from.saturating_add(period.saturating_mul(times))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(1_000_000_000 + millisecond).unwrap()
    }

    fn meter() -> Meter {
        Meter::new(
            Size {
                capacity: 120,
                refill: 40,
                period: SignedDuration::from_mins(1),
            },
            at(0),
        )
    }

    fn said(left: u32) -> Answered {
        Answered {
            left: Some(left),
            ..Answered::default()
        }
    }

    /// Takes `count` requests at once, which are answered 100 ms later.
    fn burst(meter: &mut Meter, count: u32, from: i64) {
        let left = meter.left;
        let sent: Vec<Sent> = (0..count).map(|_| meter.take(at(from))).collect();
        // They are answered in another order than they were counted in.
        let numbers = (1..=count / 2).rev().chain(count / 2 + 1..=count);
        for (sent, number) in sent.into_iter().zip(numbers) {
            meter.answered(sent, said(left - number), at(from + 100));
        }
    }

    #[test]
    fn the_burst_goes_at_once_and_a_step_a_period_after_the_first_answer() {
        let mut meter = meter();
        burst(&mut meter, 120, 0);
        assert_eq!(meter.opens(0), Some(at(60_100)));
        assert_eq!(meter.opens(39), Some(at(60_490)));
        assert_eq!(meter.opens(40), Some(at(120_100)));
        meter.refill(at(60_100));
        assert_eq!((meter.opens(39), meter.left), (None, 40));
        burst(&mut meter, 40, 60_100);
        assert_eq!(meter.opens(0), Some(at(120_100)), "the time does not drift");
    }

    #[test]
    fn a_step_that_comes_sooner_than_it_must_is_seen_in_the_header() {
        let mut meter = meter();
        burst(&mut meter, 110, 0);
        let sent = meter.take(at(20_000));
        meter.answered(sent, said(49), at(20_000));
        assert_eq!(meter.left, 49);
        assert_eq!(meter.opens(49), Some(at(80_000)));
    }

    #[test]
    fn what_others_have_used_is_seen_in_the_header() {
        let mut meter = meter();
        let sent = meter.take(at(0));
        meter.take(at(0));
        meter.answered(sent, said(3), at(100));
        assert_eq!(meter.left, 2, "one is under way and may not be counted yet");
    }

    #[test]
    fn what_is_under_way_is_no_step() {
        let mut meter = meter();
        let sent: Vec<Sent> = (0..10).map(|_| meter.take(at(0))).collect();
        meter.answered(sent[9], said(119), at(100));
        assert_eq!((meter.left, meter.opens(110)), (110, Some(at(60_100))));
    }

    #[test]
    fn a_refusal_closes_the_bucket_until_its_time_and_a_step_is_there_then() {
        let mut meter = meter();
        let sent = meter.take(at(0));
        let refused = Answered {
            refused: true,
            retry_at: Some(at(300_000)),
            ..Answered::default()
        };
        meter.answered(sent, refused, at(100));
        assert_eq!((meter.remaining(), meter.opens(0)), (0, Some(at(300_000))));
        meter.refill(at(299_999));
        assert_eq!(meter.opens(0), Some(at(300_000)));
        meter.refill(at(300_000));
        assert_eq!((meter.remaining(), meter.opens(39)), (40, None));
    }

    #[test]
    fn a_refusal_without_a_time_is_waited_out_longer_and_longer_and_tried_with_one() {
        let mut meter = meter();
        let refused = Answered {
            refused: true,
            ..Answered::default()
        };
        let mut now = 0;
        for minutes in [1, 2, 4, 5, 5] {
            meter.refill(at(now));
            let sent = meter.take(at(now));
            meter.answered(sent, refused, at(now));
            now += minutes * 60_000;
            assert_eq!(meter.opens(0), Some(at(now)));
            meter.refill(at(now));
            assert_eq!(meter.remaining(), 1);
        }
        let sent = meter.take(at(now));
        meter.answered(sent, said(57), at(now));
        assert_eq!(meter.remaining(), 57);
    }

    #[test]
    fn a_refusal_that_asks_for_no_wait_is_waited_out_longer_and_longer() {
        let mut meter = meter();
        let mut now = 0;
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            meter.refill(at(now));
            let refused = Answered {
                refused: true,
                retry_at: Some(at(now)),
                ..Answered::default()
            };
            // Those that are under way at once are refused at once, and are one round.
            let sent: Vec<Sent> = (0..3).map(|_| meter.take(at(now))).collect();
            for one in sent {
                meter.answered(one, refused, at(now));
            }
            now += seconds * 1_000;
            assert_eq!(meter.opens(0), Some(at(now)), "{seconds}");
        }
        meter.refill(at(now));
        let sent = meter.take(at(now));
        meter.answered(sent, said(57), at(now));
        assert_eq!(meter.rounds, 0);
    }

    #[test]
    fn a_long_rest_fills_it_to_the_brim_and_no_more() {
        let mut meter = meter();
        burst(&mut meter, 120, 0);
        meter.refill(at(3_600_000));
        assert_eq!(meter.left, 120);
        assert!(meter.is_idle());
    }
}
