//! The Lease that says who leads, as it is in the cluster.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease as Object, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Api, Client, ResourceExt,
    api::{ObjectMeta, PostParams},
};

use super::{
    election::{Lease, Terms},
    error::{KubernetesError, attempt, optional},
};
use crate::api::names::manager;

/// Where a Lease is, and in whose name it is written.
#[derive(Clone, Debug)]
pub struct LeaseAt {
    /// The operator's own namespace.
    pub namespace: String,
    /// The Lease's name: one for all replicas.
    pub name: String,
    /// Who this process is: like no other.
    pub identity: String,
}

fn leases(client: &Client, at: &LeaseAt) -> Api<Object> {
    Api::namespaced(client.clone(), &at.namespace)
}

fn subject(at: &LeaseAt) -> impl FnOnce() -> String {
    let subject = format!("Lease {}", at.name);
    move || subject
}

fn params() -> PostParams {
    PostParams {
        field_manager: Some(manager::LEASE.to_owned()),
        ..PostParams::default()
    }
}

/// Reads the Lease; `None` when there is none.
///
/// # Errors
/// When it can't be read.
pub async fn read(client: &Client, at: &LeaseAt) -> Result<Option<Lease>, KubernetesError> {
    let found = attempt("read", subject(at), leases(client, at).get(&at.name)).await;
    Ok(optional(found)?.map(|object| seen(&object)))
}

/// Takes the Lease, or renews it, at the version that was read; creates it where there was none. `None` when another
/// was faster.
///
/// # Errors
/// When it can't be written. After a lost answer it may be ours.
pub async fn hold(
    client: &Client,
    at: &LeaseAt,
    before: Option<&Lease>,
    terms: Terms,
    now: Timestamp,
) -> Result<Option<Lease>, KubernetesError> {
    let is_ours = before.is_some_and(|before| before.holder == at.identity);
    let transitions = before.map_or(0, |before| before.transitions + i32::from(!is_ours));
    let spec = LeaseSpec {
        holder_identity: Some(at.identity.clone()),
        lease_duration_seconds: i32::try_from(terms.duration.as_secs()).ok(),
        // What kubectl shows; nobody decides upon it. A renewal leaves the time of acquisition as it was.
        acquire_time: Some(MicroTime(now)),
        renew_time: Some(MicroTime(now)),
        lease_transitions: Some(transitions),
        ..LeaseSpec::default()
    };
    write(client, at, before, spec, is_ours).await
}

/// Gives the Lease back, so that another need not wait until it has run out.
///
/// # Errors
/// When it can't be written.
pub async fn release(client: &Client, at: &LeaseAt, held: &Lease) -> Result<(), KubernetesError> {
    let spec = LeaseSpec {
        holder_identity: Some(String::new()),
        lease_duration_seconds: Some(1),
        lease_transitions: Some(held.transitions),
        ..LeaseSpec::default()
    };
    write(client, at, Some(held), spec, false).await.map(drop)
}

async fn write(
    client: &Client,
    at: &LeaseAt,
    before: Option<&Lease>,
    mut spec: LeaseSpec,
    keep_acquired: bool,
) -> Result<Option<Lease>, KubernetesError> {
    let api = leases(client, at);
    let mut object = Object {
        metadata: ObjectMeta {
            name: Some(at.name.clone()),
            ..ObjectMeta::default()
        },
        spec: None,
    };
    let written = match before {
        None => {
            object.spec = Some(spec);
            attempt("create", subject(at), api.create(&params(), &object)).await
        }
        Some(before) => {
            if keep_acquired {
                spec.acquire_time = before.acquired.map(MicroTime);
            }
            object.metadata.resource_version = Some(before.version.clone());
            object.spec = Some(spec);
            attempt(
                "update",
                subject(at),
                api.replace(&at.name, &params(), &object),
            )
            .await
        }
    };
    match written {
        Ok(object) => Ok(Some(seen(&object))),
        // Another was faster, or it was deleted: the next look tells.
        Err(error) if matches!(error.code(), Some(404 | 409)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn seen(object: &Object) -> Lease {
    let spec = object.spec.clone().unwrap_or_default();
    let seconds = spec.lease_duration_seconds.unwrap_or_default();
    Lease {
        holder: spec.holder_identity.unwrap_or_default(),
        duration: Duration::from_secs(u64::try_from(seconds).unwrap_or_default()),
        version: object.resource_version().unwrap_or_default(),
        transitions: spec.lease_transitions.unwrap_or_default(),
        acquired: spec.acquire_time.map(|time| time.0),
    }
}
