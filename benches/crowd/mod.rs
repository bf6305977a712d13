//! An MCU and the people of one meeting, for the benches about crowds.

use hitdeck::client::{Client, Phase};
use hitdeck::clock::Clock;
use hitdeck::hit::jnj::Jnj;
use hitdeck::hit::request::CommandKind;
use hitdeck::installation::Installation;
use hitdeck::installation::order::{GuestOrder, RequestOrder};
use hitdeck::mcu::Mcu;

pub struct Crowd {
    pub mcu: Mcu,
    pub clock: Clock,
    installation: Installation,
    // Goes last.
    _folder: tempfile::TempDir,
}

impl Crowd {
    pub async fn expected() -> Crowd {
        let folder = tempfile::tempdir().unwrap();
        let installation = Installation::init(&folder.path().join("desk")).unwrap();
        let clock = Clock::system();
        let (config, key) = installation.mcu("127.0.0.1:0".parse().unwrap(), clock.clone()).unwrap();
        let mcu = Mcu::start(config, key).await.unwrap();
        Crowd { mcu, clock, installation, _folder: folder }
    }

    /// A jnj for person n; 0 is the owner.
    pub fn issue(&self, n: usize) -> Jnj {
        let guest = GuestOrder { id: format!("g{n}"), name: format!("Guest {n}"), invited: true, ticket: false };
        let order = RequestOrder {
            owner: ("olive".into(), "Olive".into()),
            meeting_id: "crowd".into(),
            command: CommandKind::Meeting,
            guest: (n > 0).then_some(guest),
            group: None,
            duration_min: 60,
            title: String::new(),
            password: None,
            recorded: true,
            set: Vec::new(),
        };
        self.installation.issue(&order.request(self.clock.now()).unwrap(), self.mcu.address()).unwrap()
    }

    pub async fn leaves(self, clients: Vec<Client>) {
        for client in clients {
            client.finish().await;
        }
        self.mcu.shutdown().await;
    }
}

pub async fn all_inside(clients: &[Client]) {
    for client in clients {
        client.watch().wait_for(|state| state.phase == Phase::InMeeting && state.view.initialised).await.unwrap();
    }
}
