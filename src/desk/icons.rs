//! The few icons of the window, painted: no font that is sure to be there has them.
//!
//! In: a kind and a colour. Out: shapes. What an icon means also stands beside it, or in its name and tooltip.

use eframe::egui::{self, Color32, Pos2, Rect, Response, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, pos2};

use super::tokens;

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A running microphone.
    Microphone,
    /// A running camera.
    Camera,
    /// A list opens below; largest first.
    Down,
    /// Smallest first.
    Up,
    /// It worked.
    Check,
    /// It did not.
    Cross,
    /// Came in.
    In,
    /// Went out.
    Out,
}

/// An icon in a row of text, with what it means as name and tooltip.
pub fn show(ui: &mut Ui, icon: Icon, colour: Color32, meaning: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(tokens::ICON), Sense::hover());
    paint(ui, icon, rect, colour);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, meaning));
    response.on_hover_text(meaning)
}

/// Paints an icon into a square.
pub fn paint(ui: &Ui, icon: Icon, rect: Rect, colour: Color32) {
    let at = |x: f32, y: f32| pos2(rect.left() + x * rect.width(), rect.top() + y * rect.height());
    let stroke = Stroke::new(tokens::ICON_LINE, colour);
    let painter = ui.painter();
    match icon {
        Icon::Microphone => {
            painter.rect_filled(Rect::from_min_max(at(0.36, 0.06), at(0.64, 0.58)), tokens::ICON * 0.14, colour);
            let cup: Vec<Pos2> = (0..=8)
                .map(|n| {
                    let angle = std::f32::consts::PI * n as f32 / 8.0;
                    at(0.5 + 0.28 * angle.cos(), 0.48 + 0.26 * angle.sin())
                })
                .collect();
            painter.add(Shape::line(cup, stroke));
            painter.line_segment([at(0.5, 0.74), at(0.5, 0.94)], stroke);
            painter.line_segment([at(0.32, 0.94), at(0.68, 0.94)], stroke);
        }
        Icon::Camera => {
            painter.rect_filled(Rect::from_min_max(at(0.04, 0.24), at(0.66, 0.78)), tokens::ICON * 0.12, colour);
            painter.add(egui::Shape::convex_polygon(
                vec![at(0.70, 0.48), at(0.96, 0.28), at(0.96, 0.74), at(0.70, 0.56)],
                colour,
                Stroke::NONE,
            ));
        }
        Icon::Down => triangle(ui, [at(0.2, 0.36), at(0.8, 0.36), at(0.5, 0.72)], colour),
        Icon::Up => triangle(ui, [at(0.2, 0.66), at(0.8, 0.66), at(0.5, 0.30)], colour),
        Icon::Check => {
            painter.add(Shape::line(vec![at(0.16, 0.54), at(0.40, 0.78), at(0.86, 0.22)], stroke));
        }
        Icon::Cross => {
            painter.line_segment([at(0.2, 0.2), at(0.8, 0.8)], stroke);
            painter.line_segment([at(0.8, 0.2), at(0.2, 0.8)], stroke);
        }
        Icon::In => {
            painter.line_segment([at(0.12, 0.5), at(0.88, 0.5)], stroke);
            painter.add(Shape::line(vec![at(0.42, 0.22), at(0.12, 0.5), at(0.42, 0.78)], stroke));
        }
        Icon::Out => {
            painter.line_segment([at(0.12, 0.5), at(0.88, 0.5)], stroke);
            painter.add(Shape::line(vec![at(0.58, 0.22), at(0.88, 0.5), at(0.58, 0.78)], stroke));
        }
    }
}

fn triangle(ui: &Ui, points: [Pos2; 3], colour: Color32) {
    ui.painter().add(Shape::convex_polygon(points.to_vec(), colour, Stroke::NONE));
}
