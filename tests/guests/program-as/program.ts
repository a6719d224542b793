// Does with a system what ordinary programs do, and says what came of it: see README.md. AssemblyScript's
// library knows no files, so that these are the functions of preview 1 themselves.

@external("wasi_snapshot_preview1", "path_open")
declare function path_open(fd: i32, lookup: i32, path: usize, length: usize, open: i32, base: u64, inheriting: u64, flags: i32, result: usize): i32;
@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(fd: i32, buffers: usize, count: i32, result: usize): i32;
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, buffers: usize, count: i32, result: usize): i32;
@external("wasi_snapshot_preview1", "fd_close")
declare function fd_close(fd: i32): i32;
@external("wasi_snapshot_preview1", "fd_readdir")
declare function fd_readdir(fd: i32, buffer: usize, size: usize, cookie: u64, result: usize): i32;
@external("wasi_snapshot_preview1", "fd_filestat_set_size")
declare function fd_filestat_set_size(fd: i32, size: u64): i32;
@external("wasi_snapshot_preview1", "poll_oneoff")
declare function poll_oneoff(subscriptions: usize, events: usize, count: i32, result: usize): i32;
@external("wasi_snapshot_preview1", "clock_time_get")
declare function clock_time_get(id: i32, precision: u64, result: usize): i32;

const READ: u64 = 2;
const WRITE: u64 = 64;
const CREATE: i32 = 1;
const DIRECTORY: i32 = 2;
const TRUNCATE: i32 = 8;
const APPEND: i32 = 1;

const result = memory.data(8);
const buffers = memory.data(8);
const space: usize = heap.alloc(65536);

function check(error: i32, what: string): void {
  if (error == 0) return;
  write(2, what + ": error " + error.toString() + "\n");
  process.exit(1);
}

// The only directory that it is given is descriptor 3.
function open(name: string, flags: i32, rights: u64, append: i32): i32 {
  const path = String.UTF8.encode(name);
  check(path_open(3, 1, changetype<usize>(path), path.byteLength, flags, rights, rights, append, result), name);
  return load<i32>(result);
}

function write(fd: i32, text: string): void {
  const bytes = String.UTF8.encode(text);
  store<usize>(buffers, changetype<usize>(bytes));
  store<i32>(buffers + 4, bytes.byteLength);
  check(fd_write(fd, buffers, 1, result), "write");
}

function read(fd: i32): i32 {
  store<usize>(buffers, space);
  store<i32>(buffers + 4, 65536);
  check(fd_read(fd, buffers, 1, result), "read");
  return load<i32>(result);
}

function show(what: string, name: string): void {
  const fd = open(name, 0, READ, 0);
  const length = read(fd);
  console.log(what + ": " + String.UTF8.decodeUnsafe(space, length));
  fd_close(fd);
}

function now(): u64 {
  clock_time_get(1, 0, result);
  return load<u64>(result);
}

export function main(): void {
  const argv = process.argv;
  let size = 0;
  for (let i = 1; i < argv.length; i++) size += argv[i].length;
  console.log("args: " + (argv.length - 1).toString() + " of " + size.toString() + " bytes");
  console.log("env: " + (process.env.has("GREETING") ? process.env.get("GREETING") : ""));

  const start = now();
  memory.fill(space, 0, 48);
  store<u32>(space + 16, 1);
  store<u64>(space + 24, 20_000_000);
  check(poll_oneoff(space, space + 64, 1, result), "sleep");
  write(2, "slept: " + (now() - start >= 20_000_000 ? "true" : "false") + "\n");

  let fd = open("notes", CREATE | TRUNCATE, WRITE, 0);
  write(fd, "hello");
  fd_close(fd);
  fd = open("notes", 0, WRITE, APPEND);
  write(fd, " and more");
  fd_close(fd);
  show("appended", "notes");
  fd = open("notes", 0, WRITE, 0);
  check(fd_filestat_set_size(fd, 3), "truncate");
  fd_close(fd);
  show("truncated", "notes");

  const directory = open("many", DIRECTORY, READ, 0);
  let listed = 0;
  let cookie: u64 = 0;
  while (true) {
    check(fd_readdir(directory, space, 65536, cookie, result), "readdir");
    const used = load<u32>(result);
    let at: u32 = 0;
    while (at + 24 <= used && at + 24 + load<u32>(space + at + 16) <= used) {
      const length = load<u32>(space + at + 16);
      const first = load<u8>(space + at + 24);
      const second = load<u8>(space + at + 25);
      const dots = first == 46 && (length == 1 || (length == 2 && second == 46));
      if (!dots) listed++;
      cookie = load<u64>(space + at);
      at += 24 + length;
    }
    if (used < 65536) break;
  }
  console.log("listed: " + listed.toString());

  let opened = 0;
  for (; opened < 1000; opened++) open("notes", 0, READ, 0);
  console.log("opened: " + opened.toString());

  let total = 0;
  for (let length = read(0); length > 0; length = read(0)) total += length;
  console.log("stdin: " + total.toString() + " bytes");
  process.exit(42);
}

main();
