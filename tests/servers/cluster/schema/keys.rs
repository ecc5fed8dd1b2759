//! What an `SshKey` can and can't be.

use serde_json::json;

use super::{
    apply::{no_operator, refused, taken},
    key_cases::{generated, other_sources, secrets, the_whole},
    place_and_output_cases::{
        long_tags, names_of_outputs, places_in_azure, shapes_of_outputs, tags, tags_in_azure,
    },
};
use crate::manifests::key;

#[tokio::test]
async fn a_name_of_the_secret_may_be_written_as_what_it_is_anyway_and_left_out_again() {
    let world = no_operator().await;
    let cases = ["{}", "{secret: {name: same}}", "{}"];
    taken(&world, &cases.map(|spec| key("same", spec))).await;
}

#[tokio::test]
async fn a_key_that_can_not_be_is_refused_with_what_to_write_instead() {
    let world = no_operator().await;
    let cases = [
        generated(),
        other_sources(),
        secrets(),
        places_in_azure(),
        tags_in_azure(),
        shapes_of_outputs(),
        names_of_outputs(),
        the_whole(),
    ];
    refused(&world, &cases.concat()).await;
    // The same bounds from the other side.
    let longest = json!({ "azure": { "name": "a".repeat(128), "tags": { "n".repeat(512): "v".repeat(256) } } });
    let cases = [
        key(&"n".repeat(128), &longest.to_string()),
        tags(45),
        long_tags(21),
        key(
            "rsa",
            "{source: {generate: {algorithm: RSA, size: 8192, comment: a.b_c+d@e-f}}, azure: {}}",
        ),
        key(
            "ecdsa",
            "{source: {generate: {algorithm: ECDSA, size: 521}}}",
        ),
        key(
            "names",
            "{secret: {name: a.b-c}, azure: {name: A_b.c-9, resourceGroup: {name: (A)_b.c-}, location: westeurope}}",
        ),
        key("nothing", "{}"),
        // A ConfigMap takes no Secret's name.
        key(
            "map",
            "{outputs: [{name: map, publicConfigMap: {}}, {name: argo, argoCD: {url: 'ssh://git@a.example.com:2222/b', project: p, insecure: true}}]}",
        ),
        key(
            "given",
            "{source: {privateKey: {secretRef: {name: b, key: k}}}, outputs: [{name: given, pem: {}}]}",
        ),
        key(
            "long-hosts",
            &json!({ "outputs": (0..16).map(|n| json!({ "name": format!("{n}{}", "a".repeat(250)), "flux": { "knownHosts": "h".repeat(2_048) } })).collect::<Vec<_>>() }).to_string(),
        ),
        key(
            "policies",
            "{secret: {deletionPolicy: Delete}, azure: {deletionPolicy: Delete}}",
        ),
    ];
    taken(&world, &cases).await;
}
