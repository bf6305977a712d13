//! Somebody watches the connections, and sees every message but no secret.

use std::sync::Arc;

use hitdeck::client::{Client, ClientOptions};
use hitdeck::hit::jnj::Credential;
use hitdeck::hit::password::PasswordHash;
use hitdeck::installation::order::RequestOrder;
use hitdeck::link::Inspector;
use hitdeck::link::inspector::{Direction, Line};

use crate::stage::{Stage, guest, heard, joined, owner, say, until};

fn names(lines: &[Arc<Line>], connection: u32, direction: Direction) -> Vec<&'static str> {
    let these = lines.iter().filter(|line| line.connection == connection && line.direction == direction);
    these.map(|line| line.what.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ends_show_the_same_messages_in_order_and_no_secret() {
    let inspector = Inspector::new(hitdeck::clock::Clock::system());
    inspector.set(true);
    let watched = inspector.clone();
    let stage = Stage::open_with(move |config| config.inspector = watched).await;
    let jnj = stage.issue(&RequestOrder { password: Some("open sesame".into()), ..owner("watched") });
    let userinfo = jnj.userinfo.as_ref().map(Credential::expose).unwrap().to_owned();
    let options = ClientOptions {
        password: Some(PasswordHash::of("open sesame")),
        inspector: inspector.clone(),
        ..ClientOptions::new(stage.clock)
    };
    let olive = Client::start(jnj, options);
    joined(&olive).await;
    let gus = stage.join(&guest("watched", "gus", "Gus"));
    joined(&gus).await;
    say(&olive, "hello 嗨");
    heard(&gus, "hello 嗨").await;
    until(&olive, "both", |s| s.view.present().len() == 2).await;

    let seen = inspector.seen();
    let number = |label: &str| {
        seen.connections.iter().find(|c| c.label.starts_with(label) && c.label.contains("Olive")).unwrap().number
    };
    let (client, server) = (number("client ->"), number("mcu <-"));
    let went = names(&seen.lines, client, Direction::Sent);
    assert_eq!(went[..4], ["HELLO", "CLIENT_TYPE", "JOIN", "PASSWORD"]);
    assert!(went.contains(&"CHAT_TEXT"));
    let came = names(&seen.lines, client, Direction::Received);
    assert_eq!(came[..4], ["KEY_EXCHANGE", "USERINFO2_DIRECTAUTH", "INITIAL_INFO", "EXTENSION_MAX_SUPPORT"]);
    assert!(came.contains(&"USER_UPDATE") && came.contains(&"CHAT_TEXT_TIME"));
    // What one end sent is what the other received, as far as both have got.
    let told = names(&seen.lines, server, Direction::Sent);
    assert_eq!(told[2], "INITIAL_INFO");
    let both = told.len().min(came.len());
    assert_eq!(told[..both], came[..both]);
    let chat = seen.lines.iter().find(|line| line.what.name == "CHAT_TEXT_TIME" && line.connection == client).unwrap();
    assert!(chat.what.fields.contains(&("text", "Olive>hello 嗨".into())));

    let hash = PasswordHash::of("open sesame").to_bytes();
    for line in &seen.lines {
        let text = format!("{:?}", line.what.fields);
        assert!(!text.contains(&userinfo[..40]), "{line:?}");
        for secret in [&userinfo.as_bytes()[..40], &hash[..]] {
            assert!(!line.what.bytes.windows(secret.len()).any(|bytes| bytes == secret), "{line:?}");
        }
    }

    inspector.set(false);
    let before = inspector.seen().lines.len();
    say(&gus, "unseen");
    heard(&olive, "unseen").await;
    assert_eq!(inspector.seen().lines.len(), before);
    gus.finish().await;
    olive.finish().await;
    stage.close().await;
}
