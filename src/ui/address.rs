//! Address bar and history follow what is open: each thing that is opened has an entry that opens it again.

use std::cell::RefCell;

use super::browser;
use super::storage;
use crate::drawings::Address;

thread_local! {
    /// The fragment of what is shown; `None` before anything is.
    static SHOWN: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// This is open now. A visit by address, or by going back, already has its entry in the history.
pub fn show(address: &Address) {
    let fragment = address.to_string();
    let before = SHOWN.replace(Some(fragment.clone()));
    let in_bar = browser::fragment();
    if in_bar != fragment {
        // The bar already names something else than what was open: that entry is this one's, under another name.
        let arrived = before.is_none_or(|before| before != in_bar);
        browser::show_fragment(&fragment, !arrived);
    }
    storage::keep_place(address);
}

/// What the bar asked for is not opened: it names again what is shown.
pub fn show_again() {
    let shown = SHOWN.with_borrow(Clone::clone);
    if let Some(shown) = shown.filter(|shown| *shown != browser::fragment()) {
        browser::show_fragment(&shown, false);
    }
}

/// What the bar asks for, if that is not what is shown.
#[must_use]
pub fn asked_for() -> Option<Address> {
    let fragment = browser::fragment();
    let shown = SHOWN.with_borrow(|shown| shown.as_ref() == Some(&fragment));
    (!shown).then(|| Address::parse(&fragment))
}
