//! What the operator may do by the RBAC that ships, and what it may not.

use dev::world::{Part, World, WorldOptions};
use k8s_openapi::api::{
    authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec},
    rbac::v1::RoleBinding,
};
use kube::{
    Api,
    api::{ListParams, PostParams},
};

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

/// What its work takes in the namespaces that it watches.
const ALLOWED: &[&str] = &[
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

/// What it has no business with.
const DENIED: &[&str] = &[
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

#[tokio::test]
async fn the_operator_may_do_its_work_in_its_namespaces_and_nothing_else() {
    let world = World::start(WorldOptions::new().without(Part::Operator)).await;
    let account = account(&world).await;
    let own = format!("get namespaces/{}", world.namespace());
    let mut wrong = Vec::new();
    let cases = ALLOWED
        .iter()
        .map(|case| (*case, true))
        .chain([(own.as_str(), true)])
        .chain(DENIED.iter().map(|case| (*case, false)));
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
