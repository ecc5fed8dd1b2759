//! A world of values: an object, its Secret, Azure, and what a step does to them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use sshkey_operator::{
    api::{
        ArmId, AzureStoreSpec, OutputRef, Reason, SshKeySpec, SshKeyStatus, StoreKey,
        azure_store::{Defaults, NamedDefaults, Subscription},
        sshkey,
    },
    keys::PublicKey,
    plan::{
        AuditLine, AzureKey, AzureRecord, Failure, ObjectFacts, OutputFacts, Plan, Planned,
        PreviousFacts, Report, RotationRecord, RotationSecret, SecretFacts, SecretView,
        StagedFacts, Step, StoreFact, plan, report,
    },
};

use super::at;

pub(crate) const ORPHAN_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Everything there is.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) spec: SshKeySpec,
    pub(crate) object: ObjectFacts,
    /// Where the object is.
    pub(crate) namespace: String,
    /// The store that is meant, if it is of the namespace.
    pub(crate) store: StoreFact,
    /// The stores of the cluster.
    pub(crate) cluster_stores: BTreeMap<String, StoreFact>,
    pub(crate) secret: SecretView,
    /// What is beside the Secret.
    pub(crate) staged: RotationSecret<StagedFacts>,
    pub(crate) previous: RotationSecret<PreviousFacts>,
    /// Seconds that have passed.
    pub(crate) now: i64,
    /// What the user gives.
    pub(crate) given: Option<Result<PublicKey, Failure>>,
    /// Outputs, and what stands where one shall be.
    pub(crate) outputs: BTreeMap<OutputRef, OutputFacts>,
    /// Outputs that can't be looked at.
    pub(crate) unseen_outputs: BTreeSet<OutputRef>,
    pub(crate) azure: BTreeMap<ArmId, AzureKey>,
    /// Keys in Azure that are another's, whatever they look like: no step may be about them.
    pub(crate) strangers: BTreeSet<ArmId>,
    /// What a list shows of Azure, where that is older than what is there.
    pub(crate) listed: Option<BTreeMap<ArmId, AzureKey>>,
    /// What takes back some of what is written, right after it was written.
    pub(crate) webhook: Option<fn(&mut World)>,
    /// Before which step of a pass another operator makes a whole pass of its own.
    pub(crate) another_operator_before: Option<usize>,
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
    /// What the audit log says.
    pub(crate) audit: Vec<AuditLine>,
    /// What broke a promise.
    pub(crate) violations: Vec<String>,
    pub(crate) writes: usize,
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
                ignored_requests: Vec::new(),
                abandoned: false,
                reported_fingerprint: None,
                reported_revision: None,
                reported_others: Vec::new(),
            },
            namespace: "n".into(),
            store: StoreFact::Ready(Box::new(store)),
            cluster_stores: BTreeMap::new(),
            secret: SecretView::Absent,
            staged: RotationSecret::Absent,
            previous: RotationSecret::Absent,
            now: 0,
            given: None,
            outputs: BTreeMap::new(),
            unseen_outputs: BTreeSet::new(),
            azure: BTreeMap::new(),
            strangers: BTreeSet::new(),
            listed: None,
            webhook: None,
            another_operator_before: None,
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
            audit: Vec::new(),
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

    /// The same after it has come to rest, by the steps that were foretold.
    pub(crate) fn settled(mut self) -> Self {
        let foretold = self.foretold_steps();
        let mut happened = Vec::new();
        // A second rotation begins only once the status names the key of the first.
        for _ in 0..2 {
            let taken = self.pass(usize::MAX).into_iter().flatten();
            happened.extend(taken.map(|step| step.name().to_owned()));
            if self.plan().is_settled() {
                break;
            }
        }
        assert!(self.plan().is_settled(), "{:?}", self.plan());
        let is_alone = self.refuses.is_none() && self.webhook.is_none();
        assert!(
            !is_alone || foretold == happened,
            "{foretold:?}: {happened:?}"
        );
        self
    }

    /// The same after it has come as far as it can: to this reason.
    pub(crate) fn settled_but_for(mut self, reason: Reason) -> Self {
        self.reconcile(usize::MAX);
        assert_eq!(self.ready_reason(), reason);
        self
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
        let plan = self.plan();
        let steps = plan.steps.iter().map(Step::name);
        steps.chain(plan.later.iter().map(Planned::name)).collect()
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

    /// The status is written: what it says is what the object says of itself from now on. One that was written for another
    /// object says nothing.
    pub(crate) fn status_is(&mut self, status: SshKeyStatus) {
        let written_for = status.recorded_for.as_ref();
        let is_own = written_for.is_none_or(|uid| *uid == self.object.uid);
        let status = if is_own {
            status
        } else {
            SshKeyStatus::default()
        };
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
