//! One line of chat to every receiver over loopback sockets, as deliveries in a second of the sending side's processor time; and the
//! same number of bytes written to as many bare TCP connections.
//!
//! The sending side has a thread of its own, whose processor time the kernel counts; receivers run on another one.

use std::time::Duration;

use hitdeck::client::{Client, ClientCommand, ClientEvent, ClientOptions, Move};
use hitdeck::wire::ToClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::broadcast;

use super::crowd::{Crowd, all_inside};

/// Deliveries a second of processor time.
pub struct Rate {
    pub deliveries: usize,
    pub processor: Duration,
}

impl Rate {
    pub fn a_second(&self) -> f64 {
        self.deliveries as f64 / self.processor.as_secs_f64().max(1e-9)
    }
}

/// Through our MCU: everybody says a line in turn, and the next one speaks when all have heard it.
pub fn meeting(people: usize, lines: usize) -> Rate {
    let server = one_thread("mcu");
    let clients = one_thread("clients");
    let crowd = server.block_on(async { tokio::spawn(Crowd::expected()).await.unwrap() });
    let files: Vec<_> = (0..people).map(|n| crowd.issue(n)).collect();
    let clock = crowd.clock.clone();
    let (processor, inside) = clients.block_on(async {
        let join = |jnj| Client::start(jnj, ClientOptions::new(clock.clone()));
        let clients: Vec<_> = files.into_iter().map(join).collect();
        all_inside(&clients).await;
        let mut ears: Vec<_> = clients.iter().map(Client::events).collect();
        let before = processor_time("mcu");
        for n in 0..lines {
            let line = format!("line {n:06}, of the length that people write");
            assert!(clients[n % people].command(ClientCommand::Do(Move::Say(line))));
            for ear in &mut ears {
                hear(ear).await;
            }
        }
        (processor_time("mcu") - before, clients)
    });
    server.block_on(crowd.leaves(inside));
    Rate { deliveries: people * lines, processor }
}

async fn hear(ear: &mut broadcast::Receiver<ClientEvent>) {
    loop {
        match ear.recv().await {
            Ok(ClientEvent::Message(message)) if matches!(*message, ToClient::Chat(_)) => return,
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => panic!("a client ended"),
        }
    }
}

/// The same without a meeting: `bytes` to every connection, one write each, and on when all have them.
pub fn raw(people: usize, lines: usize, bytes: usize) -> Rate {
    let server = one_thread("raw");
    let clients = one_thread("clients");
    let (mut writers, mut readers) = server.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mut writers, mut readers) = (Vec::new(), Vec::new());
        for _ in 0..people {
            let (dialled, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
            let (dialled, (accepted, _)) = (dialled.unwrap(), accepted.unwrap());
            for socket in [&dialled, &accepted] {
                socket.set_nodelay(true).unwrap();
            }
            // The readers live on the other side's thread.
            readers.push(dialled.into_std().unwrap());
            writers.push(accepted);
        }
        (writers, std::mem::take(&mut readers))
    });
    let (go, mut went) = tokio::sync::mpsc::channel::<()>(1);
    let reading = std::thread::spawn(move || {
        clients.block_on(async {
            let mut readers: Vec<_> = readers.drain(..).map(|r| TcpStream::from_std(r).unwrap()).collect();
            let mut buffer = vec![0; bytes];
            for _ in 0..lines {
                for reader in &mut readers {
                    reader.read_exact(&mut buffer).await.unwrap();
                }
                go.send(()).await.unwrap();
            }
        });
    });
    let processor = server.block_on(async {
        tokio::spawn(async move {
            let line = vec![7; bytes];
            let before = processor_time("raw");
            for _ in 0..lines {
                for writer in &mut writers {
                    writer.write_all(&line).await.unwrap();
                }
                went.recv().await.unwrap();
            }
            processor_time("raw") - before
        })
        .await
        .unwrap()
    });
    reading.join().unwrap();
    Rate { deliveries: people * lines, processor }
}

fn one_thread(name: &str) -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name(name).enable_all().build().unwrap()
}

/// Processor time of this process's threads of that name, in user and system, as the kernel counts it in hundredths of a second.
fn processor_time(name: &str) -> Duration {
    let mut ticks = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        // A thread may have ended in between.
        let Ok(stat) = std::fs::read_to_string(task.unwrap().path().join("stat")) else { continue };
        let Some((before, after)) = stat.rsplit_once(") ") else { continue };
        if before.split_once('(').is_some_and(|(_, found)| found == name) {
            let fields: Vec<&str> = after.split(' ').collect();
            ticks += fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        }
    }
    Duration::from_millis(ticks * 10)
}
