//! Whose memory it is.

use super::recording::Frame;

/// Crates that count as a part of their own where they ask for memory; others do it for who calls them.
const CRATES: [&str; 9] = [
    "aws-lc-rs",
    "azure_core",
    "azure_identity",
    "hyper",
    "kube-client",
    "kube-runtime",
    "reqwest",
    "rustls",
    "tracing-subscriber",
];
/// Where the compiler has seen files of the operator, from the folder of the checkout.
const OWN: &str = "src/";
/// Where Cargo keeps the source of crates: `registry/src/…/NAME-VERSION/src/…`.
const REGISTRY: &str = "/registry/src/";

/// The part of the program that holds memory which these calls asked for, the innermost first: a file of the operator, or a
/// crate.
pub(super) fn part(calls: &[Frame<'_>]) -> String {
    let found = calls
        .iter()
        .find_map(|call| own(call).or_else(|| library(call)));
    found.unwrap_or("(other)").to_owned()
}

/// The innermost function of the operator or of such a crate, with its line.
pub(super) fn place(calls: &[Frame<'_>]) -> String {
    let found = calls
        .iter()
        .find_map(|call| Some((call, own(call).or_else(|| library(call))?)));
    let Some((call, part)) = found else {
        return "(other)".to_owned();
    };
    let function = call.function.split('<').next().unwrap_or_default();
    format!("{part}:{} {function}", call.line)
}

fn own<'a>(call: &Frame<'a>) -> Option<&'a str> {
    call.file.strip_prefix(OWN)?.strip_suffix(".rs")
}

fn library<'a>(call: &Frame<'a>) -> Option<&'a str> {
    let (_, path) = call.file.split_once(REGISTRY)?;
    let folder = path.split('/').nth(1)?;
    let (name, _) = folder.rsplit_once('-')?;
    CRATES.contains(&name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(function: &'static str, file: &'static str) -> Frame<'static> {
        Frame {
            function,
            file,
            line: 7,
        }
    }

    #[test]
    fn memory_is_that_of_the_innermost_file_of_the_operator_or_crate_that_counts() {
        let calls = [
            call("finish_grow", "/rustc/1/library/alloc/src/raw_vec.rs"),
            call(
                "reserve<T>",
                "/c/registry/src/index-1/hashbrown-0.16.1/src/raw.rs",
            ),
            call("change<T>", "src/controller/memory/objects.rs"),
            call(
                "poll",
                "/c/registry/src/index-1/kube-runtime-5.0.0/src/controller/mod.rs",
            ),
            call("drive", "src/controller/watch/drive.rs"),
        ];
        assert_eq!(part(&calls), "controller/memory/objects");
        assert_eq!(place(&calls), "controller/memory/objects:7 change");
        assert_eq!(part(&calls[3..]), "kube-runtime");
        assert_eq!(place(&calls[3..]), "kube-runtime:7 poll");
        assert_eq!(part(&calls[..2]), "(other)");
    }
}
