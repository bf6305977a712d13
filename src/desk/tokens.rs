//! Every size, distance and colour of the window, for light and dark. No other file of the desk holds such a number.
//!
//! In: a theme. Out: constants, a [`Palette`], and egui styles made of them.

use eframe::egui::{
    self, Color32, Context, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, Theme, Ui, Visuals,
    vec2,
};

/// Smallest distance: between parts of one thing, points.
pub const GAP_XS: f32 = 4.0;
/// Between neighbours.
pub const GAP_S: f32 = 8.0;
/// Between groups.
pub const GAP_M: f32 = 12.0;
/// Around a page.
pub const GAP_L: f32 = 20.0;
/// Above an empty state.
pub const GAP_XL: f32 = 48.0;

/// Type sizes, points.
pub const TYPE_SMALL: f32 = 12.0;
/// Body text and controls.
pub const TYPE_BODY: f32 = 14.0;
/// A card's title.
pub const TYPE_TITLE: f32 = 16.0;
/// A page's title.
pub const TYPE_HEADING: f32 = 22.0;
/// Log lines, addresses, ids.
pub const TYPE_MONO: f32 = 12.5;

/// Corners of buttons and fields.
pub const RADIUS_S: u8 = 5;
/// Corners of cards and dialogs.
pub const RADIUS_M: u8 = 8;

/// Height of buttons, fields and navigation rows.
pub const CONTROL_HEIGHT: f32 = 28.0;
/// Height of a row in a list or table.
pub const ROW_HEIGHT: f32 = 28.0;
/// Height of a log line.
pub const LOG_ROW_HEIGHT: f32 = 18.0;
/// Width of the navigation.
pub const SIDEBAR_WIDTH: f32 = 208.0;
/// Width of the list of people.
pub const PEOPLE_WIDTH: f32 = 300.0;
/// Meetings side by side go into two rows rather than become narrower than this.
pub const PANE_WIDTH: f32 = 340.0;
/// A meeting's tab that is lower shows less above its chat.
pub const TAB_LOW: f32 = 420.0;
/// Width of the popup of the office clock.
pub const CLOCK_WIDTH: f32 = 440.0;
/// Width of an attribute's name in the form.
pub const ATTRIBUTE_WIDTH: f32 = 190.0;
/// Height of the badges under a name.
pub const BADGES_HEIGHT: f32 = 20.0;
/// A meeting's tab that is narrower shows its people behind a button.
pub const TAB_NARROW: f32 = 640.0;
/// Height of an operator's notice, from which on it scrolls.
pub const NOTICE_HEIGHT: f32 = 96.0;
/// Height of the people behind that button.
pub const PEOPLE_HEIGHT: f32 = 320.0;
/// Height of the status bar, margins left out.
pub const STATUS_HEIGHT: f32 = 20.0;
/// Width of a form's labels.
pub const FORM_LABEL_WIDTH: f32 = 104.0;
/// Width of a form's fields.
pub const FORM_FIELD_WIDTH: f32 = 320.0;
/// Width of a form's fields that hold a number or a word.
pub const FORM_SHORT_WIDTH: f32 = 120.0;
/// Lines of text get no wider than this.
pub const READING_WIDTH: f32 = 560.0;
/// Pages that are forms or cards get no wider than this.
pub const PAGE_WIDTH: f32 = 1080.0;
/// Width of dialogs.
pub const DIALOG_WIDTH: f32 = 440.0;
/// Width of toasts.
pub const TOAST_WIDTH: f32 = 340.0;
/// Width of a filter box.
pub const FILTER_WIDTH: f32 = 240.0;
/// Width of the column of times in a chat.
pub const CHAT_TIME_WIDTH: f32 = 52.0;
/// Width of a combo box with short choices.
pub const COMBO_WIDTH: f32 = 110.0;
/// Height of the log panel when it is first opened.
pub const LOG_HEIGHT: f32 = 190.0;
/// Least height of the log panel.
pub const LOG_MIN_HEIGHT: f32 = 96.0;
/// Height of the player's seek bar, marks included.
pub const SEEK_HEIGHT: f32 = 24.0;
/// Height of its rail.
pub const SEEK_RAIL: f32 = 4.0;
/// Radius of its handle.
pub const SEEK_KNOB: f32 = 7.0;
/// Height of a chat mark above and below the rail.
pub const SEEK_MARK: f32 = 5.0;
/// Height of an address in the timeline of a dialling.
pub const TIMELINE_ROW: f32 = 21.0;
/// The same where there are many.
pub const TIMELINE_DENSE_ROW: f32 = 18.0;
/// Height of its bar.
pub const TIMELINE_BAR: f32 = 9.0;
/// Width of the column of addresses.
pub const TIMELINE_ADDRESS: f32 = 196.0;
/// Least width of the bars; what is left is for the words.
pub const TIMELINE_BARS: f32 = 150.0;
/// A timeline gets no wider than this.
pub const TIMELINE_WIDTH: f32 = 820.0;
/// A timeline in a popup gets no higher than this; the rest is scrolled to.
pub const TIMELINE_HEIGHT: f32 = 240.0;
/// Width of a bar that is over before it can be seen.
pub const TIMELINE_SLIVER: f32 = 3.0;
/// Room of a tick's label.
pub const TIMELINE_TICK: f32 = 44.0;
/// Width of the labels in a popup of facts.
pub const FACT_LABEL_WIDTH: f32 = 80.0;
/// Width of a popup of facts.
pub const POPUP_WIDTH: f32 = 600.0;
/// Width of a popup that is a small form.
pub const POPUP_FORM_WIDTH: f32 = 330.0;
/// How strong a page is that waits for its connection.
pub const DIMMED: f32 = 0.55;
/// How strong an outline or a line is against its text's colour.
pub const FAINT: f32 = 0.5;
/// How strong a tinted background is.
pub const TINT: f32 = 0.12;
/// Side of an icon.
pub const ICON: f32 = 14.0;
/// Side of the triangle that says which way a column is sorted.
pub const SORT_MARK: f32 = 10.0;
/// Width of an icon's lines.
pub const ICON_LINE: f32 = 1.3;
/// Radius of a state dot.
pub const DOT: f32 = 4.5;
/// Width of hairlines.
pub const HAIRLINE: f32 = 1.0;
/// Width of emphasised lines: focus rings, the coloured edge of a toast.
pub const EMPHASIS: f32 = 3.0;
/// Bytes set aside for a password being typed: more than the longest one.
pub const PASSWORD_ROOM: usize = 256;
/// How long a toast that only informs stays, seconds.
pub const TOAST_SECONDS: f64 = 8.0;
/// The window gets no smaller than this.
pub const MINIMUM_WINDOW: [f32; 2] = [900.0, 600.0];
/// The window when it is first opened.
pub const FIRST_WINDOW: [f32; 2] = [1280.0, 800.0];

/// First width of a column of names, ids or words.
pub const COLUMN_NAME: f32 = 92.0;
/// First width of a column of dates.
pub const COLUMN_DATE: f32 = 124.0;
/// First width of a column of numbers.
pub const COLUMN_NUMBER: f32 = 64.0;
/// From this width on the recordings table shows all its columns.
pub const RECORDING_WIDE: f32 = 960.0;
/// Height of a row of the inspector.
pub const INSPECTOR_ROW: f32 = 22.0;
/// Width of its column of times.
pub const INSPECTOR_TIME: f32 = 92.0;
/// First width of its column of connections.
pub const INSPECTOR_LABEL: f32 = 176.0;
/// First width of its column of names.
pub const INSPECTOR_NAME: f32 = 164.0;
/// Width of its filter box.
pub const INSPECTOR_FILTER: f32 = 170.0;
/// Width of its choice of a connection.
pub const INSPECTOR_CONNECTION: f32 = 170.0;
/// Height of the chosen message when it is first shown.
pub const INSPECTED_HEIGHT: f32 = 210.0;
/// Width of a dump of bytes, sixteen a line.
pub const HEX_WIDTH: f32 = 600.0;
/// The same with eight a line.
pub const HEX_NARROW: f32 = 350.0;
/// Least width of the fields beside it.
pub const FIELDS_WIDTH: f32 = 300.0;
/// Least width of the title column.
pub const RECORDING_TITLE_MIN: f32 = 120.0;
/// The list of status files.
pub const STATUS_FILES_WIDTH: f32 = 232.0;
/// One of them: its kind above its name.
pub const STATUS_FILE_HEIGHT: f32 = 44.0;
/// With less room the meaning of an entry stands below it.
pub const STATUS_WIDE: f32 = 680.0;

/// Margin of a card.
pub fn card_margin() -> Margin {
    Margin::same(14)
}

/// Margin of dialogs and popovers.
pub fn dialog_margin() -> Margin {
    Margin::same(18)
}

/// Margin of a page.
pub fn page_margin() -> Margin {
    Margin { left: 24, right: 24, top: 18, bottom: 14 }
}

/// Margin of bars: status, log, headers.
pub fn bar_margin() -> Margin {
    Margin::symmetric(14, 5)
}

/// Margin of the header and footer of a tab.
pub fn tab_bar_margin() -> Margin {
    Margin::symmetric(20, 10)
}

/// Margin of a strip in a tab: floor bar, prompts, notices.
pub fn strip_margin() -> Margin {
    Margin::symmetric(20, 5)
}

/// Margin of the navigation.
pub fn sidebar_margin() -> Margin {
    Margin { left: 10, right: 10, top: 14, bottom: 10 }
}

/// Margin of a chip.
pub fn chip_margin() -> Margin {
    Margin::symmetric(6, 1)
}

/// Margin inside text fields.
pub fn field_margin() -> Margin {
    Margin::symmetric(8, 4)
}

/// The colours of one theme.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Behind pages.
    pub page: Color32,
    /// Cards, fields, lists.
    pub surface: Color32,
    /// Navigation, status bar.
    pub chrome: Color32,
    /// Hairlines.
    pub line: Color32,
    /// Buttons at rest, hovered, pressed.
    pub control: [Color32; 3],
    /// Body text.
    pub text: Color32,
    /// Titles and names.
    pub strong: Color32,
    /// Explanations, labels.
    pub weak: Color32,
    /// Links, own lines, focus.
    pub accent: Color32,
    /// The one main button of a place.
    pub primary: Color32,
    /// Text on it.
    pub on_primary: Color32,
    /// Behind what is chosen.
    pub selected: Color32,
    /// Running, in the meeting.
    pub good: Color32,
    /// To be looked at; notices.
    pub warn: Color32,
    /// Failed, refused, ending things.
    pub bad: Color32,
    /// Private lines.
    pub private: Color32,
    /// Tell several connections apart; what each is stands beside it.
    pub series: [Color32; 6],
    /// Every second row.
    pub stripe: Color32,
    /// Behind a dialog.
    pub veil: Color32,
}

impl Palette {
    /// The colours that `ui` is drawn in.
    pub fn of(ui: &Ui) -> &'static Palette {
        if ui.visuals().dark_mode { &DARK } else { &LIGHT }
    }

    /// The colour of the n-th of several; they come round again.
    pub fn of_series(&self, n: u32) -> Color32 {
        let len = self.series.len();
        usize::try_from(n).ok().and_then(|n| self.series.get(n % len)).copied().unwrap_or(self.weak)
    }

    fn for_theme(theme: Theme) -> &'static Palette {
        match theme {
            Theme::Dark => &DARK,
            Theme::Light => &LIGHT,
        }
    }
}

/// Gives a context the desk's look, for both themes.
pub fn install(ctx: &Context) {
    for theme in [Theme::Light, Theme::Dark] {
        let palette = Palette::for_theme(theme);
        ctx.set_visuals_of(theme, visuals(theme, palette));
    }
    ctx.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Small, FontId::new(TYPE_SMALL, FontFamily::Proportional)),
            (TextStyle::Body, FontId::new(TYPE_BODY, FontFamily::Proportional)),
            (TextStyle::Button, FontId::new(TYPE_BODY, FontFamily::Proportional)),
            (TextStyle::Heading, FontId::new(TYPE_HEADING, FontFamily::Proportional)),
            (TextStyle::Monospace, FontId::new(TYPE_MONO, FontFamily::Monospace)),
        ]
        .into();
        let spacing = &mut style.spacing;
        spacing.item_spacing = vec2(GAP_S, GAP_S);
        spacing.button_padding = vec2(GAP_M, GAP_XS);
        spacing.interact_size.y = CONTROL_HEIGHT;
        spacing.menu_margin = Margin::same(6);
        spacing.combo_width = COMBO_WIDTH;
        spacing.tooltip_width = DIALOG_WIDTH;
        // A bar that floats over the text hides the end of long lines.
        spacing.scroll =
            egui::style::ScrollStyle { floating: false, bar_width: 8.0, ..egui::style::ScrollStyle::solid() };
        style.interaction.tooltip_delay = 0.4;
    });
}

fn visuals(theme: Theme, palette: &Palette) -> Visuals {
    let mut visuals = match theme {
        Theme::Dark => Visuals::dark(),
        Theme::Light => Visuals::light(),
    };
    visuals.override_text_color = None;
    visuals.weak_text_color = Some(palette.weak);
    visuals.panel_fill = palette.page;
    visuals.window_fill = palette.surface;
    visuals.window_stroke = Stroke::new(HAIRLINE, palette.line);
    visuals.window_corner_radius = CornerRadius::same(RADIUS_M);
    visuals.menu_corner_radius = CornerRadius::same(RADIUS_S);
    visuals.extreme_bg_color = palette.surface;
    visuals.text_edit_bg_color = Some(palette.surface);
    visuals.faint_bg_color = palette.stripe;
    visuals.code_bg_color = palette.chrome;
    visuals.hyperlink_color = palette.accent;
    visuals.warn_fg_color = palette.warn;
    visuals.error_fg_color = palette.bad;
    visuals.selection.bg_fill = palette.selected;
    visuals.selection.stroke = Stroke::new(HAIRLINE, palette.accent);
    visuals.popup_shadow = Shadow { offset: [0, 4], blur: 14, spread: 0, color: Color32::from_black_alpha(40) };
    visuals.window_shadow = visuals.popup_shadow;
    visuals.indent_has_left_vline = false;
    visuals.striped = false;

    let widgets = &mut visuals.widgets;
    widgets.noninteractive.bg_stroke = Stroke::new(HAIRLINE, palette.line);
    widgets.noninteractive.fg_stroke = Stroke::new(HAIRLINE, palette.text);
    let states = [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active];
    for (state, fill) in states.into_iter().zip(palette.control) {
        (state.bg_fill, state.weak_bg_fill) = (fill, fill);
        state.bg_stroke = Stroke::new(HAIRLINE, palette.line);
        state.fg_stroke = Stroke::new(HAIRLINE, palette.strong);
        state.expansion = 0.0;
    }
    widgets.hovered.bg_stroke.color = palette.weak;
    widgets.active.bg_stroke.color = palette.accent;
    widgets.open = widgets.hovered;
    for state in [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ] {
        state.corner_radius = CornerRadius::same(RADIUS_S);
    }
    visuals
}

const fn rgb(hex: u32) -> Color32 {
    let [_, r, g, b] = hex.to_be_bytes();
    Color32::from_rgb(r, g, b)
}

static LIGHT: Palette = Palette {
    page: rgb(0xf7f8fa),
    surface: rgb(0xffffff),
    chrome: rgb(0xeceff3),
    line: rgb(0xd5dae1),
    control: [rgb(0xffffff), rgb(0xf0f3f7), rgb(0xe3e8ef)],
    text: rgb(0x283241),
    strong: rgb(0x10161f),
    weak: rgb(0x5a6676),
    accent: rgb(0x1d55c4),
    primary: rgb(0x2a63d6),
    on_primary: rgb(0xffffff),
    selected: rgb(0xd6e3fb),
    good: rgb(0x1b7f45),
    warn: rgb(0x96590a),
    bad: rgb(0xbb2d26),
    private: rgb(0x7638b0),
    series: [rgb(0x2a63d6), rgb(0xb35c00), rgb(0x0e8074), rgb(0x8b3fc0), rgb(0xb8326f), rgb(0x5f7a1a)],
    stripe: rgb(0xf2f4f7),
    veil: Color32::from_black_alpha(70),
};

static DARK: Palette = Palette {
    page: rgb(0x171a1f),
    surface: rgb(0x1f232a),
    chrome: rgb(0x121519),
    line: rgb(0x333a44),
    control: [rgb(0x2a3038), rgb(0x343b45), rgb(0x3e4652)],
    text: rgb(0xcfd6df),
    strong: rgb(0xf1f4f8),
    weak: rgb(0x98a3b2),
    accent: rgb(0x7fa9ff),
    primary: rgb(0x2f66d8),
    on_primary: rgb(0xffffff),
    selected: rgb(0x27406f),
    good: rgb(0x4fbf7c),
    warn: rgb(0xe0a64a),
    bad: rgb(0xf0766d),
    private: rgb(0xc395f2),
    series: [rgb(0x7fa9ff), rgb(0xf0a35a), rgb(0x4fc9bb), rgb(0xc395f2), rgb(0xf283b3), rgb(0xb2cc5c)],
    stripe: rgb(0x242931),
    veil: Color32::from_black_alpha(130),
};
