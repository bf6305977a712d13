//! Over real loopback sockets, and waiting for events only.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, accept_async, client_async,
    tungstenite::{ClientRequestBuilder, Error, Message, protocol::CloseFrame},
};

use super::{
    Accepted, Connection, DialError, LinkConfig, LinkError, Listener, MAX_MESSAGE, Receiver, Route, Sender, Target,
    Transport, dial, memory_pair,
};

#[tokio::test]
async fn one_port_serves_websocket_tcp_and_http() {
    let mut listener = listen(LinkConfig::default()).await;
    for transport in [Transport::WebSocket, Transport::Tcp] {
        let (mut sender, mut receiver) = dial_to(&listener, transport).await.split();
        sender.send(Bytes::from_static(b"!hello")).await.unwrap();
        let accepted = next(&mut listener).await;
        assert_eq!(accepted.transport, transport);
        assert!(accepted.peer.ip().is_loopback());
        let counters = accepted.connection.counters().clone();
        let (mut server_sender, mut server_receiver) = accepted.connection.split();
        let heard = take(&mut server_receiver, 6).await;
        server_sender.send(heard.freeze()).await.unwrap();
        assert_eq!(take(&mut receiver, 6).await, "!hello");
        assert_eq!((counters.received(), counters.sent()), (6, 6));

        sender.close().await.unwrap();
        assert_eq!(soon(server_receiver.recv()).await, Ok(None));
        server_sender.close().await.ok();
        drop((server_sender, server_receiver));
        assert_eq!(soon(receiver.recv()).await, Ok(None));
    }
    let answer = http(listener.local_addr(), "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("all is well"), "{answer}");
}

#[tokio::test]
async fn messages_of_one_byte_are_one_stream_and_empty_ones_are_skipped() {
    let mut listener = listen(LinkConfig::default()).await;
    let mut client = raw_websocket(&listener).await;
    for byte in b"!stream" {
        client.send(Message::binary(vec![*byte])).await.unwrap();
        client.send(Message::binary(Vec::new())).await.unwrap();
    }
    let (mut sender, mut receiver) = next(&mut listener).await.connection.split();
    assert_eq!(take(&mut receiver, 7).await, "!stream");

    sender.send(Bytes::new()).await.unwrap();
    sender.send(Bytes::from_static(b"whole")).await.unwrap();
    assert_eq!(soon(client.next()).await.unwrap().unwrap(), Message::binary("whole"));
}

#[tokio::test]
async fn the_largest_message_travels_both_ways_and_a_larger_one_is_not_sent() {
    let mut listener = listen(LinkConfig::default()).await;
    let (mut sender, mut receiver) = dial_to(&listener, Transport::WebSocket).await.split();
    let largest = Bytes::from(vec![7; MAX_MESSAGE]);
    let echo = async {
        let (mut sender, mut receiver) = next(&mut listener).await.connection.split();
        let heard = receiver.recv().await.unwrap().unwrap();
        sender.send(heard).await.unwrap();
        (sender, receiver)
    };
    let too_large = LinkError::TooLarge { size: MAX_MESSAGE + 1, limit: MAX_MESSAGE };
    assert_eq!(sender.send(Bytes::from(vec![7; MAX_MESSAGE + 1])).await, Err(too_large));
    let (_server, sent, echoed) =
        soon(async { tokio::join!(echo, sender.send(largest.clone()), receiver.recv()) }).await;
    assert_eq!(sent, Ok(()));
    assert_eq!(echoed, Ok(Some(largest)));
}

#[tokio::test]
async fn a_websocket_without_hmtg_is_refused_in_words() {
    let listener = listen(LinkConfig::default()).await;
    for offer in ["", "Sec-WebSocket-Protocol: chat, hmtgx\r\n"] {
        let answer = http(listener.local_addr(), &handshake("/websocket/", offer)).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert!(answer.contains("offer hmtg"), "{answer}");
    }
    let plain = "GET /websocket/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answer = http(listener.local_addr(), plain).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("Expected a WebSocket"), "{answer}");
}

#[tokio::test]
async fn hmtg_is_chosen_among_several_and_bytes_right_behind_the_handshake_are_kept() {
    let mut listener = listen(LinkConfig::default()).await;
    for path in ["/websocket/", "/websocket"] {
        let mut client = TcpStream::connect(listener.local_addr()).await.unwrap();
        let mut opening = handshake(path, "Sec-WebSocket-Protocol: chat, hmtg\r\n").into_bytes();
        opening.extend([0x82, 0x83, 0, 0, 0, 0, b'!', b'a', b'b']);
        client.write_all(&opening).await.unwrap();
        let (_sender, mut receiver) = next(&mut listener).await.connection.split();
        assert_eq!(take(&mut receiver, 3).await, "!ab");
        let mut answer = [0; 512];
        let length = client.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]).to_lowercase();
        assert!(answer.starts_with("http/1.1 101"), "{answer}");
        assert!(answer.contains("sec-websocket-protocol: hmtg\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_thousand_silent_connections_are_closed_and_hold_up_nobody() {
    rlimit::increase_nofile_limit(4096).unwrap();
    let config = LinkConfig { first_byte_timeout: Duration::from_secs(3), ..LinkConfig::default() };
    let mut listener = listen(config).await;
    let mut silent = JoinSet::new();
    for _ in 0..1000 {
        let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
        silent.spawn(async move { stream.read(&mut [0]).await });
    }
    let (mut sender, _receiver) = dial_to(&listener, Transport::WebSocket).await.split();
    sender.send(Bytes::from_static(b"!")).await.unwrap();
    let honest = next(&mut listener).await;
    assert_eq!(silent.len(), 1000);

    for outcome in soon(silent.join_all()).await {
        assert_eq!(outcome.unwrap(), 0);
    }
    let (_sender, mut receiver) = honest.connection.split();
    assert_eq!(take(&mut receiver, 1).await, "!");
}

#[tokio::test]
async fn silence_is_also_ended_behind_a_handshake_and_within_http() {
    let short = Duration::from_millis(300);
    let config = LinkConfig { first_byte_timeout: short, header_timeout: short, ..LinkConfig::default() };
    let mut listener = listen(config).await;
    let mut silent = raw_websocket(&listener).await;
    let pings = async { while silent.send(Message::Ping(Bytes::new())).await.is_ok() {} };
    soon(pings).await;

    // Neither an unfinished header, nor an idle connection after an answer, nor an endless header stays.
    http(listener.local_addr(), "GET / HTTP/1.1\r\nHost: ").await;
    let answer = http(listener.local_addr(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.ends_with("all is well"), "{answer}");
    let endless = format!("GET / HTTP/1.1\r\nHost: x\r\nLong: {}", "x".repeat(64 * 1024));
    let mut stream = TcpStream::connect(listener.local_addr()).await.unwrap();
    stream.write_all(endless.as_bytes()).await.ok();
    soon(stream.read_to_end(&mut Vec::new())).await.ok();
    assert!(timeout(Duration::ZERO, listener.accept()).await.is_err(), "nobody has spoken");
}

#[tokio::test]
async fn an_http_answer_that_never_ends_is_cut_at_the_limit() {
    let config = LinkConfig { http_timeout: Duration::from_millis(300), ..LinkConfig::default() };
    let listener = listen(config).await;
    let answer = http(listener.local_addr(), "GET /never HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(answer, "");
}

#[tokio::test]
async fn what_is_sent_together_arrives_message_by_message() {
    let mut listener = listen(LinkConfig::default()).await;
    for transport in [Transport::WebSocket, Transport::Tcp] {
        let (mut hello, mut receiver) = dial_to(&listener, transport).await.split();
        hello.send(Bytes::from_static(b"!")).await.unwrap();
        let (mut sender, _kept) = next(&mut listener).await.connection.split();
        let batch: Vec<Bytes> = (0..200u8).map(|n| Bytes::from(vec![n; 300])).collect();
        sender.send_together(&batch).await.unwrap();
        assert_eq!(sender.counters().sent(), 60_000);
        let (mut came, mut messages) = (Vec::new(), 0);
        while came.len() < 60_000 {
            came.extend_from_slice(&soon(receiver.recv()).await.unwrap().unwrap());
            messages += 1;
        }
        assert_eq!(came, batch.concat());
        assert!(transport == Transport::Tcp || messages == 200, "each is a message of its own: {messages}");
    }
}

#[tokio::test]
async fn a_connection_over_the_limit_waits_until_both_halves_of_another_are_dropped() {
    let mut listener = listen(LinkConfig { max_connections: 1, ..LinkConfig::default() }).await;
    let (mut first, _first) = dial_to(&listener, Transport::Tcp).await.split();
    first.send(Bytes::from_static(b"1")).await.unwrap();
    let (sender, receiver) = next(&mut listener).await.connection.split();
    let (mut second, _second) = dial_to(&listener, Transport::Tcp).await.split();
    second.send(Bytes::from_static(b"2")).await.unwrap();
    drop(sender);
    assert!(timeout(Duration::from_millis(100), listener.accept()).await.is_err(), "one is still open");
    drop(receiver);
    let (_sender, mut receiver) = next(&mut listener).await.connection.split();
    assert_eq!(take(&mut receiver, 1).await, "2");
}

#[tokio::test]
async fn a_shutdown_ends_every_task_and_frees_the_port() {
    let listener = listen(LinkConfig::default()).await;
    let address = listener.local_addr();
    let silent = TcpStream::connect(address).await.unwrap();
    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(b"GET / HT").await.unwrap();
    let mut stuck = TcpStream::connect(address).await.unwrap();
    stuck.write_all(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut unclaimed = TcpStream::connect(address).await.unwrap();
    unclaimed.write_all(b"!").await.unwrap();
    let websocket = raw_websocket(&listener).await;

    soon(listener.shutdown()).await;
    for mut stream in [silent, half, stuck, unclaimed, websocket.into_inner()] {
        // A reset does as well: some of what was sent was never read.
        soon(stream.read_to_end(&mut Vec::new())).await.ok();
    }
    TcpListener::bind(address).await.unwrap();
}

#[tokio::test]
async fn a_listener_dropped_without_a_shutdown_stops_too() {
    let listener = listen(LinkConfig::default()).await;
    let mut silent = TcpStream::connect(listener.local_addr()).await.unwrap();
    drop(listener);
    // Never accepted, it is reset; accepted, it is closed.
    assert!(matches!(soon(silent.read(&mut [0])).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn a_peer_that_floods_pings_and_reads_nothing_is_still_heard() {
    let mut listener = listen(LinkConfig::default()).await;
    let (mut client, mut sender, mut receiver) = spoken(&mut listener).await;
    const PINGS: usize = 100_000;
    let flood = async {
        // 125 bytes each, so the answers overflow the sockets' buffers and then ours.
        for _ in 0..PINGS {
            client.feed(Message::Ping(Bytes::from_static(&[9; 125]))).await.unwrap();
        }
        client.send(Message::binary("after")).await.unwrap();
    };
    let (heard, ()) = soon(async { tokio::join!(take(&mut receiver, 5), flood) }).await;
    assert_eq!(heard, "after");

    // Once the peer reads, it finds pongs and then what we send.
    let send = async { sender.send(Bytes::from_static(b"alive")).await.unwrap() };
    let read = async {
        let mut pongs = 0;
        loop {
            match client.next().await.unwrap().unwrap() {
                Message::Pong(_) => pongs += 1,
                message => return (pongs, message),
            }
        }
    };
    let (_, (pongs, message)) = soon(async { tokio::join!(send, read) }).await;
    assert!((1..PINGS).contains(&pongs), "{pongs} pongs: those that found no room are dropped, not kept");
    assert_eq!(message, Message::binary("alive"));
}

#[tokio::test]
async fn an_oversize_frame_is_refused_by_its_announced_length_and_a_malformed_one_by_its_header() {
    let mut listener = listen(LinkConfig::default()).await;
    for (frame, violation) in [
        (&[0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0][..], None),
        (&[0x82, 0x01, b'x'][..], Some("unmasked")),
        (&[0xf2, 0x80, 0, 0, 0, 0][..], Some("Reserved bits")),
        (&[0x81, 0x81, 0, 0, 0, 0, b'x'][..], Some("text")),
    ] {
        let (mut client, _sender, mut receiver) = spoken(&mut listener).await;
        client.get_mut().write_all(frame).await.unwrap();
        match (soon(receiver.recv()).await, violation) {
            (Err(LinkError::Violation(said)), Some(expected)) => assert!(said.contains(expected), "{said}"),
            (outcome, _) => {
                assert_eq!(outcome, Err(LinkError::TooLarge { size: 0x4000_0000, limit: MAX_MESSAGE }));
            }
        }
    }
}

#[tokio::test]
async fn a_message_that_grows_too_large_in_fragments_is_refused() {
    let mut listener = listen(LinkConfig::default()).await;
    let (mut client, _sender, mut receiver) = spoken(&mut listener).await;
    // Unfinished binary, then a continuation: together one byte too many.
    let mut first = vec![0x02, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0];
    first.resize(first.len() + MAX_MESSAGE, 1);
    first.extend([0x80, 0x81, 0, 0, 0, 0, 1]);
    let (outcome, written) = soon(async { tokio::join!(receiver.recv(), client.get_mut().write_all(&first)) }).await;
    written.unwrap();
    assert_eq!(outcome, Err(LinkError::TooLarge { size: MAX_MESSAGE + 1, limit: MAX_MESSAGE }));
}

#[tokio::test]
async fn a_closed_page_a_leaving_user_and_a_lost_network_are_told_apart() {
    let mut listener = listen(LinkConfig::default()).await;
    let page = CloseFrame { code: 1001.into(), reason: "".into() };
    for (close, code) in [(Some(page), Some(1001)), (None, None)] {
        let (mut client, mut sender, mut receiver) = spoken(&mut listener).await;
        client.close(close.clone()).await.unwrap();
        assert_eq!(soon(receiver.recv()).await, Ok(None));
        assert_eq!(soon(receiver.recv()).await, Ok(None));
        assert_eq!(receiver.close_code(), code);
        assert_eq!(sender.send(Bytes::from_static(b"late")).await, Err(LinkError::Closed));
        // The peer's close is answered in kind.
        assert_eq!(soon(client.next()).await.unwrap().unwrap(), Message::Close(close));
    }
    let (client, _sender, mut receiver) = spoken(&mut listener).await;
    drop(client);
    assert!(matches!(soon(receiver.recv()).await, Err(LinkError::Reset(_))));
}

#[tokio::test]
async fn our_close_is_a_frame_without_a_code_and_what_was_on_its_way_still_arrives() {
    let mut listener = listen(LinkConfig::default()).await;
    let (mut client, mut sender, mut receiver) = spoken(&mut listener).await;
    client.send(Message::binary("on its way")).await.unwrap();
    sender.send(Bytes::from_static(b"X")).await.unwrap();
    sender.close().await.unwrap();
    assert_eq!(sender.send(Bytes::from_static(b"late")).await, Err(LinkError::Closed));
    assert_eq!(soon(client.next()).await.unwrap().unwrap(), Message::binary("X"));
    assert_eq!(soon(client.next()).await.unwrap().unwrap(), Message::Close(None));
    assert_eq!(take(&mut receiver, 10).await, "on its way");
    let hang_up = async {
        let last = receiver.recv().await;
        drop((sender, receiver));
        last
    };
    let (rest, last) = soon(async { tokio::join!(client.next(), hang_up) }).await;
    assert!(matches!(rest, None | Some(Err(Error::Io(_)))));
    assert_eq!(last, Ok(None));
}

#[tokio::test]
async fn an_abandoned_recv_loses_nothing() {
    let mut listener = listen(LinkConfig::default()).await;
    for transport in [Transport::WebSocket, Transport::Tcp] {
        let (mut sender, _receiver) = dial_to(&listener, transport).await.split();
        sender.send(Bytes::from_static(b"!")).await.unwrap();
        let (_sender, mut receiver) = next(&mut listener).await.connection.split();
        let sending = async {
            for _ in 0..1000 {
                sender.send(Bytes::from_static(b"0123456789")).await.unwrap();
            }
        };
        let receiving = async {
            let mut heard = 0;
            while heard < 10_001 {
                tokio::select! {
                    biased;
                    bytes = receiver.recv() => heard += bytes.unwrap().unwrap().len(),
                    () = tokio::task::yield_now() => {}
                }
            }
            heard
        };
        assert_eq!(soon(async { tokio::join!(sending, receiving) }).await.1, 10_001);
    }
}

#[tokio::test]
async fn a_memory_pair_behaves_like_a_connection() {
    let (left, right) = memory_pair(1);
    let (mut left_sender, mut left_receiver) = left.split();
    let (mut right_sender, mut right_receiver) = right.split();
    left_sender.send(Bytes::new()).await.unwrap();
    left_sender.send(Bytes::from_static(b"ping")).await.unwrap();
    let full = timeout(Duration::ZERO, left_sender.send(Bytes::from_static(b"x"))).await;
    assert!(full.is_err(), "a full pair makes the sender wait");
    assert_eq!(take(&mut right_receiver, 4).await, "ping");
    right_sender.send(Bytes::from_static(b"pong")).await.unwrap();
    assert_eq!(take(&mut left_receiver, 4).await, "pong");
    left_sender.close().await.unwrap();
    assert_eq!(right_receiver.recv().await, Ok(None));
    drop(left_receiver);
    assert_eq!(right_sender.send(Bytes::from_static(b"x")).await, Err(LinkError::Closed));
}

#[tokio::test]
async fn a_failed_dial_says_what_came() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = target(socket.local_addr().unwrap(), Transport::WebSocket);
    let (second, route) = (Duration::from_secs(20), Route::default());

    let late = dial(&target, &route, Duration::from_millis(100)).await.err().unwrap();
    assert!(matches!(late, DialError::TimedOut { .. }), "{late}");
    soon(socket.accept()).await.unwrap();

    let not_found = async {
        let (mut stream, _) = socket.accept().await.unwrap();
        assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        stream
    };
    let failure = tokio::join!(dial(&target, &route, second), not_found).0.err().unwrap();
    assert!(matches!(&failure, DialError::NotWebSocket { came, .. } if came.contains("404")), "{failure}");

    let not_http = async { socket.accept().await.unwrap().0.write_all(b"SSH-2.0-x\r\n").await };
    let failure = tokio::join!(dial(&target, &route, second), not_http).0.err().unwrap();
    assert!(matches!(failure, DialError::NotWebSocket { .. }), "{failure}");

    let no_protocol = async { accept_async(socket.accept().await.unwrap().0).await };
    let failure = tokio::join!(dial(&target, &route, second), no_protocol).0.err().unwrap();
    assert!(matches!(failure, DialError::NoHmtg { came: "none", .. }), "{failure}");

    drop(socket);
    let failure = dial(&target, &route, second).await.err().unwrap();
    assert!(matches!(failure, DialError::Refused { .. }), "{failure}");
}

#[tokio::test]
async fn a_host_that_is_no_host_is_not_dialled() {
    for host in ["", "a b", "a/b", "user@a", "a:80", "a?b", "a#b", "[", "[]", "a\r\nX: y", "::1]"] {
        let target = Target { host: host.to_owned(), port: 1, transport: Transport::WebSocket };
        // "a:80" is taken for an IPv6 address, which the resolver then does not know.
        let failure = dial(&target, &Route::default(), Duration::from_secs(20)).await.err().unwrap();
        assert!(matches!(failure, DialError::BadHost { .. } | DialError::UnknownHost { .. }), "{host:?}: {failure}");
    }
}

#[test]
fn ipv6_hosts_stand_in_brackets() {
    for (host, text) in [("::1", "[::1]:2333"), ("[::1]", "[::1]:2333"), ("mcu.example", "mcu.example:2333")] {
        let target = Target { host: host.to_owned(), port: 2333, transport: Transport::WebSocket };
        assert_eq!(target.to_string(), text);
    }
}

#[tokio::test]
async fn an_ipv6_listener_is_reached() {
    // A machine may have IPv6 switched off, in which case there is nothing to test.
    let Ok(mut listener) = Listener::bind("[::1]:0".parse().unwrap(), LinkConfig::default(), router()).await else {
        return;
    };
    let (mut sender, _receiver) = dial_to(&listener, Transport::WebSocket).await.split();
    sender.send(Bytes::from_static(b"!")).await.unwrap();
    assert_eq!(next(&mut listener).await.transport, Transport::WebSocket);
}

async fn listen(config: LinkConfig) -> Listener {
    Listener::bind("127.0.0.1:0".parse().unwrap(), config, router()).await.unwrap()
}

fn router() -> Router {
    Router::new().route("/", get("all is well")).route("/never", get(std::future::pending::<()>))
}

async fn next(listener: &mut Listener) -> Accepted {
    soon(listener.accept()).await.unwrap()
}

fn target(address: SocketAddr, transport: Transport) -> Target {
    Target { host: address.ip().to_string(), port: address.port(), transport }
}

async fn dial_to(listener: &Listener, transport: Transport) -> Connection {
    dial(&target(listener.local_addr(), transport), &Route::default(), Duration::from_secs(20)).await.unwrap()
}

/// A client without this room's limits.
async fn raw_websocket(listener: &Listener) -> WebSocketStream<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    // Little room, so that a client that does not read is soon felt.
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    let stream = socket.connect(listener.local_addr()).await.unwrap();
    let url = format!("ws://{}/websocket/", listener.local_addr()).parse().unwrap();
    client_async(ClientRequestBuilder::new(url).with_sub_protocol("hmtg"), stream).await.unwrap().0
}

/// Such a client that has said "!", which is already read.
async fn spoken(listener: &mut Listener) -> (WebSocketStream<TcpStream>, Sender, Receiver) {
    let mut client = raw_websocket(listener).await;
    client.send(Message::binary("!")).await.unwrap();
    let (sender, mut receiver) = next(listener).await.connection.split();
    assert_eq!(take(&mut receiver, 1).await, "!");
    (client, sender, receiver)
}

/// The next `length` bytes of the stream, which must be a whole number of chunks.
async fn take(receiver: &mut Receiver, length: usize) -> BytesMut {
    let mut taken = BytesMut::new();
    while taken.len() < length {
        let chunk = soon(receiver.recv()).await.unwrap().expect("more bytes");
        assert!(!chunk.is_empty());
        taken.extend(chunk);
    }
    assert_eq!(taken.len(), length);
    taken
}

/// Everything the server says to `request` until it closes.
async fn http(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

fn handshake(path: &str, offer: &str) -> String {
    let key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{key}{offer}\r\n")
}

/// A test that would hang fails instead.
async fn soon<F: Future>(work: F) -> F::Output {
    timeout(Duration::from_secs(30), work).await.expect("nothing happened for 30 s")
}
