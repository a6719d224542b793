//! What the figures were measured on.

use std::fs;

use serde::Serialize;

/// The machine and the build.
#[derive(Serialize, Debug)]
pub struct Machine {
    cpu: String,
    cores: usize,
    virtual_machine: bool,
    kernel: String,
    profile: String,
    load: String,
}

impl Machine {
    /// This one, now.
    pub fn look() -> Machine {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let field = |name: &str| {
            let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let unknown = || "unknown".to_owned();
        Machine {
            cpu: field("model name").unwrap_or_else(unknown),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            virtual_machine: field("flags")
                .is_some_and(|flags| flags.split(' ').any(|flag| flag == "hypervisor")),
            kernel: line("/proc/sys/kernel/osrelease").unwrap_or_else(unknown),
            profile: profile().unwrap_or_else(unknown),
            load: load(),
        }
    }

    /// One line a fact.
    pub fn print(&self) {
        let virtual_machine = match self.virtual_machine {
            true => ", virtual machine",
            false => "",
        };
        println!("machine   {} x {}{virtual_machine}", self.cores, self.cpu);
        println!("kernel    {}", self.kernel);
        println!("profile   {}", self.profile);
        println!("load      {} (1, 5, 15 minutes, before the run)", self.load);
    }
}

/// The load averages.
pub fn load() -> String {
    let text = line("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn line(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

/// Cargo names the directory after the profile: `target/release/deps/side_by_side-…`.
fn profile() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let name = program.ancestors().nth(2)?.file_name()?;
    Some(name.to_string_lossy().into_owned())
}
