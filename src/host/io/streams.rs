//! `wasi:io/streams`: reading and writing.

use wasmtime::component::Resource;
use wasmtime::{Result, format_err};

use super::interfaces::streams::{
    Host, HostInputStream, HostOutputStream, StreamError as WitError,
};
use super::output::Sink;
use super::{InputStream, OutputStream, StreamError};
use crate::host::State;
use crate::host::pollable::Pollable;

/// What the WIT lets the `…-and-flush` functions take at once, in bytes.
const AND_FLUSH_MAX: usize = 4096;

impl Host for State {
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

impl HostInputStream for State {
    async fn read(
        &mut self,
        stream: Resource<InputStream>,
        length: u64,
    ) -> Result<Vec<u8>, StreamError> {
        self.breathe().await?;
        self.read_now(&stream, length)
    }

    async fn blocking_read(
        &mut self,
        stream: Resource<InputStream>,
        length: u64,
    ) -> Result<Vec<u8>, StreamError> {
        self.breathe().await?;
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

impl HostOutputStream for State {
    async fn check_write(&mut self, stream: Resource<OutputStream>) -> Result<u64, StreamError> {
        self.breathe().await?;
        self.permit(&stream)
    }

    /// Where the linker does not bind the one that borrows (`lent.rs`).
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
        // Writing starts at once and goes on by itself: what is left to report is a failure.
        self.sink(&stream)?.check_write()?;
        Ok(())
    }

    async fn blocking_flush(&mut self, stream: Resource<OutputStream>) -> Result<(), StreamError> {
        self.breathe().await?;
        let sink = self.sink(&stream)?;
        sink.delivered().await?;
        sink.check_write()?;
        Ok(())
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
        let permitted = self.table.get(&stream)?.permit;
        if length > permitted {
            return Err(over_permit(length, permitted));
        }
        // A permit fits into memory by far.
        let zeroes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.write_permitted(&stream, &zeroes)
    }

    async fn blocking_write_zeroes_and_flush(
        &mut self,
        stream: Resource<OutputStream>,
        length: u64,
    ) -> Result<(), StreamError> {
        match usize::try_from(length) {
            Ok(length) if length <= AND_FLUSH_MAX => {
                static ZEROES: [u8; AND_FLUSH_MAX] = [0; AND_FLUSH_MAX];
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
        self.breathe().await?;
        self.splice_now(&stream, &source, length)
    }

    async fn blocking_splice(
        &mut self,
        stream: Resource<OutputStream>,
        source: Resource<InputStream>,
        length: u64,
    ) -> Result<u64, StreamError> {
        self.breathe().await?;
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

    /// Completes when what the stream has taken is delivered, or cannot be.
    async fn drop(&mut self, stream: Resource<OutputStream>) -> Result<()> {
        let stream = self.table.delete(stream)?;
        match stream.sink().delivered().await {
            Err(StreamError::Trap(trap)) => Err(trap),
            _ => Ok(()),
        }
    }
}

impl State {
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

    fn sink(&self, stream: &Resource<OutputStream>) -> Result<Sink, StreamError> {
        Ok(self.table.get(stream)?.sink().clone())
    }

    fn permit(&mut self, stream: &Resource<OutputStream>) -> Result<u64, StreamError> {
        let stream = self.table.get_mut(stream)?;
        stream.permit = 0;
        stream.permit = stream.sink().check_write()?;
        Ok(stream.permit)
    }

    fn write_permitted(
        &mut self,
        stream: &Resource<OutputStream>,
        bytes: &[u8],
    ) -> Result<(), StreamError> {
        let sink = self.use_permit(stream, bytes.len())?;
        sink.write(bytes)?;
        self.spend(bytes.len());
        Ok(())
    }

    /// Waits until what is kept has a bound again.
    pub(in crate::host) async fn make_room(
        &mut self,
        stream: &Resource<OutputStream>,
    ) -> Result<(), StreamError> {
        while self.table.get(stream)?.sink().is_overfull() {
            self.output_ready(stream).await?;
        }
        Ok(())
    }

    /// Where so many bytes may go now.
    pub(in crate::host) fn use_permit(
        &mut self,
        stream: &Resource<OutputStream>,
        length: usize,
    ) -> Result<Sink, StreamError> {
        let stream = self.table.get_mut(stream)?;
        let length = length as u64;
        match stream.permit.checked_sub(length) {
            Some(left) => stream.permit = left,
            None => return Err(over_permit(length, stream.permit)),
        }
        Ok(stream.sink().clone())
    }

    /// Writes all of it, waiting for room, and waits until it is delivered.
    async fn write_all(
        &mut self,
        stream: &Resource<OutputStream>,
        mut bytes: &[u8],
    ) -> Result<(), StreamError> {
        self.breathe().await?;
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
        self.sink(stream)?.delivered().await
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

    async fn input_ready(&mut self, stream: &Resource<InputStream>) -> Result<()> {
        self.wait_once(|state, set| state.table.get(stream)?.register(set, 0))
            .await
    }

    async fn output_ready(&mut self, stream: &Resource<OutputStream>) -> Result<()> {
        self.wait_once(|state, set| state.table.get(stream)?.register(set, 0))
            .await
    }
}

fn over_permit(length: u64, permitted: u64) -> StreamError {
    StreamError::Trap(format_err!(
        "write of {length} bytes where check-write permitted {permitted}"
    ))
}

fn over_and_flush(length: u64) -> StreamError {
    StreamError::Trap(format_err!(
        "a blocking write takes {AND_FLUSH_MAX} bytes at most, not {length}"
    ))
}
