;; Greets whom it is given. As its WIT line says, it takes a string and returns one.
(module
  (memory (export "memory") 1)
  (data (i32.const 16) "Hello, ")
  (global $free (mut i32) (i32.const 1024))

  ;; Where the caller puts the name. Nothing is given back: the instance ends with the call.
  (func $allocate (export "cabi_realloc")
    (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $free))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (if (i32.gt_u (global.get $free) (i32.mul (memory.size) (i32.const 65536)))
      (then
        (if (i32.eq (i32.const -1)
              (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1))))
          (then unreachable))))
    (local.get $at))

  ;; The address and the length of the result stand at address 0.
  (func (export "greet") (param $name i32) (param $length i32) (result i32)
    (local $text i32)
    (local.set $text
      (call $allocate (i32.const 0) (i32.const 0) (i32.const 1)
        (i32.add (local.get $length) (i32.const 8))))
    (memory.copy (local.get $text) (i32.const 16) (i32.const 7))
    (memory.copy (i32.add (local.get $text) (i32.const 7)) (local.get $name) (local.get $length))
    (i32.store8 offset=7 (i32.add (local.get $text) (local.get $length)) (i32.const 33))
    (i32.store (i32.const 0) (local.get $text))
    (i32.store (i32.const 4) (i32.add (local.get $length) (i32.const 8)))
    (i32.const 0)))
