//! The head of a message: its first line and its header fields.

use std::borrow::Cow;
use std::mem::MaybeUninit;

use httparse::{Header, ParserConfig, Status};

use super::fields::{FieldError, FieldLimits, Fields};
use super::method::Method;

/// What every response begins with.
pub(super) const PREFIX: &[u8] = b"HTTP/1.";

/// The most fields that a message is parsed with, whatever the limits say.
const COUNT_MAX: usize = FieldLimits::DEFAULT.count;

/// Why a head, a chunk or a block of trailers is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Malformed {
    /// It is not HTTP/1.1, or a shape that two readers could understand differently.
    #[error("malformed message")]
    Syntax,
    /// It is longer than the bound, in bytes, or has more fields than the bound.
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

/// Finds the empty line that ends a block of lines, over any split of its bytes.
///
/// Lines end with CR LF and nothing else; a line that continues the one before it is refused. What
/// servers send is read more widely: see [`Scanner::of_response`].
#[derive(Clone, Default, Debug)]
pub struct Scanner {
    scanned: usize,
    line: usize,
    wide: bool,
    /// An empty line may come before the first.
    leading: bool,
}

impl Scanner {
    /// For the head of a response: a line may end with LF alone and continue the one before it, and
    /// an empty line may come first.
    pub fn of_response() -> Scanner {
        Scanner {
            wide: true,
            leading: true,
            ..Scanner::default()
        }
    }

    /// For the trailers of a response: the same without an empty line before them.
    pub fn of_response_trailers() -> Scanner {
        Scanner {
            wide: true,
            ..Scanner::default()
        }
    }

    /// The length of the block with its empty line, once it is there. `bytes` is what was given
    /// before and what came since.
    ///
    /// # Errors
    /// `Syntax`, and `TooLong` when more than `limits.bytes` came without an end.
    pub fn scan(&mut self, bytes: &[u8], limits: FieldLimits) -> Result<Option<usize>, Malformed> {
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
    /// The request target as it stands in the line.
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

/// How the end of a body is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// It has this many bytes.
    Length(u64),
    /// It comes in chunks, with trailers behind the last.
    Chunked,
    /// It ends with the connection.
    UntilClose,
}

impl RequestHead {
    /// Parses a block that a [`Scanner`] has found the end of.
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
    /// `Syntax` for two lengths, or a length and a transfer coding; `Coding`.
    pub fn framing(&self) -> Result<Framing, Malformed> {
        let length = content_length(&self.fields)?;
        match coding(&self.fields, self.minor)? {
            Some(_) if length.is_some() => Err(Malformed::Syntax),
            Some(framing) => Ok(framing),
            None => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }

    /// Writes it. `host` and what `framing` needs come first; a length among the fields stands as
    /// it is written there.
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

    /// How the body ends that answers a request with `method`. Where method or status forbid one,
    /// nothing that the fields say matters; equal lengths are one, and `chunked` goes before them.
    ///
    /// # Errors
    /// `Syntax` for different lengths, `Coding`.
    pub fn framing(&self, method: &Method) -> Result<Framing, Malformed> {
        if *method == Method::Head || matches!(self.status, 100..=199 | 204 | 304) {
            return Ok(Framing::Length(0));
        }
        let length = agreed_length(&self.fields)?;
        let coding = coding(&self.fields, self.minor)?;
        let declared = coding.or(length.map(Framing::Length));
        Ok(declared.unwrap_or(Framing::UntilClose))
    }

    /// Whether its fields say more than once where the body ends: two readers could understand it
    /// differently, so that nothing may follow on the connection.
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
        let says = |word| self.fields.lists("connection", word);
        !says("close") && (self.minor > 0 || says("keep-alive"))
    }

    /// Writes it, without a reason phrase: what the tests' servers answer.
    #[cfg(test)]
    pub fn write(&self, framing: Framing, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("HTTP/1.1 {:03} \r\n", self.status).as_bytes());
        let bodiless = matches!(self.status, 100..=199 | 204 | 304);
        write_rest(&self.fields, framing, !bodiless, out);
    }
}

/// Parses a block of trailers with its empty line.
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

/// A block of a response as a strict reader takes it: CR LF at the end of each line, lines that
/// continue others joined to them by a space, no empty line before the first.
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
        // The first line of a head cannot be continued: what looks so is left to be refused.
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

/// The framing that a transfer coding among the fields means.
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

/// The one length among the fields.
///
/// # Errors
/// `Syntax` when there are several, or it is not decimal digits that fit 64 bits.
pub fn content_length(fields: &Fields) -> Result<Option<u64>, Malformed> {
    let mut lengths = fields.get("content-length");
    match (lengths.next(), lengths.next()) {
        (None, _) => Ok(None),
        (Some(length), None) => decimal(length).map(Some),
        (Some(_), Some(_)) => Err(Malformed::Syntax),
    }
}

/// The length that all of the fields say, lists of lengths too.
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
