//! Paints the moving picture. The only file that touches the browser's canvas.

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::editor::geometry::{Camera, Rect, Size};
use crate::editor::scene::{DOT_RADIUS, DotStyle, DrawCmd, Scene, Shape};
use crate::topology::document::Point;
use crate::ui::browser;

/// Colors by [`DotStyle::index`], read from the design tokens.
#[derive(Clone, Debug, Default, PartialEq)]
struct Palette([String; 7]);

impl Palette {
    fn read() -> Self {
        let mut colors: [String; 7] = Default::default();
        let style = browser::document()
            .document_element()
            .and_then(|root| browser::window().get_computed_style(&root).ok().flatten());
        if let Some(style) = style {
            for dot in DotStyle::ALL {
                let value = style.get_property_value(dot.token()).unwrap_or_default();
                colors[dot.index()] = value.trim().to_owned();
            }
        }
        Self(colors)
    }
}

/// A canvas and what is needed to paint on it.
#[derive(Debug)]
pub struct Painter {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    palette: Palette,
    /// The root element's theme for which the palette was read.
    theme: Option<String>,
    /// Canvas pixels per CSS pixel.
    density: f64,
}

impl Painter {
    /// `None` where the browser has no 2D canvas to give: the stage then shows no dots, and works otherwise.
    #[must_use]
    pub fn new(canvas: HtmlCanvasElement) -> Option<Self> {
        let context = canvas.get_context("2d").ok().flatten()?.dyn_into::<CanvasRenderingContext2d>().ok()?;
        Some(Self { canvas, context, palette: Palette::read(), theme: theme(), density: 1.0 })
    }

    /// Reads the colors again if the theme changed; true if it did.
    pub fn follow_theme(&mut self) -> bool {
        let now = theme();
        if now == self.theme && !self.palette.0[0].is_empty() {
            return false;
        }
        self.theme = now;
        self.palette = Palette::read();
        true
    }

    /// Makes the canvas as large as the stage; true if that changed it (which also wipes it).
    pub fn resize(&mut self, size: Size) -> bool {
        self.density = browser::window().device_pixel_ratio().clamp(1.0, 3.0);
        let pixels = |length: f64| (length * self.density).round().max(1.0) as u32;
        let (width, height) = (pixels(size.width), pixels(size.height));
        if self.canvas.width() == width && self.canvas.height() == height {
            return false;
        }
        self.canvas.set_width(width);
        self.canvas.set_height(height);
        true
    }

    /// Paints the scene as the camera sees it, over nothing.
    pub fn paint(&self, scene: &Scene, camera: Camera) {
        let context = &self.context;
        let scale = camera.zoom * self.density;
        // A refused transform leaves the last picture standing: nothing to repair.
        let _ = context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
        context.clear_rect(0.0, 0.0, f64::from(self.canvas.width()), f64::from(self.canvas.height()));
        let (left, top) = camera.offset();
        let _ = context.set_transform(scale, 0.0, 0.0, scale, left * self.density, top * self.density);
        // Zoomed far out, dots keep a size that can be seen.
        let radius = DOT_RADIUS * (0.6 / camera.zoom).max(1.0);
        let span = |pixels: u32| f64::from(pixels) / scale;
        let (width, height) = (span(self.canvas.width()), span(self.canvas.height()));
        let view = Rect { x: camera.x, y: camera.y, width, height }.grown(2.0 * radius);
        for command in scene {
            match command {
                DrawCmd::Dots { style, points } => self.dots(*style, points, &view, radius),
            }
        }
    }

    fn dots(&self, style: DotStyle, points: &[Point], view: &Rect, radius: f64) {
        let context = &self.context;
        let color = &self.palette.0[style.index()];
        context.begin_path();
        for point in points.iter().filter(|point| view.contains(**point)) {
            outline(context, style.shape(), *point, radius);
        }
        match style.shape() {
            Shape::Ring | Shape::Cross => {
                context.set_stroke_style_str(color);
                context.set_line_width(radius * 0.55);
                context.stroke();
            }
            _ => {
                context.set_fill_style_str(color);
                context.fill();
            }
        }
    }
}

fn theme() -> Option<String> {
    browser::document().document_element().and_then(|root| root.get_attribute("data-theme"))
}

/// Adds one dot's outline to the current path.
fn outline(context: &CanvasRenderingContext2d, shape: Shape, at: Point, radius: f64) {
    let Point { x, y } = at;
    let circle = |radius: f64| {
        context.move_to(x + radius, y);
        // Refused only for a negative radius.
        let _ = context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
    };
    let polygon = |corners: &[(f64, f64)]| {
        for (place, (dx, dy)) in corners.iter().enumerate() {
            if place == 0 {
                context.move_to(x + dx * radius, y + dy * radius);
            } else {
                context.line_to(x + dx * radius, y + dy * radius);
            }
        }
        context.close_path();
    };
    match shape {
        Shape::Point => circle(radius * 0.8),
        Shape::Circle => circle(radius),
        Shape::Ring => circle(radius * 1.1),
        Shape::Square => context.rect(x - radius, y - radius, radius * 2.0, radius * 2.0),
        Shape::Diamond => polygon(&[(0.0, -1.35), (1.35, 0.0), (0.0, 1.35), (-1.35, 0.0)]),
        Shape::Triangle => polygon(&[(0.0, -1.3), (1.25, 1.0), (-1.25, 1.0)]),
        Shape::Cross => {
            for (dx, dy) in [(1.1, 1.1), (1.1, -1.1)] {
                context.move_to(x - dx * radius, y - dy * radius);
                context.line_to(x + dx * radius, y + dy * radius);
            }
        }
    }
}
