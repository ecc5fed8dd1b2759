//! The control endpoint, `/_emulator/`: faults, the request log, and changes behind the clients' backs. No part of ARM; JSON in and out.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use jiff::SignedDuration;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    arm::{
        envelope::{empty, gateway_json},
        throttle::Throttle,
    },
    call::Call,
    entra::directory::Directory,
    faults::Fault,
    governance::{Lock, Policy, RegistrationState},
    shared::Shared,
    stored::StoredKey,
    tenant::Tenant,
};

#[derive(Deserialize)]
struct KeyId {
    id: String,
}

#[derive(Deserialize)]
struct LockName {
    scope: String,
    name: String,
}

#[derive(Deserialize)]
struct Registration {
    compute: RegistrationState,
}

#[derive(Deserialize)]
struct SubscriptionState {
    state: String,
}

#[derive(Deserialize)]
struct ListLag {
    seconds: u32,
}

#[derive(Deserialize)]
struct TokenLifetime {
    seconds: u32,
}

pub(crate) fn answer(shared: &Shared, call: &Call, segments: &[String]) -> Response<Bytes> {
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    if call.method != Method::GET {
        shared.touch();
    }
    let result = match (call.method.as_str(), path.as_slice()) {
        ("GET", ["state"]) => Ok(ok(&state(shared))),
        ("DELETE", ["state"]) => {
            shared.world().clear();
            Ok(done())
        }
        ("GET", ["faults"]) => Ok(ok(&faults(shared))),
        ("POST", ["faults"]) => {
            read::<Fault>(call).map(|fault| ok(&json!({"id": shared.faults.add(fault)})))
        }
        ("DELETE", ["faults"]) => {
            shared.faults.clear();
            Ok(done())
        }
        ("DELETE", ["faults", id]) => {
            Ok(found(id.parse().is_ok_and(|id| shared.faults.remove(id))))
        }
        ("GET", ["requests"]) => Ok(ok(&json!(shared.log.all()))),
        ("DELETE", ["requests"]) => {
            shared.log.clear();
            Ok(done())
        }
        ("GET", ["keys"]) => Ok(ok(&json!(shared.world().keys().collect::<Vec<_>>()))),
        ("PUT", ["keys"]) => {
            read::<StoredKey>(call).map(|key| ok(&json!({"id": shared.store_unchecked(key)})))
        }
        ("POST", ["keys", "delete"]) => {
            read::<KeyId>(call).map(|key| found(shared.remove_by_id(&key.id)))
        }
        ("POST", ["keys", "wrap"]) => {
            read::<KeyId>(call).map(|key| found(shared.wrap_by_id(&key.id)))
        }
        ("PUT", ["token-lifetime"]) => read::<TokenLifetime>(call).map(|lifetime| {
            shared
                .token_lifetime_seconds
                .store(lifetime.seconds, Ordering::Relaxed);
            done()
        }),
        ("PUT", ["throttle"]) => read::<Throttle>(call).map(|throttle| {
            shared.meters.lock().reset(throttle);
            done()
        }),
        ("PUT", ["tenants"]) => read::<Vec<Tenant>>(call).map(|tenants| {
            *shared.directory.write() = Directory::new(tenants);
            done()
        }),
        (method, path) => governance(shared, call, method, path),
    };
    result.unwrap_or_else(|message| {
        gateway_json(StatusCode::BAD_REQUEST, &json!({"message": message}))
    })
}

/// Locks, policies, registrations, the states of subscriptions, and how lists lag.
fn governance(
    shared: &Shared,
    call: &Call,
    method: &str,
    path: &[&str],
) -> Result<Response<Bytes>, String> {
    match (method, path) {
        ("GET", ["locks"]) => Ok(ok(&json!(shared.world().locks.all().collect::<Vec<_>>()))),
        ("PUT", ["locks"]) => read::<Lock>(call).map(|lock| {
            shared.world().locks.put(lock);
            done()
        }),
        ("POST", ["locks", "delete"]) => read::<LockName>(call)
            .map(|lock| found(shared.world().locks.remove(&lock.scope, &lock.name))),
        ("GET", ["policies"]) => Ok(ok(&json!(shared.world().policies))),
        ("PUT", ["policies"]) => read::<Vec<Policy>>(call).map(|policies| {
            shared.world().policies = policies;
            done()
        }),
        ("PUT", ["registrations", subscription]) => {
            read::<Registration>(call).map(|registration| {
                let state = registration.compute;
                shared.world().registrations.set(subscription, state);
                done()
            })
        }
        ("PUT", ["subscriptions", subscription]) => read::<SubscriptionState>(call).map(|sent| {
            let id = subscription.to_lowercase();
            shared.world().states.insert(id, sent.state);
            done()
        }),
        ("PUT", ["list-lag"]) => read::<ListLag>(call).map(|lag| {
            let lag = SignedDuration::from_secs(lag.seconds.into());
            shared.world().set_list_lag(lag);
            done()
        }),
        _ => Ok(empty(StatusCode::NOT_FOUND)),
    }
}

fn state(shared: &Shared) -> Value {
    let world = shared.world();
    json!({
        "endpoint": shared.endpoint,
        "groups": world.groups().collect::<Vec<_>>(),
        "keys": world.keys().collect::<Vec<_>>(),
        "locks": world.locks.all().collect::<Vec<_>>(),
        "policies": world.policies,
        "tokenLifetimeSeconds": shared.token_lifetime(),
        "subscriptions": shared.subscriptions.iter().map(|subscription| &subscription.id).collect::<Vec<_>>(),
        "faults": faults(shared),
    })
}

fn faults(shared: &Shared) -> Value {
    shared
        .faults
        .list()
        .into_iter()
        .map(|(id, fault, seen)| json!({"id": id, "seen": seen, "fault": fault}))
        .collect()
}

fn read<T: DeserializeOwned>(call: &Call) -> Result<T, String> {
    serde_json::from_slice(&call.body).map_err(|error| error.to_string())
}

fn ok(value: &Value) -> Response<Bytes> {
    gateway_json(StatusCode::OK, value)
}

fn done() -> Response<Bytes> {
    empty(StatusCode::NO_CONTENT)
}

fn found(found: bool) -> Response<Bytes> {
    empty(if found {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    })
}
