//! Light or dark: the choice, and the attribute on the root element that the style sheets go by.

use crate::editor::Theme;
use crate::ui::browser;

/// Whether the page is light, given the choice and the system's wish.
#[must_use]
pub fn is_light(theme: Theme) -> bool {
    match theme {
        Theme::Light => true,
        Theme::Dark => false,
        Theme::System => browser::matches_media("(prefers-color-scheme: light)"),
    }
}

/// Tells the style sheets.
pub fn apply(theme: Theme) {
    if let Some(root) = browser::document().document_element() {
        // Fails only for names that are no attribute names.
        let _ = root.set_attribute("data-theme", if is_light(theme) { "light" } else { "dark" });
    }
}
