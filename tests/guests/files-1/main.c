// The commands of the guest `files`, and calls of preview 1 as they are, over preview 1 alone. A reactor:
// `script: func(lines: list<string>) -> list<string>` by the canonical ABI, which answers each line.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))

// The calls as they are bound, with numbers for pointers.
IMPORT("args_get") int32_t raw_args_get(int32_t, int32_t);
IMPORT("args_sizes_get") int32_t raw_args_sizes_get(int32_t, int32_t);
IMPORT("environ_get") int32_t raw_environ_get(int32_t, int32_t);
IMPORT("environ_sizes_get") int32_t raw_environ_sizes_get(int32_t, int32_t);
IMPORT("clock_res_get") int32_t raw_clock_res_get(int32_t, int32_t);
IMPORT("clock_time_get") int32_t raw_clock_time_get(int32_t, int64_t, int32_t);
IMPORT("fd_advise") int32_t raw_fd_advise(int32_t, int64_t, int64_t, int32_t);
IMPORT("fd_allocate") int32_t raw_fd_allocate(int32_t, int64_t, int64_t);
IMPORT("fd_close") int32_t raw_fd_close(int32_t);
IMPORT("fd_datasync") int32_t raw_fd_datasync(int32_t);
IMPORT("fd_fdstat_get") int32_t raw_fd_fdstat_get(int32_t, int32_t);
IMPORT("fd_fdstat_set_flags") int32_t raw_fd_fdstat_set_flags(int32_t, int32_t);
IMPORT("fd_fdstat_set_rights") int32_t raw_fd_fdstat_set_rights(int32_t, int64_t, int64_t);
IMPORT("fd_filestat_get") int32_t raw_fd_filestat_get(int32_t, int32_t);
IMPORT("fd_filestat_set_size") int32_t raw_fd_filestat_set_size(int32_t, int64_t);
IMPORT("fd_filestat_set_times") int32_t raw_fd_filestat_set_times(int32_t, int64_t, int64_t, int32_t);
IMPORT("fd_pread") int32_t raw_fd_pread(int32_t, int32_t, int32_t, int64_t, int32_t);
IMPORT("fd_prestat_get") int32_t raw_fd_prestat_get(int32_t, int32_t);
IMPORT("fd_prestat_dir_name") int32_t raw_fd_prestat_dir_name(int32_t, int32_t, int32_t);
IMPORT("fd_pwrite") int32_t raw_fd_pwrite(int32_t, int32_t, int32_t, int64_t, int32_t);
IMPORT("fd_read") int32_t raw_fd_read(int32_t, int32_t, int32_t, int32_t);
IMPORT("fd_readdir") int32_t raw_fd_readdir(int32_t, int32_t, int32_t, int64_t, int32_t);
IMPORT("fd_renumber") int32_t raw_fd_renumber(int32_t, int32_t);
IMPORT("fd_seek") int32_t raw_fd_seek(int32_t, int64_t, int32_t, int32_t);
IMPORT("fd_sync") int32_t raw_fd_sync(int32_t);
IMPORT("fd_tell") int32_t raw_fd_tell(int32_t, int32_t);
IMPORT("fd_write") int32_t raw_fd_write(int32_t, int32_t, int32_t, int32_t);
IMPORT("path_create_directory") int32_t raw_path_create_directory(int32_t, int32_t, int32_t);
IMPORT("path_filestat_get") int32_t raw_path_filestat_get(int32_t, int32_t, int32_t, int32_t, int32_t);
IMPORT("path_filestat_set_times") int32_t raw_path_filestat_set_times(int32_t, int32_t, int32_t, int32_t, int64_t, int64_t, int32_t);
IMPORT("path_link") int32_t raw_path_link(int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t);
IMPORT("path_open") int32_t raw_path_open(int32_t, int32_t, int32_t, int32_t, int32_t, int64_t, int64_t, int32_t, int32_t);
IMPORT("path_readlink") int32_t raw_path_readlink(int32_t, int32_t, int32_t, int32_t, int32_t, int32_t);
IMPORT("path_remove_directory") int32_t raw_path_remove_directory(int32_t, int32_t, int32_t);
IMPORT("path_rename") int32_t raw_path_rename(int32_t, int32_t, int32_t, int32_t, int32_t, int32_t);
IMPORT("path_symlink") int32_t raw_path_symlink(int32_t, int32_t, int32_t, int32_t, int32_t);
IMPORT("path_unlink_file") int32_t raw_path_unlink_file(int32_t, int32_t, int32_t);
IMPORT("poll_oneoff") int32_t raw_poll_oneoff(int32_t, int32_t, int32_t, int32_t);
IMPORT("proc_exit") void raw_proc_exit(int32_t);
IMPORT("proc_raise") int32_t raw_proc_raise(int32_t);
IMPORT("random_get") int32_t raw_random_get(int32_t, int32_t);
IMPORT("sched_yield") int32_t raw_sched_yield(void);
IMPORT("sock_accept") int32_t raw_sock_accept(int32_t, int32_t, int32_t);
IMPORT("sock_recv") int32_t raw_sock_recv(int32_t, int32_t, int32_t, int32_t, int32_t, int32_t);
IMPORT("sock_send") int32_t raw_sock_send(int32_t, int32_t, int32_t, int32_t, int32_t);
IMPORT("sock_shutdown") int32_t raw_sock_shutdown(int32_t, int32_t);

static char scratch[1 << 20] __attribute__((aligned(16)));
static char answer[1 << 20];
// Where an answer is bytes that may hold zeros.
static size_t answer_length;
static char *word[16];
static int words;

static const char *text(int at) { return at < words ? word[at] : ""; }
static int has(const char *letters, char letter) { return strchr(letters, letter) != 0; }

// A number; one behind `@` counts from the beginning of the scratch memory, a name behind `#` is its descriptor's.
static int fd_of(const char *name);
static int64_t number(int at) {
  const char *s = text(at);
  if (*s == '#') return fd_of(s + 1);
  if (*s == '@') return (int64_t)(intptr_t)scratch + strtoll(s + 1, 0, 0);
  return *s == '-' ? strtoll(s, 0, 0) : (int64_t)strtoull(s, 0, 0);
}

static const char *name_of(int error) {
  switch (error) {
    case 0: return "ok"; case 2: return "access"; case 6: return "would-block"; case 7: return "already";
    case 8: return "bad-descriptor"; case 10: return "busy"; case 16: return "deadlock"; case 19: return "quota";
    case 20: return "exist"; case 22: return "file-too-large"; case 25: return "illegal-byte-sequence";
    case 27: return "interrupted"; case 28: return "invalid"; case 29: return "io"; case 31: return "is-directory";
    case 32: return "loop"; case 33: return "too-many-descriptors"; case 34: return "too-many-links";
    case 37: return "name-too-long"; case 43: return "no-device"; case 44: return "no-entry";
    case 48: return "insufficient-memory"; case 51: return "insufficient-space"; case 54: return "not-directory";
    case 55: return "not-empty"; case 57: return "not-socket"; case 58: return "unsupported"; case 59: return "no-tty";
    case 60: return "no-such-device"; case 61: return "overflow"; case 63: return "not-permitted"; case 64: return "pipe";
    case 69: return "read-only"; case 70: return "invalid-seek"; case 74: return "text-file-busy";
    case 75: return "cross-device"; default: return "unknown";
  }
}
static void fail(int error) { strcpy(answer, name_of(error)); }

// Names of descriptors.
static struct { char name[64]; int fd; } named[256];
static int names;
static int fd_of(const char *name) {
  for (int i = names - 1; i >= 0; i--) if (!strcmp(named[i].name, name)) return named[i].fd;
  return -1;
}
static void set_name(const char *name, int fd) {
  int old = fd_of(name);
  if (old >= 0) {
    raw_fd_close(old);
    for (int i = 0; i < names; i++) if (named[i].fd == old) named[i--] = named[--names];
  }
  if (names < 256) { strncpy(named[names].name, name, 63); named[names++].fd = fd; }
}
static void forget(const char *name) {
  int fd = fd_of(name);
  if (fd < 0) return;
  raw_fd_close(fd);
  for (int i = 0; i < names; i++) if (named[i].fd == fd) named[i--] = named[--names];
}

#define P(p) ((int32_t)(intptr_t)(p))
static int path_at(int at) { return P(text(at)); }
static size_t lengths[16];
static int length_at(int at) { return at < words ? (int)lengths[at] : 0; }

static int open_at(int base, int path, const char *letters, int *fd) {
  int open = has(letters, 'c') | has(letters, 'd') << 1 | has(letters, 'x') << 2 | has(letters, 't') << 3;
  int flags = has(letters, 'a') | has(letters, 'y') << 1 | has(letters, 'n') << 2 | has(letters, 'q') << 3 | has(letters, 's') << 4;
  // As libraries do, it asks for all rights that may be had through a directory.
  int64_t rights = (0xff7ffff & ~(1 << 1 | 1 << 6)) | (int64_t)has(letters, 'r') << 1 | (int64_t)has(letters, 'w') << 6;
  return raw_path_open(base, has(letters, 'f'), path_at(path), length_at(path), open, rights, rights, flags, P(fd));
}

static const char *kind(int type) {
  static const char *kinds[] = {"Unknown", "BlockDevice", "CharacterDevice", "Directory", "RegularFile", "Datagrams", "Socket", "SymbolicLink"};
  return kinds[type & 7];
}
static void stat_text(int error, __wasi_filestat_t *s) {
  if (error) { fail(error); return; }
  snprintf(answer, sizeof answer, "%s %llu %llu %llu.%09llu %llu.%09llu", kind(s->filetype), s->nlink, s->size,
    s->atim / 1000000000, s->atim % 1000000000, s->mtim / 1000000000, s->mtim % 1000000000);
}
// Bytes as text; anything long, and what is no text, by its length and a sum.
static char *bytes_text(char *to, const unsigned char *bytes, size_t length) {
  int is_text = length <= 200;
  for (size_t i = 0; i < length; i++) is_text &= bytes[i] < 128;
  if (is_text) { memcpy(to, bytes, length); to[length] = 0; answer_length = length; return to + length; }
  uint32_t sum = 0;
  for (size_t i = 0; i < length; i++) sum = sum * 31 + bytes[i];
  return to + sprintf(to, "%zu bytes, %u", length, sum);
}
static void bits(int64_t *time, int *flags, int at, int given, int now) {
  const char *s = text(at);
  if (!strcmp(s, "same")) return;
  if (!strcmp(s, "now")) { *flags |= now; return; }
  const char *dot = strchr(s, '.');
  *time = (int64_t)(strtoull(s, 0, 10) * 1000000000ull + (dot ? strtoull(dot + 1, 0, 10) : 0));
  *flags |= given;
}
static int compare(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static int is_utf8(const unsigned char *s, size_t length) {
  for (size_t i = 0; i < length;) {
    int more = s[i] < 128 ? 0 : s[i] >= 194 && s[i] < 224 ? 1 : s[i] >= 224 && s[i] < 240 ? 2 : s[i] >= 240 && s[i] < 245 ? 3 : -1;
    if (more < 0 || i + more >= length) return 0;
    for (i++; more > 0; more--, i++) if (s[i] >> 6 != 2) return 0;
  }
  return 1;
}

static void list(int fd) {
  static char *entries[20001];
  static char buffer[4096];
  int count = 0, error = 0;
  uint64_t cookie = 0;
  for (;;) {
    uint32_t used = 0;
    if ((error = raw_fd_readdir(fd, P(buffer), sizeof buffer, cookie, P(&used)))) break;
    uint32_t at = 0;
    while (at + sizeof(__wasi_dirent_t) <= used) {
      __wasi_dirent_t head;
      memcpy(&head, buffer + at, sizeof head);
      if (at + sizeof head + head.d_namlen > used) break;
      char *name = buffer + at + sizeof head;
      int dots = (head.d_namlen == 1 && name[0] == '.') || (head.d_namlen == 2 && name[0] == '.' && name[1] == '.');
      if (!dots && count < 20000) {
        char *entry = malloc(head.d_namlen + 64);
        if (is_utf8((unsigned char *)name, head.d_namlen)) sprintf(entry, "%.*s=%s", (int)head.d_namlen, name, kind(head.d_type));
        else strcpy(entry, name_of(25));
        entries[count++] = entry;
      }
      cookie = head.d_next;
      at += sizeof head + head.d_namlen;
    }
    if (used < sizeof buffer) break;
  }
  if (error && count == 0) { fail(error); return; }
  if (error) entries[count++] = strdup(name_of(error));
  qsort(entries, count, sizeof *entries, compare);
  if (count == 0) strcpy(answer, "nothing");
  else if (count > 20) sprintf(answer, "%d names", count);
  else {
    answer[0] = 0;
    for (int i = 0; i < count; i++) { if (i) strcat(answer, " "); strcat(answer, entries[i]); }
  }
  for (int i = 0; i < count; i++) free(entries[i]);
}

static void raw(void) {
  const char *f = text(1);
  int64_t n[9];
  for (int i = 0; i < 9; i++) n[i] = number(2 + i);
  int r = -1;
#define IS(name) (!strcmp(f, #name))
  if (IS(args_get)) r = raw_args_get(n[0], n[1]);
  else if (IS(args_sizes_get)) r = raw_args_sizes_get(n[0], n[1]);
  else if (IS(environ_get)) r = raw_environ_get(n[0], n[1]);
  else if (IS(environ_sizes_get)) r = raw_environ_sizes_get(n[0], n[1]);
  else if (IS(clock_res_get)) r = raw_clock_res_get(n[0], n[1]);
  else if (IS(clock_time_get)) r = raw_clock_time_get(n[0], n[1], n[2]);
  else if (IS(fd_advise)) r = raw_fd_advise(n[0], n[1], n[2], n[3]);
  else if (IS(fd_allocate)) r = raw_fd_allocate(n[0], n[1], n[2]);
  else if (IS(fd_close)) r = raw_fd_close(n[0]);
  else if (IS(fd_datasync)) r = raw_fd_datasync(n[0]);
  else if (IS(fd_fdstat_get)) r = raw_fd_fdstat_get(n[0], n[1]);
  else if (IS(fd_fdstat_set_flags)) r = raw_fd_fdstat_set_flags(n[0], n[1]);
  else if (IS(fd_fdstat_set_rights)) r = raw_fd_fdstat_set_rights(n[0], n[1], n[2]);
  else if (IS(fd_filestat_get)) r = raw_fd_filestat_get(n[0], n[1]);
  else if (IS(fd_filestat_set_size)) r = raw_fd_filestat_set_size(n[0], n[1]);
  else if (IS(fd_filestat_set_times)) r = raw_fd_filestat_set_times(n[0], n[1], n[2], n[3]);
  else if (IS(fd_pread)) r = raw_fd_pread(n[0], n[1], n[2], n[3], n[4]);
  else if (IS(fd_prestat_get)) r = raw_fd_prestat_get(n[0], n[1]);
  else if (IS(fd_prestat_dir_name)) r = raw_fd_prestat_dir_name(n[0], n[1], n[2]);
  else if (IS(fd_pwrite)) r = raw_fd_pwrite(n[0], n[1], n[2], n[3], n[4]);
  else if (IS(fd_read)) r = raw_fd_read(n[0], n[1], n[2], n[3]);
  else if (IS(fd_readdir)) r = raw_fd_readdir(n[0], n[1], n[2], n[3], n[4]);
  else if (IS(fd_renumber)) r = raw_fd_renumber(n[0], n[1]);
  else if (IS(fd_seek)) r = raw_fd_seek(n[0], n[1], n[2], n[3]);
  else if (IS(fd_sync)) r = raw_fd_sync(n[0]);
  else if (IS(fd_tell)) r = raw_fd_tell(n[0], n[1]);
  else if (IS(fd_write)) r = raw_fd_write(n[0], n[1], n[2], n[3]);
  else if (IS(path_create_directory)) r = raw_path_create_directory(n[0], n[1], n[2]);
  else if (IS(path_filestat_get)) r = raw_path_filestat_get(n[0], n[1], n[2], n[3], n[4]);
  else if (IS(path_filestat_set_times)) r = raw_path_filestat_set_times(n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
  else if (IS(path_link)) r = raw_path_link(n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
  else if (IS(path_open)) r = raw_path_open(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8]);
  else if (IS(path_readlink)) r = raw_path_readlink(n[0], n[1], n[2], n[3], n[4], n[5]);
  else if (IS(path_remove_directory)) r = raw_path_remove_directory(n[0], n[1], n[2]);
  else if (IS(path_rename)) r = raw_path_rename(n[0], n[1], n[2], n[3], n[4], n[5]);
  else if (IS(path_symlink)) r = raw_path_symlink(n[0], n[1], n[2], n[3], n[4]);
  else if (IS(path_unlink_file)) r = raw_path_unlink_file(n[0], n[1], n[2]);
  else if (IS(poll_oneoff)) r = raw_poll_oneoff(n[0], n[1], n[2], n[3]);
  else if (IS(proc_exit)) raw_proc_exit(n[0]);
  else if (IS(proc_raise)) r = raw_proc_raise(n[0]);
  else if (IS(random_get)) r = raw_random_get(n[0], n[1]);
  else if (IS(sched_yield)) r = raw_sched_yield();
  else if (IS(sock_accept)) r = raw_sock_accept(n[0], n[1], n[2]);
  else if (IS(sock_recv)) r = raw_sock_recv(n[0], n[1], n[2], n[3], n[4], n[5]);
  else if (IS(sock_send)) r = raw_sock_send(n[0], n[1], n[2], n[3], n[4]);
  else if (IS(sock_shutdown)) r = raw_sock_shutdown(n[0], n[1]);
  sprintf(answer, "%d", r);
}

static void command(void) {
  const char *c = word[0];
  int error = 0, fd = fd_of(text(1));
  uint32_t size = 0;
  strcpy(answer, "ok");
#define C(name) (!strcmp(c, name))
  if (C("mounts")) {
    char *to = answer;
    *to = 0;
    for (int at = 3;; at++) {
      __wasi_prestat_t prestat;
      static char path[4096];
      if (raw_fd_prestat_get(at, P(&prestat)) || raw_fd_prestat_dir_name(at, P(path), sizeof path)) break;
      path[prestat.u.dir.pr_name_len] = 0;
      if (names < 256) { strncpy(named[names].name, path, 63); named[names++].fd = at; }
      to += sprintf(to, "%s%s", to == answer ? "" : " ", path);
    }
    if (to == answer) strcpy(answer, "ok");
  } else if (C("open")) {
    int opened;
    error = open_at(fd_of(text(2)), 3, text(4), &opened);
    if (!error) set_name(text(1), opened);
  } else if (C("drop")) forget(text(1));
  else if (C("repeat")) {
    for (int64_t i = number(1); i > 0 && !error; i--) {
      int opened;
      if (!(error = open_at(fd_of(text(2)), 3, text(4), &opened))) raw_fd_close(opened);
    }
  } else if (C("read")) {
    int64_t length = number(2), done = 0;
    static unsigned char bytes[1 << 20];
    __wasi_iovec_t one = {bytes, (size_t)(length > (int64_t)sizeof bytes ? (int64_t)sizeof bytes : length)};
    error = raw_fd_pread(fd, P(&one), 1, number(3), P(&size));
    done = size;
    if (!error) { char *end = bytes_text(answer, bytes, done); if (done < (int64_t)one.buf_len) { strcpy(end, ", end"); if (answer_length) answer_length += 5; } }
  } else if (C("write") || C("fill")) {
    unsigned char *pattern = 0;
    int is_fill = C("fill");
    __wasi_ciovec_t one = {(const uint8_t *)text(3), (size_t)length_at(3)};
    if (is_fill) {
      pattern = malloc(number(2));
      for (int64_t i = 0; i < number(2); i++) pattern[i] = i % 251;
      one.buf = pattern;
      one.buf_len = number(2);
    }
    error = raw_fd_pwrite(fd, P(&one), 1, number(is_fill ? 3 : 2), P(&size));
    if (!error) sprintf(answer, "%u", size);
    free(pattern);
  } else if (C("stat")) {
    __wasi_filestat_t s;
    error = raw_fd_filestat_get(fd, P(&s));
    stat_text(error, &s);
  } else if (C("stat-at")) {
    __wasi_filestat_t s;
    error = raw_path_filestat_get(fd, has(text(3), 'f'), path_at(2), length_at(2), P(&s));
    stat_text(error, &s);
  } else if (C("hash-at")) {
    __wasi_filestat_t s;
    error = raw_path_filestat_get(fd, has(text(3), 'f'), path_at(2), length_at(2), P(&s));
    if (!error) sprintf(answer, "%llx", s.ino);
  } else if (C("flags")) {
    __wasi_fdstat_t s;
    if (!(error = raw_fd_fdstat_get(fd, P(&s)))) {
      int is_directory = s.fs_filetype == __WASI_FILETYPE_DIRECTORY;
      snprintf(answer, sizeof answer, "%s%s%s%s%s%s", s.fs_rights_base & 2 || is_directory ? " read" : "", s.fs_rights_base & 64 ? " write" : "",
        s.fs_flags & 16 ? " file-sync" : "", s.fs_flags & 2 ? " data-sync" : "", s.fs_flags & 8 ? " write-sync" : "", is_directory ? " mutate" : "");
      memmove(answer, answer + 1, strlen(answer));
    }
  } else if (C("type")) {
    __wasi_fdstat_t s;
    if (!(error = raw_fd_fdstat_get(fd, P(&s)))) strcpy(answer, kind(s.fs_filetype));
  } else if (C("size")) error = raw_fd_filestat_set_size(fd, number(2));
  else if (C("times") || C("times-at")) {
    int at = C("times") ? 2 : 4, flags = 0;
    int64_t access = 0, modification = 0;
    bits(&access, &flags, at, 1, 2);
    bits(&modification, &flags, at + 1, 4, 8);
    error = at == 2 ? raw_fd_filestat_set_times(fd, access, modification, flags)
                    : raw_path_filestat_set_times(fd, has(text(3), 'f'), path_at(2), length_at(2), access, modification, flags);
  } else if (C("advise")) { for (int i = 0; i < 6 && !error; i++) error = raw_fd_advise(fd, 0, 4096, i); }
  else if (C("advise-from")) error = raw_fd_advise(fd, number(2), number(3), 3);
  else if (C("sync")) { if (!(error = raw_fd_datasync(fd))) error = raw_fd_sync(fd); }
  else if (C("mkdir")) error = raw_path_create_directory(fd, path_at(2), length_at(2));
  else if (C("rmdir")) error = raw_path_remove_directory(fd, path_at(2), length_at(2));
  else if (C("unlink")) error = raw_path_unlink_file(fd, path_at(2), length_at(2));
  else if (C("symlink")) error = raw_path_symlink(path_at(2), length_at(2), fd, path_at(3), length_at(3));
  else if (C("readlink")) {
    error = raw_path_readlink(fd, path_at(2), length_at(2), P(answer + 8192), 4096, P(&size));
    if (!error) { memmove(answer, answer + 8192, size); answer[size] = 0; }
  } else if (C("rename")) error = raw_path_rename(fd, path_at(2), length_at(2), fd_of(text(3)), path_at(4), length_at(4));
  else if (C("link")) error = raw_path_link(fd, has(text(5), 'f'), path_at(2), length_at(2), fd_of(text(3)), path_at(4), length_at(4));
  else if (C("list")) { list(fd); return; }
  // fd NAME: the number of a descriptor.
  else if (C("fd")) sprintf(answer, "%d", fd);
  // raw FUNCTION NUMBER...: the number that it returns.
  else if (C("raw")) raw();
  // put AT TEXT, put32 and put64 AT NUMBER, u8, u16, u32, u64 and text AT [LENGTH]: the scratch memory.
  else if (C("put")) memcpy(scratch + number(1), text(2), length_at(2));
  else if (C("put8")) scratch[number(1)] = number(2);
  else if (C("put32")) { int32_t v = number(2); memcpy(scratch + number(1), &v, 4); }
  else if (C("put64")) { int64_t v = number(2); memcpy(scratch + number(1), &v, 8); }
  else if (C("u8")) sprintf(answer, "%u", (unsigned char)scratch[number(1)]);
  else if (C("u16")) { uint16_t v; memcpy(&v, scratch + number(1), 2); sprintf(answer, "%u", v); }
  else if (C("u32")) { uint32_t v; memcpy(&v, scratch + number(1), 4); sprintf(answer, "%u", v); }
  else if (C("u64")) { uint64_t v; memcpy(&v, scratch + number(1), 8); sprintf(answer, "%llu", v); }
  else if (C("x64")) { uint64_t v; memcpy(&v, scratch + number(1), 8); sprintf(answer, "%llx", v); }
  else if (C("text")) bytes_text(answer, (unsigned char *)scratch + number(1), number(2));
  else if (C("zero")) memset(scratch, 0, sizeof scratch);
  else snprintf(answer, sizeof answer, "script: %s is no command", c);
  if (error) fail(error);
}

static void run(char *line, size_t length) {
  words = 0;
  char *end = line + length;
  for (char *at = line; words < 16;) {
    char *tab = at;
    while (tab < end && *tab != '\t') tab++;
    word[words] = malloc(tab - at + 1);
    memcpy(word[words], at, tab - at);
    word[words][tab - at] = 0;
    lengths[words++] = tab - at;
    if (tab == end) break;
    at = tab + 1;
  }
  answer_length = 0;
  command();
  if (!*answer && !answer_length) strcpy(answer, "ok");
  for (int i = 0; i < words; i++) free(word[i]);
}

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  (void)align;
  return size ? realloc(old, size) : (void *)align;
}

typedef struct { char *bytes; size_t length; } text_t;
typedef struct { text_t *items; size_t length; } texts_t;

__attribute__((export_name("script"))) texts_t *script(text_t *lines, size_t count) {
  static texts_t answers;
  answers.items = malloc(count * sizeof(text_t) + 1);
  answers.length = count;
  for (size_t i = 0; i < count; i++) {
    run(lines[i].bytes, lines[i].length);
    size_t length = answer_length ? answer_length : strlen(answer);
    answers.items[i].length = length;
    answers.items[i].bytes = malloc(length + 1);
    memcpy(answers.items[i].bytes, answer, length);
  }
  return &answers;
}

// The same as a command: a line an argument, words separated by spaces, or by tabs where there is one.
int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    char *line = strdup(argv[i]);
    if (!strchr(line, '\t')) for (char *at = line; *at; at++) if (*at == ' ') *at = '\t';
    run(line, strlen(line));
    puts(answer);
    fflush(stdout);
    free(line);
  }
  return 0;
}
