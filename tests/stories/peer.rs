//! A client driven by hand, one step of wire/01 after the other, for stories in which it misbehaves or repeats another one.

use std::net::SocketAddr;
use std::time::Duration;

use hitdeck::hit::jnj::{Credential, Jnj, Mode};
use hitdeck::hit::modp::{self, Exponent};
use hitdeck::hit::password::PasswordHash;
use hitdeck::link::pipe::{Incoming, Pipe};
use hitdeck::link::{Route, Sender, Target, Transport, dial};
use hitdeck::wire::cipher::{Cipher, CipherName};
use hitdeck::wire::exchange;
use hitdeck::wire::fields::Reader;
use hitdeck::wire::handshake::{self, Hello, KERNEL_VERSION};
use hitdeck::wire::join::{BeforeAdmission, InitialInfo, JoinRequest, PasswordAnswer, PlaybackStart, flags};
use hitdeck::wire::parameters::{self, CLIENT_BLOCK, ClientParameter, ServerParameter};
use hitdeck::wire::playback::InfoLayout;
use hitdeck::wire::{Clear, ToClient, ToServer};

use crate::stage::within;

/// A control connection, as far as it has been taken.
pub struct Peer {
    pub pipe: Pipe,
}

impl Peer {
    /// A connection, on which nothing has been said.
    pub async fn connect(mcu: SocketAddr) -> Peer {
        let target = Target { host: mcu.ip().to_string(), port: mcu.port(), transport: Transport::Tcp };
        Peer { pipe: Pipe::new(dial(&target, &Route::default(), PATIENCE).await.unwrap()) }
    }

    /// Both versions.
    pub async fn greet(&mut self) {
        let (major, minor) = KERNEL_VERSION;
        self.pipe.write(&Hello::Control { major, minor }.encode()).await.unwrap();
        let version = self.pipe.read(PATIENCE, "a version", handshake::decode_server_version).await.unwrap();
        assert_eq!(version, handshake::SERVER_VERSION.as_bytes());
    }

    /// Public keys both ways, and what the server says of itself.
    pub async fn agree(&mut self) {
        let version = handshake::SERVER_VERSION.as_bytes();
        let group = exchange::group_for(version);
        let exponent = Exponent::from_random([7; 32]);
        let own = modp::public_key(group, &exponent);
        self.pipe.write(&handshake::encode_client_public(group, &own)).await.unwrap();
        let server = self.pipe.read(PATIENCE, "a public key", handshake::decode_server_public).await.unwrap();
        let agreed = modp::agree(group, &exponent, &server).unwrap();
        let (major, minor) = KERNEL_VERSION;
        let keys = exchange::derive(group, &own, &server, &agreed, &handshake::version_text(major, minor), version);
        while let Some(parameter) = self.pipe.read(PATIENCE, "parameters", ServerParameter::decode).await.unwrap() {
            if let ServerParameter::Cipher(name) = parameter {
                self.pipe.incoming.keys.control = Some(Cipher::new(name, &keys));
            }
        }
        assert!(self.pipe.incoming.keys.control.is_some(), "the server named no cipher");
    }

    /// What we say of ourselves.
    pub async fn introduce(&mut self, own: &[ClientParameter]) {
        self.pipe.write(&Clear::command(CLIENT_BLOCK)).await.unwrap();
        for parameter in own {
            self.pipe.write(&parameter.encode()).await.unwrap();
        }
        self.pipe.write(&parameters::encode_end()).await.unwrap();
    }

    /// Shows the jnj.
    pub async fn ask(&mut self, jnj: &Jnj, flags: u8) {
        let userinfo = jnj.userinfo.as_ref().map(Credential::expose).unwrap().to_owned();
        self.pipe.write(&JoinRequest::Hit { userinfo, flags }.encode()).await.unwrap();
    }

    /// Everything up to the join request.
    pub async fn introduced(mcu: SocketAddr) -> Peer {
        let mut peer = Peer::connect(mcu).await;
        peer.greet().await;
        peer.agree().await;
        peer.introduce(&[]).await;
        peer
    }

    /// Everything up to the answer, whatever it is.
    pub async fn asked(mcu: SocketAddr, jnj: &Jnj) -> (Peer, BeforeAdmission) {
        let mut peer = Peer::introduced(mcu).await;
        peer.ask(jnj, flags::NORMAL).await;
        let answer = peer.answer().await;
        (peer, answer)
    }

    /// In the meeting.
    pub async fn admitted(mcu: SocketAddr, jnj: &Jnj) -> Peer {
        let mut peer = Peer::introduced(mcu).await;
        peer.ask(jnj, flags::NORMAL).await;
        peer.enter(None).await;
        peer
    }

    /// From the join request into the meeting, with a password if one is asked for.
    pub async fn enter(&mut self, password: Option<&str>) -> InitialInfo {
        loop {
            match self.answer().await {
                BeforeAdmission::Admitted(info) => {
                    self.pipe.incoming.keys.meeting = Some(Cipher::new(CipherName::Aes256, &info.meeting));
                    return *info;
                }
                BeforeAdmission::PasswordWanted => {
                    let hash = PasswordHash::of(password.expect("a password is asked for")).to_bytes();
                    self.pipe.write(&PasswordAnswer::Given(hash).encode()).await.unwrap();
                }
                other => panic!("not admitted: {other:?}"),
            }
        }
    }

    /// From the join request into a playback.
    pub async fn view(&mut self) -> PlaybackStart {
        let read = |r: &mut Reader<'_>| BeforeAdmission::decode_in(Mode::Playback, r);
        loop {
            match self.pipe.read(PATIENCE, "an answer to the join", read).await.unwrap() {
                BeforeAdmission::Mode(_) => {}
                BeforeAdmission::Playing(start) => {
                    self.pipe.incoming.keys.meeting = self.pipe.incoming.keys.control.clone();
                    return start;
                }
                other => panic!("not shown: {other:?}"),
            }
        }
    }

    /// What a viewer is sent next.
    pub async fn shown(&mut self) -> ToClient {
        let read = |r: &mut Reader<'_>| ToClient::decode_playback(InfoLayout::Hit, r);
        self.pipe.read(PATIENCE, "a message of a playback", read).await.unwrap()
    }

    pub async fn tell(&mut self, message: &ToServer) {
        self.pipe.write(&message.encode()).await.unwrap();
    }

    /// What the server answers to the join request.
    pub async fn answer(&mut self) -> BeforeAdmission {
        self.pipe.read(PATIENCE, "an answer to the join", BeforeAdmission::decode).await.unwrap()
    }

    /// Says these bytes, and that nothing follows; waits until the server has closed the connection.
    pub async fn hang_up_with(self, bytes: &[u8]) {
        let (mut incoming, mut sender) = self.pipe.split();
        // The server may have had enough before everything is said.
        drop(sender.send(bytes::Bytes::copy_from_slice(bytes)).await);
        drop(sender.close().await);
        closed(&mut incoming).await;
    }

    /// Both halves; the sending one must be kept for as long as the connection is to stay.
    pub fn split(self) -> (Incoming, Sender) {
        self.pipe.split()
    }
}

/// Waits until the server has closed the connection, whatever it still says.
pub async fn closed(incoming: &mut Incoming) {
    let end = async { while incoming.next(|r| r.u8()).await.is_ok() {} };
    within("the connection is closed", end).await.expect("the server leaves the connection open");
}

const PATIENCE: Duration = Duration::from_secs(60);
