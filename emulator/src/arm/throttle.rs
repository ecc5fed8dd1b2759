//! Request limits: the token buckets of Resource Manager and those of Compute.
//!
//! Sizes: learn.microsoft.com "request-limits-and-throttling" (Resource Manager, since 2024) and the first value of
//! `x-ms-ratelimit-remaining-resource` in the azure-cli recording `test_vm_ssh_key.yaml` (Compute). How fast Compute refills is inferred: in
//! every published row of "compute-throttling-limits" the bucket is three minutes' worth.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use serde::Deserialize;

/// Whether requests are limited, and to how many.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "ThrottleForm")]
pub enum Throttle {
    /// Limited; the buckets go down and refill.
    On(Limits),
    /// Never refused; headers show full buckets of the default sizes.
    Off,
}

impl Default for Throttle {
    fn default() -> Self {
        Self::On(Limits::default())
    }
}

/// In YAML: `on`, `off`, `true`, `false`, or the sizes.
#[derive(Deserialize)]
#[serde(untagged)]
enum ThrottleForm {
    Flag(bool),
    Word(Word),
    Limits(Limits),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    On,
    Off,
}

impl From<ThrottleForm> for Throttle {
    fn from(form: ThrottleForm) -> Self {
        match form {
            ThrottleForm::Limits(limits) => Self::On(limits),
            ThrottleForm::Flag(true) | ThrottleForm::Word(Word::On) => Self::default(),
            ThrottleForm::Flag(false) | ThrottleForm::Word(Word::Off) => Self::Off,
        }
    }
}

/// A bucket: it starts full and gets `refill` more every `every_seconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct BucketSize {
    /// Requests that a full bucket allows at once.
    pub capacity: u32,
    /// Requests added at each refill.
    pub refill: u32,
    /// Seconds between refills; 0 counts as 1.
    pub every_seconds: u32,
}

impl BucketSize {
    const fn new(capacity: u32, refill: u32, every_seconds: u32) -> Self {
        Self {
            capacity,
            refill,
            every_seconds,
        }
    }
}

/// The sizes of all buckets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Limits {
    /// GET and HEAD, per principal and subscription. Default 250, and 25 more a second.
    pub arm_reads: BucketSize,
    /// PUT, PATCH and POST, per principal and subscription. Default 200, and 10 more a second.
    pub arm_writes: BucketSize,
    /// DELETE, per principal and subscription. Default 200, and 10 more a second.
    pub arm_deletes: BucketSize,
    /// How many principals' worth a subscription allows in all. Default 15.
    pub global_factor: u32,
    /// PUT, PATCH and DELETE of SSH public keys, per subscription and location. Default 120, and 40 more a minute.
    pub ssh_key_writes: BucketSize,
    /// generateKeyPair, per subscription and location. Default 12, and 4 more a minute.
    pub ssh_key_generations: BucketSize,
    /// GET and lists of SSH public keys, per subscription and location. Default 24000, and 8000 more a minute.
    pub low_cost_gets: BucketSize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            arm_reads: BucketSize::new(250, 25, 1),
            arm_writes: BucketSize::new(200, 10, 1),
            arm_deletes: BucketSize::new(200, 10, 1),
            global_factor: 15,
            ssh_key_writes: BucketSize::new(120, 40, 60),
            ssh_key_generations: BucketSize::new(12, 4, 60),
            low_cost_gets: BucketSize::new(24_000, 8_000, 60),
        }
    }
}

/// The kinds that Resource Manager counts apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Reads,
    Writes,
    Deletes,
}

/// The policies of Compute that cover SSH public keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Policy {
    PutDeleteSshPublicKeys,
    SshKeyGen,
    LowCostGet,
}

impl Policy {
    /// As the header and the error name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PutDeleteSshPublicKeys => "PutDeleteSshPublicKeysSubscriptionMaximum",
            Self::SshKeyGen => "SshKeyGenSubscriptionMaximum",
            Self::LowCostGet => "LowCostGetSubscriptionMaximum",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Meter {
    Principal {
        principal: String,
        subscription: String,
        kind: Kind,
    },
    Subscription {
        subscription: String,
        kind: Kind,
    },
    Compute {
        subscription: String,
        location: String,
        policy: Policy,
    },
}

#[derive(Debug)]
struct Bucket {
    level: u32,
    refilled: Timestamp,
}

impl Bucket {
    /// Brings the level up to date, then takes one; what is left, or how long until the next refill.
    fn take(&mut self, size: BucketSize, now: Timestamp) -> Result<u32, Duration> {
        let every = i64::from(size.every_seconds.max(1)) * 1000;
        let passed = now.as_millisecond() - self.refilled.as_millisecond();
        let refills = (passed / every).max(0);
        let added = u32::try_from(refills)
            .unwrap_or(u32::MAX)
            .saturating_mul(size.refill);
        self.level = self.level.saturating_add(added).min(size.capacity);
        self.refilled =
            Timestamp::from_millisecond(self.refilled.as_millisecond() + refills * every)
                .unwrap_or(now);
        if self.level > 0 {
            self.level -= 1;
            return Ok(self.level);
        }
        let wait = every - (now.as_millisecond() - self.refilled.as_millisecond()).clamp(0, every);
        Err(Duration::from_millis(u64::try_from(wait).unwrap_or(1)))
    }
}

/// What Resource Manager's headers say is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ArmLeft {
    pub(crate) principal: u32,
    pub(crate) subscription: u32,
}

/// All buckets in use.
pub(crate) struct Meters {
    throttle: Throttle,
    buckets: HashMap<Meter, Bucket>,
}

impl Meters {
    pub(crate) fn new(throttle: Throttle) -> Self {
        Self {
            throttle,
            buckets: HashMap::new(),
        }
    }

    /// Charges Resource Manager's buckets; when one is empty, how long until it is not.
    pub(crate) fn charge_arm(
        &mut self,
        principal: &str,
        subscription: &str,
        kind: Kind,
        now: Timestamp,
    ) -> Result<ArmLeft, Duration> {
        let limits = self.limits();
        let size = match kind {
            Kind::Reads => limits.arm_reads,
            Kind::Writes => limits.arm_writes,
            Kind::Deletes => limits.arm_deletes,
        };
        let global = BucketSize {
            capacity: size.capacity.saturating_mul(limits.global_factor),
            refill: size.refill.saturating_mul(limits.global_factor),
            ..size
        };
        let subscription = subscription.to_lowercase();
        let own = Meter::Principal {
            principal: principal.to_lowercase(),
            subscription: subscription.clone(),
            kind,
        };
        Ok(ArmLeft {
            principal: self.take(own, size, now)?,
            subscription: self.take(Meter::Subscription { subscription, kind }, global, now)?,
        })
    }

    /// Charges a bucket of Compute; what is left, or how long until it is not empty.
    pub(crate) fn charge_compute(
        &mut self,
        subscription: &str,
        location: &str,
        policy: Policy,
        now: Timestamp,
    ) -> Result<u32, Duration> {
        let size = self.compute_size(policy);
        self.take(
            Meter::Compute {
                subscription: subscription.to_lowercase(),
                location: location.to_owned(),
                policy,
            },
            size,
            now,
        )
    }

    pub(crate) fn compute_size(&self, policy: Policy) -> BucketSize {
        let limits = self.limits();
        match policy {
            Policy::PutDeleteSshPublicKeys => limits.ssh_key_writes,
            Policy::SshKeyGen => limits.ssh_key_generations,
            Policy::LowCostGet => limits.low_cost_gets,
        }
    }

    fn limits(&self) -> Limits {
        match &self.throttle {
            Throttle::On(limits) => limits.clone(),
            Throttle::Off => Limits::default(),
        }
    }

    fn take(&mut self, meter: Meter, size: BucketSize, now: Timestamp) -> Result<u32, Duration> {
        if self.throttle == Throttle::Off {
            return Ok(size.capacity);
        }
        self.buckets
            .entry(meter)
            .or_insert(Bucket {
                level: size.capacity,
                refilled: now,
            })
            .take(size, now)
    }

    /// Fills every bucket, or changes the limits.
    pub(crate) fn reset(&mut self, throttle: Throttle) {
        *self = Self::new(throttle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap_or_default()
    }

    #[test]
    fn a_bucket_goes_down_by_one_and_refills_in_steps() {
        let mut meters = Meters::new(Throttle::default());
        let mut charge =
            |at| meters.charge_compute("s", "westus", Policy::PutDeleteSshPublicKeys, second(at));
        for left in (0..120).rev() {
            assert_eq!(charge(0), Ok(left));
        }
        assert_eq!(charge(0), Err(Duration::from_mins(1)));
        assert_eq!(charge(59), Err(Duration::from_secs(1)));
        assert_eq!(charge(60), Ok(39));
        assert_eq!(charge(60 * 60), Ok(119), "never more than the capacity");
    }

    #[test]
    fn locations_subscriptions_and_principals_have_their_own_buckets() {
        let mut meters = Meters::new(Throttle::default());
        assert_eq!(
            meters.charge_compute("s", "westus", Policy::SshKeyGen, second(0)),
            Ok(11)
        );
        assert_eq!(
            meters.charge_compute("s", "eastus", Policy::SshKeyGen, second(0)),
            Ok(11)
        );
        assert_eq!(
            meters.charge_compute("S", "westus", Policy::SshKeyGen, second(0)),
            Ok(10)
        );
        let left = |principal, subscription| {
            Ok(ArmLeft {
                principal,
                subscription,
            })
        };
        assert_eq!(
            meters.charge_arm("a", "s", Kind::Writes, second(0)),
            left(199, 2999)
        );
        assert_eq!(
            meters.charge_arm("b", "s", Kind::Writes, second(0)),
            left(199, 2998)
        );
        assert_eq!(
            meters.charge_arm("a", "s", Kind::Reads, second(0)),
            left(249, 3749)
        );
    }

    #[test]
    fn switched_off_the_buckets_stay_full() {
        let mut meters = Meters::new(Throttle::Off);
        for _ in 0..500 {
            assert_eq!(
                meters.charge_compute("s", "westus", Policy::PutDeleteSshPublicKeys, second(0)),
                Ok(120)
            );
        }
    }
}
