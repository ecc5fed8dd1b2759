//! What a run has come to.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use k8s_openapi::api::core::v1::Secret;
use kube::{Resource, ResourceExt};
use sshkey_operator::api::{SshKey, names::annotation};

use super::{
    disturbances::KILLS,
    ledger::{Ledger, Published, by_fingerprint, fingerprints},
    tally::Tally,
    wanted::stays,
};
use crate::world::World;

/// What has happened, and what was found in the end.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The seed, with which it can be done again.
    pub seed: u64,
    /// How long it was disturbed.
    pub time: Duration,
    /// From the last fault until everything was Ready.
    pub settled_after: Duration,
    pub(super) disturbances: Tally,
    pub(super) faults_of_cluster: String,
    pub(super) faults_of_azure: String,
    pub(super) edits: Tally,
    /// Requests that failed.
    pub faults: u64,
    /// Keys that were generated, as far as was seen.
    pub keys_made: usize,
    /// `SshKey`s in the end.
    pub keys: usize,
    /// Private halves that are not where they should be.
    pub lost: BTreeSet<String>,
    /// Keys in Azure that no `SshKey` has, and Secrets and outputs of none.
    pub orphans: BTreeSet<String>,
    /// Keys that are not in Azure as their `SshKey` says.
    pub different: BTreeSet<String>,
    /// Keys that were sent to Azure before they were stored.
    pub too_early: Vec<String>,
    /// Objects for which more keys were generated than rotations asked for.
    pub doubles: BTreeSet<String>,
    /// What the operator still remembers of objects that are gone, in entries.
    pub remembered: usize,
    /// Panics of the last process.
    pub panics: u64,
    /// Resident memory once all keys were Ready for the first time, and in the end, in KiB.
    pub memory: (u32, u32),
}

impl Outcome {
    /// How often the operator was killed.
    pub fn kills(&self) -> u64 {
        KILLS.iter().map(|kind| self.disturbances.of(kind)).sum()
    }

    /// Every promise that was not kept.
    pub fn broken(&self) -> Vec<String> {
        let sets = [
            ("lost", &self.lost),
            ("orphaned", &self.orphans),
            ("different in Azure", &self.different),
            ("generated more than once", &self.doubles),
        ];
        let mut broken: Vec<String> = sets
            .into_iter()
            .flat_map(|(what, all)| all.iter().map(move |one| format!("{what}: {one}")))
            .collect();
        broken.extend(
            self.too_early
                .iter()
                .map(|one| format!("sent before it was stored: {one}")),
        );
        if self.remembered > 0 {
            broken.push(format!(
                "{} entries are remembered of what is gone",
                self.remembered
            ));
        }
        if self.panics > 0 {
            broken.push(format!("{} panics", self.panics));
        }
        broken
    }

    /// Compares the cluster, Azure and what was ever published.
    pub(super) fn compare(
        &mut self,
        world: &World,
        keys: &BTreeMap<String, SshKey>,
        secrets: &[Secret],
        ledger: &Ledger,
    ) {
        self.keys = keys.len();
        self.compare_azure(world, keys);
        let stored = by_fingerprint(secrets);
        let published = ledger.published();
        self.lost_keys(keys, secrets, &stored, &published);
        self.orphaned_secrets(keys, secrets);
        self.keys_made = made(&published, &stored);
        self.too_early = ledger.too_early();
        self.compare_revisions(keys, secrets, &published);
    }

    /// Of a key that was changed on purpose so many times, so many are known and no more.
    fn compare_revisions(
        &mut self,
        keys: &BTreeMap<String, SshKey>,
        secrets: &[Secret],
        published: &BTreeSet<Published>,
    ) {
        for (name, key) in keys {
            let of_it = published
                .iter()
                .filter(|one| key.uid().as_ref() == Some(&one.uid));
            let known: BTreeSet<&String> = of_it.map(|one| &one.fingerprint).collect();
            let secret = secrets.iter().find(|secret| secret.name_any() == *name);
            let revision = secret
                .and_then(|secret| secret.annotations().get(annotation::REVISION))
                .and_then(|revision| revision.parse().ok())
                .unwrap_or(1);
            if known.len() > revision {
                self.doubles
                    .insert(format!("{name}, changed {revision} times: {known:?}"));
            }
        }
    }

    fn compare_azure(&mut self, world: &World, keys: &BTreeMap<String, SshKey>) {
        let mut in_azure: BTreeMap<String, String> = world
            .emulator()
            .keys()
            .into_iter()
            .map(|key| (key.id.to_lowercase(), key.public_key.unwrap_or_default()))
            .collect();
        for (name, key) in keys {
            let Some(status) = &key.status else { continue };
            let Some(azure) = &status.azure else {
                if key.spec.azure.is_some() {
                    self.different.insert(format!("{name} is not published"));
                }
                continue;
            };
            let there = in_azure.remove(&azure.resource_id.to_lowercase());
            if there != status.public_key {
                self.different.insert(format!("{name}: {there:?}"));
            }
        }
        self.orphans.extend(in_azure.into_keys());
    }

    /// Of each key that there is, the private half is in its Secret; so it is of those that are gone and whose Secret
    /// was to stay; that of a key that was rotated away is among the former ones.
    fn lost_keys(
        &mut self,
        keys: &BTreeMap<String, SshKey>,
        secrets: &[Secret],
        stored: &BTreeMap<String, String>,
        published: &BTreeSet<Published>,
    ) {
        for (name, key) in keys {
            let fingerprint = key
                .status
                .as_ref()
                .and_then(|status| status.fingerprint.clone());
            let fingerprint = fingerprint.unwrap_or_default();
            let secret = secrets.iter().find(|secret| secret.name_any() == *name);
            if !secret.is_some_and(|secret| fingerprints(secret).contains(&fingerprint)) {
                self.lost.insert(format!("{fingerprint} of {name}"));
            }
        }
        let living: BTreeSet<&str> = keys
            .values()
            .filter_map(|key| key.meta().uid.as_deref())
            .collect();
        let kept: BTreeSet<String> = secrets.iter().map(ResourceExt::name_any).collect();
        for one in published {
            let must_be_there = living.contains(one.uid.as_str())
                || (kept.contains(&one.object) && !keys.contains_key(&one.object));
            if must_be_there && !stored.contains_key(&one.fingerprint) {
                self.lost
                    .insert(format!("{} of {}", one.fingerprint, one.object));
            }
        }
    }

    /// A Secret of a key that is gone stays only where it was to stay.
    fn orphaned_secrets(&mut self, keys: &BTreeMap<String, SshKey>, secrets: &[Secret]) {
        for secret in secrets {
            let owner = secret.annotations().get(annotation::OWNER_UID);
            let lives = keys.values().any(|key| key.meta().uid.as_ref() == owner);
            if !lives && !stays(&secret.name_any()) {
                self.orphans.insert(format!("Secret {}", secret.name_any()));
            }
        }
    }
}

/// Those that were published, and those that are stored.
fn made(published: &BTreeSet<Published>, stored: &BTreeMap<String, String>) -> usize {
    let published = published.iter().map(|one| &one.fingerprint);
    published
        .chain(stored.keys())
        .collect::<BTreeSet<_>>()
        .len()
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |kib: u32| f64::from(kib) / 1_024.0;
        let minutes = self.time.as_secs_f64() / 60.0;
        writeln!(f, "seed             {}, {minutes:.1} minutes", self.seed)?;
        writeln!(f, "kills            {}", self.kills())?;
        writeln!(
            f,
            "disturbances     {}: {}",
            self.disturbances.sum(),
            self.disturbances
        )?;
        writeln!(f, "faults           {}", self.faults)?;
        writeln!(f, "  API server     {}", self.faults_of_cluster)?;
        writeln!(f, "  Azure          {}", self.faults_of_azure)?;
        writeln!(f, "edits            {}: {}", self.edits.sum(), self.edits)?;
        writeln!(
            f,
            "keys made        {}, {} of them there in the end",
            self.keys_made, self.keys
        )?;
        writeln!(f, "keys lost        {}", self.lost.len())?;
        writeln!(f, "orphans          {}", self.orphans.len())?;
        writeln!(f, "different        {}", self.different.len())?;
        writeln!(f, "sent too early   {}", self.too_early.len())?;
        writeln!(f, "generated twice  {}", self.doubles.len())?;
        writeln!(
            f,
            "all Ready        {:.1} s after the last fault",
            self.settled_after.as_secs_f64()
        )?;
        let (start, end) = self.memory;
        write!(
            f,
            "memory           {:.1} MiB at the start, {:.1} MiB at the end",
            mib(start),
            mib(end)
        )
    }
}
