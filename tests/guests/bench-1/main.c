// Loops over functions of preview 1, and what one call of each takes in nanoseconds:
// DIRECTORY COUNT, where DIRECTORY can be written. SLEEPS of `poll_oneoff` are by how much each is late.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <wasi/api.h>

static uint64_t now(void) {
  __wasi_timestamp_t time;
  (void)__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &time);
  return time;
}

static void show(const char *what, uint64_t passed, uint64_t count) {
  printf("%s %llu.%02llu\n", what, passed / count, passed * 100 / count % 100);
}

int main(int argc, char **argv) {
  uint64_t count = argc > 2 ? strtoull(argv[2], 0, 10) : 100000;
  static uint8_t bytes[4096];
  __wasi_size_t done;
  uint64_t start = now();
  for (uint64_t i = 0; i < count; i++) (void)now();
  show("clock_time_get", now() - start, count);

  char name[4096];
  snprintf(name, sizeof name, "%s/bench", argc > 1 ? argv[1] : ".");
  FILE *file = fopen(name, "w+");
  if (!file) return 1;
  int fd = fileno(file);
  __wasi_ciovec_t out = {bytes, sizeof bytes};
  __wasi_iovec_t in = {bytes, sizeof bytes};
  __wasi_filesize_t at;
  uint64_t passed = 0;
  for (uint64_t left = count; left > 0;) {
    uint64_t part = left < 1000 ? left : 1000;
    (void)__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at);
    start = now();
    for (uint64_t i = 0; i < part; i++) if (__wasi_fd_write(fd, &out, 1, &done) || done != 4096) return 2;
    passed += now() - start;
    left -= part;
  }
  show("fd_write", passed, count);
  passed = 0;
  for (uint64_t left = count; left > 0;) {
    uint64_t part = left < 1000 ? left : 1000;
    (void)__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at);
    start = now();
    for (uint64_t i = 0; i < part; i++) if (__wasi_fd_read(fd, &in, 1, &done) || done != 4096) return 3;
    passed += now() - start;
    left -= part;
  }
  show("fd_read", passed, count);

  __wasi_subscription_t sleep = {.u = {.tag = __WASI_EVENTTYPE_CLOCK, .u.clock = {.id = __WASI_CLOCKID_MONOTONIC, .timeout = 200000}}};
  __wasi_event_t event;
  passed = 0;
  for (int i = 0; i < 200; i++) {
    start = now();
    if (__wasi_poll_oneoff(&sleep, &event, 1, &done)) return 4;
    passed += now() - start - 200000;
  }
  show("poll_oneoff", passed, 200);
  return 0;
}
