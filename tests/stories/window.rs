//! What one click in the window makes the engine do, over real sockets.

use hitdeck::clock::Clock;
use hitdeck::installation::command::{Command, SecretText};
use hitdeck::installation::order::RequestOrder;
use hitdeck::installation::snapshot::{Ending, Refusal, SessionPhase};

use crate::stage::{Window, owner};

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_jnj_of_our_own_is_issued_again_and_lets_its_person_in() {
    for password in [None, Some("open sesame")] {
        let window = Window::open().await;
        let an_hour_ago = Clock::system().now().unix_seconds() - 3600;
        let set = vec![format!("timestamp.value={an_hour_ago}")];
        window.join(&RequestOrder { password: password.map(str::to_owned), set, ..owner("stale") });
        let refused = SessionPhase::Ended(Ending::Refused(Refusal::WrongUserinfo2));
        let tab = window.until_session(|phase| *phase == refused).await;
        window.until(|s| s.sessions[0].can_reissue).await;
        window.send(Command::Reissue(tab));
        if let Some(password) = password {
            let asked = |phase: &SessionPhase| *phase == SessionPhase::PasswordWanted { again: false };
            window.until_session(asked).await;
            window.send(Command::AnswerPassword(tab, Some(SecretText::new(password.to_owned()))));
        }
        window.until_session(|phase| *phase == SessionPhase::InMeeting).await;
        window.close().await;
    }
}
