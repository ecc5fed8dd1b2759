//! Terraform with its provider for Azure, as a user of it runs it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command as Blocking, Stdio},
    time::Instant,
};

use anyhow::{Context, bail, ensure};
use arm_emulator::StoredKey;
use tokio::process::Command;

use super::{
    azure::{Azure, CLIENT, SECRET, SUBSCRIPTION, TENANT},
    run::user_key,
    table::{Table, say},
};
use crate::checkout;

const GROUP: &str = "terraform";
/// `plan -detailed-exitcode` ends so when there is something to do.
const CHANGES: i32 = 2;

/// Runs Terraform against an emulator.
///
/// # Errors
/// When it can't be run, or a row failed.
pub async fn run() -> anyhow::Result<()> {
    let started = Instant::now();
    let program = program()?;
    let mirror = mirror()?;
    let azure = Azure::start().await?;
    let mut terraform = Terraform::new(program, &mirror, &azure)?;
    let mut table = Table::default();
    say(terraform.version().await?);
    rows(&mut terraform, &azure, &mut table).await?;
    ensure!(
        table.end(started.elapsed()),
        "the emulator does not answer a stock client as Azure does"
    );
    Ok(())
}

/// Terraform, or `OpenTofu`, which reads the same.
fn program() -> anyhow::Result<&'static str> {
    for program in ["terraform", "tofu"] {
        let version = Blocking::new(program).arg("version").output();
        if version.is_ok_and(|output| output.status.success()) {
            return Ok(program);
        }
    }
    bail!(
        "neither terraform nor tofu is on the PATH: https://developer.hashicorp.com/terraform/install, https://opentofu.org/docs/intro/install"
    )
}

fn mirror() -> anyhow::Result<PathBuf> {
    let output = Blocking::new(checkout::root().join("dev/terraform/build"))
        .stderr(Stdio::inherit())
        .output()
        .context("run dev/terraform/build")?;
    ensure!(output.status.success(), "the provider is not built");
    let folder = String::from_utf8(output.stdout).context("read where the provider is")?;
    Ok(folder.trim().into())
}

/// A Terraform of its own: no settings, plugins or state of the user.
struct Terraform {
    program: &'static str,
    folder: PathBuf,
    variables: Vec<(&'static str, String)>,
}

/// What one command answered.
struct Answer {
    said: String,
    exit_code: Option<i32>,
}

impl Terraform {
    fn new(program: &'static str, mirror: &Path, azure: &Azure) -> anyhow::Result<Self> {
        let folder = azure.folder.path().join("terraform");
        fs::create_dir_all(&folder).context("make a folder for Terraform")?;
        let config = checkout::root().join("dev/terraform/config");
        fs::copy(config.join("main.tf"), folder.join("main.tf")).context("copy main.tf")?;
        let settings = folder.join("terraformrc");
        let installation = format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
            mirror.display()
        );
        fs::write(&settings, installation).context("write Terraform's settings")?;
        let host = azure.endpoint().trim_start_matches("https://").to_owned();
        let home = azure.folder.path().display().to_string();
        let variables = vec![
            ("HOME", home),
            ("TF_CLI_CONFIG_FILE", settings.display().to_string()),
            ("TF_IN_AUTOMATION", "1".to_owned()),
            ("CHECKPOINT_DISABLE", "1".to_owned()),
            ("SSL_CERT_FILE", azure.ca_file.clone()),
            ("NO_PROXY", "localhost".to_owned()),
            ("ARM_METADATA_HOSTNAME", host),
            ("ARM_TENANT_ID", TENANT.to_owned()),
            ("ARM_SUBSCRIPTION_ID", SUBSCRIPTION.to_owned()),
            ("ARM_CLIENT_ID", CLIENT.to_owned()),
            ("ARM_CLIENT_SECRET", SECRET.to_owned()),
            ("TF_VAR_ed25519", user_key(azure, "ed25519")?),
            ("TF_VAR_rsa", user_key(azure, "rsa")?),
        ];
        Ok(Self {
            program,
            folder,
            variables,
        })
    }

    fn set(&mut self, name: &'static str, value: String) {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value));
    }

    fn get(&self, name: &str) -> String {
        let mut known = self.variables.iter();
        let found = known.find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    async fn version(&self) -> anyhow::Result<String> {
        let answer = self.run(&["version"]).await?;
        Ok(answer.said.lines().next().unwrap_or_default().to_owned())
    }

    /// Runs a command for a row of the table, which must end with this exit code and say this.
    async fn row(
        &self,
        table: &mut Table,
        operation: &str,
        args: &[&str],
        exit_code: i32,
        says: &str,
    ) {
        let started = Instant::now();
        let result = match self.run(args).await {
            Ok(answer) if answer.exit_code == Some(exit_code) && answer.said.contains(says) => {
                Ok(if says.is_empty() { "done" } else { says }.to_owned())
            }
            Ok(answer) => Err(format!(
                "{} {}: exit code {:?}, not {exit_code} with \"{says}\":\n{}",
                self.program,
                args.join(" "),
                answer.exit_code,
                answer.said
            )),
            Err(cause) => Err(format!("{cause:#}")),
        };
        table.row("terraform", operation, result, started.elapsed());
    }

    async fn run(&self, args: &[&str]) -> anyhow::Result<Answer> {
        let (verb, rest) = args.split_first().context("no command")?;
        let plain: &[&str] = if *verb == "version" || *verb == "output" {
            &[]
        } else {
            &["-no-color", "-input=false"]
        };
        let output = Command::new(self.program)
            .arg(verb)
            .args(plain)
            .args(rest)
            .current_dir(&self.folder)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| format!("run {}", self.program))?;
        let said = [output.stdout, output.stderr].concat();
        Ok(Answer {
            said: String::from_utf8_lossy(&said).trim().to_owned(),
            exit_code: output.status.code(),
        })
    }
}

const PLAN: [&str; 2] = ["plan", "-detailed-exitcode"];
const APPLY: [&str; 2] = ["apply", "-auto-approve"];
const NOTHING: &str = "No changes.";

async fn rows(terraform: &mut Terraform, azure: &Azure, table: &mut Table) -> anyhow::Result<()> {
    created(terraform, table).await;
    changed(terraform, azure, table).await?;
    drifted(terraform, azure, table).await;
    imported(terraform, azure, table).await?;
    terraform.set("TF_VAR_registrations", "core".to_owned());
    let operation = "plan, with registration of providers";
    terraform.row(table, operation, &PLAN, 0, NOTHING).await;
    terraform.set("TF_VAR_registrations", "none".to_owned());
    let destroy = ["destroy", "-auto-approve"];
    terraform
        .row(table, "destroy", &destroy, 0, "4 destroyed")
        .await;
    Ok(())
}

async fn created(terraform: &Terraform, table: &mut Table) {
    let initialized = "successfully initialized";
    terraform
        .row(table, "init", &["init"], 0, initialized)
        .await;
    let operation = "plan, of what is to be created";
    terraform
        .row(table, operation, &PLAN, CHANGES, "3 to add")
        .await;
    let operation = "apply, of a group and two keys";
    terraform.row(table, operation, &APPLY, 0, "3 added").await;
    terraform
        .row(table, "plan, of nothing to do", &PLAN, 0, NOTHING)
        .await;
    let key = terraform.get("TF_VAR_ed25519");
    let output = ["output", "read"];
    terraform
        .row(table, "output, of a data source", &output, 0, &key)
        .await;
}

async fn changed(
    terraform: &mut Terraform,
    azure: &Azure,
    table: &mut Table,
) -> anyhow::Result<()> {
    terraform.set("TF_VAR_team", "db".to_owned());
    terraform.set("TF_VAR_ed25519", user_key(azure, "ed25519")?);
    let operation = "apply, of other tags and another key";
    terraform
        .row(table, operation, &APPLY, 0, "1 changed")
        .await;
    terraform
        .row(table, "plan, after the change", &PLAN, 0, NOTHING)
        .await;
    Ok(())
}

async fn drifted(terraform: &Terraform, azure: &Azure, table: &mut Table) {
    let id = azure.key_id(GROUP, "ed25519");
    azure.change_tags(&id);
    terraform
        .row(table, "plan, of drift", &PLAN, CHANGES, "1 to change")
        .await;
    terraform
        .row(table, "apply, of drift", &APPLY, 0, "1 changed")
        .await;
    azure.delete_key(&id);
    let operation = "plan, of a key that is gone";
    terraform
        .row(table, operation, &PLAN, CHANGES, "1 to add")
        .await;
    let operation = "apply, of a key that is gone";
    terraform.row(table, operation, &APPLY, 0, "1 added").await;
}

async fn imported(
    terraform: &mut Terraform,
    azure: &Azure,
    table: &mut Table,
) -> anyhow::Result<()> {
    azure.put_key(StoredKey {
        id: String::new(),
        subscription: SUBSCRIPTION.to_owned(),
        resource_group: GROUP.to_owned(),
        name: "imported".to_owned(),
        location: "westeurope".to_owned(),
        public_key: Some(terraform.get("TF_VAR_ed25519")),
        tags: BTreeMap::new(),
    });
    let config = checkout::root().join("dev/terraform/config/imported.tf.later");
    fs::copy(config, terraform.folder.join("imported.tf")).context("copy imported.tf")?;
    // With the group in its own case, as users write ids.
    let id = azure.key_id(GROUP, "imported");
    terraform.set("TF_VAR_imported", id.replace(&GROUP.to_uppercase(), GROUP));
    terraform
        .row(table, "apply, of an import", &APPLY, 0, "1 imported")
        .await;
    terraform
        .row(table, "plan, after the import", &PLAN, 0, NOTHING)
        .await;
    Ok(())
}
