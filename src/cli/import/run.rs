//! From the flags to manifests, and to where they go.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, IsTerminal as _, Read as _},
    path::Path,
};

use futures::{StreamExt as _, stream};
use serde_json::Value;

use super::{
    apply::{check_subscription, create},
    az,
    flags::Import,
    folder,
    known::Known,
    listed::{self, List, Listed},
    manifest::{Common, adopts, follows},
    names::names,
    pairs::{self, Pairs},
};
use crate::{
    api::{StoreKey, StoreKind, names::DEFAULT_STORE},
    cli::{
        access::access, arguments::AccessFlags, bar::Bar, cluster::Cluster, error::CliError,
        interrupt::interrupted, screen, structured,
    },
};

/// How many are created at once.
const AT_ONCE: usize = 16;

/// What is left out is named up to so many times.
const NAMED: usize = 10;

/// Reads the list, and writes what is not there yet.
pub(in crate::cli) async fn import(
    access_flags: &AccessFlags,
    flags: &Import,
) -> Result<(), CliError> {
    // What az does hears of Ctrl-C itself.
    let list = if flags.az {
        parsed(
            &format!("the output of {}", az::PROGRAM),
            &az::list(flags).await?,
        )?
    } else {
        given(&flags.filename)?
    };
    tokio::select! {
        ended = carry_out(access_flags, flags, list) => ended,
        () = interrupted() => Err(CliError::Interrupted),
    }
}

async fn carry_out(access_flags: &AccessFlags, flags: &Import, list: List) -> Result<(), CliError> {
    tell_left_out(&list.left_out);
    let common = Common {
        namespace: access_flags.namespace.as_deref(),
        store: flags.store.as_ref(),
    };
    if flags.apply {
        let cluster = Cluster::new(access(access_flags).await?);
        return apply(&cluster, flags, common, list.keys).await;
    }
    if let Some(to) = &flags.to {
        return write(to, common, list.keys);
    }
    let (new, names) = new(list.keys, &Known::default());
    let mut texts = Vec::new();
    for (key, name) in new.iter().zip(&names) {
        texts.push(structured::yaml(&follows(key, name, common))?);
    }
    if texts.is_empty() {
        screen::tell("There are no keys to import.");
    }
    screen::print_document(&texts.join("---\n"))
}

/// A list from a file, or from standard input.
fn given(path: &Path) -> Result<List, CliError> {
    if path.as_os_str() != "-" {
        let text = fs::read_to_string(path).map_err(|cause| CliError::File {
            doing: "read",
            path: path.to_owned(),
            cause,
        })?;
        return parsed(&path.display().to_string(), &text);
    }
    if io::stdin().is_terminal() {
        return Err(CliError::NotNow(
            "give a list of keys: az sshkey list -o json | kubectl sshkey import, or say --az"
                .to_owned(),
        ));
    }
    let mut text = String::new();
    let read = io::stdin().lock().read_to_string(&mut text);
    read.map_err(CliError::Input)?;
    parsed("standard input", &text)
}

fn parsed(name: &str, text: &str) -> Result<List, CliError> {
    listed::read(text).map_err(|why| {
        CliError::NotNow(format!(
            "{name} is not what az sshkey list -o json prints: {why}"
        ))
    })
}

fn tell_left_out(left_out: &[String]) {
    for line in left_out.iter().take(NAMED) {
        screen::tell(&format!("Left out: {line}"));
    }
    if let Some(more @ 1..) = left_out.len().checked_sub(NAMED) {
        screen::tell(&format!("Left out: {more} more"));
    }
}

/// The keys that nothing has yet, each with a name of its own.
fn new(keys: Vec<Listed>, known: &Known) -> (Vec<Listed>, Vec<String>) {
    let new: Vec<Listed> = keys.into_iter().filter(|key| !known.has(&key.id)).collect();
    let ids: Vec<_> = new.iter().map(|key| &key.id).collect();
    let names = names(&ids, &known.names);
    (new, names)
}

/// Writes the files that are missing.
fn write(to: &Path, common: Common<'_>, keys: Vec<Listed>) -> Result<(), CliError> {
    let count = keys.len();
    let (new, names) = new(keys, &folder::known(to)?);
    for (key, name) in new.iter().zip(&names) {
        folder::write(to, name, &structured::yaml(&follows(key, name, common))?)?;
    }
    screen::print(&said("written", new.len(), count - new.len()))
}

/// Creates the `SshKey`s that are missing.
async fn apply(
    cluster: &Cluster,
    flags: &Import,
    common: Common<'_>,
    keys: Vec<Listed>,
) -> Result<(), CliError> {
    let pairs = pairs::read(&flags.private_key)?;
    check_pairs(&pairs, &keys)?;
    if let Some(key) = keys.first() {
        // As the operator has it: the store of the namespace goes before that of the cluster.
        let stores = match &flags.store {
            Some(store) => vec![store.clone()],
            None => [StoreKind::AzureStore, StoreKind::ClusterAzureStore]
                .map(|kind| StoreKey::new(kind, DEFAULT_STORE))
                .to_vec(),
        };
        check_subscription(cluster, &stores, &key.id.subscription).await?;
    }
    let there = cluster.list(false, None).await?;
    let known = Known::of(there.iter().map(|one| &one.json));
    let count = keys.len();
    let (new, names) = new(keys, &known);
    let bar = Bar::of("creating", new.len());
    let each = stream::iter(new.iter().zip(&names)).map(async |(key, name)| {
        let pair = pairs.get(&key.public.fingerprint().to_string());
        let manifest: Value = match pair {
            Some(_) => adopts(key, name, common),
            None => follows(key, name, common),
        };
        let created = create(cluster, name, manifest, pair).await;
        bar.advance();
        created
    });
    let outcomes: Vec<Result<(), CliError>> = each.buffered(AT_ONCE).collect().await;
    drop(bar);
    let failures: BTreeSet<String> = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err().map(CliError::line))
        .collect();
    let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
    let created = new.len() - failed;
    screen::print(&said("created", created, count - new.len()))?;
    if failed == 0 {
        return Ok(());
    }
    for line in failures.iter().take(NAMED) {
        screen::tell(&format!("error: {line}"));
    }
    Err(CliError::NotNow(format!("{failed} could not be created")))
}

/// A private key that belongs to nothing here is a mistake.
fn check_pairs(pairs: &Pairs, keys: &[Listed]) -> Result<(), CliError> {
    let here: BTreeSet<String> = keys
        .iter()
        .map(|key| key.public.fingerprint().to_string())
        .collect();
    match pairs
        .keys()
        .find(|fingerprint| !here.contains(*fingerprint))
    {
        None => Ok(()),
        Some(fingerprint) => Err(CliError::NotNow(format!(
            "the private key {fingerprint} belongs to no key of the list"
        ))),
    }
}

fn said(done: &str, new: usize, there: usize) -> String {
    let keys = |count| match count {
        1 => "1 SshKey".to_owned(),
        count => format!("{count} SshKeys"),
    };
    match there {
        0 => format!("{} {done}\n", keys(new)),
        there => format!("{} {done}, {there} there already\n", keys(new)),
    }
}
