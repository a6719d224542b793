//! Ways out of a mount, none of which leads out.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{World, expect, script};
use crate::support::live;

/// A root with links that a careless neighbour has left in it.
fn careless() -> World {
    let world = World::new();
    let root = world.root();
    fs::create_dir(root.join("dir")).expect("a directory");
    fs::write(root.join("file"), "inside").expect("a file");
    let secret = world.outer().join("secret");
    for (target, name) in [
        (Path::new("../secret"), "relative"),
        (&secret, "absolute"),
        (Path::new("relative"), "chain"),
        (Path::new("chain"), "longer"),
        (Path::new(".."), "up"),
        (world.outer(), "outer"),
        (Path::new("dir/../.."), "around"),
        (Path::new("../created"), "dangling"),
        (Path::new("/proc/self/root"), "magic"),
        (Path::new("/"), "top"),
        (Path::new("../root/file"), "back"),
    ] {
        symlink(target, root.join(name)).expect("a link");
    }
    world
}

/// What lies beside the root, and when it last changed.
fn beside(world: &World) -> (Vec<String>, String, std::time::SystemTime) {
    let listed = fs::read_dir(world.outer()).expect("a directory");
    let mut names: Vec<String> = listed
        .map(|entry| {
            let name = entry.expect("an entry").file_name();
            name.to_string_lossy().into_owned()
        })
        .collect();
    names.sort();
    let secret = world.outer().join("secret");
    let text = fs::read_to_string(&secret).expect("the secret");
    let changed = fs::metadata(&secret).expect("the secret").modified();
    (names, text, changed.expect("a time"))
}

/// Commands that would reach something outside. All are `not-permitted`.
const OUT: &[&str] = &[
    // By the path itself.
    "open f /data /etc/passwd r",
    "open f /data / dr",
    "open f /data //etc/passwd r",
    "open f /data ../secret r",
    "open f /data ./../secret r",
    "open f /data dir/../../secret r",
    "open f /data dir/./.././../secret r",
    "open f /data dir/../dir/../../secret r",
    "open f /data .. dr",
    "open f /data ../ dr",
    "open f /data dir/../.. dr",
    "open f /data ../root/file r",
    "open f /data ../new cw",
    "open f /data ../../../../../../../../etc/passwd r",
    // By links.
    "open f /data relative fr",
    "open f /data absolute fr",
    "open f /data chain fr",
    "open f /data longer fr",
    "open f /data up/secret r",
    "open f /data up fdr",
    "open f /data outer/secret r",
    "open f /data around/secret r",
    "open f /data dangling cfw",
    "open f /data magic/etc/passwd r",
    "open f /data top/etc/passwd r",
    "open f /data back fr",
    "open f /data dir/../up/secret r",
    // By other functions.
    "stat-at /data /etc/passwd f",
    "stat-at /data ../secret -",
    "stat-at /data .. -",
    "stat-at /data relative f",
    "stat-at /data up/ -",
    "stat-at /data outer/secret -",
    "hash-at /data ../secret -",
    "hash-at /data absolute f",
    "times-at /data ../secret - 1 1",
    "times-at /data relative f 1 1",
    "times-at /data up/ - 1 1",
    "times-at /data up/secret - 1 1",
    "readlink /data ../x",
    "readlink /data /proc/self/exe",
    "readlink /data absolute",
    "readlink /data up/",
    "readlink /data outer/x",
    "mkdir /data /new",
    "mkdir /data ../new",
    "mkdir /data up/new",
    "mkdir /data outer/new/",
    "mkdir /data ..",
    "rmdir /data ..",
    "rmdir /data ../root",
    "rmdir /data up/root",
    "unlink /data ../secret",
    "unlink /data outer/secret",
    "unlink /data /etc/passwd",
    "unlink /data ..",
    "symlink /data /etc/passwd mine",
    "symlink /data file ../mine",
    "symlink /data file up/mine",
    "rename /data file /data ../stolen",
    "rename /data ../secret /data stolen",
    "rename /data file /data up/stolen",
    "rename /data outer/secret /data stolen",
    "rename /data file /data /stolen",
    "rename /data .. /data stolen",
    "link /data ../secret /data stolen -",
    "link /data up/secret /data stolen -",
    "link /data file /data ../stolen -",
    "link /data file /data outer/stolen -",
    "link /data up/ /data stolen -",
    // From a directory beneath.
    "open f d ../file r",
    "open f d .. dr",
    "open f d ../../secret r",
    "stat-at d ../file f",
    "rename /data file d ../moved",
    "unlink d ../file",
];

#[test]
fn no_path_leads_out() {
    nothing_leads_out();
}

/// Tries every way out.
pub fn nothing_leads_out() {
    // Twice: what the caches have learnt must not matter.
    let lines: Vec<(&str, &str)> = std::iter::once(("open d /data dir dr", "ok"))
        .chain(OUT.iter().chain(OUT).map(|&line| (line, "not-permitted")))
        .collect();
    for project in [World::project, World::preview1] {
        let world = careless();
        let before = beside(&world);
        let dispatcher = live();
        let runtime = project(&world).load(&dispatcher);
        expect(&dispatcher, &runtime, &lines);
        assert_eq!(beside(&world), before);
        assert!(world.root().join("file").is_file());
    }
}

#[test]
fn links_of_the_kernels_own_making_are_not_followed() {
    let world = World::new();
    let mounts = "[{fs: self, guest: /self}]";
    let itself: [(&str, &Path, &str); 1] = [("self", Path::new("/proc/self"), "")];
    let dispatcher = live();
    for project in [
        world.mounted(mounts, &itself),
        world.mounted_preview1(mounts, &itself),
    ] {
        expect(
            &dispatcher,
            &project.load(&dispatcher),
            &[
                ("open f /self root/etc/passwd r", "loop"),
                ("open f /self cwd fdr", "loop"),
                ("open f /self exe fr", "loop"),
                ("open f /self fd/0 fr", "loop"),
                ("open f /self root fdr", "loop"),
                ("stat-at /self exe f", "loop"),
                ("stat-at /self root/etc -", "loop"),
                ("readlink /self root", "not-permitted"),
            ],
        );
    }
}

#[test]
fn a_link_that_appears_meanwhile_does_not_lead_out() {
    let world = World::new();
    let root = world.root();
    let (inside, outside) = (root.join("sub"), root.join("swap"));
    fs::create_dir(&inside).expect("a directory");
    fs::write(inside.join("secret"), "inside").expect("a file");
    symlink(world.outer(), &outside).expect("a link");
    let stop = Arc::new(AtomicBool::new(false));
    let swaps = Arc::new(AtomicU32::new(0));
    let swapping = {
        let (stop, swaps) = (stop.clone(), swaps.clone());
        thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                renameat_with(CWD, &inside, CWD, &outside, RenameFlags::EXCHANGE).expect("swapped");
                swaps.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let dispatcher = live();
    let runtime = world.project().load(&dispatcher);
    let mut seen = Vec::new();
    let soak = std::env::var("WIPPY_SOAK_SECONDS").ok();
    let soak = Duration::from_secs(soak.and_then(|text| text.parse().ok()).unwrap_or(0));
    let start = Instant::now();
    // Until both have been met, and often enough to meet the moments in between.
    loop {
        let answers = script(&dispatcher, &runtime, &["race 200 /data sub/secret"]);
        seen.extend(
            answers
                .iter()
                .flat_map(|answer| answer.split(", ").map(str::to_owned)),
        );
        seen.sort();
        seen.dedup();
        let met = |what: &str| seen.iter().any(|said| said == what);
        if met("inside")
            && met("not-permitted")
            && swaps.load(Ordering::Relaxed) > 2000
            && start.elapsed() >= soak
        {
            break;
        }
    }
    stop.store(true, Ordering::Relaxed);
    swapping.join().expect("a thread");
    assert!(seen.contains(&"inside".to_owned()), "{seen:?}");
    assert!(seen.contains(&"not-permitted".to_owned()), "{seen:?}");
    assert!(!seen.contains(&"secret".to_owned()), "{seen:?}");
}
