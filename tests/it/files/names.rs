//! Creating, linking, renaming, removing.

use std::fs;

use super::World;

#[test]
fn directories_come_and_go() {
    World::new().expect(&[
        ("mkdir /data d", "ok"),
        ("mkdir /data d", "exist"),
        ("mkdir /data d/e/", "ok"),
        ("mkdir /data x/y", "no-entry"),
        ("rmdir /data d", "not-empty"),
        ("rmdir /data d/e/", "ok"),
        ("open f /data d/f cw", "ok"),
        ("rmdir /data d/f", "not-directory"),
        ("rmdir /data d/f/", "not-directory"),
        ("unlink /data d", "is-directory"),
        ("unlink /data d/", "is-directory"),
        ("unlink /data d/f/", "not-directory"),
        ("unlink /data d/f", "ok"),
        ("unlink /data d/f", "no-entry"),
        ("rmdir /data d", "ok"),
        ("rmdir /data d", "no-entry"),
        ("rmdir /data .", "invalid"),
        ("mkdir /data .", "exist"),
        ("mkdir\t/data\t", "no-entry"),
        ("unlink\t/data\t", "no-entry"),
        ("open\tf\t/data\t\tr", "no-entry"),
        ("stat-at\t/data\t\tf", "no-entry"),
    ]);
}

#[test]
fn renames_replace_what_they_may() {
    World::new().expect(&[
        ("open a /data a cw", "ok"),
        ("write a 0 one", "3"),
        ("open b /data b cw", "ok"),
        ("rename /data a /data b", "ok"),
        ("open c /data b r", "ok"),
        ("read c 9 0", "one, end"),
        ("open a /data a r", "no-entry"),
        ("mkdir /data d", "ok"),
        ("mkdir /data e", "ok"),
        ("rename /data d/ /data e", "ok"),
        ("rename /data e /data d/", "ok"),
        ("rename /data b /data d", "is-directory"),
        ("rename /data d /data b", "not-directory"),
        ("rename /data b /data c/", "not-directory"),
        ("rename /data b/ /data c", "not-directory"),
        ("mkdir /data d/in", "ok"),
        ("rename /data d /data d/in/d", "invalid"),
        ("mkdir /data f", "ok"),
        ("rename /data f /data d", "not-empty"),
        ("rename /data none /data x", "no-entry"),
        ("open d /data d dr", "ok"),
        ("rename /data b d b", "ok"),
        ("list d", "b=RegularFile in=Directory"),
        ("rename d b /data b", "ok"),
        ("list /data", "b=RegularFile d=Directory f=Directory"),
    ]);
}

#[test]
fn links_are_files_of_their_own() {
    let world = World::new();
    world.expect(&[
        ("open a /data a cw", "ok"),
        ("write a 0 one", "3"),
        ("mkdir /data d", "ok"),
        ("symlink /data a to-a", "ok"),
        ("symlink /data a to-a", "exist"),
        ("symlink /data ../a d/up", "ok"),
        ("symlink /data d to-d", "ok"),
        ("symlink /data nowhere dangling", "ok"),
        ("symlink /data round round", "ok"),
        ("symlink /data a new/", "no-entry"),
        ("readlink /data to-a", "a"),
        ("readlink /data d/up", "../a"),
        ("readlink /data a", "invalid"),
        ("readlink /data to-d/", "invalid"),
        ("readlink /data none", "no-entry"),
        ("open f /data to-a fr", "ok"),
        ("read f 9 0", "one, end"),
        ("open f /data d/up fr", "ok"),
        ("same f a", "true"),
        ("open f /data to-a r", "loop"),
        ("open f /data to-d/up fr", "ok"),
        ("open f /data dangling fr", "no-entry"),
        ("open f /data dangling r", "loop"),
        ("open f /data round fr", "loop"),
        ("open f /data round/x r", "loop"),
        ("open f /data to-d dr", "not-directory"),
        ("open f /data to-d fdr", "ok"),
        ("unlink /data to-d", "ok"),
        ("rename /data to-a /data moved", "ok"),
        ("readlink /data moved", "a"),
        ("rmdir /data moved", "not-directory"),
        ("unlink /data moved", "ok"),
        // Created through a link that leads nowhere yet.
        ("open f /data dangling cfw", "ok"),
    ]);
    assert!(world.root().join("nowhere").is_file());
}

#[test]
fn hard_links_are_the_same_object() {
    let world = World::new();
    world.expect(&[
        ("open a /data a crw", "ok"),
        ("mkdir /data d", "ok"),
        ("link /data a /data b -", "ok"),
        ("link /data a /data b -", "exist"),
        ("link /data a /data c f", "invalid"),
        ("link /data d /data e -", "not-permitted"),
        ("link /data d/ /data e -", "not-permitted"),
        ("link /data none /data e -", "no-entry"),
        ("link /data a /data d/a/ -", "no-entry"),
        ("link /data a/ /data e -", "not-directory"),
        ("open b /data b r", "ok"),
        ("same a b", "true"),
        ("symlink /data a s", "ok"),
        ("link /data s /data t -", "ok"),
        ("readlink /data t", "a"),
    ]);
    use std::os::unix::fs::MetadataExt;
    let links = fs::metadata(world.root().join("a"))
        .expect("a file")
        .nlink();
    assert_eq!(links, 2);
}

#[test]
fn names_may_be_any_text() {
    World::new().expect(
        &[
            ("open\tf\t/data\tключ ✓ 日本\tcw", "ok"),
            ("list\t/data", "ключ ✓ 日本=RegularFile"),
            ("open\tf\t/data\ta\0b\tcw", "invalid"),
            ("unlink\t/data\ta\0b", "invalid"),
            ("symlink\t/data\ta\0b\tc", "invalid"),
            ("open f /data NAME cw", "name-too-long"),
        ]
        .iter()
        .map(|(command, answer)| (command.replace("NAME", &"n".repeat(256)), *answer))
        .collect::<Vec<_>>()
        .iter()
        .map(|(command, answer)| (command.as_str(), *answer))
        .collect::<Vec<_>>(),
    );
}
