//! What the tabs of this browser tell each other about drawings.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use web_sys::{BroadcastChannel, MessageEvent};

use crate::drawings::DrawingId;
use crate::ui::browser::{self, Listener};

const NAME: &str = "headroom.drawings";

/// Something worth telling the other tabs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// A version was stored.
    Saved(DrawingId),
    /// Many drawings have changed.
    List,
    /// Another tab wants to edit: the tab that does so now saves what is not saved, and says [`News::Ready`].
    Take(DrawingId),
    /// Everything is saved: take it.
    Ready(DrawingId),
    /// Is anybody editing? Asked where the browser has no locks.
    Who(DrawingId),
    /// I am.
    Me(DrawingId),
}

#[derive(Serialize, Deserialize)]
struct Letter {
    from: String,
    news: News,
}

thread_local! {
    static CHANNEL: Option<BroadcastChannel> = BroadcastChannel::new(NAME).ok();
    static TAB: RefCell<String> = const { RefCell::new(String::new()) };
}

/// This tab's name, for as long as the page lives.
#[must_use]
pub fn tab() -> String {
    TAB.with_borrow_mut(|tab| {
        if tab.is_empty() {
            *tab = DrawingId::from_bits(browser::random_bits()).as_str().to_owned();
        }
        tab.clone()
    })
}

/// Tells the other tabs. Without a channel nobody hears it; versions are then compared when they are stored.
pub fn tell(news: &News) {
    let letter = Letter { from: tab(), news: news.clone() };
    CHANNEL.with(|channel| {
        if let Some(channel) = channel {
            let text = serde_json::to_string(&letter).expect("a letter is plain data");
            // Fails only for a closed channel.
            let _ = channel.post_message(&JsValue::from_str(&text));
        }
    });
}

/// Hears what the other tabs tell, for as long as the listener lives.
#[must_use]
pub fn hear(heard: impl Fn(News) + 'static) -> Option<Listener> {
    CHANNEL.with(|channel| {
        let channel = channel.as_ref()?;
        Some(Listener::new(channel, "message", move |event| {
            let event: MessageEvent = wasm_bindgen::JsCast::unchecked_into(event);
            let letter = event.data().as_string().and_then(|text| serde_json::from_str::<Letter>(&text).ok());
            if let Some(letter) = letter.filter(|letter| letter.from != tab()) {
                heard(letter.news);
            }
        }))
    })
}
