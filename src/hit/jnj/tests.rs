//! Tests of reading and writing jnj files.

use proptest::prelude::*;

use super::*;

const SAMPLE: &str = "[general]\ndomain = HomeMeeting\ncodetype = 13\nip = 192.168.1.63\nportm = 2333\naction = 0\n\
    UserInfo = key_web_192.168.1.63_0000|Bq6=|NOyO1+r1i07R|nrSn9048=\n";

fn with(lines: &str) -> Result<Jnj, JnjError> {
    Jnj::parse(format!("{SAMPLE}{lines}").as_bytes())
}

#[test]
fn the_guides_sample_is_a_meeting_and_is_written_without_an_action() {
    let jnj = Jnj::parse(SAMPLE.as_bytes()).unwrap();
    let same = Jnj::new("192.168.1.63", 2333, "key_web_192.168.1.63_0000|Bq6=|NOyO1+r1i07R|nrSn9048=");
    assert_eq!(jnj, same);
    assert_eq!(jnj.mode(), Mode::Meeting);
    let written = String::from_utf8(jnj.to_bytes().unwrap()).unwrap();
    assert!(!written.contains("action"), "{written}");
    let playback = jnj.for_playback();
    assert!(String::from_utf8(playback.to_bytes().unwrap()).unwrap().contains("action = 1\n"));
    assert_eq!(playback.mode(), Mode::Playback);
}

#[test]
fn action_0_empty_and_absent_are_a_meeting() {
    for (line, mode) in [("action=", Mode::Meeting), ("action=0", Mode::Meeting), ("action=1", Mode::Playback)] {
        assert_eq!(with(line).unwrap().mode(), mode, "{line}");
    }
    assert_eq!(Jnj::parse(SAMPLE.replace("action = 0\n", "").as_bytes()).unwrap().mode(), Mode::Meeting);
    assert_eq!(with("codetype=15").unwrap().mode(), Mode::Playback);
    assert_eq!(with("codetype=4\nuserid=u").unwrap().mode(), Mode::Meeting);
    assert_eq!(with("codetype=5\nuserid=u\nplayback_filename=f").unwrap().mode(), Mode::Playback);
}

#[test]
fn line_endings_case_and_a_bom_make_no_difference() {
    let plain = Jnj::parse(SAMPLE.as_bytes()).unwrap();
    for other in [
        SAMPLE.replace('\n', "\r\n"),
        SAMPLE.replace('\n', "\r"),
        format!("\u{FEFF}{SAMPLE}"),
        SAMPLE.trim_end().to_owned(),
        SAMPLE.replace("codetype", "CodeType").replace("portm", "PORTM"),
        SAMPLE.replace("codetype", "codetype = 99\ncodetype"),
    ] {
        assert_eq!(Jnj::parse(other.as_bytes()).as_ref(), Ok(&plain), "{other:?}");
    }
}

#[test]
fn without_codetype_ip_or_portm_it_is_invalid() {
    for key in ["codetype", "ip", "portm", "userinfo"] {
        let missing: String = SAMPLE
            .lines()
            .filter(|line| !line.to_lowercase().starts_with(key))
            .fold(String::new(), |text, line| text + line + "\n");
        assert_eq!(Jnj::parse(missing.as_bytes()), Err(JnjError::Missing(key)));
        assert_eq!(with(&format!("{key}=")), Err(JnjError::Missing(key)));
    }
    assert_eq!(Jnj::parse(b""), Err(JnjError::Missing("codetype")));
    assert_eq!(with("codetype=12"), Err(JnjError::CodeType("12".to_owned())));
    for port in ["0", "65536", "x", "-1"] {
        assert_eq!(with(&format!("portm={port}")), Err(JnjError::Port { key: "portm", value: port.to_owned() }));
    }
    assert_eq!(with("portm2=0").unwrap().portm2, None);
    assert!(with("portm2=x").is_err());
}

#[test]
fn every_entry_is_typed() {
    let jnj = with(
        "portm2=443\nbackupip= a , b,,c\nplayer_name=會\nuse_relay=relay.example, 80\nmake_recording=1\n\
         size_w=640\nsize_h=x\nopus_preferred_bitrate=32000\nskin = blue\nSkin=red\n",
    )
    .unwrap();
    assert_eq!(jnj.servers().collect::<Vec<_>>(), ["192.168.1.63", "a", "b", "c"]);
    assert_eq!((jnj.portm2, jnj.player_name.as_deref(), jnj.make_recording), (Some(443), Some("會"), true));
    assert_eq!(jnj.use_relay, Some(Relay { host: "relay.example".to_owned(), port: 80 }));
    assert_eq!((jnj.size_w, jnj.size_h, jnj.opus_preferred_bitrate), (Some(640), None, Some(32_000)));
    let others: Vec<_> = jnj.others.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(others, [("domain", "HomeMeeting"), ("skin", "blue"), ("Skin", "red")]);
    assert_eq!(Jnj::parse(&jnj.to_bytes().unwrap()), Ok(jnj));
    for relay in ["host", "host,", ",80", "host,0"] {
        assert!(matches!(with(&format!("use_relay={relay}")), Err(JnjError::Relay(_))), "{relay}");
    }
}

#[test]
fn foreign_bytes_are_replaced_where_shown_and_refused_where_they_count() {
    let bytes = |line: &[u8]| [SAMPLE.as_bytes(), line].concat();
    let jnj = Jnj::parse(&bytes(b"player_name=\xB7|\nodd=\xff")).unwrap();
    assert_eq!(jnj.player_name.as_deref(), Some("\u{FFFD}|"));
    assert_eq!(Jnj::parse(&bytes(b"userid=\xB7")), Err(JnjError::NotUtf8("userid")));
    assert_eq!(Jnj::parse(&bytes(b"ip=\xB7")), Err(JnjError::NotUtf8("ip")));
}

#[test]
fn lengths_hold_at_their_edge() {
    assert!(with(&format!("userinfo={}", "x".repeat(9_999))).is_ok());
    let long = JnjError::TooLong { key: "userinfo", length: 10_000, max: 9_999 };
    assert_eq!(with(&format!("userinfo={}", "x".repeat(10_000))), Err(long));
    assert!(with(&format!("userid={}", "會".repeat(127))).is_ok());
    assert!(with(&format!("userid={}", "x".repeat(128))).is_err());
    let name = with(&format!("player_name={}", "會".repeat(43))).unwrap().player_name.unwrap();
    assert_eq!(name, "會".repeat(42), "only what is shown is cut");
    let filler = MAX_JNJ - SAMPLE.len();
    assert!(with(&" ".repeat(filler)).is_ok());
    assert_eq!(with(&" ".repeat(filler + 1)), Err(JnjError::TooLarge { bytes: MAX_JNJ + 1 }));
    let nine = Jnj { backupip: vec!["b".to_owned(); 9], ..Jnj::new("a", 1, "u") };
    assert!(nine.to_bytes().is_ok());
    let ten = Jnj { backupip: vec!["b".to_owned(); 10], ..nine };
    assert_eq!(ten.to_bytes(), Err(JnjError::TooManyBackups(10)));
    assert_eq!(ten.servers().count(), 10);
}

#[test]
fn a_value_never_makes_another_entry_and_credentials_are_not_shown() {
    let evil = Jnj { player_name: Some("x\naction=1".to_owned()), ..Jnj::new("a", 1, "sealed-secret") };
    assert_eq!(evil.to_bytes(), Err(JnjError::Character("player_name".to_owned())));
    assert!(!format!("{evil:?}").contains("sealed-secret"));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Jnj::parse(&bytes);
        let _ = Jnj::parse(&[SAMPLE.as_bytes(), &bytes].concat());
    }

    #[test]
    fn what_is_written_reads_back(ip in "[a-z0-9.:]{1,20}", port in 1..=u16::MAX, name in "\\PC{1,40}", second in 0..3u16) {
        let jnj = Jnj {
            portm2: Some(second).filter(|port| *port > 0),
            player_name: Some(first_bytes(&name, MAX_PLAYER_NAME).trim().to_owned()).filter(|name| !name.is_empty()),
            ..Jnj::new(ip, port, "k|p|d|m")
        };
        prop_assert_eq!(Jnj::parse(&jnj.to_bytes().unwrap()), Ok(jnj));
    }
}
