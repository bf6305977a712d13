//! Ten servers, up or down in every combination, in virtual time.

use proptest::prelude::*;

use super::*;

const BEGIN: Duration = Duration::from_secs(9);

fn at(ms: u64) -> Duration {
    BEGIN + Duration::from_millis(ms)
}

/// What a server does with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    /// Takes it after so many milliseconds.
    Up(u64),
    /// Refuses it after so many.
    Down(u64),
    /// Never says anything.
    Silent,
    /// Takes it after so many milliseconds, and then fails to agree on keys.
    Garbled(u64),
}

/// What came of a dialling, and when.
#[derive(Debug, PartialEq, Eq)]
struct Outcomes {
    winner: Option<(usize, Duration)>,
    /// When each attempt was begun, in order.
    begun: Vec<(usize, Duration)>,
    /// Ended for another's sake.
    aborted: Vec<usize>,
    reasons: Vec<String>,
}

/// Drives the machine with servers like these, event by event.
fn dial(servers: &[Server], preference: Preference) -> (Outcomes, Vec<AttemptRow>) {
    let addresses: Vec<Address> = (0..servers.len()).map(|n| Address { host: format!("s{n}"), port: 2333 }).collect();
    let mut dialler = Dialler::new(&addresses, preference, BEGIN);
    let mut outcomes = Outcomes { winner: None, begun: Vec::new(), aborted: Vec::new(), reasons: Vec::new() };
    // Attempts under way, by the moment at which their server answers.
    let mut running: Vec<(Duration, usize)> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut now = BEGIN;
    for _ in 0..10_000 {
        while let Some(step) = dialler.poll() {
            match step {
                Step::Dial(k) => {
                    outcomes.begun.push((k, now));
                    match servers[k] {
                        Server::Up(ms) | Server::Down(ms) | Server::Garbled(ms) => {
                            running.push((now + Duration::from_millis(ms), k));
                        }
                        Server::Silent => {}
                    }
                }
                Step::Abort(k) => {
                    running.retain(|(_, running)| *running != k);
                    open.retain(|open| *open != k);
                    outcomes.aborted.push(k);
                }
                Step::Keep(k) => {
                    assert_eq!(open, [k], "only the winner is open, and it is");
                    assert!(running.is_empty(), "losers still run: {running:?}");
                    open.clear();
                    if matches!(servers[k], Server::Garbled(_)) {
                        dialler.key_exchange_failed("garbage".into(), now);
                    } else {
                        outcomes.winner = Some((k, now - BEGIN));
                        let rows = dialler.rows().to_vec();
                        assert_eq!(dialler.deadline(), None);
                        return (outcomes, rows);
                    }
                }
                Step::GiveUp(reasons) => {
                    assert!(open.is_empty() && running.is_empty());
                    outcomes.reasons = reasons;
                    return (outcomes, dialler.rows().to_vec());
                }
            }
        }
        running.sort_unstable();
        let next = running.first().copied();
        match (next, dialler.deadline()) {
            (Some((moment, k)), due) if due.is_none_or(|due| moment <= due) => {
                now = now.max(moment);
                running.remove(0);
                match servers[k] {
                    Server::Down(_) => dialler.failed(k, format!("s{k} refused"), now),
                    _ => {
                        open.push(k);
                        dialler.opened(k, now);
                    }
                }
            }
            (_, Some(due)) => {
                assert!(due > now || dialler.poll().is_none(), "time stands still");
                now = now.max(due);
                dialler.tick(now);
            }
            (_, None) => panic!("nothing is waited for, and nothing is decided"),
        }
    }
    panic!("no end after 10,000 events");
}

fn jnj(text: &str) -> Jnj {
    Jnj::parse(format!("codetype=13\nuserinfo=A|B|C|D\n{text}").as_bytes()).unwrap()
}

fn list(text: &str, through_proxy: bool) -> Vec<String> {
    addresses(&jnj(text), through_proxy).iter().map(ToString::to_string).collect()
}

/// Ten servers in one of the three port modes: one port, two ports, two ports of which 443 comes first through a proxy.
fn modes() -> [(Vec<String>, usize); 3] {
    let backups = (1..10).map(|n| format!("b{n}")).collect::<Vec<_>>().join(",");
    let one = list(&format!("ip=p\nportm=2333\nbackupip={backups}"), false);
    let two = list(&format!("ip=p\nportm=2333\nportm2=8080\nbackupip={backups}"), false);
    let swapped = list(&format!("ip=p\nportm=2333\nportm2=443\nbackupip={backups}"), true);
    assert_eq!(
        (&two[..3], &swapped[..3]),
        (&["p:2333", "p:8080", "b1:2333"].map(String::from)[..], &["p:443", "p:2333", "b1:443"].map(String::from)[..])
    );
    [(one, 1), (two, 2), (swapped, 2)]
}

#[test]
fn over_all_1024_masks_of_ten_servers_in_three_port_modes_the_first_that_is_up_wins_and_no_loser_stays() {
    for (addresses, ports) in modes() {
        assert_eq!(addresses.len(), 10 * ports);
        for mask in 0..1024u32 {
            let up = |entry: usize| mask >> (entry / ports) & 1 == 1;
            let servers: Vec<Server> =
                (0..addresses.len()).map(|n| if up(n) { Server::Up(30) } else { Server::Down(20) }).collect();
            let (outcomes, rows) = dial(&servers, Preference::Guide);
            let first = (0..addresses.len()).find(|n| up(*n));
            let stagger = |n: usize| Duration::from_millis(500 * n as u64);
            assert_eq!(
                outcomes.winner,
                first.map(|n| (n, stagger(n) + Duration::from_millis(30))),
                "mask {mask:#012b}"
            );
            // Each is begun in its turn, and none after the winner's.
            let begun = first.map_or(addresses.len(), |n| n + 1);
            let expected: Vec<(usize, Duration)> = (0..begun).map(|n| (n, BEGIN + stagger(n))).collect();
            assert_eq!(outcomes.begun, expected);
            match first {
                Some(winner) => {
                    assert_eq!(rows[winner].outcome, Outcome::Won);
                    assert!(rows[..winner].iter().all(|row| matches!(row.outcome, Outcome::Failed(_))));
                    assert!(
                        rows[winner + 1..].iter().all(|row| row.outcome == Outcome::NotTried && row.started.is_none())
                    );
                }
                None => {
                    let expected: Vec<String> = (0..addresses.len()).map(|n| format!("s{n} refused")).collect();
                    assert_eq!(outcomes.reasons, expected);
                }
            }
        }
    }
}

#[test]
fn over_all_masks_a_client_like_the_browsers_takes_a_backup_only_after_five_seconds() {
    for mask in 0..1024u32 {
        let up = |n: usize| mask >> n & 1 == 1;
        let servers: Vec<Server> = (0..10).map(|n| if up(n) { Server::Up(30) } else { Server::Down(20) }).collect();
        let (outcomes, _) = dial(&servers, Preference::Browser);
        let expected = if up(0) {
            Some((0, Duration::from_millis(30)))
        } else {
            // All ten have been begun by then; the first open one in the order of the list.
            (1..10).find(|n| up(*n)).map(|n| (n, Duration::from_secs(5)))
        };
        assert_eq!(outcomes.winner, expected, "mask {mask:#012b}");
        if expected.is_none() {
            assert_eq!(outcomes.reasons.len(), 10);
        }
    }
}

#[test]
fn a_server_that_cannot_agree_on_keys_is_left_out_and_all_starts_again_with_the_rest() {
    use Server::{Down, Garbled, Silent, Up};
    let (outcomes, rows) = dial(&[Garbled(10), Down(5), Up(50), Silent], Preference::Guide);
    assert_eq!(outcomes.winner, Some((2, Duration::from_millis(10 + 500 + 50))));
    assert!(matches!(rows[0].outcome, Outcome::KeysFailed(_)));
    let (outcomes, rows) = dial(&[Garbled(10), Garbled(10)], Preference::Guide);
    assert_eq!(outcomes.winner, None);
    assert_eq!(outcomes.reasons, ["the key exchange failed: garbage"; 2]);
    assert!(rows.iter().all(|row| row.ended.is_some()));
}

#[test]
fn a_server_that_says_nothing_fails_after_a_minute() {
    let (outcomes, rows) = dial(&[Server::Silent, Server::Silent], Preference::Guide);
    assert_eq!(outcomes.winner, None);
    assert_eq!(rows[1].ended, Some(Duration::from_millis(60_500)));
    assert_eq!(outcomes.reasons[0], "no connection within 60 s");
}

#[test]
fn a_slow_primary_loses_to_a_backup_and_is_closed() {
    let (outcomes, rows) = dial(&[Server::Up(3_000), Server::Up(100)], Preference::Guide);
    assert_eq!(outcomes.winner, Some((1, Duration::from_millis(600))));
    assert_eq!(outcomes.aborted, [0]);
    assert_eq!((&rows[0].outcome, rows[0].ended), (&Outcome::Closed, Some(Duration::from_millis(600))));
    let (outcomes, _) = dial(&[Server::Up(3_000), Server::Up(100)], Preference::Browser);
    assert_eq!(outcomes.winner, Some((0, Duration::from_secs(3))), "the browser client waits for its first entry");
}

#[test]
fn a_connection_that_opens_when_another_was_taken_is_closed_at_once() {
    let addresses: Vec<Address> = (0..2).map(|n| Address { host: format!("s{n}"), port: 1 }).collect();
    let mut dialler = Dialler::new(&addresses, Preference::Guide, at(0));
    dialler.tick(at(500));
    dialler.opened(1, at(510));
    dialler.opened(0, at(510));
    let steps: Vec<Step> = std::iter::from_fn(|| dialler.poll()).collect();
    assert_eq!(steps, [Step::Dial(0), Step::Dial(1), Step::Abort(0), Step::Keep(1), Step::Abort(0)]);
}

#[test]
fn the_list_is_trimmed_without_repeats_and_at_most_nine_backups_long() {
    let long = "x".repeat(100);
    let backups =
        format!(" b1 ,,{long},B1,p, [::2] ,::2,{}", (2..20).map(|n| format!("c{n}")).collect::<Vec<_>>().join(","));
    let found = list(&format!("ip=p\nportm=2333\nportm2=2333\nbackupip={backups}"), false);
    assert_eq!(found[..4], ["p:2333", "b1:2333", "[::2]:2333", "c2:2333"]);
    assert_eq!(found.len(), 10);
    assert_eq!(list("ip=::1\nportm=2333\nportm2=443", false), ["[::1]:2333", "[::1]:443"]);
    assert_eq!(list("ip=p\nportm=443\nportm2=443", true), ["p:443"]);
}

fn servers() -> impl Strategy<Value = Vec<Server>> {
    let server = prop_oneof![
        4 => (0..8_000u64).prop_map(Server::Up),
        3 => (0..70_000u64).prop_map(Server::Down),
        1 => Just(Server::Silent),
    ];
    prop::collection::vec(server, 1..=20)
}

proptest! {
    /// Against arithmetic: attempt k begins at 500 k, and opens when its server lets it.
    #[test]
    fn whoever_opens_first_wins_whatever_the_delays(servers in servers()) {
        let (outcomes, rows) = dial(&servers, Preference::Guide);
        let opens = |(n, server): (usize, &Server)| match server {
            Server::Up(ms) => Some((500 * n as u64 + ms, n)),
            _ => None,
        };
        let first = servers.iter().enumerate().filter_map(opens).min();
        match (first, outcomes.winner) {
            // Two at the same moment: either.
            (Some((ms, _)), Some((_, moment))) => prop_assert_eq!(moment, Duration::from_millis(ms)),
            (None, None) => prop_assert_eq!(outcomes.reasons.len(), servers.len()),
            other => prop_assert!(false, "{:?}", other),
        }
        for row in &rows {
            prop_assert!(row.started <= row.ended || row.ended.is_none());
            prop_assert!(!row.outcome.is_open(), "{:?} is left open", row);
        }
    }

    #[test]
    fn the_browsers_way_takes_its_first_entry_or_whoever_is_there_after_five_seconds(servers in servers()) {
        let (outcomes, _) = dial(&servers, Preference::Browser);
        let opens = |(n, server): (usize, &Server)| match server {
            Server::Up(ms) if n == 0 => Some((*ms, n)),
            Server::Up(ms) => Some(((500 * n as u64 + ms).max(5_000), n)),
            _ => None,
        };
        let first = servers.iter().enumerate().filter_map(opens).map(|(ms, _)| ms).min();
        prop_assert_eq!(outcomes.winner.map(|(_, moment)| moment), first.map(Duration::from_millis));
    }
}
