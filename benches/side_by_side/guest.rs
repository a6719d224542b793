//! A guest that the benchmark brings itself, because it imports functions of the benchmark's own.

/// Its name, among those of the components of the tests.
pub const NAME: &str = "waits";

/// It adds; suspends again and again; and waits for another thread again and again.
const TEXT: &str = r#"(component
    (import "wasi:clocks/monotonic-clock@0.2.12" (instance $clock
        (export "now" (func (result u64)))))
    (import "bench:host/waits@1.0.0" (instance $waits
        (export "turn" (func))
        (export "ring" (func (result u64)))))
    (core func $now (canon lower (func $clock "now")))
    (core func $turn (canon lower (func $waits "turn")))
    (core func $ring (canon lower (func $waits "ring")))
    (core module $m
        (import "host" "now" (func $now (result i64)))
        (import "host" "turn" (func $turn))
        (import "host" "ring" (func $ring (result i64)))
        (memory (export "memory") 2)
        (func (export "add") (param i32 i32) (result i32)
            (i32.add (local.get 0) (local.get 1)))
        ;; The nanoseconds of all rounds.
        (func (export "turn-loop") (param $rounds i32) (result i64)
            (local $begun i64)
            (local.set $begun (call $now))
            (loop $again
                (call $turn)
                (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
            (i64.sub (call $now) (local.get $begun)))
        ;; The nanoseconds of each trial, from 1024 on; where the list is and how long, at 8.
        (func (export "ring-loop") (param $trials i32) (result i32)
            (local $number i32)
            (local $rung i64)
            (i32.store (i32.const 8) (i32.const 1024))
            (i32.store (i32.const 12) (local.get $trials))
            (loop $again
                (local.set $rung (call $ring))
                (i64.store
                    (i32.add (i32.const 1024) (i32.shl (local.get $number) (i32.const 3)))
                    (i64.sub (call $now) (local.get $rung)))
                (local.set $number (i32.add (local.get $number) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $number) (local.get $trials))))
            (i32.const 8)))
    (core instance $i (instantiate $m (with "host" (instance
        (export "now" (func $now))
        (export "turn" (func $turn))
        (export "ring" (func $ring))))))
    (func (export "add") (param "a" s32) (param "b" s32) (result s32)
        (canon lift (core func $i "add")))
    (func (export "turn-loop") (param "rounds" u32) (result u64)
        (canon lift (core func $i "turn-loop")))
    (func (export "ring-loop") (param "trials" u32) (result (list u64))
        (canon lift (core func $i "ring-loop") (memory (core memory $i "memory")))))"#;

/// The most trials of `ring-loop`: what its memory has room for.
pub const TRIALS: u32 = 10_000;

/// The component.
///
/// # Errors
/// When the text is none.
pub fn component() -> Result<Vec<u8>, wippy::ModuleError> {
    wippy::to_binary(TEXT)
}
