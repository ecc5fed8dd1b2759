//! Reads what a decision needs: the Secret live, the object live where it matters, Azure through the inventory.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use kube::ResourceExt;

use super::{
    companions::{self, Owner},
    context::Scope,
    facts, given,
    observe_azure::Look,
    outputs,
    sessions::Session,
    store_object::StoreId,
};
use crate::{
    api::{ArmId, SshKey, StoreKey, names::FINALIZER},
    azure::Caller,
    kubernetes::{KubernetesError, namespaces, secrets, sshkeys},
    plan::{
        Companions, Desired, Mark, Observed, Outcome, SecretView, resolve, secret_name,
        strange_hints, takes_up_secret, vouched,
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
    /// What was strange about the object's annotations when it was looked at.
    pub(super) strange_hints: Option<String>,
    /// Whether the managed Secret was that of an object of this name that is gone.
    pub(super) takes_up_secret: bool,
    /// How each store is reached.
    pub(super) sessions: BTreeMap<StoreKey, Arc<Session>>,
}

impl Observation {
    /// The stores through which the object's key may be in Azure; none once it is let go.
    pub(super) fn stores_in_use(&self) -> BTreeSet<StoreId> {
        let hints = self.observed.object.hints.iter().flatten();
        self.observed
            .known
            .iter()
            .chain(hints)
            .filter(|_| self.observed.object.has_finalizer)
            .map(|record| StoreId::seen_from(&self.caller.namespace, &record.store))
            .collect()
    }

    /// Lays over what was observed what a step has left behind, or a read has shown.
    pub(super) fn lay_over(&mut self, outcome: Outcome) {
        let observed = self.observed.clone().after(outcome);
        self.observed = observed.with_places(&self.desired);
    }

    /// The object, as the owner of Secrets.
    pub(super) fn owner(&self) -> Owner<'_> {
        let mark = &self.desired.mark;
        Owner::of(&mark.namespace, &mark.object, &self.observed.object)
    }

    /// Whether what Azure says of a place may change how its store stands: it is the wanted one, and the store is open to
    /// this namespace.
    pub(super) fn tells_its_store(&self, id: &ArmId) -> bool {
        tells_its_store(&self.desired, id)
    }
}

fn tells_its_store(desired: &Desired, id: &ArmId) -> bool {
    let wanted = desired.azure.as_ref();
    wanted.is_some_and(|azure| {
        let target = azure.target.as_ref().ok();
        let fact = desired.stores.get(&azure.store);
        target.is_some_and(|wanted| wanted.id() == id)
            && fact.is_some_and(|fact| fact.is_open_to(&desired.mark.namespace))
    })
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
            facts::secret(found, &namespace, &name).await
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
            let owner = Owner::of(&namespace, &name, &facts);
            companions::look(client, owner, secret_name).await?
        }
        _ => Companions::Unread,
    };
    let mark = Mark {
        cluster: scope.context.options.cluster_id.clone(),
        namespace: namespace.clone(),
        object: name,
        uid: facts.uid.clone(),
    };
    let caller = Caller {
        namespace: namespace.clone(),
        object: facts.uid.clone(),
        generation: object.metadata.generation.unwrap_or_default(),
    };
    let look = Look {
        scope,
        object: &object,
        caller: &caller,
        mark: &mark,
        deleting,
    };
    let mut seen = look.at_stores(&facts).await?;
    look.at_hints(&facts, &mut seen).await;
    let known = vouched(&mark, &facts, &seen.azure);
    look.at_default_stores(&known, &mut seen).await?;
    let desired = resolve(&object.spec, mark.clone(), &known, seen.stores.clone())
        .map_err(ObserveError::Invalid)?;
    look.at_places(&facts, &desired, &mut seen).await;
    // What is leaving needs no key, and shall not wait for one.
    let given = if deleting {
        None
    } else {
        given::look(&scope.context, &object).await?
    };
    let outputs = outputs::look(client, &object, &desired, facts.all_outputs());
    let outputs = Box::pin(outputs).await;
    let namespace_terminating = deleting && namespaces::is_terminating(client, &namespace).await?;
    let poll = scope.context.options.intervals.poll;
    let crd_is_outdated = object.spec.azure.is_some()
        && scope.context.definitions.are_outdated(client, poll).await;
    let observed = Observed {
        object: facts,
        object_is_live: deleting || (held && is_missing),
        secret,
        companions,
        given,
        outputs,
        azure: seen.azure,
        stores_of_places: seen.stores_of_places,
        known: Vec::new(),
        crd_is_outdated,
        unheld_stores: seen.unheld,
        tags_turned_back: scope
            .context
            .tag_repairs
            .enough(&caller.object, Instant::now()),
        namespace_terminating,
    };
    let observed = observed.with_places(&desired);
    Ok(Some(Observation {
        object,
        caller,
        strange_hints: strange_hints(&observed),
        takes_up_secret: takes_up_secret(&desired, &observed),
        desired,
        observed,
        sessions: seen.sessions,
    }))
}

