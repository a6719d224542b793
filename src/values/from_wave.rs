//! Arguments as WAVE text, the value syntax of the component model: `1, "x", {a: 1}`.
//!
//! The text is parsed without types; what its parts mean is decided here, by the rules that hold for
//! JSON too, and every error says where in the text it is.

use wasmtime::component::Val;
use wasmtime::component::types::{Flags, OptionType, Record, ResultType, Tuple, Type, Variant};
use wasmtime::component::wasm_wave::ast::{Node, NodeType};
use wasmtime::component::wasm_wave::parser::{ParserError, ParserErrorKind};
use wasmtime::component::wasm_wave::untyped::UntypedFuncCall;

use super::error::{Problem, ValueError};
use super::from_json::{Reader, check_count, check_length, not_one_of};
use super::from_text;
use super::path::Path;
use super::quoted::Quoted;
use super::record::unknown_field;
use super::signature::describe;

/// The most WAVE text that is read, in bytes.
pub const MAX_WAVE: usize = 1 << 20;

/// How deep its brackets may go; the parser's own bound.
const MAX_WAVE_DEPTH: usize = 100;

/// What stands before the text where it is parsed.
const BEFORE: &str = "f(";

/// All arguments of a call from what stands between its parentheses.
///
/// # Errors
/// [`ValueError::Count`] unless there is one value for each parameter; [`ValueError::At`] for text
/// that is not WAVE, and for values that do not fit their types, with the argument and the character.
pub fn wave_arguments(params: &[(String, Type)], text: &str) -> Result<Vec<Val>, ValueError> {
    if text.len() > MAX_WAVE {
        let reason = format!("longer than {MAX_WAVE} bytes");
        return Err(Problem::NotWave { reason }.at(&Path::Argument(0)));
    }
    // The line's end ends a comment, too.
    let source = format!("{BEFORE}{text}\n)");
    let call = UntypedFuncCall::parse(&source).map_err(|error| not_wave(text, &error))?;
    let given: Vec<&Node> = match call.params_node().map(Node::as_tuple) {
        Some(Ok(nodes)) => nodes.collect(),
        _ => Vec::new(),
    };
    check_count(params.len(), given.len())?;
    let mut reader = WaveReader {
        reader: Reader::default(),
        source: &source,
    };
    params
        .iter()
        .zip(given)
        .enumerate()
        .map(|(index, ((_, ty), node))| reader.value(ty, node, &Path::Argument(index)))
        .collect()
}

/// What the parser says, with the argument and the place in the text as it was typed.
fn not_wave(text: &str, error: &ParserError) -> ValueError {
    let start = error.span().start.saturating_sub(BEFORE.len());
    let before = text.get(..start).unwrap_or(text);
    let problem = match (error.kind(), error.detail()) {
        (ParserErrorKind::NestingTooDeep, _) => Problem::TooDeep {
            limit: MAX_WAVE_DEPTH,
        },
        // What stands behind the text is not the caller's.
        (ParserErrorKind::TrailingCharacters, _) if start >= text.len() => Problem::NotWave {
            reason: "a closing bracket too many".to_owned(),
        },
        (ParserErrorKind::UnexpectedToken, _) if start >= text.len() => Problem::NotWave {
            reason: ParserErrorKind::UnexpectedEnd.to_string(),
        },
        (kind, Some(detail)) => Problem::NotWave {
            reason: format!("{kind}: {detail}"),
        },
        (kind, None) => Problem::NotWave {
            reason: kind.to_string(),
        },
    };
    problem
        .in_text(before.chars().count() + 1)
        .at(&Path::Argument(commas(before)))
}

/// The commas of a text that stand in no brackets and no string.
fn commas(text: &str) -> usize {
    let (mut found, mut depth) = (0, 0usize);
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => {
                characters.next();
            }
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => found += 1,
            (None, _) => {}
        }
    }
    found
}

/// One conversion from WAVE, with what is left of its bounds.
struct WaveReader<'a> {
    reader: Reader,
    source: &'a str,
}

impl<'a> WaveReader<'a> {
    /// A value; what is wrong with it is placed in the text, once.
    fn value(&mut self, ty: &Type, node: &Node, path: &Path<'_>) -> Result<Val, ValueError> {
        self.reader.budget.enter(path)?;
        let val = self
            .of_type(ty, node, path)
            .map_err(|error| error.in_text(self.character(node.span().start)))?;
        self.reader.budget.leave();
        Ok(val)
    }

    fn of_type(&mut self, ty: &Type, node: &Node, path: &Path<'_>) -> Result<Val, ValueError> {
        match (ty, node.ty()) {
            (Type::List(list), NodeType::List) => {
                Ok(Val::List(self.elements(&list.ty(), node, path)?))
            }
            (Type::FixedLengthList(list), NodeType::List) => {
                let items = self.elements(&list.ty(), node, path)?;
                check_length(list.len() as usize, items.len(), path)?;
                Ok(Val::FixedLengthList(items))
            }
            (Type::Tuple(tuple), NodeType::Tuple) => self.tuple(tuple, node, path),
            (Type::Record(record), NodeType::Record) => self.record(record, node, path),
            (Type::Variant(variant), NodeType::Label | NodeType::VariantWithPayload) => {
                self.variant(variant, node, path)
            }
            (Type::Enum(names), NodeType::Label) => {
                let name = self.label(node);
                match names.names().find(|known| *known == name) {
                    Some(name) => Ok(Val::Enum(name.to_owned())),
                    None => Err(not_one_of("one", names.names(), &name.into(), path)),
                }
            }
            (Type::Flags(flags), NodeType::Flags) => self.flags(flags, node, path),
            (Type::Option(option), _) => self.option(ty, option, node, path),
            (Type::Result(result), _) => self.result(ty, result, node, path),
            (Type::Bool, NodeType::BoolTrue | NodeType::BoolFalse)
            | (
                Type::S8
                | Type::U8
                | Type::S16
                | Type::U16
                | Type::S32
                | Type::U32
                | Type::S64
                | Type::U64
                | Type::Float32
                | Type::Float64,
                NodeType::Number,
            ) => from_text::from_text(ty, self.slice(node), path),
            (Type::Char, NodeType::Char) => match node.as_char(self.source) {
                Ok(char) => Ok(Val::Char(char)),
                Err(error) => Err(wrong(&error).at(path)),
            },
            (Type::String, NodeType::String | NodeType::MultilineString) => {
                match node.as_str(self.source) {
                    Ok(text) => Ok(Val::String(text.into_owned())),
                    Err(error) => Err(wrong(&error).at(path)),
                }
            }
            _ => match super::from_json::unsupported(ty) {
                Some(what) => Err(Problem::Unsupported(what).at(path)),
                None => Err(self.mismatch(ty, node, path)),
            },
        }
    }

    fn elements(
        &mut self,
        ty: &Type,
        node: &Node,
        path: &Path<'_>,
    ) -> Result<Vec<Val>, ValueError> {
        let nodes = node.as_list().map_err(|error| wrong(&error).at(path))?;
        nodes
            .enumerate()
            .map(|(index, node)| self.value(ty, node, &Path::Element(path, index)))
            .collect()
    }

    fn tuple(&mut self, tuple: &Tuple, node: &Node, path: &Path<'_>) -> Result<Val, ValueError> {
        let nodes = node.as_tuple().map_err(|error| wrong(&error).at(path))?;
        check_length(tuple.types().len(), nodes.len(), path)?;
        let values = tuple
            .types()
            .zip(nodes)
            .enumerate()
            .map(|(index, (ty, node))| self.value(&ty, node, &Path::Element(path, index)));
        Ok(Val::Tuple(values.collect::<Result<_, _>>()?))
    }

    /// The parser has refused a field that is given twice.
    fn record(&mut self, record: &Record, node: &Node, path: &Path<'_>) -> Result<Val, ValueError> {
        let given: Vec<(&'a str, &Node)> = match node.as_record(self.source) {
            Ok(fields) => fields.collect(),
            Err(error) => return Err(wrong(&error).at(path)),
        };
        let known = |name: &str| record.fields().any(|field| field.name == name);
        if let Some((name, _)) = given.iter().find(|(name, _)| !known(name)) {
            let start = name.as_ptr() as usize - self.source.as_ptr() as usize;
            return Err(unknown_field(record, name, path).in_text(self.character(start)));
        }
        let mut fields = Vec::with_capacity(record.fields().len());
        for field in record.fields() {
            let place = Path::Field(path, field.name);
            let value = match given.iter().find(|(name, _)| *name == field.name) {
                Some((_, node)) => self.value(&field.ty, node, &place)?,
                None if matches!(field.ty, Type::Option(_)) => {
                    self.reader.budget.count(1, &place)?;
                    Val::Option(None)
                }
                None => {
                    let expected = describe(&field.ty);
                    return Err(Problem::Missing { expected }.at(&place));
                }
            };
            fields.push((field.name.to_owned(), value));
        }
        Ok(Val::Record(fields))
    }

    fn variant(
        &mut self,
        variant: &Variant,
        node: &Node,
        path: &Path<'_>,
    ) -> Result<Val, ValueError> {
        let (name, payload) = node
            .as_variant(self.source)
            .map_err(|error| wrong(&error).at(path))?;
        let Some(case) = variant.cases().find(|case| case.name == name) else {
            let names = variant.cases().map(|case| case.name);
            return Err(not_one_of("one", names, &name.into(), path));
        };
        let payload = self.payload(case.ty.as_ref(), payload, name, path)?;
        Ok(Val::Variant(case.name.to_owned(), payload))
    }

    /// `some(x)` or `none`, or what the payload takes by itself.
    fn option(
        &mut self,
        ty: &Type,
        option: &OptionType,
        node: &Node,
        path: &Path<'_>,
    ) -> Result<Val, ValueError> {
        let payload = option.ty();
        Ok(Val::Option(match node.ty() {
            NodeType::OptionNone => None,
            NodeType::OptionSome => {
                let inner = node.as_option().ok().flatten();
                self.payload(Some(&payload), inner, "some", path)?
            }
            _ if is_plain(&payload) => Some(Box::new(self.value(&payload, node, path)?)),
            _ => return Err(self.mismatch(ty, node, path)),
        }))
    }

    /// `ok(x)` or `err(x)`, or what the payload of `ok` takes by itself.
    fn result(
        &mut self,
        ty: &Type,
        result: &ResultType,
        node: &Node,
        path: &Path<'_>,
    ) -> Result<Val, ValueError> {
        let (ok, err) = (result.ok(), result.err());
        Ok(Val::Result(match (node.as_result(), ok) {
            (Ok(Ok(inner)), ok) => Ok(self.payload(ok.as_ref(), inner, "ok", path)?),
            (Ok(Err(inner)), _) => Err(self.payload(err.as_ref(), inner, "err", path)?),
            (Err(_), Some(ok)) if is_plain(&ok) => Ok(Some(Box::new(self.value(&ok, node, path)?))),
            (Err(_), _) => return Err(self.mismatch(ty, node, path)),
        }))
    }

    /// What stands in the parentheses behind `name`.
    fn payload(
        &mut self,
        ty: Option<&Type>,
        node: Option<&Node>,
        name: &str,
        path: &Path<'_>,
    ) -> Result<Option<Box<Val>>, ValueError> {
        match (ty, node) {
            (None, None) => Ok(None),
            (Some(ty), Some(node)) => {
                let val = self.value(ty, node, &Path::Field(path, name))?;
                Ok(Some(Box::new(val)))
            }
            (Some(ty), None) => Err(Problem::Expected {
                expected: format!("{name}({})", describe(ty)),
                got: name.to_owned(),
            }
            .at(path)),
            (None, Some(node)) => Err(Problem::Expected {
                expected: name.to_owned(),
                got: format!("{name}({})", self.show(node)),
            }
            .at(path)),
        }
    }

    /// The names in the type's order, whatever the text's; the parser has refused one given twice.
    fn flags(&mut self, flags: &Flags, node: &Node, path: &Path<'_>) -> Result<Val, ValueError> {
        let given: Vec<&str> = match node.as_flags(self.source) {
            Ok(names) => names.map(unescaped).collect(),
            Err(error) => return Err(wrong(&error).at(path)),
        };
        self.reader.budget.count(given.len(), path)?;
        for (index, name) in given.iter().enumerate() {
            if !flags.names().any(|known| known == *name) {
                let place = Path::Element(path, index);
                return Err(not_one_of("one", flags.names(), &(*name).into(), &place));
            }
        }
        let names = flags.names().filter(|name| given.contains(name));
        Ok(Val::Flags(names.map(str::to_owned).collect()))
    }

    fn slice(&self, node: &Node) -> &'a str {
        self.source.get(node.span()).unwrap_or_default()
    }

    fn label(&self, node: &Node) -> &'a str {
        unescaped(self.slice(node))
    }

    /// Which character of the text as typed, from 1, is at an offset of the source.
    fn character(&self, offset: usize) -> usize {
        let before = self.source.get(BEFORE.len()..offset).unwrap_or_default();
        before.chars().count() + 1
    }

    fn mismatch(&self, ty: &Type, node: &Node, path: &Path<'_>) -> ValueError {
        Problem::Expected {
            expected: describe(ty),
            got: self.show(node),
        }
        .at(path)
    }

    /// A node as an error shows it: a scalar itself, anything larger by its kind.
    fn show(&self, node: &Node) -> String {
        match node.ty() {
            NodeType::List => "a list".to_owned(),
            NodeType::Tuple => "a tuple".to_owned(),
            NodeType::Record => "a record".to_owned(),
            NodeType::Flags => "flags".to_owned(),
            NodeType::BoolTrue | NodeType::BoolFalse | NodeType::OptionNone => {
                self.slice(node).to_owned()
            }
            NodeType::String | NodeType::MultilineString => match node.as_str(self.source) {
                Ok(text) => Quoted(&text).to_string(),
                Err(_) => "a string".to_owned(),
            },
            _ => Quoted::shortened(self.slice(node)),
        }
    }
}

/// A label without the `%` that tells it from a keyword.
fn unescaped(label: &str) -> &str {
    label.strip_prefix('%').unwrap_or(label)
}

/// Whether a value of the type may stand for `some` or `ok` of it.
fn is_plain(ty: &Type) -> bool {
    !matches!(ty, Type::Option(_) | Type::Result(_))
}

fn wrong(error: &ParserError) -> Problem {
    Problem::NotWave {
        reason: error.kind().to_string(),
    }
}
