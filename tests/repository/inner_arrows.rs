//! Some rooms have rooms of their own, which use each other along the arrows only.

use crate::{
    arrows::{last_cell, quoted},
    file_graph::FileGraph,
    files,
};

/// The rooms and files inside of a room, the lowest first, and what each may use beside itself.
const INNER_ROOMS: [(&str, &[(&str, &str)]); 2] = [
    (
        "src/plan",
        &[
            ("failure", ""),
            ("records", ""),
            ("desired", "failure records"),
            ("step", "records desired"),
            ("observed", "failure records desired step"),
            ("authority", "failure records desired observed"),
            ("effect", "records desired step observed"),
            ("decision", "failure step"),
            (
                "decide/azure",
                "failure records desired step observed authority decision",
            ),
            (
                "decide/secret",
                "failure records desired step observed authority decision decide/azure",
            ),
            (
                "decide/rotation",
                "failure records desired step observed authority decide/secret",
            ),
            (
                "decide",
                "failure records desired step observed authority decision decide/azure decide/secret decide/rotation",
            ),
            (
                "report",
                "failure records desired step observed authority decision decide/azure decide/secret decide/rotation",
            ),
            (
                "forecast",
                "failure records desired step observed authority effect decision decide/azure decide report",
            ),
        ],
    ),
    (
        "src/controller",
        &[
            ("action", ""),
            ("clock", ""),
            ("failure", ""),
            ("options", ""),
            ("store_id", ""),
            ("series", ""),
            ("wakeups", ""),
            ("memory", "store_id wakeups"),
            ("turns", "wakeups memory"),
            ("blocking", "store_id wakeups memory turns"),
            ("sessions", "clock failure store_id wakeups blocking memory"),
            ("source", "failure blocking memory"),
            (
                "context",
                "options series turns blocking memory sessions source",
            ),
            ("objects", "action memory context"),
            ("scope", "memory context"),
            ("gauges", "clock memory sessions context objects"),
            (
                "sshkey/observe",
                "clock failure store_id blocking memory sessions source context scope",
            ),
            (
                "sshkey/act",
                "clock failure store_id blocking memory sessions source context scope sshkey/observe",
            ),
            (
                "sshkey",
                "action clock failure memory context objects scope sshkey/observe sshkey/act",
            ),
            (
                "sshkey_plan",
                "action clock failure wakeups blocking memory context scope sshkey/observe sshkey/act",
            ),
            (
                "store",
                "action clock failure store_id memory sessions context objects sshkey/observe",
            ),
            (
                "watch",
                "action store_id series wakeups turns blocking memory sessions context objects scope sshkey/observe sshkey sshkey_plan store",
            ),
        ],
    ),
];

#[test]
fn no_inner_room_uses_what_is_above_or_beside_it() {
    let graph = FileGraph::of(&files::rust("src"));
    for (folder, rooms) in INNER_ROOMS {
        for file in files::rust(folder) {
            let is_list = file.path == format!("{folder}/mod.rs");
            assert!(
                is_list || inner_room(folder, rooms, &file.path).is_some(),
                "{} is in no room on the list",
                file.path
            );
        }
        let against: Vec<String> = graph
            .within(folder)
            .filter(|(file, used)| {
                let (from, to) = (
                    inner_room(folder, rooms, file),
                    inner_room(folder, rooms, &used.file),
                );
                let may_use = |from: &(&str, &str), to: &(&str, &str)| {
                    from.0 == to.0 || from.1.split(' ').any(|used| used == to.0)
                };
                !from.zip(to).is_some_and(|(from, to)| may_use(from, to))
            })
            .map(|(file, used)| format!("{file} uses {}", used.file))
            .collect();
        assert!(against.is_empty(), "{against:#?}");
    }
}

#[test]
fn the_arrows_inside_a_room_go_down_its_list() {
    for (folder, rooms) in INNER_ROOMS {
        for (place, (room, may_use)) in rooms.iter().enumerate() {
            for used in may_use.split_terminator(' ') {
                let is_lower = rooms[..place].iter().any(|(lower, _)| *lower == used);
                assert!(
                    is_lower,
                    "{folder}: {room} uses {used}, which is not below it"
                );
            }
        }
    }
}

#[test]
fn the_manual_draws_the_same_inner_rooms() {
    let page = files::read("docs/development.md");
    for (folder, rooms) in INNER_ROOMS {
        for (room, may_use) in rooms {
            let is_file = files::root().join(format!("{folder}/{room}.rs")).exists();
            let end = if is_file { ".rs" } else { "/" };
            let outer = folder.trim_start_matches("src/");
            let may_use: Vec<&str> = may_use.split_terminator(' ').collect();
            let expected = match &may_use[..] {
                [] => "nothing".to_owned(),
                some => quoted(some),
            };
            let row = format!("{outer}/{room}{end}");
            assert_eq!(last_cell(&page, &row), expected, "{row}");
        }
    }
}

/// The room on the list that a file is in: the innermost.
fn inner_room<'a>(
    folder: &str,
    rooms: &'a [(&'a str, &'a str)],
    file: &str,
) -> Option<&'a (&'a str, &'a str)> {
    let inner = file.strip_prefix(folder)?.trim_start_matches('/');
    let is_in = |(room, _): &&(&str, &str)| {
        let rest = inner.strip_prefix(room);
        rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    };
    rooms
        .iter()
        .filter(is_in)
        .max_by_key(|(room, _)| room.len())
}
