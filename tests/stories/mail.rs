//! Owners get a mail when a meeting has left them over their quota (guide 3.1/1).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hitdeck::client::{ClientCommand, Move};
use hitdeck::hit::configm::{MailSecurity, MailSettings};
use hitdeck::installation::order::{GuestOrder, RequestOrder};
use hitdeck::wire::join::{BeforeAdmission, MessageAnswer, WaitKind};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::peer::Peer;
use crate::stage::{Stage, ended, joined, owner, within};

/// A mail as a sink on this host got it.
#[derive(Debug)]
struct Mail {
    from: String,
    to: Vec<String>,
    text: String,
    /// Connections that were open when it came.
    open: usize,
}

/// Takes every mail; ends when dropped.
struct Sink {
    port: u16,
    mails: mpsc::Receiver<Mail>,
    _tasks: JoinSet<()>,
}

impl Sink {
    async fn open() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (got, mails) = mpsc::channel(16);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let (mut sessions, open) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
            while let Ok((stream, _)) = listener.accept().await {
                let (got, open) = (got.clone(), Arc::clone(&open));
                open.fetch_add(1, Ordering::SeqCst);
                sessions.spawn(async move {
                    serve(stream, &got, &open).await;
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Sink { port, mails, _tasks: tasks }
    }

    async fn mail(&mut self) -> Mail {
        within("a mail", self.mails.recv()).await.flatten().unwrap()
    }
}

/// The server's side of RFC 5321, as far as one mail needs it.
async fn serve(stream: TcpStream, got: &mpsc::Sender<Mail>, open: &AtomicUsize) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 sink\r\n").await.unwrap();
    let (mut from, mut to) = (String::new(), Vec::new());
    while let Ok(Some(line)) = lines.next_line().await {
        let answer: &[u8] = match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => b"250-sink\r\n250 8BITMIME\r\n",
            "MAIL" => {
                from = line;
                b"250 ok\r\n"
            }
            "RCPT" => {
                to.push(line);
                b"250 ok\r\n"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.unwrap();
                let mut text = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    text += &line;
                    text.push('\n');
                }
                let mail =
                    Mail { from: from.clone(), to: std::mem::take(&mut to), text, open: open.load(Ordering::SeqCst) };
                got.send(mail).await.unwrap();
                b"250 ok\r\n"
            }
            "QUIT" => {
                drop(write.write_all(b"221 bye\r\n").await);
                return;
            }
            _ => b"502 what?\r\n",
        };
        if write.write_all(answer).await.is_err() {
            return;
        }
    }
}

async fn stage(port: u16) -> Stage {
    Stage::open_with(|config| {
        config.mail = Some(MailSettings {
            server: "127.0.0.1".into(),
            port,
            security: MailSecurity::Clear,
            login: None,
            from: "mcu@example.com".into(),
            default_disk_quota: 1,
        });
    })
    .await
}

/// One meeting of an owner with an address, from its beginning to its end.
async fn hold(stage: &Stage, meeting: &str, quota: Option<&str>) {
    // Not recorded: with a full quota no other meeting is opened.
    let mut order = RequestOrder { recorded: false, ..owner(meeting) };
    order.set.push("owner.email=olive@example.com".into());
    order.set.extend(quota.map(|quota| format!("owner.diskquota={quota}")));
    one(stage, &order).await;
}

async fn one(stage: &Stage, order: &RequestOrder) {
    let olive = stage.join(order);
    joined(&olive).await;
    assert!(olive.command(ClientCommand::Do(Move::EndMeeting)));
    ended(&olive).await;
    olive.finish().await;
    let mut snapshot = stage.mcu.snapshot();
    snapshot.wait_for(|now| now.meetings.is_empty()).await.unwrap();
}

/// Old recordings of three megabytes.
fn full(stage: &Stage) {
    let old = stage.recordings().join("_user/olive/old");
    std::fs::create_dir_all(&old).unwrap();
    std::fs::write(old.join("old.jnr"), vec![0; 3 << 20]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_over_the_quota_gets_one_mail_at_the_end_of_each_meeting() {
    let mut sink = Sink::open().await;
    let stage = stage(sink.port).await;
    hold(&stage, "under", None).await;
    full(&stage);
    // Checked by nobody, with room left, and without an address: no mail.
    hold(&stage, "unchecked", Some("0")).await;
    hold(&stage, "room", Some("100")).await;
    one(&stage, &RequestOrder { recorded: false, set: vec!["owner.diskquota=2".into()], ..owner("unknown") }).await;
    hold(&stage, "over", Some("2")).await;
    hold(&stage, "default", None).await;
    for quota in ["2", "1"] {
        let mail = sink.mail().await;
        assert!(mail.from.contains("<mcu@example.com>"), "{mail:?}");
        assert!(matches!(&mail.to[..], [to] if to.contains("<olive@example.com>")), "{mail:?}");
        assert!(mail.text.contains("Subject: Your recordings exceed your quota"), "{mail:?}");
        assert!(mail.text.contains(&format!("your quota is {quota} MB")), "{mail:?}");
        assert_eq!(mail.open, 1, "one connection at a time");
    }
    // The last one is sent even though the server stops.
    hold(&stage, "last", Some("1")).await;
    stage.close().await;
    assert!(sink.mail().await.text.contains("your quota is 1 MB"));
    assert!(sink.mails.try_recv().is_err(), "no mail more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_silent_or_gone_holds_up_no_meeting_and_no_stop() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let one = stage(port).await;
    full(&one);
    for meeting in ["a", "b", "c"] {
        hold(&one, meeting, Some("1")).await;
    }
    within("the stop", one.close()).await.unwrap();
    drop(silent);
    let two = stage(port).await;
    full(&two);
    hold(&two, "a", Some("1")).await;
    within("the stop", two.close()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_gets_a_mail_about_a_message() {
    let mut sink = Sink::open().await;
    let stage = stage(sink.port).await;
    let guest = GuestOrder { id: "vera".into(), name: "Vera".into(), invited: false, ticket: false };
    let set = vec!["owner.email=olive@example.com".into()];
    let order = RequestOrder { guest: Some(guest), set, ..owner("office") };
    let (mut vera, answer) = Peer::asked(stage.mcu.address(), &stage.issue(&order)).await;
    assert!(matches!(answer, BeforeAdmission::Wait { kind: WaitKind::LeaveMessageAbsent, .. }), "{answer:?}");
    vera.pipe.write(&MessageAnswer::Leave.encode()).await.unwrap();
    vera.enter(None).await;
    assert!(sink.mails.try_recv().is_err(), "not before its end");
    drop(vera);
    stage.close().await;
    let mail = sink.mail().await;
    assert!(mail.text.contains("Subject: Somebody left you a message") && mail.text.contains("Vera"), "{mail:?}");
    assert!(mail.to[0].contains("<olive@example.com>"), "{mail:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_to_the_address_of_the_owners_last_request() {
    let mut sink = Sink::open().await;
    let stage = stage(sink.port).await;
    full(&stage);
    let with = |address: &str| {
        let set = vec![format!("owner.email={address}"), "owner.diskquota=2".into()];
        RequestOrder { recorded: false, set, ..owner("moved") }
    };
    let first = stage.join(&with("old@example.com"));
    joined(&first).await;
    let second = stage.join(&with("new@example.com"));
    joined(&second).await;
    assert!(second.command(ClientCommand::Do(Move::EndMeeting)));
    ended(&second).await;
    let mail = sink.mail().await;
    assert!(matches!(&mail.to[..], [to] if to.contains("<new@example.com>")), "{mail:?}");
    for client in [first, second] {
        client.finish().await;
    }
    stage.close().await;
}
