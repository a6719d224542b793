// wippy: WebAssembly components inside a C program's own event loop. docs/c.md is the introduction.
//
// Threads. An object belongs to the thread that made it. A function that is given an object of another thread answers
// WRONG_THREAD and does nothing. Different threads may have dispatchers of their own at the same time. Nothing here blocks,
// except that wippy_dispatcher_turn waits as long as it is told to, and that wippy_builder_project and wippy_builder_build read
// files. After fork, the child may use none of the objects.
//
// Ownership. A function that makes an object writes its handle, which is to be destroyed by the function of that name, in any
// order. Handles are numbers that are never given twice: whatever is done with one that was destroyed answers INVALID_HANDLE.
// What a thread has not destroyed goes when it ends. What is given by address is read or written until the function
// returns, and copied where it is kept; what one function is given for writing must not overlap. Texts are UTF-8.
//
// Errors. Every function says by name which statuses it answers: INVALID_HANDLE stands for WIPPY_STATUS_INVALID_HANDLE. Any
// function may answer PANIC, and CLOSED while its thread ends. Where a function fails, it has changed nothing and written
// nothing, unless it says so, and wippy_last_error has a text. Nothing is thrown or unwound through this library, and
// callbacks must not do so either.


#ifndef WIPPY_H
#define WIPPY_H

// Made by cbindgen of capi/src: do not edit.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a function of this library answers. Where it is not `WIPPY_STATUS_OK`, `wippy_last_error` has a text that says more,
// and nothing was changed or written unless the function says so.
typedef enum {
  // Done.
  WIPPY_STATUS_OK = 0,
  // An argument cannot be used: a NULL where something is needed, a text that is not UTF-8, a number out of range, JSON
  // that cannot be read.
  WIPPY_STATUS_INVALID_ARGUMENT = 1,
  // There is no such object: it was destroyed, or never made, or it is of another kind than the function takes.
  WIPPY_STATUS_INVALID_HANDLE = 2,
  // The object belongs to another thread, which made it.
  WIPPY_STATUS_WRONG_THREAD = 3,
  // A bound is reached; the text names it.
  WIPPY_STATUS_TOO_MANY = 4,
  // The dispatcher is in a turn: it cannot be turned or destroyed by what it calls.
  WIPPY_STATUS_BUSY = 5,
  // Not yet: the call still runs, or a pipe has nothing to read or no room.
  WIPPY_STATUS_PENDING = 6,
  // The call has failed: `wippy_call_error` says with what.
  WIPPY_STATUS_CALL_FAILED = 7,
  // Nothing comes any more: the other end of a pipe is gone, the dispatcher is destroyed, or the thread ends.
  WIPPY_STATUS_CLOSED = 8,
  // The buffer is too small; the needed length was written.
  WIPPY_STATUS_TOO_SMALL = 9,
  // An entry cannot be added to a program.
  WIPPY_STATUS_INVALID_ENTRY = 10,
  // The project has errors: `wippy_builder_diagnostics` has all of them.
  WIPPY_STATUS_INVALID_PROJECT = 11,
  // The machine cannot run the engine.
  WIPPY_STATUS_ENGINE = 12,
  // A simulated dispatcher does not have this.
  WIPPY_STATUS_SIMULATED = 13,
  // Nothing can ever happen any more on a simulated dispatcher.
  WIPPY_STATUS_DEADLOCK = 14,
  // The operating system refused.
  WIPPY_STATUS_IO = 15,
  // An error of this library's own. What it was doing may be left half done; please report it.
  WIPPY_STATUS_PANIC = 16,
} wippy_status;

// How far a call is.
typedef enum {
  // It runs while its dispatcher turns.
  WIPPY_CALL_STATE_RUNNING = 0,
  // It has a result.
  WIPPY_CALL_STATE_DONE = 1,
  // It has ended without one.
  WIPPY_CALL_STATE_FAILED = 2,
} wippy_call_state;

// Why a call has failed.
typedef enum {
  // It has not failed.
  WIPPY_ERROR_KIND_NONE = 0,
  // There is no such entry, it has errors, or it cannot be called.
  WIPPY_ERROR_KIND_LOOKUP = 1,
  // Its module cannot be read, compiled or linked.
  WIPPY_ERROR_KIND_MODULE = 2,
  // The arguments do not fit the function, or its result has no form as JSON.
  WIPPY_ERROR_KIND_VALUE = 3,
  // Too many callers wait for the entry.
  WIPPY_ERROR_KIND_POOL_FULL = 4,
  // A variable, a directory or a certificate of its guest cannot be had.
  WIPPY_ERROR_KIND_ENVIRONMENT = 5,
  // The guest ended itself with a status other than success: `wippy_call_exit_status`.
  WIPPY_ERROR_KIND_EXIT = 6,
  // The time is over that the entry or the caller's options permit.
  WIPPY_ERROR_KIND_DEADLINE_EXCEEDED = 7,
  // The guest trapped; so does one whose host function fails.
  WIPPY_ERROR_KIND_TRAP = 8,
  // `wippy_call_cancel` has ended it.
  WIPPY_ERROR_KIND_CANCELLED = 9,
  // The dispatcher could not do the work, or was destroyed.
  WIPPY_ERROR_KIND_DISPATCHER = 10,
  // The live instance has ended before, or runs another call.
  WIPPY_ERROR_KIND_INSTANCE = 11,
  // Anything else; the message says what.
  WIPPY_ERROR_KIND_OTHER = 12,
} wippy_error_kind;

// How many calls of an entry run at once: `pool` of `docs/entries.md`.
typedef enum {
  // One at a time; the size has no effect.
  WIPPY_POOL_KIND_INLINE = 0,
  // Up to the size, started on demand.
  WIPPY_POOL_KIND_LAZY = 1,
  // The size, and so many instances are kept ready.
  WIPPY_POOL_KIND_STATIC = 2,
  // Between one and the size, following the load.
  WIPPY_POOL_KIND_ADAPTIVE = 3,
} wippy_pool_kind;

// Memory of the caller's that the library writes to: `capacity` bytes at `data`, which may be NULL where that is 0.
typedef struct {
  // The first byte.
  void *data;
  // How many there is room for.
  size_t capacity;
} wippy_buffer;

// An event loop of its own thread, and all that waits there.
typedef struct {
  // 0 is never one.
  uint64_t id;
} wippy_dispatcher;

// What a turn did, and what is next.
typedef struct {
  // How many times a task ran.
  uint64_t ran;
  // How many tasks can run right now; above zero, the next turn should follow at once.
  uint64_t runnable;
  // In how many nanoseconds the earliest deadline is, 0 where it has passed; -1 where there is none.
  int64_t next_deadline;
} wippy_turn;

// An entry that is being made: a module, and what it may use.
typedef struct {
  // 0 is never one.
  uint64_t id;
} wippy_entry;

// Bytes of the caller's: `length` of them at `data`, which may be NULL where there are none. The library copies what it
// keeps.
typedef struct {
  // The first.
  const void *data;
  // How many there are.
  size_t length;
} wippy_bytes;

// The parts of a program, until it is built.
typedef struct {
  // 0 is never one.
  uint64_t id;
} wippy_builder;

// Entries and their code.
typedef struct {
  // 0 is never one.
  uint64_t id;
} wippy_program;

// A guest's call of a host function that waits for its answer.
typedef struct {
  // 0 is never one.
  uint64_t id;
} wippy_host_call;

// A host function: called in a turn of the dispatcher, on its thread, with the `userdata` that it was given with. `arguments`
// are a JSON array with one value a parameter, `length` bytes with a zero byte behind them, there until the function returns.
// `call` is to be answered by `wippy_host_call_reply` or `wippy_host_call_fail`, before the function returns or at any time
// later; the guest waits for it, and others go on. It must not block, and must not throw or jump out. It may call any
// function of this library, except that the dispatcher that calls it can be neither turned nor destroyed. It has
// about a megabyte of stack.
typedef void (*wippy_host_callback)(void *userdata,
                                    wippy_host_call call,
                                    const char *arguments,
                                    size_t length);

// A program on a dispatcher.
typedef struct {
  // 0 is never one.
  uint64_t id;
} wippy_runtime;

// The end of a pipe in memory that is read.
typedef struct {
  // 0 is never one.
  uint64_t id;
} wippy_reader;

// The end of a pipe in memory that is written.
typedef struct {
  // 0 is never one.
  uint64_t id;
} wippy_writer;

// What is decided about a call before it starts.
typedef struct {
  // 0 stands for none where options may be left out.
  uint64_t id;
} wippy_call_options;

// A call that was started.
typedef struct {
  // 0 is never one.
  uint64_t id;
} wippy_call;

// An instance that is kept and called again and again.
typedef struct {
  // 0 is never one.
  uint64_t id;
} wippy_instance;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The library's version, such as `0.1.0`. It is never NULL, and stays for good. Any thread may ask.
const char *wippy_version(void);

// What the last function that has failed on this thread says of it: UTF-8 with a zero byte at its end, and its length without
// that in `length`, which may be NULL. It is empty where none has failed. This function itself leaves it as it is.
//
// Errors: TOO_SMALL (the length is written), INVALID_ARGUMENT.
wippy_status wippy_last_error(wippy_buffer buffer,
                              size_t *length);

// How many objects this thread has: what was made and not destroyed, host calls included. For tests of programs that
// destroy all they make.
size_t wippy_object_count(void);

// Makes a dispatcher on this thread. All that is made on it belongs to this thread, too. A process may have several, on one
// thread or on many.
//
// Errors: IO where the system has no descriptors left, TOO_MANY, INVALID_ARGUMENT.
wippy_status wippy_dispatcher_new(wippy_dispatcher *dispatcher);

// Makes a simulated dispatcher: time is virtual and moves when nothing can run, and order, randomness and readiness come from
// `seed`. The same seed gives the same run. It has no descriptor.
//
// Errors: TOO_MANY, INVALID_ARGUMENT.
wippy_status wippy_dispatcher_simulated(uint64_t seed,
                                        wippy_dispatcher *dispatcher);

// Destroys a dispatcher. Its calls end, with the error kind DISPATCHER, and their guests are dropped. The handles of its
// runtimes, calls and pipes stay, and have to be destroyed, before it or after it. No callback is called afterwards.
//
// Errors: BUSY in its own turn, INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_dispatcher_destroy(wippy_dispatcher dispatcher);

// One bounded step: waits until there is something to do, `timeout` nanoseconds at most (below 0: as long as it takes; 0: not
// at all), then runs tasks, and looks at I/O and timers. This is where guests run and callbacks are called. `turn` may be
// NULL.
//
// Errors: BUSY within a turn, DEADLOCK on a simulated dispatcher without a timeout where nothing can happen any more, IO,
// INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_dispatcher_turn(wippy_dispatcher dispatcher,
                                   int64_t timeout,
                                   wippy_turn *turn);

// The same with a budget: tasks run for `budget` nanoseconds after the wait, and as long as any can, with looks at I/O and
// timers in between. One runs however small the budget is, and a guest that computes keeps the thread until it is preempted
// (`wippy_builder_preemption_tick`).
//
// Errors: as `wippy_dispatcher_turn`.
wippy_status wippy_dispatcher_turn_within(wippy_dispatcher dispatcher,
                                          uint64_t budget,
                                          int64_t timeout,
                                          wippy_turn *turn);

// A descriptor that is readable when a turn has something to do, deadlines included: for `epoll_wait` and the like, which is
// followed by `wippy_dispatcher_turn` with a timeout of 0. It belongs to the dispatcher: do not read, write or close it. A call
// that is started between turns makes it readable, too.
//
// Errors: SIMULATED, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_dispatcher_fd(wippy_dispatcher dispatcher,
                                 int *fd);

// In how many nanoseconds the earliest deadline is, 0 where it has passed; -1 where there is none.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_dispatcher_next_deadline(wippy_dispatcher dispatcher, int64_t *nanoseconds);

// The dispatcher's monotonic clock in nanoseconds: virtual time on a simulated one.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_dispatcher_now(wippy_dispatcher dispatcher, uint64_t *nanoseconds);

// Begins a function with this ID, `namespace:name`. It imports nothing, sees no directory and has no environment until it
// is said. What is said here is checked by `wippy_builder_build`.
//
// Errors: TOO_MANY, INVALID_ARGUMENT.
wippy_status wippy_entry_function(const char * id,
                                  wippy_entry *entry);

// Begins a process with this ID, `namespace:name`: a program with standard streams, whose result is an exit status.
//
// Errors: TOO_MANY, INVALID_ARGUMENT.
wippy_status wippy_entry_process(const char * id,
                                 wippy_entry *entry);

// Destroys an entry. Builders that were given it have a copy.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_entry_destroy(wippy_entry entry);

// Its module: a component or a core module, as a binary or as text. The bytes are copied.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_entry_bytes(wippy_entry entry, wippy_bytes module);

// The file of its module, which is read by `wippy_builder_build`.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_entry_file(wippy_entry entry, const char * path);

// The hash that its module has to have: `sha256:` and 64 hexadecimal digits.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_entry_hash(wippy_entry entry, const char * hash);

// The export that a call runs, such as `compute` or `interface#function`. Default: `wasi:cli/run`, or else the only function
// that the module exports.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_entry_method(wippy_entry entry,
                                const char * method);

// The functions of a core module in lines of WIT, such as `answer: func() -> s32;`.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_entry_wit(wippy_entry entry, const char * lines);

// Lets it use a group of host functions or an interface by its name, such as `wasi:clocks` (`docs/imports.md`), or a package
// of the builder's own.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_entry_import(wippy_entry entry,
                                const char * name);

// Lets it see the host's directory `host` at the path `guest`, and use `wasi:filesystem`.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_entry_directory(wippy_entry entry,
                                   const char * host,
                                   const char * guest,
                                   bool read_only);

// Sets a variable of its environment. Of two with one name the later counts.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_entry_env(wippy_entry entry, const char * name, const char * value);

// Adds one of its arguments, which a call cannot replace then. The first is its own name by custom.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_entry_arg(wippy_entry entry, const char * arg);

// Lets it reach what a rule of `network.allow` permits, such as `tcp:db.example:5432`, and use `wasi:sockets` and `wasi:http`.
// What no rule permits is refused then.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_entry_allow(wippy_entry entry,
                               const char * rule);

// How long a call may execute, in nanoseconds, which are rounded up to milliseconds. Default: as long as it takes.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_entry_max_execution(wippy_entry entry,
                                       uint64_t nanoseconds);

// The bytes of memory that a call may take. Default: 1 GiB.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_entry_max_memory(wippy_entry entry, uint64_t bytes);

// The resources that a call may have open. Default: 65,536.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_entry_max_resources(wippy_entry entry, uint64_t resources);

// How many of its calls run at once: `kind` is a `wippy_pool_kind`. Default: WIPPY_POOL_KIND_LAZY, 100.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_entry_pool(wippy_entry entry,
                              uint32_t kind,
                              uint32_t size);

// Begins a program: no entries, and the defaults.
//
// Errors: TOO_MANY, INVALID_ARGUMENT.
wippy_status wippy_builder_new(wippy_builder *builder);

// Destroys a builder. Programs that it has built stay.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_builder_destroy(wippy_builder builder);

// Adds a copy of an entry as it is now.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_builder_entry(wippy_builder builder, wippy_entry entry);

// Reads the project in a directory and adds its entries and settings. The last project counts. Its calls run on the thread
// of their runtime, whatever `wasm.threads` says, except those of entries with a `pool.worker_class`. It blocks while it reads.
//
// Errors: INVALID_PROJECT where the project has errors, after which the builder is as before except for its diagnostics;
// INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_builder_project(wippy_builder builder,
                                   const char * directory);

// What was found in the project that was read last, errors and warnings, one a line.
//
// Errors: TOO_SMALL (the length is written), INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_builder_diagnostics(wippy_builder builder, wippy_buffer buffer, size_t *length);

// How long a guest may compute before the other tasks of its dispatcher run, in nanoseconds, at least 100 µs. Default: 1 ms.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_builder_preemption_tick(wippy_builder builder,
                                           uint64_t nanoseconds);

// How many instances may live at once over all entries, 1 to 12,000; each takes 8 GiB of address space, whether it lives or
// not. Default: 4,096.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_builder_max_instances(wippy_builder builder,
                                         uint32_t instances);

// Whether the metrics say how long calls take. Default: no.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_builder_metrics(wippy_builder builder, bool count);

// The directory where compiled code is kept for the next program, and taken from (`docs/compiled-code.md`). Nobody else may be
// able to write it. Default: none.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_builder_code_cache(wippy_builder builder,
                                      const char * directory);

// Builds a program of what the builder has. Files of modules are read, and nothing is compiled yet. The builder stays as it
// is.
//
// Errors: INVALID_ENTRY for the first entry that cannot be added, TOO_MANY, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_builder_build(wippy_builder builder,
                                 wippy_program *program);

// Destroys a program. Its runtimes go on.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_program_destroy(wippy_program program);

// Adds the host function `name` of the interface `interface` of the WIT package `package`, such as `acme:game`, in a version
// such as `1.0.0`. Entries that import the package by that name (`wippy_entry_import`) may call it; its parameters and result
// have the types that the guest imports it with, as JSON (`docs/values.md`). `userdata` is handed to it as it is, and has to
// last as long as the dispatchers on which the program runs.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT, also where the package has another version already.
wippy_status wippy_builder_host_function(wippy_builder builder,
                                         const char * package,
                                         const char * version,
                                         const char * interface,
                                         const char * name,
                                         wippy_host_callback callback,
                                         void *userdata);

// Answers a host call with its result as JSON: the value alone, and NULL or `null` for a function without one. The guest goes on
// in one of the next turns, and traps where the result does not fit its type. The handle is gone then.
//
// Errors: INVALID_HANDLE where it was answered, or its guest has ended; WRONG_THREAD; INVALID_ARGUMENT for what is not JSON,
// after which it can still be answered.
wippy_status wippy_host_call_reply(wippy_host_call call,
                                   const char * result);

// Ends a host call with an error: its guest traps with this text. The handle is gone then. An error that the guest is to see is
// a `result` of the function's type, by `wippy_host_call_reply`.
//
// Errors: INVALID_HANDLE where it was answered, or its guest has ended; WRONG_THREAD; INVALID_ARGUMENT.
wippy_status wippy_host_call_fail(wippy_host_call call,
                                  const char * message);

// Puts a program on a dispatcher. It is cheap; what is compiled belongs to the program.
//
// Errors: ENGINE, TOO_MANY, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_runtime_new(wippy_dispatcher dispatcher,
                               wippy_program program,
                               wippy_runtime *runtime);

// Destroys a runtime. Its calls go on.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_runtime_destroy(wippy_runtime runtime);

// What the program has done and has now, as text for Prometheus (`docs/observability.md`).
//
// Errors: TOO_SMALL (the length is written; ask with more room than that, because it changes), CLOSED, INVALID_HANDLE,
// WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_runtime_metrics(wippy_runtime runtime,
                                   wippy_buffer buffer,
                                   size_t *length);

// Makes a pipe that holds `capacity` bytes, at least one. A guest that writes to a full pipe waits until it is read. The reader
// comes to the end when all writers are destroyed, and calls and options that have one have ended; and likewise the other
// way around.
//
// Errors: TOO_MANY, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_pipe_new(wippy_dispatcher dispatcher,
                            size_t capacity,
                            wippy_reader *reader,
                            wippy_writer *writer);

// Takes what is there, as much as the buffer has room for, and says in `length` how much that was. No zero byte is added.
//
// Errors: PENDING where there is nothing yet, CLOSED at the end, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT, also for a
// buffer without room.
wippy_status wippy_reader_read(wippy_reader reader,
                               wippy_buffer buffer,
                               size_t *length);

// Writes as many of the bytes as there is room for, and says in `length` how many that were.
//
// Errors: PENDING where there is no room now, CLOSED where nothing reads any more, INVALID_HANDLE, WRONG_THREAD,
// INVALID_ARGUMENT.
wippy_status wippy_writer_write(wippy_writer writer,
                                wippy_bytes bytes,
                                size_t *length);

// Destroys a reader. Calls that read the same pipe go on.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_reader_destroy(wippy_reader reader);

// Destroys a writer. Calls that write the same pipe go on.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_writer_destroy(wippy_writer writer);

// Begins options: no deadline, an empty input, and what the guest prints goes nowhere. They may be used for any number of calls,
// each of which has a copy.
//
// Errors: TOO_MANY, INVALID_ARGUMENT.
wippy_status wippy_call_options_new(wippy_call_options *options);

// Destroys options. Calls that were started with them go on.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_call_options_destroy(wippy_call_options options);

// How long after its start the call ends at the latest, in nanoseconds, with the error kind DEADLINE_EXCEEDED. Of a live
// instance it holds for each call.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_call_options_timeout(wippy_call_options options,
                                        uint64_t nanoseconds);

// Adds one of the guest's arguments, where its entry fixes none. The first is its own name by custom.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_call_options_arg(wippy_call_options options,
                                    const char * arg);

// A variable of the guest's environment, beside those of its entry, and instead of one with this name.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_call_options_env(wippy_call_options options,
                                    const char * name,
                                    const char * value);

// All of the guest's standard input. The bytes are copied.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_call_options_stdin_bytes(wippy_call_options options, wippy_bytes input);

// A pipe as the guest's standard input, which has to be one of the same dispatcher. The options have a reader of their own.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_call_options_stdin(wippy_call_options options,
                                      wippy_reader reader);

// A pipe as the guest's standard output, which has to be one of the same dispatcher. The options have a writer of their own: the
// reader comes to the end when the calls have ended, and the options and the writer are destroyed.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_call_options_stdout(wippy_call_options options,
                                       wippy_writer writer);

// A pipe as the guest's standard error, as `wippy_call_options_stdout`.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_call_options_stderr(wippy_call_options options, wippy_writer writer);

// Starts a call of an entry, by its ID or by its bare name where that is unambiguous, and does not wait for it: it runs
// while its dispatcher turns. `options` with an `id` of 0 stand for none. `arguments` are a JSON array with one value a
// parameter (`docs/values.md`), NULL for none. A program that is run for its streams and its exit status takes its words from
// `wippy_call_options_arg`. What is wrong with the entry or with the arguments' types is what the call fails with.
//
// Errors: TOO_MANY, CLOSED where the dispatcher was destroyed, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_call_start(wippy_runtime runtime,
                              const char * entry,
                              wippy_call_options options,
                              const char * arguments,
                              wippy_call *call);

// How far a call is. It runs nothing.
//
// Errors: INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_call_poll(wippy_call call, wippy_call_state *state);

// The call's result as JSON; `null` for a function without one.
//
// Errors: PENDING while it runs, CALL_FAILED, TOO_SMALL (the length is written), INVALID_HANDLE, WRONG_THREAD,
// INVALID_ARGUMENT.
wippy_status wippy_call_result(wippy_call call,
                               wippy_buffer buffer,
                               size_t *length);

// What the call has failed with: its kind, and what it says, with the place in the guest after a trap. `kind` may be
// NULL. Of a call that has not failed the kind is NONE and the text empty.
//
// Errors: TOO_SMALL (the kind and the length are written), INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_call_error(wippy_call call,
                              wippy_error_kind *kind,
                              wippy_buffer buffer,
                              size_t *length);

// The exit status of a call that has ended, as a command's: the status that the guest gave, or what its result means
// (`docs/errors.md`).
//
// Errors: PENDING while it runs, CALL_FAILED where it failed otherwise than by its own exit, INVALID_HANDLE, WRONG_THREAD,
// INVALID_ARGUMENT.
wippy_status wippy_call_exit_status(wippy_call call,
                                    uint8_t *exit_status);

// Ends a call that still runs, with the error kind CANCELLED: its guest is dropped at the dispatcher's next turn, and frees
// what it holds. One that has ended stays as it is.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_call_cancel(wippy_call call);

// Destroys a call, and ends it where it still runs.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_call_destroy(wippy_call call);

// Names an entry's instance that is kept, and called again and again with the state that it has. Its first call makes it.
// `options` with an `id` of 0 stand for none; they hold as long as the instance does, except that a timeout is for each call.
//
// Errors: TOO_MANY, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_instance_new(wippy_runtime runtime,
                                const char * entry,
                                wippy_call_options options,
                                wippy_instance *instance);

// Starts a call of a function that the instance's module exports: `tick`, or `interface#function`. One call runs at a time:
// another one fails, with the error kind INSTANCE. So does each call after one that has failed, was cancelled or
// destroyed before its end, until the instance is reset. `arguments` are as those of `wippy_call_start`.
//
// Errors: TOO_MANY, CLOSED where the dispatcher was destroyed, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_instance_call(wippy_instance instance,
                                 const char * function,
                                 const char * arguments,
                                 wippy_call *call);

// Starts to put a new instance in its place, with fresh memory. The result of the call is `null`.
//
// Errors: TOO_MANY, CLOSED where the dispatcher was destroyed, INVALID_HANDLE, WRONG_THREAD, INVALID_ARGUMENT.
wippy_status wippy_instance_reset(wippy_instance instance,
                                  wippy_call *call);

// Destroys an instance. A call of it that runs goes on, and the instance ends with it.
//
// Errors: INVALID_HANDLE, WRONG_THREAD.
wippy_status wippy_instance_destroy(wippy_instance instance);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* WIPPY_H */
