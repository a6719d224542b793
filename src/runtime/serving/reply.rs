//! Responses: what a function has returned, or a status with a line of text.

use wasmtime::component::{Type, Val};
use wippy_dispatcher::Handle;

use crate::http::server::Failure;
use crate::http::{Fields, Response, body};
use crate::quota::QuotaPermit;
use crate::values::{self, ValueError};

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";
const JSON: &str = "application/json";

/// A response that is known as a whole.
#[derive(Debug)]
pub(super) struct Reply {
    status: u16,
    fields: Vec<(&'static str, String)>,
    bytes: Vec<u8>,
    /// For the memory of the bytes, where that is counted.
    permit: Option<QuotaPermit>,
}

impl Reply {
    /// A status with a line that says why.
    pub(super) fn text(status: u16, text: impl Into<String>) -> Reply {
        let mut text = text.into();
        text.push('\n');
        Reply::of(status, TEXT, text.into_bytes())
    }

    /// A status alone.
    pub(super) fn empty(status: u16) -> Reply {
        Reply {
            status,
            fields: Vec::new(),
            bytes: Vec::new(),
            permit: None,
        }
    }

    /// What a function has returned: nothing is 204, a string text, a list of bytes itself, anything else its JSON.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub(super) fn result(ty: Option<&Type>, value: Option<Val>) -> Result<Reply, ValueError> {
        let (Some(ty), Some(value)) = (ty, value) else {
            return Ok(Reply::empty(204));
        };
        Ok(match (ty, value) {
            (_, Val::String(text)) => Reply::of(200, TEXT, text.into_bytes()),
            (Type::List(list), Val::List(items)) if matches!(list.ty(), Type::U8) => {
                // The type says that there is nothing but bytes.
                let bytes = items.iter().filter_map(|item| match item {
                    Val::U8(byte) => Some(*byte),
                    _ => None,
                });
                Reply::of(200, BYTES, bytes.collect())
            }
            (ty, value) => {
                let json = values::to_json(ty, &value)?.to_string();
                Reply::of(200, JSON, json.into_bytes())
            }
        })
    }

    fn of(status: u16, content_type: &str, bytes: Vec<u8>) -> Reply {
        Reply {
            status,
            fields: vec![("Content-Type", content_type.to_owned())],
            bytes,
            permit: None,
        }
    }

    /// How many bytes its body has.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The same with a permit for the memory of its body, which is given back when the client has taken it.
    pub(super) fn keep(mut self, permit: QuotaPermit) -> Reply {
        self.permit = Some(permit);
        self
    }

    /// The same with one more field.
    pub(super) fn field(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.fields.push((name, value.into()));
        self
    }

    /// As the server takes it.
    ///
    /// # Errors
    /// `INTERNAL` when the dispatcher has no room for its body.
    pub(super) fn into_response(self, handle: &Handle) -> Result<Response, Failure> {
        let mut fields = Fields::new();
        for (name, value) in &self.fields {
            let added = fields.append(name, value.as_bytes());
            added.map_err(|_| Failure::INTERNAL)?;
        }
        if self.bytes.is_empty() {
            return Ok(Response {
                status: self.status,
                fields,
                body: None,
            });
        }
        let made = body(handle, self.bytes.len(), None);
        let (writer, mut reader) = made.map_err(|_| Failure::INTERNAL)?;
        if let Some(permit) = self.permit {
            reader.keep(permit);
        }
        writer.write(self.bytes).map_err(|_| Failure::INTERNAL)?;
        writer.finish(None).map_err(|_| Failure::INTERNAL)?;
        Ok(Response {
            status: self.status,
            fields,
            body: Some(reader),
        })
    }
}
