//! Losing a connection and coming back (wire/02 section 13), and being sent out (section 4.4).

use super::*;
use crate::wire::users::UserToServer;

fn patient() -> Charter {
    Charter { away_for: Duration::from_secs(5), ..charter() }
}

fn by_ticket(ssrc: Ssrc, who: Newcomer) -> Newcomer {
    Newcomer { returning: Some(ssrc), ..who }
}

fn heard(stage: &Stage, ssrc: Ssrc) -> &[ToClient] {
    &stage.sent[&ssrc]
}

#[test]
fn somebody_who_comes_back_by_ticket_keeps_number_and_token_and_the_others_hear_nothing() {
    let mut stage = Stage::open(patient());
    stage.owner();
    let anonymous = stage.join(person(false, "", "Ann"));
    stage.token(0, anonymous);
    stage.forget();
    stage.lose(anonymous);
    stage.wait(3);
    let again = stage.join(by_ticket(anonymous, person(false, "", "Ann")));
    assert_eq!((again, stage.holder()), (anonymous, anonymous));
    assert_eq!(heard(&stage, 0), []);
    assert_eq!(shared(&stage.views[&0]), shared(&stage.views[&anonymous]));
    stage.wait(60);
    assert!(stage.room.view().is_present(anonymous), "the old loss is forgotten");
}

#[test]
fn the_others_are_told_when_a_returning_client_has_other_devices() {
    let mut stage = Stage::open(patient());
    stage.owner();
    let gus = stage.guest("Gus");
    stage.forget();
    stage.lose(gus);
    stage.join(by_ticket(gus, Newcomer { capability: 1, ..person(false, "gus", "Gus") }));
    assert_eq!(heard(&stage, 0), [ToClient::User(UserToClient::Capability(gus, 1))]);
}

#[test]
fn somebody_who_stays_away_has_left_and_the_token_goes_on() {
    let mut stage = Stage::open(patient());
    stage.owner();
    let gus = stage.guest("Gus");
    stage.token(0, gus);
    stage.forget();
    stage.lose(gus);
    assert_eq!(stage.room.deadline(), Some(stage.now.steady + Duration::from_secs(5)));
    stage.wait(4);
    assert_eq!(heard(&stage, 0), []);
    stage.wait(1);
    let gone = ToClient::User(UserToClient::Delete { ssrc: gus, by_action: true });
    assert_eq!(heard(&stage, 0), [gone, ToClient::Floor(FloorToClient::Token(0))]);
    // Later, the ticket still gives the number back.
    assert_eq!(stage.join(by_ticket(gus, person(false, "gus", "Gus"))), gus);
}

#[test]
fn a_ticket_replaces_a_connection_that_is_still_open_without_a_word_to_it() {
    let mut stage = Stage::open(patient());
    stage.owner();
    let gus = stage.guest("Gus");
    stage.forget();
    stage.join(by_ticket(gus, person(false, "gus", "Gus")));
    assert_eq!(stage.parted, [gus]);
    assert!(!heard(&stage, gus).contains(&ToClient::End(End::Overwrite)));
    assert_eq!(heard(&stage, 0), []);
}

#[test]
fn a_room_in_which_everybody_is_away_ends_a_minute_after_they_have_left() {
    let mut stage = Stage::open(patient());
    stage.owner();
    stage.lose(0);
    stage.wait(5);
    stage.wait(59);
    assert_eq!(stage.ended, None);
    stage.wait(1);
    assert_eq!(stage.ended, Some(How::EmptyRoom));
}

#[test]
fn the_owner_sends_somebody_out_whose_tickets_are_void_from_then_on() {
    let mut stage = Stage::open(patient());
    stage.owner();
    let (gus, tess) = (stage.guest("Gus"), stage.guest("Tess"));
    stage.forget();
    stage.receive(gus, ToServer::User(UserToServer::Disconnect(tess)));
    stage.receive(0, ToServer::User(UserToServer::Disconnect(0)));
    assert_eq!((heard(&stage, tess), heard(&stage, 0)), (&[][..], &[][..]), "a guest may not, and nobody the owner");
    stage.receive(0, ToServer::User(UserToServer::Disconnect(tess)));
    assert_eq!(heard(&stage, tess), [ToClient::End(End::Disconnect)]);
    assert_eq!((&stage.parted[..], &stage.revoked[..]), (&[tess][..], &[tess][..]));
    assert_eq!(heard(&stage, gus), [ToClient::User(UserToClient::Delete { ssrc: tess, by_action: true })]);
    // Without a ban, a fresh jnj opens the door again.
    assert_eq!(stage.guest("Tess"), tess);
}

#[test]
fn a_banned_user_stays_out_also_when_the_ban_comes_after_the_kick() {
    let mut stage = Stage::open(patient());
    stage.owner();
    let (tess, ann) = (stage.guest("Tess"), stage.join(person(false, "", "Ann")));
    stage.receive(0, ToServer::User(UserToServer::Disconnect(tess)));
    stage.receive(0, ToServer::User(UserToServer::Ban(tess)));
    assert_eq!(stage.room.join(person(false, "tess", "Other name"), stage.now), Err(JoinError::Banned));
    // Somebody without an id cannot be told from others.
    stage.receive(0, ToServer::User(UserToServer::Ban(ann)));
    assert!(stage.room.join(person(false, "", "Ann"), stage.now).is_ok());
}
