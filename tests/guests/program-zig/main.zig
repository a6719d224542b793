//! Does with a system what ordinary programs do, and says what came of it: see README.md.

const std = @import("std");
const wasi = std.os.wasi;

fn print(comptime format: []const u8, values: anytype) void {
    write(1, format, values);
}

fn write(fd: wasi.fd_t, comptime format: []const u8, values: anytype) void {
    var space: [256]u8 = undefined;
    const text = std.fmt.bufPrint(&space, format, values) catch unreachable;
    const vector = [1]wasi.ciovec_t{.{ .base = text.ptr, .len = text.len }};
    var written: usize = 0;
    check(wasi.fd_write(fd, &vector, 1, &written));
}

fn check(error_number: wasi.errno_t) void {
    if (error_number == .SUCCESS) return;
    wasi.proc_exit(1);
}

/// The only directory that it is given is descriptor 3.
fn open(name: []const u8, flags: wasi.oflags_t, append: bool) wasi.fd_t {
    var fd: wasi.fd_t = undefined;
    const rights = wasi.rights_t{ .FD_READ = true, .FD_WRITE = !flags.DIRECTORY, .FD_READDIR = flags.DIRECTORY };
    check(wasi.path_open(3, .{ .SYMLINK_FOLLOW = true }, name.ptr, name.len, flags, rights, rights, .{ .APPEND = append }, &fd));
    return fd;
}

fn put(fd: wasi.fd_t, text: []const u8) void {
    const vector = [1]wasi.ciovec_t{.{ .base = text.ptr, .len = text.len }};
    var written: usize = 0;
    check(wasi.fd_write(fd, &vector, 1, &written));
}

fn get(fd: wasi.fd_t, space: []u8) usize {
    const vector = [1]wasi.iovec_t{.{ .base = space.ptr, .len = space.len }};
    var length: usize = 0;
    check(wasi.fd_read(fd, &vector, 1, &length));
    return length;
}

fn show(what: []const u8) void {
    const fd = open("notes", .{}, false);
    var space: [100]u8 = undefined;
    const length = get(fd, &space);
    print("{s}: {s}\n", .{ what, space[0..length] });
    check(wasi.fd_close(fd));
}

pub fn main() void {
    const gpa = std.heap.wasm_allocator;
    var count: usize = 0;
    var size: usize = 0;
    check(wasi.args_sizes_get(&count, &size));
    const pointers = gpa.alloc([*:0]u8, count) catch unreachable;
    const bytes = gpa.alloc(u8, size) catch unreachable;
    check(wasi.args_get(pointers.ptr, bytes.ptr));
    var total: usize = 0;
    for (pointers[1..]) |argument| total += std.mem.len(argument);
    print("args: {d} of {d} bytes\n", .{ count - 1, total });

    check(wasi.environ_sizes_get(&count, &size));
    const names = gpa.alloc([*:0]u8, count) catch unreachable;
    const values = gpa.alloc(u8, size) catch unreachable;
    check(wasi.environ_get(names.ptr, values.ptr));
    for (names) |pair| {
        const text = std.mem.span(pair);
        if (std.mem.startsWith(u8, text, "GREETING=")) print("env: {s}\n", .{text["GREETING=".len..]});
    }

    var start: u64 = 0;
    check(wasi.clock_time_get(.MONOTONIC, 1, &start));
    const subscription = wasi.subscription_t{ .userdata = 7, .u = .{ .tag = .CLOCK, .u = .{ .clock = .{ .id = .MONOTONIC, .timeout = 20_000_000, .precision = 0, .flags = 0 } } } };
    var event: wasi.event_t = undefined;
    check(wasi.poll_oneoff(&subscription, &event, 1, &count));
    var end: u64 = 0;
    check(wasi.clock_time_get(.MONOTONIC, 1, &end));
    write(2, "slept: {}\n", .{end - start >= 20_000_000 and event.userdata == 7});

    var fd = open("notes", .{ .CREAT = true, .TRUNC = true }, false);
    put(fd, "hello");
    check(wasi.fd_close(fd));
    fd = open("notes", .{}, true);
    put(fd, " and more");
    check(wasi.fd_close(fd));
    show("appended");
    fd = open("notes", .{}, false);
    check(wasi.fd_filestat_set_size(fd, 3));
    check(wasi.fd_close(fd));
    show("truncated");

    const directory = open("many", .{ .DIRECTORY = true }, false);
    const space = gpa.alloc(u8, 65536) catch unreachable;
    var listed: usize = 0;
    var cookie: wasi.dircookie_t = 0;
    while (true) {
        var used: usize = 0;
        check(wasi.fd_readdir(directory, space.ptr, space.len, cookie, &used));
        var at: usize = 0;
        while (at + 24 <= used) {
            const length = std.mem.readInt(u32, space[at + 16 ..][0..4], .little);
            if (at + 24 + length > used) break;
            const name = space[at + 24 ..][0..length];
            if (!std.mem.eql(u8, name, ".") and !std.mem.eql(u8, name, "..")) listed += 1;
            cookie = std.mem.readInt(u64, space[at..][0..8], .little);
            at += 24 + length;
        }
        if (used < space.len) break;
    }
    print("listed: {d}\n", .{listed});

    var opened: usize = 0;
    while (opened < 1000) : (opened += 1) _ = open("notes", .{}, false);
    print("opened: {d}\n", .{opened});

    total = 0;
    while (true) {
        const length = get(0, space);
        if (length == 0) break;
        total += length;
    }
    print("stdin: {d} bytes\n", .{total});
    wasi.proc_exit(42);
}
