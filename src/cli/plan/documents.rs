//! Manifests as they stand in files, in folders and on standard input.

use std::{
    collections::BTreeSet,
    fmt, fs, io,
    io::Read as _,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::cli::error::CliError;

/// What a folder is searched for, as kubectl does.
const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];

/// Where an object was written: a file, and which document of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cli) struct Origin {
    file: String,
    /// From 1; `None` for a file with one document.
    document: Option<usize>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.document {
            Some(number) => write!(f, "{}, document {number}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// One document, or why it can't be read.
pub(in crate::cli) type Document = (Origin, Result<Value, String>);

/// Reads every document of files, of folders, and of standard input where `-` stands for it. A file that is named twice, or
/// is in a folder that is named too, is read once.
pub(in crate::cli) fn read(paths: &[PathBuf], recursive: bool) -> Result<Vec<Document>, CliError> {
    let mut all = Vec::new();
    let mut known = BTreeSet::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut text = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut text);
            read.map_err(CliError::Input)?;
            all.extend(documents("standard input", &text));
            continue;
        }
        let failed = |cause| CliError::File {
            doing: "read",
            path: path.clone(),
            cause,
        };
        for file in files(path, recursive).map_err(failed)? {
            // What is no file, such as a pipe, has no such path, and is another each time.
            let is_new = fs::canonicalize(&file).map_or(true, |path| known.insert(path));
            if !is_new {
                continue;
            }
            let text = fs::read(&file).map_err(|cause| CliError::File {
                doing: "read",
                path: file.clone(),
                cause,
            })?;
            all.extend(documents(&file.display().to_string(), &text));
        }
    }
    Ok(all)
}

/// The file itself, or the manifests of a folder in the order of their names.
fn files(path: &Path, recursive: bool) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut inside = Vec::new();
    for entry in fs::read_dir(path)? {
        inside.push(entry?.path());
    }
    inside.sort();
    let mut found = Vec::new();
    for path in inside {
        if fs::metadata(&path)?.is_dir() {
            if recursive {
                found.extend(files(&path, recursive)?);
            }
        } else if path
            .extension()
            .is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
        {
            found.push(path);
        }
    }
    Ok(found)
}

/// The documents of one text, those of lists one by one, empty ones left out.
fn documents(file: &str, text: &[u8]) -> Vec<Document> {
    let at = |document| Origin {
        file: file.to_owned(),
        document,
    };
    let Ok(text) = str::from_utf8(text) else {
        return vec![(at(None), Err("it is no text in UTF-8".to_owned()))];
    };
    let parts: Vec<String> = split(text)
        .into_iter()
        .filter(|part| !is_empty(part))
        .collect();
    let is_one = parts.len() == 1;
    let mut found = Vec::new();
    for (number, part) in (1..).zip(&parts) {
        let origin = at((!is_one).then_some(number));
        match serde_saphyr::from_str::<Value>(part) {
            Ok(value) => found.extend(
                items(value)
                    .into_iter()
                    .map(|one| (origin.clone(), Ok(one))),
            ),
            Err(error) => found.push((origin, Err(error.to_string()))),
        }
    }
    found
}

/// What stands between lines of three dashes. JSON is YAML too.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in text.lines() {
        let rest = line.strip_prefix("---").map(str::trim_start);
        match (rest, parts.last_mut()) {
            (Some(rest), _) if rest.is_empty() || rest.starts_with('#') => {
                parts.push(String::new());
            }
            (_, Some(part)) => {
                part.push_str(line);
                part.push('\n');
            }
            (_, None) => {}
        }
    }
    parts
}

fn is_empty(part: &str) -> bool {
    part.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#')
    })
}

/// The entries of a list of objects, as `kubectl get -o yaml` prints several; anything else as it is.
fn items(value: Value) -> Vec<Value> {
    let kind = value.get("kind").and_then(Value::as_str);
    let is_list = kind.is_some_and(|kind| kind.ends_with("List"));
    match (is_list, value.get("items")) {
        (true, Some(Value::Array(items))) => items.clone(),
        _ => vec![value],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(String, Result<String, ()>)> {
        let all = documents("a.yaml", text.as_bytes()).into_iter();
        all.map(|(origin, value)| {
            let name = value.map(|value| value["kind"].as_str().unwrap_or_default().to_owned());
            (origin.to_string(), name.map_err(drop))
        })
        .collect()
    }

    #[test]
    fn documents_are_counted_and_broken_ones_stop_no_others() {
        let text = "# a comment\n---\nkind: A\n--- # next\nkind: [\n---\n\n---\nkind: C\n";
        let at = |number| format!("a.yaml, document {number}");
        assert_eq!(
            shown(text),
            [
                (at(1), Ok("A".to_owned())),
                (at(2), Err(())),
                (at(3), Ok("C".to_owned()))
            ]
        );
    }

    #[test]
    fn json_and_lists_are_read() {
        let one = [("a.yaml".to_owned(), Ok("A".to_owned()))];
        assert_eq!(shown("{\"kind\": \"A\"}"), one);
        let list = "{\"kind\": \"List\", \"items\": [{\"kind\": \"A\"}]}";
        assert_eq!(shown(list), one);
        assert_eq!(shown(""), []);
    }

    #[test]
    fn a_folder_is_read_in_order_and_deeper_only_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        for name in ["b.yml", "a.json", "notes.txt", "deep/c.yaml"] {
            fs::write(folder.path().join(name), "kind: A").unwrap();
        }
        let path = [folder.path().to_owned()];
        assert_eq!(read(&path, false).unwrap().len(), 2);
        let all = read(&path, true).unwrap();
        let names: Vec<String> = all.iter().map(|(origin, _)| origin.to_string()).collect();
        assert!(
            names[0].ends_with("a.json") && names[2].ends_with("c.yaml"),
            "{names:?}"
        );
        assert!(read(&[folder.path().join("none")], false).is_err());
        let twice = [folder.path().to_owned(), folder.path().join("b.yml")];
        assert_eq!(read(&twice, false).unwrap().len(), 2, "each file once");
    }
}
