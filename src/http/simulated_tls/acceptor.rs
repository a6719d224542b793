//! The server's side of a connection.

use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::{Error, Handle};

use super::certificate::Certificate;
use super::error::TlsError;
use super::session::Session;
use super::stream::TlsStream;

/// Makes sessions of connections that a server accepts, all with the same certificate. It works in a simulation only.
///
/// ```
/// use wippy::sim::tls::{Certificate, TlsAcceptor, TlsConnector, TlsError, TrustStore};
/// use wippy_dispatcher::net::{TcpListener, TcpStream};
/// use wippy_dispatcher::{Dispatcher, Simulation};
///
/// let simulation = Simulation::new(7).host("server", []).host("client", []);
/// let dispatcher = Dispatcher::builder().simulation(simulation).build()?;
///
/// let server = dispatcher.host("server")?.handle();
/// let acceptor = TlsAcceptor::new(&server, Certificate::new(["server"])?)?;
/// let listener = TcpListener::bind(&server, ([0, 0, 0, 0], 443).into())?;
/// let serving = server.spawn(async move {
///     let (tcp, _) = listener.accept().await?;
///     let stream = acceptor.accept(tcp).await?;
///     stream.write_all(b"hello").await?;
///     stream.close().await
/// })?;
///
/// let handle = dispatcher.host("client")?.handle();
/// let connector = TlsConnector::new(&handle, TrustStore::default())?;
/// let address = dispatcher.host("server")?.addresses()[0];
/// let client = handle.clone().spawn(async move {
///     let tcp = TcpStream::connect(&handle, (address, 443).into()).await?;
///     let stream = connector.connect("server", tcp).await?;
///     let mut buffer = [0; 16];
///     let read = stream.read(&mut buffer).await?;
///     assert_eq!(stream.read(&mut buffer[read..]).await?, 0);
///     Ok::<_, TlsError>(buffer[..read].to_vec())
/// })?;
/// assert_eq!(dispatcher.block_on(client)?.expect("not cancelled")?, b"hello");
/// dispatcher.block_on(serving)?.expect("not cancelled")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TlsAcceptor {
    certificate: Certificate,
    protocols: Vec<String>,
}

impl TlsAcceptor {
    /// An acceptor of a simulated host.
    ///
    /// # Errors
    /// `NotSimulated` on a dispatcher that is not a simulation, `WrongThread`, `Closed`.
    pub fn new(handle: &Handle, certificate: Certificate) -> Result<TlsAcceptor, Error> {
        match handle.is_simulated()? {
            true => Ok(TlsAcceptor {
                certificate,
                protocols: Vec::new(),
            }),
            false => Err(Error::NotSimulated("simulated TLS")),
        }
    }

    /// The application protocols that the server speaks, the one it likes best first. A client that offers some, and
    /// none of these, is refused with the alert 120. A guest's client offers `http/1.1`. Default: none, with which
    /// any client is content.
    pub fn protocols(mut self, protocols: &[&str]) -> TlsAcceptor {
        self.protocols = protocols.iter().map(ToString::to_string).collect();
        self
    }

    /// Agrees with a client on a session. It takes as long as the client likes.
    ///
    /// # Errors
    /// `Protocol` when the client does not speak simulated TLS, `NoApplicationProtocol`, `AlertReceived` when it does
    /// not accept the certificate, `Truncated` when it goes away, `Io`.
    pub async fn accept(&self, tcp: TcpStream) -> Result<TlsStream, TlsError> {
        let session = Session::server(self.certificate.clone(), self.protocols.clone());
        TlsStream::agree(tcp, session).await
    }
}
