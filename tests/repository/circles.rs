//! In most rooms no file uses another that uses it, at whatever distance: each can be read before those that rest on it.

use crate::{
    file_graph::FileGraph,
    files::{self, File},
};

/// The rooms that must be free of circles.
const FREE_OF_CIRCLES: [&str; 9] = [
    "src/api",
    "src/app",
    "src/azure",
    "src/cli",
    "src/controller",
    "src/keys",
    "src/kubernetes",
    "src/metrics",
    "src/plan",
];

/// The rooms inside which an import names the file that defines, and no list of what is there.
const WITHOUT_DETOURS: [&str; 2] = ["src/controller", "src/plan"];

#[test]
fn no_circle_of_files_is_left() {
    let graph = FileGraph::of(&files::rust("src"));
    for room in FREE_OF_CIRCLES {
        let circles = graph.circles(room);
        assert!(circles.is_empty(), "{room} has circles: {circles:#?}");
        assert!(graph.within(room).count() > 3, "{room} has no arrows");
    }
}

#[test]
fn no_import_inside_a_room_goes_through_a_mod_file() {
    let graph = FileGraph::of(&files::rust("src"));
    for room in WITHOUT_DETOURS {
        let detours: Vec<String> = graph
            .within(room)
            .filter_map(|(file, used)| Some(format!("{file} through {}", used.through.as_ref()?)))
            .collect();
        assert!(detours.is_empty(), "{detours:#?}");
    }
}

#[test]
fn a_circle_through_re_exports_and_methods_is_found() {
    let files = made_up(&[
        ("src/lib.rs", "pub mod room;"),
        (
            "src/room/mod.rs",
            "mod a; mod b; mod c; mod deep;\npub use a::A; pub use deep::D;",
        ),
        // To b by a re-export of a re-export.
        ("src/room/a.rs", "use super::D;\npub struct A;"),
        ("src/room/deep/mod.rs", "mod b;\npub use b::D;"),
        (
            "src/room/deep/b.rs",
            "use crate::room::{c::C};\npub struct D;",
        ),
        // Back to a by a method that stands in another file than its type.
        (
            "src/room/c.rs",
            "pub struct C;\nfn f(d: E) { d.unheard_of(); }",
        ),
        (
            "src/room/e.rs",
            "use super::a::A;\nimpl A {\n    pub fn unheard_of(&self) {}\n}",
        ),
        (
            "src/room/apart.rs",
            "use super::a::A;\n#[cfg(test)]\nmod tests { use crate::room::apart; }",
        ),
    ]);
    let circles = FileGraph::of(&files).circles("src/room");
    let circle = ["a", "c", "deep/b", "e"].map(|file| format!("src/room/{file}.rs"));
    assert_eq!(circles, [circle]);
}

#[test]
fn a_detour_is_found_and_a_straight_way_is_not_one() {
    let files = made_up(&[
        ("src/room/mod.rs", "mod a; mod b;\npub use a::A;"),
        ("src/room/a.rs", "pub struct A;"),
        ("src/room/b.rs", "use super::A;"),
        ("src/room/c.rs", "use super::a::A;"),
        ("src/room/d.rs", "use crate::room;\nfn f() -> room::A {}"),
    ]);
    let graph = FileGraph::of(&files);
    let detours: Vec<&str> = graph
        .within("src/room")
        .filter(|(_, used)| used.through.is_some())
        .map(|(file, _)| file)
        .collect();
    assert_eq!(detours, ["src/room/b.rs", "src/room/d.rs"]);
    assert_eq!(graph.within("src/room").count(), 3);
    assert!(graph.circles("src/room").is_empty());
}

fn made_up(files: &[(&str, &str)]) -> Vec<File> {
    let file = |(path, text): &(&str, &str)| File {
        path: (*path).to_owned(),
        text: (*text).to_owned(),
    };
    files.iter().map(file).collect()
}
