//! A namespace of which the operator sees the Secrets and not the keys: it takes no turns from the others.

use dev::{
    manifests,
    operator::Flags,
    world::{World, WorldOptions},
};

use crate::manifests::key;

/// More than may be called at once.
const OWNERS: usize = 100;

#[tokio::test]
async fn secrets_that_name_keys_which_can_not_be_listed_hold_up_no_other_namespace() {
    let world = World::start(WorldOptions::new()).await;
    world.operator().kill();
    let other = format!("{}-other", world.namespace());
    let system = world.system();
    let rights = format!(
        "
apiVersion: v1
kind: Namespace
metadata: {{name: {other}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: all-but-keys, namespace: {other}}}
rules:
- apiGroups: ['']
  resources: [secrets, configmaps]
  verbs: [get, list, watch]
- apiGroups: [sshkey-operator.io]
  resources: [azurestores, sshkeyplans]
  verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: all-but-keys, namespace: {other}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: all-but-keys}}
subjects: [{{kind: ServiceAccount, name: sshkey-operator, namespace: {system}}}]
"
    );
    let secrets = (0..OWNERS).map(|number| {
        format!(
            "
apiVersion: v1
kind: Secret
metadata:
  name: forged-{number}
  labels: {{sshkey-operator.io/secret-role: managed}}
  annotations: {{sshkey-operator.io/owner-name: key-{number}}}
"
        )
    });
    let secrets: Vec<String> = secrets.collect();
    for manifest in [rights, secrets.join("---\n")] {
        let applied = manifests::apply(world.client(), &other, &manifest).await;
        applied.unwrap();
    }
    let both = format!("{},{other}", world.namespace());
    let both = Flags::default().set("watch-namespace", both);
    let operator = world.start_replica("both", &both);
    world
        .until("the Secrets are watched", async || {
            match operator.tail(200) {
                log if log.contains("is forbidden") => Ok(()),
                log => Err(log),
            }
        })
        .await;
    for number in 0..3 {
        let name = format!("web-{number}");
        world.apply(&key(&name, "{azure: {}}")).await;
        world.wait_ready(&name).await;
    }
}
