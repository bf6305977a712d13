//! The server side: one port for raw TCP, WebSocket and HTTP.
//!
//! Strangers are told apart in a task each, which the listener owns, so that a silent or slow one holds up nobody. Only
//! connections that have said something come out of [`Listener::accept`].

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn, upgrade::OnUpgrade};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{sleep, timeout},
};
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use tower_service::Service;
use tracing::{debug, warn};

use super::{Connection, SUBPROTOCOL, Transport};

/// Limits of a listener.
#[derive(Clone, Copy, Debug)]
pub struct LinkConfig {
    /// Connections open at one time, HTTP included. The next one waits in the operating system's queue. At least 1.
    pub max_connections: usize,
    /// How long a connection may say nothing: on TCP, and again on a WebSocket. A client opens up to 20 at once and keeps
    /// the spare ones silent for 5 s (wire/01 section 1.3), so this must be well above.
    pub first_byte_timeout: Duration,
    /// How long an HTTP request's header may take, and how long a kept-alive HTTP connection may idle.
    pub header_timeout: Duration,
    /// The longest life of an HTTP connection that does not become a WebSocket.
    pub http_timeout: Duration,
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self {
            max_connections: 2_000,
            first_byte_timeout: Duration::from_secs(30),
            header_timeout: Duration::from_secs(10),
            http_timeout: Duration::from_secs(300),
        }
    }
}

/// A connection whose peer has said something.
#[derive(Debug)]
pub struct Accepted {
    /// The bytes, from the first one on.
    pub connection: Connection,
    /// Where it comes from.
    pub peer: SocketAddr,
    /// What carries it.
    pub transport: Transport,
}

/// A port that accepts connections until it is shut down or dropped.
#[derive(Debug)]
pub struct Listener {
    accepted: mpsc::Receiver<Accepted>,
    local_addr: SocketAddr,
    tasks: TaskTracker,
    /// Ends the tasks also when the listener is dropped without a shutdown.
    stop: DropGuard,
}

impl Listener {
    /// Listens on `addr`; port 0 picks one. HTTP requests other than for `/websocket/` go to `router`.
    ///
    /// # Errors
    /// What the operating system says, for instance that the port is in use.
    pub async fn bind(addr: SocketAddr, config: LinkConfig, router: Router) -> io::Result<Listener> {
        let socket = TcpListener::bind(addr).await?;
        let local_addr = socket.local_addr()?;
        let (deliver, accepted) = mpsc::channel(UNCLAIMED);
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let door = Door { config, router, deliver, stop: stop.clone(), tasks: tasks.clone() };
        tasks.spawn(async move { door.stop.clone().run_until_cancelled_owned(door.keep(socket)).await });
        Ok(Listener { accepted, local_addr, tasks, stop: stop.drop_guard() })
    }

    /// The address, with the port that was picked.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The next connection whose peer has spoken. Cancel safe. `None` does not come while the listener runs.
    /// Connections that nobody fetches wait, the first 64 in a queue, the rest in their tasks.
    pub async fn accept(&mut self) -> Option<Accepted> {
        self.accepted.recv().await
    }

    /// Stops listening, drops the connections that nobody has fetched, lets running HTTP answers finish within a second,
    /// and waits until all this is done. Connections already fetched are their owner's to close.
    pub async fn shutdown(self) {
        drop(self.stop);
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Everything the listener's tasks share.
#[derive(Clone)]
struct Door {
    config: LinkConfig,
    router: Router,
    deliver: mpsc::Sender<Accepted>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Door {
    /// Accepts for ever: what goes wrong with one connection, or for want of file descriptors, passes.
    async fn keep(self, socket: TcpListener) {
        let slots = Arc::new(Semaphore::new(self.config.max_connections.max(1)));
        let mut pause = MIN_PAUSE;
        // The semaphore is never closed, so this loop has no other end than the caller's cancellation.
        while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
            match socket.accept().await {
                Ok((stream, peer)) => {
                    pause = MIN_PAUSE;
                    let door = self.clone();
                    self.tasks.spawn(async move { door.greet(stream, peer, slot).await });
                }
                Err(error) if concerns_one_connection(&error) => debug!(%error, "a connection ended before its accept"),
                Err(error) => {
                    warn!(%error, ?pause, "cannot accept connections now, will try again");
                    sleep(pause).await;
                    pause = (pause * 2).min(MAX_PAUSE);
                }
            }
        }
    }

    /// Finds out what one peer speaks, and delivers or serves it.
    async fn greet(self, stream: TcpStream, peer: SocketAddr, slot: OwnedSemaphorePermit) {
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%peer, %error, "cannot switch off Nagle's algorithm");
        }
        let mut first = [0];
        let looked = timeout(self.config.first_byte_timeout, stream.peek(&mut first));
        match self.stop.run_until_cancelled(looked).await {
            Some(Ok(Ok(1))) => {}
            other => return debug!(%peer, ?other, "closed before its first byte"),
        }
        if !opens_http(first) {
            return self.hand_over(Connection::over_tcp(stream), peer, Transport::Tcp, slot).await;
        }
        let Some(mut connection) = self.serve_http(stream, peer).await else { return };
        let spoke = timeout(self.config.first_byte_timeout, connection.speaks());
        match self.stop.run_until_cancelled(spoke).await {
            Some(Ok(Ok(true))) => self.hand_over(connection, peer, Transport::WebSocket, slot).await,
            other => debug!(%peer, ?other, "WebSocket closed before its first byte"),
        }
    }

    async fn hand_over(
        &self,
        connection: Connection,
        peer: SocketAddr,
        transport: Transport,
        slot: OwnedSemaphorePermit,
    ) {
        let accepted = Accepted { connection: connection.holding(slot), peer, transport };
        // An error means that the listener is gone, and the connection goes with it.
        self.stop.run_until_cancelled(self.deliver.send(accepted)).await;
    }

    /// Answers HTTP requests until one of them turns the connection into a WebSocket, which is then returned.
    async fn serve_http(&self, stream: TcpStream, peer: SocketAddr) -> Option<Connection> {
        let upgrade = Mutex::new(None);
        let service = service_fn(|request| self.answer(request, &upgrade));
        let http = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.config.header_timeout)
            .max_buf_size(MAX_HTTP_HEADER)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        // Its own block: the upgrade below is resolved at the latest when `http` is dropped.
        let ended = {
            let mut http = pin!(http);
            tokio::select! {
                ended = timeout(self.config.http_timeout, http.as_mut()) => ended,
                () = self.stop.cancelled() => {
                    http.as_mut().graceful_shutdown();
                    timeout(SHUTDOWN_GRACE, http).await
                }
            }
        };
        if !matches!(ended, Ok(Ok(()))) {
            debug!(%peer, ?ended, "HTTP connection ended early");
        }
        let upgraded = upgrade.into_inner().unwrap_or_else(PoisonError::into_inner)?.await.ok()?;
        let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
        Some(Connection::accepted_websocket(parts.io.into_inner(), parts.read_buf.into()).await)
    }

    async fn answer(
        &self,
        mut request: hyper::Request<Incoming>,
        upgrade: &Mutex<Option<OnUpgrade>>,
    ) -> Result<Response, Infallible> {
        if !matches!(request.uri().path(), "/websocket/" | "/websocket") {
            return self.router.clone().call(request).await;
        }
        let refuse = |why: String| Ok((StatusCode::BAD_REQUEST, [(header::CONNECTION, "close")], why).into_response());
        let mut response = match create_response_with_body(&request, Body::empty) {
            Ok(response) => response,
            Err(error) => return refuse(format!("Expected a WebSocket handshake of subprotocol hmtg: {error}.\n")),
        };
        if !offers_hmtg(&request) {
            return refuse(
                "Expected Sec-WebSocket-Protocol to offer hmtg: connect with a JoinNet client.\n".to_owned(),
            );
        }
        response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        *upgrade.lock().unwrap_or_else(PoisonError::into_inner) = Some(hyper::upgrade::on(&mut request));
        Ok(response)
    }
}

/// HTTP methods begin with these; no stream of wire/01 section 1.4 does.
fn opens_http(first: [u8; 1]) -> bool {
    matches!(&first, b"G" | b"H" | b"P" | b"D" | b"C" | b"O" | b"T")
}

fn offers_hmtg(request: &hyper::Request<Incoming>) -> bool {
    let offers = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    offers.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')).any(|one| one.trim() == SUBPROTOCOL)
}

fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Spoken connections that wait for `accept`.
const UNCLAIMED: usize = 64;
const MAX_HTTP_HEADER: usize = 16 * 1024;
const MIN_PAUSE: Duration = Duration::from_millis(10);
const MAX_PAUSE: Duration = Duration::from_secs(1);
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn want_of_file_descriptors_is_waited_out_and_an_aborted_connection_is_not() {
        assert!(concerns_one_connection(&io::ErrorKind::ConnectionAborted.into()));
        const EMFILE: i32 = 24;
        assert!(!concerns_one_connection(&io::Error::from_raw_os_error(EMFILE)));
    }

    #[test]
    fn no_first_byte_of_the_wire_looks_like_http() {
        assert!(b"!MmSRr@~".iter().all(|&byte| !opens_http([byte])));
        assert!(
            ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"]
                .iter()
                .all(|method| opens_http([method.as_bytes()[0]]))
        );
    }
}
