(component
    (import "wasi:sockets/network@0.2.0" (instance $network
        (type $code (enum "unknown" "access-denied" "not-supported" "invalid-argument"
            "out-of-memory" "timeout" "concurrency-conflict" "not-in-progress" "would-block"
            "invalid-state" "new-socket-limit" "address-not-bindable" "address-in-use"
            "remote-unreachable" "connection-refused" "connection-reset" "connection-aborted"
            "datagram-too-large" "name-unresolvable" "temporary-resolver-failure"
            "permanent-resolver-failure"))
        (export "error-code" (type (eq $code)))
        (type $family (enum "ipv4" "ipv6"))
        (export "ip-address-family" (type (eq $family)))))
    (alias export $network "error-code" (type $code))
    (alias export $network "ip-address-family" (type $family))
    (import "wasi:sockets/tcp@0.2.0" (instance $tcp
        (export "tcp-socket" (type (sub resource)))))
    (alias export $tcp "tcp-socket" (type $socket))
    (import "wasi:sockets/tcp-create-socket@0.2.0" (instance $create
        (alias outer 1 $socket (type $outer-socket))
        (export "tcp-socket" (type $made (eq $outer-socket)))
        (alias outer 1 $code (type $outer-code))
        (export "error-code" (type $failed (eq $outer-code)))
        (alias outer 1 $family (type $outer-family))
        (export "ip-address-family" (type $kind (eq $outer-family)))
        (export "create-tcp-socket" (func (param "address-family" $kind)
            (result (result (own $made) (error $failed)))))))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $create (canon lower (func $create "create-tcp-socket")
        (memory (core memory $memory "memory"))))
    (core module $m
        (import "host" "memory" (memory 1))
        (import "host" "create" (func $create (param i32 i32)))
        (func (export "leak") (result i32) (local $left i32) (local $made i32)
            (local.set $left (i32.const 16))
            (loop $again
                (call $create (i32.const 0) (i32.const 0))
                (if (i32.eqz (i32.load8_u (i32.const 0)))
                    (then (local.set $made (i32.add (local.get $made) (i32.const 1)))))
                (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
            (local.get $made)))
    (core instance $i (instantiate $m (with "host" (instance
        (export "memory" (memory $memory "memory"))
        (export "create" (func $create))))))
    (func (export "leak") (result s32) (canon lift (core func $i "leak"))))
