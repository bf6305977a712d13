//! The contract of the command line: what each command prints, and its exit status.

use std::path::{Path, PathBuf};

use crate::program::{Program, Said, hitdeck, hitdeck_reading};
use crate::stage::files;

#[test]
fn init_makes_an_installation_once() {
    let desk = Desk::make();
    for file in
        ["configm.ini", "license.ini", "key_mcu_local", "key_mcu_local.x509", "key_web_local.x509", ".gitignore"]
    {
        assert!(desk.dir.join(file).is_file(), "{file}");
    }
    let key = std::fs::read(desk.dir.join("key_mcu_local")).unwrap();
    let again = hitdeck([Path::new("init"), &desk.dir]).ended_with(2);
    assert!(again.err.contains("is an installation already"), "{again:?}");
    assert_eq!(std::fs::read(desk.dir.join("key_mcu_local")).unwrap(), key, "its keys must never be replaced");
}

#[test]
fn what_was_sealed_with_one_pair_of_new_keys_opens_with_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let dir = text(folder.path());
    hitdeck(["keys", "new", "key_web_shop", "--passphrase", "open sesame", "--dir", &dir]).ended_with(0);
    hitdeck(["keys", "new", "key_mcu_room", "--dir", &dir]).ended_with(0);
    hitdeck(["keys", "new", "key_mcu_room", "--dir", &dir]).ended_with(5);
    hitdeck(["keys", "new", "../key", "--dir", &dir]).ended_with(5);
    let passphrase = std::fs::read_to_string(folder.path().join("key_web_shop.passphrase.txt")).unwrap();
    assert_eq!(passphrase, "b3BlbiBzZXNhbWU=");
    assert!(!folder.path().join("key_mcu_room.passphrase.txt").exists(), "there is none to keep");

    let at = |name: &str| text(&folder.path().join(name));
    let (web, mcu) = (at("key_web_shop"), at("key_mcu_room"));
    let (web_public, mcu_public) = (at("key_web_shop.x509"), at("key_mcu_room.x509"));
    let seal = ["userinfo", "seal", "--own-key", &web, "--passphrase", "open sesame", "--peer", &mcu_public];
    let xml = "<jnj>會議\n</jnj>";
    let sealed = hitdeck_reading(seal.into_iter().chain(["--site", "key_web_shop"]), xml).ended_with(0);
    assert!(sealed.out.starts_with("key_web_shop|"), "{sealed:?}");
    assert!(!sealed.out.contains("jnj"));
    let open = ["userinfo", "open", "--own-key", &mcu, "--peer", &web_public];
    assert_eq!(hitdeck_reading(open, &sealed.out).ended_with(0).out, xml);

    let wrong = ["userinfo", "open", "--own-key", &web, "--passphrase", "close", "--peer", &mcu_public];
    hitdeck_reading(wrong, &sealed.out).ended_with(5);
    hitdeck_reading(open, "key_web_shop|a|b|c").ended_with(5);
    hitdeck_reading(open, "").ended_with(5);
}

#[test]
fn a_new_jnj_says_what_it_was_made_for() {
    let desk = Desk::make();
    let file = desk.jnj(
        "guest",
        &[
            "--guest",
            "gus:王小明",
            "--invited",
            "--title",
            "Tea",
            "--backup",
            "10.0.0.2,10.0.0.3",
            "--port2",
            "443",
            "--mcu",
            "192.0.2.7:2345",
        ],
    );
    let shown = hitdeck(["jnj", "show", &file, "--json"]).ended_with(0);
    let [jnj] = &shown.events("jnj")[..] else { panic!("{shown:?}") };
    assert_eq!(jnj["mode"], "meeting");
    assert_eq!(jnj["codetype"], 13);
    assert_eq!(jnj["address"], "192.0.2.7:2345");
    assert_eq!(jnj["site"], "key_web_local");
    assert_eq!(jnj["backups"], serde_json::json!(["10.0.0.2", "10.0.0.3"]));

    let opened = hitdeck(["jnj", "show", &file, "--dir", &text(&desk.dir), "--json"]).ended_with(0);
    let [userinfo] = &opened.events("userinfo")[..] else { panic!("{opened:?}") };
    assert_eq!((&userinfo["owner"], &userinfo["guest"]), (&"olive".into(), &"王小明".into()));
    assert_eq!((&userinfo["meeting"], &userinfo["freshness"]), (&"room".into(), &"fresh".into()));
    let old = desk.jnj("old", &["--set", "timestamp.value=1"]);
    let old = hitdeck(["jnj", "show", &old, "--dir", &text(&desk.dir)]).ended_with(0);
    assert!(old.out.contains("expired"), "{old:?}");

    let nonsense = desk.dir.join("nonsense.jnj");
    std::fs::write(&nonsense, [0xff; 100]).unwrap();
    hitdeck(["jnj", "show", &text(&nonsense)]).ended_with(5);
    hitdeck(["jnj", "show", &text(&desk.dir.join("absent.jnj"))]).ended_with(5);
    let set = desk.try_jnj("set", &["--set", "owner.shoesize=42"]).ended_with(2);
    assert!(set.err.contains("shoesize"), "{set:?}");
    let relayed = desk.jnj("relayed", &["--relay", "relay.example.com,443"]);
    assert!(std::fs::read_to_string(relayed).unwrap().contains("use_relay = relay.example.com,443"));
    desk.try_jnj("badly-relayed", &["--relay", "relay.example.com"]).ended_with(2);
    desk.try_jnj("guestless", &["--invited"]).ended_with(2);
    desk.try_jnj("command", &["--command", "dance"]).ended_with(2);
}

#[test]
fn two_clients_meet_from_the_command_line_and_leave_a_recording() {
    let desk = Desk::make();
    let mcu = desk.mcu();
    let owner = desk.jnj("owner", &["--duration", "60"]);
    let guest = desk.jnj("guest", &["--duration", "60", "--guest", "gus:王小明", "--invited"]);
    let mut olive = Program::start(["join", &owner, "--say", "anybody there?", "--expect", "我在", "--json"]);
    let mut lines = vec![olive.line()];
    while !lines.iter().any(|line| line.contains("anybody there?")) {
        lines.push(olive.line());
    }
    let trace = text(&desk.dir.join("trace.txt"));
    let gus =
        ["join", &guest, "--expect", "Olive>anybody there?", "--say", "我在", "--transport", "tcp", "--trace", &trace];
    let gus = hitdeck(gus.into_iter().chain(["--stay", "100ms", "--json", "--name", "test", "--code-page", "950"]))
        .ended_with(0);
    let (status, rest) = olive.wait();
    lines.extend(rest);
    assert_eq!(status.code(), Some(0), "{lines:?}");
    let olive = Said { status: 0, out: lines.join("\n"), err: String::new() };
    assert_eq!(olive.events("joined")[0]["ssrc"], 0);
    assert!(olive.events("chat").iter().any(|line| line["name"] == "王小明" && line["text"] == "我在"), "{olive:?}");
    assert_eq!(gus.events("joined")[0]["meeting"], "room");
    assert_eq!(gus.events("ended").len(), 1);
    assert!(gus.json().iter().all(|object| object["event"].is_string()));
    assert!(std::fs::read_to_string(trace).unwrap().contains("anybody there?"));
    assert!(desk.dir.join("recording/_status_ip_127.0.0.1.xml").exists());
    let status = hitdeck(["status", &text(&desk.dir), "--json"]).ended_with(0);
    let entries = status.events("entry");
    let alive = entries.iter().find(|entry| entry["name"] == "alive").unwrap();
    assert_eq!(
        (alive["value"].as_str(), alive["meaning"].as_str()),
        (Some("1"), Some("the server is up and takes meetings"))
    );
    assert_eq!(mcu.terminate().code(), Some(0));
    let status = hitdeck(["status", &text(&desk.dir)]).ended_with(0);
    assert!(status.out.contains("the server was stopped in good order"), "{status:?}");
    let jnr = files(&desk.dir.join("recording"), ".jnr").remove(0);
    let of_one = hitdeck(["status", &text(&jnr)]).ended_with(0);
    assert!(of_one.out.contains("how it ended"), "{of_one:?}");
    hitdeck(["status", &text(&desk.dir.join("configm.ini"))]).ended_with(5);
    let download = desk.jnj("download", &["--command", "download"]);
    let copy = text(&desk.dir.join("copy.jnr"));
    let dir = text(&desk.dir);
    let serve = |file: &str| hitdeck(["jnj", "serve", file, "--dir", &dir, "-o", &copy, "--json"]);
    let served = serve(&download).ended_with(0);
    assert_eq!(served.events("downloaded")[0]["to"], copy.as_str());
    hitdeck(["recordings", "verify", &copy]).ended_with(0);
    serve(&download).ended_with(5);
    let checked = serve(&desk.jnj("check", &["--command", "checkmessage"])).ended_with(0);
    assert_eq!(checked.events("messages")[0]["messages"], 0);
    serve(&desk.jnj("guest-check", &["--command", "checkmessage", "--guest", "gus:Gus"])).ended_with(4);
    serve(&owner).ended_with(2);
    std::fs::remove_file(&copy).unwrap();
    desk.shows_its_recording();
}

#[test]
fn a_join_ends_with_the_status_of_its_outcome() {
    let desk = Desk::make();
    let mut mcu = Program::start(["mcu", &text(&desk.dir), "--listen", "127.0.0.1:0"]);
    let address = mcu.listening().to_string();
    let good = desk.jnj("good", &["--mcu", &address]);
    let old = desk.jnj("old", &["--mcu", &address, "--set", "timestamp.value=1"]);
    let secret = desk.jnj("secret", &["--mcu", &address, "--password", "sesame"]);

    hitdeck(["join", &good]).ended_with(0);
    hitdeck(["join", &secret, "--password", "sesame"]).ended_with(0);
    hitdeck(["join", &old, "--expect-refused", "229"]).ended_with(0);
    // 1: it did not come as expected.
    hitdeck(["join", &good, "--expect-refused", "229"]).ended_with(1);
    hitdeck(["join", &old, "--expect-refused", "249"]).ended_with(1);
    // 2: usage.
    hitdeck(["join"]).ended_with(2);
    hitdeck(["join", &good, "--dance"]).ended_with(2);
    hitdeck(["join", &good, "--stay", "long"]).ended_with(2);
    hitdeck(["join", &good, "--expect-refused", "1000"]).ended_with(2);
    // 4: refused, with the code and its meaning.
    let refused = hitdeck(["join", &old, "--json"]).ended_with(4);
    assert_eq!(refused.events("refused")[0]["code"], 229);
    assert!(refused.err.contains("229") && refused.err.contains("authentication"), "{refused:?}");
    // 5: unreadable input.
    hitdeck(["join", &text(&desk.dir.join("absent.jnj"))]).ended_with(5);
    hitdeck(["join", &text(&desk.dir.join("configm.ini"))]).ended_with(5);
    // 2: the folder is held.
    let second = hitdeck(["mcu", &text(&desk.dir), "--listen", "127.0.0.1:0"]).ended_with(2);
    assert!(second.err.contains(&address), "{second:?}");
    // 3: nobody is there any more.
    assert_eq!(mcu.terminate().code(), Some(0));
    let gone = hitdeck(["join", &good]).ended_with(3);
    assert!(gone.err.contains(&address), "{gone:?}");
    hitdeck(["mcu", &text(&desk.dir.join("nowhere"))]).ended_with(2);
}

#[test]
fn a_password_that_is_missing_or_wrong_lets_nobody_in() {
    let desk = Desk::make();
    let _mcu = desk.mcu();
    let secret = desk.jnj("secret", &["--password", "sesame"]);
    for arguments in [vec!["join", &secret], vec!["join", &secret, "--password", "wrong"]] {
        let said = hitdeck(arguments).ended_with(4);
        assert!(said.err.contains("password"), "{said:?}");
    }
    hitdeck(["join", &secret, "--password", "wrong", "--expect-refused", "229"]).ended_with(0);
}

#[test]
fn what_is_not_there_yet_says_so() {
    for arguments in [
        &["third-party", "somewhere"][..],
        &["third-party", "somewhere", "--listen", "127.0.0.1:0"],
        &["recordings", "search", "x"],
        &["recordings", "repair", "x"],
        &["recordings", "export", "x"],
    ] {
        let said = hitdeck(arguments).ended_with(2);
        assert!(said.err.contains("not there yet"), "{arguments:?}: {said:?}");
    }
}

#[test]
fn a_demo_without_a_window_runs_until_it_is_told_to_stop() {
    let home = tempfile::tempdir().unwrap();
    let mut demo = Program::start_at_home(home.path(), ["demo", "--headless"]);
    let address = demo.listening();
    assert!(address.ip().is_loopback());
    let (installation, recordings) = (demo.line(), demo.line());
    let dir = PathBuf::from(installation.strip_prefix("installation ").unwrap());
    assert!(dir.join("configm.ini").is_file());
    assert!(dir.starts_with(home.path()), "{}", dir.display());
    assert!(recordings.contains("3 recordings"), "{recordings}");
    let listed = hitdeck(["recordings", "list", &text(&dir), "--json"]).ended_with(0);
    assert!(listed.events("recording").iter().filter(|row| row["kind"] == "playable").count() >= 3, "{listed:?}");
    // The simulated people are in a real meeting.
    let jnj = text(&home.path().join("visitor.jnj"));
    let new = ["jnj", "new", &text(&dir), "--owner", "olive:Olive", "--meeting", "live", "-o", &jnj];
    hitdeck(new).ended_with(0);
    hitdeck(["join", &jnj]).ended_with(0);
    assert_eq!(demo.terminate().code(), Some(0));
}

#[test]
fn a_demo_takes_as_many_simulated_people_as_asked_for_up_to_three_hundred() {
    let home = tempfile::tempdir().unwrap();
    let mut demo = Program::start_at_home(home.path(), ["demo", "--headless", "--people", "3", "--seed", "9"]);
    demo.listening();
    let (_installation, _meeting, people) = (demo.line(), demo.line(), demo.line());
    assert_eq!(people, "3 more simulated people come, seed 9");
    assert_eq!(demo.terminate().code(), Some(0));
    hitdeck(["demo", "--headless", "--people", "301"]).ended_with(2);
}

#[test]
fn tomorrows_jnj_opens_tomorrows_mcu_and_not_todays() {
    let desk = Desk::make();
    let mut mcu = Program::start(["mcu", &text(&desk.dir), "--listen", "127.0.0.1:0", "--clock", "+1d"]);
    mcu.listening();
    let today = desk.jnj("today", &[]);
    hitdeck(["join", &today, "--expect-refused", "229"]).ended_with(0);
    let tomorrow = desk.jnj("tomorrow", &["--clock", "+1d"]);
    hitdeck(["join", &tomorrow]).ended_with(0);
    let shown = |more: &[&str]| {
        let show = ["jnj", "show", &tomorrow, "--dir", &text(&desk.dir), "--json"];
        let said = hitdeck(show.into_iter().chain(more.iter().copied())).ended_with(0);
        said.events("userinfo")[0]["freshness"].as_str().unwrap().to_owned()
    };
    assert_eq!(shown(&["--clock", "1d"]), "fresh");
    assert!(shown(&[]).contains("in the future"));
    assert_eq!(mcu.terminate().code(), Some(0));
    hitdeck(["demo", "--headless", "--clock", "sometime"]).ended_with(2);
}

struct Desk {
    _folder: tempfile::TempDir,
    dir: PathBuf,
}

impl Desk {
    fn make() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("desk");
        let made = hitdeck([Path::new("init"), &dir]).ended_with(0);
        assert!(made.out.contains("olive:Olive"), "{made:?}");
        Desk { dir, _folder: folder }
    }

    fn mcu(&self) -> Program {
        let mut mcu = Program::start(["mcu", &text(&self.dir), "--listen", "127.0.0.1:0"]);
        mcu.listening();
        mcu
    }

    fn try_jnj(&self, name: &str, more: &[&str]) -> Said {
        let new =
            ["jnj", "new", &text(&self.dir), "--owner", "olive:Olive", "--meeting", "room", "-o", &self.file(name)];
        hitdeck(new.into_iter().chain(more.iter().copied()))
    }

    fn jnj(&self, name: &str, more: &[&str]) -> String {
        self.try_jnj(name, more).ended_with(0);
        self.file(name)
    }

    fn file(&self, name: &str) -> String {
        text(&self.dir.join("jnj").join(name).with_extension("jnj"))
    }

    fn shows_its_recording(&self) {
        let dir = text(&self.dir);
        let listed = hitdeck(["recordings", "list", &dir, "--json"]).ended_with(0);
        let [row] = &listed.events("recording")[..] else { panic!("{listed:?}") };
        assert_eq!(
            (&row["owner"], &row["meeting"], &row["kind"]),
            (&"olive".into(), &"room".into(), &"playable".into())
        );
        assert_eq!(row["people"], serde_json::json!(["Olive", "王小明"]));
        let jnr = row["path"].as_str().unwrap();

        let shown = hitdeck(["recordings", "show", jnr, "--json"]).ended_with(0);
        let events: Vec<serde_json::Value> = shown.json();
        assert_eq!(events[0]["event"], "header");
        assert_eq!(shown.events("person").len(), 2);
        let said: Vec<String> =
            shown.events("chat").iter().map(|line| line["text"].as_str().unwrap().to_owned()).collect();
        assert_eq!(said, ["anybody there?", "我在"]);
        assert_eq!(
            hitdeck(["recordings", "verify", &dir, "--json"]).ended_with(0).events("verified")[0]["whole"],
            true
        );

        let play = ["play", jnr, "--speed", "16", "--json", "--expect"];
        let played = hitdeck(play.into_iter().chain(["王小明>我在"])).ended_with(0);
        assert_eq!(played.events("chat").len(), 2);
        assert_eq!(played.events("end").len(), 1);
        hitdeck(play.into_iter().chain(["nobody said this"])).ended_with(1);

        // A copy that lost its end is told from the whole one.
        let bytes = std::fs::read(jnr).unwrap();
        let torn = self.dir.join("torn.jnr");
        std::fs::write(&torn, &bytes[..bytes.len() - 40]).unwrap();
        hitdeck(["recordings", "verify", &text(&torn), "--json"]).ended_with(5);
        std::fs::write(&torn, b"not a recording").unwrap();
        hitdeck(["recordings", "show", &text(&torn)]).ended_with(5);
        hitdeck(["play", &text(&torn)]).ended_with(5);
        assert_eq!(files(&self.dir.join("recording"), ".jnr").len(), 1, "looking changes nothing");
        assert_eq!(std::fs::read(jnr).unwrap(), bytes, "looking changes nothing");
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[test]
fn an_mcu_listens_where_configm_says_or_where_it_is_told_and_is_called_by_that() {
    let desk = Desk::make();
    let configm = desk.dir.join("configm.ini");
    let before = std::fs::read_to_string(&configm).unwrap();
    std::fs::write(&configm, format!("{before}\nlistenip = 127.0.0.3\nlistenport = 0\n")).unwrap();
    for (told, ip) in [(None, "127.0.0.3"), (Some("127.0.0.4:0"), "127.0.0.4")] {
        let dir = text(&desk.dir);
        let mut arguments = vec!["mcu", &dir];
        arguments.extend(told.iter().flat_map(|at| ["--listen", at]));
        let mut mcu = Program::start(arguments);
        assert_eq!(mcu.listening().ip().to_string(), ip);
        assert_eq!(mcu.terminate().code(), Some(0));
        assert!(desk.dir.join(format!("recording/_status_ip_{ip}.xml")).exists());
    }
}
