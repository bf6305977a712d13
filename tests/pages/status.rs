//! The status files, on their page.

use std::path::PathBuf;

use eframe::egui::{Key, Modifiers, Theme};
use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable;
use hitdeck::installation::snapshot::{Snapshot, StatusLook};

use crate::fixtures::{self, FakeFront};
use crate::looks::{click, pictures};
use crate::window;
use crate::wire_fixtures::status_files;

const OWNERS: &str = "Owner meetings: _status_ip_127.0.0.1.xml";

#[test]
fn pictures_of_the_status_files() {
    let mut results = SnapshotResults::new();
    pictures(&mut results, "status-none", &fixtures::stopped(), |harness| click(harness, "Status files"));
    pictures(&mut results, "status-recording", &status_files(), |harness| click(harness, "Status files"));
    pictures(&mut results, "status-owners", &status_files(), |harness| {
        click(harness, "Status files");
        click(harness, OWNERS);
    });
    pictures(&mut results, "status-as-it-is", &status_files(), |harness| {
        click(harness, "Status files");
        click(harness, OWNERS);
        click(harness, "How the file is shown: As it is");
    });
    pictures(&mut results, "status-torn", &status_files(), |harness| {
        click(harness, "Status files");
        click(harness, "Participants: _user/bob/odd/participant/_participant_127.0.0.1_2016_10_27_14_53_000002.xml");
    });
}

#[test]
fn the_files_are_read_while_their_page_is_shown_and_no_longer() {
    let front = FakeFront::new(status_files());
    let mut harness = window(&front, [1280.0, 800.0], Theme::Light);
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    harness.run();
    assert_eq!(front.sent(), ["LookAtStatus { on: true, recording: None }"]);
    harness.run();
    assert_eq!(front.sent(), Vec::<String>::new(), "asked for once");
    click(&mut harness, "Recordings");
    assert_eq!(front.sent(), ["LookAtStatus { on: false, recording: None }"]);
}

#[test]
fn each_entry_stands_beside_its_meaning_and_keys_choose_another_file() {
    let front = FakeFront::new(status_files());
    let mut harness = window(&front, [1280.0, 800.0], Theme::Light);
    click(&mut harness, "Status files");
    harness.get_by_label("how it ended: its time was over, and it is not to be opened again");
    harness.get_by_label("not in the guide");
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.get_by_label("the server is up and takes meetings");
    harness.key_press(Key::ArrowUp);
    harness.run();
    harness.get_by_label("times that others have played it");
}

#[test]
fn a_file_is_copied_whole() {
    let front = FakeFront::new(status_files());
    let mut harness = window(&front, [1280.0, 800.0], Theme::Light);
    click(&mut harness, "Status files");
    click(&mut harness, "Copy file");
    harness.get_by_label("Copied the file.");
}

#[test]
fn a_folder_that_cannot_be_read_is_said_and_a_stopped_mcu_can_be_started() {
    let status = StatusLook { files: Vec::new(), problem: Some("The folder /srv/qa cannot be read: denied".into()) };
    let front = FakeFront::new(Snapshot { status: status.into(), ..fixtures::stopped() });
    let mut harness = window(&front, [1280.0, 800.0], Theme::Light);
    click(&mut harness, "Status files");
    harness.get_by_label("The folder /srv/qa cannot be read: denied");
    front.sent();
    click(&mut harness, "Start MCU");
    assert_eq!(front.sent(), ["StartMcu"]);
}

#[test]
fn a_recordings_status_is_shown_from_its_menu() {
    let front = FakeFront::new(fixtures::busy());
    let mut harness = window(&front, [1280.0, 800.0], Theme::Light);
    click(&mut harness, "Recordings");
    let row = fixtures::busy().recordings[0].clone();
    let title = if row.title.is_empty() { &row.meeting_id } else { &row.title };
    harness.get_all_by_label(&format!("Menu: {title}")).next().unwrap().click();
    harness.run();
    click(&mut harness, "Show its status file");
    let path: PathBuf = row.path;
    assert_eq!(front.sent(), [format!("LookAtStatus {{ on: true, recording: Some({path:?}) }}")]);
}
