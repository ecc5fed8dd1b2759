//! What the operator may do by the RBAC that ships, and what it may not.

use std::time::{Duration, Instant};

use dev::operator::Rules;
use dev::world::{
    CLIENT, Part, RESOURCE_GROUP, SUBSCRIPTION, TENANT, World, WorldOptions, resource_id,
};
use k8s_openapi::api::{
    authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec},
    rbac::v1::{Role, RoleBinding},
};
use kube::{
    Api,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::json;
use sshkey_operator::api::{AzureStore, ConditionType, Reason, SshKey};

/// The operator's account, as RBAC names it.
async fn account(world: &World) -> String {
    let bindings = world
        .api::<RoleBinding>()
        .list(&ListParams::default())
        .await
        .unwrap()
        .items;
    let subjects: Vec<_> = bindings
        .into_iter()
        .flat_map(|binding| binding.subjects.unwrap_or_default())
        .collect();
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    format!(
        "system:serviceaccount:{}:{}",
        subjects[0].namespace.clone().unwrap(),
        subjects[0].name
    )
}

/// Asks what `kubectl auth can-i` asks: `verb resource[.group][/name] [--subresource=…] [-n namespace | -A]`.
pub(crate) async fn may(world: &World, account: &str, request: &str) -> bool {
    let mut words = request.split_whitespace();
    let (verb, target) = (words.next().unwrap(), words.next().unwrap());
    let (target, name) = target
        .split_once('/')
        .map_or((target, None), |(target, name)| (target, Some(name)));
    let (resource, group) = target.split_once('.').unwrap_or((target, ""));
    let (mut namespace, mut subresource) = (Some(world.namespace().to_owned()), None);
    while let Some(word) = words.next() {
        match word {
            "-A" => namespace = None,
            "-n" => namespace = words.next().map(str::to_owned),
            other => subresource = other.strip_prefix("--subresource=").map(str::to_owned),
        }
    }
    let attributes = ResourceAttributes {
        verb: Some(verb.to_owned()),
        group: Some(group.to_owned()),
        resource: Some(resource.to_owned()),
        subresource,
        namespace,
        name: name.map(str::to_owned),
        ..ResourceAttributes::default()
    };
    let of = account.split(':').nth(2).unwrap();
    let groups = [
        "system:serviceaccounts".to_owned(),
        format!("system:serviceaccounts:{of}"),
        "system:authenticated".to_owned(),
    ];
    let spec = SubjectAccessReviewSpec {
        user: Some(account.to_owned()),
        groups: Some(groups.to_vec()),
        resource_attributes: Some(attributes),
        ..SubjectAccessReviewSpec::default()
    };
    let review = SubjectAccessReview {
        spec,
        ..SubjectAccessReview::default()
    };
    let reviews: Api<SubjectAccessReview> = Api::all(world.client().clone());
    let status = reviews
        .create(&PostParams::default(), &review)
        .await
        .unwrap()
        .status
        .unwrap();
    assert_eq!(status.evaluation_error, None, "{request}");
    status.allowed
}

#[tokio::test]
async fn the_operator_may_do_its_work_in_its_namespaces_and_nothing_else() {
    let world = World::start(WorldOptions::new().without(Part::Operator)).await;
    let account = account(&world).await;
    let allowed = [
        "list sshkeys.sshkey-operator.io",
        "watch sshkeys.sshkey-operator.io",
        "patch sshkeys.sshkey-operator.io",
        "patch sshkeys.sshkey-operator.io --subresource=status",
        "list azurestores.sshkey-operator.io",
        "patch azurestores.sshkey-operator.io",
        "patch azurestores.sshkey-operator.io --subresource=status",
        "get secrets/web",
        "create secrets",
        "patch secrets/web",
        "delete secrets/web",
        "watch secrets",
        "get configmaps/public",
        "create configmaps",
        "patch configmaps/public",
        "delete configmaps/public",
        "watch configmaps",
        "create events.events.k8s.io",
        "create serviceaccounts/sshkey-operator-azure --subresource=token",
        "get namespaces/kube-system",
    ];
    let own = format!("get namespaces/{}", world.namespace());
    let denied = [
        // Where it does not watch.
        "list secrets -n kube-system",
        "get secrets/web -n kube-system",
        "get secrets/web -n default",
        "create secrets -n default",
        "list secrets -A",
        "watch secrets -A",
        "list sshkeys.sshkey-operator.io -A",
        "patch sshkeys.sshkey-operator.io -n default",
        "create serviceaccounts/sshkey-operator-azure --subresource=token -n default",
        "create events.events.k8s.io -n default",
        // Identities that are not the one that Entra is told to trust.
        "create serviceaccounts/default --subresource=token",
        "create serviceaccounts/sshkey-operator --subresource=token",
        "create serviceaccounts --subresource=token",
        "create serviceaccounts",
        "get serviceaccounts",
        "impersonate serviceaccounts",
        "impersonate users",
        "impersonate groups",
        // More than it needs of its own kinds.
        "create sshkeys.sshkey-operator.io",
        "delete sshkeys.sshkey-operator.io",
        "update sshkeys.sshkey-operator.io",
        "create azurestores.sshkey-operator.io",
        "update azurestores.sshkey-operator.io",
        "delete azurestores.sshkey-operator.io",
        "update secrets",
        "deletecollection secrets",
        // What others run and are ruled by.
        "create pods",
        "get pods",
        "create pods --subresource=exec",
        "update configmaps",
        "get configmaps -n default",
        "create deployments.apps",
        "get customresourcedefinitions.apiextensions.k8s.io",
        "patch customresourcedefinitions.apiextensions.k8s.io",
        "list namespaces",
        "get namespaces/default -n default",
        "create namespaces",
        "patch namespaces/kube-system",
        "delete namespaces/kube-system",
        "create clusterroles.rbac.authorization.k8s.io",
        "bind clusterroles.rbac.authorization.k8s.io",
        "escalate roles.rbac.authorization.k8s.io",
        "create rolebindings.rbac.authorization.k8s.io",
        "get nodes",
        "* *.*",
    ];
    let mut wrong = Vec::new();
    let cases = allowed
        .iter()
        .map(|case| (*case, true))
        .chain([(own.as_str(), true)])
        .chain(denied.iter().map(|case| (*case, false)));
    for (request, expected) in cases {
        if may(&world, &account, request).await != expected {
            wrong.push(format!(
                "{request}: should be {}",
                if expected { "allowed" } else { "denied" }
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn in_the_whole_life_of_a_key_nothing_is_asked_that_is_not_allowed_and_nothing_elsewhere() {
    let world = World::start(WorldOptions::new().without(Part::Store)).await;
    let store = format!(
        "apiVersion: sshkey-operator.io/v1alpha1\nkind: AzureStore\nmetadata: {{name: default}}\nspec: {{subscriptionID: {SUBSCRIPTION}, \
         tenantID: {TENANT}, auth: {{workloadIdentity: {{clientID: {CLIENT}}}}}, defaults: {{resourceGroup: {{name: {RESOURCE_GROUP}}}, location: westeurope}}}}\n"
    );
    let key = |spec: &str| {
        format!(
            "apiVersion: sshkey-operator.io/v1alpha1\nkind: SshKey\nmetadata: {{name: web}}\nspec: {spec}\n"
        )
    };
    world
        .apply(&key("{secret: {deletionPolicy: Delete}, azure: {}}"))
        .await;
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::StoreNotFound)
        .await;
    world.apply(&store).await;
    let _: AzureStore = world
        .wait_condition(
            "default",
            ConditionType::Ready,
            "False",
            Reason::ServiceAccountNotFound,
        )
        .await;
    world
        .apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sshkey-operator-azure}\n")
        .await;
    world.wait_ready("web").await;
    // Changed, put back, suspended, adopted, deleted.
    world
        .apply(&key(
            "{secret: {deletionPolicy: Delete}, azure: {tags: {a: b}}}",
        ))
        .await;
    world.wait_ready("web").await;
    let id = resource_id(&format!("{}.web", world.namespace()));
    assert!(world.emulator().delete_key(&id));
    world
        .until("the key is back", async || {
            world
                .emulator()
                .key(&id)
                .map(drop)
                .ok_or_else(|| "absent".to_owned())
        })
        .await;
    world
        .kubectl(&[
            "annotate",
            "secret",
            "web",
            "sshkey-operator.io/fingerprint-",
            "sshkey-operator.io/owner-uid-",
        ])
        .await
        .unwrap();
    world.apply(&key("{secret: {deletionPolicy: Delete, conflictPolicy: Adopt}, suspend: true, azure: {tags: {a: c}}}")).await;
    let _: SshKey = world
        .wait_condition("web", ConditionType::Ready, "False", Reason::Suspended)
        .await;
    world
        .apply(&key(
            "{secret: {deletionPolicy: Delete, conflictPolicy: Adopt}, azure: {tags: {a: c}}}",
        ))
        .await;
    world.wait_ready("web").await;
    world
        .api::<SshKey>()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    world.wait_gone::<SshKey>("web").await;
    assert!(world.secret("web").await.is_none() && world.emulator().keys().is_empty());

    let log = world.proxy().log();
    let refused: Vec<_> = log
        .iter()
        .filter(|entry| matches!(entry.status, Some(401 | 403)))
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
    let elsewhere: Vec<_> = log
        .iter()
        .map(|entry| &entry.access)
        .filter(|access| access.namespace.as_deref() != Some(world.namespace()))
        .filter(|access| access.resource != "namespaces")
        // The published schema, which everybody who is authenticated may read.
        .filter(|access| !access.resource.starts_with("/openapi/"))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}

#[tokio::test]
async fn an_operator_that_may_not_watch_secrets_still_hears_of_keys() {
    let world = World::start(WorldOptions::new().without(Part::Operator)).await;
    let bindings = world
        .api::<RoleBinding>()
        .list(&ListParams::default())
        .await
        .unwrap()
        .items;
    let role = &bindings[0].role_ref.name;
    let rules = Rules::read().unwrap().watched.into_iter();
    let less: Vec<_> = rules
        .filter(|rule| {
            !(rule.resources == Some(vec!["secrets".to_owned(), "configmaps".to_owned()])
                && rule.verbs.contains(&"watch".to_owned()))
        })
        .collect();
    assert_eq!(less.len() + 1, Rules::read().unwrap().watched.len());
    let patch = Patch::Merge(json!({ "rules": less }));
    world
        .api::<Role>()
        .patch(role, &PatchParams::default(), &patch)
        .await
        .unwrap();
    world.operator().restart().unwrap();
    let refused = || {
        world
            .proxy()
            .log()
            .iter()
            .filter(|entry| entry.status == Some(403))
            .count()
    };
    // Each refusal makes the next pause longer, up to the limit.
    world
        .until("the watch was refused often", async || {
            if refused() >= 5 {
                Ok(())
            } else {
                Err(format!("{} times", refused()))
            }
        })
        .await;
    for name in ["a", "b", "c"] {
        let asked = Instant::now();
        world.apply(&format!("apiVersion: sshkey-operator.io/v1alpha1\nkind: SshKey\nmetadata: {{name: {name}}}\nspec: {{azure: {{}}}}\n")).await;
        world.wait_ready(name).await;
        assert!(
            asked.elapsed() < Duration::from_secs(12),
            "{name}: {:?}",
            asked.elapsed()
        );
    }
}
