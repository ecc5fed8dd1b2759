//! Which file of `src/` uses which: every path in the code, followed through what is re-exported to the file that defines
//! its end, and every method that stands in another file than its type.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    files::File,
    source::code,
    use_paths::{Path, imports, paths, tails, word},
};

/// The files, and what each uses. Tests at the end of a file, and files of tests alone, are left out.
pub(crate) struct FileGraph {
    uses: BTreeMap<String, BTreeSet<Use>>,
}

/// A use of a file by another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Use {
    /// The file that defines what is used.
    pub(crate) file: String,
    /// The first `mod.rs` that the path goes through by a re-export, or ends in.
    pub(crate) through: Option<String>,
}

impl FileGraph {
    pub(crate) fn of(files: &[File]) -> Self {
        let crate_map = CrateMap::of(files);
        let mut uses: BTreeMap<String, BTreeSet<Use>> = crate_map
            .codes
            .iter()
            .filter(|(file, _)| !is_list(file))
            .map(|(file, code)| (file.clone(), crate_map.uses(file, code)))
            .collect();
        let methods: Vec<Method> = (crate_map.codes.iter())
            .flat_map(|(file, code)| crate_map.methods_of_other_types(file, code))
            .collect();
        for (file, uses) in &mut uses {
            let code = &crate_map.codes[file];
            for method in methods.iter().filter(|method| method.file != *file) {
                let knows_the_type = uses.iter().any(|used| used.file == method.type_file);
                if code.contains(&format!(".{}(", method.name))
                    && (knows_the_type || crate_map.is_the_only(&method.name))
                {
                    uses.insert(Use {
                        file: method.file.clone(),
                        through: None,
                    });
                }
            }
        }
        Self { uses }
    }

    /// Every use of a file by a file, both in a folder.
    pub(crate) fn within<'a>(&'a self, folder: &str) -> impl Iterator<Item = (&'a str, &'a Use)> {
        let folder = format!("{folder}/");
        let is_in = move |file: &str| file.starts_with(&folder);
        self.uses
            .iter()
            .flat_map(|(file, uses)| uses.iter().map(move |used| (file.as_str(), used)))
            .filter(move |(file, used)| is_in(file) && is_in(&used.file))
    }

    /// The circles of files in a folder: each is the files that all use each other, at whatever distance.
    pub(crate) fn circles(&self, folder: &str) -> Vec<Vec<String>> {
        let mut arrows: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (file, used) in self.within(folder) {
            arrows.entry(file).or_default().push(&used.file);
        }
        let reach: BTreeMap<&str, BTreeSet<&str>> = arrows
            .keys()
            .map(|file| (*file, reachable(&arrows, file)))
            .collect();
        let circles: BTreeSet<Vec<String>> = reach
            .iter()
            .filter(|(file, reached)| reached.contains(*file))
            .map(|(file, reached)| {
                let comes_back =
                    |other: &&&str| reach.get(**other).is_some_and(|it| it.contains(file));
                let circle = reached.iter().filter(comes_back);
                circle.map(|file| (*file).to_owned()).collect()
            })
            .collect();
        circles.into_iter().collect()
    }
}

fn reachable<'a>(arrows: &BTreeMap<&'a str, Vec<&'a str>>, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = arrows.get(from).cloned().unwrap_or_default();
    while let Some(file) = next.pop() {
        if reached.insert(file) {
            next.extend(arrows.get(file).into_iter().flatten());
        }
    }
    reached
}

/// A public method that stands in another file than its type.
struct Method {
    name: String,
    file: String,
    type_file: String,
}

/// The modules of the crate, and what those that only list re-export.
struct CrateMap {
    modules: BTreeMap<Path, String>,
    exports: BTreeMap<(Path, String), Path>,
    codes: BTreeMap<String, String>,
}

impl CrateMap {
    fn of(files: &[File]) -> Self {
        let files = files.iter().filter(|file| !file.path.contains("/tests/"));
        let codes: BTreeMap<String, String> = files
            .map(|file| (file.path.clone(), code_without_tests(&file.text)))
            .collect();
        let mut map = Self {
            modules: codes
                .keys()
                .map(|file| (module(file), file.clone()))
                .collect(),
            exports: BTreeMap::new(),
            codes,
        };
        for (file, code) in map.codes.iter().filter(|(file, _)| is_list(file)) {
            let here = module(file);
            for path in imports(code) {
                let from_here = |path: &Path| {
                    let inner: Path = here.iter().chain(path.first()).cloned().collect();
                    let is_inner = map.modules.contains_key(&inner);
                    is_inner.then(|| here.iter().chain(path).cloned().collect())
                };
                if let (Some(name), Some(path)) = (
                    path.last(),
                    absolute(&here, &path).or_else(|| from_here(&path)),
                ) {
                    map.exports.insert((here.clone(), name.clone()), path);
                }
            }
        }
        map
    }

    fn uses(&self, file: &str, code: &str) -> BTreeSet<Use> {
        let here = module(file);
        let mut found = BTreeSet::new();
        for path in paths(code).iter().filter_map(|path| absolute(&here, path)) {
            let end = self.resolve(&path);
            // A folder that is named only to name what is in it.
            let tails = match path.last() {
                Some(name) if is_list(&end.file) => tails(code, name),
                _ => Vec::new(),
            };
            if tails.is_empty() {
                found.insert(end);
            }
            found.extend(
                tails
                    .iter()
                    .map(|tail| self.resolve(&[&path[..], tail].concat())),
            );
        }
        found.retain(|used| used.file != file);
        found
    }

    /// The file that defines the end of a path from the root.
    fn resolve(&self, path: &[String]) -> Use {
        let mut here = Path::new();
        for (at, name) in path.iter().enumerate() {
            let inner = [&here[..], std::slice::from_ref(name)].concat();
            let is_last = at + 1 == path.len();
            let export = self.exports.get(&(here.clone(), name.clone()));
            if self.modules.contains_key(&inner) && !(is_last && export.is_some()) {
                here = inner;
            } else if let Some(export) = export.filter(|export| **export != path[..=at]) {
                let used = self.resolve(&[&export[..], &path[at + 1..]].concat());
                return Use {
                    through: self.modules.get(&here).cloned(),
                    ..used
                };
            } else {
                break;
            }
        }
        let file = self.modules.get(&here).cloned().unwrap_or_default();
        Use {
            through: is_list(&file).then(|| file.clone()),
            file,
        }
    }

    fn methods_of_other_types(&self, file: &str, code: &str) -> Vec<Method> {
        let here = module(file);
        let mut methods = Vec::new();
        for (at, start) in code.match_indices("\nimpl") {
            let Some((head, rest)) = code[at + start.len()..].split_once('{') else {
                continue;
            };
            // Behind the parameters, if there are any, stands the type.
            let name = word(head.trim_start_matches(|char| char != ' ').trim());
            let mut paths = paths(code).into_iter();
            let imported = paths.find(|path| path.last() == Some(&name));
            let Some(path) = imported.and_then(|path| absolute(&here, &path)) else {
                continue;
            };
            let type_file = self.resolve(&path).file;
            let block = rest.split("\n}").next().unwrap_or(rest);
            let is_inherent = !head.contains(" for ");
            let names = block.split("fn ").skip(1).filter(|_| is_inherent).map(word);
            methods.extend(names.map(|name| Method {
                name,
                file: file.to_owned(),
                type_file: type_file.clone(),
            }));
        }
        methods
    }

    /// Whether there is one function of that name.
    fn is_the_only(&self, function: &str) -> bool {
        let is_it = |rest: &str| word(rest) == function;
        let functions = self
            .codes
            .values()
            .flat_map(|code| code.split("fn ").skip(1));
        functions.filter(|rest| is_it(rest)).count() == 1
    }
}

/// Whether a file only lists and re-exports what is in its folder.
fn is_list(file: &str) -> bool {
    file.ends_with("/mod.rs") || file.ends_with("/lib.rs")
}

/// The module that a file is.
fn module(file: &str) -> Path {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    let names = path
        .split('/')
        .filter(|name| *name != "mod" && *name != "lib");
    names.map(str::to_owned).collect()
}

/// A path from the root; `None` when it begins in another crate.
fn absolute(here: &[String], path: &[String]) -> Option<Path> {
    let supers = path.iter().take_while(|name| *name == "super").count();
    let (from, rest) = match path.first()?.as_str() {
        "crate" => (&[][..], &path[1..]),
        "self" => (here, &path[1..]),
        "super" => (&here[..here.len().checked_sub(supers)?], &path[supers..]),
        _ => return None,
    };
    Some([from, rest].concat())
}

fn code_without_tests(text: &str) -> String {
    let text = text
        .split("\n#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text);
    format!("\n{}", code(text))
}
