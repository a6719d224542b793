//! Values into a core module: as core values, and into its memory.

use std::future::Future;
use std::pin::Pin;

use wasmtime::component::{Type, Val};
use wasmtime::{Instance, Memory, Result, Store, TypedFunc, bail, format_err};

use super::layout::{Cases, Layout, fields, is_number};
use crate::host::State;

/// The memory that a module exports.
pub(super) const MEMORY: &str = "memory";
/// The function that makes room in it.
const REALLOC: &str = "cabi_realloc";

type Realloc = TypedFunc<(u32, u32, u32, u32), u32>;
type Lowering<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// A module that values go into.
pub(super) struct Lower<'s> {
    store: &'s mut Store<State>,
    memory: Option<Memory>,
    realloc: Option<Realloc>,
}

impl<'s> Lower<'s> {
    pub(super) fn new(instance: &Instance, store: &'s mut Store<State>) -> Lower<'s> {
        Lower {
            memory: instance.get_memory(&mut *store, MEMORY),
            realloc: instance.get_typed_func(&mut *store, REALLOC).ok(),
            store,
        }
    }

    /// Has the module make room.
    ///
    /// # Errors
    /// The module's trap; a place that is not in its memory or not aligned.
    async fn room(&mut self, Layout { size, align }: Layout) -> Result<u32> {
        let realloc = self.realloc.clone();
        let realloc = realloc.ok_or_else(|| format_err!("the module exports no {REALLOC}"))?;
        let length = u32::try_from(size)
            .map_err(|_| format_err!("a value of {size} bytes is too large for the module"))?;
        let room = (0, 0, align as u32, length);
        let pointer = realloc.call_async(&mut *self.store, room).await?;
        if !(pointer as usize).is_multiple_of(align) {
            bail!("{REALLOC} gave a place that is not aligned");
        }
        self.place(pointer, size)?;
        Ok(pointer)
    }

    fn place(&mut self, pointer: u32, size: usize) -> Result<&mut [u8]> {
        let memory = self
            .memory
            .ok_or_else(|| format_err!("the module exports no {MEMORY}"))?;
        let memory = memory.data_mut(&mut *self.store);
        let end = (pointer as usize).saturating_add(size);
        memory
            .get_mut(pointer as usize..end)
            .ok_or_else(|| format_err!("{REALLOC} gave a place that is not in the memory"))
    }

    /// Stores the low bytes of a number.
    fn number(&mut self, pointer: u32, bits: u64, size: usize) -> Result<()> {
        let bytes = bits.to_le_bytes();
        let place = self.place(pointer, size)?;
        place.copy_from_slice(bytes.get(..size).unwrap_or(&bytes));
        Ok(())
    }

    /// All arguments in memory, as one tuple.
    pub(super) async fn spilled(&mut self, types: &[Type], arguments: &[Val]) -> Result<u32> {
        let mut whole = Layout { size: 0, align: 1 };
        let mut places = Vec::new();
        for ty in types {
            let layout = Layout::of(ty)?;
            let start = whole.size.next_multiple_of(layout.align);
            places.push(start);
            whole.size = start + layout.size;
            whole.align = whole.align.max(layout.align);
        }
        whole.size = whole.size.next_multiple_of(whole.align);
        let pointer = self.room(whole).await?;
        for ((ty, argument), start) in types.iter().zip(arguments).zip(places) {
            self.store_value(ty, argument, pointer + start as u32)
                .await?;
        }
        Ok(pointer)
    }

    /// A value as core values: their bits, whatever core types they have.
    pub(super) fn flat<'a>(
        &'a mut self,
        ty: &'a Type,
        value: &'a Val,
        flat: &'a mut Vec<u64>,
    ) -> Lowering<'a, ()> {
        Box::pin(async move {
            if let Some(bits) = number(ty, value)? {
                flat.push(bits);
                return Ok(());
            }
            match (ty, value) {
                (Type::String | Type::List(_), _) => {
                    let (pointer, length) = self.elsewhere(ty, value).await?;
                    flat.extend([u64::from(pointer), u64::from(length)]);
                }
                (Type::Record(_) | Type::Tuple(_), _) => {
                    for (ty, value) in fields(ty).iter().zip(values(value)) {
                        self.flat(ty, value, flat).await?;
                    }
                }
                _ => {
                    let (cases, index, payload) = case(ty, value)?;
                    let end = flat.len() + 1 + cases.payload_flat_count();
                    flat.push(index as u64);
                    if let Some((ty, value)) = payload {
                        self.flat(&ty, value, flat).await?;
                    }
                    flat.resize(end, 0);
                }
            }
            Ok(())
        })
    }

    /// A value into memory, where it has room.
    fn store_value<'a>(
        &'a mut self,
        ty: &'a Type,
        value: &'a Val,
        pointer: u32,
    ) -> Lowering<'a, ()> {
        Box::pin(async move {
            if let Some(bits) = number(ty, value)? {
                return self.number(pointer, bits, Layout::of(ty)?.size);
            }
            match ty {
                Type::String | Type::List(_) => {
                    let (content, length) = self.elsewhere(ty, value).await?;
                    self.number(pointer, content.into(), 4)?;
                    self.number(pointer + 4, length.into(), 4)?;
                }
                Type::Record(_) | Type::Tuple(_) => {
                    let mut start = 0;
                    for (ty, value) in fields(ty).iter().zip(values(value)) {
                        let layout = Layout::of(ty)?;
                        start = usize::next_multiple_of(start, layout.align);
                        self.store_value(ty, value, pointer + start as u32).await?;
                        start += layout.size;
                    }
                }
                _ => {
                    let (cases, index, payload) = case(ty, value)?;
                    self.number(pointer, index as u64, cases.discriminant())?;
                    if let Some((ty, value)) = payload {
                        let start = cases.payload_start()? as u32;
                        self.store_value(&ty, value, pointer + start).await?;
                    }
                }
            }
            Ok(())
        })
    }

    /// What a string or a list holds, in a place of its own: where it is and how long.
    async fn elsewhere(&mut self, ty: &Type, value: &Val) -> Result<(u32, u32)> {
        match (ty, value) {
            (Type::String, Val::String(text)) => {
                let layout = Layout {
                    size: text.len(),
                    align: 1,
                };
                let pointer = self.room(layout).await?;
                self.place(pointer, text.len())?
                    .copy_from_slice(text.as_bytes());
                Ok((pointer, text.len() as u32))
            }
            (Type::List(list), Val::List(values)) => {
                let ty = list.ty();
                let element = Layout::of(&ty)?;
                let layout = Layout {
                    size: element.size.saturating_mul(values.len()),
                    ..element
                };
                let pointer = self.room(layout).await?;
                if element.size == 1 && is_number(&ty) {
                    let place = self.place(pointer, values.len())?;
                    for (byte, value) in place.iter_mut().zip(values) {
                        *byte = number(&ty, value)?.unwrap_or(0).to_le_bytes()[0];
                    }
                    return Ok((pointer, values.len() as u32));
                }
                for (index, value) in values.iter().enumerate() {
                    let place = pointer + (index * element.size) as u32;
                    self.store_value(&ty, value, place).await?;
                }
                Ok((pointer, values.len() as u32))
            }
            _ => Err(mismatch()),
        }
    }
}

fn mismatch() -> wasmtime::Error {
    format_err!("an argument is no value of its parameter's type")
}

/// The bits of a value that is one number; `None` for types that are more.
fn number(ty: &Type, value: &Val) -> Result<Option<u64>> {
    let signed = |number: i32| u64::from(number.cast_unsigned());
    Ok(Some(match (ty, value) {
        (Type::Bool, Val::Bool(is)) => u64::from(*is),
        (Type::S8, Val::S8(number)) => signed((*number).into()),
        (Type::U8, Val::U8(number)) => (*number).into(),
        (Type::S16, Val::S16(number)) => signed((*number).into()),
        (Type::U16, Val::U16(number)) => (*number).into(),
        (Type::S32, Val::S32(number)) => signed(*number),
        (Type::U32, Val::U32(number)) => (*number).into(),
        (Type::S64, Val::S64(number)) => number.cast_unsigned(),
        (Type::U64, Val::U64(number)) => *number,
        (Type::Float32, Val::Float32(number)) => number.to_bits().into(),
        (Type::Float64, Val::Float64(number)) => number.to_bits(),
        (Type::Char, Val::Char(character)) => u32::from(*character).into(),
        (Type::Flags(flags), Val::Flags(set)) => {
            let mut bits = 0;
            for (bit, name) in flags.names().enumerate() {
                bits |= u64::from(set.iter().any(|set| set == name)) << bit;
            }
            bits
        }
        (
            Type::String
            | Type::List(_)
            | Type::Record(_)
            | Type::Tuple(_)
            | Type::Variant(_)
            | Type::Enum(_)
            | Type::Option(_)
            | Type::Result(_),
            _,
        ) => return Ok(None),
        _ => return Err(mismatch()),
    }))
}

/// The values of a record's or tuple's fields.
fn values(value: &Val) -> Vec<&Val> {
    match value {
        Val::Record(fields) => fields.iter().map(|(_, value)| value).collect(),
        Val::Tuple(values) => values.iter().collect(),
        _ => Vec::new(),
    }
}

/// The cases of a type, which of them a value is, and its payload.
type Case<'v> = (Cases, usize, Option<(Type, &'v Val)>);

fn case<'v>(ty: &Type, value: &'v Val) -> Result<Case<'v>> {
    let cases = Cases::of(ty).ok_or_else(mismatch)?;
    let (name, payload) = match value {
        Val::Variant(name, payload) => (name.as_str(), payload.as_deref()),
        Val::Enum(name) => (name.as_str(), None),
        Val::Option(None) => ("none", None),
        Val::Option(Some(payload)) => ("some", Some(&**payload)),
        Val::Result(Ok(payload)) => ("ok", payload.as_deref()),
        Val::Result(Err(payload)) => ("err", payload.as_deref()),
        _ => return Err(mismatch()),
    };
    let mut all = cases.0.iter().enumerate();
    let (index, (_, ty)) = all
        .find(|(_, (case, _))| case == name)
        .ok_or_else(mismatch)?;
    let payload = ty.clone().zip(payload);
    Ok((cases, index, payload))
}
