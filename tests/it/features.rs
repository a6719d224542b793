//! What guests may use of WebAssembly: what the engine enables by default, in modules of any shape.

use std::fmt::Display;

use serde_json::{Value, json};

use wippy::Arguments;

use crate::support::{Project, simulated};

fn call(source: &str, limits: &str, arguments: &[Value]) -> Result<Value, String> {
    let source = serde_json::to_string(source).expect("a string");
    let fields: [(&str, &dyn Display); 3] =
        [("source", &source), ("method", &"f"), ("limits", &limits)];
    let mut project = Project::new();
    project.entry("f", "function.wat", &fields);
    project.call("f", arguments)
}

/// Each answers 42.
const ANSWERS: [(&str, &str); 10] = [
    (
        "two memories",
        "(memory $a 1) (memory $b 1)
         (func (export \"f\") (result i32)
            (i32.store $b (i32.const 0) (i32.const 42)) (i32.load $b (i32.const 0)))",
    ),
    (
        "three memories, which no pooled instance has",
        "(memory $a 1) (memory $b 1) (memory $c 1)
         (func (export \"f\") (result i32)
            (i32.store $c (i32.const 0) (i32.const 42)) (i32.load $c (i32.const 0)))",
    ),
    (
        "five tables, which no pooled instance has",
        "(table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table $b 1 funcref)
         (elem (table $b) (i32.const 0) func $g) (type $t (func (result i32)))
         (func $g (result i32) i32.const 42)
         (func (export \"f\") (result i32) (call_indirect $b (type $t) (i32.const 0)))",
    ),
    (
        "a table larger than a pooled one",
        "(table $t 1000000 funcref) (func $g (result i32) i32.const 42) (elem declare func $g)
         (type $t (func (result i32)))
         (func (export \"f\") (result i32)
            (table.set $t (i32.const 999999) (ref.func $g))
            (call_indirect $t (type $t) (i32.const 999999)))",
    ),
    (
        "an exception",
        "(tag $e (param i32))
         (func (export \"f\") (result i32)
            (block $h (result i32)
                (try_table (catch $e $h) (throw $e (i32.const 42))) (i32.const 0)))",
    ),
    (
        "a collected structure",
        "(type $s (struct (field i32)))
         (func (export \"f\") (result i32) (struct.get $s 0 (struct.new $s (i32.const 42))))",
    ),
    (
        "a typed function reference",
        "(type $t (func (result i32))) (func $g (result i32) i32.const 42) (elem declare func $g)
         (func (export \"f\") (result i32) (call_ref $t (ref.func $g)))",
    ),
    (
        "a table of externals",
        "(table 1 externref)
         (func (export \"f\") (result i32)
            (table.set 0 (i32.const 0) (ref.null extern))
            (i32.add (i32.const 41) (ref.is_null (table.get 0 (i32.const 0)))))",
    ),
    (
        "atomic instructions on a memory that is not shared",
        "(memory 1 1)
         (func (export \"f\") (result i32)
            (i32.atomic.store (i32.const 0) (i32.const 42))
            (i32.atomic.load (i32.const 0)))",
    ),
    (
        "a tail call",
        "(func $g (result i32) i32.const 42)
         (func (export \"f\") (result i32) (return_call $g))",
    ),
];

#[test]
fn what_the_engine_enables_by_default_works() {
    for (what, fields) in ANSWERS {
        let answer = call(&format!("(module {fields})"), "{}", &[]);
        assert_eq!(answer, Ok(json!(42)), "{what}");
    }
}

#[test]
fn a_module_of_70_000_globals_runs() {
    let globals = "(global (mut i32) (i32.const 42))".repeat(70_000);
    let module =
        format!("(module {globals} (func (export \"f\") (result i32) (global.get 69999)))");
    assert_eq!(call(&module, "{}", &[]), Ok(json!(42)));
}

/// Grows its memory to one page more than 4 GiB, and uses the last of it.
const BEYOND_4_GIB: &str = r#"(module
    (memory i64 1)
    (func (export "f") (result i64)
        (if (i64.eq (memory.grow (i64.const 65536)) (i64.const -1))
            (then (return (i64.const -1))))
        (i64.store (i64.const 4295032824) (i64.const 42))
        (i64.load (i64.const 4295032824))))"#;

#[test]
fn a_memory_grows_beyond_4_gib_where_the_limit_allows_it() {
    let limits = |bytes: u64| format!("{{max_memory_bytes: {bytes}}}");
    let most = (1 << 32) + (1 << 16);
    assert_eq!(call(BEYOND_4_GIB, &limits(most), &[]), Ok(json!(42)));
    assert_eq!(call(BEYOND_4_GIB, &limits(most - 1), &[]), Ok(json!(-1)));
    assert_eq!(call(BEYOND_4_GIB, "{}", &[]), Ok(json!(-1)));
}

/// Grows its table by so many elements, and says how many it had.
const GROWING_TABLE: &str = r#"(module
    (table 1 funcref)
    (func (export "f") (param i32) (result i32)
        (table.grow 0 (ref.null func) (local.get 0))))"#;

#[test]
fn tables_count_against_the_memory_limit() {
    let limits = "{max_memory_bytes: 8000}";
    assert_eq!(call(GROWING_TABLE, limits, &[json!(999)]), Ok(json!(1)));
    assert_eq!(call(GROWING_TABLE, limits, &[json!(1000)]), Ok(json!(-1)));
    let module = "(module (table 20000000 funcref) (func (export \"f\")))";
    assert!(
        call(module, "{}", &[]).is_err(),
        "beyond the bound of one table"
    );
}

/// Keeps every structure that it makes.
const KEEPER: &str = r#"(module
    (type $s (struct (field (ref null $s)) (field i64)))
    (global $last (mut (ref null $s)) (ref.null $s))
    (func (export "f") (param i32)
        (loop $again
            (global.set $last (struct.new $s (global.get $last) (i64.const 0)))
            (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;

#[test]
fn the_heap_of_the_collector_counts_against_the_memory_limit() {
    let limits = "{max_memory_bytes: 1048576}";
    assert_eq!(call(KEEPER, limits, &[json!(100)]), Ok(Value::Null));
    let error = call(KEEPER, limits, &[json!(1_000_000)]).expect_err("24 MB in 1");
    assert!(error.contains("GC heap out of memory"), "{error}");
}

#[test]
fn what_is_not_run_here_is_named() {
    let component = r#"(component
        (import "wasi:clocks/system-clock@0.3.0" (instance (export "now" (func (result u64)))))
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func (export "f") (canon lift (core func $i "f"))))"#;
    let exporting = r#"(component
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f")))
        (instance $run (export "run" (func $f)))
        (export "wasi:cli/run@0.3.0-rc-2026-01-06" (instance $run)))"#;
    let stacks = "(module (type $f (func)) (type $c (cont $f)) (func $g) (elem declare func $g)
        (func (export \"f\") (drop (cont.new $c (ref.func $g)))))";
    let streams = r#"(component
        (type $s (stream u8))
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func (export "f") (canon lift (core func $i "f"))))"#;
    for (source, named) in [
        (
            "(module (memory 1 1 shared) (func (export \"f\")))",
            "shared memories",
        ),
        (component, "WASI 0.3 (wasi:clocks/system-clock@0.3.0)"),
        (exporting, "WASI 0.3 (wasi:cli/run@0.3.0-rc-2026-01-06)"),
        (stacks, "stack switching"),
        (streams, "WASI 0.3, which is not run here"),
    ] {
        let error = call(source, "{}", &[]).expect_err(named);
        assert!(error.contains(named), "{named}: {error}");
    }
}

/// A list of so many bytes.
const BYTES: &str = r#"(component
    (core module $m (memory (export "memory") 100)
        (func (export "f") (param i32) (result i32)
            (i32.store (i32.const 0) (i32.const 8))
            (i32.store (i32.const 4) (local.get 0))
            i32.const 0))
    (core instance $i (instantiate $m))
    (func (export "f") (param "n" u32) (result (list u8))
        (canon lift (core func $i "f") (memory (core memory $i "memory")))))"#;

#[test]
fn the_engine_lifts_as_many_values_as_a_conversion_takes() {
    // Itself and its elements: the bound of one conversion.
    let most = (1 << 22) - 1;
    let bytes = call(BYTES, "{}", &[json!(most)]).expect("within the bound");
    assert_eq!(bytes.as_array().map(Vec::len), Some(most));
    let error = call(BYTES, "{}", &[json!(most + 1)]).expect_err("beyond ours");
    assert!(
        error.contains("more than 4194304 elements in one call"),
        "{error}"
    );
    let error = call(BYTES, "{}", &[json!(most + 2)]).expect_err("beyond the engine's");
    assert!(error.contains("may take 167772160 bytes"), "{error}");
}

/// Makes so many handles of a resource of its own.
const HANDLES: &str = r#"(component
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core module $m
        (import "" "new" (func $new (param i32) (result i32)))
        (func (export "f") (param i32)
            (loop $again
                (drop (call $new (i32.const 1)))
                (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "f") (param "n" u32) (canon lift (core func $i "f"))))"#;

#[test]
fn handles_are_bounded_by_what_max_resources_says() {
    let limits = |resources: u32| format!("{{max_resources: {resources}}}");
    // More than the engine's own bound, which is 100,000.
    let made = call(HANDLES, &limits(100_000), &[json!(200_000)]);
    assert_eq!(made, Ok(Value::Null));
    assert_eq!(call(HANDLES, &limits(5), &[json!(10)]), Ok(Value::Null));
    let error = call(HANDLES, &limits(5), &[json!(11)]).expect_err("one more");
    assert!(
        error.contains("twice as many handles as limits.max_resources"),
        "{error}"
    );
}

/// A component whose function answers 42, and so many instances beside of a module with these fields.
fn instances_beside(fields: &str, instances: usize) -> String {
    format!(
        "(component (core module $m {fields})
            {}
            (core module $f (func (export \"f\") (result i32) i32.const 42))
            (core instance $i (instantiate $f))
            (func (export \"f\") (result u32) (canon lift (core func $i \"f\"))))",
        "(core instance (instantiate $m))".repeat(instances)
    )
}

/// Each memory takes address space, however little it holds.
#[test]
fn the_memories_of_a_call_are_bounded() {
    let fields = "(memory 0)".repeat(50);
    let call = |instances| call(&instances_beside(&fields, instances), "{}", &[]);
    assert_eq!(call(2), Ok(json!(42)));
    let error = call(3).expect_err("too many");
    assert!(error.contains("memory count too high"), "{error}");
}

/// Globals are no memory that a limit counts, so that what has many of them has few instances.
#[test]
fn the_globals_of_all_core_instances_are_bounded() {
    let fields = "(global (mut i64) (i64.const 0))".repeat(100_000);
    let call = |instances| call(&instances_beside(&fields, instances), "{}", &[]);
    assert_eq!(call(3), Ok(json!(42)));
    let error = call(200).expect_err("too many");
    assert!(error.contains("instance count too high"), "{error}");
}

/// Those that sleep at once are as many as may live: three times 10 ms pass.
#[test]
fn few_instances_that_are_allocated_on_demand_live_at_once() {
    let source = "(module
        (import \"wasi_snapshot_preview1\" \"poll_oneoff\"
            (func $poll (param i32 i32 i32 i32) (result i32)))
        (memory (export \"memory\") 1) (memory 0) (memory 0)
        (data (i32.const 16) \"\\01\")
        (data (i32.const 24) \"\\80\\96\\98\")
        (func (export \"_start\")
            (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)))))";
    let source = serde_json::to_string(source).expect("a string");
    let fields: [(&str, &dyn Display); 4] = [
        ("source", &source),
        ("method", &"run"),
        (
            "imports",
            &"[wasi1, 'wasi:cli', 'wasi:clocks', 'wasi:poll']",
        ),
        ("pool", &"{type: lazy, max_size: 1000}"),
    ];
    let mut project = Project::new();
    project.entry("f", "function.wat", &fields);
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let runtime = project.load(&dispatcher);
    let call = || {
        let runtime = runtime.clone();
        let call = async move { runtime.call("f", Arguments::Json(&[])).await };
        dispatcher.spawn(call).expect("room")
    };
    let calls: Vec<_> = (0..500).map(|_| call()).collect();
    let passed = dispatcher.block_on(async {
        let start = handle.now().expect("the time");
        for call in calls {
            let result = call.await.expect("not cancelled");
            assert_eq!(result.map_err(|e| e.to_string()), Ok(json!({"ok": true})));
        }
        handle.now().expect("the time") - start
    });
    let passed = passed.expect("no deadlock").as_millis();
    assert!((30..40).contains(&passed), "{passed} ms");
}
