//! A world of values: an object, its Secret, Azure, and what a step does to them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use sshkey_operator::{
    api::{
        ArmId, AzureStoreSpec, ErrorClass, OutputRef, Reason, SshKeySpec, SshKeyStatus, StoreKey,
        StoreKind,
        azure_store::{Defaults, NamedDefaults, Subscription},
        sshkey,
    },
    keys::{Comment, Fingerprint, KeyPair, KeySpec, PublicKey},
    plan::{
        AzureKey, AzureRecord, Changeable, Companion, Companions, Desired, Durability, Entry,
        EntryFact, Failure, Freshness, Group, KeyView, Mark, ObjectFacts, Observed, OutputFacts,
        OutputView, Ownership, Plan, PreviousFacts, Report, RotationRecord, SecretFacts, SecretKey,
        SecretView, Shape, StagedFacts, Step, StoreFact, default_stores, lets_ask, plan, report,
        resolve, stores_of, vouched,
    },
};

pub(crate) const ORPHAN_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Everything there is.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) spec: SshKeySpec,
    pub(crate) object: ObjectFacts,
    /// The store that is meant, if it is of the namespace.
    pub(crate) store: StoreFact,
    /// The stores of the cluster.
    pub(crate) cluster_stores: BTreeMap<String, StoreFact>,
    pub(crate) secret: SecretView,
    /// What is beside the Secret.
    pub(crate) staged: Companion<StagedFacts>,
    pub(crate) previous: Companion<PreviousFacts>,
    /// Seconds that have passed.
    pub(crate) now: i64,
    /// What the user gives.
    pub(crate) given: Option<Result<PublicKey, Failure>>,
    /// Outputs, and what stands where one shall be.
    pub(crate) outputs: BTreeMap<OutputRef, OutputFacts>,
    /// Outputs that can't be looked at.
    pub(crate) unseen_outputs: BTreeSet<OutputRef>,
    pub(crate) azure: BTreeMap<ArmId, AzureKey>,
    /// What a list shows of Azure, where that is older than what is there.
    pub(crate) listed: Option<BTreeMap<ArmId, AzureKey>>,
    /// What takes back some of what is written, right after it was written.
    pub(crate) webhook: Option<fn(&mut World)>,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) azure_failure: Option<Failure>,
    pub(crate) unheld_stores: BTreeMap<StoreKey, String>,
    /// Tags that were put right often enough.
    pub(crate) tags_turned_back: BTreeMap<String, Option<String>>,
    pub(crate) namespace_terminating: bool,
    /// Whether the definitions drop what a status must remember.
    pub(crate) crd_is_outdated: bool,
    pub(crate) released: bool,
    /// The name of the steps that are refused for good.
    pub(crate) refuses: Option<&'static str>,
    pub(crate) status: SshKeyStatus,
    /// Every key that was generated and stored.
    pub(crate) generated: Vec<PublicKey>,
    /// What broke a promise.
    pub(crate) violations: Vec<String>,
    pub(crate) writes: usize,
}

pub(crate) fn key() -> PublicKey {
    pair(KeySpec::Ed25519)
}

pub(crate) fn pair(spec: KeySpec) -> PublicKey {
    KeyPair::generate(spec, &Comment::empty())
        .unwrap()
        .public_key()
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub(crate) fn mark() -> Mark {
    Mark {
        cluster: "c".into(),
        namespace: "n".into(),
        object: "web".into(),
        uid: "u1".into(),
    }
}

pub(crate) fn id() -> ArmId {
    ArmId {
        subscription: "s".into(),
        resource_group: "g".into(),
        name: "n.web".into(),
    }
}

pub(crate) fn tags(mark: &Mark) -> BTreeMap<String, String> {
    mark.tags()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

impl World {
    /// A new object that asks for nothing but a key.
    pub(crate) fn new() -> Self {
        let defaults = Defaults {
            resource_group: Some(sshkey::ResourceGroup {
                name: Some("g".into()),
                creation_policy: None,
            }),
            location: Some("westeurope".into()),
            ..Defaults::default()
        };
        let store = AzureStoreSpec {
            subscription: Subscription {
                subscription_id: "s".into(),
                ..Subscription::default()
            },
            defaults: Some(NamedDefaults {
                common: defaults,
                name_template: None,
            }),
            ..AzureStoreSpec::default()
        };
        Self {
            spec: SshKeySpec::default(),
            object: ObjectFacts {
                uid: "u1".into(),
                deleting_since: None,
                has_finalizer: false,
                hints: Ok(Vec::new()),
                places: Vec::new(),
                has_status: false,
                outputs: Vec::new(),
                reported_outputs: Vec::new(),
                rotation: RotationRecord::default(),
                reported_requests: None,
                recorded_uid: None,
                rotate_requested: None,
                activate: None,
                abandoned: false,
                reported_fingerprint: None,
                reported_revision: None,
                reported_others: Vec::new(),
            },
            store: StoreFact::Ready(Box::new(store)),
            cluster_stores: BTreeMap::new(),
            secret: SecretView::Absent,
            staged: Companion::Absent,
            previous: Companion::Absent,
            now: 0,
            given: None,
            outputs: BTreeMap::new(),
            unseen_outputs: BTreeSet::new(),
            azure: BTreeMap::new(),
            listed: None,
            webhook: None,
            groups: BTreeSet::from(["g".to_owned()]),
            azure_failure: None,
            unheld_stores: BTreeMap::new(),
            tags_turned_back: BTreeMap::new(),
            namespace_terminating: false,
            crd_is_outdated: false,
            released: false,
            refuses: None,
            status: SshKeyStatus::default(),
            generated: Vec::new(),
            violations: Vec::new(),
            writes: 0,
        }
    }

    /// A new object that asks for a published key.
    pub(crate) fn published() -> Self {
        let mut world = Self::new();
        world.spec.azure = Some(sshkey::AzureSpec::default());
        world
    }

    /// The same after it has come to rest.
    pub(crate) fn settled(mut self) -> Self {
        // A second rotation begins only once the status names the key of the first.
        for _ in 0..2 {
            self.reconcile(usize::MAX);
            if self.plan().is_settled() {
                break;
            }
        }
        assert!(self.plan().is_settled(), "{:?}", self.plan());
        self
    }

    /// The same after it has come as far as it can: to this reason.
    pub(crate) fn settled_but_for(mut self, reason: Reason) -> Self {
        self.reconcile(usize::MAX);
        assert_eq!(self.ready_reason(), reason);
        self
    }

    pub(crate) fn desired(&self) -> Desired {
        let known = vouched(&self.mark(), &self.object, &self.seen_at_hints());
        let mut stores = self.stores_named();
        for key in default_stores(&self.spec, &known) {
            let fact = self.store_fact(&key);
            let is_there = fact != StoreFact::NotFound;
            stores.insert(key, fact);
            if is_there {
                break;
            }
        }
        resolve(&self.spec, self.mark(), &known, stores).unwrap()
    }

    /// Whose this object's things are.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            uid: self.object.uid.clone(),
            ..mark()
        }
    }

    fn stores_named(&self) -> BTreeMap<StoreKey, StoreFact> {
        let hints = self.object.hints.iter().flatten();
        let all: Vec<AzureRecord> = hints.chain(&self.object.places).cloned().collect();
        let named = stores_of(&self.spec, &all).into_iter();
        named
            .map(|key| {
                let fact = self.store_fact(&key);
                (key, fact)
            })
            .collect()
    }

    /// What hints point at, as far as it may be asked about.
    fn seen_at_hints(&self) -> BTreeMap<ArmId, KeyView> {
        let hints = self.object.hints.iter().flatten();
        let asked = hints.filter(|hint| self.may_ask(&hint.id, &hint.store, false));
        asked
            .map(|hint| (hint.id.clone(), self.view(&hint.id)))
            .collect()
    }

    fn may_ask(&self, id: &ArmId, store: &StoreKey, is_listed: bool) -> bool {
        let fact = self.store_fact(store);
        fact.is_usable() && lets_ask(Some(&fact), &self.mark(), id, is_listed)
    }

    fn store_fact(&self, key: &StoreKey) -> StoreFact {
        match key.kind {
            StoreKind::AzureStore => self.store.clone(),
            StoreKind::ClusterAzureStore => self
                .cluster_stores
                .get(&key.name)
                .cloned()
                .unwrap_or(StoreFact::NotFound),
        }
    }

    pub(crate) fn observed(&self) -> Observed {
        let desired = self.desired();
        let outputs = desired.outputs.iter().map(|output| &output.object);
        let outputs = outputs.chain(self.object.all_outputs()).map(|object| {
            let view = match self.outputs.get(object) {
                _ if self.unseen_outputs.contains(object) => OutputView::Unknown(transient()),
                Some(facts) => OutputView::Present(Box::new(facts.clone())),
                None => OutputView::Absent,
            };
            (object.clone(), view)
        });
        let outputs = outputs.collect();
        let wanted = desired.azure.as_ref().and_then(|azure| {
            let wanted = azure.target.as_ref().ok()?;
            let is_listed = self
                .object
                .places
                .iter()
                .any(|place| place.id == *wanted.id());
            let is_asked =
                self.object.deleting_since.is_none() || (self.object.has_finalizer && !is_listed);
            is_asked.then(|| (wanted.id().clone(), azure.store.clone()))
        });
        let listed = self.object.places.iter();
        let listed = listed.map(|place| (place.id.clone(), place.store.clone()));
        let mut azure = self.seen_at_hints();
        let hints = self.object.hints.iter().flatten();
        let mut stores_of_places: BTreeMap<ArmId, StoreKey> = hints
            .filter(|hint| azure.contains_key(&hint.id))
            .map(|hint| (hint.id.clone(), hint.store.clone()))
            .collect();
        for (id, store) in listed.chain(wanted) {
            // A list has shown the mark, or it is within the limits.
            let is_marked = self
                .azure
                .get(&id)
                .is_some_and(|key| self.mark().ownership(&key.tags) == Ownership::Ours);
            let is_vouched = store.kind == StoreKind::AzureStore || is_marked;
            if self.may_ask(&id, &store, is_vouched) {
                azure.insert(id.clone(), self.view(&id));
                stores_of_places.insert(id, store);
            }
        }
        Observed {
            object: self.object.clone(),
            object_is_live: self.object.deleting_since.is_some(),
            secret: self.secret.clone(),
            companions: self.companions(),
            given: self
                .given
                .clone()
                .filter(|_| self.object.deleting_since.is_none()),
            outputs,
            azure,
            stores_of_places,
            known: Vec::new(),
            crd_is_outdated: self.crd_is_outdated,
            unheld_stores: self.unheld_stores.clone(),
            tags_turned_back: self.tags_turned_back.clone(),
            namespace_terminating: self.namespace_terminating,
            refused: Vec::new(),
        }
        .with_places(&desired)
    }

    /// What the controller has seen beside the Secret: it looks when something says that there may be something.
    fn companions(&self) -> Companions {
        let was_changed = match &self.secret {
            SecretView::Present(facts) => facts.revision > 1,
            SecretView::Absent => self.object.has_finalizer,
        };
        let leaving = self.object.deleting_since.is_some();
        if self.object.rotation.companions || was_changed || leaving {
            self.companions_read()
        } else {
            Companions::Unread
        }
    }

    pub(crate) fn companions_read(&self) -> Companions {
        Companions::Read {
            staged: self.staged.clone(),
            previous: self.previous.clone(),
        }
    }

    /// A look at a place in Azure: a list shows one that the status names, a read any other.
    fn view(&self, id: &ArmId) -> KeyView {
        let told = self.status.azure.as_ref();
        let is_told = told.is_some_and(|azure| azure.resource_id == id.to_string());
        if is_told && self.object.deleting_since.is_none() {
            let listed = self.listed.as_ref().unwrap_or(&self.azure);
            self.view_of(id, listed, Freshness::Listed)
        } else {
            self.read(id)
        }
    }

    /// A read of a place in Azure.
    pub(crate) fn read(&self, id: &ArmId) -> KeyView {
        self.view_of(id, &self.azure, Freshness::Live)
    }

    fn view_of(
        &self,
        id: &ArmId,
        keys: &BTreeMap<ArmId, AzureKey>,
        freshness: Freshness,
    ) -> KeyView {
        match (&self.azure_failure, keys.get(id)) {
            (Some(failure), _) => KeyView::Unknown(failure.clone()),
            (None, Some(key)) => KeyView::Present {
                key: key.clone(),
                freshness,
            },
            (None, None) => KeyView::Absent {
                group: if self.groups.contains(&id.resource_group) {
                    Group::Exists
                } else {
                    Group::Missing
                },
                freshness,
            },
        }
    }

    pub(crate) fn plan(&self) -> Plan {
        plan(
            &self.desired(),
            &self.observed(),
            ORPHAN_AFTER,
            at(self.now),
        )
    }

    pub(crate) fn step_names(&self) -> Vec<&'static str> {
        self.plan().steps.iter().map(Step::name).collect()
    }

    pub(crate) fn report(&self) -> Report {
        self.report_at(at(self.now))
    }

    pub(crate) fn report_at(&self, now: Timestamp) -> Report {
        report(
            &self.desired(),
            &self.observed(),
            &self.plan(),
            None,
            &self.status,
            1,
            now,
        )
    }

    /// The status is written: what it says is what the object says of itself from now on.
    pub(crate) fn status_is(&mut self, status: SshKeyStatus) {
        let fingerprint = |text: &String| text.parse().unwrap();
        let object = &mut self.object;
        object.reported_fingerprint = status.fingerprint.as_ref().map(fingerprint);
        let rotation = status.rotation.clone().unwrap_or_default();
        let revision = status.rotation.as_ref().map(|rotation| rotation.revision);
        object.reported_revision = revision.and_then(|revision| revision.try_into().ok());
        let former = rotation.previous.iter().map(|former| &former.fingerprint);
        let pending = rotation
            .pending
            .as_ref()
            .map(|pending| &pending.fingerprint);
        object.reported_others = former.chain(pending).map(fingerprint).collect();
        let rotation = status.rotation.as_ref();
        object.reported_requests = rotation.map(|rotation| rotation.handled_requests.clone());
        object.has_status = status.recorded_for.is_some();
        let azure = status.azure.clone().unwrap_or_default();
        let places = azure.places.iter().filter_map(AzureRecord::from_status);
        object.places = places.collect();
        let outputs = status.outputs.iter().map(|output| OutputRef {
            kind: output.kind.parse().unwrap(),
            name: output.name.clone(),
        });
        object.reported_outputs = outputs.collect();
        self.status = status;
    }

    /// The reason of the Ready condition.
    pub(crate) fn ready_reason(&self) -> Reason {
        self.report().ready.reason
    }

    /// Changes what the Secret says.
    pub(crate) fn edit_secret(&mut self, edit: impl FnOnce(&mut SecretFacts)) {
        match &mut self.secret {
            SecretView::Present(facts) => edit(facts),
            SecretView::Absent => panic!("there is no Secret"),
        }
    }
}

/// Our output with a key.
pub(crate) fn output(shape: &Shape, key: &PublicKey) -> OutputFacts {
    holding(shape, key, std::slice::from_ref(key))
}

/// Our output with a key, and all that may be trusted.
pub(crate) fn holding(shape: &Shape, key: &PublicKey, trusted: &[PublicKey]) -> OutputFacts {
    let fact = |entry: &Entry| match entry {
        Entry::Text(_) => EntryFact::Text(true),
        Entry::AuthorizedKeys => EntryFact::Keys(trusted.to_vec()),
        _ => EntryFact::Key(key.clone()),
    };
    OutputFacts {
        uid: "o1".into(),
        resource_version: "1".into(),
        is_output: true,
        owner_name: Some("web".into()),
        owner_uid: Some("u1".into()),
        owner_namespace: Some("n".into()),
        recorded: Some(key.fingerprint()),
        metadata_fits: true,
        changeable: Changeable::Everything,
        entries: shape
            .entries
            .iter()
            .map(|(name, entry)| (name.clone(), fact(entry)))
            .collect(),
        superfluous: Vec::new(),
        held_by: None,
    }
}

/// Our Secret with a key.
pub(crate) fn secret(key: &PublicKey) -> SecretFacts {
    SecretFacts {
        uid: "s1".into(),
        resource_version: "1".into(),
        labelled: true,
        owner_name: Some("web".into()),
        owner_uid: Some("u1".into()),
        owner_namespace: Some("n".into()),
        is_well_formed: true,
        may_be_adopted: false,
        recorded: Some(key.fingerprint()),
        revision: 1,
        created_at: Some(at(0)),
        request: None,
        key: SecretKey::Readable(key.clone()),
        public_entry_matches: true,
        private_entry_is_a_file: true,
        durability: Durability::default(),
    }
}

/// Somebody's Secret.
pub(crate) fn foreign_secret(key: SecretKey) -> SecretFacts {
    SecretFacts {
        uid: "s2".into(),
        resource_version: "7".into(),
        labelled: false,
        owner_name: None,
        owner_uid: None,
        owner_namespace: None,
        is_well_formed: true,
        may_be_adopted: false,
        recorded: None,
        revision: 1,
        created_at: None,
        request: None,
        key,
        public_entry_matches: false,
        private_entry_is_a_file: true,
        durability: Durability::default(),
    }
}

pub(crate) fn azure_key(key: &PublicKey, tags: BTreeMap<String, String>) -> AzureKey {
    AzureKey {
        location: "westeurope".into(),
        tags,
        public_key: Ok(key.clone()),
    }
}

pub(crate) fn transient() -> Failure {
    Failure::new(ErrorClass::Transient, Reason::AzureUnavailable, "away")
}

pub(crate) fn fingerprint(key: &PublicKey) -> Fingerprint {
    key.fingerprint()
}
