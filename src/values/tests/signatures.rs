//! Functions as WIT writes them.

use wasmtime::component::Type;

use super::super::signature::{MAX_SIGNATURE, signature};
use super::types::{params, ty};

#[test]
fn signatures() {
    let params = params("", &["s32".to_owned(), "s32".to_owned()]);
    assert_eq!(
        signature("compute", &params, Some(&ty("s32"))),
        "compute: func(p0: s32, p1: s32) -> s32"
    );
    assert_eq!(signature("go", &[], None), "go: func()");
    let shown = |text| {
        let text = signature("f", &[], Some(&ty(text)));
        text.strip_prefix("f: func() -> ")
            .expect("a result")
            .to_owned()
    };
    for name in [
        "bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char",
        "string",
    ] {
        assert_eq!(shown(name), name);
    }
    assert_eq!(
        signature("f", &[], Some(&Type::ErrorContext)),
        "f: func() -> error-context"
    );
    assert_eq!(shown("(list (tuple u8 f32))"), "list<tuple<u8, f32>>");
    assert_eq!(shown("(list u8 4)"), "list<u8, 4>");
    assert_eq!(shown("(map string u8)"), "map<string, u8>");
    assert_eq!(shown("(option (option char))"), "option<option<char>>");
    assert_eq!(shown("(result)"), "result");
    assert_eq!(shown("(result u8)"), "result<u8>");
    assert_eq!(shown("(result u8 (error string))"), "result<u8, string>");
    assert_eq!(shown("(result (error string))"), "result<_, string>");
    assert_eq!(shown("$colour"), "enum{red, light-green, blue}");
    assert_eq!(shown("$permissions"), "flags{read, write, run-it}");
    assert_eq!(shown("(own $handle)"), "own<resource>");
    let user = "record{first-name: string, age: u8, e-mail: option<string>}";
    assert_eq!(shown("$user"), user);
    assert_eq!(
        shown("$shape"),
        format!("variant{{point, circle(f64), owned-by({user})}}")
    );
    let borrow = [("handle".to_owned(), ty("(borrow $handle)"))];
    assert_eq!(
        signature("drop", &borrow, None),
        "drop: func(handle: borrow<resource>)"
    );
}

#[test]
fn a_huge_type_has_a_short_signature() {
    // Each level doubles the text: 2^15 leaves.
    let mut text = "u8".to_owned();
    let mut definitions = String::new();
    for level in 0..15 {
        definitions += &format!("(type $t{level} (tuple {text} {text}))");
        text = format!("$t{level}");
    }
    let params = params(&definitions, &[text]);
    let signature = signature("f", &params, None);
    assert!(
        signature.len() <= MAX_SIGNATURE + 3 && signature.ends_with('…'),
        "{signature}"
    );
}
