//! Listing, and what happens to a directory that is removed meanwhile.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use wippy::Runtime;
use wippy_dispatcher::Dispatcher;

use super::{World, expect, preview1, script};
use crate::support::{Project, live};

#[test]
fn a_directory_lists_its_names_and_not_its_own() {
    let world = World::new();
    let root = world.root();
    fs::create_dir(root.join("sub")).expect("a directory");
    fs::write(root.join("file"), "").expect("a file");
    std::os::unix::fs::symlink("file", root.join("link")).expect("a link");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        root.join("fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o644),
        0,
    )
    .expect("a fifo");
    world.expect(&[
        (
            "list /data",
            "fifo=Fifo file=RegularFile link=SymbolicLink sub=Directory",
        ),
        ("open s /data sub dr", "ok"),
        ("list s", "nothing"),
        ("open f /data file r", "ok"),
        ("list f", "not-directory"),
    ]);
}

#[test]
fn ten_thousand_names_are_listed_each_once() {
    let world = World::new();
    let one = world.outer().join("secret");
    for index in 0..10_000 {
        fs::hard_link(&one, world.root().join(format!("entry-{index}"))).expect("a link");
    }
    world.expect(&[("list /data", "10000 names"), ("list /data", "10000 names")]);
}

#[test]
fn a_name_that_is_no_text_is_an_error_in_its_place() {
    let world = World::new();
    fs::write(world.root().join("a"), "").expect("a file");
    let name = std::ffi::OsStr::from_bytes(b"b\xff");
    fs::write(world.root().join(name), "").expect("a file");
    world.expect(&[("list /data", "a=RegularFile illegal-byte-sequence")]);
}

#[test]
fn streams_of_one_directory_do_not_share_their_place_and_outlive_it() {
    let world = World::new();
    fs::create_dir(world.root().join("d")).expect("a directory");
    fs::write(world.root().join("d/only"), "").expect("a file");
    world.expect(&[
        ("open d /data d dr", "ok"),
        ("listing one d", "ok"),
        ("listing two d", "ok"),
        ("next one", "only"),
        ("next one", "none"),
        ("next one", "none"),
        ("drop d", "ok"),
        ("next two", "only"),
        ("next two", "none"),
    ]);
}

#[test]
fn a_removed_directory_says_so_and_leaks_nothing() {
    let lines = [
        ("mkdir /data d", "ok"),
        ("open d /data d dr", "ok"),
        ("rmdir /data d", "ok"),
        ("open f d x cw", "no-entry"),
        ("mkdir d sub", "no-entry"),
        ("list d", "no-entry"),
        ("stat-at d x f", "no-entry"),
    ];
    let world = World::new();
    let place = world.root().join("d");
    let dispatcher = live();
    let (newer, older) = (world.project(), world.preview1());
    let expects: [(&Project, Expect); 2] = [(&newer, expect), (&older, preview1::expect)];
    for (project, expect) in expects {
        let runtime = project.load(&dispatcher);
        expect(&dispatcher, &runtime, &lines);
        let before = open_below(&place);
        for _ in 0..20 {
            expect(&dispatcher, &runtime, &lines);
        }
        assert_eq!(open_below(&place), before);
    }
}

type Expect = fn(&Dispatcher, &Runtime, &[(&str, &str)]);

/// How many descriptors this process has open on something whose path begins like this, removed or not.
fn open_below(place: &Path) -> usize {
    let place = place.to_string_lossy();
    let open = fs::read_dir("/proc/self/fd").expect("a list");
    open.filter_map(Result::ok)
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with(&*place))
        .count()
}

#[test]
fn descriptors_are_given_back_after_ten_thousand_opens() {
    let world = World::new();
    fs::write(world.root().join("a"), "x").expect("a file");
    let dispatcher = live();
    let runtime = world.project().load(&dispatcher);
    let own = || open_below(&world.root());
    script(&dispatcher, &runtime, &["open f /data a r"]);
    let before = own();
    expect(
        &dispatcher,
        &runtime,
        &[
            ("repeat 10000 /data a r", "ok"),
            ("hoard 1000 /data a", "1000"),
        ],
    );
    for _ in 0..200 {
        script(
            &dispatcher,
            &runtime,
            &[
                "open f /data a rw",
                "input i f 0",
                "append o f",
                "listing l /data",
            ],
        );
    }
    // The mounts' root stays open; nothing else does.
    assert_eq!(own(), before);
}

/// The same over preview 1, whose numbers are given back with them.
#[test]
fn preview_1_gives_descriptors_back_after_ten_thousand_opens() {
    let world = World::new();
    fs::write(world.root().join("a"), "x").expect("a file");
    let dispatcher = live();
    let runtime = world.preview1().load(&dispatcher);
    let own = || open_below(&world.root());
    script(&dispatcher, &runtime, &["open f /data a r"]);
    let before = own();
    let lines = [
        ("repeat 10000 /data a r", "ok"),
        ("open f /data a rw", "ok"),
        ("fd f", "4"),
        ("list /data", "a=RegularFile"),
    ];
    for _ in 0..20 {
        expect(&dispatcher, &runtime, lines.get(1..).expect("some"));
    }
    expect(&dispatcher, &runtime, &lines);
    assert_eq!(own(), before);
}
