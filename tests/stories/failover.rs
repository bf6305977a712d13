//! A client finds a server that answers: the primary, a backup, through a proxy, under TLS, over IPv6 (guide 3.8).

use std::net::SocketAddr;
use std::sync::Arc;

use hitdeck::client::dialler::Outcome;
use hitdeck::client::{Client, ClientCommand, ClientOptions, Ending, Move, Phase};
use hitdeck::hit::jnj::Jnj;
use hitdeck::link::{Certificates, Proxy, Route, Sha256Fingerprint, Transport};
use hitdeck::mcu::{Mcu, McuConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ServerConfig, crypto};

use crate::stage::{Stage, ended, guest, heard, joined, owner, say, turned_away, until};

/// A second server of the same installation, on the primary's port and another address.
async fn backup(stage: &Stage) -> Mcu {
    let at = SocketAddr::new("127.0.0.2".parse().unwrap(), stage.mcu.address().port());
    let (config, key) = stage.installation.mcu(at, stage.clock.clone()).unwrap();
    let (local_ip, status_names) = ("127.0.0.2".to_owned(), vec!["127.0.0.2".to_owned()]);
    Mcu::start(McuConfig { local_ip, status_names, ..config }, key).await.unwrap()
}

fn with_backup(jnj: Jnj) -> Jnj {
    Jnj { backupip: vec!["127.0.0.2".into()], ..jnj }
}

fn outcomes(client: &Client) -> Vec<Outcome> {
    client.state().attempts.iter().map(|row| row.outcome.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_goes_on_at_the_backup_when_the_primary_is_gone() {
    let stage = Stage::open().await;
    let backup = backup(&stage).await;
    let olive = stage.faithful(with_backup(stage.issue(&owner("over"))));
    joined(&olive).await;
    assert_eq!(outcomes(&olive), [Outcome::Won, Outcome::NotTried], "the primary is there");
    let gus = stage.faithful(with_backup(stage.issue(&guest("over", "gus", "Gus"))));
    joined(&gus).await;

    let Stage { folder, mcu, .. } = stage;
    mcu.pull_the_plug().await;
    for client in [&olive, &gus] {
        until(client, "at the backup", |s| s.reconnects == 1 && s.phase == Phase::InMeeting && s.view.initialised)
            .await;
        assert!(client.state().server.as_deref().is_some_and(|at| at.starts_with("127.0.0.2:")));
    }
    assert!(matches!(outcomes(&olive)[..], [Outcome::Failed(_), Outcome::Won]), "{:?}", outcomes(&olive));
    olive.finish().await;
    gus.finish().await;
    backup.shutdown().await;
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_who_is_at_the_backup_before_the_owner_tries_again_instead_of_giving_up() {
    let stage = Stage::open().await;
    let backup = backup(&stage).await;
    // The owner's client does not come back by itself.
    let olive = stage.start(stage.issue(&owner("early")), Transport::WebSocket, None);
    joined(&olive).await;
    let gus = stage.faithful(with_backup(stage.issue(&guest("early", "gus", "Gus"))));
    joined(&gus).await;
    let again = Jnj { ip: "127.0.0.2".into(), ..stage.issue(&owner("early")) };
    let Stage { folder, mcu, clock, .. } = stage;
    mcu.pull_the_plug().await;
    olive.finish().await;

    let too_early = |phase: &Phase| matches!(phase, Phase::Reconnecting { why, .. } if why.contains("not started"));
    until(&gus, "no meeting yet", |s| too_early(&s.phase)).await;
    let olive = Client::start(again, ClientOptions::new(clock));
    joined(&olive).await;
    gus.command(ClientCommand::ReconnectNow);
    until(&gus, "at the backup", |s| s.reconnects == 1 && s.phase == Phase::InMeeting && s.view.initialised).await;
    until(&olive, "both", |s| s.view.present().len() == 2).await;
    gus.finish().await;
    olive.finish().await;
    backup.shutdown().await;
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_talks_nonsense_is_left_out() {
    let stage = Stage::open().await;
    let nonsense = TcpListener::bind(("127.0.0.2", 0)).await.unwrap();
    let (there, here) = (nonsense.local_addr().unwrap(), stage.mcu.address());
    let mut servers = JoinSet::new();
    servers.spawn(async move {
        while let Ok((mut stream, _)) = nonsense.accept().await {
            // A version that is 1,000 bytes long, says the length.
            drop(stream.write_all(&1000i32.to_be_bytes()).await);
            drop(stream.read(&mut [0; 64]).await);
        }
    });
    // The nonsense first; the real one is a backup with its port as the second one of all servers.
    let issued = stage.issue(&owner("nonsense"));
    let jnj = Jnj {
        ip: there.ip().to_string(),
        portm: there.port(),
        portm2: Some(here.port()),
        backupip: vec![here.ip().to_string()],
        ..issued
    };
    let options = ClientOptions { transport: Transport::Tcp, ..ClientOptions::new(stage.clock.clone()) };
    let olive = Client::start(jnj, options);
    joined(&olive).await;
    let found = outcomes(&olive);
    assert!(matches!(found[0], Outcome::KeysFailed(_)) && found[3] == Outcome::Won, "{found:?}");
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_nobody_answers_every_address_says_why() {
    let stage = Stage::open().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let jnj = with_backup(Jnj { portm: closed.port(), ..stage.issue(&owner("nobody")) });
    match turned_away(stage.faithful(jnj)).await {
        Ending::NotConnected(why) => {
            assert!(why.contains("127.0.0.1") && why.contains("127.0.0.2") && why.contains("refused"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_is_joined_through_a_proxy_that_wants_credentials() {
    let stage = Stage::open().await;
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = proxy.local_addr().unwrap();
    let mut tunnels = JoinSet::new();
    tunnels.spawn(async move {
        let mut open = JoinSet::new();
        while let Ok((mut near, _)) = proxy.accept().await {
            open.spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(near.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                // jo:secret
                if !head.contains("Basic am86c2VjcmV0") {
                    near.write_all(b"HTTP/1.1 407 Who are you\r\n\r\n").await.unwrap();
                    return;
                }
                let target = head.strip_prefix("CONNECT ").unwrap().split(' ').next().unwrap();
                let mut far = TcpStream::connect(target).await.unwrap();
                near.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                drop(copy_bidirectional(&mut near, &mut far).await);
            });
        }
    });
    let through = |proxy: String| {
        let proxy: Proxy = proxy.parse().unwrap();
        let route = Route { proxy: Some(proxy), ..Route::default() };
        Client::start(stage.issue(&owner("proxy")), ClientOptions { route, ..ClientOptions::new(stage.clock.clone()) })
    };
    match turned_away(through(format!("http://{address}"))).await {
        Ending::NotConnected(why) => assert!(why.contains("407 Who are you"), "{why}"),
        other => panic!("{other:?}"),
    }
    let olive = through(format!("http://jo:secret@{address}"));
    joined(&olive).await;
    say(&olive, "through the proxy");
    heard(&olive, "through the proxy").await;
    olive.finish().await;
    stage.close().await;
}

/// A server that shows this certificate under TLS and signs with that key, in front of an MCU.
async fn terminal(
    shown: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    behind: SocketAddr,
) -> (SocketAddr, JoinSet<()>) {
    #[derive(Debug)]
    struct Shows(Arc<CertifiedKey>);
    impl ResolvesServerCert for Shows {
        fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
            Some(Arc::clone(&self.0))
        }
    }
    let provider = Arc::new(crypto::ring::default_provider());
    // Does not ask whether they belong together.
    let signs = CertifiedKey::new(vec![shown], provider.key_provider.load_private_key(key).unwrap());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Shows(Arc::new(signs))));
    let (front, acceptor) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), TlsAcceptor::from(Arc::new(config)));
    let at = front.local_addr().unwrap();
    let mut terminals = JoinSet::new();
    terminals.spawn(async move {
        let mut open = JoinSet::new();
        while let Ok((near, _)) = front.accept().await {
            let acceptor = acceptor.clone();
            open.spawn(async move {
                let Ok(mut near) = acceptor.accept(near).await else { return };
                let mut far = TcpStream::connect(behind).await.unwrap();
                drop(copy_bidirectional(&mut near, &mut far).await);
            });
        }
    });
    (at, terminals)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_trusted_certificate_without_its_key_is_not_believed() {
    let stage = Stage::open().await;
    let real = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let thief = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = |of: &rcgen::CertifiedKey<rcgen::KeyPair>| of.signing_key.serialize_der().try_into().unwrap();
    let fingerprint = Sha256Fingerprint::of(real.cert.der());
    for (own_key, welcome) in [(key(&thief), false), (key(&real), true)] {
        let (at, _terminals) = terminal(real.cert.der().clone(), own_key, stage.mcu.address()).await;
        let jnj = Jnj { ip: "localhost".into(), portm: at.port(), ..stage.issue(&owner("copy")) };
        let route = Route { certificates: Certificates::Pinned(fingerprint), ..Route::default() };
        let options =
            ClientOptions { transport: Transport::SecureWebSocket, route, ..ClientOptions::new(stage.clock.clone()) };
        let olive = Client::start(jnj, options);
        if welcome {
            joined(&olive).await;
            olive.finish().await;
        } else {
            match turned_away(olive).await {
                Ending::NotConnected(why) => assert!(why.to_lowercase().contains("signature"), "{why}"),
                other => panic!("{other:?}"),
            }
        }
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_certificate_is_shown_and_trusted_only_when_somebody_says_so() {
    let stage = Stage::open().await;
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let fingerprint = Sha256Fingerprint::of(made.cert.der());
    let key = made.signing_key.serialize_der().try_into().unwrap();
    let (secure, _terminals) = terminal(made.cert.der().clone(), key, stage.mcu.address()).await;
    let jnj = Jnj { ip: "localhost".into(), portm: secure.port(), ..stage.issue(&owner("tls")) };
    let under = |certificates: Certificates| {
        let route = Route { certificates, ..Route::default() };
        let options =
            ClientOptions { transport: Transport::SecureWebSocket, route, ..ClientOptions::new(stage.clock.clone()) };
        Client::start(jnj.clone(), options)
    };
    match turned_away(under(Certificates::System)).await {
        Ending::Untrusted { server, fingerprint: shown, .. } => {
            assert_eq!((server, shown), (format!("localhost:{}", secure.port()), fingerprint));
        }
        other => panic!("{other:?}"),
    }
    match turned_away(under(Certificates::Pinned(Sha256Fingerprint::of(b"another")))).await {
        Ending::NotConnected(why) => assert!(why.contains(&fingerprint.to_string()), "{why}"),
        other => panic!("{other:?}"),
    }
    let olive = under(Certificates::Pinned(fingerprint));
    joined(&olive).await;
    say(&olive, "secretly");
    heard(&olive, "secretly").await;
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_an_ipv6_address_is_joined_with_and_without_brackets() {
    let stage = Stage::open().await;
    let (config, key) = stage.installation.mcu("[::1]:0".parse().unwrap(), stage.clock.clone()).unwrap();
    let six = Mcu::start(config, key).await.unwrap();
    for (ip, transport) in [("::1", Transport::WebSocket), ("[::1]", Transport::Tcp)] {
        let jnj = Jnj { ip: ip.into(), portm: six.address().port(), ..stage.issue(&owner("six")) };
        let olive = stage.start(jnj, transport, None);
        joined(&olive).await;
        assert_eq!(olive.state().server.as_deref(), Some(format!("[::1]:{}", six.address().port()).as_str()));
        assert!(olive.command(ClientCommand::Do(Move::EndMeeting)));
        assert_eq!(ended(&olive).await, Ending::MeetingOver);
        olive.finish().await;
    }
    six.shutdown().await;
    stage.close().await;
}
