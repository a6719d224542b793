//! The head of a message: its first line and its header fields.

use std::borrow::Cow;
use std::mem::MaybeUninit;

use httparse::{Header, ParserConfig, Status};

use super::fields::{FieldError, FieldLimits, Fields};
use super::method::Method;

/// The first bytes of every response.
pub(super) const PREFIX: &[u8] = b"HTTP/1.";

/// The most fields of a message, regardless of configured limits.
const COUNT_MAX: usize = FieldLimits::DEFAULT.count;

/// Why a head, a chunk or a trailer block is rejected.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Malformed {
    /// It is not HTTP/1.1, or two parsers could interpret it differently.
    #[error("malformed message")]
    Syntax,
    /// It exceeds the bound on bytes or on fields; the value is that bound.
    #[error("more than {} fields or {} bytes", .0.count, .0.bytes)]
    TooLong(FieldLimits),
    /// A transfer coding other than `chunked`.
    #[error("transfer coding {0}")]
    Coding(String),
}

impl From<FieldError> for Malformed {
    fn from(error: FieldError) -> Malformed {
        match error {
            FieldError::Syntax => Malformed::Syntax,
            FieldError::Full(limits) => Malformed::TooLong(limits),
        }
    }
}

/// Finds the empty line that ends a block of lines; the bytes may arrive in pieces of any size.
///
/// Lines must end with CR LF, and folded lines are rejected. Responses are parsed more leniently:
/// see [`Scanner::of_response`].
#[derive(Clone, Default, Debug)]
pub struct Scanner {
    scanned: usize,
    line: usize,
    wide: bool,
    /// An empty line may precede the first line.
    leading: bool,
}

impl Scanner {
    /// A scanner for the head of a response: lines may end with LF alone and may be folded, and an
    /// empty line may precede the first.
    pub fn of_response() -> Scanner {
        Scanner {
            wide: true,
            leading: true,
            ..Scanner::default()
        }
    }

    /// A scanner for the head of a request: an empty line may precede the first.
    pub fn of_request() -> Scanner {
        Scanner {
            leading: true,
            ..Scanner::default()
        }
    }

    /// A scanner for the trailers of a response: the same, but without an empty line before them.
    pub fn of_response_trailers() -> Scanner {
        Scanner {
            wide: true,
            ..Scanner::default()
        }
    }

    /// The length of the block including its empty line, once that has arrived. `bytes` is all that
    /// has arrived so far: the bytes of the previous call and those after them.
    ///
    /// # Errors
    /// `Syntax` for a malformed line end; `TooLong` when more than `limits.bytes` arrived without
    /// the empty line.
    pub fn scan(&mut self, bytes: &[u8], limits: FieldLimits) -> Result<Option<usize>, Malformed> {
        // No further than the bound, so that the error does not depend on how the bytes arrive.
        let bytes = bytes.get(..limits.bytes.saturating_add(1)).unwrap_or(bytes);
        while let Some(&byte) = bytes.get(self.scanned) {
            let at = self.scanned;
            let after_cr = at > self.line && bytes.get(at - 1) == Some(&b'\r');
            match byte {
                b'\n' if !after_cr && !self.wide => return Err(Malformed::Syntax),
                b'\n' => {
                    let empty = at - usize::from(after_cr) == self.line;
                    let skipped = std::mem::take(&mut self.leading) && empty;
                    self.scanned = at + 1;
                    if self.scanned > limits.bytes {
                        return Err(Malformed::TooLong(limits));
                    }
                    if empty && !skipped {
                        return Ok(Some(self.scanned));
                    }
                    self.line = self.scanned;
                    continue;
                }
                _ if after_cr => return Err(Malformed::Syntax),
                b' ' | b'\t' if at == self.line && !self.wide => return Err(Malformed::Syntax),
                _ => self.scanned += 1,
            }
        }
        match self.scanned > limits.bytes {
            true => Err(Malformed::TooLong(limits)),
            false => Ok(None),
        }
    }
}

/// The head of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestHead {
    /// The method.
    pub method: Method,
    /// The request target as written in the request line.
    pub target: String,
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    pub minor: u8,
    /// The header fields.
    pub fields: Fields,
}

/// The head of a response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResponseHead {
    /// The status.
    pub status: u16,
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    pub minor: u8,
    /// The header fields.
    pub fields: Fields,
}

/// How the end of a body is determined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// It has this many bytes.
    Length(u64),
    /// It is sent in chunks; trailers may follow the last one.
    Chunked,
    /// It ends when the connection is closed.
    UntilClose,
}

impl RequestHead {
    /// Parses a block that a `Scanner` has found the end of.
    ///
    /// # Errors
    /// `Syntax` and `TooLong`.
    pub fn parse(block: &[u8], limits: FieldLimits) -> Result<RequestHead, Malformed> {
        let mut headers = [const { MaybeUninit::<Header<'_>>::uninit() }; COUNT_MAX];
        let mut request = httparse::Request::new(&mut []);
        let parsed = ParserConfig::default().parse_request_with_uninit_headers(
            &mut request,
            block,
            &mut headers,
        );
        complete(parsed, block)?;
        Ok(RequestHead {
            method: request
                .method
                .and_then(Method::parse)
                .ok_or(Malformed::Syntax)?,
            target: request.path.ok_or(Malformed::Syntax)?.to_owned(),
            minor: request.version.ok_or(Malformed::Syntax)?,
            fields: collect(request.headers, limits)?,
        })
    }

    /// How its body ends.
    ///
    /// # Errors
    /// `Syntax` for two lengths, or a length and a transfer coding; `Coding` for a coding other
    /// than `chunked`.
    pub fn framing(&self) -> Result<Framing, Malformed> {
        let length = content_length(&self.fields)?;
        match coding(&self.fields, self.minor)? {
            Some(_) if length.is_some() => Err(Malformed::Syntax),
            Some(framing) => Ok(framing),
            None => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }

    /// Whether the client wants to send another request on the connection.
    pub fn keeps_alive(&self) -> bool {
        keeps_alive(&self.fields, self.minor)
    }

    /// Serializes it. `host` and the field that `framing` requires come first; a `content-length`
    /// among the fields is written unchanged.
    pub fn write(&self, host: &str, framing: Framing, out: &mut Vec<u8>) {
        out.extend_from_slice(self.method.as_str().as_bytes());
        out.push(b' ');
        out.extend_from_slice(self.target.as_bytes());
        out.extend_from_slice(b" HTTP/1.1\r\nHost: ");
        out.extend_from_slice(host.as_bytes());
        out.extend_from_slice(b"\r\n");
        let says_length = framing != Framing::Length(0) || self.method.has_body();
        write_rest(&self.fields, framing, says_length, out);
    }
}

impl ResponseHead {
    /// Parses a block that a [`Scanner`] has found the end of.
    ///
    /// # Errors
    /// `Syntax` and `TooLong`.
    pub fn parse(block: &[u8], limits: FieldLimits) -> Result<ResponseHead, Malformed> {
        let block = &*plain_lines(block);
        let mut headers = [const { MaybeUninit::<Header<'_>>::uninit() }; COUNT_MAX];
        let mut response = httparse::Response::new(&mut []);
        let parsed = ParserConfig::default().parse_response_with_uninit_headers(
            &mut response,
            block,
            &mut headers,
        );
        complete(parsed, block)?;
        Ok(ResponseHead {
            status: response
                .code
                .filter(|&code| code >= 100)
                .ok_or(Malformed::Syntax)?,
            minor: response.version.ok_or(Malformed::Syntax)?,
            fields: collect(response.headers, limits)?,
        })
    }

    /// How the body of the response to a request with `method` ends. Fields are ignored if the
    /// method or the status forbids a body. Repeated equal lengths count as one, and `chunked`
    /// takes precedence over a length.
    ///
    /// # Errors
    /// `Syntax` for different lengths; `Coding` for a coding other than `chunked`.
    pub fn framing(&self, method: &Method) -> Result<Framing, Malformed> {
        if *method == Method::Head || matches!(self.status, 100..=199 | 204 | 304) {
            return Ok(Framing::Length(0));
        }
        let length = agreed_length(&self.fields)?;
        let coding = coding(&self.fields, self.minor)?;
        let declared = coding.or(length.map(Framing::Length));
        Ok(declared.unwrap_or(Framing::UntilClose))
    }

    /// Whether its fields give the end of the body more than once. Two parsers could interpret them
    /// differently, so the connection must not be reused.
    pub fn has_odd_framing(&self) -> bool {
        let mut lengths = self.fields.get("content-length");
        let Some(length) = lengths.next() else {
            return false;
        };
        let several = length.contains(&b',') || lengths.next().is_some();
        several || self.fields.has("transfer-encoding")
    }

    /// Whether the connection may carry another exchange after this one.
    pub fn keeps_alive(&self) -> bool {
        keeps_alive(&self.fields, self.minor)
    }

    /// Serializes it, without a reason phrase. Used by the servers of the tests.
    #[cfg(test)]
    pub fn write(&self, framing: Framing, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("HTTP/1.1 {:03} \r\n", self.status).as_bytes());
        let bodiless = matches!(self.status, 100..=199 | 204 | 304);
        write_rest(&self.fields, framing, !bodiless, out);
    }
}

fn keeps_alive(fields: &Fields, minor: u8) -> bool {
    let says = |word| fields.lists("connection", word);
    !says("close") && (minor > 0 || says("keep-alive"))
}

/// Parses a trailer block including its empty line.
///
/// # Errors
/// `Syntax` and `TooLong`.
pub fn parse_fields(block: &[u8], limits: FieldLimits) -> Result<Fields, Malformed> {
    let mut headers = [httparse::EMPTY_HEADER; COUNT_MAX];
    let block = &*plain_lines(block);
    match httparse::parse_headers(block, &mut headers) {
        Ok(Status::Complete((length, headers))) if length == block.len() => {
            collect(headers, limits)
        }
        Err(httparse::Error::TooManyHeaders) => Err(Malformed::TooLong(FieldLimits::DEFAULT)),
        _ => Err(Malformed::Syntax),
    }
}

fn complete(parsed: httparse::Result<usize>, block: &[u8]) -> Result<(), Malformed> {
    match parsed {
        Ok(Status::Complete(length)) if length == block.len() => Ok(()),
        Err(httparse::Error::TooManyHeaders) => Err(Malformed::TooLong(FieldLimits::DEFAULT)),
        _ => Err(Malformed::Syntax),
    }
}

fn collect(headers: &[Header<'_>], limits: FieldLimits) -> Result<Fields, Malformed> {
    let mut fields = Fields::new();
    for header in headers {
        fields.append_within(header.name, header.value, limits)?;
    }
    Ok(fields)
}

/// Normalizes a block of a response for the strict parser: each line ends with CR LF, folded lines
/// are joined by a space, and an empty line before the first is removed.
fn plain_lines(block: &[u8]) -> Cow<'_, [u8]> {
    let ends_plainly = |end: usize| {
        let after_cr = end > 0 && block.get(end - 1) == Some(&b'\r');
        after_cr && !matches!(block.get(end + 1), Some(b' ' | b'\t'))
    };
    let mut ends = (0..block.len()).filter(|&at| block.get(at) == Some(&b'\n'));
    if !block.starts_with(b"\r\n") && ends.all(ends_plainly) {
        return Cow::Borrowed(block);
    }
    let mut lines: Vec<u8> = Vec::with_capacity(block.len());
    let mut count = 0;
    for line in block.split_inclusive(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // The first line of a head cannot be folded: a continuation is kept, so that parsing
        // rejects it.
        let continues = count > 0 && !(count == 1 && lines.starts_with(PREFIX));
        match line.first() {
            None if count == 0 => continue,
            Some(b' ' | b'\t') if continues => {
                lines.truncate(lines.len() - 2);
                lines.push(b' ');
                lines.extend_from_slice(line.trim_ascii_start());
            }
            _ => lines.extend_from_slice(line),
        }
        count += 1;
        lines.extend_from_slice(b"\r\n");
    }
    Cow::Owned(lines)
}

/// The framing that a `transfer-encoding` field requests.
fn coding(fields: &Fields, minor: u8) -> Result<Option<Framing>, Malformed> {
    let mut codings = fields.get("transfer-encoding");
    let Some(coding) = codings.next() else {
        return Ok(None);
    };
    if minor == 0 || codings.next().is_some() {
        return Err(Malformed::Syntax);
    }
    match coding.trim_ascii().eq_ignore_ascii_case(b"chunked") {
        true => Ok(Some(Framing::Chunked)),
        false => Err(Malformed::Coding(
            String::from_utf8_lossy(coding).into_owned(),
        )),
    }
}

/// The length in the only `content-length` field.
///
/// # Errors
/// `Syntax` when there are several, or when the value is not a decimal number of 64 bits.
pub fn content_length(fields: &Fields) -> Result<Option<u64>, Malformed> {
    let mut lengths = fields.get("content-length");
    match (lengths.next(), lengths.next()) {
        (None, _) => Ok(None),
        (Some(length), None) => decimal(length).map(Some),
        (Some(_), Some(_)) => Err(Malformed::Syntax),
    }
}

/// The length that all `content-length` fields agree on; a field may hold a list of lengths.
fn agreed_length(fields: &Fields) -> Result<Option<u64>, Malformed> {
    let mut agreed = None;
    for value in fields.get("content-length") {
        for length in value.split(|&byte| byte == b',') {
            let length = decimal(length)?;
            if agreed.replace(length).is_some_and(|other| other != length) {
                return Err(Malformed::Syntax);
            }
        }
    }
    Ok(agreed)
}

fn decimal(text: &[u8]) -> Result<u64, Malformed> {
    let digits = std::str::from_utf8(text.trim_ascii()).map_err(|_| Malformed::Syntax)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(number) if plain => Ok(number),
        _ => Err(Malformed::Syntax),
    }
}

fn write_rest(fields: &Fields, framing: Framing, says_length: bool, out: &mut Vec<u8>) {
    match framing {
        Framing::Length(length) if says_length && !fields.has("content-length") => {
            out.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
        }
        Framing::Length(_) => {}
        Framing::Chunked => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        Framing::UntilClose => out.extend_from_slice(b"Connection: close\r\n"),
    }
    fields.write(out);
    out.extend_from_slice(b"\r\n");
}
