//! What a test wants to be different.

use std::collections::BTreeSet;

use arm_emulator::Config;

use crate::operator::{ClusterStores, Flags};

/// What a world has unless it is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The custom resource definitions. Leave them out only with [`WorldOptions::own_control_plane`].
    Crds,
    /// The store `default` and the Secret with its credentials.
    Store,
    /// The store's default resource group.
    ResourceGroup,
    /// The operator's process: started later by [`super::World::operator`] and `restart`.
    Operator,
}

type Tweak = Box<dyn FnOnce(Config) -> Config + Send>;

/// How a world is made. The default has every [`Part`].
#[derive(Default)]
pub struct WorldOptions {
    pub(super) without: BTreeSet<Part>,
    pub(super) flags: Flags,
    pub(super) all_namespaces: bool,
    pub(super) own_control_plane: bool,
    pub(super) cluster_stores: ClusterStores,
    pub(super) namespace: Option<String>,
    pub(super) emulator: Option<Tweak>,
}

impl WorldOptions {
    /// Every part, and the operator's flags set to be quick.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves a part out.
    #[must_use]
    pub fn without(mut self, part: Part) -> Self {
        self.without.insert(part);
        self
    }

    /// Sets a flag of the operator, by its name without the dashes.
    #[must_use]
    pub fn flag(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.flags = self.flags.set(name, value);
        self
    }

    /// Sets a variable of the operator's environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.flags = self.flags.variable(name, value);
        self
    }

    /// The operator uses the stores of the cluster, on a control plane that no other test sees.
    #[must_use]
    pub fn cluster_stores(mut self) -> Self {
        self.cluster_stores = ClusterStores::Used;
        self.own_control_plane()
    }

    /// The operator watches all namespaces, those of other tests too: only with [`Self::own_control_plane`].
    #[must_use]
    pub fn all_namespaces(mut self) -> Self {
        self.all_namespaces = true;
        self
    }

    /// A control plane that no other test sees, to take away or to leave without definitions. It takes seconds more.
    #[must_use]
    pub fn own_control_plane(mut self) -> Self {
        self.own_control_plane = true;
        self
    }

    /// The test's namespace has this name, as one on another control plane has: only with [`Self::own_control_plane`].
    #[must_use]
    pub fn namespace(mut self, name: &str) -> Self {
        self.namespace = Some(name.to_owned());
        self
    }

    /// Changes how the emulator is set up.
    #[must_use]
    pub fn emulator(mut self, tweak: impl FnOnce(Config) -> Config + Send + 'static) -> Self {
        self.emulator = Some(Box::new(tweak));
        self
    }
}
