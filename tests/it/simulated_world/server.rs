//! A native HTTP server for guests.

use wippy_dispatcher::Handle;
use wippy_dispatcher::net::{TcpListener, TcpStream};

/// Answers every request with its path, on port 80 of a host.
pub async fn serve(handle: Handle) {
    let any = ([0, 0, 0, 0], 80).into();
    let Ok(listener) = TcpListener::bind(&handle, any) else {
        return;
    };
    while let Ok((stream, _)) = listener.accept().await {
        if let Ok(task) = handle.spawn(answer(stream)) {
            task.detach();
        }
    }
}

async fn answer(stream: TcpStream) {
    let (mut request, mut buffer) = (Vec::new(), [0; 256]);
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        request.extend_from_slice(&buffer[..read]);
        while let Some(end) = request.windows(4).position(|at| at == b"\r\n\r\n") {
            let head: Vec<u8> = request.drain(..end + 4).collect();
            let head = String::from_utf8_lossy(&head);
            let path = head.split(' ').nth(1).unwrap_or_default();
            let length = path.len();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{path}");
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// A request as the guest takes it.
pub fn get(authority: &str, path: &str) -> serde_json::Value {
    serde_json::json!({
        "method": "GET", "scheme": "http", "authority": authority, "path": path,
        "headers": [], "body": null, "trailers": [], "body-first": false, "unfinished": false,
        "connect-timeout": null, "first-byte-timeout": null, "between-bytes-timeout": null,
    })
}
