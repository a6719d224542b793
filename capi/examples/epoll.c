// Guests inside an epoll loop of the program's own: some sleep, some print, one calls a host function that is a function of this
// program, one is kept and called again and again. The loop has a timer of its own beside them. `examples/run` builds it and
// runs it; it ends with 0 where all is as it says.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "wippy.h"

#define SLEEPERS 4
#define PRINTERS 2
#define MILLISECOND INT64_C(1000000)

static const wippy_call_options NO_OPTIONS = {0};

// Ends the program where a function fails that has no reason to.
static void must(wippy_status status, const char *what, int line) {
  if (status == WIPPY_STATUS_OK) {
    return;
  }
  char text[512] = "";
  wippy_last_error((wippy_buffer){text, sizeof text}, NULL);
  fprintf(stderr, "epoll.c:%d: %s: status %d: %s\n", line, what, status, text);
  exit(1);
}

#define MUST(call) must((call), #call, __LINE__)

static void expect(bool holds, const char *what, int line) {
  if (!holds) {
    fprintf(stderr, "epoll.c:%d: it does not hold that %s\n", line, what);
    exit(1);
  }
}

#define EXPECT(what) expect((what), #what, __LINE__)

// A component that rolls dice, and waits for a turn that this program gives later.
static const char GAME[] =
    "(component"
    "  (import \"acme:game/table@1.0.0\" (instance $table"
    "    (export \"roll\" (func (param \"sides\" u32) (result u32)))"
    "    (export \"wait-for-turn\" (func (result u32)))))"
    "  (core func $roll (canon lower (func $table \"roll\")))"
    "  (core func $wait (canon lower (func $table \"wait-for-turn\")))"
    "  (core module $m"
    "    (import \"\" \"roll\" (func $roll (param i32) (result i32)))"
    "    (import \"\" \"wait\" (func $wait (result i32)))"
    "    (func (export \"play\") (result i32)"
    "      (i32.add (i32.mul (call $wait) (i32.const 100)) (call $roll (i32.const 6)))))"
    "  (core instance $i (instantiate $m (with \"\" (instance"
    "    (export \"roll\" (func $roll)) (export \"wait\" (func $wait))))))"
    "  (func (export \"play\") (result u32) (canon lift (core func $i \"play\"))))";

// A module that counts.
static const char COUNTER[] =
    "(module (global $count (mut i32) (i32.const 0))"
    "  (func (export \"add\") (param i32) (result i32)"
    "    (global.set $count (i32.add (global.get $count) (local.get 0)))"
    "    (global.get $count)))";

// What the host functions of this program know.
struct table {
  int rolls;
  // The guest that waits for its turn, if one does.
  wippy_host_call waiting;
};

// Answers at once.
static void roll(void *userdata, wippy_host_call call, const char *arguments, size_t length) {
  struct table *table = userdata;
  EXPECT(length == 3 && strcmp(arguments, "[6]") == 0);
  table->rolls++;
  MUST(wippy_host_call_reply(call, "5"));
}

// Answers later, from the loop.
static void wait_for_turn(void *userdata, wippy_host_call call, const char *arguments,
                          size_t length) {
  struct table *table = userdata;
  EXPECT(length == 2 && strcmp(arguments, "[]") == 0);
  table->waiting = call;
}

static void add_text(wippy_builder builder, const char *id, const char *module, size_t length,
                     const char *import) {
  wippy_entry entry;
  MUST(wippy_entry_function(id, &entry));
  MUST(wippy_entry_bytes(entry, (wippy_bytes){module, length}));
  if (import != NULL) {
    MUST(wippy_entry_import(entry, import));
  }
  MUST(wippy_builder_entry(builder, entry));
  MUST(wippy_entry_destroy(entry));
}

static void add_file(wippy_builder builder, wippy_entry entry, const char *directory,
                     const char *file, const char *method, const char *const *imports) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", directory, file);
  MUST(wippy_entry_file(entry, path));
  if (method != NULL) {
    MUST(wippy_entry_method(entry, method));
  }
  for (; *imports != NULL; imports++) {
    MUST(wippy_entry_import(entry, *imports));
  }
  MUST(wippy_builder_entry(builder, entry));
  MUST(wippy_entry_destroy(entry));
}

static wippy_program build(const char *directory, struct table *table) {
  wippy_builder builder;
  wippy_program program;
  wippy_entry entry;
  MUST(wippy_builder_new(&builder));
  MUST(wippy_builder_max_instances(builder, 16));
  MUST(wippy_builder_host_function(builder, "acme:game", "1.0.0", "table", "roll", roll, table));
  MUST(wippy_builder_host_function(builder, "acme:game", "1.0.0", "table", "wait-for-turn",
                                   wait_for_turn, table));
  add_text(builder, "app:game", GAME, sizeof GAME - 1, "acme:game");
  add_text(builder, "app:counter", COUNTER, sizeof COUNTER - 1, NULL);
  const char *const clocks[] = {"wasi:io", "wasi:clocks", NULL};
  MUST(wippy_entry_function("app:sleeper", &entry));
  add_file(builder, entry, directory, "sleeper.wasm", "sleeper#sleep-series", clocks);
  const char *const program_imports[] = {"wasi:cli", "wasi:io", NULL};
  MUST(wippy_entry_process("app:printer", &entry));
  add_file(builder, entry, directory, "chatter.wasm", NULL, program_imports);
  MUST(wippy_builder_build(builder, &program));
  MUST(wippy_builder_destroy(builder));
  return program;
}

static bool has_ended(wippy_call call) {
  wippy_call_state state;
  MUST(wippy_call_poll(call, &state));
  return state != WIPPY_CALL_STATE_RUNNING;
}

// The result of a call that has ended well.
static unsigned long long number(wippy_call call) {
  char text[64];
  MUST(wippy_call_result(call, (wippy_buffer){text, sizeof text}, NULL));
  return strtoull(text, NULL, 10);
}

static wippy_error_kind failure(wippy_call call) {
  wippy_error_kind kind;
  char text[1024];
  MUST(wippy_call_error(call, &kind, (wippy_buffer){text, sizeof text}, NULL));
  return kind;
}

// Reads what is there; false at the end.
static bool read_some(wippy_reader reader, size_t *total) {
  char bytes[512];
  size_t length;
  for (;;) {
    wippy_status status = wippy_reader_read(reader, (wippy_buffer){bytes, sizeof bytes}, &length);
    if (status == WIPPY_STATUS_CLOSED) {
      return false;
    }
    if (status == WIPPY_STATUS_PENDING) {
      return true;
    }
    MUST(status);
    *total += length;
  }
}

int main(int count, char **words) {
  if (count != 2) {
    fprintf(stderr, "usage: epoll DIRECTORY-OF-GUESTS\n");
    return 2;
  }
  struct table table = {0};
  wippy_dispatcher dispatcher;
  wippy_runtime runtime;
  MUST(wippy_dispatcher_new(&dispatcher));
  wippy_program program = build(words[1], &table);
  MUST(wippy_runtime_new(dispatcher, program, &runtime));
  MUST(wippy_program_destroy(program));

  // Four guests that sleep three times 10 ms each, all at the same time.
  wippy_call sleepers[SLEEPERS];
  for (int i = 0; i < SLEEPERS; i++) {
    MUST(wippy_call_start(runtime, "app:sleeper", NO_OPTIONS, "[[10000, 10000, 10000]]",
                          &sleepers[i]));
  }
  // Two that print 64 KiB each, through pipes that hold 1 KiB.
  wippy_call printers[PRINTERS];
  wippy_reader output[PRINTERS];
  size_t printed[PRINTERS] = {0};
  bool prints[PRINTERS];
  for (int i = 0; i < PRINTERS; i++) {
    wippy_writer writer;
    wippy_call_options options;
    MUST(wippy_pipe_new(dispatcher, 1024, &output[i], &writer));
    MUST(wippy_call_options_new(&options));
    MUST(wippy_call_options_arg(options, "chatter"));
    MUST(wippy_call_options_arg(options, "64"));
    MUST(wippy_call_options_arg(options, "4096"));
    MUST(wippy_call_options_stdout(options, writer));
    MUST(wippy_call_start(runtime, "app:printer", options, NULL, &printers[i]));
    MUST(wippy_call_options_destroy(options));
    MUST(wippy_writer_destroy(writer));
    prints[i] = true;
  }
  // One that would sleep for an hour, and has 20 ms; and one that is cancelled.
  wippy_call late, cancelled;
  wippy_call_options short_time;
  MUST(wippy_call_options_new(&short_time));
  MUST(wippy_call_options_timeout(short_time, 20 * MILLISECOND));
  MUST(wippy_call_start(runtime, "app:sleeper", short_time, "[[3600000000]]", &late));
  MUST(wippy_call_options_destroy(short_time));
  MUST(wippy_call_start(runtime, "app:sleeper", NO_OPTIONS, "[[3600000000]]", &cancelled));
  // One that calls this program, and one that is kept.
  wippy_call game, counting;
  wippy_instance counter;
  int counts = 0;
  MUST(wippy_call_start(runtime, "app:game", NO_OPTIONS, NULL, &game));
  MUST(wippy_instance_new(runtime, "app:counter", NO_OPTIONS, &counter));
  MUST(wippy_instance_call(counter, "add", "[10]", &counting));

  // The loop: the dispatcher's descriptor, and a timer of the program's own every 5 ms.
  int fd, loop = epoll_create1(EPOLL_CLOEXEC);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  struct itimerspec every = {{0, 5 * MILLISECOND}, {0, 5 * MILLISECOND}};
  struct epoll_event event = {.events = EPOLLIN};
  MUST(wippy_dispatcher_fd(dispatcher, &fd));
  EXPECT(loop >= 0 && timer >= 0 && timerfd_settime(timer, 0, &every, NULL) == 0);
  event.data.fd = fd;
  EXPECT(epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) == 0);
  event.data.fd = timer;
  EXPECT(epoll_ctl(loop, EPOLL_CTL_ADD, timer, &event) == 0);

  int ticks = 0, turns = 0;
  bool is_cancelled = false, goes_on = true;
  while (goes_on) {
    struct epoll_event events[2];
    int ready = epoll_wait(loop, events, 2, -1);
    EXPECT(ready >= 0 || errno == EINTR);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.fd == timer) {
        uint64_t expirations;
        if (read(timer, &expirations, sizeof expirations) > 0) {
          ticks++;
        }
        // The turn of the guest that waits for one comes with a tick.
        if (table.waiting.id != 0) {
          MUST(wippy_host_call_reply(table.waiting, "7"));
          EXPECT(wippy_host_call_reply(table.waiting, "8") == WIPPY_STATUS_INVALID_HANDLE);
          table.waiting.id = 0;
        }
      } else {
        wippy_turn turn;
        MUST(wippy_dispatcher_turn_within(dispatcher, MILLISECOND, 0, &turn));
        turns++;
      }
    }
    for (int i = 0; i < PRINTERS; i++) {
      prints[i] = prints[i] && read_some(output[i], &printed[i]);
    }
    if (counts < 3 && has_ended(counting)) {
      counts++;
      EXPECT(number(counting) == 10ULL * (unsigned)counts);
      MUST(wippy_call_destroy(counting));
      MUST(wippy_instance_call(counter, "add", "[10]", &counting));
    }
    if (!is_cancelled && ticks > 1) {
      MUST(wippy_call_cancel(cancelled));
      is_cancelled = true;
    }
    goes_on = !is_cancelled || !has_ended(late) || !has_ended(game) || !has_ended(counting);
    for (int i = 0; i < SLEEPERS; i++) {
      goes_on = goes_on || !has_ended(sleepers[i]);
    }
    for (int i = 0; i < PRINTERS; i++) {
      goes_on = goes_on || prints[i] || !has_ended(printers[i]);
    }
  }

  for (int i = 0; i < SLEEPERS; i++) {
    EXPECT(number(sleepers[i]) >= 30 * (unsigned long long)MILLISECOND);
    MUST(wippy_call_destroy(sleepers[i]));
  }
  printf("%d guests have slept\n", SLEEPERS);
  for (int i = 0; i < PRINTERS; i++) {
    uint8_t status;
    EXPECT(printed[i] == 64 * 1024);
    MUST(wippy_call_exit_status(printers[i], &status));
    EXPECT(status == 0);
    MUST(wippy_call_destroy(printers[i]));
    MUST(wippy_reader_destroy(output[i]));
  }
  printf("%d guests have printed 64 KiB each\n", PRINTERS);
  EXPECT(failure(late) == WIPPY_ERROR_KIND_DEADLINE_EXCEEDED);
  EXPECT(failure(cancelled) == WIPPY_ERROR_KIND_CANCELLED);
  printf("one has met its deadline, and one was cancelled\n");
  EXPECT(number(game) == 705 && table.rolls == 1);
  printf("one has called this program, and waited for its answer\n");
  EXPECT(number(counting) == 40);
  printf("one has counted to 40 in 4 calls\n");
  EXPECT(turns > 1 && ticks > 1);

  static char metrics[1 << 16];
  MUST(wippy_runtime_metrics(runtime, (wippy_buffer){metrics, sizeof metrics}, NULL));
  EXPECT(strstr(metrics, "wippy_calls_total{entry=\"app:sleeper\",outcome=\"ok\"} 4") != NULL);

  MUST(wippy_call_destroy(late));
  MUST(wippy_call_destroy(cancelled));
  MUST(wippy_call_destroy(game));
  MUST(wippy_call_destroy(counting));
  EXPECT(wippy_call_destroy(counting) == WIPPY_STATUS_INVALID_HANDLE);
  MUST(wippy_instance_destroy(counter));
  MUST(wippy_runtime_destroy(runtime));
  MUST(wippy_dispatcher_destroy(dispatcher));
  EXPECT(wippy_object_count() == 0);
  close(timer);
  close(loop);
  printf("nothing is left\n");
  return 0;
}
