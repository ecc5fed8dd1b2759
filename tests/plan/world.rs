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
        AzureKey, Changeable, Companion, Companions, Desired, Entry, EntryFact, Failure, Freshness,
        Group, KeyView, Mark, ObjectFacts, Observed, Outcome, OutputFacts, OutputView, Plan,
        PreviousFacts, Report, RotationRecord, SecretFacts, SecretKey, SecretView, Shape,
        StagedFacts, Step, StoreFact, default_stores, plan, report, resolve, stores_of,
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
    pub(crate) groups: BTreeSet<String>,
    pub(crate) azure_failure: Option<Failure>,
    pub(crate) unheld_stores: BTreeMap<StoreKey, String>,
    /// Tags that were put right often enough.
    pub(crate) tags_turned_back: BTreeMap<String, Option<String>>,
    pub(crate) namespace_terminating: bool,
    pub(crate) released: bool,
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
                records: Ok(Vec::new()),
                outputs: Vec::new(),
                rotation: RotationRecord::default(),
                recorded_uid: None,
                rotate_requested: None,
                activate: None,
                abandoned: false,
                reported_fingerprint: None,
                reported_revision: None,
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
            groups: BTreeSet::from(["g".to_owned()]),
            azure_failure: None,
            unheld_stores: BTreeMap::new(),
            tags_turned_back: BTreeMap::new(),
            namespace_terminating: false,
            released: false,
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
        self.reconcile(usize::MAX);
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
        let records = self.object.records.clone().unwrap_or_default();
        let mut stores: BTreeMap<StoreKey, StoreFact> = BTreeMap::new();
        for key in stores_of(&self.spec, &records) {
            let fact = self.store_fact(&key);
            stores.insert(key, fact);
        }
        for key in default_stores(&self.spec, &records) {
            let fact = self.store_fact(&key);
            let is_there = fact != StoreFact::NotFound;
            stores.insert(key, fact);
            if is_there {
                break;
            }
        }
        resolve(&self.spec, mark(), &records, stores).unwrap()
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
        let outputs = outputs.chain(&self.object.outputs).map(|object| {
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
            Some((wanted.id().clone(), azure.store.clone()))
        });
        let recorded = self
            .object
            .records
            .iter()
            .flatten()
            .map(|record| (record.id.clone(), record.store.clone()));
        let azure = recorded
            .chain(wanted)
            .filter(|(_, store)| self.store_fact(store).is_usable())
            .map(|(id, _)| {
                let view = self.view(&id);
                (id, view)
            })
            .collect();
        Observed {
            object: self.object.clone(),
            secret: self.secret.clone(),
            companions: self.companions(),
            given: self
                .given
                .clone()
                .filter(|_| self.object.deleting_since.is_none()),
            outputs,
            azure,
            unheld_stores: self.unheld_stores.clone(),
            tags_turned_back: self.tags_turned_back.clone(),
            namespace_terminating: self.namespace_terminating,
        }
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

    fn view(&self, id: &ArmId) -> KeyView {
        let freshness = Freshness::Live;
        match (&self.azure_failure, self.azure.get(id)) {
            (Some(failure), _) => KeyView::Unknown(failure.clone()),
            (None, Some(key)) => KeyView::Present {
                key: key.clone(),
                freshness,
            },
            (None, None) if self.groups.contains(&id.resource_group) => KeyView::Absent {
                group: Group::Exists,
                freshness,
            },
            (None, None) => KeyView::Absent {
                group: Group::Missing,
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

    /// The reason of the Ready condition.
    pub(crate) fn ready_reason(&self) -> Reason {
        self.report().ready.reason
    }

    /// Observes, then plans and acts as the controller does, and stops (crashes) before the step of number `stop`.
    /// Returns whether it came to the end.
    pub(crate) fn reconcile(&mut self, stop: usize) -> bool {
        let desired = self.desired();
        let mut observed = self.observed();
        for number in 0.. {
            assert!(
                number < 32,
                "the plan does not settle: {:?}",
                plan(&desired, &observed, ORPHAN_AFTER, at(self.now))
            );
            let decided = plan(&desired, &observed, ORPHAN_AFTER, at(self.now));
            let suspended = desired.suspended && !decided.deleting;
            let next = decided.steps.first().filter(|_| !suspended);
            let Some(next) = next else {
                let written = report(
                    &desired,
                    &observed,
                    &decided,
                    None,
                    &self.status,
                    1,
                    at(self.now),
                )
                .status;
                self.writes += usize::from(written != self.status);
                self.object.reported_fingerprint = written
                    .fingerprint
                    .as_deref()
                    .map(|text| text.parse().unwrap());
                self.object.reported_revision = written
                    .rotation
                    .as_ref()
                    .and_then(|rotation| rotation.revision.try_into().ok());
                self.status = written;
                break;
            };
            if number == stop {
                return false;
            }
            let stages = matches!(next, Step::StageKey { .. } | Step::StageImportedKey { .. });
            if stages && observed.companions == Companions::Unread {
                observed.companions = self.companions_read();
                continue;
            }
            let outcome = self.act(next);
            self.writes += 1;
            observed = observed.after(outcome);
            if self.released {
                break;
            }
        }
        true
    }

    fn act(&mut self, step: &Step) -> Outcome {
        match step {
            Step::Record {
                records,
                outputs,
                rotation,
            } => {
                self.object.has_finalizer = true;
                self.object.rotation = rotation.clone();
                self.object.recorded_uid = Some(self.object.uid.clone());
                self.object.records = Ok(records.clone());
                self.object.outputs.clone_from(outputs);
                Outcome::Object(self.object.clone())
            }
            Step::CreateSecret {
                key: spec,
                revision,
                request,
                now,
                ..
            } => {
                if self.secret == SecretView::Absent {
                    let key = pair(*spec);
                    self.generated.push(key.clone());
                    self.secret = SecretView::Present(Box::new(SecretFacts {
                        revision: *revision,
                        request: request.clone(),
                        created_at: Some(*now),
                        ..secret(&key)
                    }));
                }
                Outcome::Secret(self.secret.clone())
            }
            Step::ImportKey {
                public_key,
                revision,
                ..
            } => {
                if self.secret == SecretView::Absent {
                    self.secret = SecretView::Present(Box::new(SecretFacts {
                        revision: *revision,
                        ..secret(public_key)
                    }));
                }
                Outcome::Secret(self.secret.clone())
            }
            Step::AdoptSecret { secret: record, .. } => {
                self.secret = SecretView::Present(Box::new(secret(&record.public_key)));
                Outcome::Secret(self.secret.clone())
            }
            Step::RepairSecret {
                secret: record,
                anew,
            } => {
                let before = match &self.secret {
                    SecretView::Present(before) => SecretFacts::clone(before),
                    SecretView::Absent => panic!("only a Secret that is there is repaired"),
                };
                let (revision, made) = match anew {
                    Some((revision, made)) => (*revision, Some(*made)),
                    None => (before.revision, before.created_at),
                };
                self.secret = SecretView::Present(Box::new(SecretFacts {
                    revision,
                    created_at: made,
                    request: before.request,
                    ..secret(&record.public_key)
                }));
                Outcome::Secret(self.secret.clone())
            }
            Step::StageKey { .. }
            | Step::StageImportedKey { .. }
            | Step::KeepPreviousKey { .. }
            | Step::BeginDelay { .. }
            | Step::ActivateKey { .. }
            | Step::DropStagedKey { .. }
            | Step::DateFormerKeys { .. }
            | Step::RetireKeys { .. }
            | Step::DeletePreviousKeys { .. } => self.act_on_rotation(step),
            Step::DeleteSecret { .. } => {
                self.secret = SecretView::Absent;
                Outcome::Secret(SecretView::Absent)
            }
            Step::CreateOutput { .. } | Step::UpdateOutput { .. } | Step::DeleteOutput { .. } => {
                self.act_on_output(step)
            }
            Step::CreateResourceGroup { id, .. } => {
                self.groups.insert(id.resource_group.clone());
                Outcome::Group(id.group_key())
            }
            Step::PublishKey {
                id,
                location,
                tags,
                public_key,
            } => {
                let public_key = public_key.clone().expect("only a stored key is published");
                self.check_published(id, &public_key);
                let key = AzureKey {
                    location: location.clone(),
                    tags: tags.clone(),
                    public_key: Ok(public_key),
                };
                self.azure.insert(id.clone(), key.clone());
                Outcome::Azure(
                    id.clone(),
                    KeyView::Present {
                        key,
                        freshness: Freshness::Written,
                    },
                )
            }
            Step::UpdateAzureKey {
                id,
                public_key,
                tags,
            } => self.update_azure_key(id, public_key.as_ref(), tags.as_ref()),
            Step::DeleteAzureKey { id } => {
                self.azure.remove(id);
                Outcome::Azure(
                    id.clone(),
                    KeyView::Absent {
                        group: Group::Exists,
                        freshness: Freshness::Written,
                    },
                )
            }
            Step::HoldStore { store, .. } => {
                self.unheld_stores.remove(store);
                Outcome::Held(store.clone())
            }
            Step::RemoveFinalizer { .. } => {
                self.object.has_finalizer = false;
                self.released = true;
                Outcome::Released
            }
        }
    }

    fn update_azure_key(
        &mut self,
        id: &ArmId,
        public_key: Option<&PublicKey>,
        tags: Option<&BTreeMap<String, String>>,
    ) -> Outcome {
        if let Some(public_key) = public_key {
            self.check_published(id, public_key);
        }
        let there = self
            .azure
            .get_mut(id)
            .expect("only a key that is there is updated");
        if let Some(public_key) = public_key {
            there.public_key = Ok(public_key.clone());
        }
        if let Some(tags) = tags {
            there.tags.clone_from(tags);
        }
        let key = there.clone();
        Outcome::Azure(
            id.clone(),
            KeyView::Present {
                key,
                freshness: Freshness::Written,
            },
        )
    }

    fn act_on_output(&mut self, step: &Step) -> Outcome {
        match step {
            Step::CreateOutput {
                object,
                shape,
                public_key,
                trusted,
            } => {
                if !self.outputs.contains_key(object) {
                    self.check_output(object, shape, public_key.as_ref());
                    let facts = holding(shape, public_key.as_ref().unwrap(), trusted);
                    self.outputs.insert(object.clone(), facts);
                }
                self.output(object)
            }
            Step::UpdateOutput {
                object,
                shape,
                public_key,
                trusted,
                ..
            } => {
                self.check_output(object, shape, public_key.as_ref());
                let facts = holding(shape, public_key.as_ref().unwrap(), trusted);
                self.outputs.insert(object.clone(), facts);
                self.output(object)
            }
            Step::DeleteOutput { object, .. } => {
                self.outputs.remove(object);
                self.output(object)
            }
            other => panic!("{other:?} is about no output"),
        }
    }

    fn output(&self, object: &OutputRef) -> Outcome {
        let view = match self.outputs.get(object) {
            Some(facts) => OutputView::Present(Box::new(facts.clone())),
            None => OutputView::Absent,
        };
        Outcome::Output(object.clone(), view)
    }

    /// An output holds the object's key, is recorded, and takes the place of nobody else's.
    fn check_output(&mut self, object: &OutputRef, shape: &Shape, key: Option<&PublicKey>) {
        let known = self.observed().key(&self.desired()).cloned();
        if key.is_none() || known.as_ref() != key {
            self.violations
                .push(format!("{object} ({}) holds another key", shape.preset));
        }
        if !self.object.outputs.contains(object) {
            self.violations.push(format!("{object} is not recorded"));
        }
        let owner = self.outputs.get(object).map(|facts| &facts.owner_name);
        if owner.is_some_and(|owner| owner.as_deref() != Some("web")) {
            self.violations
                .push(format!("{object} of somebody else was changed"));
        }
    }

    /// Promises 1 and 2: what goes to Azure is stored, recorded, and takes the place of nobody else's.
    fn check_published(&mut self, id: &ArmId, public_key: &PublicKey) {
        let stored = self.observed().key(&self.desired()).cloned();
        let staged = self.staged.ours().and_then(|staged| staged.key.readable());
        if stored.as_ref() != Some(public_key) && staged != Some(public_key) {
            self.violations
                .push(format!("{id} was published without being stored"));
        }
        if !self
            .object
            .records
            .iter()
            .flatten()
            .any(|record| record.id == *id)
        {
            self.violations
                .push(format!("{id} was published without being recorded"));
        }
        if !self.object.has_finalizer {
            self.violations
                .push(format!("{id} was published without a finalizer"));
        }
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
        recorded: Some(key.fingerprint()),
        metadata_fits: true,
        changeable: Changeable::Everything,
        entries: shape
            .entries
            .iter()
            .map(|(name, entry)| (name.clone(), fact(entry)))
            .collect(),
        superfluous: Vec::new(),
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
        recorded: Some(key.fingerprint()),
        revision: 1,
        created_at: Some(at(0)),
        request: None,
        key: SecretKey::Readable(key.clone()),
        public_entry_matches: true,
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
        recorded: None,
        revision: 1,
        created_at: None,
        request: None,
        key,
        public_entry_matches: false,
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
