//! What is done with the Azure CLI.

use std::path::Path;

use anyhow::Context;
use serde_json::json;

use super::{
    azure::{Azure, CLIENT, SECRET, SUBSCRIPTION, TENANT},
    cli::{Answer, Cli},
    cli_governance, pair,
    table::Table,
};

/// `az` ends so when there is no such thing.
const NOT_FOUND: i32 = 3;
const OTHER: i32 = 1;

const GROUP: [&str; 2] = ["--name", "cli"];
const IN_GROUP: [&str; 2] = ["--resource-group", "cli"];

/// All rows; `public_key` is that of the user.
pub(super) async fn all(cli: &Cli, azure: &Azure, public_key: &str, table: &mut Table) {
    login(cli, azure, table).await;
    group(cli, table).await;
    keys(cli, public_key, table).await;
    pairs(cli, table).await;
    refusals(cli, public_key, table).await;
    cli_governance::all(cli, public_key, table).await;
    end(cli, table).await;
}

async fn login(cli: &Cli, azure: &Azure, table: &mut Table) {
    let register = ["cloud", "register", "--name", "Emulator"];
    let register = with(
        &register,
        &["--endpoint-resource-manager", azure.endpoint()],
    );
    cli.row(table, "cloud register", &register, Answer::done)
        .await;
    let set = ["cloud", "set", "--name", "Emulator"];
    cli.row(table, "cloud set", &set, Answer::done).await;
    let user = ["--username", CLIENT, "--password", SECRET];
    let login = ["login", "--service-principal", "--tenant", TENANT];
    cli.row(table, "login", &with(&login, &user), |answer| {
        answer.shows("/0/id", &json!(SUBSCRIPTION))
    })
    .await;
    cli.row(table, "account show", &["account", "show"], |answer| {
        answer.shows("/environmentName", &json!("Emulator"))
    })
    .await;
}

async fn group(cli: &Cli, table: &mut Table) {
    let create = with(&["group", "create", "--tags", "team=web"], &GROUP);
    let here = with(&create, &["--location", "westeurope"]);
    cli.row(table, "group create", &here, |answer| {
        answer.shows("/properties/provisioningState", &json!("Succeeded"))
    })
    .await;
    let there = with(&create, &["--location", "westus"]);
    cli.row(
        table,
        "group create, at another location",
        &there,
        |answer| answer.refused(OTHER, "InvalidResourceGroupLocation"),
    )
    .await;
    let exists = with(&["group", "exists"], &GROUP);
    cli.row(table, "group exists", &exists, |answer| {
        answer.shows("", &json!(true))
    })
    .await;
    let show = with(&["group", "show"], &GROUP);
    cli.row(table, "group show", &show, |answer| {
        answer.shows("/tags", &json!({"team": "web"}))
    })
    .await;
    cli.row(table, "group list", &["group", "list"], |answer| {
        answer.shows("/0/name", &json!("cli"))
    })
    .await;
    let update = with(&["group", "update", "--tags", "a=b"], &GROUP);
    cli.row(table, "group update, tags", &update, |answer| {
        answer.shows("/tags", &json!({"a": "b"}))
    })
    .await;
    let set = with(&["group", "update", "--set", "tags.c=d"], &GROUP);
    cli.row(table, "group update, one more tag", &set, |answer| {
        answer.shows("/tags", &json!({"a": "b", "c": "d"}))
    })
    .await;
    let none = ["group", "show", "--name", "nowhere"];
    cli.row(table, "group show, of none", &none, |answer| {
        answer.refused(NOT_FOUND, "ResourceGroupNotFound")
    })
    .await;
}

async fn keys(cli: &Cli, public_key: &str, table: &mut Table) {
    let create = ["sshkey", "create", "--name", "given", "--tags", "a=1"];
    let create = with(&with(&create, &IN_GROUP), &["--public-key", public_key]);
    cli.row(table, "sshkey create, of a given key", &create, |answer| {
        answer.shows("/publicKey", &json!(public_key))?;
        answer.shows("/location", &json!("westeurope"))
    })
    .await;
    let show = with(&["sshkey", "show", "--name", "given"], &IN_GROUP);
    cli.row(table, "sshkey show", &show, |answer| {
        answer.shows("/tags", &json!({"a": "1"}))
    })
    .await;
    let update = with(&["sshkey", "update", "--name", "given"], &IN_GROUP);
    let tags = with(&update, &["--tags", "b=2"]);
    cli.row(table, "sshkey update, tags", &tags, |answer| {
        answer.shows("/publicKey", &json!(public_key))?;
        answer.shows("/tags", &json!({"b": "2"}))
    })
    .await;
    let again = format!("{public_key}-again");
    let key = with(&update, &["--public-key", &again]);
    cli.row(table, "sshkey update, the key", &key, |answer| {
        answer.shows("/tags", &json!({"b": "2"}))?;
        answer
            .shows("/publicKey", &json!(again))
            .map(|_| "done".to_owned())
    })
    .await;
}

async fn pairs(cli: &Cli, table: &mut Table) {
    for (name, said) in [
        ("plain", &[] as &[&str]),
        ("rsa", &["--encryption-type", "RSA"]),
        ("ed25519", &["--encryption-type", "Ed25519"]),
    ] {
        let create = with(&["sshkey", "create", "--name", name], &IN_GROUP);
        let what = said.last().unwrap_or(&"nothing said");
        let operation = format!("sshkey create, of a generated key, {what}");
        cli.row(table, &operation, &with(&create, said), |answer| {
            answer.done()?;
            let public_key = answer.printed["publicKey"].as_str();
            let private_key = saved(&answer.said).context("it does not say where the key is")?;
            pair::check(private_key, public_key.unwrap_or_default())
        })
        .await;
    }
    // More than a page has.
    let names = json!(["ed25519", "given", "plain", "rsa"]);
    let query = ["--query", "sort([].name)"];
    let list = with(&["sshkey", "list"], &query);
    cli.row(table, "sshkey list, of the subscription", &list, |answer| {
        answer.shows("", &names)
    })
    .await;
    let list = with(&list, &IN_GROUP);
    cli.row(table, "sshkey list, of a group", &list, |answer| {
        answer.shows("", &names)
    })
    .await;
}

async fn refusals(cli: &Cli, public_key: &str, table: &mut Table) {
    let given = ["--public-key", public_key];
    for (what, args, code) in [
        (
            "of a bad key",
            with(
                &["--name", "bad", "--public-key", "ssh-rsa AAAA"],
                &IN_GROUP,
            ),
            (OTHER, "InvalidParameter"),
        ),
        (
            "of a name that is taken elsewhere",
            with(
                &with(&["--name", "given", "--location", "westus"], &IN_GROUP),
                &given,
            ),
            (OTHER, "InvalidResourceLocation"),
        ),
        (
            "at no location",
            with(
                &with(&["--name", "new", "--location", "mars"], &IN_GROUP),
                &given,
            ),
            (OTHER, "LocationNotAvailableForResourceType"),
        ),
        (
            "in no group",
            with(
                &[
                    "--name",
                    "new",
                    "--resource-group",
                    "nowhere",
                    "--location",
                    "westus",
                ],
                &given,
            ),
            (NOT_FOUND, "ResourceGroupNotFound"),
        ),
    ] {
        let create = with(&["sshkey", "create"], &args);
        let operation = format!("sshkey create, {what}");
        cli.row(table, &operation, &create, |answer| {
            answer.refused(code.0, code.1)
        })
        .await;
    }
    let show = with(&["sshkey", "show", "--name", "none"], &IN_GROUP);
    cli.row(table, "sshkey show, of none", &show, |answer| {
        answer.refused(NOT_FOUND, "ResourceNotFound")
    })
    .await;
}

async fn end(cli: &Cli, table: &mut Table) {
    let delete = with(&["sshkey", "delete", "--yes", "--name", "given"], &IN_GROUP);
    cli.row(table, "sshkey delete", &delete, Answer::done).await;
    let show = with(&["sshkey", "show", "--name", "given"], &IN_GROUP);
    cli.row(table, "sshkey show, of what was deleted", &show, |answer| {
        answer.refused(NOT_FOUND, "ResourceNotFound")
    })
    .await;
    cli.row(table, "sshkey delete, of none", &delete, Answer::done)
        .await;
    let delete = with(&["group", "delete", "--yes"], &GROUP);
    cli.row(table, "group delete", &delete, Answer::done).await;
    let exists = with(&["group", "exists"], &GROUP);
    cli.row(
        table,
        "group exists, of what was deleted",
        &exists,
        |answer| answer.shows("", &json!(false)),
    )
    .await;
    cli.row(table, "logout", &["logout"], Answer::done).await;
}

fn with<'a>(args: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [args, more].concat()
}

/// The file that it says the private key is in.
fn saved(said: &str) -> Option<&Path> {
    let (_, rest) = said.split_once("Private key is saved to \"")?;
    Some(Path::new(rest.split('"').next()?))
}
