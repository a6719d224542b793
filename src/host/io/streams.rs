//! `wasi:io/streams`: reading and writing.

use wasmtime::component::Resource;
use wasmtime::{Result, format_err};

use super::interfaces::streams::{
    Host, HostInputStream, HostOutputStream, StreamError as WitError,
};
use super::output::Sink;
use super::{InputStream, OutputStream, PERMIT, StreamError};
use crate::activity::Wait;
use crate::host::call::Call;
use crate::host::pollable::Pollable;

/// What the WIT lets the `…-and-flush` functions take at once, in bytes.
const AND_FLUSH_MAX: usize = 4096;

/// The source of zeroes that are written.
static ZEROES: [u8; PERMIT] = [0; PERMIT];

impl Host for Call {
    fn convert_stream_error(&mut self, error: StreamError) -> Result<WitError> {
        match error {
            StreamError::Closed => Ok(WitError::Closed),
            StreamError::Failed(error) => {
                Ok(WitError::LastOperationFailed(self.table.push(error)?))
            }
            StreamError::Trap(trap) => Err(trap),
        }
    }
}

impl HostInputStream for Call {
    async fn read(
        &mut self,
        stream: Resource<InputStream>,
        length: u64,
    ) -> Result<Vec<u8>, StreamError> {
        self.consume_budget().await?;
        self.read_now(&stream, length)
    }

    async fn blocking_read(
        &mut self,
        stream: Resource<InputStream>,
        length: u64,
    ) -> Result<Vec<u8>, StreamError> {
        self.consume_budget().await?;
        loop {
            let bytes = self.read_now(&stream, length)?;
            if !bytes.is_empty() || length == 0 {
                return Ok(bytes);
            }
            self.input_ready(&stream).await?;
        }
    }

    async fn skip(
        &mut self,
        stream: Resource<InputStream>,
        length: u64,
    ) -> Result<u64, StreamError> {
        let skipped = self.read(stream, length).await?;
        Ok(skipped.len() as u64)
    }

    async fn blocking_skip(
        &mut self,
        stream: Resource<InputStream>,
        length: u64,
    ) -> Result<u64, StreamError> {
        let skipped = self.blocking_read(stream, length).await?;
        Ok(skipped.len() as u64)
    }

    fn subscribe(&mut self, stream: Resource<InputStream>) -> Result<Resource<Pollable>> {
        self.table
            .push_child(Pollable::Input(stream.rep()), &stream)
    }

    fn drop(&mut self, stream: Resource<InputStream>) -> Result<()> {
        self.table.delete(stream)?;
        Ok(())
    }
}

impl HostOutputStream for Call {
    async fn check_write(&mut self, stream: Resource<OutputStream>) -> Result<u64, StreamError> {
        self.consume_budget().await?;
        self.permit(&stream)
    }

    /// The linker replaces it with the one that borrows its bytes (`borrowed_write.rs`).
    async fn write(
        &mut self,
        stream: Resource<OutputStream>,
        bytes: Vec<u8>,
    ) -> Result<(), StreamError> {
        self.make_room(&stream).await?;
        self.write_permitted(&stream, &bytes)
    }

    async fn blocking_write_and_flush(
        &mut self,
        stream: Resource<OutputStream>,
        bytes: Vec<u8>,
    ) -> Result<(), StreamError> {
        if bytes.len() > AND_FLUSH_MAX {
            return Err(over_and_flush(bytes.len() as u64));
        }
        self.write_all(&stream, &bytes).await
    }

    async fn flush(&mut self, stream: Resource<OutputStream>) -> Result<(), StreamError> {
        // A write starts at once and goes on in the background: only a failure is left to report.
        self.table.get_mut(&stream)?.check()?;
        Ok(())
    }

    async fn blocking_flush(&mut self, stream: Resource<OutputStream>) -> Result<(), StreamError> {
        self.consume_budget().await?;
        self.delivered_by(&stream).await
    }

    fn subscribe(&mut self, stream: Resource<OutputStream>) -> Result<Resource<Pollable>> {
        self.table
            .push_child(Pollable::Output(stream.rep()), &stream)
    }

    async fn write_zeroes(
        &mut self,
        stream: Resource<OutputStream>,
        length: u64,
    ) -> Result<(), StreamError> {
        self.make_room(&stream).await?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let sink = self.use_permit(&stream, length)?;
        let mut left = length;
        while left > 0 {
            let now = ZEROES.get(..left).unwrap_or(&ZEROES);
            self.noted(&stream, sink.write(now))?;
            left -= now.len();
        }
        self.spend(length);
        Ok(())
    }

    async fn blocking_write_zeroes_and_flush(
        &mut self,
        stream: Resource<OutputStream>,
        length: u64,
    ) -> Result<(), StreamError> {
        match usize::try_from(length) {
            Ok(length) if length <= AND_FLUSH_MAX => {
                self.write_all(&stream, ZEROES.get(..length).unwrap_or_default())
                    .await
            }
            _ => Err(over_and_flush(length)),
        }
    }

    async fn splice(
        &mut self,
        stream: Resource<OutputStream>,
        source: Resource<InputStream>,
        length: u64,
    ) -> Result<u64, StreamError> {
        self.consume_budget().await?;
        self.splice_now(&stream, &source, length)
    }

    async fn blocking_splice(
        &mut self,
        stream: Resource<OutputStream>,
        source: Resource<InputStream>,
        length: u64,
    ) -> Result<u64, StreamError> {
        self.consume_budget().await?;
        loop {
            let moved = self.splice_now(&stream, &source, length)?;
            if moved > 0 || length == 0 {
                return Ok(moved);
            }
            if self.permit(&stream)? == 0 {
                self.output_ready(&stream).await?;
            } else {
                self.input_ready(&source).await?;
            }
        }
    }

    /// What the stream has accepted is still delivered.
    async fn drop(&mut self, stream: Resource<OutputStream>) -> Result<()> {
        let dropped = self.table.delete(stream)?;
        dropped.sink().stream_dropped();
        Ok(())
    }
}

impl Call {
    fn read_now(
        &mut self,
        stream: &Resource<InputStream>,
        length: u64,
    ) -> Result<Vec<u8>, StreamError> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let read = self.table.get_mut(stream)?.read(length)?;
        self.spend(read.len());
        Ok(read)
    }

    fn permit(&mut self, stream: &Resource<OutputStream>) -> Result<u64, StreamError> {
        self.table.get_mut(stream)?.check_write()
    }

    /// Waits until all that the stream has taken is delivered.
    async fn delivered_by(&mut self, stream: &Resource<OutputStream>) -> Result<(), StreamError> {
        // Where it is closed, or fails at once, there is nothing to wait for.
        let stream_now = self.table.get_mut(stream)?;
        stream_now.check()?;
        let sink = stream_now.sink().clone();
        let waiting = Wait::Flush(sink.wait_kind());
        let delivered = self.parked(waiting, sink.delivered()).await;
        self.noted(stream, delivered)?;
        self.table.get_mut(stream)?.check()?;
        Ok(())
    }

    /// Remembers that a stream has failed.
    pub(super) fn noted<T>(
        &mut self,
        stream: &Resource<OutputStream>,
        outcome: Result<T, StreamError>,
    ) -> Result<T, StreamError> {
        match outcome {
            Ok(done) => Ok(done),
            failed => self.table.get_mut(stream)?.note(failed),
        }
    }

    fn write_permitted(
        &mut self,
        stream: &Resource<OutputStream>,
        bytes: &[u8],
    ) -> Result<(), StreamError> {
        let sink = self.use_permit(stream, bytes.len())?;
        self.noted(stream, sink.write(bytes))?;
        self.spend(bytes.len());
        Ok(())
    }

    /// Waits while the sink keeps more than its bound.
    pub(super) async fn make_room(
        &mut self,
        stream: &Resource<OutputStream>,
    ) -> Result<(), StreamError> {
        while self.table.get(stream)?.sink().is_overfull() {
            self.output_ready(stream).await?;
        }
        Ok(())
    }

    /// Takes `length` bytes from the stream's permit, and gives the sink that they go to.
    pub(super) fn use_permit(
        &mut self,
        stream: &Resource<OutputStream>,
        length: usize,
    ) -> Result<Sink, StreamError> {
        self.table.get_mut(stream)?.use_permit(length as u64)
    }

    /// Writes all of it, waiting for room, and waits until it is delivered.
    async fn write_all(
        &mut self,
        stream: &Resource<OutputStream>,
        mut bytes: &[u8],
    ) -> Result<(), StreamError> {
        self.consume_budget().await?;
        while !bytes.is_empty() {
            let room = usize::try_from(self.permit(stream)?).unwrap_or(usize::MAX);
            if room == 0 {
                self.output_ready(stream).await?;
                continue;
            }
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.write_permitted(stream, now)?;
            bytes = later;
        }
        self.delivered_by(stream).await
    }

    fn splice_now(
        &mut self,
        stream: &Resource<OutputStream>,
        source: &Resource<InputStream>,
        length: u64,
    ) -> Result<u64, StreamError> {
        let length = self.permit(stream)?.min(length);
        if length == 0 {
            return Ok(0);
        }
        let bytes = self.read_now(source, length)?;
        self.write_permitted(stream, &bytes)?;
        Ok(bytes.len() as u64)
    }

    pub(crate) async fn input_ready(&mut self, stream: &Resource<InputStream>) -> Result<()> {
        self.wait_once(|call, set| {
            let stream = call.table.get(stream)?;
            stream.register(set, 0)?;
            Ok(stream.wait_kind())
        })
        .await
    }

    pub(crate) async fn output_ready(&mut self, stream: &Resource<OutputStream>) -> Result<()> {
        if let Some(body) = self.table.get(stream)?.sink().stuck() {
            body.fail_if_stuck();
            return Ok(());
        }
        self.wait_once(|call, set| {
            let stream = call.table.get(stream)?;
            stream.register(set, 0)?;
            Ok(stream.sink().wait_kind())
        })
        .await
    }
}

fn over_and_flush(length: u64) -> StreamError {
    StreamError::Trap(format_err!(
        "a blocking write takes {AND_FLUSH_MAX} bytes at most, not {length}"
    ))
}
