//! One exchange after the other on one connection.

use wippy_dispatcher::{Error, Event, Handle, WaitSet};

use super::permit::ConnectionPermit;
use super::stream::Stream;
use crate::http::body::{BodyReader, BodyWriter};
use crate::http::buffer::Buffer;
use crate::http::error::ErrorCode;
use crate::http::exchange::{Answer, Request};
use crate::http::head::{Framing, content_length};

/// What is read at once where a head or a chunk's line is expected, in bytes.
const READ_HEAD: usize = 8 * 1024;

/// A request on its way, and where its response goes.
pub(super) struct Exchange {
    pub(super) request: Request,
    pub(super) answer: Option<Answer>,
    pub(super) response: Option<BodyWriter>,
    pub(super) abandoned: Event,
    /// Something of the request's body was taken: it cannot be sent again.
    pub(super) took_body: bool,
}

impl Exchange {
    pub(super) fn new(request: Request, answer: Answer) -> Exchange {
        let abandoned = answer.abandoned().clone();
        Exchange {
            request,
            answer: Some(answer),
            response: None,
            abandoned,
            took_body: false,
        }
    }

    /// Whether there is nothing left to do for anybody: nobody wants the response any more, and the
    /// request need not be sent for its own sake.
    pub(super) fn is_given_up(&self) -> bool {
        if !self.abandoned.is_set() {
            return false;
        }
        let finished = self
            .request
            .body
            .as_ref()
            .is_none_or(BodyReader::is_finished);
        match &self.request.delivery {
            Some(delivery) => !finished || delivery.given_up().is_set(),
            None => true,
        }
    }

    /// What can make it so next.
    pub(super) fn giving_up(&self) -> &Event {
        match &self.request.delivery {
            Some(delivery) if self.abandoned.is_set() => delivery.given_up(),
            _ => &self.abandoned,
        }
    }

    /// Waits until it is so.
    pub(super) async fn given_up(&self) -> Result<(), Error> {
        while !self.is_given_up() {
            self.giving_up().wait().await?;
        }
        Ok(())
    }

    /// Tells whoever waits.
    pub(super) fn fail(&mut self, code: ErrorCode) {
        if let Some(answer) = self.answer.take() {
            answer.send(Err(code));
        } else if let Some(response) = self.response.take() {
            response.fail(code);
        }
    }

    pub(super) fn is_repeatable(&self) -> bool {
        self.request.head.method.is_idempotent() && !self.took_body && self.answer.is_some()
    }

    /// How the body's end will be known, from what is known of it now.
    pub(super) fn framing(&self) -> Result<Framing, ErrorCode> {
        let declared = content_length(&self.request.head.fields)
            .map_err(|_| ErrorCode::HttpRequestBodySize(None))?;
        Ok(match (&self.request.body, declared) {
            (None, Some(declared)) if declared > 0 => {
                return Err(ErrorCode::HttpRequestBodySize(Some(0)));
            }
            (None, _) => Framing::Length(0),
            (Some(_), Some(declared)) => Framing::Length(declared),
            (Some(body), None) => body
                .known_length()
                .map_or(Framing::Chunked, Framing::Length),
        })
    }
}

/// How an exchange left its connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// Fit for another.
    Kept,
    /// Of no further use.
    Over,
    /// The server was gone before it could have seen the request.
    Stale,
}

/// A connection to a server.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(super) stream: Stream,
    pub(super) input: Buffer,
    pub(super) output: Buffer,
    /// Where the next bytes of a head or of a chunk's line are read to.
    pub(super) arriving: Box<[u8]>,
    pub(super) set: WaitSet,
    pub(super) used: bool,
    _permit: ConnectionPermit,
}

impl Connection {
    pub(super) fn new(
        handle: &Handle,
        stream: Stream,
        permit: ConnectionPermit,
    ) -> Result<Connection, ErrorCode> {
        Ok(Connection {
            stream,
            input: Buffer::default(),
            output: Buffer::default(),
            arriving: vec![0; READ_HEAD].into(),
            set: WaitSet::new(handle)?,
            used: false,
            _permit: permit,
        })
    }

    /// Whether the server has neither closed it nor said anything unasked.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.stream.is_quiet()
    }
}
