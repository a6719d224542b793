//! Handles: numbers of objects, each in a type of its own so that the C compiler tells them apart.

use std::rc::Rc;

use crate::failure::Failure;
use crate::objects::{
    BuilderObject, CallObject, DispatcherObject, EntryObject, HostCallObject, InstanceObject,
    OptionsObject, ProgramObject, ReaderObject, RuntimeObject, WriterObject,
};
use crate::table;

/// An event loop of its own thread, and all that waits there.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct wippy_dispatcher {
    /// 0 is never one.
    pub id: u64,
}

/// An entry that is being made: a module, and what it may use.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct wippy_entry {
    /// 0 is never one.
    pub id: u64,
}

/// The parts of a program, until it is built.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct wippy_builder {
    /// 0 is never one.
    pub id: u64,
}

/// Entries and their code.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct wippy_program {
    /// 0 is never one.
    pub id: u64,
}

/// A program on a dispatcher.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct wippy_runtime {
    /// 0 is never one.
    pub id: u64,
}

/// What is decided about a call before it starts.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct wippy_call_options {
    /// 0 stands for none where options may be left out.
    pub id: u64,
}

/// A call that was started.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct wippy_call {
    /// 0 is never one.
    pub id: u64,
}

/// An instance that is kept and called again and again.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct wippy_instance {
    /// 0 is never one.
    pub id: u64,
}

/// The end of a pipe in memory that is read.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct wippy_reader {
    /// 0 is never one.
    pub id: u64,
}

/// The end of a pipe in memory that is written.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct wippy_writer {
    /// 0 is never one.
    pub id: u64,
}

/// A guest's call of a host function that waits for its answer.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct wippy_host_call {
    /// 0 is never one.
    pub id: u64,
}

/// The number of an object.
pub(crate) trait Handle: Copy {
    /// What it stands for.
    type Object: 'static;
    /// What messages call it.
    const KIND: &'static str;

    fn of(id: u64) -> Self;

    fn id(self) -> u64;

    /// Adds an object.
    ///
    /// # Errors
    /// `TooMany`, `Closed`.
    fn add(object: Self::Object) -> Result<Self, Failure> {
        table::add(Rc::new(object)).map(Self::of)
    }

    /// The object.
    ///
    /// # Errors
    /// `InvalidHandle`, `WrongThread`, `Closed`.
    fn get(self) -> Result<Rc<Self::Object>, Failure> {
        table::get(self.id(), Self::KIND)
    }

    /// Takes the object out.
    ///
    /// # Errors
    /// `InvalidHandle`, `WrongThread`, `Closed`.
    fn remove(self) -> Result<Rc<Self::Object>, Failure> {
        table::remove(self.id(), Self::KIND)
    }
}

macro_rules! handles {
    ($($handle:ident => $object:ty, $kind:literal;)*) => {$(
        impl Handle for $handle {
            type Object = $object;
            const KIND: &'static str = $kind;

            fn of(id: u64) -> $handle {
                $handle { id }
            }

            fn id(self) -> u64 {
                self.id
            }
        }
    )*};
}

handles! {
    wippy_dispatcher => DispatcherObject, "dispatcher";
    wippy_entry => EntryObject, "entry";
    wippy_builder => BuilderObject, "builder";
    wippy_program => ProgramObject, "program";
    wippy_runtime => RuntimeObject, "runtime";
    wippy_call_options => OptionsObject, "set of call options";
    wippy_call => CallObject, "call";
    wippy_instance => InstanceObject, "instance";
    wippy_reader => ReaderObject, "pipe reader";
    wippy_writer => WriterObject, "pipe writer";
    wippy_host_call => HostCallObject, "host call";
}
