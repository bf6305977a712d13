//! How sessions connect from now on: what carries them, through which proxy, and how patiently.
//!
//! In: the engine's present choice, and what is typed. Out: a button with its popup, and what was read from it in an action.

use eframe::egui::{Align, Button, Checkbox, Frame, Layout, Popup, PopupCloseBehavior, RectAlign, RichText, Ui};

use super::action::Action;
use super::state::ConnectingForm;
use super::text;
use super::tokens::{self, Palette};
use super::widgets::{self, Cx, Look};
use crate::installation::snapshot::{Connecting, Preference, Transport};

/// A button that says how, and opens the popup.
pub fn button(ui: &mut Ui, cx: &mut Cx<'_>) {
    let now = &cx.shot.connecting;
    let proxy = if now.proxy.is_none() { "" } else { ", by a proxy" };
    let text = format!("Connect: {}{proxy}…", transport_name(now.transport));
    let response = cx.add(ui, Action::ShowConnecting, Button::new(text), "");
    let frame = Frame::popup(ui.style()).inner_margin(tokens::card_margin());
    let shown = Popup::from_toggle_button_response(&response)
        .frame(frame)
        .align(RectAlign::BOTTOM_START)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .show(|ui| form(ui, cx));
    // What was typed and not used is forgotten with the popup.
    if shown.is_none() {
        cx.state.connecting = None;
    }
}

fn form(ui: &mut Ui, cx: &mut Cx<'_>) {
    let palette = Palette::of(ui);
    ui.set_width(tokens::POPUP_FORM_WIDTH);
    widgets::title(ui, "How to connect");
    widgets::weak(ui, "For sessions that are opened from now on.");
    let mut form = cx.state.connecting.take().unwrap_or_else(|| ConnectingForm::of(&cx.shot.connecting));
    widgets::section(ui, "Carrier");
    let transports = [Transport::WebSocket, Transport::SecureWebSocket, Transport::Tcp];
    let transports = transports.map(|transport| (transport, transport_name(transport)));
    widgets::segments(ui, &mut form.transport, &transports);
    ui.label(RichText::new(transport_meaning(form.transport)).size(tokens::TYPE_SMALL).color(palette.weak));
    widgets::section(ui, "HTTP proxy");
    let field = widgets::field(&mut form.proxy, tokens::POPUP_FORM_WIDTH).hint_text("None, or http://host:port");
    ui.add(field).accessible_name("Proxy address");
    let read = form.read().map_err(|why| text::sentence(&why.to_string()));
    if let Err(why) = &read {
        ui.label(RichText::new(why).size(tokens::TYPE_SMALL).color(palette.bad));
    }
    let mut like_the_browser = form.preference == Preference::Browser;
    ui.add(Checkbox::new(&mut like_the_browser, "Like the browser client"))
        .on_hover_text("Take a backup's answer only after 5 s, even if the first server is silent: for comparison");
    form.preference = if like_the_browser { Preference::Browser } else { Preference::Guide };
    remember(ui, cx);
    ui.add_space(tokens::GAP_XS);
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| match read {
        Ok(order) => {
            let order = Connecting { preference: form.preference, ..order };
            if cx.button(ui, Action::SetConnecting(Box::new(order)), Look::Primary).clicked() {
                ui.close();
            }
        }
        Err(why) => {
            let name = Action::SetConnecting(Box::default()).name();
            ui.add_enabled(false, Button::new(name)).on_disabled_hover_text(why);
        }
    });
    cx.state.connecting = Some(form);
}

/// Whether right passwords are kept; also offered where one is typed.
pub fn remember(ui: &mut Ui, cx: &mut Cx<'_>) {
    let mut on = cx.shot.remembers_passwords;
    let action = Action::RememberPasswords(!on);
    let response = ui.add(Checkbox::new(&mut on, "Remember passwords")).on_hover_text(action.tooltip());
    if response.changed() {
        cx.actions.push(action);
    }
}

/// What a carrier is called.
pub fn transport_name(transport: Transport) -> &'static str {
    match transport {
        Transport::WebSocket => "WebSocket",
        Transport::SecureWebSocket => "Secure WebSocket",
        Transport::Tcp => "TCP",
    }
}

fn transport_meaning(transport: Transport) -> &'static str {
    match transport {
        Transport::WebSocket => "ws://, as browsers connect to a plain server",
        Transport::SecureWebSocket => "wss://, with a certificate that is checked",
        Transport::Tcp => "The same bytes directly, as native clients connect",
    }
}
