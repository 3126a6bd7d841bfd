//! What panels write again and again, once: numbers, icons, hints, dialogs, forms, bars, facts, tables, tabs.
//!
//! What needs no state is a plain function that returns [`yew::Html`]: a component of its own costs weight.

pub mod bars;
pub mod dialog;
pub mod facts;
pub mod form;
pub mod format;
pub mod hint;
pub mod icons;
pub mod look_into;
pub mod placer;
pub mod section;
pub mod tabs;
