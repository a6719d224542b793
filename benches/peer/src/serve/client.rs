//! One connection.

use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::TcpStream;
use wasmtime_wasi_http::io::TokioIo;

use crate::handler::Handler;

/// Answers its requests, one after the other, until it ends.
pub async fn serve(handler: Arc<Handler>, stream: TcpStream) {
    let answer = service_fn(move |request| {
        let handler = handler.clone();
        async move { handler.answer(request).await }
    });
    let served = http1::Builder::new()
        .keep_alive(true)
        .serve_connection(TokioIo::new(stream), answer);
    if let Err(error) = served.await {
        eprintln!("connection: {error}");
    }
}
