//! What is in a world, and its end.

use arm_emulator::Emulator;
use k8s_openapi::api::{core::v1::Secret, events::v1::Event};
use kube::{Api, Client, api::ListParams, core::NamespaceResourceScope};

use super::World;
use crate::{
    control_plane::ControlPlane,
    manifests,
    operator::{Flags, Operator},
    proxy::Proxy,
};

impl World {
    /// The test's namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The operator's own namespace.
    pub fn system(&self) -> &str {
        &self.system
    }

    /// The administrator's client, for the runtime of this test.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Objects of a kind in the test's namespace, as the administrator.
    pub fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The emulated Azure.
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// The proxy between the operator and the API server.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// The operator.
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// Starts one more operator with the same flags, and these over them.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start_replica(&self, name: &str, more: &Flags) -> Operator {
        let (folder, flags) = &self.replica;
        let folder = folder.join(name);
        let flags = flags.clone().with(more);
        let started = std::fs::create_dir_all(&folder)
            .map_err(anyhow::Error::from)
            .and_then(|()| Operator::start(&folder, &flags));
        match started {
            Ok(operator) => operator,
            Err(error) => panic!("no replica {name}: {error:#}"),
        }
    }

    /// The control plane: shared with other tests, unless it was asked for otherwise.
    pub fn control_plane(&self) -> &ControlPlane {
        self.plane.get()
    }

    /// Applies manifests in the test's namespace.
    ///
    /// # Panics
    /// When the API server refuses one.
    pub async fn apply(&self, yaml: &str) {
        if let Err(error) = self.try_apply(yaml).await {
            panic!("apply {yaml}\n{error:#}");
        }
    }

    /// Applies manifests in the test's namespace; the error has the API server's words.
    ///
    /// # Errors
    /// When the API server refuses one.
    pub async fn try_apply(&self, yaml: &str) -> anyhow::Result<()> {
        manifests::apply(&self.client, &self.namespace, yaml).await
    }

    /// Applies manifests in the operator's namespace, and those that are in none.
    ///
    /// # Panics
    /// When the API server refuses one.
    pub async fn apply_to_system(&self, yaml: &str) {
        if let Err(error) = manifests::apply(&self.client, &self.system, yaml).await {
            panic!("apply {yaml}\n{error:#}");
        }
    }

    /// A Secret of the test's namespace, if there is one of that name.
    ///
    /// # Panics
    /// When the API server does not answer.
    pub async fn secret(&self, name: &str) -> Option<Secret> {
        match self.api::<Secret>().get_opt(name).await {
            Ok(secret) => secret,
            Err(error) => panic!("read Secret {name}: {error}"),
        }
    }

    /// The events about an object, in the order in which they were made.
    ///
    /// # Panics
    /// When the API server does not answer.
    pub async fn events(&self, object: &str) -> Vec<Event> {
        let about = ListParams::default().fields(&format!("regarding.name={object}"));
        let mut events = match self.api::<Event>().list(&about).await {
            Ok(list) => list.items,
            Err(error) => panic!("list events: {error}"),
        };
        events.sort_by_key(|event| event.event_time.as_ref().map(|time| time.0));
        events
    }

    /// The events about an object of the test's namespace, once one of them has this reason. An event has a rate and a
    /// queue of its own: it may come after the status that says the same.
    ///
    /// # Panics
    /// After a minute without one.
    #[track_caller]
    pub fn wait_event(&self, object: &str, reason: &str) -> impl Future<Output = Vec<Event>> {
        self.until(
            format!("an event {reason} about {object}"),
            async move || {
                let events = self.events(object).await;
                if events
                    .iter()
                    .any(|event| event.reason.as_deref() == Some(reason))
                {
                    Ok(events)
                } else {
                    Err(format!("{events:?}"))
                }
            },
        )
    }

    /// What tells why something did not happen: the requests of the operator and the last lines of its log.
    pub fn dump(&self) -> String {
        let log = self.proxy.log();
        let requests: Vec<String> = log[log.len().saturating_sub(30)..]
            .iter()
            .map(|entry| {
                format!(
                    "{} {} {} -> {:?}",
                    entry.write.unwrap_or_default(),
                    entry.method,
                    entry.path,
                    entry.status
                )
            })
            .collect();
        format!(
            "--- last requests to the API server\n{}\n--- {}\n{}",
            requests.join("\n"),
            self.operator.log().display(),
            self.operator.tail(60)
        )
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.dump());
        }
        self.operator.kill();
        // The namespace stays: nobody looks at it again, and it ends with the control plane.
    }
}
