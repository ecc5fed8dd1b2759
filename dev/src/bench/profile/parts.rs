//! Whose memory a stack of calls stands for.

use std::collections::HashMap;

/// Names with the bytes that they hold, the largest first.
pub(super) type Held = Vec<(String, u64)>;

/// The crates that count as a part of their own, where no call of the operator's is nearer.
const CRATES: [&str; 9] = [
    "kube_runtime",
    "kube_client",
    "rustls",
    "aws_lc_rs",
    "hyper",
    "reqwest",
    "azure_",
    "tracing",
    "tokio",
];
const OPERATOR: &str = "sshkey_operator::";

/// By folder of the operator, or by crate: each line is `outermost;…;innermost bytes`.
pub(super) fn by_part(stacks: &str) -> Held {
    sums(stacks, |calls| {
        let mut inner_first = calls.iter().rev();
        let own = inner_first.find_map(|call| own_place(call));
        match own {
            Some(place) => {
                let folders: Vec<&str> = place.split("::").collect();
                // The last one is a function or a type.
                let depth = folders.len().saturating_sub(1).clamp(1, 3);
                folders[..depth].join("::")
            }
            None => library(calls),
        }
    })
}

/// By the innermost function of the operator, and by crate where there is none.
pub(super) fn by_place(stacks: &str) -> Held {
    sums(stacks, |calls| {
        let mut inner_first = calls.iter().rev();
        let own = inner_first.find_map(|call| own_place(call));
        own.map_or_else(|| library(calls), str::to_owned)
    })
}

/// The path of a function of the operator, without its types.
fn own_place(call: &str) -> Option<&str> {
    let path = call.trim_start_matches('<').strip_prefix(OPERATOR)?;
    let end = path.find(['<', '(', ' ']).unwrap_or(path.len());
    Some(path.get(..end).unwrap_or(path).trim_end_matches("::"))
}

fn library(calls: &[&str]) -> String {
    let of = |call: &&str| {
        let call = call.trim_start_matches('<');
        CRATES.into_iter().find(|name| call.starts_with(name))
    };
    let found = calls.iter().rev().find_map(of);
    format!("({})", found.unwrap_or("other"))
}

fn sums(stacks: &str, name: impl Fn(&[&str]) -> String) -> Held {
    let mut sums: HashMap<String, u64> = HashMap::new();
    for line in stacks.lines() {
        let Some((calls, bytes)) = line.rsplit_once(' ') else {
            continue;
        };
        let Ok(bytes) = bytes.parse::<u64>() else {
            continue;
        };
        let calls: Vec<&str> = calls.split(';').collect();
        *sums.entry(name(&calls)).or_default() += bytes;
    }
    let mut held: Held = sums.into_iter().collect();
    held.sort_by(|(_, one), (_, other)| other.cmp(one));
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACKS: &str = "\
main;tokio::runtime::run;sshkey_operator::azure::inventory::add<T>;alloc::vec::grow 300
main;<sshkey_operator::azure::inventory::List as Clone>::clone;malloc 50
main;sshkey_operator::controller::memory::objects::change::{closure#0};malloc 100
main;hyper::client::send;rustls::record::new 40
main;no_part 7
not a stack";

    fn held(name: &str, bytes: u64) -> (String, u64) {
        (name.to_owned(), bytes)
    }

    #[test]
    fn memory_counts_for_the_innermost_folder_of_the_operator_or_for_a_crate() {
        let expected = [
            held("azure::inventory", 350),
            held("controller::memory::objects", 100),
            held("(rustls)", 40),
            held("(other)", 7),
        ];
        assert_eq!(by_part(STACKS), expected);
    }

    #[test]
    fn a_function_is_named_without_its_types() {
        let places = by_place(STACKS);
        assert_eq!(places[0], held("azure::inventory::add", 300));
        assert_eq!(
            places[1],
            held("controller::memory::objects::change::{closure#0}", 100)
        );
    }
}
