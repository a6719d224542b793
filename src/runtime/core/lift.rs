//! Values out of a core module: from core values, and from its memory.

use wasmtime::component::{Type, Val};
use wasmtime::{Result, bail, format_err};

use super::layout::{Cases, Layout, fields, is_number};
use crate::values::MAX_LIFTED_BYTES;

/// The memory of a module that values come from.
pub(super) struct Lift<'m> {
    memory: &'m [u8],
    /// What is left of the bytes that the values may take.
    left: usize,
}

impl<'m> Lift<'m> {
    pub(super) fn new(memory: &'m [u8]) -> Lift<'m> {
        Lift {
            memory,
            left: MAX_LIFTED_BYTES,
        }
    }

    /// Counts bytes that a value takes.
    ///
    /// # Errors
    /// Beyond the bound, in the words of the engine, which has the same for components.
    fn spend(&mut self, bytes: usize) -> Result<()> {
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => bail!("fuel allocated for hostcalls has been exhausted"),
        }
        Ok(())
    }

    fn bytes(&self, pointer: u32, length: usize) -> Result<&'m [u8]> {
        let end = (pointer as usize).saturating_add(length);
        self.memory
            .get(pointer as usize..end)
            .ok_or_else(|| format_err!("a value is not in the module's memory"))
    }

    fn number(&self, pointer: u32, size: usize) -> Result<u64> {
        let mut number = [0; 8];
        for (byte, from) in number.iter_mut().zip(self.bytes(pointer, size)?) {
            *byte = *from;
        }
        Ok(u64::from_le_bytes(number))
    }

    /// The value at a pointer.
    ///
    /// # Errors
    /// When it is not aligned, not in the memory, or no value of the type.
    pub(super) fn load(&mut self, ty: &Type, pointer: u32) -> Result<Val> {
        let layout = Layout::of(ty)?;
        if !(pointer as usize).is_multiple_of(layout.align) {
            bail!("a pointer is not aligned");
        }
        self.bytes(pointer, layout.size)?;
        if is_number(ty) {
            return self.of_number(ty, self.number(pointer, layout.size)?);
        }
        match ty {
            Type::String | Type::List(_) => {
                let (content, length) = (self.number(pointer, 4)?, self.number(pointer + 4, 4)?);
                self.elsewhere(ty, content as u32, length as u32)
            }
            Type::Record(_) | Type::Tuple(_) => {
                let (mut start, mut values) = (0, Vec::new());
                for ty in fields(ty) {
                    let layout = Layout::of(&ty)?;
                    start = usize::next_multiple_of(start, layout.align);
                    values.push(self.load(&ty, pointer + start as u32)?);
                    start += layout.size;
                }
                self.of_fields(ty, values)
            }
            _ => {
                let cases = Cases::of(ty).ok_or_else(unknown)?;
                let index = self.number(pointer, cases.discriminant())?;
                let payload = match case(&cases, index)? {
                    (_, None) => None,
                    (_, Some(ty)) => {
                        let start = cases.payload_start()? as u32;
                        Some(self.load(&ty.clone(), pointer + start)?)
                    }
                };
                self.of_case(ty, case(&cases, index)?.0, payload)
            }
        }
    }

    /// The value whose core values come next.
    ///
    /// # Errors
    /// As [`Lift::load`].
    pub(super) fn flat(&mut self, ty: &Type, flat: &mut dyn Iterator<Item = u64>) -> Result<Val> {
        let mut next = || flat.next().ok_or_else(unknown);
        if is_number(ty) {
            let bits = next()?;
            return self.of_number(ty, bits);
        }
        match ty {
            Type::String | Type::List(_) => {
                let (content, length) = (next()?, next()?);
                self.elsewhere(ty, content as u32, length as u32)
            }
            Type::Record(_) | Type::Tuple(_) => {
                let mut values = Vec::new();
                for ty in fields(ty) {
                    values.push(self.flat(&ty, flat)?);
                }
                self.of_fields(ty, values)
            }
            _ => {
                let cases = Cases::of(ty).ok_or_else(unknown)?;
                let index = next()? & u64::from(u32::MAX);
                let rest: Vec<u64> = flat.take(cases.payload_flat_count()).collect();
                let payload = match case(&cases, index)? {
                    (_, None) => None,
                    (_, Some(ty)) => Some(self.flat(&ty.clone(), &mut rest.into_iter())?),
                };
                self.of_case(ty, case(&cases, index)?.0, payload)
            }
        }
    }

    fn of_number(&mut self, ty: &Type, bits: u64) -> Result<Val> {
        Ok(match ty {
            Type::Bool => Val::Bool(bits as u32 != 0),
            Type::S8 => Val::S8(bits as i8),
            Type::U8 => Val::U8(bits as u8),
            Type::S16 => Val::S16(bits as i16),
            Type::U16 => Val::U16(bits as u16),
            Type::S32 => Val::S32(bits as i32),
            Type::U32 => Val::U32(bits as u32),
            Type::S64 => Val::S64(bits.cast_signed()),
            Type::U64 => Val::U64(bits),
            Type::Float32 => Val::Float32(f32::from_bits(bits as u32)),
            Type::Float64 => Val::Float64(f64::from_bits(bits)),
            Type::Char => match char::from_u32(bits as u32) {
                Some(character) => Val::Char(character),
                None => bail!("{:#x} is no character", bits as u32),
            },
            Type::Flags(flags) => {
                let mut set = Vec::new();
                for (bit, name) in flags.names().enumerate() {
                    if bits >> bit & 1 == 1 {
                        self.spend(size_of::<String>() + name.len())?;
                        set.push(name.to_owned());
                    }
                }
                Val::Flags(set)
            }
            _ => return Err(unknown()),
        })
    }

    /// A string or a list, whose content is somewhere else.
    fn elsewhere(&mut self, ty: &Type, pointer: u32, length: u32) -> Result<Val> {
        let count = length as usize;
        let Type::List(list) = ty else {
            self.spend(count)?;
            let bytes = self.bytes(pointer, count)?;
            return match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Val::String(text.to_owned())),
                Err(_) => bail!("a string is not UTF-8"),
            };
        };
        let ty = list.ty();
        let element = Layout::of(&ty)?;
        if !(pointer as usize).is_multiple_of(element.align) {
            bail!("a list is not aligned");
        }
        self.bytes(pointer, element.size.saturating_mul(count))?;
        self.spend(count.saturating_mul(size_of::<Val>()))?;
        let mut values = Vec::with_capacity(count);
        for index in 0..count {
            // Within the memory, as was checked.
            values.push(self.load(&ty, pointer + (index * element.size) as u32)?);
        }
        Ok(Val::List(values))
    }

    fn of_fields(&mut self, ty: &Type, values: Vec<Val>) -> Result<Val> {
        let Type::Record(record) = ty else {
            self.spend(values.len() * size_of::<Val>())?;
            return Ok(Val::Tuple(values));
        };
        let mut fields = Vec::with_capacity(values.len());
        for (field, value) in record.fields().zip(values) {
            self.spend(size_of::<(String, Val)>() + field.name.len())?;
            fields.push((field.name.to_owned(), value));
        }
        Ok(Val::Record(fields))
    }

    fn of_case(&mut self, ty: &Type, name: &str, payload: Option<Val>) -> Result<Val> {
        self.spend(size_of::<Val>())?;
        let payload = payload.map(Box::new);
        Ok(match ty {
            Type::Option(_) => Val::Option(payload),
            Type::Result(_) if name == "ok" => Val::Result(Ok(payload)),
            Type::Result(_) => Val::Result(Err(payload)),
            Type::Enum(_) => {
                self.spend(name.len())?;
                Val::Enum(name.to_owned())
            }
            _ => {
                self.spend(name.len())?;
                Val::Variant(name.to_owned(), payload)
            }
        })
    }
}

fn case(cases: &Cases, index: u64) -> Result<(&str, Option<&Type>)> {
    let found = usize::try_from(index).ok().and_then(|at| cases.0.get(at));
    match found {
        Some((name, ty)) => Ok((name, ty.as_ref())),
        None => bail!("{index} is no case of its type"),
    }
}

fn unknown() -> wasmtime::Error {
    format_err!("a result is no value of its type")
}
