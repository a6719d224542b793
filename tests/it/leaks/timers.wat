(component
    (import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type (sub resource)))))
    (alias export $poll "pollable" (type $pollable))
    (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
        (alias outer 1 $pollable (type $outer))
        (export "pollable" (type $made (eq $outer)))
        (export "subscribe-duration" (func (param "when" u64) (result (own $made))))))
    (core func $subscribe (canon lower (func $clock "subscribe-duration")))
    (core module $m
        (import "clock" "subscribe" (func $subscribe (param i64) (result i32)))
        (func (export "leak") (result i32) (local $left i32)
            (local.set $left (i32.const 200))
            (loop $again
                (drop (call $subscribe (i64.const 3600000000000)))
                (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
            (i32.const 16)))
    (core instance $i (instantiate $m (with "clock" (instance
        (export "subscribe" (func $subscribe))))))
    (func (export "leak") (result s32) (canon lift (core func $i "leak"))))
