//! Every file is compiled: one that no other file lists would be forgotten, with its tests.

use crate::files;

/// Files that Cargo itself compiles.
const ROOTS: [&str; 3] = ["main.rs", "lib.rs", "build.rs"];

#[test]
fn every_file_is_listed_by_another() {
    let files = files::code();
    let mut checked = 0;
    for file in &files {
        let (folder, name) = file.path.rsplit_once('/').unwrap();
        let is_program = folder.ends_with("/bin") || files::TESTS.contains(&folder);
        if ROOTS.contains(&name) || is_program {
            continue;
        }
        let (folder, module) = match name {
            "mod.rs" => folder.rsplit_once('/').unwrap(),
            _ => (folder, name.trim_end_matches(".rs")),
        };
        let parents = ["mod.rs", "lib.rs", "main.rs"].map(|name| format!("{folder}/{name}"));
        let beside = format!("{folder}.rs");
        let is_listed = files
            .iter()
            .filter(|parent| parents.contains(&parent.path) || parent.path == beside)
            .any(|parent| lists(&parent.text, module));
        assert!(is_listed, "nothing lists {}", file.path);
        checked += 1;
    }
    assert!(checked > 300, "only {checked} files");
}

fn lists(text: &str, module: &str) -> bool {
    let listed = format!("mod {module};");
    text.lines().any(|line| {
        line.strip_suffix(&listed)
            .is_some_and(|before| before.is_empty() || before.starts_with("pub"))
    })
}
