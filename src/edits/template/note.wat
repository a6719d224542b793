;; Adds its argument as a line to /data/notes.txt, and says so. The text of note.wasm.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "notes.txt")
  (data (i32.const 80) "\n")
  (data (i32.const 96) "noted\n")
  (data (i32.const 112) "usage: note TEXT\n")

  ;; Writes all of a text, or ends the program.
  (func $write (param $fd i32) (param $at i32) (param $length i32)
    (loop $more
      (if (i32.eqz (local.get $length)) (then (return)))
      (i32.store (i32.const 16) (local.get $at))
      (i32.store (i32.const 20) (local.get $length))
      (if (call $fd_write (local.get $fd) (i32.const 16) (i32.const 1) (i32.const 24))
        (then (call $proc_exit (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.load (i32.const 24))))
      (local.set $length (i32.sub (local.get $length) (i32.load (i32.const 24))))
      (br $more)))

  (func (export "_start")
    (local $text i32) (local $length i32) (local $pages i32)
    ;; Two arguments, the first of which is the program's name; their texts and the list of where
    ;; each begins have to fit.
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.ne (i32.load (i32.const 0)) (i32.const 2))
      (then
        (call $write (i32.const 2) (i32.const 112) (i32.const 17))
        (call $proc_exit (i32.const 2))))
    (local.set $pages (i32.add (i32.shr_u (i32.load (i32.const 4)) (i32.const 16)) (i32.const 1)))
    (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1))
      (then (call $proc_exit (i32.const 1))))
    (drop (call $args_get (i32.const 1024) (i32.const 2048)))
    (local.set $text (i32.load (i32.const 1028)))
    (block $end
      (loop $more
        (br_if $end (i32.eqz (i32.load8_u (i32.add (local.get $text) (local.get $length)))))
        (local.set $length (i32.add (local.get $length) (i32.const 1)))
        (br $more)))

    ;; The first mount is the descriptor 3. Made where it is missing (1); written at its end (1).
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 9) (i32.const 1)
          (i64.const 64) (i64.const 0) (i32.const 1) (i32.const 28))
      (then (call $proc_exit (i32.const 1))))
    (call $write (i32.load (i32.const 28)) (local.get $text) (local.get $length))
    (call $write (i32.load (i32.const 28)) (i32.const 80) (i32.const 1))
    (call $write (i32.const 1) (i32.const 96) (i32.const 6))))
