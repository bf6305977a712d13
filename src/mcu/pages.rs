//! What the MCU's port answers to a browser: one small page, so that somebody who opens the address sees what it is.
//!
//! In: GET /. Out: text. Names of meetings and people stay inside: anybody may ask.

use std::sync::Arc;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use tokio::sync::watch;

use super::McuSnapshot;

pub(super) fn router(snapshot: watch::Receiver<Arc<McuSnapshot>>) -> Router {
    Router::new().route("/", get(move || page(snapshot.clone())))
}

async fn page(snapshot: watch::Receiver<Arc<McuSnapshot>>) -> Html<String> {
    let meetings = snapshot.borrow().meetings.len();
    let count = if meetings == 1 { "1 meeting is open".to_owned() } else { format!("{meetings} meetings are open") };
    Html(format!(
        "<!doctype html><meta charset=utf-8><title>HIT Deck MCU</title>\
         <h1>HIT Deck MCU</h1><p>This is a meeting server. {count}.</p>\
         <p>Join with a jnj file; a browser cannot join by this address alone.</p>"
    ))
}
