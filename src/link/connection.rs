//! One connection: bytes in, bytes out.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{OwnedSemaphorePermit, mpsc},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message, Utf8Bytes,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use super::{LinkError, MAX_MESSAGE};

/// An open connection. The socket closes when both halves are dropped.
#[derive(Debug)]
pub struct Connection {
    sender: Sender,
    receiver: Receiver,
}

impl Connection {
    /// The two directions, which may live in different tasks.
    pub fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }

    /// The byte counts of both directions. They may be kept after the connection is gone.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.sender.counters
    }

    /// Waits until the peer has said something; it stays to be received. False: it closed in an orderly way first.
    pub(super) async fn speaks(&mut self) -> Result<bool, LinkError> {
        self.receiver.first = self.receiver.recv().await?;
        Ok(self.receiver.first.is_some())
    }

    /// Counts against the listener's limit until both halves are dropped.
    pub(super) fn holding(mut self, slot: OwnedSemaphorePermit) -> Self {
        let slot = Arc::new(slot);
        self.sender._slot = Some(Arc::clone(&slot));
        self.receiver._slot = Some(slot);
        self
    }

    pub(super) fn over_tcp(stream: TcpStream) -> Self {
        let (read, write) = stream.into_split();
        Self::new(Outlet::Tcp(write), Inlet::Tcp(read, BytesMut::new()))
    }

    /// A WebSocket whose opening handshake is over. `early` holds what the client sent right behind the handshake.
    pub(super) async fn accepted_websocket(stream: TcpStream, early: Vec<u8>) -> Self {
        let (limits, stream) = (Some(websocket_limits()), Either::Left(stream));
        Self::over_websocket(WebSocketStream::from_partially_read(stream, early, Role::Server, limits).await)
    }

    pub(super) fn over_websocket(websocket: WebSocketStream<Wire>) -> Self {
        let (sink, stream) = websocket.split();
        Self::new(Outlet::WebSocket(sink), Inlet::WebSocket(stream))
    }

    fn new(outlet: Outlet, inlet: Inlet) -> Self {
        let counters = Arc::new(Counters::default());
        Self {
            sender: Sender { outlet, counters: Arc::clone(&counters), _slot: None },
            receiver: Receiver { inlet, first: None, close_code: None, ended: false, counters, _slot: None },
        }
    }
}

/// Two ends joined in memory, for simulated participants and tests. Each direction holds up to `capacity` sends (at
/// least 1) before `send` waits.
pub fn memory_pair(capacity: usize) -> (Connection, Connection) {
    let (left_out, right_in) = mpsc::channel(capacity.max(1));
    let (right_out, left_in) = mpsc::channel(capacity.max(1));
    (
        Connection::new(Outlet::Memory(Some(left_out)), Inlet::Memory(left_in)),
        Connection::new(Outlet::Memory(Some(right_out)), Inlet::Memory(right_in)),
    )
}

/// The receiving half.
pub struct Receiver {
    inlet: Inlet,
    /// What came while the listener waited for the peer to speak.
    first: Option<Bytes>,
    close_code: Option<u16>,
    ended: bool,
    counters: Arc<Counters>,
    _slot: Option<Arc<OwnedSemaphorePermit>>,
}

impl Receiver {
    /// The next bytes of the stream, never empty, cut anywhere. `None`: the peer closed in an orderly way, and says
    /// nothing more. Pings are answered in here, so keep receiving. Cancel safe: a dropped call loses no bytes.
    ///
    /// # Errors
    /// [`LinkError`]; the connection is then of no further use.
    pub async fn recv(&mut self) -> Result<Option<Bytes>, LinkError> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        if self.ended {
            return Ok(None);
        }
        let bytes = match &mut self.inlet {
            Inlet::Tcp(read, buffer) => {
                buffer.reserve(READ_SIZE);
                match read.read_buf(buffer).await? {
                    0 => None,
                    _ => Some(buffer.split().freeze()),
                }
            }
            Inlet::Memory(messages) => messages.recv().await,
            Inlet::WebSocket(stream) => loop {
                match stream.next().await.transpose()? {
                    Some(Message::Binary(bytes)) if !bytes.is_empty() => break Some(bytes),
                    Some(Message::Text(_)) => {
                        let what = "expected a binary message, came a text message";
                        return Err(LinkError::Violation(what.to_owned()));
                    }
                    Some(Message::Close(frame)) => {
                        self.ended = true;
                        self.close_code = frame.map(|frame| frame.code.into());
                        // Our answer goes out with the next read, which also waits for the peer to hang up: not for long.
                        timeout(CLOSE_GRACE, stream.next()).await.ok();
                        break None;
                    }
                    Some(_) => {}
                    None => break None,
                }
            },
        };
        match &bytes {
            Some(bytes) => self.counters.count(&self.counters.received, bytes),
            None => self.ended = true,
        }
        Ok(bytes)
    }

    /// The code in the peer's WebSocket close frame: 1001 when a browser's page was closed. A browser client that closes
    /// by itself sends none, be it that the user left or that it disliked our bytes (wire/01 section 10.2).
    pub fn close_code(&self) -> Option<u16> {
        self.close_code
    }
}

/// The sending half.
pub struct Sender {
    outlet: Outlet,
    counters: Arc<Counters>,
    _slot: Option<Arc<OwnedSemaphorePermit>>,
}

impl Sender {
    /// The byte counts of both directions.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// Sends `bytes` and waits until the operating system has taken them all: this is where a slow peer is felt. Over
    /// WebSocket one call is one message, as some server messages must be (wire/01 section 1.1). Empty `bytes` are not
    /// sent, for the client takes an empty message for an unknown command.
    ///
    /// Not cancel safe: after a dropped call part of `bytes` may be out, so the connection must be dropped too.
    ///
    /// # Errors
    /// [`LinkError`]. After [`LinkError::TooLarge`] nothing was sent and the connection is still good.
    pub async fn send(&mut self, bytes: Bytes) -> Result<(), LinkError> {
        if bytes.is_empty() {
            return Ok(());
        }
        if bytes.len() > MAX_MESSAGE {
            return Err(LinkError::TooLarge { size: bytes.len(), limit: MAX_MESSAGE });
        }
        match &mut self.outlet {
            Outlet::Tcp(write) => write.write_all(&bytes).await?,
            Outlet::Memory(messages) => {
                let messages = messages.as_ref().ok_or(LinkError::Closed)?;
                messages.send(bytes.clone()).await.map_err(|_| LinkError::Closed)?;
            }
            Outlet::WebSocket(sink) => {
                // Pongs may be waiting in the same buffer: let them out, so that the message surely fits.
                sink.flush().await?;
                sink.send(Message::Binary(bytes.clone())).await?;
            }
        }
        self.counters.count(&self.counters.sent, &bytes);
        Ok(())
    }

    /// Sends several in one go, each as [`Sender::send`] would: what is waiting already costs one call of the operating system instead
    /// of one each. Together they are to be small, some 64 KiB: over WebSocket they are collected first.
    ///
    /// # Errors
    /// As [`Sender::send`]; all before the failing one may be out.
    pub async fn send_together(&mut self, batch: &[Bytes]) -> Result<(), LinkError> {
        match &mut self.outlet {
            Outlet::Tcp(write) => {
                let all = batch.concat();
                write.write_all(&all).await?;
            }
            Outlet::WebSocket(sink) => {
                sink.flush().await?;
                for bytes in batch.iter().filter(|bytes| !bytes.is_empty()) {
                    if bytes.len() > MAX_MESSAGE {
                        return Err(LinkError::TooLarge { size: bytes.len(), limit: MAX_MESSAGE });
                    }
                    sink.feed(Message::Binary(bytes.clone())).await?;
                }
                sink.flush().await?;
            }
            Outlet::Memory(_) => {
                for bytes in batch {
                    self.send(bytes.clone()).await?;
                }
                return Ok(());
            }
        }
        for bytes in batch {
            self.counters.count(&self.counters.sent, bytes);
        }
        Ok(())
    }

    /// Says that we leave and do not come back: a WebSocket close frame of code 1000. Otherwise as [`Sender::close`]; over TCP there is
    /// nothing to say it with.
    ///
    /// # Errors
    /// [`LinkError`], when the peer is gone or takes nothing.
    pub async fn leave(&mut self) -> Result<(), LinkError> {
        if let Outlet::WebSocket(sink) = &mut self.outlet {
            let goodbye = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() };
            match timeout(CLOSE_GRACE, sink.send(Message::Close(Some(goodbye)))).await {
                Ok(said) => said?,
                Err(_) => return Err(LinkError::Reset(io::ErrorKind::TimedOut)),
            }
        }
        self.close().await
    }

    /// Ends our direction in an orderly way: a close frame without a code, or TCP's FIN. Waits at most 5 s.
    /// What was sent last may be lost if the receiver is dropped while the peer still sends, as TCP then resets. So keep
    /// receiving until `None`, within a time limit.
    ///
    /// # Errors
    /// [`LinkError`], when the peer is gone or takes nothing.
    pub async fn close(&mut self) -> Result<(), LinkError> {
        match &mut self.outlet {
            Outlet::Tcp(write) => Ok(write.shutdown().await?),
            Outlet::Memory(messages) => {
                *messages = None;
                Ok(())
            }
            Outlet::WebSocket(sink) => match timeout(CLOSE_GRACE, sink.close()).await {
                Ok(closed) => Ok(closed?),
                Err(_) => Err(LinkError::Reset(io::ErrorKind::TimedOut)),
            },
        }
    }
}

// What is in the buffers may be anybody's chat or password: the halves show their counts only.
impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("counters", &self.counters).field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("counters", &self.counters).finish_non_exhaustive()
    }
}

/// Payload bytes so far; framing and handshakes are not counted.
#[derive(Debug, Default)]
pub struct Counters {
    received: AtomicU64,
    sent: AtomicU64,
}

impl Counters {
    /// Bytes received.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Bytes sent.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    fn count(&self, counter: &AtomicU64, bytes: &Bytes) {
        counter.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }
}

/// What a WebSocket runs over: the bare connection, or TLS on top of it.
pub(super) type Wire = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// Limits of every WebSocket, on both sides.
pub(super) fn websocket_limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
        // The default of 128 KiB is allocated at once: too much for thousands of connections that say little.
        .read_buffer_size(READ_SIZE)
        // What is sent together is collected up to here.
        .write_buffer_size(WRITE_SIZE)
        // One message and plenty of pongs: a peer that pings and never reads fills no more than this.
        .max_write_buffer_size(2 * MAX_MESSAGE)
}

enum Inlet {
    Tcp(OwnedReadHalf, BytesMut),
    WebSocket(SplitStream<WebSocketStream<Wire>>),
    Memory(mpsc::Receiver<Bytes>),
}

enum Outlet {
    Tcp(OwnedWriteHalf),
    WebSocket(SplitSink<WebSocketStream<Wire>, Message>),
    Memory(Option<mpsc::Sender<Bytes>>),
}

const READ_SIZE: usize = 8 * 1024;
const WRITE_SIZE: usize = 16 * 1024;
const CLOSE_GRACE: Duration = Duration::from_secs(5);
