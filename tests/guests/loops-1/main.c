// Loops over functions of preview 1 for the benchmarks: each returns the nanoseconds that `count` calls took.
// Files are those of the first directory.
#include <stdint.h>
#include <string.h>
#include <wasi/api.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define BLOCK 4096
// So many blocks are read or written before the file begins anew.
#define BLOCKS 256

static uint8_t bytes[BLOCK];

static uint64_t now(void) {
  __wasi_timestamp_t time;
  if (__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &time)) __builtin_trap();
  return time;
}

EXPORT("clock-time-get") uint64_t clock_time_get(uint32_t count) {
  uint64_t start = now();
  for (uint32_t i = 0; i < count; i++) (void)now();
  return now() - start;
}

static __wasi_fd_t open_file(const char *name, __wasi_oflags_t flags, __wasi_rights_t rights) {
  __wasi_fd_t fd;
  if (__wasi_path_open(3, 0, name, flags, rights | __WASI_RIGHTS_FD_SEEK, 0, 0, &fd)) __builtin_trap();
  return fd;
}

static void rewind_to_start(__wasi_fd_t fd) {
  __wasi_filesize_t at;
  if (__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &at)) __builtin_trap();
}

EXPORT("fd-read") uint64_t fd_read(uint32_t count) {
  __wasi_fd_t fd = open_file("data", 0, __WASI_RIGHTS_FD_READ);
  __wasi_iovec_t buffer = {bytes, BLOCK};
  __wasi_size_t done;
  uint64_t start = now();
  for (uint32_t i = 0; i < count; i++) {
    if (i % BLOCKS == 0) rewind_to_start(fd);
    if (__wasi_fd_read(fd, &buffer, 1, &done) || done != BLOCK) __builtin_trap();
  }
  uint64_t passed = now() - start;
  (void)__wasi_fd_close(fd);
  return passed;
}

EXPORT("fd-write") uint64_t fd_write(uint32_t count) {
  __wasi_fd_t fd = open_file("written-1", __WASI_OFLAGS_CREAT, __WASI_RIGHTS_FD_WRITE);
  __wasi_ciovec_t buffer = {bytes, BLOCK};
  __wasi_size_t done;
  memset(bytes, 7, BLOCK);
  uint64_t start = now();
  for (uint32_t i = 0; i < count; i++) {
    if (i % BLOCKS == 0) rewind_to_start(fd);
    if (__wasi_fd_write(fd, &buffer, 1, &done) || done != BLOCK) __builtin_trap();
  }
  uint64_t passed = now() - start;
  (void)__wasi_fd_close(fd);
  return passed;
}

// `micros` from now, `count` times: by how much they were late together. With 0 each timer is due.
EXPORT("poll-oneoff") uint64_t poll_oneoff(uint32_t micros, uint32_t count) {
  __wasi_subscription_t sleep = {.u = {.tag = __WASI_EVENTTYPE_CLOCK}};
  sleep.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  sleep.u.u.clock.timeout = (__wasi_timestamp_t)micros * 1000;
  __wasi_event_t event;
  __wasi_size_t events;
  uint64_t late = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint64_t start = now();
    if (__wasi_poll_oneoff(&sleep, &event, 1, &events) || events != 1) __builtin_trap();
    late += now() - start - sleep.u.u.clock.timeout;
  }
  return late;
}
