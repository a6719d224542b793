//! A scenario's document: what it says, with all errors and their places.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use wippy_dispatcher::sim::{DEFAULT_HOST, Fault, FaultMix, HostError, Link, Picker};
use wippy_dispatcher::{Dispatcher, Error, Simulation};

use super::disks::{ScenarioDisk, disks};
use super::expectation::Expectations;
use super::faults::{ScenarioFault, faults, swarm};
use super::hosts::{NAMESPACE, ScenarioHost, components, hosts};
use super::network::{ScenarioLink, count, link, links};
use crate::id::Id;
use crate::nearest::nearest;
use crate::program::Entry;
use crate::registry::{
    Context, Diagnostic, Fields, Node, Place, Spanned, parse_documents, read_duration, schema_of,
};
use crate::simulation::picker::parse_picker;

/// What a scenario says.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// The directory of its project.
    pub(super) project: Option<PathBuf>,
    pub(super) components: Vec<Spanned<Entry>>,
    pub(super) hosts: Vec<ScenarioHost>,
    pub(super) links: Vec<ScenarioLink>,
    pub(super) default_link: Option<Link>,
    pub(super) faults: Vec<ScenarioFault>,
    pub(super) disks: Vec<ScenarioDisk>,
    pub(super) swarm: Option<FaultMix>,
    pub(super) picker: Option<Picker>,
    pub(super) max_time: Option<Duration>,
    pub(super) max_records: Option<u64>,
    pub(super) max_output: Option<u64>,
    pub(super) expectations: Expectations,
}

/// Reads a scenario from text, as if it stood in this file.
///
/// # Errors
/// All that is wrong with it; warnings are errors here, because a field that has no effect may be an
/// expectation.
pub(super) fn read(text: &str, path: &Path) -> Result<Document, Vec<Diagnostic>> {
    let file: Arc<Path> = path.into();
    let parsed = parse_documents(text, &file);
    let root = match (parsed.documents.as_slice(), parsed.error) {
        (_, Some(error)) => return Err(vec![error]),
        ([root], None) => root,
        ([], None) => {
            let error = Diagnostic::error("the scenario is empty");
            return Err(vec![error.hint("it needs hosts").at(&Place::file(file))]);
        }
        ([_, second, ..], None) => {
            let error = Diagnostic::error("a scenario is one document");
            return Err(vec![error.at(&second.place)]);
        }
    };
    let id = Id::new(NAMESPACE, NAMESPACE);
    let mut cx = Context::new(&id, true);
    root.problems(&mut |problem| {
        cx.error(&problem.place, "", problem.message.clone());
    });
    let directory = path.parent().unwrap_or(Path::new(""));
    let document = fields(root, directory, &mut cx);
    document.check(root, &mut cx);
    if cx.found.is_empty() {
        return Ok(document);
    }
    let without_entry = |found: Diagnostic| Diagnostic {
        entry: None,
        ..found
    };
    Err(cx.found.into_iter().map(without_entry).collect())
}

/// The JSON Schema of a scenario.
///
/// ```
/// let schema = wippy::sim::scenario_schema();
/// assert!(schema["properties"]["hosts"].is_object());
/// ```
pub fn scenario_schema() -> serde_json::Value {
    let id = Id::new(NAMESPACE, NAMESPACE);
    let mut cx = Context::describing(&id);
    let nothing = Node::empty(Place::file(Path::new("").into()));
    let _ = fields(&nothing, Path::new(""), &mut cx);
    schema_of("A scenario of a simulation", &cx.into_described())
}

fn fields(root: &Node, directory: &Path, cx: &mut Context<'_>) -> Document {
    let mut fields = Fields::new(root, "", cx);
    let of = &mut fields;
    of.accept("version", cx);
    of.accept("description", cx);
    let project = of.string("project", cx);
    let components = components(of, directory, cx);
    let hosts = hosts(of, cx);
    let links = links(of, cx);
    let default_link = of.section("default_link", cx).map(|mut fields| {
        let link = link(&mut fields, cx);
        fields.finish(cx);
        link
    });
    let faults = faults(of, cx);
    let disks = disks(of, cx);
    let swarm = swarm(of, cx);
    let picker = picker(of, cx);
    let (mut max_time, mut max_records, mut max_output) = (None, None, None);
    if let Some(mut bounds) = of.section("bounds", cx) {
        max_time = read_duration(&mut bounds, "time", cx);
        max_records = count(&mut bounds, "records", cx);
        max_output = count(&mut bounds, "output", cx);
        bounds.finish(cx);
    }
    let expectations = Expectations::read(of, cx);
    fields.finish(cx);
    Document {
        project: project.map(|path| directory.join(path.value)),
        components,
        hosts,
        links,
        default_link,
        faults,
        disks,
        swarm,
        picker,
        max_time,
        max_records,
        max_output,
        expectations,
    }
}

fn picker(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<Picker> {
    let text = fields.string("picker", cx)?;
    match parse_picker(&text.value) {
        Ok(picker) => Some(picker),
        Err(message) => {
            cx.error(&text.place, "picker", message);
            None
        }
    }
}

impl Document {
    /// Compares what its parts say of each other.
    fn check(&self, root: &Node, cx: &mut Context<'_>) {
        if self.hosts.is_empty() && cx.found.is_empty() {
            cx.error(
                &root.place,
                "hosts",
                "hosts is required: what runs, and where",
            );
        }
        let named = self.hosts.iter().map(|host| host.name.value.as_str());
        let hosts: Vec<&str> = named.chain([DEFAULT_HOST]).collect();
        let links = self.links.iter().flat_map(|link| &link.between);
        let faults = self.faults.iter().flat_map(|fault| &fault.hosts);
        let (calls, of_calls) = self.expectations.names();
        let of_links = links.map(|host| ("links", host));
        let of_faults = faults.map(|host| ("faults", host));
        let of_disks = self.disks.iter().map(|disk| ("disks", &disk.host));
        let of_calls = of_calls.into_iter().map(|host| ("expect.calls", host));
        for (field, name) in of_links.chain(of_faults).chain(of_disks).chain(of_calls) {
            known(cx, field, "host", name, hosts.iter().copied());
        }
        let placed = self.hosts.iter().flat_map(|host| &host.calls);
        let labels: BTreeSet<&str> = placed.map(|call| call.value.label()).collect();
        for name in calls {
            known(cx, "expect", "call", name, labels.iter().copied());
        }
        if cx.found.is_empty() {
            self.check_simulated(cx);
        }
    }

    /// Asks the simulation whether it can have these hosts and faults.
    fn check_simulated(&self, cx: &mut Context<'_>) {
        let hosts = self
            .hosts
            .iter()
            .filter(|host| host.name.value != DEFAULT_HOST);
        let hosts = hosts.fold(Simulation::new(0), |simulation, host| {
            simulation.host(&host.name.value, host.addresses.iter().copied())
        });
        if let Some((error, name)) = refused(hosts.clone()) {
            let host = self.hosts.iter().find(|host| host.name.value == name);
            if let Some(host) = host {
                cx.error(&host.name.place, "hosts", error.clone());
            }
            return;
        }
        let faults = self.faults.iter();
        let all = faults.fold(hosts, |simulation, fault| {
            simulation.at(fault.at, fault.fault.clone())
        });
        if let Some((error, name)) = refused(all) {
            // The hosts are good for all other faults.
            let ends = |fault: &&ScenarioFault| {
                matches!(fault.fault, Fault::Crash(..) | Fault::Restart(_))
            };
            let hosts = self.faults.iter().filter(ends).flat_map(|it| &it.hosts);
            if let Some(host) = hosts.into_iter().find(|host| host.value == name) {
                cx.error(&host.place, "faults", error);
            }
        }
    }
}

/// Why a simulation cannot be, and the host that it is about.
fn refused(simulation: Simulation) -> Option<(String, String)> {
    let built = Dispatcher::builder().simulation(simulation).build();
    let Err(Error::Io(error)) = built else {
        return None;
    };
    match error.get_ref()?.downcast_ref()? {
        error @ HostError::Invalid { host, .. } => Some((error.to_string(), host.clone())),
        _ => None,
    }
}

/// Reports a name that there is not.
fn known<'a>(
    cx: &mut Context<'_>,
    field: &str,
    what: &str,
    name: &Spanned<String>,
    mut names: impl Iterator<Item = &'a str> + Clone,
) {
    let all = names.clone();
    if names.any(|known| known == name.value) {
        return;
    }
    let error = Diagnostic::error(format!("there is no {what} {:?}", name.value));
    let error = match nearest(&name.value, all) {
        Some(near) => error.hint(format!("did you mean {near:?}?")),
        None => error,
    };
    cx.report(error, &name.place, field);
}
