//! The pod under the rules of `OpenShift`'s `restricted-v2`: what it asks for is what that admits, and the user is
//! the namespace's.

use serde_json::Value;

use crate::helm::{Helm, Objects};

/// The kinds of volumes that `restricted-v2` admits.
const VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// What `restricted-v2` refuses of a pod.
fn refused(objects: &Objects) -> Vec<String> {
    let pod = &objects.pod()["spec"];
    let mut refused = Vec::new();
    let mut must = |good: bool, what: &str| {
        if !good {
            refused.push(what.to_owned());
        }
    };
    for host in ["hostNetwork", "hostPID", "hostIPC"] {
        must(pod[host].is_null() || pod[host] == false, host);
    }
    let containers = pod["containers"].as_array().unwrap();
    let contexts = containers.iter().map(|one| &one["securityContext"]);
    for context in contexts.clone().chain([&pod["securityContext"]]) {
        // MustRunAsRange: the range is the namespace's own, so a number is out of it everywhere but there.
        must(context["runAsUser"].is_null(), "runAsUser");
        must(context["fsGroup"].is_null(), "fsGroup");
        must(
            context["supplementalGroups"].is_null(),
            "supplementalGroups",
        );
        must(context["seLinuxOptions"].is_null(), "seLinuxOptions");
        let seccomp = &context["seccompProfile"]["type"];
        must(
            seccomp.is_null() || seccomp == "RuntimeDefault",
            "seccompProfile",
        );
    }
    for context in contexts {
        must(
            context["allowPrivilegeEscalation"] == false,
            "allowPrivilegeEscalation",
        );
        must(context["privileged"] != true, "privileged");
        must(
            context["capabilities"]["drop"] == Value::from(vec!["ALL"]),
            "drop",
        );
        let added = context["capabilities"]["add"].as_array();
        let mut added = added.into_iter().flatten();
        must(added.all(|one| one == "NET_BIND_SERVICE"), "add");
    }
    let ports = containers.iter().filter_map(|one| one["ports"].as_array());
    must(
        ports.flatten().all(|port| port["hostPort"].is_null()),
        "hostPort",
    );
    for volume in pod["volumes"].as_array().into_iter().flatten() {
        let mut kinds = volume
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| *key != "name");
        must(
            kinds.all(|kind| VOLUMES.contains(&kind.as_str())),
            "volumes",
        );
    }
    refused
}

#[test]
fn restricted_v2_admits_the_pod_and_gives_it_a_user() {
    let helm = Helm::built();
    for values in [
        "{}",
        "azure: {ca: {secret: a}}",
        "{replicas: 2, extraVolumes: [{name: a, emptyDir: {}}], extraVolumeMounts: [{name: a, mountPath: /a}]}",
    ] {
        let objects = helm.operator(values).unwrap();
        assert!(
            refused(&objects).is_empty(),
            "{values}: {:?}",
            refused(&objects)
        );
        let context = &objects.pod()["spec"]["securityContext"];
        assert_eq!(
            context["runAsNonRoot"], true,
            "the image's own user is not root"
        );
    }
}

#[test]
fn what_restricted_v2_refuses_is_seen() {
    let helm = Helm::built();
    for (values, what) in [
        ("podSecurityContext: {runAsUser: 65532}", "runAsUser"),
        ("podSecurityContext: {fsGroup: 65532}", "fsGroup"),
        (
            "securityContext: {allowPrivilegeEscalation: true}",
            "allowPrivilegeEscalation",
        ),
        ("securityContext: {capabilities: {drop: []}}", "drop"),
        ("extraVolumes: [{name: a, hostPath: {path: /}}]", "volumes"),
    ] {
        let objects = helm.operator(values).unwrap();
        assert_eq!(refused(&objects), [what], "{values}");
    }
}
