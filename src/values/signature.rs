//! Types and functions as WIT writes them.

use wasmtime::component::Type;

use super::limits::MAX_DEPTH;

/// Bytes of a signature; a longer one ends in `…`.
pub const MAX_SIGNATURE: usize = 4096;

/// Bytes of a type's name inside an error.
const MAX_DESCRIPTION: usize = 120;

/// A function as WIT would declare it, such as `compute: func(a: s32, b: s32) -> s32`.
///
/// Named types are written out, since a component's types carry no names of their own; a resource
/// is `own<resource>` or `borrow<resource>`. At most [`MAX_SIGNATURE`] bytes and a `…`.
pub fn signature(name: &str, params: &[(String, Type)], result: Option<&Type>) -> String {
    let mut writer = Writer::new(MAX_SIGNATURE);
    writer.put(name);
    writer.put(": func(");
    for (index, (name, ty)) in params.iter().enumerate() {
        writer.separate(index);
        writer.named(name, ty);
    }
    writer.put(")");
    if let Some(ty) = result {
        writer.put(" -> ");
        writer.ty(ty);
    }
    writer.finish()
}

/// A type as an error shows it, shortened.
pub(super) fn describe(ty: &Type) -> String {
    let mut writer = Writer::new(MAX_DESCRIPTION);
    writer.ty(ty);
    writer.finish()
}

/// Text with a bound. A small component can declare a type whose text is huge, so writing stops
/// where the bound is reached.
struct Writer {
    text: String,
    limit: usize,
    depth: usize,
}

impl Writer {
    fn new(limit: usize) -> Self {
        Writer {
            text: String::new(),
            limit,
            depth: 0,
        }
    }

    fn is_full(&self) -> bool {
        self.text.len() > self.limit
    }

    fn put(&mut self, text: &str) {
        if !self.is_full() {
            self.text.push_str(text);
        }
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.put(", ");
        }
    }

    fn finish(mut self) -> String {
        if self.is_full() {
            let end = self.text.floor_char_boundary(self.limit);
            self.text.truncate(end);
            self.text.push('…');
        }
        self.text
    }

    fn ty(&mut self, ty: &Type) {
        if self.is_full() {
            return;
        }
        if self.depth >= MAX_DEPTH {
            return self.put("…");
        }
        self.depth += 1;
        match ty {
            Type::Bool => self.put("bool"),
            Type::S8 => self.put("s8"),
            Type::U8 => self.put("u8"),
            Type::S16 => self.put("s16"),
            Type::U16 => self.put("u16"),
            Type::S32 => self.put("s32"),
            Type::U32 => self.put("u32"),
            Type::S64 => self.put("s64"),
            Type::U64 => self.put("u64"),
            Type::Float32 => self.put("f32"),
            Type::Float64 => self.put("f64"),
            Type::Char => self.put("char"),
            Type::String => self.put("string"),
            Type::List(list) => self.generic("list", &[list.ty()]),
            Type::FixedLengthList(list) => {
                self.put("list<");
                self.ty(&list.ty());
                self.put(&format!(", {}>", list.len()));
            }
            Type::Map(map) => self.generic("map", &[map.key(), map.value()]),
            Type::Tuple(tuple) => self.sequence("tuple<", tuple.types(), ">", |writer, ty| {
                writer.ty(&ty);
            }),
            Type::Option(option) => self.generic("option", &[option.ty()]),
            Type::Result(result) => self.result(result.ok(), result.err()),
            Type::Record(record) => {
                self.sequence("record{", record.fields(), "}", |writer, field| {
                    writer.named(field.name, &field.ty);
                });
            }
            Type::Variant(variant) => {
                self.sequence("variant{", variant.cases(), "}", |writer, case| {
                    writer.put(case.name);
                    if let Some(ty) = &case.ty {
                        writer.put("(");
                        writer.ty(ty);
                        writer.put(")");
                    }
                });
            }
            Type::Enum(names) => self.sequence("enum{", names.names(), "}", Writer::put),
            Type::Flags(names) => self.sequence("flags{", names.names(), "}", Writer::put),
            Type::Own(_) => self.put("own<resource>"),
            Type::Borrow(_) => self.put("borrow<resource>"),
            Type::Future(future) => self.optional("future", future.ty()),
            Type::Stream(stream) => self.optional("stream", stream.ty()),
            Type::ErrorContext => self.put("error-context"),
        }
        self.depth -= 1;
    }

    fn named(&mut self, name: &str, ty: &Type) {
        self.put(name);
        self.put(": ");
        self.ty(ty);
    }

    fn sequence<T>(
        &mut self,
        open: &str,
        items: impl Iterator<Item = T>,
        close: &str,
        write: impl Fn(&mut Self, T),
    ) {
        self.put(open);
        for (index, item) in items.enumerate() {
            if self.is_full() {
                return;
            }
            self.separate(index);
            write(self, item);
        }
        self.put(close);
    }

    fn generic(&mut self, name: &str, types: &[Type]) {
        self.put(name);
        self.sequence("<", types.iter(), ">", Writer::ty);
    }

    fn optional(&mut self, name: &str, ty: Option<Type>) {
        match ty {
            Some(ty) => self.generic(name, &[ty]),
            None => self.put(name),
        }
    }

    fn result(&mut self, ok: Option<Type>, err: Option<Type>) {
        match (ok, err) {
            (None, None) => self.put("result"),
            (Some(ok), None) => self.generic("result", &[ok]),
            (Some(ok), Some(err)) => self.generic("result", &[ok, err]),
            (None, Some(err)) => self.sequence("result<_, ", [err].iter(), ">", Writer::ty),
        }
    }
}
