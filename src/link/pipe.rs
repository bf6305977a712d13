//! A connection as the protocol sees it: whole items in, whole messages out, under the keys agreed so far.
//!
//! In: chunks from a [`Receiver`]. Out: decoded items; and messages sealed and sent, one message one send.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::inspector::Direction;
use super::{Connection, Counters, LinkError, Receiver, Sender, Tap};
use crate::wire::Clear;
use crate::wire::conversation::Conversation;
use crate::wire::fields::{Decoded, Keys, Malformed, Reader};
use crate::wire::inbox::Inbox;

/// Why a pipe gave nothing more.
#[derive(Debug, thiserror::Error)]
pub enum PipeError {
    /// The peer closed the connection.
    #[error("the peer closed the connection")]
    Closed,
    /// Nothing came for too long.
    #[error("nothing came for {} s, expected {expected}", .after.as_secs())]
    Silent {
        /// How long we waited.
        after: Duration,
        /// What for.
        expected: &'static str,
    },
    /// The peer sent what the protocol does not allow.
    #[error("the peer broke the protocol: {0}")]
    Malformed(#[from] Malformed),
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Link(#[from] LinkError),
}

/// Both halves of a connection with their inbox and keys.
#[derive(Debug)]
pub struct Pipe {
    /// What comes in.
    pub incoming: Incoming,
    sender: Sender,
}

/// The receiving half.
#[derive(Debug)]
pub struct Incoming {
    receiver: Receiver,
    inbox: Inbox,
    /// Under which fields are decrypted; set as the handshake goes on.
    pub keys: Keys,
    tap: Tap,
    conversation: Conversation,
}

impl Pipe {
    /// A fresh connection, nothing encrypted yet.
    pub fn new(connection: Connection) -> Pipe {
        Pipe::tapped(connection, Tap::off())
    }

    /// The same, watched.
    pub fn tapped(connection: Connection, tap: Tap) -> Pipe {
        let (sender, receiver) = connection.split();
        let (inbox, keys, conversation) = (Inbox::default(), Keys::default(), Conversation::default());
        Pipe { incoming: Incoming { receiver, inbox, keys, tap, conversation }, sender }
    }

    /// The next item, waited for at most `patience`.
    ///
    /// # Errors
    /// See [`PipeError`]; after one the pipe is of no further use.
    pub async fn read<T>(
        &mut self,
        patience: Duration,
        expected: &'static str,
        read: impl Fn(&mut Reader<'_>) -> Decoded<T>,
    ) -> Result<T, PipeError> {
        match tokio::time::timeout(patience, self.incoming.next(read)).await {
            Ok(item) => item,
            Err(_) => Err(PipeError::Silent { after: patience, expected }),
        }
    }

    /// Seals one message under the present keys and sends it.
    ///
    /// # Errors
    /// When the connection fails.
    pub async fn write(&mut self, message: &Clear) -> Result<(), PipeError> {
        let sealed = message.seal(&self.incoming.keys);
        self.incoming.show(Direction::Sent, Some(&sealed));
        Ok(self.sender.send(Bytes::from(sealed)).await?)
    }

    /// The byte counts of the connection.
    pub fn counters(&self) -> &Arc<Counters> {
        self.sender.counters()
    }

    /// Both halves, for the time after admission. What is sent is from here on the caller's to show to [`Incoming::tap`].
    pub fn split(mut self) -> (Incoming, Sender) {
        self.incoming.conversation.admitted();
        (self.incoming, self.sender)
    }

    /// Closes the connection in good order.
    pub async fn close(mut self) {
        // Whoever closes has nothing more to say: a failure here loses nothing.
        drop(self.sender.close().await);
    }
}

impl Pipe {
    /// Says that we leave for good, and waits a moment for the peer to close: closing with bytes unread would look like a loss to it.
    pub async fn leave(mut self) {
        drop(self.sender.leave().await);
        self.incoming.drain(GOODBYE).await;
    }
}

/// A peer has this long to close after we said goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

impl Incoming {
    /// Watches this connection.
    pub fn tap(&self) -> &Tap {
        &self.tap
    }

    /// Shows an item to whoever watches; `None` is the one that was taken last.
    fn show(&mut self, direction: Direction, item: Option<&[u8]>) {
        if let Some(by_client) = self.tap.by_client(direction) {
            let item = item.unwrap_or_else(|| self.inbox.last());
            let kind = self.conversation.next(by_client, item);
            self.tap.item(direction, kind, item, &self.keys);
        }
    }

    /// The next item. May be cancelled: what has arrived stays in the inbox.
    ///
    /// # Errors
    /// See [`PipeError`]; after one nothing more can be read.
    pub async fn next<T>(&mut self, read: impl Fn(&mut Reader<'_>) -> Decoded<T>) -> Result<T, PipeError> {
        loop {
            if let Some(item) = self.inbox.next(&self.keys, &read)? {
                self.show(Direction::Received, None);
                return Ok(item);
            }
            let chunk = self.receiver.recv().await?.ok_or(PipeError::Closed)?;
            self.inbox.push(&chunk);
        }
    }

    /// What comes next, unread, for passing on; what had arrived and was not taken comes first. `None`: the peer has closed.
    ///
    /// # Errors
    /// When the connection fails.
    pub async fn raw(&mut self) -> Result<Option<Bytes>, LinkError> {
        let waiting = self.inbox.take_rest();
        if waiting.is_empty() { self.receiver.recv().await } else { Ok(Some(waiting.into())) }
    }

    /// The peer said that it leaves, or that its page was closed: WebSocket codes 1000 and 1001. No code at all says nothing, since the
    /// known client closes like that also when it dislikes what came, and comes back (wire/01 section 10.2).
    pub fn left_on_purpose(&self) -> bool {
        matches!(self.receiver.close_code(), Some(1000 | 1001))
    }

    /// Waits until the peer closes, at most `patience`; what it still sends is thrown away.
    pub async fn drain(&mut self, patience: Duration) {
        let until_closed = async { while let Ok(Some(_)) = self.receiver.recv().await {} };
        // Running out of patience is as good as a close: the caller closes next.
        drop(tokio::time::timeout(patience, until_closed).await);
    }
}
