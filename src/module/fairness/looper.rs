//! A component that loops over any one of the host's functions, made from what `wit/` says.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::{AbiVariant, FlatTypes, WasmType};
use wit_parser::{Function, Handle, InterfaceId, Resolve, Type, TypeDefKind, TypeId, WorldItem};

use crate::host::PACKAGES;

/// The interface of the test's own functions, which give out resources of each kind.
pub const GIVEN: &str = "test:looper/given";

/// Where results are stored, where a list of one handle is, and where the host's lists go.
const RESULT: u32 = 1024;
const LIST: u32 = 2048;
const HEAP: u32 = 4096;

/// The component, and what it can loop over.
pub struct Looper {
    /// Its binary. It exports `spin: func(which: u32, times: u32)`.
    pub bytes: Vec<u8>,
    /// The functions by their names, `interface#function`, in the order of `which`.
    pub functions: Vec<String>,
    /// The kinds of resources that [`GIVEN`] gives.
    pub resources: Vec<String>,
}

/// Everything that a guest can import from the host: what its worlds in `wit/` import, and the
/// interfaces of packages that have their WIT themselves.
struct Host {
    resolve: Resolve,
    /// The interfaces by their full names.
    interfaces: BTreeMap<String, InterfaceId>,
}

impl Host {
    fn read() -> Host {
        let mut resolve = Resolve::default();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wit");
        let (package, _) = resolve.push_dir(folder).expect("the folder `wit`");
        let imports = resolve.packages[package]
            .worlds
            .values()
            .flat_map(|&world| &resolve.worlds[world].imports);
        let mut interfaces = BTreeMap::new();
        for (_, item) in imports {
            if let WorldItem::Interface { id, .. } = item {
                interfaces.insert(resolve.id_of(*id).expect("a name"), *id);
            }
        }
        for host in PACKAGES.iter() {
            let Some(text) = host.wit else {
                continue;
            };
            let package = resolve.push_str(&*host.name, text).expect("a WIT package");
            for &id in resolve.packages[package].interfaces.values() {
                interfaces.insert(resolve.id_of(id).expect("a name"), id);
            }
        }
        Host {
            resolve,
            interfaces,
        }
    }

    /// The resources, with the interfaces that own them.
    fn resources(&self) -> Vec<(String, &str)> {
        let mut found = Vec::new();
        for (interface, &id) in &self.interfaces {
            for (name, &ty) in &self.resolve.interfaces[id].types {
                if matches!(self.resolve.types[ty].kind, TypeDefKind::Resource) {
                    found.push((name.clone(), interface.as_str()));
                }
            }
        }
        found
    }
}

/// The component that may import whatever the host has.
pub fn looper() -> Looper {
    let mut host = Host::read();
    let world = world(&host);
    let package = host.resolve.push_str("looper.wit", &world);
    let package = package.expect("a world over all resources");
    let (text, functions) = module(&host);
    let mut module = wat::parse_str(&text).expect("a module");
    let world = host.resolve.select_world(&[package], None);
    let world = world.expect("its only world");
    embed_component_metadata(&mut module, &host.resolve, world, StringEncoding::UTF8)
        .expect("a world");
    let encoder = ComponentEncoder::default().validate(true);
    let mut encoder = encoder.module(&module).expect("the world's module");
    Looper {
        bytes: encoder.encode().expect("a component"),
        functions,
        resources: host.resources().into_iter().map(|(name, _)| name).collect(),
    }
}

/// The world of the component, and the interface that gives it resources.
fn world(host: &Host) -> String {
    let (mut uses, mut functions, mut imports) = (String::new(), String::new(), String::new());
    for (resource, interface) in host.resources() {
        let _ = writeln!(uses, "  use {interface}.{{%{resource}}};");
        let _ = writeln!(functions, "  make-{resource}: func() -> %{resource};");
    }
    for interface in host.interfaces.keys() {
        let _ = writeln!(imports, "  import {interface};");
    }
    format!(
        "package test:looper;\n\
         interface given {{\n{uses}{functions}}}\n\
         world looper {{\n{imports}  import given;\n  export spin: func(which: u32, times: u32);\n}}\n"
    )
}

/// The core module, and the names of what it can loop over.
fn module(host: &Host) -> (String, Vec<String>) {
    let (mut imports, mut loops, mut names) = (String::new(), String::new(), Vec::new());
    for (resource, interface) in host.resources() {
        let _ = writeln!(
            imports,
            "(import {GIVEN:?} \"make-{resource}\" (func $\"make-{resource}\" (result i32)))\n\
             (import {interface:?} \"[resource-drop]{resource}\" (func $\"drop-{resource}\" (param i32)))"
        );
        let mut body = Body::new(&host.resolve);
        body.code = format!("(call $\"drop-{resource}\" (call $\"make-{resource}\"))");
        body.write(names.len(), &mut loops);
        names.push(format!("{interface}#[resource-drop]{resource}"));
    }
    for (interface, &id) in &host.interfaces {
        for (name, function) in &host.resolve.interfaces[id].functions {
            let signature = host
                .resolve
                .wasm_signature(AbiVariant::GuestImport, function);
            let (params, results) = (text(&signature.params), text(&signature.results));
            let symbol = format!("{interface}#{name}");
            let _ = writeln!(
                imports,
                "(import {interface:?} {name:?} (func $\"{symbol}\" (param {params}) (result {results})))"
            );
            let mut body = Body::new(&host.resolve);
            body.call(&symbol, function, signature.retptr);
            body.write(names.len(), &mut loops);
            names.push(symbol);
        }
    }
    let table: Vec<String> = (0..names.len())
        .map(|which| format!("$loop{which}"))
        .collect();
    let module = format!(
        r#"(module
        {imports}
        (memory (export "memory") 32)
        (global $heap (mut i32) (i32.const {HEAP}))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
          (local $at i32)
          (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
          (global.set $heap (i32.add (local.get $at) (local.get 3)))
          (local.get $at))
        {loops}
        (table funcref (elem {}))
        (func (export "spin") (param $which i32) (param $times i32)
          (call_indirect (param i32) (local.get $times) (local.get $which))))"#,
        table.join(" ")
    );
    (module, names)
}

/// A loop over one function, with arguments that are zero and empty but for the handles.
struct Body<'a> {
    resolve: &'a Resolve,
    /// Runs before the loop.
    before: String,
    /// What is called again and again.
    code: String,
    /// How many handles are made before the loop.
    handles: usize,
}

impl<'a> Body<'a> {
    fn new(resolve: &'a Resolve) -> Body<'a> {
        Body {
            resolve,
            before: String::new(),
            code: String::new(),
            handles: 0,
        }
    }

    fn call(&mut self, symbol: &str, function: &Function, stored: bool) {
        for parameter in &function.params {
            self.argument(&parameter.ty);
        }
        if stored {
            let _ = writeln!(self.code, "(i32.const {RESULT})");
        }
        let _ = writeln!(self.code, "(call $\"{symbol}\")");
        if !stored && function.result.is_some() {
            self.code.push_str("(drop)");
        }
    }

    /// Pushes the flat values of an argument.
    fn argument(&mut self, ty: &Type) {
        let resolve = self.resolve;
        let Some(kind) = kind(resolve, ty) else {
            return self.zeros(&self.flat(ty));
        };
        match kind {
            // Gone after the call: made for each.
            TypeDefKind::Handle(Handle::Own(id)) => {
                let _ = writeln!(self.code, "(call $\"make-{}\")", resource(resolve, *id));
            }
            TypeDefKind::Handle(Handle::Borrow(id)) => {
                let handle = self.handle(*id);
                let _ = writeln!(self.code, "(local.get {handle})");
            }
            // Who polls nothing traps.
            TypeDefKind::List(of) => match of_handles(resolve, of) {
                Some(id) => {
                    let handle = self.handle(id);
                    let _ = writeln!(
                        self.before,
                        "(i32.store (i32.const {LIST}) (local.get {handle}))"
                    );
                    let _ = writeln!(self.code, "(i32.const {LIST}) (i32.const 1)");
                }
                None => self.zeros(&self.flat(ty)),
            },
            TypeDefKind::Result(result) => {
                // The first case, with what the other would need beside it.
                let all = self.flat(ty);
                self.zeros(&all[..1]);
                let mut used = 1;
                if let Some(ok) = &result.ok {
                    self.argument(ok);
                    used += self.flat(ok).len();
                }
                self.zeros(&all[used..]);
            }
            _ => self.zeros(&self.flat(ty)),
        }
    }

    /// The local variable of a handle that is made before the loop.
    fn handle(&mut self, id: TypeId) -> usize {
        self.handles += 1;
        let name = resource(self.resolve, id);
        let _ = writeln!(
            self.before,
            "(local.set {} (call $\"make-{name}\"))",
            self.handles
        );
        self.handles
    }

    fn flat(&self, ty: &Type) -> Vec<WasmType> {
        let mut space = [WasmType::I32; Resolve::MAX_FLAT_PARAMS];
        let mut flat = FlatTypes::new(&mut space);
        assert!(self.resolve.push_flat(ty, &mut flat), "too many values");
        flat.to_vec()
    }

    fn zeros(&mut self, types: &[WasmType]) {
        for &ty in types {
            let _ = writeln!(self.code, "({}.const 0)", name(ty));
        }
    }

    fn write(self, which: usize, loops: &mut String) {
        let Body {
            before,
            code,
            handles,
            ..
        } = self;
        let locals = " i32".repeat(handles);
        let _ = writeln!(
            loops,
            "(func $loop{which} (param $times i32) (local{locals})
               {before}
               (loop $again
                 (global.set $heap (i32.const {HEAP}))
                 {code}
                 (local.set $times (i32.sub (local.get $times) (i32.const 1)))
                 (br_if $again (local.get $times))))"
        );
    }
}

/// What a type is, behind its names; none for a primitive.
fn kind<'a>(resolve: &'a Resolve, ty: &Type) -> Option<&'a TypeDefKind> {
    match ty {
        Type::Id(id) => match &resolve.types[*id].kind {
            TypeDefKind::Type(ty) => kind(resolve, ty),
            kind => Some(kind),
        },
        _ => None,
    }
}

fn of_handles(resolve: &Resolve, ty: &Type) -> Option<TypeId> {
    match kind(resolve, ty) {
        Some(TypeDefKind::Handle(Handle::Borrow(id))) => Some(*id),
        _ => None,
    }
}

/// The name that a resource has where it is declared.
fn resource(resolve: &Resolve, id: TypeId) -> &str {
    match &resolve.types[id].kind {
        TypeDefKind::Type(Type::Id(id)) => resource(resolve, *id),
        _ => resolve.types[id].name.as_deref().expect("a name"),
    }
}

fn name(ty: WasmType) -> &'static str {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
    }
}

fn text(types: &[WasmType]) -> String {
    let names: Vec<&str> = types.iter().map(|&ty| name(ty)).collect();
    names.join(" ")
}
