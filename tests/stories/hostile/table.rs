//! The rows: bytes, and what must come of them.

use std::collections::BTreeSet;

use hitdeck::hit::modp::Group;
use hitdeck::wire::handshake::SecondaryKind;
use hitdeck::wire::join::flags;
use hitdeck::wire::{Clear, Refusal};

use super::{At, Row, Then, UPGRADE};

/// All rows.
pub fn table() -> Vec<Row> {
    let mut rows = control();
    rows.extend(in_meeting());
    rows.extend(beside());
    rows.extend(over_http());
    rows.extend(over_web_socket());
    let mut names = BTreeSet::new();
    assert!(rows.iter().all(|row| names.insert(format!("{:?} {}", row.at, row.what))), "two rows of one name");
    rows
}

/// A control connection, up to admission.
fn control() -> Vec<Row> {
    use Then::{Closed, ClosedAtItsEnd, GoesOn, Refused};
    let known = b"!MmSRr@~GHPDCOT";
    let strangers = (0..=u8::MAX).filter(|byte| !known.contains(byte)).map(|byte| vec![byte; 9]).collect();
    let prime = Group::Modp2048.prime();
    let number = |n: u8| [&[0; 255][..], &[n]].concat();
    let less_one: Vec<u8> = [&prime[..255], &[prime[255] - 1]].concat();
    // The prime ends in eight bytes of 0xff.
    let more: Vec<u8> = [&prime[..247], &[prime[247] + 1], &[0; 8]].concat();
    let key = |bytes: &[u8]| [&4099i32.to_be_bytes()[..], &256i32.to_be_bytes(), bytes].concat();
    let many = |n: i32| (0..n).flat_map(|n| entry(20_000 + n, b"?")).collect::<Vec<u8>>();
    let block = [entry(10_003, b"WEB"), entry(10_007, b"Joe"), END.to_vec()].concat();
    let wrong = [&20i32.to_be_bytes()[..], &[7; 20]].concat();
    let hit =
        |n: usize| [&b"3"[..], &i32::try_from(n).unwrap().to_be_bytes(), &vec![b'x'; n], &[flags::NORMAL]].concat();
    vec![
        row(At::FirstByte, "bytes that begin nothing", strangers, Closed),
        row(At::FirstByte, "a hello cut at every byte", cuts(HELLO), ClosedAtItsEnd),
        row(At::FirstByte, "versions from nowhere", lengths(b"!\xff\xff\xff\xff", &[-1]), Closed),
        row(At::FirstByte, "a hello and half a key", vec![[HELLO, &key(&prime)[..90]].concat()], GoesOn),
        row(At::FirstByte, "two hellos in one", vec![[HELLO, HELLO].concat()], Closed),
        row(
            At::PublicKey,
            "0, 1, p-1, p, p+1 and the largest",
            vec![key(&number(0)), key(&number(1)), key(&less_one), key(&prime), key(&more), key(&[0xff; 256])],
            Closed,
        ),
        row(
            At::PublicKey,
            "2 and p-2",
            vec![key(&number(2)), key(&[&prime[..255], &[prime[255] - 2]].concat())],
            GoesOn,
        ),
        row(At::PublicKey, "the other group", vec![[&128i32.to_be_bytes()[..], &[5; 128]].concat()], Closed),
        row(
            At::PublicKey,
            "no length of a key",
            lengths(b"", &[-1, 0, 1, 127, 129, 256, 4098, 4100, i32::MAX, i32::MIN]),
            Closed,
        ),
        row(
            At::PublicKey,
            "wrong lengths after the marker",
            lengths(&4099i32.to_be_bytes(), &[-1, 0, 128, 255, 257, i32::MAX, i32::MIN]),
            Closed,
        ),
        row(At::PublicKey, "a key cut at every byte", cuts(&key(&number(2))), ClosedAtItsEnd),
        row(At::PublicKey, "a second hello", vec![HELLO.to_vec()], Closed),
        row(At::PublicKey, "HTTP", vec![UPGRADE.to_vec()], Closed),
        row(At::Parameters, "no block", [b'!', b'3', b'0', 0, 0xff].map(|byte| vec![byte; 5]).to_vec(), Closed),
        row(At::Entries, "wrong lengths", lengths(b"", &[-1, 1, 2, 3, 1024, i32::MAX, i32::MIN]), Closed),
        row(
            At::Entries,
            "known parameters of wrong size",
            vec![
                entry(10_001, &[0; 71]),
                entry(10_001, b"\0\0\0\x06aes256"),
                entry(10_002, &[0; 7]),
                entry(10_009, &[0; 9]),
                entry(10_011, &[0; 11]),
            ],
            Closed,
        ),
        row(At::Entries, "unknown ones by the hundred", vec![many(300)], Closed),
        row(At::Entries, "as many unknown ones as are taken", vec![[many(64), END.to_vec()].concat()], GoesOn),
        row(At::Entries, "a block without an end", vec![many(65), entry(10_003, b"WEB").repeat(65)], Closed),
        row(
            At::Entries,
            "a ticket and a name of chance",
            vec![[entry(10_001, &[9; 72]), entry(10_009, &[9; 8]), entry(10_011, &[9; 12]), END.to_vec()].concat()],
            GoesOn,
        ),
        row(At::Entries, "a block cut at every byte", cuts(&block), ClosedAtItsEnd),
        row(At::Join, "no join", [b'!', b'C', b'X', b'9', 0, 0xff].map(|byte| vec![byte; 5]).to_vec(), Closed),
        row(At::Join, "wrong lengths", lengths(b"3", &[-1, 65_537, i32::MAX, i32::MIN]), Closed),
        row(
            At::Join,
            "a userinfo of any length",
            [0, 1, 9_999, 10_000, 19_999, 65_536].map(hit).to_vec(),
            Refused(Refusal::WrongUserinfo2),
        ),
        row(
            At::Join,
            "separators only",
            vec![[&b"3\0\0\0\x09"[..], b"|||||||||", &[0]].concat()],
            Refused(Refusal::WrongUserinfo2),
        ),
        row(
            At::Join,
            "other codetypes",
            vec![vec![b'1'], vec![b'U'], [&b"4"[..], &END, &END].concat()],
            Refused(Refusal::JoinNetMode),
        ),
        row(At::Join, "a join cut at every byte", cuts(&hit(30)), ClosedAtItsEnd),
        row(At::Password, "wrong lengths", lengths(b"", &[-1, 1, 19, 21, i32::MAX, i32::MIN]), Closed),
        row(At::Password, "three wrong ones in one", vec![wrong.repeat(3)], Refused(Refusal::WrongUserinfo2)),
        row(At::Password, "cancelled", vec![END.to_vec()], Closed),
        row(At::Password, "another join", vec![hit(5)], Closed),
        row(At::Password, "a password cut at every byte", cuts(&wrong), ClosedAtItsEnd),
    ]
}

/// After admission.
fn in_meeting() -> Vec<Row> {
    use Then::{Closed, ClosedAtItsEnd, GoesOn};
    let i = |n: i32| n.to_be_bytes();
    let everybody =
        |command: u8| [0, 1, -1, 5000, i32::MAX, i32::MIN].map(|n| [&[command][..], &i(n)].concat()).to_vec();
    let chat = |text: &[u8]| [&b"C"[..], &i(i32::try_from(text.len()).unwrap()), text].concat();
    let whole = [chat(b"cut"), ext(44, &[&i(0)[..], &i(3), b"cut"].concat()), ext(33, &i(1))].concat();
    vec![
        row(
            At::Admitted,
            "no commands",
            [0, 1, b'3', b'9', b'@', 0x7f, 0x80, 0xff].map(|byte| vec![byte; 5]).to_vec(),
            Closed,
        ),
        row(
            At::Admitted,
            "no extended commands",
            [-1, 104, 1000, i32::MAX, i32::MIN].map(|id| ext(id, &[0; 8])).to_vec(),
            Closed,
        ),
        row(
            At::Admitted,
            "what servers say",
            vec![
                b"I".to_vec(),
                b"U".repeat(9),
                b"0".repeat(9),
                b"S".repeat(9),
                ext(0, &i(103)),
                ext(54, &END),
                ext(93, &[0; 24]),
                ext(14, &[]),
            ],
            Closed,
        ),
        row(At::Admitted, "a second hello", vec![HELLO.to_vec()], Closed),
        row(At::Admitted, "a second join", vec![b"3\0\0\0\x01x8".to_vec()], Closed),
        row(At::Admitted, "chat of wrong length", lengths(b"C", &[-1, 2048, 65_536, i32::MAX, i32::MIN]), Closed),
        row(At::Admitted, "whispers of wrong length", lengths(&ext(44, &END), &[-1, 2048, i32::MAX, i32::MIN]), Closed),
        row(
            At::Admitted,
            "questioners of wrong number",
            lengths(&ext(15, &END), &[-1, 5001, i32::MAX, i32::MIN]),
            Closed,
        ),
        row(
            At::Admitted,
            "marks of wrong length",
            [&b"Ms"[..], b"Mm", b"Mc", b"Mt"]
                .into_iter()
                .flat_map(|mark| {
                    let start = [mark, &[0; 32][..if mark == b"Mt" { 32 } else { 20 }]].concat();
                    lengths(&start, &[-1, 500_001, i32::MAX, i32::MIN])
                })
                .collect(),
            Closed,
        ),
        row(At::Admitted, "a heartbeat of another kind", vec![b"B2".to_vec(), b"B\0".to_vec()], Closed),
        row(At::Admitted, "an empty line", vec![chat(b""), ext(44, &[0; 8])], GoesOn),
        row(
            At::Admitted,
            "a line that is no UTF-8",
            vec![chat(&[0xff; 2047]), chat(&[0xe6]), chat(b"\0\x1b[2J\n")],
            GoesOn,
        ),
        row(At::Admitted, "the token for anybody", everybody(b'T'), GoesOn),
        row(At::Admitted, "kicks", everybody(b'K'), GoesOn),
        row(At::Admitted, "bans", [0, -1, 9999].map(|n| ext(18, &i(n))).to_vec(), GoesOn),
        row(At::Admitted, "the end of the meeting", vec![b"X".to_vec()], GoesOn),
        row(
            At::Admitted,
            "a whisper to nobody",
            [-1, 4999, i32::MIN].map(|to| ext(44, &[&i(to)[..], &i(2), b"hi"].concat())).to_vec(),
            GoesOn,
        ),
        row(
            At::Admitted,
            "states that mean nothing",
            vec![ext(33, &i(i32::MIN)), ext(55, &i(-1)), ext(78, &[0xff])],
            GoesOn,
        ),
        row(
            At::Admitted,
            "slides, marks and roles that are not there",
            vec![
                [&b"A"[..], &i(-9)].concat(),
                [&b"E"[..], &i(i32::MAX)].concat(),
                [&b"G"[..], &i(-1)].concat(),
                ext(2, &[0xff; 8]),
                ext(80, &i(4999)),
                ext(81, &i(-1)),
                ext(89, &i(4999)),
                ext(84, &[0x7f; 8]),
                ext(32, &i(9)),
            ],
            GoesOn,
        ),
        row(At::Admitted, "three hundred lines in one", vec![chat(b"me again").repeat(300)], GoesOn),
        row(At::Admitted, "three hundred probes in one", vec![b"B0".repeat(300)], GoesOn),
        row(At::Admitted, "messages cut at every byte", cuts(&whole), ClosedAtItsEnd),
    ]
}

/// Connections beside a control connection, lists, relay.
fn beside() -> Vec<Row> {
    use SecondaryKind::{Media, SlideDownload, SlideUpload};
    use Then::{Closed, ClosedAtItsEnd};
    let i = |n: i32| n.to_be_bytes();
    let hello = |kind: u8, session: i32, id: i32| [&[kind][..], &i(session), &i(id)].concat();
    let numbers = [(-1, 0), (0, -1), (70_000, 0), (i32::MAX, i32::MAX), (i32::MIN, i32::MIN)];
    let strangers = b"MmSRr".iter().flat_map(|kind| numbers.map(|(session, id)| hello(*kind, session, id)));
    let cut = b"MmSRr".iter().flat_map(|kind| cuts(&hello(*kind, 0, 0)));
    let mut rows = vec![
        row(At::FirstByte, "beside nobody", strangers.collect(), Closed),
        row(At::FirstByte, "beside somebody, cut at every byte", cut.collect(), ClosedAtItsEnd),
        row(
            At::FirstByte,
            "lists",
            vec![b"@".to_vec(), b"@@@@@@@@".to_vec(), [b"@".as_slice(), &[0xff; 300]].concat()],
            ClosedAtItsEnd,
        ),
        row(At::FirstByte, "no relay request", lengths(b"~", &[-1, 0, 6, 9, i32::MAX, i32::MIN]), Closed),
        row(
            At::FirstByte,
            "a relay's ride with nobody",
            [1, 2, 3, 4, 5].map(|n| [&b"~"[..], &i(n), &[0xff; 12]].concat()).to_vec(),
            Closed,
        ),
        row(
            At::FirstByte,
            "a relay's control connection that says nothing",
            [7, 8].map(|n| [&b"~"[..], &i(n)].concat()).to_vec(),
            ClosedAtItsEnd,
        ),
        row(
            At::FirstByte,
            "a relay's control connection of noise",
            [7, 8].map(|n| [&b"~"[..], &i(n), &[0xff; 60]].concat()).to_vec(),
            Closed,
        ),
    ];
    // Playback's kinds are for those who watch, and nobody does.
    for kind in [Media, SlideUpload, SlideDownload] {
        rows.push(row(At::Challenge(kind), "a wrong answer", vec![vec![0; 36], vec![0xff; 36], vec![7; 500]], Closed));
        rows.push(row(At::Challenge(kind), "an answer cut at every byte", cuts(&[7; 36]), ClosedAtItsEnd));
    }
    rows
}

/// HTTP, up to an upgrade.
fn over_http() -> Vec<Row> {
    use Then::{Closed, ClosedAtItsEnd, Status};
    let upgrade = String::from_utf8(UPGRADE.to_vec()).unwrap();
    let without = |line: &str| {
        assert!(upgrade.contains(line), "{line}");
        upgrade.replace(line, "X-Nothing: 1").into_bytes()
    };
    let get = |rest: &str| format!("GET / HTTP/1.1\r\nHost: h\r\n{rest}\r\n").into_bytes();
    vec![
        row(
            At::Http,
            "no HTTP",
            vec![
                b"GARBAGE\r\n\r\n".to_vec(),
                b"GET\r\n\r\n".to_vec(),
                b"G\0\0\0\0\0\r\n\r\n".to_vec(),
                b"GET / HTTP/9.9\r\n\r\n".to_vec(),
            ],
            Status(400),
        ),
        row(At::Http, "the preface of HTTP/2", vec![b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()], Closed),
        row(At::Http, "a request cut at every byte", cuts(UPGRADE), ClosedAtItsEnd),
        row(At::Http, "a header that is too long", vec![get(&format!("X: {}\r\n", "x".repeat(20_000)))], Status(431)),
        row(
            At::Http,
            "a header without an end",
            vec![format!("GET / HTTP/1.1\r\n{}", "X: x\r\n".repeat(5_000)).into_bytes()],
            Status(431),
        ),
        row(
            At::Http,
            "a path that is too long",
            vec![format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(70_000)).into_bytes()],
            Status(431),
        ),
        row(
            At::Http,
            "paths that are not there",
            ["/x", "/../../etc/passwd", "//", "/%00", "/websocket/x", "*"]
                .map(|path| format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").into_bytes())
                .to_vec(),
            Status(404),
        ),
        row(
            At::Http,
            "other methods",
            ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"]
                .map(|method| {
                    format!("{method} / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                        .into_bytes()
                })
                .to_vec(),
            Status(405),
        ),
        row(
            At::Http,
            "lengths that contradict each other",
            vec![
                get("Content-Length: -1\r\n"),
                get("Content-Length: 1\r\nContent-Length: 2\r\n"),
                get("Content-Length: 99999999999999999999\r\n"),
            ],
            Status(400),
        ),
        row(At::Http, "a hundred requests in one", vec![get("").repeat(100)], Status(200)),
        row(
            At::Http,
            "no upgrade",
            vec![
                without("Upgrade: websocket"),
                without("Connection: Upgrade"),
                without("Sec-WebSocket-Version: 13"),
                without("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="),
                without("Sec-WebSocket-Protocol: hmtg"),
                upgrade.replace("hmtg", "chat, superchat").into_bytes(),
                upgrade.replace("Version: 13", "Version: 12").into_bytes(),
                upgrade.replace("GET", "POST").into_bytes(),
                upgrade.replace("HTTP/1.1", "HTTP/1.0").into_bytes(),
            ],
            Status(400),
        ),
    ]
}

/// WebSocket frames after a good upgrade.
fn over_web_socket() -> Vec<Row> {
    use Then::{Closed, ClosedAtItsEnd, GoesOn};
    const BINARY: u8 = 0x82;
    const PING: u8 = 0x89;
    let hello = || frame(BINARY, HELLO);
    let large = |length: u64| [&[BINARY, 0x80 | 127][..], &length.to_be_bytes(), &[0; 4], &[0; 3000]].concat();
    let bytewise = |bytes: &[u8]| bytes.iter().flat_map(|byte| frame(BINARY, &[*byte])).collect::<Vec<u8>>();
    let torn = [
        frame(0x02, &HELLO[..2]),
        frame(PING, b"hi"),
        frame(0x00, &HELLO[2..5]),
        frame(0x00, b""),
        frame(0x80, &HELLO[5..]),
    ]
    .concat();
    vec![
        row(At::WebSocket, "a text frame", vec![frame(0x81, HELLO), frame(0x81, b""), frame(0x81, &[0xff; 9])], Closed),
        row(At::WebSocket, "a text frame after the hello", vec![[hello(), frame(0x81, b"x")].concat()], Closed),
        row(At::WebSocket, "an unmasked frame", vec![[&[BINARY, 9][..], HELLO].concat()], Closed),
        row(
            At::WebSocket,
            "a message over the limit",
            [1_048_577, 1 << 32, u64::MAX >> 1, u64::MAX].map(large).to_vec(),
            Closed,
        ),
        row(
            At::WebSocket,
            "a message over the limit in fragments",
            vec![[frame(0x02, &[b'!'; 60_000]), frame(0x00, &[0; 60_000]).repeat(18)].concat()],
            Closed,
        ),
        row(
            At::WebSocket,
            "a continuation without a start",
            vec![frame(0x80, HELLO), [hello(), frame(0x00, b"x")].concat()],
            Closed,
        ),
        row(At::WebSocket, "a start within a start", vec![[frame(0x02, b"!"), frame(0x02, b"!")].concat()], Closed),
        row(
            At::WebSocket,
            "reserved bits and opcodes",
            [0xc2, 0xa2, 0x92, 0x83, 0x87, 0x8b, 0x8f].map(|first| frame(first, HELLO)).to_vec(),
            Closed,
        ),
        row(
            At::WebSocket,
            "control frames that are too long or in fragments",
            vec![frame(PING, &[0; 126]), frame(0x09, b"x"), frame(0x88, &[3; 126])],
            Closed,
        ),
        row(
            At::WebSocket,
            "a close, good or bad",
            vec![
                frame(0x88, b""),
                frame(0x88, &[0x03, 0xe8]),
                frame(0x88, &[0]),
                frame(0x88, &[0, 0]),
                frame(0x88, b"\x03\xe8\xff\xff"),
            ],
            ClosedAtItsEnd,
        ),
        row(At::WebSocket, "no command", vec![frame(BINARY, &[0; 9]), frame(BINARY, &[0xff; 60_000])], Closed),
        row(At::WebSocket, "a hello in fragments with a ping between", vec![torn], GoesOn),
        row(At::WebSocket, "a hello byte by byte", vec![bytewise(HELLO)], GoesOn),
        row(At::WebSocket, "empty messages", vec![[frame(BINARY, b"").repeat(500), hello()].concat()], GoesOn),
        row(At::WebSocket, "a flood of pings", vec![[frame(PING, &[0; 125]).repeat(20_000), hello()].concat()], GoesOn),
        row(At::WebSocket, "a flood of pongs", vec![[frame(0x8a, b"x").repeat(5_000), hello()].concat()], GoesOn),
        row(At::WebSocket, "frames cut at every byte", cuts(&[frame(PING, b"hi"), hello()].concat()), ClosedAtItsEnd),
    ]
}

fn row(at: At, what: &'static str, said: Vec<Vec<u8>>, then: Then) -> Row {
    Row { at, what, said, then }
}

/// A client's frame, masked with zeros. Bit 0x80 of the first byte is FIN.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        n @ 0..=125 => bytes.push(0x80 | u8::try_from(n).unwrap()),
        n => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(n).unwrap().to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// The beginnings of something, all but the whole.
fn cuts(whole: &[u8]) -> Vec<Vec<u8>> {
    (0..whole.len()).map(|n| whole[..n].to_vec()).collect()
}

/// A start, and lengths that lie after it.
fn lengths(start: &[u8], lies: &[i32]) -> Vec<Vec<u8>> {
    lies.iter().map(|lie| [start, &lie.to_be_bytes(), &[b'x'; 40]].concat()).collect()
}

fn ext(id: i32, rest: &[u8]) -> Vec<u8> {
    Clear::ext(id).raw(rest).bytes
}

fn entry(id: i32, data: &[u8]) -> Vec<u8> {
    Clear::new().len(4 + data.len()).i32(id).raw(data).bytes
}

const HELLO: &[u8] = b"!\0\0\0\x01\0\0\0\x2a";
const END: [u8; 4] = [0; 4];
