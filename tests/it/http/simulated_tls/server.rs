//! A native server over simulated TLS, well-kept or not.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wippy::sim::tls::{Certificate, TlsAcceptor, TlsError, TlsStream};
use wippy_dispatcher::Handle;
use wippy_dispatcher::net::{TcpListener, TcpStream};
use wippy_dispatcher::sim::Host;

/// What a server does with its connections.
#[derive(Clone)]
pub(super) enum Manner {
    /// Answers over TLS, with this body, until the client ends it.
    Answers(Certificate, usize),
    /// The same, and the client's `http/1.1` is not among its protocols.
    OtherProtocol(Certificate),
    /// Sends a body without a length; then ends session and connection.
    Ends(Certificate),
    /// The same, and ends the connection alone.
    Cuts(Certificate),
    /// The same, and ends the session with an alert.
    Aborts(Certificate),
    /// Speaks HTTP without TLS.
    Plain,
    /// Takes the connection, and says nothing.
    Silent,
    /// Takes the connection, and ends it.
    Gone,
}

/// How many connections a server has taken, and why sessions failed.
#[derive(Clone, Default)]
pub(super) struct Seen {
    pub(super) accepted: Rc<Cell<usize>>,
    pub(super) failed: Rc<RefCell<Vec<TlsError>>>,
}

pub(super) fn serve(host: &Host, manner: Manner) -> Seen {
    let seen = Seen::default();
    let counted = seen.clone();
    let main = move |handle: Handle| {
        let (manner, seen) = (manner.clone(), counted.clone());
        async move {
            let any = ([0, 0, 0, 0], 443).into();
            let listener = TcpListener::bind(&handle, any).expect("a port");
            while let Ok((tcp, _)) = listener.accept().await {
                seen.accepted.set(seen.accepted.get() + 1);
                let (manner, seen, own) = (manner.clone(), seen.clone(), handle.clone());
                let connection = async move {
                    if let Err(error) = talk(&own, tcp, manner).await {
                        seen.failed.borrow_mut().push(error);
                    }
                };
                handle.spawn(connection).expect("a task").detach();
            }
        }
    };
    host.boot(main).expect("a task");
    seen
}

async fn talk(handle: &Handle, tcp: TcpStream, manner: Manner) -> Result<(), TlsError> {
    let open = "HTTP/1.1 200 OK\r\n\r\nfirst";
    let acceptor = |certificate: &Certificate| TlsAcceptor::new(handle, certificate.clone());
    match &manner {
        Manner::Answers(certificate, length) => {
            let body = "x".repeat(*length);
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
            let stream = acceptor(certificate)?.accept(tcp).await?;
            while request(&stream).await? {
                stream.write_all(answer.as_bytes()).await?;
            }
            stream.close().await
        }
        Manner::OtherProtocol(certificate) => {
            let acceptor = acceptor(certificate)?.protocols(&["h2"]);
            acceptor.accept(tcp).await.map(drop)
        }
        Manner::Ends(certificate) | Manner::Cuts(certificate) | Manner::Aborts(certificate) => {
            let stream = acceptor(certificate)?.accept(tcp).await?;
            request(&stream).await?;
            stream.write_all(open.as_bytes()).await?;
            match manner {
                Manner::Ends(_) => stream.close().await?,
                Manner::Aborts(_) => stream.abort(80),
                _ => {}
            }
            Ok(())
        }
        Manner::Plain => {
            // A record of TLS or a request: it is answered all the same.
            tcp.read(&mut [0; 512]).await?;
            tcp.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
                .await?;
            while tcp.read(&mut [0; 512]).await? > 0 {}
            Ok(())
        }
        Manner::Silent => {
            while tcp.read(&mut [0; 512]).await? > 0 {}
            Ok(())
        }
        Manner::Gone => Ok(()),
    }
}

/// Reads one request; false where the client ends the session instead.
async fn request(stream: &TlsStream) -> Result<bool, TlsError> {
    let (mut head, mut buffer) = (Vec::new(), [0; 256]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer).await? {
            0 => return Ok(false),
            read => head.extend_from_slice(&buffer[..read]),
        }
    }
    Ok(true)
}
