//! The files of the repository.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A text file of the repository.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Its path from the root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn is_under(&self, folder: &str) -> bool {
        self.path.starts_with(&format!("{folder}/"))
    }

    pub(crate) fn is_a(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| found == extension)
    }
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("read {path}: {error}"))
}

/// Every text file but those that are built and those of version control, in the order of their paths.
pub(crate) fn all() -> Vec<File> {
    let mut files = Vec::new();
    collect(root(), &mut files);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(files.len() > 100, "only {} files were found", files.len());
    files
}

/// Where programs are.
const PROGRAMS: [&str; 3] = ["src", "emulator/src", "dev/src"];
/// Where tests are, and what they share.
pub(crate) const TESTS: [&str; 3] = ["tests", "emulator/tests", "dev/tests"];

/// Every Rust file of programs and tests.
pub(crate) fn code() -> Vec<File> {
    let folders = PROGRAMS.into_iter().chain(TESTS);
    folders.flat_map(rust).collect()
}

/// Every Rust file below a folder.
pub(crate) fn rust(folder: &str) -> Vec<File> {
    let files: Vec<File> = all()
        .into_iter()
        .filter(|file| file.is_under(folder) && file.is_a("rs"))
        .collect();
    assert!(!files.is_empty(), "there is no Rust file in {folder}");
    files
}

/// The manual: every page that users and contributors read.
pub(crate) fn manual() -> Vec<File> {
    all().into_iter().filter(|file| file.is_a("md")).collect()
}

fn collect(folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // In a linked worktree, .git is a file.
        if name == "target" || name == ".git" {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            files.push(File {
                path: from_root(&path),
                text,
            });
        }
    }
}

fn from_root(path: &Path) -> String {
    let path: PathBuf = path.strip_prefix(root()).unwrap().to_path_buf();
    path.to_string_lossy().replace('\\', "/")
}
