//! Values of a dispatcher's thread, and references to them.

use std::rc::Rc;

use wippy_dispatcher::{Dispatcher, Error, Local};

#[test]
fn a_value_goes_with_its_last_reference() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let value = Rc::new(());
    let local = Local::new(&dispatcher.handle(), value.clone()).expect("room");
    let other = local.clone();
    assert!(Rc::ptr_eq(&*local.get().expect("its thread"), &value));
    drop(local);
    assert_eq!(Rc::strong_count(&value), 2);
    drop(other);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_reference_that_goes_elsewhere_leaves_the_value_to_the_dispatcher() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let value = Rc::new(());
    let local = Local::new(&dispatcher.handle(), value.clone()).expect("room");
    let refused = std::thread::spawn(move || local.get().err());
    assert!(matches!(refused.join(), Ok(Some(Error::WrongThread))));
    assert_eq!(Rc::strong_count(&value), 2);
    drop(dispatcher);
    assert_eq!(Rc::strong_count(&value), 1);
}

#[test]
fn a_reference_outlives_its_dispatcher() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let local = Local::new(&dispatcher.handle(), Rc::new(())).expect("room");
    drop(dispatcher);
    assert!(matches!(local.get(), Err(Error::Closed)));
}

#[test]
fn there_is_a_bound() {
    let dispatcher = Dispatcher::builder().max_sources(2).build();
    let dispatcher = dispatcher.expect("a dispatcher");
    let handle = dispatcher.handle();
    let _two = [0, 1].map(|number| Local::new(&handle, number).expect("room"));
    let refused = Local::new(&handle, 2).err();
    assert!(matches!(refused, Some(Error::TooManyLocals(2))));
}
