//! Choosing a server, rule by rule.

use std::collections::BTreeMap;

use super::*;

fn errand(owner: &str, meeting: &str) -> Errand {
    Errand::of(&ServiceRequest::new(owner, "Olive", meeting, 0))
}

fn event(owner: &str, meeting: &str) -> Errand {
    let mut request = ServiceRequest::new(owner, "Olive", meeting, 0);
    request.command.duration = Some(30);
    Errand::of(&request)
}

fn playback(meeting: &str) -> Errand {
    let mut request = ServiceRequest::new("olive", "Olive", meeting, 0);
    request.command.kind = CommandKind::Playback;
    Errand::of(&request)
}

fn server(name: &str, load: &str) -> Server {
    Server { name: name.into(), alive: true, load: ClusterLoad::parse(load).ok(), ..Server::default() }
}

/// The guide's example, all alike.
fn three() -> Vec<Server> {
    ["192.168.1.1", "192.168.1.2", "192.168.1.3"].map(|name| server(name, "0 60 0 300 0 100 0 0 0 0 0 0 0 0")).into()
}

fn chosen(servers: &[Server], errand: &Errand, way: Way) -> Vec<String> {
    choose(servers, errand, way, &[]).unwrap().servers
}

/// How often each server is the primary of so many events.
fn shares(servers: &[Server], way: Way) -> Vec<usize> {
    let mut count: BTreeMap<String, usize> = servers.iter().map(|server| (server.name.clone(), 0)).collect();
    for n in 0..3_000 {
        *count.get_mut(&chosen(servers, &event("olive", &format!("m{n}")), way)[0]).unwrap() += 1;
    }
    count.into_values().collect()
}

#[test]
fn all_six_sequences_of_three_servers_are_about_as_frequent_as_each_other() {
    let mut count: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for n in 0..3_000 {
        *count.entry(chosen(&three(), &event("olive", &format!("m{n}")), Way::Statistical)).or_default() += 1;
    }
    assert_eq!(count.len(), 6);
    assert!(count.values().all(|n| (400..600).contains(n)), "{count:?}");
}

#[test]
fn a_meeting_has_one_sequence_whoever_asks_in_whatever_order_the_files_lie() {
    let mut turned = three();
    turned.rotate_left(1);
    for way in [Way::Statistical, Way::Capacity, Way::Load] {
        assert_eq!(chosen(&three(), &errand("olive", "a"), way), chosen(&turned, &errand("olive", "a"), way));
    }
    // An office is its owner's (N19), an event its meeting id's.
    assert_eq!(
        chosen(&three(), &errand("olive", "a"), Way::Statistical),
        chosen(&three(), &errand("olive", "b"), Way::Statistical)
    );
    assert_eq!(
        chosen(&three(), &event("olive", "a"), Way::Statistical),
        chosen(&three(), &event("tess", "a"), Way::Statistical)
    );
}

#[test]
fn the_sequence_is_the_one_that_it_has_always_been() {
    // Third parties on other machines and of other versions must agree; what was issued yesterday must still be true.
    let sequence = |meeting| chosen(&three(), &event("olive", meeting), Way::Statistical).join(" ");
    assert_eq!(sequence("241"), "192.168.1.3 192.168.1.1 192.168.1.2");
    assert_eq!(event("olive", "241").key().len(), 64);
}

#[test]
fn a_server_that_goes_takes_only_its_own_meetings_along() {
    let mut two = three();
    two[1].alive = false;
    for n in 0..100 {
        let event = event("olive", &format!("m{n}"));
        let mut with: Vec<String> = chosen(&three(), &event, Way::Statistical);
        with.retain(|name| name != "192.168.1.2");
        assert_eq!(chosen(&two, &event, Way::Statistical), with);
    }
}

#[test]
fn a_server_with_three_times_the_connections_gets_three_times_the_meetings() {
    let mut servers = three();
    servers[0] = server("192.168.1.1", "0 60 0 900 0 100 0 0 0 0 0 0 0 0");
    let shares = shares(&servers, Way::Capacity);
    assert!((1_650..1_950).contains(&shares[0]), "3 of 5 of 3,000: {shares:?}");
    assert!((500..700).contains(&shares[1]) && (500..700).contains(&shares[2]), "{shares:?}");
}

#[test]
fn the_server_whose_scarcest_resource_is_used_least_is_chosen() {
    let servers = [
        server("few-connections", "1 60 90 100 0 0 0 0 0 0"),
        server("few-meetings", "19 20 10 100 0 0 0 0 0 0"),
        server("half", "10 20 50 100 0 0 0 0 0 0"),
        server("no-meetings-at-all", "0 0 0 100 0 0 0 0 0 0"),
    ];
    let event = event("olive", "a");
    assert_eq!(chosen(&servers, &event, Way::Load), ["half", "few-connections", "few-meetings", "no-meetings-at-all"]);
    assert_eq!(chosen(&servers, &playback("a"), Way::Load)[0], "no-meetings-at-all", "a playback takes no meeting");
}

#[test]
fn playbacks_are_weighed_by_their_own_connections_where_they_have_some() {
    let servers = [
        server("apart", "0 60 290 300 0 0 0 0 0 0 1 20 0 0"),
        server("together", "0 60 150 300 0 0 0 0 0 0 100 0 0 0"),
    ];
    assert_eq!(chosen(&servers, &playback("a"), Way::Load), ["apart", "together"]);
    assert_eq!(chosen(&servers, &event("olive", "a"), Way::Load), ["together", "apart"]);
}

#[test]
fn a_server_of_unknown_load_is_a_backup_and_no_more() {
    let servers = [server("silent", "what?"), server("busy", "59 60 299 300 0 0 0 0 0 0")];
    for way in [Way::Capacity, Way::Load] {
        for n in 0..20 {
            assert_eq!(chosen(&servers, &event("olive", &format!("m{n}")), way), ["busy", "silent"], "{way:?}");
        }
    }
}

#[test]
fn an_open_office_is_found_whatever_the_way_and_the_meeting_id() {
    let office =
        |status| OfficeEntry { owner_id: "olive".into(), status, meeting_id: "the one that it was opened with".into() };
    for index in 0..3 {
        for status in [OfficeState::Open, OfficeState::WithGuest, OfficeState::Recording] {
            let mut servers = three();
            servers[index].offices = vec![office(status)];
            let found = choose(&servers, &errand("olive", "a"), Way::Statistical, &[]).unwrap();
            assert_eq!((found.servers[0].as_str(), found.because), (servers[index].name.as_str(), Because::Open));
            assert_eq!(found.servers.len(), 3, "the other ones are backups");
            assert_eq!(open_at(&servers, &errand("olive", "a")), Some(&servers[index]));
            // An event of the same owner is another room, and so is another owner's office.
            for other in [event("olive", "a"), errand("tess", "a")] {
                assert_eq!(chosen(&servers, &other, Way::Statistical), chosen(&three(), &other, Way::Statistical));
            }
        }
    }
    let mut closed = three();
    closed[1].offices = vec![office(OfficeState::Closed)];
    assert_eq!(open_at(&closed, &errand("olive", "a")), None);
}

#[test]
fn an_open_office_of_a_server_that_is_down_leads_nobody_there() {
    let mut servers = three();
    servers[2].offices =
        vec![OfficeEntry { owner_id: "olive".into(), status: OfficeState::Open, meeting_id: "a".into() }];
    servers[2].alive = false;
    let found = choose(&servers, &errand("olive", "a"), Way::Load, &[]).unwrap();
    assert!(!found.servers.contains(&"192.168.1.3".to_owned()), "{found:?}");
}

#[test]
fn a_running_event_is_found_by_owner_and_meeting_id() {
    for index in 0..3 {
        let mut servers = three();
        servers[index].events = vec![Event { owner_id: "olive".into(), meeting_id: "a".into() }];
        assert_eq!(chosen(&servers, &event("olive", "a"), Way::Load)[0], servers[index].name);
    }
}

#[test]
fn an_earlier_jnj_counts_until_its_server_is_gone_and_then_its_backups_follow_in_their_order() {
    let before = ["192.168.1.3", "192.168.1.1", "192.168.1.2"].map(str::to_owned);
    let mut servers = three();
    servers[2] = server("192.168.1.3", "59 60 299 300 0 0 0 0 0 0");
    let found = choose(&servers, &event("olive", "a"), Way::Load, &before).unwrap();
    assert_eq!((found.servers.as_slice(), found.because), (&before[..], Because::Before));
    servers[2].alive = false;
    assert_eq!(choose(&servers, &event("olive", "a"), Way::Load, &before).unwrap().servers, before[1..]);
    // Where the meeting is counts more than where it was to be.
    servers[1].events = vec![Event { owner_id: "olive".into(), meeting_id: "a".into() }];
    assert_eq!(choose(&servers, &event("olive", "a"), Way::Load, &before).unwrap().servers[0], "192.168.1.2");
}

#[test]
fn without_a_server_that_is_up_there_is_no_jnj() {
    assert_eq!(choose(&[], &errand("olive", "a"), Way::Load, &[]), Err(NoServer::Unknown));
    let down: Vec<Server> = three().into_iter().map(|server| Server { alive: false, ..server }).collect();
    assert_eq!(choose(&down, &errand("olive", "a"), Way::Load, &[]), Err(NoServer::AllDown(3)));
}

#[test]
fn a_jnj_has_nine_backups_at_most() {
    let many: Vec<Server> = (0..20).map(|n| server(&format!("mcu{n}"), "")).collect();
    let (primary, backups) = choose(&many, &errand("olive", "a"), Way::Statistical, &[]).unwrap().split();
    assert_eq!(backups.len(), 9);
    assert!(!backups.contains(&primary));
}
