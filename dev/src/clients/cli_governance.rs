//! What is done with the Azure CLI about locations, resources, providers and locks.

use serde_json::json;

use super::{
    cli::{Answer, Cli},
    table::Table,
};

const GROUP: &str = "governed";
const OTHER: i32 = 1;

/// All rows.
pub(super) async fn all(cli: &Cli, public_key: &str, table: &mut Table) {
    let locations = [
        "account",
        "list-locations",
        "--query",
        "[?name=='westeurope'].name | [0]",
    ];
    cli.row(table, "account list-locations", &locations, |answer| {
        answer.shows("", &json!("westeurope"))
    })
    .await;
    let group = [
        "group",
        "create",
        "--name",
        GROUP,
        "--location",
        "westeurope",
    ];
    cli.row(table, "group create, to be governed", &group, Answer::done)
        .await;
    let key = [
        "sshkey",
        "create",
        "--name",
        "kept",
        "--resource-group",
        GROUP,
        "--public-key",
        public_key,
    ];
    cli.row(table, "sshkey create, to be kept", &key, Answer::done)
        .await;
    let resources = [
        "resource",
        "list",
        "--resource-group",
        GROUP,
        "--query",
        "[].type",
    ];
    cli.row(table, "resource list", &resources, |answer| {
        answer.shows("", &json!(["Microsoft.Compute/sshPublicKeys"]))
    })
    .await;
    providers(cli, table).await;
    locks(cli, table).await;
}

async fn providers(cli: &Cli, table: &mut Table) {
    let namespace = ["--namespace", "Microsoft.Compute"];
    for (operation, state) in [("unregister", "NotRegistered"), ("register", "Registered")] {
        let wait: &[&str] = if operation == "register" {
            &["--wait"]
        } else {
            &[]
        };
        let args = [&["provider", operation], &namespace[..], wait].concat();
        cli.row(table, &format!("provider {operation}"), &args, Answer::done)
            .await;
        let show = [&["provider", "show"], &namespace[..]].concat();
        cli.row(
            table,
            &format!("provider show, after {operation}"),
            &show,
            |answer| answer.shows("/registrationState", &json!(state)),
        )
        .await;
    }
}

async fn locks(cli: &Cli, table: &mut Table) {
    let lock = ["--name", "keep", "--resource-group", GROUP];
    let create = [
        &["lock", "create", "--lock-type", "CanNotDelete"],
        &lock[..],
    ]
    .concat();
    cli.row(table, "lock create", &create, |answer| {
        answer.shows("/level", &json!("CanNotDelete"))
    })
    .await;
    let list = [
        "lock",
        "list",
        "--resource-group",
        GROUP,
        "--query",
        "[].name",
    ];
    cli.row(table, "lock list", &list, |answer| {
        answer.shows("", &json!(["keep"]))
    })
    .await;
    let delete = [
        "sshkey",
        "delete",
        "--yes",
        "--name",
        "kept",
        "--resource-group",
        GROUP,
    ];
    cli.row(
        table,
        "sshkey delete, of what is locked",
        &delete,
        |answer| answer.refused(OTHER, "ScopeLocked"),
    )
    .await;
    let unlock = [&["lock", "delete"], &lock[..]].concat();
    cli.row(table, "lock delete", &unlock, Answer::done).await;
    cli.row(
        table,
        "sshkey delete, of what was locked",
        &delete,
        Answer::done,
    )
    .await;
    let group = ["group", "delete", "--yes", "--name", GROUP];
    cli.row(
        table,
        "group delete, of what was locked",
        &group,
        Answer::done,
    )
    .await;
}
