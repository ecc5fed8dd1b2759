//! Reads what a decision needs: the Secret live, the object live where it matters, Azure through the inventory.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use kube::ResourceExt;

use super::{
    companions,
    context::Scope,
    facts::{self, now},
    given, outputs,
    sessions::Session,
    store_facts,
    store_object::StoreId,
    waiting::WaitsFor,
};
use crate::{
    api::{ArmId, SshKey, StoreKey, names::FINALIZER},
    azure::{AzureError, Caller, Cause, Operation},
    kubernetes::{KubernetesError, namespaces, secrets, sshkeys},
    plan::{
        AzureRecord, Companions, Desired, Freshness, KeyView, Mark, Observed, SecretView,
        StoreFact, resolve, secret_name,
    },
};

/// What is wanted and what is there.
pub(super) struct Observation {
    /// The object that was decided upon: the newest that is known.
    pub(super) object: SshKey,
    /// On whose behalf Azure is asked.
    pub(super) caller: Caller,
    pub(super) desired: Desired,
    pub(super) observed: Observed,
    /// How each store is reached.
    pub(super) sessions: BTreeMap<StoreKey, Arc<Session>>,
}

impl Observation {
    /// The stores through which the object's key may be in Azure; none once it is let go.
    pub(super) fn stores_in_use(&self) -> BTreeSet<StoreId> {
        let records = self.observed.object.records.iter().flatten();
        records
            .filter(|_| self.observed.object.has_finalizer)
            .map(|record| StoreId::seen_from(&self.caller.namespace, &record.store))
            .collect()
    }
}

/// Why nothing can be decided.
#[derive(Debug, thiserror::Error)]
pub(super) enum ObserveError {
    /// The cluster can't be read.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
    /// The object asks for what its schema does not allow.
    #[error("{0}")]
    Invalid(String),
    /// Something has to be done first, outside of this reconcile.
    #[error("{}", <&'static str>::from(.0))]
    Waiting(WaitsFor),
}

/// Observes one object; `None` when it is gone.
pub(super) async fn observe(
    scope: &Scope,
    seen: &SshKey,
) -> Result<Option<Observation>, ObserveError> {
    let client = &scope.context.client;
    let (namespace, name) = (seen.namespace().unwrap_or_default(), seen.name_any());
    let secret_name = secret_name(&seen.spec, &name);
    let secret = match &secret_name {
        Some(secret_name) => {
            let found = secrets::read(client, &namespace, secret_name).await?;
            let uid = seen.uid().unwrap_or_default();
            scope.context.key_ages.read(&uid, found.as_ref());
            facts::secret(found).await
        }
        None => SecretView::Absent,
    };

    // Whether a key is lost, or what is to be deleted, is not decided upon a copy that may be old. A new object needs no
    // second look: its first step is a patch at the version that was looked at.
    let held = seen
        .finalizers()
        .iter()
        .any(|finalizer| finalizer == FINALIZER);
    let deleting = seen.metadata.deletion_timestamp.is_some();
    let is_missing = secret_name.is_some() && secret == SecretView::Absent;
    let object = if deleting || (held && is_missing) {
        match sshkeys::read(client, &namespace, &name).await? {
            Some(live) if live.uid() == seen.uid() => live,
            _ => return Ok(None),
        }
    } else {
        seen.clone()
    };
    let facts = facts::object(&object);
    let is_lost_or_leaving = deleting || (held && is_missing);
    let companions = match &secret_name {
        Some(secret_name) if companions::may_be_there(&facts, &secret, is_lost_or_leaving) => {
            companions::look(client, &namespace, secret_name, &name).await?
        }
        _ => Companions::Unread,
    };
    let records = facts.records.clone().unwrap_or_default();
    let mark = Mark {
        cluster: scope.context.options.cluster_id.clone(),
        namespace: namespace.clone(),
        object: name,
        uid: facts.uid.clone(),
    };
    let looked = store_facts::look(scope, &namespace, &object.spec, &records).await?;
    let stores = looked.facts;
    let sessions: BTreeMap<StoreKey, Arc<Session>> = stores
        .keys()
        .filter_map(|store| {
            Some((
                store.clone(),
                scope
                    .context
                    .sessions
                    .last(&StoreId::seen_from(&namespace, store))?,
            ))
        })
        .collect();
    let desired = resolve(&object.spec, mark, &records, stores).map_err(ObserveError::Invalid)?;

    let caller = Caller {
        namespace: namespace.clone(),
        object: facts.uid.clone(),
        generation: object.metadata.generation.unwrap_or_default(),
    };
    let mut azure = BTreeMap::new();
    for (id, store) in places(&desired, &records, deleting) {
        // A store whose identity fails is not asked by each of its keys, but for the last that can be done for them.
        let usable = deleting || desired.stores.get(&store).is_some_and(StoreFact::is_usable);
        if let Some(session) = sessions.get(&store).filter(|_| usable) {
            let view = look(scope, &object, session, &id, &caller).await;
            azure.insert(id, view);
        }
    }
    // What is leaving needs no key, and shall not wait for one.
    let given = if deleting {
        None
    } else {
        given::look(&scope.context, &object).await?
    };
    let outputs = Box::pin(outputs::look(client, &object, &desired, &facts.outputs)).await;
    let namespace_terminating = deleting && namespaces::is_terminating(client, &namespace).await?;
    let observed = Observed {
        object: facts,
        secret,
        companions,
        given,
        outputs,
        azure,
        unheld_stores: looked.unheld,
        tags_turned_back: scope
            .context
            .tag_repairs
            .enough(&caller.object, Instant::now()),
        namespace_terminating,
    };
    Ok(Some(Observation {
        object,
        caller,
        desired,
        observed,
        sessions,
    }))
}

/// Every place in Azure that matters to the object, and the store through which it is reached.
fn places(desired: &Desired, records: &[AzureRecord], deleting: bool) -> BTreeMap<ArmId, StoreKey> {
    let recorded = records
        .iter()
        .map(|record| (record.id.clone(), record.store.clone()));
    let wanted = desired
        .azure
        .iter()
        .filter(|_| !deleting)
        .filter_map(|azure| {
            let wanted = azure.target.as_ref().ok()?;
            Some((wanted.id().clone(), azure.store.clone()))
        });
    recorded.chain(wanted).collect()
}

async fn look(
    scope: &Scope,
    object: &SshKey,
    session: &Session,
    id: &ArmId,
    caller: &Caller,
) -> KeyView {
    let context = &scope.context;
    let now = now();
    // Nothing can come of it before its turn, so nothing is asked.
    if let Some(turn) = context.budget.turn_of(caller, now) {
        let cause = Cause::NotBefore(turn);
        let error = AzureError::new(Operation::ReadKey, id.to_string(), cause);
        return KeyView::Unknown(facts::azure_failure(&error));
    }
    let published = object
        .status
        .as_ref()
        .and_then(|status| status.azure.as_ref())
        .and_then(|azure| azure.resource_id.parse::<ArmId>().ok())
        .is_some_and(|published| published == *id);
    let deleting = object.metadata.deletion_timestamp.is_some();
    let view = if published && !deleting {
        let intervals = &context.options.intervals;
        session
            .inventory
            .known(
                &session.arm,
                id,
                intervals.sweep,
                intervals.settle(),
                caller,
                now,
            )
            .await
            .map(facts::azure)
    } else {
        session
            .inventory
            .read(&session.arm, id, caller)
            .await
            .map(|seen| facts::seen_as(&seen, Freshness::Live))
    };
    view.unwrap_or_else(|error| {
        if session.met(&error) {
            context.store_uses.wake(&session.id);
        }
        KeyView::Unknown(facts::azure_failure(&error))
    })
}
