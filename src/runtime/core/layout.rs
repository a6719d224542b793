//! How the canonical ABI lays values out: sizes, alignments, and how many core values they are.

use wasmtime::component::Type;
use wasmtime::{Result, bail};

/// More core values a function's parameters are not passed as: they go through memory.
pub(super) const MAX_FLAT_PARAMS: usize = 16;
/// The same of a result.
pub(super) const MAX_FLAT_RESULTS: usize = 1;

/// Bytes and alignment of a value in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Layout {
    pub(super) size: usize,
    pub(super) align: usize,
}

impl Layout {
    const NOTHING: Layout = Layout { size: 0, align: 1 };

    const fn number(size: usize) -> Layout {
        Layout { size, align: size }
    }

    /// # Errors
    /// For types that no core module can have.
    pub(super) fn of(ty: &Type) -> Result<Layout> {
        Ok(match ty {
            Type::Bool | Type::S8 | Type::U8 => Layout::number(1),
            Type::S16 | Type::U16 => Layout::number(2),
            Type::S32 | Type::U32 | Type::Float32 | Type::Char => Layout::number(4),
            Type::S64 | Type::U64 | Type::Float64 => Layout::number(8),
            Type::String | Type::List(_) => Layout { size: 8, align: 4 },
            Type::Flags(flags) => match flags.names().len() {
                0..=8 => Layout::number(1),
                9..=16 => Layout::number(2),
                _ => Layout::number(4),
            },
            Type::Record(_) | Type::Tuple(_) => {
                let mut layout = Layout::NOTHING;
                for field in fields(ty) {
                    let field = Layout::of(&field)?;
                    layout.size = layout.size.next_multiple_of(field.align) + field.size;
                    layout.align = layout.align.max(field.align);
                }
                Layout {
                    size: layout.size.next_multiple_of(layout.align),
                    ..layout
                }
            }
            _ => match Cases::of(ty) {
                Some(cases) => {
                    let payload = cases.payload()?;
                    let discriminant = cases.discriminant();
                    let align = payload.align.max(discriminant);
                    let start = discriminant.next_multiple_of(payload.align);
                    Layout {
                        size: (start + payload.size).next_multiple_of(align),
                        align,
                    }
                }
                None => bail!("a core module cannot have values of this type"),
            },
        })
    }
}

/// Whether a value is one number, in memory too.
pub(super) fn is_number(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Bool
            | Type::S8
            | Type::U8
            | Type::S16
            | Type::U16
            | Type::S32
            | Type::U32
            | Type::S64
            | Type::U64
            | Type::Float32
            | Type::Float64
            | Type::Char
            | Type::Flags(_)
    )
}

/// The types of a record's or tuple's fields.
pub(super) fn fields(ty: &Type) -> Vec<Type> {
    match ty {
        Type::Record(record) => record.fields().map(|field| field.ty).collect(),
        Type::Tuple(tuple) => tuple.types().collect(),
        _ => Vec::new(),
    }
}

/// The cases of a variant, an enum, an option or a result.
pub(super) struct Cases(pub(super) Vec<(String, Option<Type>)>);

impl Cases {
    /// `None` for other types.
    pub(super) fn of(ty: &Type) -> Option<Cases> {
        Some(Cases(match ty {
            Type::Variant(variant) => {
                let cases = variant.cases();
                cases.map(|case| (case.name.to_owned(), case.ty)).collect()
            }
            Type::Enum(of) => of.names().map(|name| (name.to_owned(), None)).collect(),
            Type::Option(option) => vec![
                ("none".to_owned(), None),
                ("some".to_owned(), Some(option.ty())),
            ],
            Type::Result(result) => vec![
                ("ok".to_owned(), result.ok()),
                ("err".to_owned(), result.err()),
            ],
            _ => return None,
        }))
    }

    /// The bytes of the number that says which case it is.
    pub(super) fn discriminant(&self) -> usize {
        match self.0.len() {
            0..=0x100 => 1,
            0x101..=0x1_0000 => 2,
            _ => 4,
        }
    }

    /// Room for the payload of any case.
    fn payload(&self) -> Result<Layout> {
        let mut payload = Layout::NOTHING;
        for ty in self.0.iter().filter_map(|(_, ty)| ty.as_ref()) {
            let layout = Layout::of(ty)?;
            payload.size = payload.size.max(layout.size);
            payload.align = payload.align.max(layout.align);
        }
        Ok(payload)
    }

    /// Where the payload begins.
    pub(super) fn payload_start(&self) -> Result<usize> {
        Ok(self.discriminant().next_multiple_of(self.payload()?.align))
    }

    /// How many core values the payload of any case takes at most.
    pub(super) fn payload_flat_count(&self) -> usize {
        let payloads = self.0.iter().filter_map(|(_, ty)| ty.as_ref());
        payloads.map(flat_count).max().unwrap_or(0)
    }
}

/// How many core values a value is.
pub(super) fn flat_count(ty: &Type) -> usize {
    match ty {
        Type::String | Type::List(_) => 2,
        Type::Record(_) | Type::Tuple(_) => {
            let fields = fields(ty);
            fields.iter().map(flat_count).fold(0, usize::saturating_add)
        }
        _ => match Cases::of(ty) {
            Some(cases) => cases.payload_flat_count().saturating_add(1),
            None => 1,
        },
    }
}
