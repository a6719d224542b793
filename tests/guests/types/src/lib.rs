//! Returns values of every type, and four functions of the world itself. With the standard library, so that
//! it is the one reactor that imports what the preview 1 adapter does.

wit_bindgen::generate!({
    path: "../wit/types.wit",
    world: "test:guests/types-guest",
    generate_all,
});

use exports::test::guests::types as echo;

struct Types;
export!(Types);

macro_rules! identities {
    ($($name:ident: $type:ty,)*) => {
        impl echo::Guest for Types {
            $(fn $name(v: $type) -> $type {
                v
            })*
        }
    };
}

identities! {
    echo_bool: bool,
    echo_u8: u8,
    echo_u16: u16,
    echo_u32: u32,
    echo_u64: u64,
    echo_s8: i8,
    echo_s16: i16,
    echo_s32: i32,
    echo_s64: i64,
    echo_f32: f32,
    echo_f64: f64,
    echo_char: char,
    echo_string: String,
    echo_bytes: Vec<u8>,
    echo_list: Vec<i32>,
    echo_nested_list: Vec<Vec<String>>,
    echo_tuple: (i32, String, bool),
    echo_record: echo::Person,
    echo_team: echo::Team,
    echo_variant: echo::Shape,
    echo_enum: echo::Colour,
    echo_flags: echo::Rights,
    echo_option: Option<String>,
    echo_nested_option: Option<Option<u32>>,
    echo_result: Result<u32, String>,
    echo_bare_result: Result<(), ()>,
    echo_half_result: Result<(), String>,
}

impl Guest for Types {
    fn greet(name: String) -> String {
        format!("Hello, {name}!")
    }

    fn add(a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }

    fn fail(why: String) -> Result<String, String> {
        if why.is_empty() {
            Ok("nothing failed".into())
        } else {
            Err(why)
        }
    }

    fn panic() {
        panic!("the guest was asked to panic")
    }
}
