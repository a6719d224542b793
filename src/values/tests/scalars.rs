//! Values without parts, in both directions: the rows of `docs/values.md`.

use serde_json::json;
use wasmtime::component::Val;

use super::{both, read, reads, refuses, string};

#[test]
fn booleans() {
    both("bool", json!(true), Val::Bool(true));
    refuses("bool", json!(1), ": expected bool, got 1");
    refuses("bool", json!("true"), ": expected bool, got \"true\"");
}

#[test]
fn integers_in_range() {
    both("s8", json!(-128), Val::S8(-128));
    both("u8", json!(255), Val::U8(255));
    both("s16", json!(-32768), Val::S16(-32768));
    both("u16", json!(65535), Val::U16(65535));
    both("s32", json!(i32::MIN), Val::S32(i32::MIN));
    both("u32", json!(u32::MAX), Val::U32(u32::MAX));
    refuses("s8", json!(-129), ": expected s8, got -129");
    refuses("u8", json!(300), ": expected u8, got 300");
    refuses("u16", json!(-1), ": expected u16, got -1");
    refuses(
        "u32",
        json!(4294967296u64),
        ": expected u32, got 4294967296",
    );
    refuses("s32", json!(null), ": expected s32, got null");
}

#[test]
fn integral_floats_are_integers() {
    reads("u8", json!(6.0), Val::U8(6));
    reads("s32", json!(-0.0), Val::S32(0));
    reads("s64", json!(1e15), Val::S64(1_000_000_000_000_000));
    reads("u64", json!(9007199254740991.0), Val::U64((1 << 53) - 1));
    reads("s64", json!(-9007199254740991.0), Val::S64(1 - (1 << 53)));
    refuses("u8", json!(6.5), ": expected u8, got 6.5");
    refuses(
        "u64",
        json!(18446744073709551616.0),
        ": expected u64, got 1.8446744073709552e+19",
    );
    refuses("s64", json!(1e300), ": expected s64, got 1e+300");
    // Which integer was meant is lost: 9007199254740993.0 is the same float as …992.0.
    for float in [
        9007199254740992.0,
        9007199254740993.0,
        1e19,
        -9007199254740992.0,
    ] {
        let got = json!(float);
        refuses("u64", json!(float), &format!(": expected u64, got {got}"));
    }
}

#[test]
fn wide_integers_beyond_the_exact_are_strings() {
    both("u64", json!(1u64 << 53), Val::U64(1 << 53));
    both("u64", json!("9007199254740993"), Val::U64((1 << 53) + 1));
    both("u64", json!("18446744073709551615"), Val::U64(u64::MAX));
    both("s64", json!(-(1i64 << 53)), Val::S64(-(1 << 53)));
    both("s64", json!("-9007199254740993"), Val::S64(-(1 << 53) - 1));
    both("s64", json!("-9223372036854775808"), Val::S64(i64::MIN));
    both("s64", json!("9223372036854775807"), Val::S64(i64::MAX));
    reads("u64", json!(u64::MAX), Val::U64(u64::MAX));
    reads("u64", json!("7"), Val::U64(7));
}

#[test]
fn only_decimal_strings_and_only_for_64_bit() {
    refuses("u32", json!("7"), ": expected u32, got \"7\"");
    refuses("u64", json!("-1"), ": expected u64, got \"-1\"");
    refuses(
        "u64",
        json!("18446744073709551616"),
        ": expected u64, got \"18446744073709551616\"",
    );
    for text in ["", "-", "+7", "0x10", "1e3", " 7", "7.0", "--7"] {
        assert!(read("s64", &json!(text)).is_err(), "{text:?}");
    }
}

#[test]
fn floats() {
    both("f64", json!(0.1), Val::Float64(0.1));
    both("f64", json!("nan"), Val::Float64(f64::NAN));
    both("f64", json!("inf"), Val::Float64(f64::INFINITY));
    both("f64", json!("-inf"), Val::Float64(f64::NEG_INFINITY));
    both("f64", json!(-0.0), Val::Float64(-0.0));
    both("f32", json!(0.1), Val::Float32(0.1));
    both("f32", json!("nan"), Val::Float32(f32::NAN));
    both("f32", json!("-inf"), Val::Float32(f32::NEG_INFINITY));
    both("f32", json!(3.4028235e38), Val::Float32(f32::MAX));
    reads("f64", json!(3), Val::Float64(3.0));
    refuses("f32", json!(1e39), ": expected f32, got 1e+39");
    refuses("f32", json!("NaN"), ": expected f32, got \"NaN\"");
    refuses("f64", json!("1.5"), ": expected f64, got \"1.5\"");
}

#[test]
fn chars_and_strings() {
    both("char", json!("é"), Val::Char('é'));
    both("string", json!("a \u{0} 🙂"), string("a \u{0} 🙂"));
    refuses("char", json!(""), ": expected char, got \"\"");
    refuses("char", json!("ab"), ": expected char, got \"ab\"");
    refuses("string", json!(["a"]), ": expected string, got an array");
}
