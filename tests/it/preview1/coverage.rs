//! Every function and flag of preview 1 has a test from outside: lines of the table of operations, or a
//! test of another name.

use std::collections::BTreeSet;

use super::operations::OPERATIONS;
use super::random_calls::functions::FUNCTIONS;

/// The table of functions of the host.
const HOST: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/src/host/preview1/functions.rs"
));

/// The files whose tests may be named.
const TESTS: [&str; 8] = [
    include_str!("access.rs"),
    include_str!("coverage.rs"),
    include_str!("hostile.rs"),
    include_str!("operations.rs"),
    include_str!("program.rs"),
    include_str!("waiting.rs"),
    include_str!("../files/streams.rs"),
    include_str!("../files/times.rs"),
];

/// Functions that the table of operations has under other names.
const COMMANDS: [(&str, &str); 8] = [
    ("path_create_directory", "mkdir"),
    ("path_link", "link"),
    ("path_open", "open"),
    ("path_readlink", "readlink"),
    ("path_remove_directory", "rmdir"),
    ("path_rename", "rename"),
    ("path_symlink", "symlink"),
    ("path_unlink_file", "unlink"),
];

/// Functions that never succeed: no descriptor is a socket, and what is not done here.
const NEVER: [&str; 7] = [
    "fd_allocate",
    "fd_fdstat_set_rights",
    "proc_raise",
    "sock_accept",
    "sock_recv",
    "sock_send",
    "sock_shutdown",
];

/// Functions that never fail, except by a pointer.
const ALWAYS: [&str; 2] = ["random_get", "sched_yield"];

/// Functions that other tests are about.
const ELSEWHERE: [(&str, &str); 6] = [
    ("args_get", "arguments_and_environment_are_laid_out"),
    ("args_sizes_get", "arguments_and_environment_are_laid_out"),
    ("environ_get", "arguments_and_environment_are_laid_out"),
    (
        "environ_sizes_get",
        "arguments_and_environment_are_laid_out",
    ),
    ("poll_oneoff", "a_relative_time_passes"),
    ("proc_exit", "a_program_ends_with_the_number_that_it_gives"),
];

/// What shows a flag, or another number that a function is given.
enum Shown {
    /// A line of the table of operations.
    Line(&'static str),
    /// A test.
    Test(&'static str),
}

use Shown::{Line, Test};

/// Every value of every type of flags and numbers that guests pass.
const VALUES: [(&str, &str, Shown); 49] = [
    ("fdflags", "append", Line("open a /data file aw => ok")),
    ("fdflags", "dsync", Line("open s /data file yw => ok")),
    ("fdflags", "nonblock", Line("open s /data file nw => ok")),
    ("fdflags", "rsync", Line("open s /data file qw => ok")),
    ("fdflags", "sync", Line("open s /data file sw => ok")),
    (
        "fdflags",
        "append, later",
        Line("raw fd_fdstat_set_flags #a 1 => 0"),
    ),
    (
        "fdflags",
        "dsync, later",
        Line("raw fd_fdstat_set_flags #a 2 => 28"),
    ),
    (
        "fdflags",
        "nonblock, later",
        Line("raw fd_fdstat_set_flags #a 4 => 0"),
    ),
    ("fdflags", "nonblock of a stream", Test("input_ends_a_wait")),
    (
        "fdflags",
        "rsync, later",
        Line("raw fd_fdstat_set_flags #s 8 => 28"),
    ),
    (
        "fdflags",
        "sync, later",
        Line("raw fd_fdstat_set_flags #s 16 => 28"),
    ),
    (
        "fdflags",
        "unknown",
        Line("raw fd_fdstat_set_flags #a 64 => 28"),
    ),
    ("oflags", "creat", Line("open t /data made cw => ok")),
    ("oflags", "directory", Line("open t /data dir dr => ok")),
    ("oflags", "excl", Line("open t /data made cxw => exist")),
    ("oflags", "trunc", Line("open t /data made tw => ok")),
    (
        "oflags",
        "unknown",
        Line("raw path_open 3 0 @0 4 16 0 0 0 @64 => 28"),
    ),
    (
        "lookupflags",
        "symlink_follow of path_open",
        Line("open g /data link fr => ok"),
    ),
    (
        "lookupflags",
        "without it",
        Line("open g /data link r => loop"),
    ),
    (
        "lookupflags",
        "of path_filestat_get",
        Line("raw path_filestat_get 3 1 @0 4 @64 => 0"),
    ),
    (
        "lookupflags",
        "of path_link",
        Line("link /data file /data hard2 f => invalid"),
    ),
    (
        "lookupflags",
        "of path_filestat_set_times",
        Test("preview_1_sets_keeps_and_takes_times_from_the_clock"),
    ),
    (
        "lookupflags",
        "unknown",
        Line("raw path_filestat_get 3 2 @0 1 @64 => 28"),
    ),
    (
        "fstflags",
        "atim",
        Line("raw fd_filestat_set_times #f 1600000000 9 1 => 0"),
    ),
    (
        "fstflags",
        "atim_now",
        Line("raw fd_filestat_set_times #f 9 9 2 => 0"),
    ),
    (
        "fstflags",
        "atim_now, its value",
        Test("preview_1_sets_keeps_and_takes_times_from_the_clock"),
    ),
    (
        "fstflags",
        "mtim",
        Line("raw fd_filestat_set_times #f 9 2600000000 4 => 0"),
    ),
    (
        "fstflags",
        "mtim_now",
        Line("raw fd_filestat_set_times #f 9 9 8 => 0"),
    ),
    (
        "fstflags",
        "atim twice",
        Line("raw fd_filestat_set_times 3 0 0 3 => 28"),
    ),
    (
        "fstflags",
        "mtim twice",
        Line("raw fd_filestat_set_times 3 0 0 12 => 28"),
    ),
    (
        "fstflags",
        "unknown",
        Line("raw fd_filestat_set_times 3 0 0 16 => 28"),
    ),
    ("subclockflags", "abstime", Test("an_absolute_time_comes")),
    (
        "subclockflags",
        "abstime of the wall clock",
        Test("a_time_of_the_wall_clock_comes"),
    ),
    ("subclockflags", "none", Test("a_relative_time_passes")),
    ("subclockflags", "unknown", Line("put32 40 2 => ok")),
    ("eventtype", "clock", Test("thousands_of_timers_are_polled")),
    (
        "eventtype",
        "fd_read and fd_write",
        Test("streams_and_timers_are_polled_together"),
    ),
    (
        "eventrwflags",
        "fd_readwrite_hangup",
        Test("files_are_always_ready"),
    ),
    (
        "riflags",
        "recv_peek",
        Line("raw sock_recv 1 @512 1 1 @64 @68 => 57"),
    ),
    (
        "riflags",
        "recv_waitall",
        Line("raw sock_recv 1 @512 1 2 @64 @68 => 57"),
    ),
    (
        "siflags",
        "none",
        Line("raw sock_send 3 @512 1 0 @64 => 57"),
    ),
    ("sdflags", "rd", Line("raw sock_shutdown 3 1 => 57")),
    ("sdflags", "wr", Line("raw sock_shutdown 3 2 => 57")),
    ("whence", "set", Line("raw fd_seek #f 100 0 @64 => 0")),
    ("whence", "cur", Line("raw fd_seek #f -2 1 @64 => 0")),
    ("whence", "end", Line("raw fd_seek #f -1 2 @64 => 0")),
    ("whence", "unknown", Line("raw fd_seek #f 0 3 @64 => 28")),
    ("advice", "each", Line("raw fd_advise #f 0 10 4 => 0")),
    ("signal", "the last", Line("raw proc_raise 30 => 58")),
];

/// The functions that the host's table defines.
fn defined() -> BTreeSet<&'static str> {
    let rows = HOST.lines().filter_map(|line| {
        let row = line.trim_start();
        let row = row.strip_prefix("now ").or(row.strip_prefix("wait "))?;
        row.split_once(" in ").map(|(name, _)| name)
    });
    rows.chain(["proc_exit"]).collect()
}

fn has_test(name: &str) -> bool {
    let test = format!("#[test]\nfn {name}() {{");
    TESTS.iter().any(|text| text.contains(&test))
}

fn has_line(line: &str) -> bool {
    OPERATIONS.lines().any(|it| it == line)
}

/// The answers of a function in the table of operations.
fn answers(function: &str) -> BTreeSet<&'static str> {
    let command = COMMANDS.iter().find(|(name, _)| *name == function);
    let raw = format!("raw {function} ");
    let command = command.map(|(_, command)| format!("{command} "));
    let lines = OPERATIONS.lines().filter(|line| {
        let line = line.replace(" =>", "  =>");
        line.starts_with(&raw) || command.as_ref().is_some_and(|it| line.starts_with(it))
    });
    lines
        .filter_map(|line| Some(line.split_once(" => ")?.1))
        .collect()
}

#[test]
fn the_tests_know_every_function() {
    let known: BTreeSet<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
    assert_eq!(defined(), known);
    assert_eq!(known.len(), 46);
}

#[test]
fn every_function_succeeds_and_fails_in_a_test() {
    let mut missing = Vec::new();
    for function in defined() {
        if let Some((_, test)) = ELSEWHERE.iter().find(|(name, _)| *name == function) {
            if !has_test(test) {
                missing.push(format!("{function}: there is no test {test}"));
            }
            continue;
        }
        let (succeeded, failed): (Vec<&str>, Vec<&str>) = answers(function)
            .into_iter()
            .partition(|answer| ["0", "ok"].contains(answer));
        if succeeded.is_empty() && !NEVER.contains(&function) {
            missing.push(format!("{function} does not succeed"));
        }
        if failed.is_empty() && !ALWAYS.contains(&function) {
            missing.push(format!("{function} does not fail"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_flag_has_a_test() {
    let missing: Vec<String> = VALUES
        .iter()
        .filter(|(_, _, shown)| match shown {
            Line(line) => !has_line(line),
            Test(test) => !has_test(test),
        })
        .map(|(group, value, _)| format!("{group}: {value}"))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
