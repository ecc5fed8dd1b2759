//! What is counted of Azure: requests, tokens, budgets, and keys that nothing deletes any more.

use super::{
    catalogue::Catalogue,
    families::{Counters, Durations, Gauges},
};

/// From a read in the same region to the time limit of a request.
pub(super) const SECONDS: [f64; 11] =
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

/// Everything that is about Azure.
#[derive(Debug)]
pub struct Azure {
    /// Requests to Azure by operation and code.
    pub requests: Counters<2>,
    /// How long Azure takes to answer, by operation.
    pub request_time: Durations<1>,
    /// Tokens by outcome.
    pub tokens: Counters<1>,
    /// What is left of each of Azure's budgets.
    pub budget_left: Gauges<3>,
    /// How long each of Azure's budgets has no room yet.
    pub budget_wait: Gauges<3>,
    /// How many objects wait for each of Azure's budgets.
    pub budget_waiting: Gauges<3>,
    /// Keys that were left behind in Azure.
    pub orphans: Counters<0>,
    /// Keys in Azure that carry a mark of this cluster and whose `SshKey` is gone.
    pub unclaimed: Gauges<0>,
}

impl Azure {
    pub(super) fn new(all: &mut Catalogue) -> Self {
        let bucket = ["bucket", "subscription", "location"];
        Self {
            requests: all.counter(
                "sshkey_azure_requests",
                "Requests to Azure Resource Manager by operation, and what came of them",
                ["operation", "code"],
            ),
            request_time: all.histogram(
                "sshkey_azure_request_duration_seconds",
                "How long requests to Azure Resource Manager took, by operation",
                ["operation"],
                &SECONDS,
            ),
            tokens: all.counter(
                "sshkey_azure_tokens",
                "Tokens for Azure that were issued, or not, by outcome",
                ["outcome"],
            ),
            budget_left: all.gauge(
                "sshkey_azure_budget_remaining",
                "Requests that Azure would take at this moment",
                bucket,
            ),
            budget_wait: all.gauge(
                "sshkey_azure_budget_wait_seconds",
                "Time until Azure takes a request again; 0 while it does",
                bucket,
            ),
            budget_waiting: all.gauge(
                "sshkey_azure_budget_waiting",
                "SshKeys that wait for their turn",
                bucket,
            ),
            orphans: all.counter(
                "sshkey_azure_orphans",
                "Keys that were left behind in Azure, since nothing could reach them any more or on request",
                [],
            ),
            unclaimed: all.gauge(
                "sshkey_azure_unclaimed_keys",
                "Keys in Azure that carry a mark of this cluster and whose SshKey is gone, as the last sweep saw them",
                [],
            ),
        }
    }
}
