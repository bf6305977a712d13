//! How sessions connect from now on: what carries them, through which proxy, and how patiently.
//!
//! In: the engine's present choice, and what is typed. Out: a button with its popup, and a checked [`Connecting`] in an action.

use eframe::egui::{Align, Button, Checkbox, Frame, Layout, Popup, PopupCloseBehavior, RectAlign, RichText, Ui};

use super::action::Action;
use super::tokens::{self, Palette};
use super::widgets::{self, Cx, Look};
use crate::installation::snapshot::{Carrier, Connecting};

/// A button that says how, and opens the popup.
pub fn button(ui: &mut Ui, cx: &mut Cx<'_>) {
    let now = &cx.shot.connecting;
    let proxy = if now.proxy.is_empty() { "" } else { ", by a proxy" };
    let text = format!("Connect: {}{proxy}…", carrier_name(now.carrier));
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
    let mut draft = cx.state.connecting.clone().unwrap_or_else(|| cx.shot.connecting.clone());
    widgets::section(ui, "Carrier");
    let carriers = [Carrier::WebSocket, Carrier::Secure, Carrier::Tcp].map(|carrier| (carrier, carrier_name(carrier)));
    widgets::segments(ui, &mut draft.carrier, &carriers);
    ui.label(RichText::new(carrier_meaning(draft.carrier)).size(tokens::TYPE_SMALL).color(palette.weak));
    widgets::section(ui, "HTTP proxy");
    let field = widgets::field(&mut draft.proxy, tokens::POPUP_FORM_WIDTH).hint_text("None, or http://host:port");
    ui.add(field).accessible_name("Proxy address");
    let checked = check_proxy(&draft.proxy);
    if let Err(why) = &checked {
        ui.label(RichText::new(*why).size(tokens::TYPE_SMALL).color(palette.bad));
    }
    ui.add(Checkbox::new(&mut draft.like_the_browser, "Like the browser client"))
        .on_hover_text("Take a backup's answer only after 5 s, even if the first server is silent: for comparison");
    ui.add_space(tokens::GAP_XS);
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| match checked {
        Ok(proxy) => {
            let order = Connecting { proxy, ..draft.clone() };
            if cx.button(ui, Action::SetConnecting(Box::new(order)), Look::Primary).clicked() {
                ui.close();
            }
        }
        Err(why) => {
            let name = Action::SetConnecting(Box::default()).name();
            ui.add_enabled(false, Button::new(name)).on_disabled_hover_text(why);
        }
    });
    cx.state.connecting = Some(draft);
}

/// What is wrong with a proxy as typed, or the proxy as it is used: `http://[user:password@]host:port`, or empty.
///
/// # Errors
///
/// A sentence for the form.
pub fn check_proxy(typed: &str) -> Result<String, &'static str> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(String::new());
    }
    let Some(rest) = typed.strip_prefix("http://") else {
        return Err("It begins with http:// (other kinds of proxy are not supported).");
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains(char::is_whitespace) || rest.contains('/') {
        return Err("Spaces and paths have no place in it: http://host:port");
    }
    // A password may hold an at sign; a host may not.
    let place = match rest.rsplit_once('@') {
        Some((login, _)) if !login.contains(':') => {
            return Err("A user needs a password: http://user:password@host:port");
        }
        Some((_, place)) => place,
        None => rest,
    };
    let Some((host, port)) = place.rsplit_once(':') else { return Err("The port is missing: http://host:port") };
    if host.is_empty() {
        return Err("The host is missing: http://host:port");
    }
    if (host.starts_with('[') != host.ends_with(']')) || (!host.starts_with('[') && host.contains(':')) {
        return Err("An IPv6 address stands in brackets: http://[::1]:8080");
    }
    match port.parse::<u16>() {
        Ok(1..) => Ok(format!("http://{rest}")),
        _ => Err("A port is a number from 1 to 65535."),
    }
}

/// What a carrier is called.
pub fn carrier_name(carrier: Carrier) -> &'static str {
    match carrier {
        Carrier::WebSocket => "WebSocket",
        Carrier::Secure => "Secure WebSocket",
        Carrier::Tcp => "TCP",
    }
}

fn carrier_meaning(carrier: Carrier) -> &'static str {
    match carrier {
        Carrier::WebSocket => "ws://, as browsers connect to a plain server",
        Carrier::Secure => "wss://, with a certificate that is checked",
        Carrier::Tcp => "The same bytes directly, as native clients connect",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_checked_while_it_is_typed() {
        let right = [
            "",
            "  ",
            "http://proxy:8080",
            "http://proxy:8080/",
            "http://me:s@cret@proxy.example:1",
            "http://[::1]:80",
        ];
        for typed in right {
            assert!(check_proxy(typed).is_ok(), "{typed}: {:?}", check_proxy(typed));
        }
        let wrong = [
            "h",
            "http://",
            "proxy:8080",
            "https://proxy:8080",
            "http://proxy",
            "http://:80",
            "http://proxy:0",
            "http://proxy:65536",
            "http://me@proxy:80",
            "http://::1:80",
            "http://proxy:80/path",
            "http://pro xy:80",
        ];
        for typed in wrong {
            assert!(check_proxy(typed).is_err(), "{typed}");
        }
        assert_eq!(check_proxy(" http://proxy:8080/ ").as_deref(), Ok("http://proxy:8080"));
    }
}
