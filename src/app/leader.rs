//! Leading: waiting for the Lease, keeping it, and giving it back.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use kube::Client;

use crate::kubernetes::{
    election::{Lease, Sight, Standing, Terms},
    leases::{self, LeaseAt},
};

/// A Lease that is held.
pub(super) struct Leadership {
    client: Client,
    at: LeaseAt,
    terms: Terms,
    held: Lease,
    /// When the last renewal that was answered was sent.
    renewed: Instant,
}

/// Waits until this process leads.
pub(super) async fn acquire(client: Client, at: LeaseAt, terms: Terms) -> Leadership {
    let mut sight = Sight::new(Instant::now());
    let mut told = None;
    loop {
        match leases::read(&client, &at).await {
            Ok(lease) => sight.see(lease, Instant::now()),
            Err(error) => {
                tracing::warn!(%error, "the lease can't be read; it will be tried again");
                tokio::time::sleep(terms.retry).await;
                continue;
            }
        }
        if let Standing::Theirs(_) = sight.standing(&at.identity, Instant::now()) {
            let holder = sight.lease().map(|lease| lease.holder.clone());
            if told != holder {
                tracing::info!(holder, "another replica leads; waiting");
                told = holder;
            }
        } else {
            let sent = Instant::now();
            match leases::hold(&client, &at, sight.lease(), terms, Timestamp::now()).await {
                Ok(Some(held)) => {
                    tracing::info!(identity = at.identity, "leading");
                    return Leadership {
                        client,
                        at,
                        terms,
                        held,
                        renewed: sent,
                    };
                }
                // Another was faster.
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "the lease can't be taken; it will be tried again");
                }
            }
        }
        tokio::time::sleep(terms.retry).await;
    }
}

impl Leadership {
    /// Renews the Lease until that fails for too long or another has it: then this process must not go on.
    pub(super) async fn keep(&mut self) -> String {
        loop {
            let left = self.left();
            tokio::time::sleep(self.terms.retry.min(left)).await;
            let left = self.left();
            if left.is_zero() {
                return "the lease could not be renewed in time".to_owned();
            }
            let sent = Instant::now();
            let renewal = leases::hold(
                &self.client,
                &self.at,
                Some(&self.held),
                self.terms,
                Timestamp::now(),
            );
            match tokio::time::timeout(left, renewal).await {
                Ok(Ok(Some(held))) => {
                    self.held = held;
                    self.renewed = sent;
                }
                Ok(Ok(None)) => {
                    let left = self.left();
                    if let Ok(Some(why)) = tokio::time::timeout(left, self.look()).await {
                        return why;
                    }
                }
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the lease can't be renewed; it will be tried again");
                }
                Err(_) => {}
            }
        }
    }

    /// The Lease is not as it was written: our own lost answer, or another's.
    async fn look(&mut self) -> Option<String> {
        match leases::read(&self.client, &self.at).await {
            Ok(Some(lease)) if lease.holder == self.at.identity => {
                self.held = lease;
                None
            }
            Ok(Some(lease)) => Some(format!("the lease is held by `{}`", lease.holder)),
            Ok(None) => Some("the lease was deleted".to_owned()),
            Err(error) => {
                tracing::warn!(%error, "the lease can't be read; it will be tried again");
                None
            }
        }
    }

    fn left(&self) -> Duration {
        let deadline = self.terms.renew_deadline;
        deadline.saturating_sub(self.renewed.elapsed())
    }

    /// Gives the Lease back: the next leader begins at once.
    pub(super) async fn release(self) {
        if let Err(error) = leases::release(&self.client, &self.at, &self.held).await {
            tracing::warn!(%error, "the lease could not be given back; it runs out by itself");
        }
    }
}
