//! A server driven by hand, one step of wire/01 after the other, for stories about clients whom no MCU of ours would treat like that.

use std::net::SocketAddr;
use std::time::Duration;

use hitdeck::client::{Client, ClientOptions};
use hitdeck::clock::Clock;
use hitdeck::hit::jnj::Jnj;
use hitdeck::hit::modp::{self, Exponent};
use hitdeck::link::pipe::Pipe;
use hitdeck::link::{LinkConfig, Listener, Transport};
use hitdeck::wire::cipher::{Cipher, CipherName, KeyMaterial};
use hitdeck::wire::exchange;
use hitdeck::wire::facts::Fact;
use hitdeck::wire::handshake::{self, Hello, KERNEL_VERSION, SERVER_VERSION};
use hitdeck::wire::join::{BeforeAdmission, InitialInfo};
use hitdeck::wire::parameters::{self, CLIENT_BLOCK, ClientParameter, ServerParameter};
use hitdeck::wire::users::{UserRecord, UserToClient};
use hitdeck::wire::{Clear, Keys, ToClient};

use crate::stage::within;

/// A port on which nothing happens by itself.
pub struct Script {
    listener: Listener,
}

/// A client that has called, up to its join request.
pub struct Caller {
    pub pipe: Pipe,
    /// What it said of itself.
    pub parameters: Vec<ClientParameter>,
}

impl Script {
    pub async fn open() -> Script {
        let at = "127.0.0.1:0".parse().unwrap();
        Script { listener: Listener::bind(at, LinkConfig::default(), axum::Router::new()).await.unwrap() }
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    /// A jnj for this server with these entries.
    pub fn jnj(&self, entries: &str) -> Jnj {
        let at = self.address();
        Jnj::parse(format!("ip={}\nportm={}\n{entries}", at.ip(), at.port()).as_bytes()).unwrap()
    }

    /// A client as people have it, coming back included: only what the server says may keep it away.
    pub fn call(&self, jnj: Jnj) -> Client {
        Client::start(jnj, ClientOptions::new(Clock::system()))
    }

    /// The next client, over a WebSocket, its keys agreed and its parameters read.
    pub async fn answer(&mut self) -> Caller {
        let mut caller = self.greet(true).await;
        caller
            .pipe
            .read(PATIENCE, "a parameter block", |r| r.u8())
            .await
            .map(|byte| assert_eq!(byte, CLIENT_BLOCK))
            .unwrap();
        while let Some(entry) = caller.pipe.read(PATIENCE, "a parameter", ClientParameter::decode).await.unwrap() {
            caller.parameters.push(entry);
        }
        caller
    }

    /// The same, of a server that wants to know nothing about its clients.
    pub async fn answer_curtly(&mut self) -> Caller {
        self.greet(false).await
    }

    /// wire/01 sections 2 and 3.
    async fn greet(&mut self, wants_parameters: bool) -> Caller {
        let accepted = within("a caller", self.listener.accept()).await.expect("nobody calls").unwrap();
        assert_eq!(accepted.transport, Transport::WebSocket);
        let mut pipe = Pipe::new(accepted.connection);
        let hello = pipe.read(PATIENCE, "a hello", Hello::decode).await.unwrap();
        let (major, minor) = KERNEL_VERSION;
        assert_eq!(hello, Hello::Control { major, minor });
        pipe.write(&handshake::encode_server_version(SERVER_VERSION)).await.unwrap();
        let (group, theirs) = pipe.read(PATIENCE, "a public key", handshake::decode_client_public).await.unwrap();
        let exponent = Exponent::from_random([5; 32]);
        let own = modp::public_key(group, &exponent);
        let agreed = modp::agree(group, &exponent, &theirs).unwrap();
        pipe.write(&handshake::encode_server_public(&own)).await.unwrap();
        let version = handshake::version_text(major, minor);
        let keys = exchange::derive(group, &theirs, &own, &agreed, &version, SERVER_VERSION.as_bytes());
        pipe.write(&ServerParameter::Cipher(CipherName::Aes256).encode()).await.unwrap();
        pipe.incoming.keys = Keys { control: Some(Cipher::new(CipherName::Aes256, &keys)), meeting: None };
        if wants_parameters {
            pipe.write(&ServerParameter::AcceptClientParameters.encode()).await.unwrap();
        }
        pipe.write(&parameters::encode_end()).await.unwrap();
        Caller { pipe, parameters: Vec::new() }
    }
}

impl Caller {
    pub async fn say(&mut self, answer: &BeforeAdmission) {
        self.tell(&answer.encode()).await;
    }

    pub async fn tell(&mut self, message: &Clear) {
        self.pipe.write(message).await.unwrap();
    }

    /// As `enc` of wire/01 writes it, with its length in clear before it.
    pub fn enc_lp(&self, text: &[u8]) -> Vec<u8> {
        let mut sealed = text.to_vec();
        self.pipe.incoming.keys.control.as_ref().unwrap().encrypt(&mut sealed);
        lp(&sealed)
    }

    /// What comes next is exactly this.
    pub async fn sends(&mut self, what: &'static str, bytes: &[u8]) {
        let came = self.pipe.read(PATIENCE, what, |r| r.bytes(bytes.len()).map(<[u8]>::to_vec)).await;
        assert_eq!(came.unwrap_or_else(|failure| panic!("{what}: {failure}")), bytes, "{what}");
    }

    /// Skips the join request, where it is not what the story is about.
    pub async fn asks(&mut self) {
        self.pipe.read(PATIENCE, "a join request", hitdeck::wire::join::JoinRequest::decode).await.unwrap();
    }

    /// Lets it into an empty meeting, as Olive.
    pub async fn admit(&mut self) {
        let meeting = KeyMaterial::from_parts([1; 40], [2; 20]);
        self.pipe.incoming.keys.meeting = Some(Cipher::new(CipherName::Aes256, &meeting));
        let info = InitialInfo { ssrc: 0, session_index: 7, max_bandwidth: 512_000, meeting, elapsed_ms: 0 };
        self.say(&BeforeAdmission::Admitted(Box::new(info))).await;
        let (user_id, name) = ("olive".to_owned(), "Olive".to_owned());
        let own = UserRecord { capability: 0, ssrc: 0, user_id, name, version: Some(KERNEL_VERSION) };
        for message in [
            ToClient::Fact(Fact::MaxExtension(103)),
            ToClient::User(UserToClient::Add(own)),
            ToClient::Fact(Fact::Initialised(0)),
        ] {
            self.tell(&message.encode()).await;
        }
    }

    /// It closes, and has nothing more to say.
    pub async fn goes(mut self) {
        let end = within("the client closes", self.pipe.incoming.next(|r| r.u8())).await;
        let more = end.expect("the client leaves the connection open");
        assert!(more.is_err(), "the client goes on with {more:?}");
    }
}

/// Length and bytes.
pub fn lp(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

const PATIENCE: Duration = Duration::from_secs(60);
