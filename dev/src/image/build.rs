//! From the sources to `target/image/`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail, ensure};

use super::layout::{Image, LIMIT};
use crate::checkout;

/// The folder of the images that are for tests alone.
pub(crate) const QUICK: &str = "image-quick";

/// Name, description, and the names under which the program is another one.
const PROGRAMS: [(&str, &str, &[&str]); 2] = [
    (
        "sshkey-operator",
        "Keeps SSH key pairs in Secrets and their public halves in Azure's SSH key store",
        // `helm test` runs it.
        &["kubectl-sshkey"],
    ),
    (
        "arm-emulator",
        "A local stand-in for Azure Resource Manager and Entra ID, for SSH public keys and resource groups",
        &[],
    ),
];

/// What the user can choose.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Builds in minutes and optimizes nothing, into target/image-quick/: for `make e2e`.
    #[arg(long)]
    quick: bool,
}

/// Builds the programs, and packs an image of each.
///
/// # Errors
/// When they can't be built, are not static, or are too big.
#[allow(clippy::print_stdout)]
pub fn build(options: &Options) -> anyhow::Result<()> {
    let (profile, name, limit) = if options.quick {
        ("e2e", QUICK, usize::MAX)
    } else {
        ("release", "image", LIMIT)
    };
    let target = host()?;
    let architecture = match target.split('-').next() {
        Some("x86_64") => "amd64",
        Some("aarch64") => "arm64",
        _ => bail!("no image is made on {target}: it is for Linux on x86_64 and aarch64"),
    };
    let before = revision();
    let programs = compile(&target, profile)?;
    // Nobody can say what was built while the sources changed.
    let revision = revision().filter(|after| before.as_ref() == Some(after));
    let folder = checkout::scratch(name);
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    for (program_name, description, other_names) in PROGRAMS {
        let program = programs.join(program_name);
        let program = fs::read(&program).with_context(|| format!("read {}", program.display()))?;
        let image = Image {
            name: program_name,
            description,
            version: env!("CARGO_PKG_VERSION"),
            revision: revision.as_deref(),
            architecture,
            program: &program,
            other_names,
            limit,
        };
        let packed = image
            .pack()
            .with_context(|| format!("pack {program_name}"))?;
        let path = folder.join(format!("{program_name}.tar"));
        fs::write(&path, &packed.tar).with_context(|| format!("write {}", path.display()))?;
        println!(
            "target/{name}/{program_name}.tar: {}, {architecture}, {} MiB, {} MiB compressed, {}",
            image.reference(),
            mebibytes(packed.unpacked),
            mebibytes(packed.compressed),
            packed.digest
        );
    }
    Ok(())
}

/// The operator as the image has it, built where it was not.
///
/// # Errors
/// When it can't be built.
pub fn operator() -> anyhow::Result<PathBuf> {
    let programs = compile(&host()?, "release")?;
    Ok(programs.join(PROGRAMS[0].0))
}

/// The machine's own target: no other C library is needed than the one that is here.
fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .context("run rustc")?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc does not say what its host is")
}

/// Builds static programs, and returns the folder that they are in.
fn compile(target: &str, profile: &str) -> anyhow::Result<PathBuf> {
    let root = checkout::root();
    let folder = checkout::scratch("image-build");
    let mut flags = vec!["-C".to_owned(), "target-feature=+crt-static".to_owned()];
    // Where the sources were is nobody's business, and the program is the same wherever it is built.
    let renamed = [(cargo_home(), "/cargo"), (Some(root.to_owned()), "/src")];
    flags.extend(renamed.into_iter().filter_map(|(path, name)| {
        Some(format!("--remap-path-prefix={}={name}", path?.display()))
    }));
    if !folder.exists() {
        eprintln!("The first build of the static programs takes up to 10 minutes on two cores.");
    }
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root)
        .args([
            "build",
            "--profile",
            profile,
            "--locked",
            "--target",
            target,
        ])
        // Each other program of these packages takes minutes, too.
        .args(
            PROGRAMS
                .iter()
                .flat_map(|(name, ..)| ["--package", name, "--bin", name]),
        )
        .env("CARGO_TARGET_DIR", &folder)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .status()
        .context("run cargo")?;
    ensure!(status.success(), "cargo build failed");
    Ok(folder.join(target).join(profile))
}

fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cargo")))
}

/// The commit, and whether something was changed since.
fn revision() -> Option<String> {
    let output = Command::new("git")
        .current_dir(checkout::root())
        .args([
            "describe",
            "--always",
            "--dirty",
            "--abbrev=40",
            "--exclude=*",
        ])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// With one decimal.
pub(crate) fn mebibytes(bytes: usize) -> String {
    let tenths = bytes * 10 / (1024 * 1024);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_of_an_image_is_one_of_the_package_of_its_name() {
        let metadata = Command::new(env!("CARGO"))
            .current_dir(checkout::root())
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .unwrap();
        let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        for (program, ..) in PROGRAMS {
            let mut of_its_name = packages.iter().filter(|package| package["name"] == program);
            let package = of_its_name.next().unwrap_or_else(|| panic!("{program}"));
            let mut targets = package["targets"].as_array().unwrap().iter();
            let is_there =
                targets.any(|target| target["name"] == program && target["kind"][0] == "bin");
            assert!(is_there, "no program {program}: {package}");
        }
    }
}
