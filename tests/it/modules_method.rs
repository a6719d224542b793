//! Which function an entry's `method` means.

use serde_json::json;
use wippy::Arguments;

use super::call;
use crate::support::{Project, simulated};

#[test]
fn a_method_is_found_with_and_without_package_and_version() {
    const FULL: &str = "test:guests/types@0.1.0";
    let forms = [
        format!("{FULL}#echo-u8"),
        "test:guests/types#echo-u8".to_owned(),
        "types@0.1.0#echo-u8".to_owned(),
        "types#echo-u8".to_owned(),
        "echo-u8".to_owned(),
    ];
    let wrong = [
        "echo-u9",
        "types@0.2.0#echo-u8",
        "other#echo-u8",
        "types",
        "types#",
        "#echo-u8",
    ];
    let mut project = Project::new();
    for (number, form) in forms.iter().enumerate() {
        project.function(&format!("f{number}"), "types", form, "[]", &[]);
    }
    for (number, form) in wrong.iter().enumerate() {
        project.function(&format!("w{number}"), "types", form, "[]", &[]);
    }
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    dispatcher
        .block_on(async {
            let seven = [json!(7)];
            for (number, form) in forms.iter().enumerate() {
                let called = runtime
                    .call(&format!("f{number}"), Arguments::Json(&seven))
                    .await;
                assert_eq!(called.expect(form), json!(7));
            }
            for (number, form) in wrong.iter().enumerate() {
                let called = runtime
                    .call(&format!("w{number}"), Arguments::Json(&seven))
                    .await;
                let error = called.expect_err(form).to_string();
                assert!(
                    error.starts_with(&format!("test:w{number}: method {form:?} not found")),
                    "{error}"
                );
                assert!(
                    error.contains(&format!("{FULL}#echo-u8")) && error.contains(" more"),
                    "{error}"
                );
            }
        })
        .expect("no deadlock");
    assert_eq!(runtime.compilations(), 1);
}

/// Two interfaces with a function of the same name.
const TWINS: &str = r#"(component
    (core module $m
        (func (export "one") (result i32) (i32.const 1))
        (func (export "two") (result i32) (i32.const 2)))
    (core instance $i (instantiate $m))
    (func $one (result u32) (canon lift (core func $i "one")))
    (func $two (result u32) (canon lift (core func $i "two")))
    (instance $a (export "number" (func $one)))
    (instance $b (export "number" (func $two)))
    (export "a:b/first@1.0.0" (instance $a))
    (export "a:b/second@1.0.0" (instance $b)))"#;

#[test]
fn a_method_that_fits_twice_is_ambiguous() {
    let mut project = Project::new();
    project.text("first", TWINS, "first#number", "[]");
    project.text("second", TWINS, "a:b/second#number", "[]");
    project.text("either", TWINS, "number", "[]");
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    assert_eq!(call(&dispatcher, &runtime, "first"), Ok(json!(1)));
    assert_eq!(call(&dispatcher, &runtime, "second"), Ok(json!(2)));
    let error = call(&dispatcher, &runtime, "either").expect_err("two");
    assert!(
        error.contains("a:b/first@1.0.0#number, a:b/second@1.0.0#number"),
        "{error}"
    );
}
