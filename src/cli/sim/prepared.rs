//! A scenario with its project, compiled.

use std::path::Path;

use wippy_dispatcher::sim::Picker;

use crate::Program;
use crate::cli::arguments::Options;
use crate::cli::exit_status::{FAILED, USAGE};
use crate::cli::reported::{ReportedDiagnostics, asked_for};
use crate::cli::{code, report};
use crate::registry::{Diagnostic, Loaded, Registry};
use crate::simulation::{Scenario, Simulation, SimulationError};

/// A scenario that can be run.
pub(super) struct Prepared {
    pub(super) scenario: Scenario,
    pub(super) simulation: Simulation,
}

impl Prepared {
    /// Reads the scenario and its project, and compiles what is called.
    ///
    /// # Errors
    /// The exit status; what is wrong was reported.
    pub(super) fn new(
        options: &Options,
        scenario: Option<&Path>,
        picker: Option<Picker>,
        load: impl FnOnce(&Path) -> Loaded,
    ) -> Result<Prepared, u8> {
        // The command line is refused without one.
        let path = scenario.unwrap_or(Path::new(""));
        let scenario = Scenario::load(path).map_err(|found| {
            report::diagnostics(&found, options.json);
            USAGE
        })?;
        let loaded = match (scenario.project(), scenario.components().next()) {
            (Some(directory), _) => load(directory),
            // Its own components are all that it needs.
            (None, Some(_)) => Loaded::of(Registry::default()),
            (None, None) => load(&options.directory),
        };
        let called = scenario.calls().iter().map(|call| call.entry());
        let asked_for: Vec<_> = called
            .filter_map(|name| asked_for(loaded.registry.resolve(name)))
            .collect();
        let reported = ReportedDiagnostics::of_project(&loaded, asked_for, options.json)?;
        reported.tell_others();
        let (settings, registry) = (loaded.settings, loaded.registry);
        let registry = with_components(&scenario, registry, options.json)?;
        let program = code::program(options, &settings, registry);
        let mut builder = scenario.simulation(program);
        if let Some(picker) = picker {
            builder = builder.picker(picker);
        }
        match builder.build() {
            Ok(simulation) => Ok(Prepared {
                scenario,
                simulation,
            }),
            Err(error) => Err(refuse(&scenario, &error, options.json)),
        }
    }
}

/// The entries of a project, and the scenario's own.
fn with_components(scenario: &Scenario, registry: Registry, json: bool) -> Result<Registry, u8> {
    let builder = Program::builder().project(registry);
    let builder = scenario
        .components()
        .fold(builder, |builder, entry| builder.entry(entry));
    builder.registry().map_err(|error| {
        let mut diagnostic = Diagnostic::error(error.to_string()).field("components");
        diagnostic.place = scenario.place_of_component(&error.entry);
        report::diagnostics([&diagnostic], json);
        USAGE
    })
}

/// Reports why a scenario cannot be run; the exit status.
fn refuse(scenario: &Scenario, error: &SimulationError, json: bool) -> u8 {
    let (field, place, is_usage) = match error {
        SimulationError::Call(call) => {
            let place = scenario.place_of_call(&call.entry);
            ("hosts", place, report::is_usage(call))
        }
        SimulationError::NoFilesystem { filesystem, .. } => {
            ("disks", scenario.place_of_disk(filesystem), true)
        }
        _ => {
            report::message(&error.to_string(), json);
            return FAILED;
        }
    };
    let mut diagnostic = Diagnostic::error(error.to_string()).field(field);
    diagnostic.place = place;
    report::diagnostics([&diagnostic], json);
    match is_usage {
        true => USAGE,
        false => FAILED,
    }
}
