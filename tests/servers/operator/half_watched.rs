//! A namespace of which the operator may see a part only: it takes no turns from the others.

use dev::{
    manifests,
    operator::{Flags, Operator},
    world::{World, WorldOptions},
};

use crate::{
    manifests::key,
    planned::ask::{ask, steps},
};

/// More than may be called at once.
const OWNERS: usize = 100;

#[tokio::test]
async fn secrets_that_name_keys_which_can_not_be_listed_hold_up_no_other_namespace() {
    let world = World::start(WorldOptions::new()).await;
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
    let (core, kinds) = ("[secrets, configmaps]", "[azurestores, sshkeyplans]");
    let _both = watch_a_part(&world, core, kinds, &secrets.join("---\n")).await;
    others_become_ready(&world).await;
}

#[tokio::test]
async fn keys_whose_stores_can_not_be_listed_hold_up_no_other_namespace() {
    let world = World::start(WorldOptions::new()).await;
    let keys = (0..OWNERS).map(|number| key(&format!("key-{number}"), "{azure: {}}"));
    let plans = (0..4).map(|number| {
        format!(
            "
apiVersion: sshkey-operator.io/v1alpha1
kind: SshKeyPlan
metadata: {{name: plan-{number}}}
spec: {{name: web-{number}, template: {{spec: {{azure: {{}}}}}}}}
"
        )
    });
    let objects: Vec<String> = keys.chain(plans).collect();
    let kinds = "[sshkeys, sshkeyplans]";
    let _both = watch_a_part(
        &world,
        "[secrets, configmaps]",
        kinds,
        &objects.join("---\n"),
    )
    .await;
    others_become_ready(&world).await;
    let status = ask(&world, "answered", "new", "{azure: {}}").await;
    assert!(steps(&status).contains(&"CreateSecret"), "{status:?}");
}

#[tokio::test]
async fn keys_whose_secrets_can_not_be_read_hold_up_no_other_namespace() {
    let world = World::start(WorldOptions::new()).await;
    let keys = (0..OWNERS).map(|number| key(&format!("key-{number}"), "{}"));
    let keys: Vec<String> = keys.collect();
    let (core, kinds) = ("[configmaps]", "[sshkeys, azurestores, sshkeyplans]");
    let _both = watch_a_part(&world, core, kinds, &keys.join("---\n")).await;
    others_become_ready(&world).await;
}

/// A second namespace with these objects. An operator may see these kinds of Kubernetes' objects there, and of its own. Returns
/// it once it has been refused the rest.
#[must_use]
async fn watch_a_part(world: &World, core: &str, kinds: &str, objects: &str) -> Operator {
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
metadata: {{name: a-part, namespace: {other}}}
rules:
- apiGroups: ['']
  resources: {core}
  verbs: [get, list, watch]
- apiGroups: [sshkey-operator.io]
  resources: {kinds}
  verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: a-part, namespace: {other}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: a-part}}
subjects: [{{kind: ServiceAccount, name: sshkey-operator, namespace: {system}}}]
"
    );
    for manifest in [&rights, objects] {
        let applied = manifests::apply(world.client(), &other, manifest).await;
        applied.unwrap();
    }
    let both = format!("{},{other}", world.namespace());
    let both = Flags::default().set("watch-namespace", both);
    let operator = world.start_replica("both", &both);
    world
        .until("a watch is refused", async || match operator.tail(200) {
            log if log.contains("is forbidden") => Ok(()),
            log => Err(log),
        })
        .await;
    operator
}

async fn others_become_ready(world: &World) {
    for number in 0..3 {
        let name = format!("web-{number}");
        world.apply(&key(&name, "{azure: {}}")).await;
        world.wait_ready(&name).await;
    }
}
