//! `hitdeck`: parses the command line, then the window or a command.

use std::process::ExitCode;

use clap::Parser as _;
use hitdeck::cli::{Arguments, Dispatch};
use hitdeck::installation::logbook::{self, Logbook};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let logbook = Logbook::default();
    logbook::start(&logbook, arguments.verbose());
    match arguments.dispatch() {
        Dispatch::Done(status) => status,
        Dispatch::Window(request) => window(request, logbook),
    }
}

#[cfg(feature = "desk")]
fn window(request: hitdeck::cli::WindowRequest, logbook: Logbook) -> ExitCode {
    match hitdeck::desk::launch::launch(request.open, request.demo, request.more_people, request.clock, logbook) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("hitdeck: {failure}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(feature = "desk"))]
fn window(_: hitdeck::cli::WindowRequest, _: Logbook) -> ExitCode {
    eprintln!("hitdeck: built without the window (feature `desk`); see hitdeck --help for the commands");
    ExitCode::from(2)
}
