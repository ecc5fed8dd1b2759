//! Links within the manual lead somewhere.

use std::path::{Component, Path, PathBuf};

use crate::files::{self, File};

#[test]
fn every_link_leads_to_a_file_and_to_a_heading_in_it() {
    let mut followed = 0;
    for page in files::manual() {
        for link in links(&page.text) {
            if link.contains("://") {
                continue;
            }
            followed += 1;
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let path = match path {
                "" => PathBuf::from(&page.path),
                _ => beside(&page, path),
            };
            assert!(
                files::root().join(&path).exists(),
                "{} links to {link}, which is not there",
                page.path
            );
            if !heading.is_empty() {
                let text = files::read(&path.to_string_lossy());
                assert!(
                    headings(&text).any(|found| found == heading),
                    "{} links to {link}, and there is no such heading",
                    page.path
                );
            }
        }
    }
    assert!(followed > 20, "only {followed} links were followed");
}

fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(')')?.0))
}

fn beside(page: &File, link: &str) -> PathBuf {
    let folder = Path::new(&page.path).parent().unwrap_or(Path::new(""));
    let mut path = PathBuf::new();
    for component in folder.join(link).components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    path
}

/// Headings as links name them: lower case, without signs, with hyphens for spaces.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|char| char.is_alphanumeric() || " -_".contains(*char))
                .map(|char| if char == ' ' { '-' } else { char })
                .collect()
        })
}
