//! Helm, where it is there.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use clap::Parser;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sshkey_operator::app::Flags;

/// The chart of the operator.
pub(crate) const OPERATOR: &str = "charts/sshkey-operator";
/// The chart of the definitions.
pub(crate) const CRDS: &str = "charts/sshkey-operator-crds";

/// What must be given.
const REQUIRED: &str = "image: {repository: registry.example.com/sshkey-operator}";

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn read(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A YAML file of the repository.
pub(crate) fn yaml<T: DeserializeOwned>(path: &str) -> T {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Helm: the machine's own, or one that is built for these tests.
pub(crate) struct Helm {
    program: PathBuf,
}

impl Helm {
    /// Helm 4, or the oldest that will do where `CHARTS_HELM=3` asks for it. It is built where it is not there.
    pub(crate) fn built() -> Self {
        let major = std::env::var("CHARTS_HELM").unwrap_or_else(|_| "4".to_owned());
        let output = Command::new(root().join("dev/helm/build"))
            .arg(major)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "Helm is not there, and can't be built"
        );
        let program = String::from_utf8(output.stdout).unwrap();
        Self {
            program: program.trim().into(),
        }
    }

    /// What it prints, or what it complains about.
    pub(crate) fn run(&self, args: &[&str], values: &str) -> Result<String, String> {
        let own = Path::new(env!("CARGO_TARGET_TMPDIR")).join("helm");
        let mut helm = Command::new(&self.program)
            .current_dir(root())
            .args(args)
            // Nothing of the user who runs the tests: no plugins, no repositories, no cluster.
            .env("HELM_CACHE_HOME", &own)
            .env("HELM_CONFIG_HOME", &own)
            .env("HELM_DATA_HOME", &own)
            .env("KUBECONFIG", "/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        helm.stdin
            .take()
            .unwrap()
            .write_all(values.as_bytes())
            .unwrap();
        let output = helm.wait_with_output().unwrap();
        if output.status.success() {
            Ok(String::from_utf8(output.stdout).unwrap())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// All objects of a chart.
    pub(crate) fn template(&self, chart: &str, values: &str) -> Result<Objects, String> {
        let args = [
            "template",
            "release",
            chart,
            "--namespace",
            "ops",
            "--values",
            "-",
        ];
        let text = self.run(&args, values)?;
        let objects: Vec<Value> = serde_saphyr::from_multiple(&text)
            .unwrap_or_else(|error| panic!("Helm rendered no YAML: {error}\n{text}"));
        let is_hook = |one: &Value| !one["metadata"]["annotations"]["helm.sh/hook"].is_null();
        let all = objects.into_iter().filter(|one| !one.is_null());
        let (hooks, installed) = all.partition(is_hook);
        Ok(Objects(installed, hooks))
    }

    /// All objects of the operator's chart, with its image given.
    pub(crate) fn operator(&self, values: &str) -> Result<Objects, String> {
        self.template(OPERATOR, &merged(&[REQUIRED, values]).to_string())
    }
}

/// Values laid over values.
pub(crate) fn merged(layers: &[&str]) -> Value {
    let mut values = Value::Object(serde_json::Map::new());
    for layer in layers {
        lay_over(&mut values, serde_saphyr::from_str(layer).unwrap());
    }
    values
}

fn lay_over(values: &mut Value, layer: Value) {
    match (values, layer) {
        (Value::Object(values), Value::Object(layer)) => {
            for (name, inner) in layer {
                lay_over(values.entry(name).or_insert(Value::Null), inner);
            }
        }
        (values, layer) => *values = layer,
    }
}

/// What a chart renders: what is installed, and what is there only while `helm test` runs.
#[derive(Debug)]
pub(crate) struct Objects(pub(crate) Vec<Value>, pub(crate) Vec<Value>);

impl Objects {
    /// The one object of a kind, or null.
    pub(crate) fn one(&self, kind: &str) -> &Value {
        let found: Vec<&Value> = self.all(kind).collect();
        assert!(found.len() < 2, "{found:#?}");
        found.first().copied().unwrap_or(&Value::Null)
    }

    pub(crate) fn all(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |object| object["kind"] == kind)
    }

    /// What is there only while `helm test` runs.
    pub(crate) fn of_test(&self) -> Objects {
        Objects(self.1.clone(), Vec::new())
    }

    /// The operator's pod.
    pub(crate) fn pod(&self) -> &Value {
        &self.one("Deployment")["spec"]["template"]
    }

    /// The operator's arguments.
    pub(crate) fn args(&self) -> Vec<&str> {
        let args = &self.pod()["spec"]["containers"][0]["args"];
        let args = args.as_array().unwrap().iter();
        args.map(|arg| arg.as_str().unwrap()).collect()
    }

    /// The same, as the operator reads them.
    pub(crate) fn flags(&self) -> Flags {
        let args = self.args();
        Flags::try_parse_from(["sshkey-operator"].iter().chain(&args))
            .unwrap_or_else(|error| panic!("{args:#?}: {error}"))
    }
}
