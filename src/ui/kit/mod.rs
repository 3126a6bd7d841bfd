//! What panels write again and again, once: numbers, icons, hints, dialogs, forms.

pub mod dialog;
pub mod form;
pub mod format;
pub mod hint;
pub mod icons;
